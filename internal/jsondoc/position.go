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

// position returns the line and column, both 1-based and in bytes, of an offset. A byte-order mark counts for nothing.
func (p *parser) position(offset int) (line, column int) {
	before := strings.TrimPrefix(p.src[:offset], byteOrderMark)
	return 1 + strings.Count(before, "\n"), len(before) - strings.LastIndexByte(before, '\n')
}

// refuse records the violation at an offset; it returns false so that the caller can return it.
func (p *parser) refuse(offset int, spec violation.Spec, args ...any) bool {
	line, column := p.position(offset)
	v := spec.New(violation.At{Source: strconv.Itoa(line) + ":" + strconv.Itoa(column), Line: line, Column: column}, args...)
	p.fault = &v
	return false
}
