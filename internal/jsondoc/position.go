package jsondoc

import (
	"sort"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// Locate implements [document.Origin]: the JSON pointer and position of the value that a reference names. It searches,
// as it is called only for places that are reported.
func (p *parser) Locate(ref document.Ref) document.Source {
	offset := int(ref) - 1
	if offset < 0 || offset >= len(p.src) {
		return document.Source{}
	}
	line, column := p.position(offset)
	at := sort.Search(p.doc.Len(), func(i int) bool { return p.doc.At(i).Ref() >= ref })
	return document.Source{Path: p.doc.At(at).Pointer(), Line: line, Column: column, Offset: offset}
}

// blockBytes is the distance of the marks by which lines are found: reading one block is quicker than the message that
// tells the line, and the marks take a 256th of the source.
const blockBytes = 4096

// mark says where in the lines a block of the source begins.
type mark struct {
	line  int // line breaks before it
	start int // of the line in which it begins
}

// position returns the line and column, both 1-based and in bytes, of an offset. A byte-order mark counts for nothing.
// The first call reads the source once, so that the places of hundreds of faults in one long line cost no more.
func (p *parser) position(offset int) (line, column int) {
	p.marking.Do(p.mark)
	block := offset / blockBytes
	m := p.marks[block]
	inside := p.src[block*blockBytes : offset]
	start := m.start
	if i := strings.LastIndexByte(inside, '\n'); i >= 0 {
		start = block*blockBytes + i + 1
	}
	if start == 0 && strings.HasPrefix(p.src[:offset], byteOrderMark) {
		start = len(byteOrderMark)
	}
	return 1 + m.line + strings.Count(inside, "\n"), 1 + offset - start
}

// mark makes the marks of all blocks.
func (p *parser) mark() {
	var m mark
	for at := 0; at <= len(p.src); at += blockBytes {
		p.marks = append(p.marks, m)
		block := p.src[at:min(at+blockBytes, len(p.src))]
		if n := strings.Count(block, "\n"); n > 0 { // counting is much quicker than searching backwards
			m.line += n
			m.start = at + strings.LastIndexByte(block, '\n') + 1
		}
	}
}

// refuse records the violation at an offset; it returns false so that the caller can return it.
func (p *parser) refuse(offset int, spec violation.Spec, args ...any) bool {
	line, column := p.position(offset)
	v := spec.New(violation.At{Source: strconv.Itoa(line) + ":" + strconv.Itoa(column), Line: line, Column: column}, args...)
	p.fault = &v
	return false
}
