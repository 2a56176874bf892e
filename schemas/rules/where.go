package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// where returns the place at the end of a path from a node: in the source, that of the first node there or of the group
// where it would stand; in the canonical document, also that of what is absent. Of the terms that a rule is about it names
// the one that a technical term is there, if any.
func (r *run) where(p *path, from int32, terms []*slot) violation.At {
	at, there := r.facts.nearest(r.start(from, p), p.down)
	to, term := p.to, ""
	ref := r.facts.nodes[at].ref
	var source document.Source
	var pointer string
	if r.facts.model.syntax == Canonical {
		value := r.subject.Doc.At(int(ref))
		source, pointer = value.Source(), value.Pointer()
		if !there {
			pointer = r.beyond(pointer, at, p.to)
		}
	} else {
		source = r.subject.XML.Doc().Locate(document.Ref(ref))
		if !isNumbered(to.name) {
			if n, s := r.standard(at, there, terms); s != nil {
				at, to, term = n, s, s.name
			}
		}
		pointer = r.pointer(at, there, to)
	}
	return violation.At{Pointer: pointer, Source: source.Path, Line: source.Line, Column: source.Column, Term: term}
}

// standard returns what a technical term is in the words of the standard: of the terms of a rule the one that came from the
// same element, with its node; of what is absent the one that the nearest group around can hold, with that group. It
// returns nil where the element is none of the standard.
func (r *run) standard(at int32, there bool, terms []*slot) (int32, *slot) {
	nodes := r.facts.nodes // in the order of the elements that they came from
	e := r.subject.XML.Doc().Element(document.Ref(nodes[at].ref))
	for ; e.Exists(); e = e.Parent() {
		first, _ := slices.BinarySearchFunc(nodes, int32(e.Ref()), func(n fact, ref int32) int { return int(n.ref - ref) })
		for _, term := range terms {
			for n := max(first, 1); n < len(nodes) && nodes[n].ref == int32(e.Ref()); n++ {
				s := r.facts.model.slots[nodes[n].slot]
				if there && s == term || !there && term.within(s) {
					return int32(n), term
				}
			}
		}
		if there {
			break
		}
	}
	return 0, nil
}

// beyond extends the pointer of a group to something absent in it, as far as that has one place only.
func (r *run) beyond(pointer string, group int32, to *slot) string {
	start := r.facts.model.slots[r.facts.nodes[group].slot].pointer
	rest, below := strings.CutPrefix(to.pointer, start)
	if !below {
		return pointer
	}
	rest, _, _ = strings.Cut(rest, "/*")
	return pointer + rest
}

// pointer returns the place in the canonical document of a node of an XML document, or of something absent in it: by
// the values of the canonical document that came from the same element.
func (r *run) pointer(at int32, there bool, to *slot) string {
	if r.subject.Doc == nil {
		return ""
	}
	for to.pointer == "" && to.up != nil { // a technical term: what stands there, or the nearest group with a place
		if there {
			if value := r.valueAt(document.Ref(r.facts.nodes[at].ref), ""); value.Exists() {
				return value.Pointer()
			}
		}
		to, there = to.up, false
	}
	if !strings.Contains(to.pointer, "*") {
		return to.pointer
	}
	for n := at; n != 0; n = r.facts.nodes[n].up {
		s := r.facts.model.slots[r.facts.nodes[n].slot]
		if s.pointer == "" || !strings.HasPrefix(to.pointer+"/", s.pointer+"/") {
			continue
		}
		if value := r.valueAt(document.Ref(r.facts.nodes[n].ref), s.pointer); value.Exists() {
			if there && n == at {
				return value.Pointer()
			}
			return r.beyond(value.Pointer(), n, to)
		}
	}
	start, _, _ := strings.Cut(to.pointer, "/*")
	return start
}

// carried returns the place in the canonical document of what came from an element, empty when nothing did.
func (r *run) carried(e xmldoc.Element) string {
	if r.subject.Doc == nil {
		return ""
	}
	return r.valueAt(e.Ref(), "").Pointer()
}

// refValue is a value of the canonical document and the element that it came from.
type refValue struct {
	ref   document.Ref
	index int32
}

// valueAt returns the value of the canonical document that came from an element and stands at a place; without a place,
// the first.
func (r *run) valueAt(ref document.Ref, place string) document.Value {
	doc := r.subject.Doc
	if len(r.values) == 0 {
		r.values = slices.Grow(r.values, doc.Len())
		for i := range doc.Len() {
			if ref := doc.At(i).Ref(); ref != 0 {
				r.values = append(r.values, refValue{ref, int32(i)})
			}
		}
		slices.SortStableFunc(r.values, func(a, b refValue) int { return int(a.ref - b.ref) })
	}
	i, _ := slices.BinarySearchFunc(r.values, ref, func(v refValue, ref document.Ref) int { return int(v.ref - ref) })
	for ; i < len(r.values) && r.values[i].ref == ref; i++ {
		if value := doc.At(int(r.values[i].index)); place == "" || standsAt(value, place) {
			return value
		}
	}
	return document.Value{}
}

// standsAt reports whether a value stands at a place in which "*" is any item.
func standsAt(value document.Value, place string) bool {
	for ; value.Parent().Exists(); value = value.Parent() {
		cut := strings.LastIndexByte(place, '/')
		if cut < 0 {
			return false
		}
		token := place[cut+1:]
		place = place[:cut]
		if value.Parent().Type() == document.Array {
			if token != "*" {
				return false
			}
		} else if token != document.EscapeToken(value.Name()) {
			return false
		}
	}
	return place == ""
}
