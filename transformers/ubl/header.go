package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// header maps the terms of the document as a whole (BT-1 to BT-20 without the references), BG-1 and BG-2.
func (m *mapper) header(out document.Value, e xmldoc.Element, names documentNames) {
	m.text(out, "number", e, "cbc:ID", "BT-1")
	m.date(out, "issueDate", e, "cbc:IssueDate", "BT-2")
	m.text(out, "typeCode", e, names.typeCode, "BT-3")
	m.text(out, "currency", e, "cbc:DocumentCurrencyCode", "BT-5")
	m.text(out, "vatCurrency", e, "cbc:TaxCurrencyCode", "BT-6")
	m.date(out, "vatPointDate", e, "cbc:TaxPointDate", "BT-7")
	m.text(out, "vatPointDateCode", e, "cac:InvoicePeriod/cbc:DescriptionCode", "BT-8") // UNTDID 2005: 3, 35 or 432
	m.date(out, "dueDate", e, names.dueDate, "BT-9")
	m.text(out, "buyerReference", e, "cbc:BuyerReference", "BT-10")
	m.text(out, "buyerAccountingReference", e, "cbc:AccountingCost", "BT-19")
	m.text(out, "paymentTerms", e, "cac:PaymentTerms/cbc:Note", "BT-20")

	// BG-1 Invoice note
	for note := range e.All(basicNS, "Note") {
		item := out.Array("notes", note.Ref()).Item(note.Ref())
		code, text := splitNote(note.Text())
		m.String(item, "subjectCode", code, note) // BT-21
		m.String(item, "text", text, note)        // BT-22
	}

	// BG-2 Process control
	process := out.Object("process", 0)
	m.text(process, "businessProcess", e, "cbc:ProfileID", "BT-23")
	m.text(process, "specification", e, "cbc:CustomizationID", "BT-24")
}

// splitNote separates the subject code (UNTDID 4451, three letters) that the binding writes before the text of a note:
// "#AAI#text". A note that does not begin so is all text.
func splitNote(note string) (code, text string) {
	const prefix = len("#AAI#")
	if len(note) < prefix || note[0] != '#' || note[prefix-1] != '#' {
		return "", note
	}
	code = note[1 : prefix-1]
	for _, letter := range []byte(code) {
		if letter < 'A' || letter > 'Z' {
			return "", note
		}
	}
	return code, note[prefix:]
}
