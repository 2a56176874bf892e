package pivot

import (
	"io"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/money"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// maxRefused is where reading the invoices inside a file that is refused anyway ends: nobody corrects more at one go, and
// a PDF that inflates without end costs time.
const maxRefused = 10

// invoiceInside reads the invoice that an attachment holds, and compares the pivot's own fields with it. Places in it start
// with that of the attachment's content.
func (r *reading) invoiceInside(unit xmldoc.Element, a attachment) {
	if r.refused == maxRefused {
		return
	}
	data, _ := io.ReadAll(base64Of(a.content.Text())) // it was decoded before
	data, ok := r.unzip(a, data)
	if !ok {
		r.refused++
		return
	}
	content, identity, faults := r.inside.IdentifyWithin(a.content.Path()+"#", data, r.room)
	if r.found = append(r.found, faults...); violation.AnyFatal(faults) {
		r.refused++
		return
	}
	if content.PDF != nil {
		r.room -= content.XML.Size()
	}
	if identity.Format != a.format {
		r.report(otherFormat, a.content, "", string(a.format), string(identity.Format))
		return
	}
	result, faults := r.inside.Transform(content, identity)
	if r.found = append(r.found, faults...); violation.AnyFatal(faults) {
		return
	}
	r.w.Read(a.content)
	r.w.Read(a.element.Child("", "CategoriePJ"))
	r.ignored = append(r.ignored, result.Ignored...)
	for _, part := range result.Parts { // formats of invoices have one
		r.compare(r.one(unit, "DonneesFacture", ""), part.Doc)
		r.parts = append(r.parts, part)
	}
}

// compared are the fields of a pivot that say again what the invoice inside says.
var compared = []struct {
	path    string // below DonneesFacture
	term    string
	pointer string // of the canonical invoice
	same    func(a, b string) bool
}{
	{"Id", "BT-1", "/number", sameText},
	{"DateEmissionFacture", "BT-2", "/issueDate", sameDate},
	{"Type", "BT-3", "/typeCode", sameText},
	{"Devise", "BT-5", "/currency", sameText},
	{"Montants/MontantHT", "BT-109", "/totals/withoutVat", sameAmount},
	{"Montants/MontantTTC", "BT-112", "/totals/withVat", sameAmount},
	{"Montants/MontantNetAPayer", "BT-115", "/totals/payable", sameAmount},
}

// compare looks for contradictions between a pivot and the invoice inside. Either may say nothing about a term.
func (r *reading) compare(data xmldoc.Element, invoice *document.Doc) {
	for _, c := range compared {
		e := data
		for name := range strings.SplitSeq(c.path, "/") {
			e = r.one(e, name, c.term)
		}
		inside := invoice.Lookup(c.pointer).Text()
		if e.Text() == "" || inside == "" {
			continue
		}
		r.w.Read(e)
		if !c.same(e.Text(), inside) {
			r.report(contradiction, e, c.term, c.term, violation.Excerpt(e.Text()), violation.Excerpt(inside))
		}
	}
}

func sameText(a, b string) bool { return a == b }

// sameDate compares days: a pivot may write the time and the zone behind.
func sameDate(a, b string) bool { return date(a) == date(b) }

// sameAmount compares numbers, and texts where one is no number.
func sameAmount(a, b string) bool {
	x, errX := money.Parse(a)
	y, errY := money.Parse(b)
	if errX != nil || errY != nil {
		return a == b
	}
	return x.Cmp(y) == 0
}

// date returns the day of an xs:date or xs:dateTime.
func date(text string) string {
	const day = len("2026-09-01")
	if len(text) > day && (text[day] == 'T' || text[day] == 'Z' || text[day] == '+' || text[day] == '-') {
		return text[:day]
	}
	return text
}
