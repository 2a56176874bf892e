// Package canonical writes the terms of canonical documents from XML: texts, amounts, dates and identifiers in the
// one form that the schemas describe, each with its place in the source, and it remembers which elements were read.
//
// A value that cannot be brought into that form is kept as the source wrote it: the schema refuses it later and can
// then say where. The package must not know any format.
package canonical

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// Writer writes one canonical document from one XML document.
type Writer struct {
	source *xmldoc.Doc
	doc    *document.Doc
	read   []bool // by element Ref
}

// NewWriter returns a writer of an empty canonical document that comes from source.
func NewWriter(source *xmldoc.Doc) *Writer {
	doc := document.New(source, source.Len()+source.Len()/4) // of an invoice of many lines a tenth more than elements
	doc.SetRoot(document.Object, "", source.Root().Ref())
	return &Writer{source: source, doc: doc, read: make([]bool, source.Len()+1)}
}

// Next starts another canonical document of the same source, one that stands for an element of it, with room for about
// size values. What was read stays read.
func (w *Writer) Next(e xmldoc.Element, size int) {
	w.doc = document.New(w.source, size)
	w.doc.SetRoot(document.Object, "", e.Ref())
}

// Root returns the canonical document's root object.
func (w *Writer) Root() document.Value { return w.doc.Root() }

// Doc removes the objects and arrays left without content and returns the finished document.
func (w *Writer) Doc() *document.Doc {
	w.doc.Root().Prune()
	return w.doc
}

// Read marks an element as carried into the canonical document, or as knowingly meaningless there.
func (w *Writer) Read(e xmldoc.Element) { w.read[e.Ref()] = true }

// Text writes the text of an element as a string member; an absent or empty element writes nothing.
func (w *Writer) Text(out document.Value, name string, e xmldoc.Element) {
	w.put(out, name, e.Text(), e)
}

// Attr writes an attribute of an element as a string member. It does not mark the element as read.
func (w *Writer) Attr(out document.Value, name string, e xmldoc.Element, attr string) {
	out.AddString(name, e.Attr(attr), e.Ref())
}

// Decimal writes an amount, quantity or rate: the digits of the source, in the lexical form of canonical documents.
func (w *Writer) Decimal(out document.Value, name string, e xmldoc.Element) {
	w.put(out, name, Decimal(e.Text()), e)
}

// Bool writes an xs:boolean.
func (w *Writer) Bool(out document.Value, name string, e xmldoc.Element) {
	switch e.Text() {
	case "true", "1":
		out.AddBool(name, true, e.Ref())
	case "false", "0":
		out.AddBool(name, false, e.Ref())
	default:
		out.AddString(name, e.Text(), e.Ref())
	}
	w.Read(e)
}

// Identifier writes an identifier as an object of id and, where the source has one, scheme. An element without text
// identifies nothing and writes nothing, whatever its scheme.
func (w *Writer) Identifier(out document.Value, name string, e xmldoc.Element, schemeAttr string) {
	if e.Text() != "" {
		w.identifier(out.Object(name, e.Ref()), e, schemeAttr)
	}
}

// IdentifierItem appends an identifier to a list. See [Writer.Identifier].
func (w *Writer) IdentifierItem(list document.Value, e xmldoc.Element, schemeAttr string) {
	if e.Text() != "" {
		w.identifier(list.Item(e.Ref()), e, schemeAttr)
	}
}

func (w *Writer) identifier(out document.Value, e xmldoc.Element, schemeAttr string) {
	w.Text(out, "id", e)
	w.Attr(out, "scheme", e, schemeAttr)
}

// String writes a text that was derived from an element (a reformatted date, a mapped code) and marks it as read.
func (w *Writer) String(out document.Value, name, text string, e xmldoc.Element) {
	w.put(out, name, text, e)
}

// Lines writes the texts of an element and of its later siblings of the same name as one string, a line each.
func (w *Writer) Lines(out document.Value, name string, e xmldoc.Element) {
	var all []string
	for sibling := range e.Parent().All(e.Name().Space, e.Name().Local) {
		if line := sibling.Text(); line != "" {
			all = append(all, line)
		}
	}
	w.String(out, name, strings.Join(all, "\n"), e)
}

func (w *Writer) put(out document.Value, name, text string, e xmldoc.Element) {
	if e.Exists() {
		w.Read(e)
		out.AddString(name, text, e.Ref())
	}
}

// maxIgnored bounds the list of ignored places: a document of nothing else would make a report larger than itself.
const maxIgnored = 1000

// Ignored lists the XPaths of the elements that hold text and were not read, in document order, the first thousand.
func (w *Writer) Ignored() []string {
	var paths []string
	for ref := document.Ref(1); int(ref) < len(w.read) && len(paths) < maxIgnored; ref++ {
		if e := w.source.Element(ref); e.Text() != "" && !w.read[ref] {
			paths = append(paths, e.Path())
		}
	}
	return paths
}

// Decimal brings the lexical form of xs:decimal (XML Schema part 2, 3.2.3) into that of canonical documents,
// -?\d+(\.\d+)?: a plus sign goes, "5." and ".5" get their missing digit. Anything else is returned unchanged.
func Decimal(text string) string {
	s, sign := text, ""
	switch {
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	case strings.HasPrefix(s, "-"):
		s, sign = s[1:], "-"
	}
	whole, fraction, point := strings.Cut(s, ".")
	if !digits(whole) || !digits(fraction) || whole+fraction == "" {
		return text
	}
	if whole == "" {
		whole = "0"
	}
	if !point || fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
