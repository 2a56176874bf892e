package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// What an invoice of the French extended profile (EXTENDED-CTC-FR) says beyond EN 16931: its terms are numbered EXT-FR-FE.

// extendedParties maps EXT-FR-FE-BG-01 to EXT-FR-FE-BG-05.
func (m *mapper) extendedParties(out document.Value, e xmldoc.Element) {
	const seller, buyer = "cac:AccountingSupplierParty/cac:Party/", "cac:AccountingCustomerParty/cac:Party/"
	m.party(out, "buyerAgent", e, buyer+"cac:AgentParty", "EXT-FR-FE-BG-01")
	m.party(out, "payer", e, "cac:PaymentMeans/cac:PaymentMandate/cac:PayerParty", "EXT-FR-FE-BG-02")
	m.party(out, "sellerAgent", e, seller+"cac:AgentParty", "EXT-FR-FE-BG-03")
	m.party(out, "invoicee", e, buyer+"cac:ServiceProviderParty/cac:Party", "EXT-FR-FE-BG-04")
	m.party(out, "invoicer", e, seller+"cac:ServiceProviderParty/cac:Party", "EXT-FR-FE-BG-05")
}

// party maps a party of the profile: those of the invoice and the seller of a line say the same of themselves. Faults in it
// are told under the term given.
func (m *mapper) party(parent document.Value, name string, e xmldoc.Element, path, term string) {
	out, party := m.group(parent, name, e, path, term)
	m.text(out, "name", party, "cac:PartyLegalEntity/cbc:RegistrationName", term)
	m.text(out, "role", party, "cbc:IndustryClassificationCode", term)
	m.text(out, "tradingName", party, "cac:PartyName/cbc:Name", term)
	each(party, "cac:PartyIdentification/cbc:ID", func(id xmldoc.Element) bool {
		m.IdentifierItem(out.Array("identifiers", id.Ref()), id, "schemeID")
		return true
	})
	m.identifier(out, "legalRegistration", party, "cac:PartyLegalEntity/cbc:CompanyID", term)
	m.taxIdentifier(out, "vatIdentifier", party, true, term)
	m.identifier(out, "electronicAddress", party, "cbc:EndpointID", term)
	m.address(out, party, "cac:PostalAddress", addressTerms{term, term, term, term, term, term, term, term})
	m.contact(out, party, contactTerms{term, term, term, term})
}

// extendedPayee maps what the profile adds to the payee (BG-10).
func (m *mapper) extendedPayee(out document.Value, e xmldoc.Element) {
	m.text(out, "role", e, "cbc:IndustryClassificationCode", "EXT-FR-FE-26")
	m.taxIdentifier(out, "vatIdentifier", e, true, "EXT-FR-FE-27")
	m.identifier(out, "electronicAddress", e, "cbc:EndpointID", "EXT-FR-FE-29")
	m.address(out, e, "cac:PostalAddress", addressTerms{
		"EXT-FR-FE-31", "EXT-FR-FE-32", "EXT-FR-FE-33", "EXT-FR-FE-34", "EXT-FR-FE-35", "EXT-FR-FE-36", "EXT-FR-FE-37", "EXT-FR-FE-38",
	})
	m.contact(out, e, contactTerms{"EXT-FR-FE-39", "EXT-FR-FE-40", "EXT-FR-FE-41", "EXT-FR-FE-42"})
}

// incoterm maps EXT-FR-FE-BG-14.
func (m *mapper) incoterm(out document.Value, e xmldoc.Element) {
	terms := out.Object("deliveryTerms", 0)
	m.text(terms, "code", e, "cac:DeliveryTerms/cbc:ID", "EXT-FR-FE-185")
	m.text(terms, "location", e, "cac:DeliveryTerms/cac:DeliveryLocation/cbc:Name", "EXT-FR-FE-186")
}

// exchangeRate maps the rate from the invoice currency to that of the VAT (BT-6), under whose term its faults are told.
func (m *mapper) exchangeRate(root document.Value, e xmldoc.Element) {
	out, rate := m.group(root, "vatExchangeRate", e, "cac:TaxExchangeRate", "BT-6")
	m.text(out, "from", rate, "cbc:SourceCurrencyCode", "BT-6")
	m.text(out, "to", rate, "cbc:TargetCurrencyCode", "BT-6")
	m.number(out, "rate", rate, "cbc:CalculationRate", "BT-6")
	m.date(out, "date", rate, "cbc:Date", "BT-6")
}

