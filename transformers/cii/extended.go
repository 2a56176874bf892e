package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// What an invoice of the French extended profile (EXTENDED-CTC-FR) says beyond EN 16931: its terms are numbered EXT-FR-FE.

// extendedParties writes EXT-FR-FE-BG-01 to EXT-FR-FE-BG-05.
func (m *mapping) extendedParties(out document.Value, agreement, settlement xmldoc.Element) {
	m.party(out, "buyerAgent", agreement, "BuyerAgentTradeParty", "EXT-FR-FE-BG-01")
	m.party(out, "payer", settlement, "PayerTradeParty", "EXT-FR-FE-BG-02")
	m.party(out, "sellerAgent", agreement, "SalesAgentTradeParty", "EXT-FR-FE-BG-03")
	m.party(out, "invoicee", settlement, "InvoiceeTradeParty", "EXT-FR-FE-BG-04")
	m.party(out, "invoicer", settlement, "InvoicerTradeParty", "EXT-FR-FE-BG-05")
}

// party writes a party of the profile: those of the invoice and the seller of a line say the same of themselves. Faults in
// it are told under the term given.
func (m *mapping) party(parent document.Value, name string, e xmldoc.Element, local, term string) {
	in := m.one(e, ram, local, term)
	out := parent.Object(name, in.Ref())
	m.text(out, "name", in, "Name", term)
	m.text(out, "role", in, "RoleCode", term)
	m.legalOrganization(out, in, term, term)
	m.identifiers(out, in)
	m.taxRegistrations(out, in, term, "")
	m.electronicAddress(out, in, term)
	m.address(out, in, addressTerms{term, term, term, term, term, term, term, term})
	m.contact(out, in, term, term, term, term)
}

// extendedPayee writes what the profile adds to the payee (BG-10).
func (m *mapping) extendedPayee(out document.Value, in xmldoc.Element) {
	m.text(out, "role", in, "RoleCode", "EXT-FR-FE-26")
	m.taxRegistrations(out, in, "EXT-FR-FE-27", "")
	m.electronicAddress(out, in, "EXT-FR-FE-29")
	m.address(out, in, addressTerms{
		"EXT-FR-FE-31", "EXT-FR-FE-32", "EXT-FR-FE-33", "EXT-FR-FE-34", "EXT-FR-FE-35", "EXT-FR-FE-36", "EXT-FR-FE-37", "EXT-FR-FE-38",
	})
	m.contact(out, in, "EXT-FR-FE-39", "EXT-FR-FE-40", "EXT-FR-FE-41", "EXT-FR-FE-42")
}

// incoterm writes EXT-FR-FE-BG-14.
func (m *mapping) incoterm(out document.Value, agreement xmldoc.Element) {
	in := m.one(agreement, ram, "ApplicableTradeDeliveryTerms", "EXT-FR-FE-BG-14")
	terms := out.Object("deliveryTerms", in.Ref())
	m.text(terms, "code", in, "DeliveryTypeCode", "EXT-FR-FE-185")
	m.text(terms, "location", m.one(in, ram, "RelevantTradeLocation", "EXT-FR-FE-186"), "Name", "EXT-FR-FE-186")
}

// exchangeRate writes the rate from the invoice currency to that of the VAT (BT-6), under whose term its faults are told.
func (m *mapping) exchangeRate(out document.Value, settlement xmldoc.Element) {
	in := m.one(settlement, ram, "TaxApplicableTradeCurrencyExchange", "BT-6")
	rate := out.Object("vatExchangeRate", in.Ref())
	m.text(rate, "from", in, "SourceCurrencyCode", "BT-6")
	m.text(rate, "to", in, "TargetCurrencyCode", "BT-6")
	m.decimal(rate, "rate", in, "ConversionRate", "BT-6")
	m.date(rate, "date", in, "ConversionRateDateTime", "BT-6")
}

