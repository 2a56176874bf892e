package jsondoc

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/commande-publique/passerelle/internal/violation"
)

const (
	// streamBuffer is what is read from a file at once: large enough that reading costs nothing beside judging.
	streamBuffer = 64 << 10
	// maxOuterNames bounds the members of an object that is read as a stream, whose names are kept to find one twice: the
	// outer objects of DECP have one and two.
	maxOuterNames = 1000
)

var valueTooLarge = violation.Spec{
	Code: "json_value_size",
	FR:   "valeur de plus de %d octets : aucun sujet n'en accepte autant", EN: "value of more than %d bytes: no topic takes as much",
	RemedyFR: "Découpez cette valeur, ou retirez-la du fichier.", RemedyEN: "Split this value, or remove it from the file.",
}

// Place is a position in a source: line and column, 1-based, the column in bytes.
type Place struct{ Line, Column int }

// Stream reads a JSON document that is too large to hold. The caller walks down its outer objects and lists and takes what
// is in them as bytes, one value at a time; [Parse] then judges those. A method that returns false has met a fault, told by
// [Stream.Fault], or the source has failed, told by [Stream.Err]; nothing is read after it.
type Stream struct {
	r     *bufio.Reader
	next  Place // of the byte that is read next
	value []byte
	fault *violation.Violation
	err   error
}

// NewStream returns a stream at the start of a document. A byte-order mark is skipped.
func NewStream(r io.Reader) *Stream {
	s := &Stream{r: bufio.NewReaderSize(r, streamBuffer), next: Place{1, 1}}
	if mark, _ := s.r.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = s.r.Discard(len(byteOrderMark)) // it was seen
	}
	return s
}

// Fault is why the document is refused, nil while nothing is wrong.
func (s *Stream) Fault() *violation.Violation { return s.fault }

// Err is why the source could not be read.
func (s *Stream) Err() error { return s.err }

// Begins reports whether the next value begins with a byte: '{' or '['.
func (s *Stream) Begins(c byte) bool {
	s.blanks()
	found, ok := s.peek()
	return ok && found == c
}

// Object reads an object. It calls member with each name, in order; member must read the value.
func (s *Stream) Object(member func(name string) bool) bool {
	if !s.expect('{', "« { »", "\"{\"") {
		return false
	}
	if s.skip('}') {
		return true
	}
	seen := map[string]Place{}
	for {
		name, at, ok := s.name()
		if !ok {
			return false
		}
		if first, twice := seen[name]; twice {
			return s.refuse(at, duplicateKey, violation.Excerpt(name), first.Line, first.Column, at.Line, at.Column)
		}
		if seen[name] = at; len(seen) > maxOuterNames {
			return s.refuse(at, tooMany, maxOuterNames, maxOuterNames)
		}
		if !s.expect(':', "« : »", "\":\"") || !member(name) {
			return false
		}
		if s.skip('}') {
			return true
		}
		if !s.expect(',', "« , » ou « } »", "\",\" or \"}\"") {
			return false
		}
	}
}

// Array reads a list. It calls item for each item, which must read it.
func (s *Stream) Array(item func() bool) bool {
	if !s.expect('[', "« [ »", "\"[\"") {
		return false
	}
	if s.skip(']') {
		return true
	}
	for {
		if !item() {
			return false
		}
		if s.skip(']') {
			return true
		}
		if !s.expect(',', "« , » ou « ] »", "\",\" or \"]\"") {
			return false
		}
	}
}

// Value takes the bytes of the next value, at most limit, and says where it begins. Only its end is looked for: whether it
// is JSON is for [Parse] to say. The bytes are good until the next call.
func (s *Stream) Value(limit int) (value []byte, at Place, ok bool) {
	s.blanks()
	at, s.value = s.next, s.value[:0]
	depth, quoted, escaped := 0, false, false
	for {
		c, ok := s.peek()
		if !ok {
			if s.err == nil && (depth > 0 || quoted || len(s.value) == 0) {
				s.refuse(s.next, truncated)
			}
			return s.value, at, s.fault == nil && s.err == nil
		}
		if depth == 0 && !quoted && len(s.value) > 0 && (isBlank(c) || c == ',' || c == ']' || c == '}') {
			return s.value, at, true // the end of a number or a word
		}
		s.take()
		if s.value = append(s.value, c); len(s.value) > limit {
			return nil, at, s.refuse(at, valueTooLarge, limit)
		}
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			if quoted = !quoted; !quoted && depth == 0 {
				return s.value, at, true
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth <= 0 {
				return s.value, at, true
			}
		}
	}
}

