// Package xmldoc reads XML from strangers: bounded, without DOCTYPE or entities, with namespaces resolved and the
// place of every element known.
//
// A [Doc] is a flat tree built in one pass and read-only afterwards. The package must not know any format; what a
// root element means is the business of the transformers.
package xmldoc

import (
	"iter"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
)

// Doc is one parsed XML document. See [Parse].
type Doc struct {
	elements []element // index 0 is unused, so that 0 means "none" and a Ref of 0 is unknown; the root is 1
	attrs    []attr
}

type element struct {
	name      Name
	prefix    string
	text      string // direct character data, concatenated, white space at both ends removed
	attrs     [2]int32
	first     int32
	next      int32
	up        int32
	line, col int32
	offset    int32
}

type attr struct {
	name  Name
	value string
}

// Name is an expanded XML name: namespace URI and local part.
type Name struct{ Space, Local string }

// Root returns the root element.
func (d *Doc) Root() Element { return Element{d, 1} }

// Len returns the number of elements.
func (d *Doc) Len() int { return len(d.elements) - 1 }

// Locate implements [document.Origin]: the XPath and position of the element that [Element.Ref] named.
func (d *Doc) Locate(ref document.Ref) document.Source {
	if ref <= 0 || int(ref) >= len(d.elements) {
		return document.Source{}
	}
	e := &d.elements[ref]
	return document.Source{Path: Element{d, int32(ref)}.Path(), Line: int(e.line), Column: int(e.col), Offset: int(e.offset)}
}

// Element is a handle on one element. The zero Element is absent: every method on it is safe and returns nothing, so
// that paths chain without checks.
type Element struct {
	doc *Doc
	at  int32
}

func (e Element) node() *element { return &e.doc.elements[e.at] }

// Exists reports whether the element is there.
func (e Element) Exists() bool { return e.doc != nil }

// Doc returns the document of the element, nil when it is absent.
func (e Element) Doc() *Doc { return e.doc }

// Name returns the expanded name.
func (e Element) Name() Name {
	if e.doc == nil {
		return Name{}
	}
	return e.node().name
}

// Text returns the element's direct character data, white space at both ends removed.
func (e Element) Text() string {
	if e.doc == nil {
		return ""
	}
	return e.node().text
}

// Attr returns the value of an attribute without namespace, empty when it is absent.
func (e Element) Attr(local string) string {
	if e.doc == nil {
		return ""
	}
	n := e.node()
	for _, a := range e.doc.attrs[n.attrs[0]:n.attrs[1]] {
		if a.name.Local == local && a.name.Space == "" {
			return a.value
		}
	}
	return ""
}

// Child returns the first child element with that name, absent when there is none.
func (e Element) Child(space, local string) Element {
	for c := range e.Children() {
		if n := c.node(); n.name.Local == local && n.name.Space == space {
			return c
		}
	}
	return Element{}
}

// All yields the child elements with that name, in order.
func (e Element) All(space, local string) iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for c := range e.Children() {
			if n := c.node(); n.name.Local == local && n.name.Space == space && !yield(c) {
				return
			}
		}
	}
}

// Children yields the child elements in order.
func (e Element) Children() iter.Seq[Element] {
	return func(yield func(Element) bool) {
		if e.doc == nil {
			return
		}
		for i := e.node().first; i != 0; i = e.doc.elements[i].next {
			if !yield(Element{e.doc, i}) {
				return
			}
		}
	}
}

// Parent returns the element around e, absent for the root.
func (e Element) Parent() Element {
	if e.doc == nil || e.node().up == 0 {
		return Element{}
	}
	return Element{e.doc, e.node().up}
}

// Ref returns the reference under which [Doc.Locate] finds the element again, 0 when it is absent.
func (e Element) Ref() document.Ref { return document.Ref(e.at) }

// Path returns the XPath of the element with the prefixes that the source uses; a position is written where
// siblings share the name: /Invoice/cac:InvoiceLine[2]/cbc:ID.
func (e Element) Path() string {
	if e.doc == nil {
		return ""
	}
	n := e.node()
	name := n.name.Local
	if n.prefix != "" {
		name = n.prefix + ":" + name
	}
	parent := e.Parent()
	if !parent.Exists() {
		return "/" + name
	}
	var b strings.Builder
	b.WriteString(parent.Path())
	b.WriteByte('/')
	b.WriteString(name)
	position, same := 0, 0
	for s := range parent.All(n.name.Space, n.name.Local) {
		same++
		if s.at == e.at {
			position = same
		}
	}
	if same > 1 {
		b.WriteString("[" + strconv.Itoa(position) + "]")
	}
	return b.String()
}
