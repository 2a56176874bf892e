// Package xmltest changes XML documents for tests, so that what holds for good ones is tried on bad ones. It shares no code
// with package xmldoc, which reads them.
package xmltest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Mutator changes an XML document in one place.
type Mutator struct {
	data     []byte
	elements [][2]int // from the start tag to behind the end tag, without the root
	texts    [][2]int // of elements without children
}

// NewMutator returns a mutator of a document that is well-formed.
func NewMutator(t testing.TB, data []byte) Mutator {
	t.Helper()
	m := Mutator{data: data}
	var open []int
	text := -1
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		before := int(decoder.InputOffset())
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return m
		}
		if err != nil {
			t.Fatal(err)
		}
		after := int(decoder.InputOffset())
		switch token.(type) {
		case xml.StartElement:
			open, text = append(open, before), after
		case xml.EndElement:
			if text >= 0 && text < before {
				m.texts = append(m.texts, [2]int{text, before})
			}
			text = -1
			if len(open) > 1 {
				m.elements = append(m.elements, [2]int{open[len(open)-1], after})
			}
			open = open[:len(open)-1]
		}
	}
}

// Mutant returns the document with one change, the same for the same seed.
func (m Mutator) Mutant(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	pick := func(spans [][2]int) (start, end int) {
		span := spans[random.IntN(len(spans))]
		return span[0], span[1]
	}
	replaced := func(start, end int, with string) []byte {
		return slices.Concat(m.data[:start], []byte(with), m.data[end:])
	}
	switch random.IntN(5) {
	case 0: // an element less
		start, end := pick(m.elements)
		return replaced(start, end, "")
	case 1: // an element twice
		start, end := pick(m.elements)
		return replaced(start, end, strings.Repeat(string(m.data[start:end]), 2))
	case 2: // no text
		start, end := pick(m.texts)
		return replaced(start, end, "")
	case 3: // a text of another element
		start, end := pick(m.texts)
		otherStart, otherEnd := pick(m.texts)
		return replaced(start, end, string(m.data[otherStart:otherEnd]))
	default: // an element in the place of another
		start, end := pick(m.elements)
		otherStart, otherEnd := pick(m.elements)
		return replaced(start, end, string(m.data[otherStart:otherEnd]))
	}
}
