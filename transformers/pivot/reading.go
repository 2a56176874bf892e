package pivot

import (
	"iter"
	"slices"
	"strconv"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// reading is the work on one file.
type reading struct {
	inside  *transformers.Registry
	source  *xmldoc.Doc
	w       *canonical.Writer
	parts   []transformers.Part
	ignored []string
	found   []violation.Violation
	room    int                       // bytes that the invoices in PDF and zip may still inflate to
	refused int                       // invoices inside that cannot be read
	numbers map[string]xmldoc.Element // the invoices by what makes each unique
}

// maxFound bounds the violations of one file, as locating one costs time in proportion to its siblings.
const maxFound = 200

// report adds a violation, once for a place: an element may be asked for again.
func (r *reading) report(spec violation.Spec, e xmldoc.Element, term string, args ...any) {
	if len(r.found) >= maxFound && (spec.Severity == violation.Warning || violation.AnyFatal(r.found)) {
		return
	}
	place := r.source.Locate(e.Ref())
	v := spec.New(violation.At{Source: place.Path, Line: place.Line, Column: place.Column, Term: term}, args...)
	if !slices.Contains(r.found, v) {
		r.found = append(r.found, v)
	}
}

// each yields the children with that name.
func each(parent xmldoc.Element, name string) iter.Seq[xmldoc.Element] { return parent.All("", name) }

// one returns the only child with that name, absent when there is none. A further one is a violation: to choose would be
// to guess.
func (r *reading) one(parent xmldoc.Element, name, term string) xmldoc.Element {
	var only xmldoc.Element
	for child := range each(parent, name) {
		if only.Exists() {
			r.report(repeatedElement, child, term, name, parent.Name().Local)
			continue
		}
		only = child
	}
	return only
}

// file reads all invoices.
func (r *reading) file() {
	list := r.one(r.source.Root(), "CPPFactures", "")
	units := 0
	for unit := range each(list, "CPPFacturePivotUnitaire") {
		before := len(r.parts)
		r.unit(unit)
		for _, part := range r.parts[before:] {
			r.once(unit, part.Doc)
		}
		units++
	}
	if units > maxInvoices {
		r.report(tooMany, list, "", units, maxInvoices)
	}
	if units == 0 {
		r.report(noInvoice, r.source.Root(), "")
	}
	// The counter is there so that a file that lost some of its invoices is noticed.
	if counter := list.Attr("Compteur"); counter != "" {
		if n, err := strconv.Atoi(counter); err != nil || n != units {
			r.report(wrongCount, list, "", violation.Excerpt(counter), units)
		}
	}
}

// unit reads one invoice: the one inside, where there is one, else the pivot's own.
func (r *reading) unit(unit xmldoc.Element) {
	attachments := r.attachments(unit)
	var invoice *attachment
	for i := range attachments {
		if attachments[i].format == "" {
			continue
		}
		if invoice != nil {
			r.report(severalInvoices, attachments[i].element, "")
			return
		}
		invoice = &attachments[i]
	}
	if invoice != nil {
		if invoice.readable {
			r.invoiceInside(unit, *invoice)
		}
		return
	}
	doc := r.invoice(unit, attachments)
	r.parts = append(r.parts, transformers.Part{Kind: kind(unit), Doc: doc, Key: canonical.InvoiceKey(doc)})
}
