// Package facturx reads hybrid invoices: Factur-X 1.0 and ZUGFeRD 2, a PDF/A-3 that carries its invoice as CII.
//
// The invoice is the XML; the PDF around it is judged by what it says about that XML: the name of the attachment, its
// relationship to the pages, and the metadata (XMP). What leaves open which invoice this is or which profile it follows
// refuses the document; what is only badly written is a warning. The other attachments are listed as ignored.
//
// The package must not know how CII is read: a transformer of it is given.
package facturx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/pdfdoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// Transformer implements [transformers.Transformer] and [transformers.Opener]. Use [New].
type Transformer struct {
	cii transformers.Transformer
}

// New returns the transformer; cii reads the invoices inside.
func New(cii transformers.Transformer) Transformer { return Transformer{cii} }

// names are those that the XML of an invoice may have: of Factur-X 1.0 and ZUGFeRD 2.1 on, of the profile XRECHNUNG, of
// ZUGFeRD 2.0, and of ZUGFeRD 1.
var names = []string{"factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "ZUGFeRD-invoice.xml"}

// invoices returns the attachments that have the name of an invoice, in any case.
func invoices(pdf *pdfdoc.Doc) []pdfdoc.Attachment {
	var found []pdfdoc.Attachment
	for _, a := range pdf.Attachments {
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, a.Name) }) {
			found = append(found, a)
		}
	}
	return found
}

// Open implements [transformers.Opener].
func (Transformer) Open(pdf *pdfdoc.Doc, limit int) (string, []byte, *violation.Violation) {
	candidates := invoices(pdf)
	switch {
	case len(pdf.Attachments) == 0:
		return "", nil, refuse(noAttachment)
	case len(candidates) == 0:
		return "", nil, refuse(otherName, list(pdf.Attachments))
	case len(candidates) > 1:
		return "", nil, refuse(severalInvoices, list(candidates))
	}
	data, fault := pdf.Content(candidates[0], limit)
	return candidates[0].Name, data, fault
}

// Recognise implements [transformers.Transformer]. The version is the profile of the XML (BT-24), empty when it is none
// of Factur-X.
func (t Transformer) Recognise(content transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if content.PDF == nil {
		return transformers.Identity{}, nil, false
	}
	id, refused, ok := t.cii.Recognise(transformers.Content{XML: content.XML})
	id.Format = transformers.FacturX
	if !ok {
		root := content.XML.Root()
		place := content.XML.Locate(root.Ref())
		v := otherRoot.New(violation.At{Source: place.Path, Line: place.Line, Column: place.Column}, violation.Excerpt(root.Name().Local))
		return id, &v, true
	}
	if refused == nil {
		id.Version = profileOf(guideline(content.XML).Text()).name
	}
	return id, refused, true
}

// Transform implements [transformers.Transformer]: the one invoice that the XML holds, and what the PDF says against it.
func (t Transformer) Transform(content transformers.Content, id transformers.Identity) (transformers.Result, []violation.Violation) {
	result, violations := t.cii.Transform(content, id)
	invoice := invoices(content.PDF)[0]
	j := judgement{content: content, invoice: invoice, profile: profileOf(guideline(content.XML).Text())}
	j.judge()
	for _, a := range content.PDF.Attachments {
		if a != invoice {
			result.Ignored = append(result.Ignored, content.Where+describe(a))
		}
	}
	return result, append(violations, j.found...)
}

// describe says what an attachment is. Its digest is not told: that would take inflating it for every message, and the
// digest of the PDF covers it.
func describe(a pdfdoc.Attachment) string {
	var about []string
	if a.MediaType != "" {
		about = append(about, violation.Excerpt(a.MediaType))
	}
	if a.Size >= 0 {
		about = append(about, fmt.Sprint(a.Size))
	}
	text := violation.Excerpt(a.Name)
	if len(about) > 0 {
		text += " (" + strings.Join(about, ", ") + ")"
	}
	return text
}

// list names attachments for a message, the first few.
func list(attachments []pdfdoc.Attachment) string {
	const most = 5
	var texts []string
	for _, a := range attachments[:min(len(attachments), most)] {
		texts = append(texts, violation.Excerpt(a.Name))
	}
	if len(attachments) > most {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}

func refuse(spec violation.Spec, args ...any) *violation.Violation {
	v := spec.New(violation.At{}, args...)
	return &v
}
