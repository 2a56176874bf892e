package xmldoc

import "math"

// First returns the first child element, absent when there is none. With [Element.Next] it walks what [Element.Children]
// yields, for those who visit every element of a document and count nanoseconds.
func (e Element) First() Element {
	if e.doc == nil {
		return Element{}
	}
	after := e.at + 1
	if int(after) >= len(e.doc.elements) || e.doc.elements[after].up != e.at {
		return Element{}
	}
	return Element{e.doc, after}
}

// Next returns the element that follows e below the same parent, absent when e is the last.
func (e Element) Next() Element {
	if e.doc == nil {
		return Element{}
	}
	next := e.node().next
	if next == 0 {
		return Element{}
	}
	return Element{e.doc, next}
}

// Namespace returns the namespace that a prefix stands for in the values of the element, where a prefix "" is the
// default namespace; ok is false when nothing declares it. Declarations are not kept: the start tags are read again,
// as only xsi:type asks.
func (e Element) Namespace(prefix string) (space string, ok bool) {
	for at := e; at.Exists(); at = at.Parent() {
		p := parser{text: e.doc.src.text, pos: int(at.node().offset) + 1, limit: math.MaxInt, open: []frame{{}}}
		p.doc.spaces = []string{""}
		p.name()
		p.attributes(0)
		for _, b := range p.scope {
			if b.prefix == prefix {
				return p.doc.spaces[b.space], true
			}
		}
	}
	if prefix == "xml" {
		return xmlNamespace, true
	}
	return "", prefix == ""
}
