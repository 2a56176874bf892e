package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// delivery maps BG-13 to BG-15.
func (m *mapper) delivery(out document.Value, e xmldoc.Element) {
	// BG-13 Delivery information, BG-15 Deliver to address
	m.deliverTo(out, e, deliveryTerms{
		"BG-13", "BT-70", "BT-71", "BT-72", addressTerms{"BG-15", "BT-75", "BT-76", "BT-165", "BT-77", "BT-78", "BT-79", "BT-80"},
	})
	if m.extended {
		m.incoterm(out, e)
	}
	// BG-14 Invoicing period
	m.period(out, "invoicingPeriod", e, periodTerms{"BG-14", "BT-73", "BT-74"})
}

// deliveryTerms are the terms of a delivery, of the document or of a line.
type deliveryTerms struct {
	group, party, location, date string
	address                      addressTerms
}

func (m *mapper) deliverTo(parent document.Value, e xmldoc.Element, terms deliveryTerms) {
	out, delivery := m.group(parent, "delivery", e, "cac:Delivery", terms.group)
	m.text(out, "partyName", delivery, "cac:DeliveryParty/cac:PartyName/cbc:Name", terms.party)
	m.identifier(out, "location", delivery, "cac:DeliveryLocation/cbc:ID", terms.location)
	m.date(out, "date", delivery, "cbc:ActualDeliveryDate", terms.date)
	m.address(out, delivery, "cac:DeliveryLocation/cac:Address", terms.address)
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
