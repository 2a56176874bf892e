package pdfdoc

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strconv"
)

const (
	// maxInflated bounds what cross-reference and object streams inflate to in all: those of a file of a thousand pages
	// have 2 MiB.
	maxInflated = 16 << 20
	// maxColumns bounds the row of a predictor; rows of cross-reference entries have 5 to 10 bytes.
	maxColumns = 1 << 10
)

// objectStream is an object stream (section 7.5.7) that was inflated: it often holds many of the objects that are read.
type objectStream struct {
	number int
	data   []byte
	// offsets are where its objects start.
	offsets []int
}

// content returns what the stream that a reference names holds, at most limit bytes; size is how many it may be.
func (f *file) content(ref object, size, limit int) ([]byte, bool) {
	o, ok := f.resolve(ref)
	if !ok {
		return nil, false
	}
	if !o.stream {
		return nil, f.refuse(o.at, malformed, "un flux (stream)", "a stream")
	}
	raw, ok := f.raw(o)
	if !ok {
		return nil, false
	}
	return f.decode(o, raw, size, limit)
}

// decoded returns what a stream of the file's own structure holds.
func (f *file) decoded(o object) ([]byte, bool) {
	raw, ok := f.raw(o)
	if !ok {
		return nil, false
	}
	data, ok := f.decode(o, raw, 0, maxInflated-f.inflated)
	f.inflated += len(data)
	return data, ok
}

// raw returns the bytes of a stream as they lie in the file (section 7.3.8). A Length that does not lead to "endstream"
// is a common fault that costs nothing to mend: the word itself ends the stream.
func (f *file) raw(o object) ([]byte, bool) {
	length, ok := f.resolve(o.get("Length"))
	if !ok {
		return nil, false
	}
	rest := f.data[min(o.data, len(f.data)):]
	if length.kind == numberKind && 0 <= length.number && length.number <= len(rest) {
		end := bytes.TrimLeft(rest[length.number:min(len(rest), length.number+16)], "\r\n \x00")
		if bytes.HasPrefix(end, []byte("endstream")) {
			return rest[:length.number], true
		}
	}
	end := bytes.Index(rest, []byte("endstream"))
	f.read += len(rest) // as long a search is not to be had again and again
	if end < 0 {
		return nil, f.refuse(o.data, malformed, "« endstream » après le flux", `"endstream" behind the stream`)
	}
	return rest[:end], true
}

// decode undoes the filter of a stream (section 7.4): FlateDecode or none.
func (f *file) decode(o object, raw []byte, size, limit int) ([]byte, bool) {
	filter, ok := f.resolve(o.get("Filter"))
	if !ok {
		return nil, false
	}
	parms, ok := f.resolve(o.get("DecodeParms"))
	if !ok {
		return nil, false
	}
	if filter.kind == arrayKind && len(filter.items) == 1 {
		filter = filter.items[0]
		if parms.kind == arrayKind && len(parms.items) == 1 {
			if parms, ok = f.resolve(parms.items[0]); !ok {
				return nil, false
			}
		}
	}
	switch {
	case filter.kind == nullKind, filter.kind == arrayKind && len(filter.items) == 0:
		if len(raw) > limit {
			return nil, f.refuse(o.data, inflatedTooFar, limit)
		}
		return raw, true
	case filter.name() != "FlateDecode" && filter.name() != "Fl":
		return nil, f.refuse(o.at, unknownFilter, "« "+filter.words()+" »", strconv.Quote(filter.words()))
	}
	data, err := inflate(raw, size, limit)
	switch {
	case errors.Is(err, errLimit):
		return nil, f.refuse(o.data, inflatedTooFar, limit)
	case err != nil:
		return nil, f.refuse(o.data, malformed, "un flux FlateDecode (zlib) complet", "a complete FlateDecode stream (zlib)")
	}
	return f.predicted(o, parms, data)
}

var errLimit = errors.New("limit")

// inflate undoes zlib, and stops behind limit bytes. The size is a guess that saves copies.
func inflate(raw []byte, size, limit int) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if size <= 0 {
		size = 4 * len(raw)
	}
	var out bytes.Buffer
	out.Grow(min(size, limit, 32*len(raw)) + bytes.MinRead) // XML shrinks to a tenth; a size that was made up costs no more
	if _, err := out.ReadFrom(io.LimitReader(r, int64(limit)+1)); err != nil {
		return nil, err
	}
	if out.Len() > limit {
		return nil, errLimit
	}
	return out.Bytes(), nil
}