// Skip reads a value that is of no interest and must be JSON all the same.
func (s *Stream) Skip(limit int) bool {
	value, at, ok := s.Value(limit)
	if !ok {
		return false
	}
	doc, fault := Parse(value)
	if fault != nil {
		return s.blame(fault, at)
	}
	doc.Release()
	return true
}

// End reports that nothing but white space follows.
func (s *Stream) End() bool {
	s.blanks()
	if _, more := s.peek(); more {
		return s.refuse(s.next, trailing, s.found())
	}
	return s.err == nil
}

// Move gives a place inside a value the place that it has in the document, from that of the value.
func (at Place) Move(inside Place) Place {
	if inside.Line == 1 {
		return Place{at.Line, at.Column + inside.Column - 1}
	}
	return Place{at.Line + inside.Line - 1, inside.Column}
}

func (s *Stream) name() (string, Place, bool) {
	s.blanks()
	if c, ok := s.peek(); ok && c != '"' {
		return "", s.next, s.refuse(s.next, unexpected, "un nom de membre entre guillemets", s.found(), "a member name in quotes")
	}
	const escapes = 6 // bytes of a character written as an escape
	quoted, at, ok := s.Value(escapes*maxName + len(`""`))
	if !ok {
		return "", at, false
	}
	doc, fault := Parse(quoted)
	if fault != nil {
		return "", at, s.blame(fault, at)
	}
	defer doc.Release()
	return doc.Root().Text(), at, true
}

func (s *Stream) expect(c byte, fr, en string) bool {
	if s.skip(c) {
		return true
	}
	if _, more := s.peek(); !more {
		return s.err == nil && s.refuse(s.next, truncated)
	}
	return s.refuse(s.next, unexpected, fr, s.found(), en)
}

// skip reads c after blanks when it is there.
func (s *Stream) skip(c byte) bool {
	s.blanks()
	if found, ok := s.peek(); !ok || found != c {
		return false
	}
	s.take()
	return true
}

func (s *Stream) blanks() {
	for {
		if c, ok := s.peek(); !ok || !isBlank(c) {
			return
		}
		s.take()
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// peek returns the next byte, false at the end or after a failure.
func (s *Stream) peek() (byte, bool) {
	if s.err != nil || s.fault != nil {
		return 0, false
	}
	b, err := s.r.Peek(1)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
		return 0, false
	}
	return b[0], true
}

// take reads the byte that peek has shown.
func (s *Stream) take() {
	c, _ := s.r.ReadByte()
	if s.next.Column++; c == '\n' {
		s.next = Place{s.next.Line + 1, 1}
	}
}

// found shows what stands at the current position.
func (s *Stream) found() string {
	ahead, _ := s.r.Peek(20)
	return violation.Excerpt(string(slices.Clone(ahead)))
}

func (s *Stream) refuse(at Place, spec violation.Spec, args ...any) bool {
	v := spec.New(violation.At{Source: at.String(), Line: at.Line, Column: at.Column}, args...)
	s.fault = &v
	return false
}

// blame takes over the fault of a value.
func (s *Stream) blame(fault *violation.Violation, at Place) bool {
	moved := at.Move(Place{fault.Line, fault.Column})
	fault.Source, fault.Line, fault.Column = moved.String(), moved.Line, moved.Column
	s.fault = fault
	return false
}

// String writes a place as line:column.
func (at Place) String() string { return strconv.Itoa(at.Line) + ":" + strconv.Itoa(at.Column) }