// lineNotes writes the notes of a line, of which EN 16931 has one (BT-127): the first, and others, each with its subject
// code (EXT-FR-FE-183).
func (m *mapping) lineNotes(out document.Value, about xmldoc.Element) {
	for note := range m.each(about, ram, "IncludedNote") {
		item, subject, content := out, "noteSubjectCode", "note"
		if out.Get(subject).Exists() || out.Get(content).Exists() {
			item, subject, content = out.Array("otherNotes", 0).Item(note.Ref()), "subjectCode", "text"
		}
		m.text(item, subject, note, "SubjectCode", "EXT-FR-FE-183")
		m.text(item, content, note, "Content", "BT-127")
	}
}

// furtherDiscount writes a discount on a price beyond the one of EN 16931 (BT-147).
func (m *mapping) furtherDiscount(out document.Value, in xmldoc.Element) {
	m.amount(out, "amount", in, "ActualAmount", "BT-147")
	m.text(out, "reason", in, "Reason", "EXT-FR-FE-195")
	m.text(out, "reasonCode", in, "ReasonCode", "EXT-FR-FE-196")
}

// advice writes the reference of a line to an advice of receipt or of despatch. Faults are told under the term that the
// invoice has for it.
func (m *mapping) advice(out document.Value, name string, delivery xmldoc.Element, local, term string) {
	in := m.one(delivery, ram, local, term)
	m.text(out, name+"Reference", in, "IssuerAssignedID", term)
	m.text(out, name+"Line", in, "LineID", term)
}

// extendedAttribute writes what the profile adds to an attribute of an item (BG-32): it may have a code for its name, and a
// measure for its value.
func (m *mapping) extendedAttribute(out document.Value, in xmldoc.Element) {
	m.text(out, "code", in, "TypeCode", "EXT-FR-FE-159")
	m.decimal(out, "measure", in, "ValueMeasure", "EXT-FR-FE-160")
	m.w.Attr(out, "unit", in.Child(ram, "ValueMeasure"), "unitCode") // EXT-FR-FE-161
}

// extendedLine writes what the profile adds to a line (BG-25).
func (m *mapping) extendedLine(out document.Value, about, agreement, delivery, settlement, summation xmldoc.Element) {
	m.text(out, "parent", about, "ParentLineID", "EXT-FR-FE-162")
	m.text(out, "subtype", about, "LineStatusReasonCode", "EXT-FR-FE-163")
	m.text(out, "statusCode", about, "LineStatusCode", "EXT-FR-FE-163")
	sale := m.one(agreement, ram, "SellerOrderReferencedDocument", "EXT-FR-FE-144")
	m.text(out, "salesOrderReference", sale, "IssuerAssignedID", "EXT-FR-FE-144")
	m.text(out, "salesOrderLine", sale, "LineID", "EXT-FR-FE-145")
	m.advice(out, "receivingAdvice", delivery, "ReceivingAdviceReferencedDocument", "BT-15")
	m.advice(out, "despatchAdvice", delivery, "DespatchAdviceReferencedDocument", "BT-16")
	preceding := out.Array("precedingInvoices", 0) // EXT-FR-FE-BG-06
	for in := range m.each(settlement, ram, "InvoiceReferencedDocument") {
		item := preceding.Item(in.Ref())
		m.precedingInvoice(item, in, precedingTerms{"EXT-FR-FE-136", "EXT-FR-FE-138", "EXT-FR-FE-137"})
		m.text(item, "line", in, "LineID", "EXT-FR-FE-139")
	}
	totals := out.Object("totals", 0)
	m.vatTotals(totals, summation, "EXT-FR-FE-181", "EXT-FR-FE-182")
	m.amount(totals, "withVat", summation, "GrandTotalAmount", "EXT-FR-FE-184")
	m.deliverTo(out, delivery, deliveryTerms{
		"EXT-FR-FE-BG-10", "EXT-FR-FE-149", "EXT-FR-FE-146", "EXT-FR-FE-158", addressTerms{
			"EXT-FR-FE-150", "EXT-FR-FE-151", "EXT-FR-FE-152", "EXT-FR-FE-153", "EXT-FR-FE-154", "EXT-FR-FE-155", "EXT-FR-FE-156", "EXT-FR-FE-157",
		},
	})
	m.party(out, "seller", agreement, "ItemSellerTradeParty", "EXT-FR-FE-164")
}
