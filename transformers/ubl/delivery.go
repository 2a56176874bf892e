package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// delivery maps BG-13 to BG-15.
func (m *mapper) delivery(out document.Value, e xmldoc.Element) {
	// BG-13 Delivery information
	to, delivery := m.group(out, "delivery", e, "cac:Delivery", "BG-13")
	m.text(to, "partyName", delivery, "cac:DeliveryParty/cac:PartyName/cbc:Name", "BT-70")
	m.identifier(to, "location", delivery, "cac:DeliveryLocation/cbc:ID", "BT-71")
	m.date(to, "date", delivery, "cbc:ActualDeliveryDate", "BT-72")
	// BG-15 Deliver to address
	m.address(to, delivery, "cac:DeliveryLocation/cac:Address", addressTerms{
		"BG-15", "BT-75", "BT-76", "BT-165", "BT-77", "BT-78", "BT-79", "BT-80",
	})

	// BG-14 Invoicing period
	m.period(out, "invoicingPeriod", e, periodTerms{"BG-14", "BT-73", "BT-74"})
}

// periodTerms are the terms of a period.
type periodTerms struct{ group, start, end string }

// period maps an invoicing period, of the document or of a line.
func (m *mapper) period(parent document.Value, name string, e xmldoc.Element, terms periodTerms) {
	period := m.one(parent, name, e, "cac:InvoicePeriod", terms.group)
	ref := period.Ref()
	if period.Child(basicNS, "DescriptionCode").Exists() {
		ref = 0 // it holds BT-8, so without dates it is no period
	}
	out := parent.Object(name, ref)
	m.date(out, "start", period, "cbc:StartDate", terms.start)
	m.date(out, "end", period, "cbc:EndDate", terms.end)
}
