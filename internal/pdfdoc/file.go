package pdfdoc

import (
	"bytes"
	"strconv"

	"github.com/commande-publique/passerelle/internal/violation"
)

const (
	// maxObjectBytes bounds an object without its stream: the catalogue of a file of a thousand pages has some KiB.
	maxObjectBytes = 1 << 20
	// maxReadBytes bounds what is read of objects in all, as a hostile file may name one again and again: some 50 ms.
	maxReadBytes = 16 << 20
	// maxReferences bounds references to references; real ones lead to their object at once.
	maxReferences = 8
	// tail is where the end of a file is looked for: Annex H of ISO 32000-1 lets readers seek the last 1024 bytes.
	tail = 1024
)

// file is the state of reading one PDF.
type file struct {
	data     []byte
	sections []section // of the cross-reference table, the newest first
	root     object
	objects  int // that were read
	read     int // bytes of objects
	inflated int // bytes of cross-reference and object streams
	streams  []objectStream
	fault    *violation.Violation
}

// refuse records the violation at an offset of the file; it returns false so that the caller can return it.
func (f *file) refuse(at int, spec violation.Spec, args ...any) bool {
	v := spec.New(violation.At{Source: "@" + strconv.Itoa(at)}, append([]any{at}, args...)...)
	f.fault = &v
	return false
}

// open finds the cross-reference table and the catalogue (section 7.5.5).
func (f *file) open() bool {
	if !bytes.HasPrefix(f.data, []byte("%PDF-")) {
		return f.refuse(0, malformed, "« %PDF- »", `"%PDF-"`)
	}
	from := max(0, len(f.data)-tail)
	at := bytes.LastIndex(f.data[from:], []byte("startxref"))
	if at < 0 {
		return f.refuse(len(f.data), malformed, "« startxref » à la fin du fichier", `"startxref" at the end of the file`)
	}
	l := f.lexer(from + at + len("startxref"))
	start, ok := l.object()
	if !ok || start.kind != numberKind {
		return f.refuse(l.pos, malformed, "la position de la table des références croisées", "the offset of the cross-reference table")
	}
	return f.table(start.number)
}

// lexer reads objects at an offset of the file, up to the longest object that is read.
func (f *file) lexer(at int) *lexer {
	at = min(max(at, 0), len(f.data))
	room := maxObjects - f.objects
	return &lexer{data: f.data[:min(len(f.data), at+maxObjectBytes)], pos: at, room: &room}
}

// space skips white space and counts what that took.
func (f *file) space(l *lexer) {
	at := l.pos
	l.space()
	f.read += l.pos - at
}

// next reads the next object and counts what that took.
func (f *file) next(l *lexer) (object, bool) {
	at, room := l.pos, *l.room
	o, ok := l.object()
	f.read += l.pos - at
	f.objects += room - *l.room
	switch {
	case f.objects >= maxObjects:
		return o, f.refuse(at, tooLarge, "objets lus", "objects read", maxObjects)
	case f.read > maxReadBytes:
		return o, f.refuse(at, tooLarge, "octets d'objets", "bytes of objects", maxReadBytes)
	}
	return o, ok
}

// resolve returns the object that a reference names, and any other object as it is. An object that is not there is null
// (section 7.3.10).
func (f *file) resolve(o object) (object, bool) {
	for range maxReferences {
		if o.kind != refKind {
			return o, true
		}
		var ok bool
		if o, ok = f.indirect(o); !ok {
			return o, false
		}
	}
	return o, f.refuse(o.at, malformed, "un objet, et non des références qui se suivent", "an object, not references in a row")
}

// indirect reads the object that a reference names.
func (f *file) indirect(ref object) (object, bool) {
	place, ok := f.find(ref.number)
	switch {
	case !ok:
		return object{}, false
	case place.free:
		return object{}, true
	case place.stream > 0:
		return f.compressed(place.stream, place.index, ref)
	}
	l := f.lexer(place.at)
	var head [3]object // "12 0 obj"
	for i := range head {
		if head[i], ok = f.next(l); !ok {
			break
		}
	}
	if f.fault != nil {
		return object{}, false
	}
	if !ok || head[0].kind != numberKind || head[0].number != ref.number || head[1].kind != numberKind || head[2].text != "obj" {
		want := strconv.Itoa(ref.number) + " … obj"
		return object{}, f.refuse(place.at, malformed, "« "+want+" »", strconv.Quote(want))
	}
	o, ok := f.next(l)
	if f.fault != nil {
		return object{}, false
	}
	if !ok {
		return object{}, f.refuse(l.pos, malformed, "un objet", "an object")
	}
	if o.kind == wordKind { // "endobj" of an empty object
		return object{}, true
	}
	return o, true
}
