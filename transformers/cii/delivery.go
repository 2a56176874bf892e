package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// delivery writes BG-13 and BG-15.
func (m *mapping) delivery(out document.Value, in xmldoc.Element) {
	m.deliverTo(out, in, deliveryTerms{
		"BG-13", "BT-70", "BT-71", "BT-72", addressTerms{"BG-15", "BT-75", "BT-76", "BT-165", "BT-77", "BT-78", "BT-79", "BT-80"},
	})
}

// deliveryTerms are the terms of a delivery, of the invoice or of a line.
type deliveryTerms struct {
	group, party, location, date string
	address                      addressTerms
}

func (m *mapping) deliverTo(out document.Value, in xmldoc.Element, terms deliveryTerms) {
	shipTo := m.one(in, ram, "ShipToTradeParty", terms.group)
	delivery := out.Object("delivery", shipTo.Ref()) // the element around it is always there and may say nothing
	m.text(delivery, "partyName", shipTo, "Name", terms.party)
	m.onlyIdentifier(delivery, "location", shipTo, terms.location)
	m.date(delivery, "date", m.one(in, ram, "ActualDeliverySupplyChainEvent", terms.date), "OccurrenceDateTime", terms.date)
	m.address(delivery, shipTo, terms.address)
}
