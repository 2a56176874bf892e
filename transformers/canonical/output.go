package canonical

import (
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/document"
)

// Output writes one XML document from a canonical one, and remembers which values were written: what is left is what
// the syntax cannot carry. Elements are named as they are written, with the prefixes that the root declares.
type Output struct {
	doc      *document.Doc
	xml      []byte
	written  []bool // by [document.Value.Index]
	depth    int
	content  bool // a value of the document was written since the innermost open group began
	extended bool // see [Output.Extended]
}

// NewOutput returns an output of doc.
func NewOutput(doc *document.Doc) *Output {
	return &Output{
		doc: doc, written: make([]bool, doc.Len()), xml: make([]byte, 0, 16<<10), // an invoice of few lines
		extended: IsExtended(doc.Lookup("/process/specification").Text()),
	}
}

// Attr is an attribute: of a value of the document, or fixed by the syntax where Value is absent.
type Attr struct {
	Name  string
	Value document.Value
	Fixed string
}

// Of is the attribute that holds a value; where the value is absent, so is the attribute.
func Of(name string, v document.Value) Attr { return Attr{Name: name, Value: v} }

// Fixed is an attribute that the syntax demands.
func Fixed(name, text string) Attr { return Attr{Name: name, Fixed: text} }

// Document writes the root element, whatever it holds, and returns the document with an XML declaration (UTF-8).
func (o *Output) Document(name string, attrs []Attr, content func()) []byte {
	o.xml = append(o.xml, `<?xml version="1.0" encoding="UTF-8"?>`...)
	o.start(name, attrs)
	o.depth++
	content()
	o.depth--
	o.end(name)
	return append(o.xml, '\n')
}

// Group writes an element around others. Where none of them holds a value of the document it writes nothing, so that
// what the syntax demands in the group does not stand alone.
func (o *Output) Group(name string, content func()) {
	before, outer := len(o.xml), o.content
	o.content = false
	o.Around(name, content)
	if !o.content {
		o.xml, o.content = o.xml[:before], outer
	}
}

// Around writes an element around others that the syntax demands.
func (o *Output) Around(name string, content func()) {
	o.start(name, nil)
	o.depth++
	content()
	o.depth--
	o.end(name)
}

// Value writes an element that holds a value, with its attributes; an absent value writes nothing.
func (o *Output) Value(name string, v document.Value, attrs ...Attr) {
	if v.Exists() {
		o.Derived(name, v, v.Text(), attrs...)
	}
}

// Derived writes an element with a text that stands for a value: a date in another format, a code of another list.
func (o *Output) Derived(name string, v document.Value, text string, attrs ...Attr) {
	if !v.Exists() {
		return
	}
	o.start(name, attrs)
	o.text(text)
	o.xml = append(o.xml, "</"+name+">"...)
	o.content = true
	o.written[v.Index()] = carried(v.Text())
}

// Fixed writes an element whose text the syntax demands.
func (o *Output) Fixed(name, text string, attrs ...Attr) {
	o.start(name, attrs)
	o.text(text)
	o.xml = append(o.xml, "</"+name+">"...)
}

// Carried marks a value as carried by the form of the document: the kind, by its root element.
func (o *Output) Carried(v document.Value) {
	if v.Exists() {
		o.written[v.Index()] = true
	}
}

// maxLosses bounds the report, which travels in a header: a document of nothing else would make it larger than itself.
const maxLosses = 100

// Losses returns the JSON pointers of the values that were not written, or not whole, in document order, the first
// hundred.
func (o *Output) Losses() []string {
	var lost []string
	for i := range o.written {
		v := o.doc.At(i)
		if o.written[i] || v.Type() == document.Object || v.Type() == document.Array {
			continue
		}
		if lost = append(lost, v.Pointer()); len(lost) == maxLosses {
			break
		}
	}
	return lost
}

// spaces indents elements; deeper ones than it is long keep the last depth.
const spaces = "\n                                        "

func (o *Output) start(name string, attrs []Attr) {
	o.xml = append(o.xml, spaces[:min(1+2*o.depth, len(spaces))]...)
	o.xml = append(append(o.xml, '<'), name...)
	for _, a := range attrs {
		text := a.Fixed
		if a.Value.Exists() {
			text = a.Value.Text()
			o.written[a.Value.Index()] = carried(text)
		}
		if text != "" {
			o.xml = append(append(append(o.xml, ' '), a.Name...), `="`...)
			o.text(text)
			o.xml = append(o.xml, '"')
		}
	}
	o.xml = append(o.xml, '>')
}

func (o *Output) end(name string) {
	o.xml = append(o.xml, spaces[:min(1+2*o.depth, len(spaces))]...)
	o.xml = append(o.xml, "</"+name+">"...)
}

// text appends character data or the value of an attribute. What parsers would normalise is written as a reference, and
// characters that XML 1.0 forbids (section 2.2) are left out.
func (o *Output) text(s string) {
	for _, r := range s {
		switch {
		case r == '&':
			o.xml = append(o.xml, "&amp;"...)
		case r == '<':
			o.xml = append(o.xml, "&lt;"...)
		case r == '>':
			o.xml = append(o.xml, "&gt;"...)
		case r == '"':
			o.xml = append(o.xml, "&quot;"...)
		case r == '\r':
			o.xml = append(o.xml, "&#13;"...)
		case r == '\n':
			o.xml = append(o.xml, "&#10;"...)
		case r == '\t':
			o.xml = append(o.xml, "&#9;"...)
		case allowed(r):
			o.xml = utf8.AppendRune(o.xml, r)
		}
	}
}

// carried reports whether XML can hold a text whole.
func carried(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !allowed(r) }) < 0
}

// allowed reports whether XML 1.0 allows a character (section 2.2, production 2).
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}