// lineNotes maps the notes of a line, of which EN 16931 has one (BT-127): the first, and others. The subject code
// (EXT-FR-FE-183) stands before the text, as in BG-1.
func (m *mapper) lineNotes(out document.Value, e xmldoc.Element) {
	for note := range e.All(basicNS, "Note") {
		item, subject, content := out, "noteSubjectCode", "note"
		if out.Get(subject).Exists() || out.Get(content).Exists() {
			item, subject, content = out.Array("otherNotes", note.Ref()).Item(note.Ref()), "subjectCode", "text"
		}
		code, text := splitNote(note.Text())
		m.String(item, subject, code, note)
		m.String(item, content, text, note)
	}
}

// orders maps the references of a line to orders, and to the advices of receipt and of despatch, whose faults are told
// under the terms that the invoice has for them.
func (m *mapper) orders(out document.Value, e xmldoc.Element) {
	m.text(out, "purchaseOrderReference", e, "cac:OrderLineReference/cac:OrderReference/cbc:ID", "EXT-FR-FE-135")
	m.text(out, "salesOrderReference", e, "cac:OrderLineReference/cac:OrderReference/cbc:SalesOrderID", "EXT-FR-FE-144")
	m.text(out, "salesOrderLine", e, "cac:OrderLineReference/cbc:SalesOrderLineID", "EXT-FR-FE-145")
	m.text(out, "receivingAdviceReference", e, "cac:ReceiptLineReference/cac:DocumentReference/cbc:ID", "BT-15")
	m.text(out, "receivingAdviceLine", e, "cac:ReceiptLineReference/cbc:LineID", "BT-15")
	m.text(out, "despatchAdviceReference", e, "cac:DespatchLineReference/cac:DocumentReference/cbc:ID", "BT-16")
	m.text(out, "despatchAdviceLine", e, "cac:DespatchLineReference/cbc:LineID", "BT-16")
}

// extendedLine maps what the profile adds to a line (BG-25).
func (m *mapper) extendedLine(out document.Value, e xmldoc.Element) {
	m.orders(out, e)
	m.lineReferences(out, e)
	totals := out.Object("totals", 0)
	m.vatTotals(totals, e, "EXT-FR-FE-181", "EXT-FR-FE-182")
	m.amount(totals, "withVat", e, "cbc:TaxInclusiveLineExtensionAmount", "EXT-FR-FE-184")
	m.deliverTo(out, e, deliveryTerms{
		"EXT-FR-FE-BG-10", "EXT-FR-FE-149", "EXT-FR-FE-146", "EXT-FR-FE-158", addressTerms{
			"EXT-FR-FE-150", "EXT-FR-FE-151", "EXT-FR-FE-152", "EXT-FR-FE-153", "EXT-FR-FE-154", "EXT-FR-FE-155", "EXT-FR-FE-156", "EXT-FR-FE-157",
		},
	})
	m.party(out, "seller", e, "cac:Item/cac:ManufacturerParty", "EXT-FR-FE-164")
}

// extendedAttribute maps what the profile adds to an attribute of an item (BG-32): it may have a code for its name, and a
// measure for its value.
func (m *mapper) extendedAttribute(out document.Value, property xmldoc.Element) {
	m.text(out, "code", property, "cbc:NameCode", "EXT-FR-FE-159")
	measure := m.number(out, "measure", property, "cbc:ValueQuantity", "EXT-FR-FE-160")
	m.Attr(out, "unit", measure, "unitCode") // EXT-FR-FE-161
}

// lineReferences maps the references of a line to invoices. That to its own invoice says the line's subtype (EXT-FR-FE-163)
// and its parent line (EXT-FR-FE-162); the others are preceding invoices (EXT-FR-FE-BG-06).
func (m *mapper) lineReferences(out document.Value, e xmldoc.Element) {
	var own xmldoc.Element
	for billing := range e.All(aggregateNS, "BillingReference") {
		id := billing.Child(aggregateNS, "InvoiceDocumentReference").Child(basicNS, "ID")
		if m.invoice == "" || id.Text() != m.invoice {
			item := out.Array("precedingInvoices", billing.Ref()).Item(billing.Ref())
			m.precedingInvoice(item, billing, precedingTerms{"EXT-FR-FE-136", "EXT-FR-FE-138", "EXT-FR-FE-137"})
			m.text(item, "line", billing, "cac:BillingReferenceLine/cbc:ID", "EXT-FR-FE-139")
			continue
		}
		if !m.single(&own, billing, out, "subtype", "EXT-FR-FE-163") {
			continue
		}
		m.Read(id)
		m.text(out, "parent", billing, "cac:BillingReferenceLine/cbc:ID", "EXT-FR-FE-162")
		m.text(out, "subtype", billing, "cac:InvoiceDocumentReference/cbc:DocumentStatusCode", "EXT-FR-FE-163")
	}
}
