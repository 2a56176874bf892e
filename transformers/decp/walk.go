package decp

import (
	"crypto/sha256"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
)

// ErrNoMarches says that a document has no member "marches": it is no DECP file.
var ErrNoMarches = errors.New(`no member "marches" at the root`)

// Single is one contract or concession of a large file, as a DECP file that holds it alone.
type Single struct {
	// Data is the file: the bytes of the contract as they were written, in the list that they come from. It is good until
	// the next one.
	Data []byte
	// Number counts the contracts of the file, from 1.
	Number int
	// Twice says that an earlier contract has the same uid, nil when none has.
	Twice *violation.Violation

	pointer string        // of the contract in the large file
	alone   string        // and in Data
	at      jsondoc.Place // of the contract in the large file
	before  int           // bytes of Data before it
}

// Walk reads a DECP file of any size and calls each with every contract, in the order of the file; an error of each ends
// it and is returned. It holds one contract of at most limit bytes, and some 40 bytes for
// each to find a uid twice. The
// violation says why the file is refused, whatever its contracts are; contracts before the fault have been given then.
// The error is [ErrNoMarches] where the document is something else.
func Walk(r io.Reader, limit int, each func(Single) error) (*violation.Violation, error) {
	w := walker{stream: jsondoc.NewStream(r), limit: limit, each: each, seen: map[[16]byte]listItem{}}
	if !w.stream.Begins('{') {
		return nil, ErrNoMarches
	}
	found := false
	ok := w.stream.Object(func(name string) bool {
		if name != "marches" {
			return w.stream.Skip(limit)
		}
		found = true
		return w.marches()
	})
	switch {
	case w.err != nil || w.stream.Err() != nil:
		return nil, errors.Join(w.err, w.stream.Err())
	case !found: // whatever else is wrong with it
		return nil, ErrNoMarches
	case !ok || !w.stream.End():
		return w.stream.Fault(), nil
	case w.number == 0:
		none := noContract.New(violation.At{})
		return &none, nil
	}
	return nil, nil
}

// walker is the state of a walk.
type walker struct {
	stream *jsondoc.Stream
	limit  int
	each   func(Single) error
	err    error // of each
	number int
	data   []byte
	lists  []string              // pointers of the lists so far
	index  int                   // in the last of them
	seen   map[[16]byte]listItem // by digests of the uids
}

// listItem is an item of one of the lists.
type listItem struct{ list, index int32 }

// marches reads the two lists of an object since 2.0.1, or the one list of 2.0.0. What is neither goes on as it is, for the
// transformer to refuse.
func (w *walker) marches() bool {
	if w.stream.Begins('[') {
		return w.list("/marches", `{"marches":[`, `]}`)
	}
	if !w.stream.Begins('{') {
		return w.contract("/marches", "/marches", `{"marches":`, `}`)
	}
	return w.stream.Object(func(name string) bool {
		switch {
		case name != contractList && name != concessionList:
			return w.stream.Skip(w.limit)
		case w.stream.Begins('['):
			return w.list("/marches/"+name, `{"marches":{"`+name+`":[`, `]}}`)
		}
		return w.contract("/marches/"+name, "/marches/"+name, `{"marches":{"`+name+`":`, `}}`)
	})
}

func (w *walker) list(pointer, before, after string) bool {
	w.lists, w.index = append(w.lists, pointer), -1
	return w.stream.Array(func() bool {
		w.index++
		return w.contract(pointer+"/"+strconv.Itoa(w.index), pointer+"/0", before, after)
	})
}

// contract hands a value on in a file of its own.
func (w *walker) contract(pointer, alone, before, after string) bool {
	value, at, ok := w.stream.Value(w.limit - len(before) - len(after))
	if !ok {
		return false
	}
	w.number++
	w.data = append(append(append(w.data[:0], before...), value...), after...)
	s := Single{Data: w.data, Number: w.number, pointer: pointer, alone: alone, at: at, before: len(before)}
	if len(w.lists) > 0 {
		s.Twice = w.twice(value, s)
	}
	w.err = w.each(s)
	return w.err == nil
}

// twice looks whether a contract has the uid of an earlier one. What cannot be read is for others to refuse.
func (w *walker) twice(value []byte, s Single) *violation.Violation {
	doc, fault := jsondoc.Parse(value)
	if fault != nil {
		return nil
	}
	defer doc.Release()
	root := doc.Root()
	party := root.Get("acheteur")
	if !party.Exists() {
		party = root.Get("autoriteConcedante")
	}
	buyer, id := party.Get("id").Text(), root.Get("id").Text()
	if buyer == "" || id == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(buyer + id))
	key := [16]byte(sum[:16])
	first, twice := w.seen[key]
	if !twice {
		w.seen[key] = listItem{int32(len(w.lists) - 1), int32(w.index)}
		return nil
	}
	v := duplicateUID.New(violation.At{Source: s.pointer, Line: s.at.Line, Column: s.at.Column}, s.pointer, violation.Excerpt(buyer+id), w.lists[first.list]+"/"+strconv.Itoa(int(first.index)))
	return &v
}

// Place gives a violation of Data the place that it has in the large file.
func (s Single) Place(v violation.Violation) violation.Violation {
	if v.Line > 0 {
		inside := jsondoc.Place{Line: v.Line, Column: v.Column}
		if inside.Line == 1 {
			inside.Column = max(1, inside.Column-s.before)
		}
		moved := s.at.Move(inside)
		if v.Source == strconv.Itoa(v.Line)+":"+strconv.Itoa(v.Column) {
			v.Source = moved.String()
		}
		v.Line, v.Column = moved.Line, moved.Column
	}
	if rest, below := strings.CutPrefix(v.Source, s.alone); below {
		v.Source = s.pointer + rest
	}
	v.FR, v.EN = strings.ReplaceAll(v.FR, s.alone, s.pointer), strings.ReplaceAll(v.EN, s.alone, s.pointer)
	return v
}
