package pivot

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// maxInvoices is how many invoices Chorus Pro takes in one flow. A pivot with more can be read; whether it can be passed on is
// for its reader to know.
const maxInvoices = 500

// once reports an invoice that an earlier one of the file has been already: Chorus Pro lets a seller (SIREN) use a number
// once in a year. Whether another message has it is for those who serve to know.
func (r *reading) once(unit xmldoc.Element, invoice *document.Doc) {
	key := uniqueness(invoice)
	if key == "" {
		return
	}
	if first, twice := r.numbers[key]; twice {
		r.report(duplicate, unit, "BT-1", violation.Excerpt(invoice.Lookup("/number").Text()), first.Path())
		return
	}
	if r.numbers == nil {
		r.numbers = map[string]xmldoc.Element{}
	}
	r.numbers[key] = unit
}

// uniqueness is what Chorus Pro tells invoices apart by: the year, the seller and the number; empty where one is missing.
func uniqueness(invoice *document.Doc) string {
	date, number := invoice.Lookup("/issueDate").Text(), invoice.Lookup("/number").Text()
	seller := sellerID(invoice.Lookup("/seller"))
	const year = len("2026")
	if len(date) < year || number == "" || seller == "" {
		return ""
	}
	return date[:year] + " " + seller + " " + number
}

// sellerID returns the SIREN of a seller, which is the beginning of its SIRET, or else its registration as it stands.
func sellerID(seller document.Value) string {
	const siren, siret = 9, 14
	id := seller.Get("legalRegistration").Get("id").Text()
	if id == "" {
		id = seller.Get("identifiers").At(0).Get("id").Text()
	}
	if len(id) == siret && strings.Trim(id, "0123456789") == "" {
		return id[:siren]
	}
	return id
}
