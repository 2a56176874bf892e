// Package cdar reads and writes lifecycle messages of invoices: the UN/CEFACT Cross Domain Acknowledgement and Response
// (CDAR D22B), by which platforms, Chorus Pro, buyers and sellers tell what has become of an invoice.
//
// A message may tell of several invoices and is split: each canonical document is the status of one invoice, with what the
// message says of itself (sender, recipients, dates). One table, [theMessage] and those below it, says which element is
// which member, for reading and for writing. Codes are kept as they are written, known or not: rules judge them. What the
// table does not have is listed in [transformers.Result] as ignored.
//
// The package must not know schemas or rules, nor what a status means.
package cdar

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// The namespaces of D22B. All but rsm are those of CII, too.
const (
	rsm = "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"
	ram = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
	udt = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
	qdt = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
)

// Transformer implements [transformers.Transformer] and [transformers.Writer] for CDAR. The zero value is ready and may be
// shared.
type Transformer struct{}

const (
	// usual is how many values the status of one invoice has, to take room for.
	usual = 60
	// maxRepeated bounds what the message says of itself once for every invoice, in bytes: as much as the largest document.
	// A usual message could name 20,000 invoices.
	maxRepeated = transformers.DefaultDocumentBytes
)

// Transform returns the statuses that a recognised message tells, one for each invoice in the order of the message. The key
// of each names the invoice, that of the message is the key of the first.
func (Transformer) Transform(content transformers.Content, _ transformers.Identity) (transformers.Result, []violation.Violation) {
	r := reader{Writer: canonical.NewWriter(content.XML)}
	m := r.message(content.XML.Root())
	if size := m.size(); len(m.invoices) > 0 && size > maxRepeated/len(m.invoices) {
		r.Refuse(tooMany, m.document, size, len(m.invoices), maxRepeated>>20)
		return transformers.Result{}, r.Faults.List
	}
	var result transformers.Result
	for _, of := range m.invoices {
		r.Next(of.reference, usual)
		out := r.Root()
		out.AddString("kind", string(transformers.InvoiceStatus), of.reference.Ref())
		r.read(out, m.context, theContext)
		r.read(out, m.document, theDocument)
		r.read(out, of.acknowledgement, theAcknowledgement)
		r.read(out, of.reference, theReference)
		if r.Full() {
			break
		}
		doc := r.Doc()
		result.Parts = append(result.Parts, transformers.Part{Kind: transformers.InvoiceStatus, Doc: doc, Key: canonical.StatusSubject(doc)})
	}
	if len(m.invoices) == 0 && len(r.Faults.List) == 0 {
		r.Refuse(noInvoice, content.XML.Root())
	}
	if len(r.Faults.List) > 0 {
		return transformers.Result{}, r.Faults.List
	}
	result.Split, result.Key, result.Ignored = true, result.Parts[0].Key, r.Ignored()
	return result, nil
}

// message is where the parts of a message stand.
type message struct {
	context, document xmldoc.Element
	invoices          []invoice
}

// invoice is what a message tells of one invoice: the reference to it, and the acknowledgement that the reference stands in.
type invoice struct{ acknowledgement, reference xmldoc.Element }

// message finds the parts of a message. What the schema allows once is taken once.
func (r *reader) message(root xmldoc.Element) (m message) {
	for child := range root.Children() {
		switch name := child.Name(); name.Local {
		case "ExchangedDocumentContext":
			r.once(&m.context, child, rsm)
		case "ExchangedDocument":
			r.once(&m.document, child, rsm)
		case "AcknowledgementDocument":
			if name.Space != rsm {
				r.Refuse(canonical.UnexpectedNamespace, child, name.Local, violation.ExcerptEnd(name.Space), rsm)
				continue
			}
			// Whether it has several references is seen, and no status of one invoice.
			r.Read(firstChild(child.Child(ram, "MultipleReferencesIndicator")))
			for reference := range child.Children() {
				switch name := reference.Name(); {
				case name.Local != "ReferenceReferencedDocument":
				case name.Space != ram:
					r.Refuse(canonical.UnexpectedNamespace, reference, name.Local, violation.ExcerptEnd(name.Space), ram)
				default:
					m.invoices = append(m.invoices, invoice{child, reference})
				}
			}
		}
	}
	return m
}

func firstChild(e xmldoc.Element) (first xmldoc.Element) {
	for first = range e.Children() {
		break
	}
	return first
}

// once takes an element that may stand once.
func (r *reader) once(to *xmldoc.Element, e xmldoc.Element, space string) {
	switch name := e.Name(); {
	case name.Space != space:
		r.Refuse(canonical.UnexpectedNamespace, e, name.Local, violation.ExcerptEnd(name.Space), space)
	case to.Exists():
		r.Refuse(canonical.RepeatedElement, e, name.Local, e.Parent().Name().Local)
	default:
		*to = e
	}
}

// size is about how many bytes the parts that every invoice shares take in a canonical document.
func (m message) size() int {
	size := weight(m.context) + weight(m.document)
	for _, of := range m.invoices[:min(1, len(m.invoices))] {
		for child := range of.acknowledgement.Children() {
			if child.Name().Local != "ReferenceReferencedDocument" {
				size += weight(child)
			}
		}
	}
	return size
}

// weight is about how many bytes an element and those in it take: their texts, and a name and punctuation for each.
func weight(e xmldoc.Element) int {
	const member = 32
	size := member + len(e.Text())
	for child := range e.Children() {
		size += weight(child)
	}
	return size
}