// predicted undoes the predictor of a stream (section 7.4.4.4): one of PNG, over rows of bytes.
func (f *file) predicted(o, parms object, data []byte) ([]byte, bool) {
	predictor := parms.get("Predictor").number
	if predictor <= 1 {
		return data, true
	}
	columns := max(parms.get("Columns").number, 1)
	if predictor < 10 || columns > maxColumns || parms.get("Colors").number > 1 || parms.get("BitsPerComponent").kind == numberKind && parms.get("BitsPerComponent").number != 8 {
		return nil, f.refuse(o.at, unknownFilter, "un prédicteur autre que PNG sur des octets", "a predictor other than PNG over bytes")
	}
	out := make([]byte, 0, len(data))
	above := make([]byte, columns)
	for len(data) > 0 {
		kind := data[0]
		row := data[1:min(len(data), 1+columns)]
		data = data[1+len(row):]
		if kind > 4 {
			return nil, f.refuse(o.data, malformed, "un prédicteur PNG de 0 à 4", "a PNG predictor from 0 to 4")
		}
		start := len(out)
		out = append(out, row...)
		unfilter(kind, out[start:], above)
		copy(above, out[start:])
	}
	return out, true
}

// unfilter undoes the filter of a row of a PNG (ISO/IEC 15948 section 9) of one byte a pixel, in place.
func unfilter(kind byte, row, above []byte) {
	var left, corner byte
	for i := range row {
		up := above[i]
		switch kind {
		case 1:
			row[i] += left
		case 2:
			row[i] += up
		case 3:
			row[i] += byte((int(left) + int(up)) / 2)
		case 4:
			row[i] += paeth(left, up, corner)
		}
		left, corner = row[i], up
	}
}

func paeth(left, up, corner byte) byte {
	p := int(left) + int(up) - int(corner)
	a, b, c := distance(p, left), distance(p, up), distance(p, corner)
	switch {
	case a <= b && a <= c:
		return left
	case b <= c:
		return up
	default:
		return corner
	}
}

func distance(p int, x byte) int {
	if d := p - int(x); d >= 0 {
		return d
	}
	return int(x) - p
}

// objectStream inflates an object stream, once.
func (f *file) objectStream(ref object) (objectStream, bool) {
	for _, s := range f.streams {
		if s.number == ref.number {
			return s, true
		}
	}
	place, ok := f.find(ref.number)
	if !ok {
		return objectStream{}, false
	}
	if place.free || place.stream > 0 {
		return objectStream{}, f.refuse(ref.at, malformed, "un flux d'objets (ObjStm)", "an object stream (ObjStm)")
	}
	o, ok := f.resolve(ref)
	if !ok {
		return objectStream{}, false
	}
	first, count := o.get("First").number, o.get("N").number
	if !o.stream || o.get("Type").name() != "ObjStm" || first < 0 || count < 0 {
		return objectStream{}, f.refuse(o.at, malformed, "un flux d'objets (ObjStm)", "an object stream (ObjStm)")
	}
	s := objectStream{number: ref.number}
	at := len(f.streams)
	f.streams = append(f.streams, s) // known from here on, and empty: what it takes to read it cannot lie in it
	if s.data, ok = f.decoded(o); !ok {
		return objectStream{}, false
	}
	room := maxObjects - f.objects
	l := &lexer{data: s.data[:min(first, len(s.data), maxObjectBytes)], room: &room}
	for range count { // pairs of number and offset
		_, isNumber := f.next(l)
		offset, isOffset := f.next(l)
		if f.fault != nil {
			return objectStream{}, false
		}
		if !isNumber || !isOffset || offset.kind != numberKind || offset.number < 0 || first+offset.number >= len(s.data) {
			return objectStream{}, f.refuse(o.at, malformed, "les positions des objets d'un flux d'objets (ObjStm)",
				"the offsets of the objects of an object stream (ObjStm)")
		}
		s.offsets = append(s.offsets, first+offset.number)
	}
	f.streams[at] = s
	return s, true
}

// compressed reads the object at an index of an object stream.
func (f *file) compressed(stream, index int, ref object) (object, bool) {
	s, ok := f.objectStream(object{kind: refKind, number: stream, at: ref.at})
	if !ok {
		return object{}, false
	}
	if index >= len(s.offsets) {
		return object{}, f.refuse(ref.at, malformed, "l'objet dans son flux d'objets (ObjStm)", "the object in its object stream (ObjStm)")
	}
	at := s.offsets[index]
	room := maxObjects - f.objects
	l := &lexer{data: s.data[:min(len(s.data), at+maxObjectBytes)], pos: at, room: &room}
	o, ok := f.next(l)
	if f.fault == nil && (!ok || o.kind == wordKind || o.stream) {
		f.refuse(ref.at, malformed, "un objet dans le flux d'objets (ObjStm)", "an object in the object stream (ObjStm)")
	}
	o.at = ref.at // where a message can point to
	return o, f.fault == nil
}
