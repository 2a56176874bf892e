package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// delivery writes BG-13 and BG-15.
func (m *mapping) delivery(out document.Value, in xmldoc.Element) {
	shipTo := m.one(in, ram, "ShipToTradeParty", "BG-13")
	delivery := out.Object("delivery", shipTo.Ref()) // ApplicableHeaderTradeDelivery is always there and may say nothing
	m.text(delivery, "partyName", shipTo, "Name", "BT-70")
	m.onlyIdentifier(delivery, "location", shipTo, "BT-71")
	m.date(delivery, "date", m.one(in, ram, "ActualDeliverySupplyChainEvent", "BT-72"), "OccurrenceDateTime", "BT-72")
	m.address(delivery, shipTo, addressTerms{"BG-15", "BT-75", "BT-76", "BT-165", "BT-77", "BT-78", "BT-79", "BT-80"})
}
