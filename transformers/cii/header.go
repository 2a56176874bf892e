package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// document writes BT-1 to BT-3 and BG-1.
func (m *mapping) document(out document.Value, in xmldoc.Element) {
	m.text(out, "number", in, "ID", "BT-1")
	m.date(out, "issueDate", in, "IssueDateTime", "BT-2")
	m.text(out, "typeCode", in, "TypeCode", "BT-3")

	notes := out.Array("notes", 0) // BG-1
	for note := range m.each(in, ram, "IncludedNote") {
		item := notes.Item(note.Ref())
		m.text(item, "subjectCode", note, "SubjectCode", "BT-21")
		m.text(item, "text", note, "Content", "BT-22")
	}
}

// currencies writes BT-5 and BT-6.
func (m *mapping) currencies(out document.Value, settlement xmldoc.Element) {
	m.text(out, "currency", settlement, "InvoiceCurrencyCode", "BT-5")
	m.text(out, "vatCurrency", settlement, "TaxCurrencyCode", "BT-6")
}

// references writes BT-10 to BT-16 and BT-19. BT-17 and BT-18 are typed references: see referencedDocuments.
func (m *mapping) references(out document.Value, agreement, delivery, settlement xmldoc.Element) {
	m.text(out, "buyerReference", agreement, "BuyerReference", "BT-10")
	m.text(out, "projectReference", m.one(agreement, ram, "SpecifiedProcuringProject", "BT-11"), "ID", "BT-11")
	m.reference(out, "contractReference", agreement, "ContractReferencedDocument", "BT-12")
	m.reference(out, "purchaseOrderReference", agreement, "BuyerOrderReferencedDocument", "BT-13")
	m.reference(out, "salesOrderReference", agreement, "SellerOrderReferencedDocument", "BT-14")
	m.reference(out, "receivingAdviceReference", delivery, "ReceivingAdviceReferencedDocument", "BT-15")
	m.reference(out, "despatchAdviceReference", delivery, "DespatchAdviceReferencedDocument", "BT-16")
	m.account(out, settlement, "BT-19")
}

func (m *mapping) reference(out document.Value, name string, parent xmldoc.Element, local, term string) {
	m.text(out, name, m.one(parent, ram, local, term), "IssuerAssignedID", term)
}

// account writes the buyer accounting reference of the invoice (BT-19) or of a line (BT-133).
func (m *mapping) account(out document.Value, settlement xmldoc.Element, term string) {
	m.text(out, "buyerAccountingReference", m.one(settlement, ram, "ReceivableSpecifiedTradeAccountingAccount", term), "ID", term)
}

// process writes BG-2.
func (m *mapping) process(out document.Value, context xmldoc.Element) {
	process := out.Object("process", context.Ref())
	m.text(process, "businessProcess", m.one(context, ram, "BusinessProcessSpecifiedDocumentContextParameter", "BT-23"), "ID", "BT-23")
	m.text(process, "specification", m.one(context, ram, "GuidelineSpecifiedDocumentContextParameter", "BT-24"), "ID", "BT-24")
}

// precedingInvoices writes BG-3.
func (m *mapping) precedingInvoices(out document.Value, settlement xmldoc.Element) {
	invoices := out.Array("precedingInvoices", 0)
	for invoice := range m.each(settlement, ram, "InvoiceReferencedDocument") {
		m.precedingInvoice(invoices.Item(invoice.Ref()), invoice, precedingTerms{"BT-25", "BT-26", "EXT-FR-FE-02"})
	}
}

// precedingTerms are the terms of a reference to a preceding invoice, of the invoice or of a line.
type precedingTerms struct{ number, issueDate, typeCode string }

func (m *mapping) precedingInvoice(out document.Value, in xmldoc.Element, terms precedingTerms) {
	m.text(out, "number", in, "IssuerAssignedID", terms.number)
	issued := m.one(m.one(in, ram, "FormattedIssueDateTime", terms.issueDate), qdt, "DateTimeString", terms.issueDate)
	m.w.String(out, "issueDate", date(issued), issued)
	if m.extended {
		m.text(out, "typeCode", in, "TypeCode", terms.typeCode)
	}
}

// invoicingPeriod writes BG-14.
func (m *mapping) invoicingPeriod(out document.Value, settlement xmldoc.Element) {
	m.period(out, "invoicingPeriod", settlement, "BG-14", "BT-73", "BT-74")
}

// period writes the billing period of the invoice (BG-14) or of a line (BG-26).
func (m *mapping) period(out document.Value, name string, settlement xmldoc.Element, group, start, end string) {
	in := m.one(settlement, ram, "BillingSpecifiedPeriod", group)
	period := out.Object(name, in.Ref())
	m.date(period, "start", in, "StartDateTime", start)
	m.date(period, "end", in, "EndDateTime", end)
}
