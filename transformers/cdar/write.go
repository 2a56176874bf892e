package cdar

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// Format implements [transformers.Writer].
func (Transformer) Format() transformers.Format { return transformers.CDAR }

// Writes implements [transformers.Writer].
func (Transformer) Writes() []transformers.Kind {
	return []transformers.Kind{transformers.InvoiceStatus}
}

// Write returns a canonical status as a CDAR message about one invoice, and the JSON pointers of the values that CDAR has no
// place for. It is the way back of [Transformer.Transform]: what is written reads as the same canonical document. It judges
// nothing: a faulty status is written as it is.
func (Transformer) Write(doc *document.Doc) (xml []byte, losses []string) {
	in := doc.Root()
	w := &writer{canonical.NewOutput(doc)}
	if in.Get("kind").Text() == string(transformers.InvoiceStatus) {
		w.Carried(in.Get("kind"))
	}
	xml = w.Document("rsm:CrossDomainAcknowledgementAndResponse", []canonical.Attr{
		canonical.Fixed("xmlns:rsm", rsm), canonical.Fixed("xmlns:ram", ram), canonical.Fixed("xmlns:udt", udt), canonical.Fixed("xmlns:qdt", qdt),
	}, func() {
		w.Around("rsm:ExchangedDocumentContext", func() { w.write(in, theContext) })
		w.Around("rsm:ExchangedDocument", func() { w.write(in, theDocument) })
		w.Around("rsm:AcknowledgementDocument", func() {
			w.Around("ram:MultipleReferencesIndicator", func() { w.Fixed("udt:Indicator", "false") })
			w.write(in, theAcknowledgement)
			w.Around("ram:ReferenceReferencedDocument", func() { w.write(in, theReference) })
		})
	})
	return xml, w.Losses()
}

// writer writes one message.
type writer struct{ *canonical.Output }

// write writes the members of an object that the shape has, in its order.
func (w *writer) write(in document.Value, s shape) {
	for i := range s {
		f := &s[i]
		of := in
		if f.in != "" {
			of = in.Get(f.in)
		}
		switch {
		case f.form == inline:
			w.Group("ram:"+f.element, func() { w.write(of, f.of) })
		case f.list:
			for item := range of.Get(f.name).Children() {
				w.element(item, f)
			}
		default:
			w.element(of.Get(f.name), f)
		}
	}
}

// element writes the element of a field; an absent value writes nothing.
func (w *writer) element(v document.Value, f *field) {
	name := "ram:" + f.element
	switch f.form {
	case text, lines, decimal:
		w.Value(name, v)
	case moment:
		digits, format := compact(v.Text())
		w.Group(name, func() {
			if format == "" {
				w.Value("udt:DateTime", v)
			} else {
				w.Derived("udt:DateTimeString", v, digits, canonical.Fixed("format", format))
			}
		})
	case day:
		digits, format := compact(v.Text())
		w.Group(name, func() { w.Derived("qdt:DateTimeString", v, digits, canonical.Fixed("format", format)) })
	case indicator:
		w.Group(name, func() { w.Value("udt:Indicator", v) })
	case amount:
		w.Value(name, v.Get("value"), canonical.Of("currencyID", v.Get("currency")))
	case identifier:
		w.Value(name, v.Get("id"), canonical.Of("schemeID", v.Get("scheme")))
	case file:
		w.Value(name, v.Get("content"), canonical.Of("mimeCode", v.Get("mimeCode")), canonical.Of("filename", v.Get("filename")))
	case object:
		w.Group(name, func() { w.write(v, f.of) })
	}
}
