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
	where    string // starts every path: see [ParseWithin]
	src      source
	elements []element // index 0 is unused, so that 0 means "none" and a Ref of 0 is unknown; the root is 1
	attrs    []attr
	names    []name   // of elements; index 0 is unused
	spaces   []string // namespace URIs; 0 is no namespace. One may be there more than once
	blanks   bool     // some text has white space at its ends
}

// element is 40 bytes: the bound on their number rests on that. Its first child, if it has any, is the next element; its
// attributes end where those of the next element start.
type element struct {
	text   string // direct character data, concatenated
	name   int32
	attrs  int32
	next   int32
	up     int32
	offset int32 // of the '<' of the start tag, in the decoded text
	// The white space before and after the text, in bytes. What is more than they can say is not kept, nor is any beside
	// elements or where there is nothing else.
	before, after uint16
}

type attr struct {
	local, value string
	space        int32
}

// Name is an expanded XML name: namespace URI and local part.
type Name struct{ Space, Local string }

// Root returns the root element.
func (d *Doc) Root() Element { return Element{d, 1} }

// Element returns the element that a reference names; the references of a document are 1 to Len, in document order.
func (d *Doc) Element(ref document.Ref) Element { return Element{d, int32(ref)} }

// Size returns the number of bytes of the document in UTF-8.
func (d *Doc) Size() int { return len(d.src.text) }

// Len returns the number of elements.
func (d *Doc) Len() int { return len(d.elements) - 1 }

// Locate implements [document.Origin]: the XPath of the element that [Element.Ref] named, and the place of the '<' of its
// start tag in the original bytes. It searches, as it is called only for places that are reported.
func (d *Doc) Locate(ref document.Ref) document.Source {
	if ref <= 0 || int(ref) >= len(d.elements) {
		return document.Source{}
	}
	offset := int(d.elements[ref].offset)
	line, column := d.src.position(offset)
	return document.Source{Path: Element{d, int32(ref)}.Path(), Line: line, Column: column, Offset: d.src.original(offset)}
}

// Element is a handle on one element. The zero Element is absent: every method on it is safe and returns nothing, so
// that paths chain without checks.
type Element struct {
	doc *Doc
	at  int32
}

func (e Element) node() *element { return &e.doc.elements[e.at] }

// qname returns the name as written, prefix included.
func (e Element) qname() string { return e.doc.names[e.node().name].qname }

func (e Element) attributes() []attr {
	from, to := e.node().attrs, len(e.doc.attrs)
	if after := int(e.at) + 1; after < len(e.doc.elements) {
		to = int(e.doc.elements[after].attrs)
	}
	return e.doc.attrs[from:to]
}

// Exists reports whether the element is there.
func (e Element) Exists() bool { return e.doc != nil }

// Doc returns the document of the element, nil when it is absent.
func (e Element) Doc() *Doc { return e.doc }

// Name returns the expanded name.
func (e Element) Name() Name {
	if e.doc == nil {
		return Name{}
	}
	n := &e.doc.names[e.node().name]
	return Name{e.doc.spaces[n.space], n.qname[n.local:]}
}

// is reports whether the element has that name.
func (e Element) is(space, local string) bool {
	n := &e.doc.names[e.node().name]
	return n.qname[n.local:] == local && e.doc.spaces[n.space] == space
}

// Text returns the element's direct character data, white space at both ends removed.
func (e Element) Text() string {
	if e.doc == nil {
		return ""
	}
	n := e.node()
	return n.text[n.before : len(n.text)-int(n.after)]
}

// Written returns the character data of an element without children as it was written, white space at both ends included;
// of other elements, and where there is nothing else, it is Text. Of more than 64 KiB of white space it is only the nearest.
func (e Element) Written() string {
	if e.doc == nil {
		return ""
	}
	return e.node().text
}

// HasBlanks reports whether [Element.Written] and [Element.Text] differ for some element.
func (d *Doc) HasBlanks() bool { return d.blanks }

// Attr returns the value of an attribute without namespace, empty when it is absent. Namespace declarations are no
// attributes.
func (e Element) Attr(local string) string {
	if e.doc == nil {
		return ""
	}
	for _, a := range e.attributes() {
		if a.local == local && a.space == 0 {
			return a.value
		}
	}
	return ""
}

// Attributes yields the attributes in the order of the source, with their expanded names. Namespace declarations are no
// attributes.
func (e Element) Attributes() iter.Seq2[Name, string] {
	return func(yield func(Name, string) bool) {
		if e.doc == nil {
			return
		}
		for _, a := range e.attributes() {
			if !yield(Name{e.doc.spaces[a.space], a.local}, a.value) {
				return
			}
		}
	}
}

// Child returns the first child element with that name, absent when there is none.
func (e Element) Child(space, local string) Element {
	for c := range e.Children() {
		if c.is(space, local) {
			return c
		}
	}
	return Element{}
}

// All yields the child elements with that name, in order.
func (e Element) All(space, local string) iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for c := range e.Children() {
			if c.is(space, local) && !yield(c) {
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
		for c := e.First(); c.Exists(); c = c.Next() {
			if !yield(c) {
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
	parent := e.Parent()
	if !parent.Exists() {
		return e.doc.where + "/" + e.qname()
	}
	var b strings.Builder
	b.WriteString(parent.Path())
	b.WriteByte('/')
	b.WriteString(e.qname())
	name, position, same := e.Name(), 0, 0
	for s := range parent.All(name.Space, name.Local) {
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
