package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// payment writes BG-16 to BG-19, BT-9 and BT-20.
//
// CII repeats the payment means for every account, with the same code and text each time (BT-81, BT-82); its accounts
// are the credit transfers. Payment terms may be repeated too, each time with other terms of the one invoice.
func (m *mapping) payment(out document.Value, settlement xmldoc.Element) {
	payment := out.Object("payment", settlement.Ref())
	debit := payment.Object("directDebit", settlement.Ref()) // BG-19
	m.text(payment, "remittanceInformation", settlement, "PaymentReference", "BT-83")
	m.text(debit, "creditorIdentifier", settlement, "CreditorReferenceID", "BT-90")
	for means := range m.each(settlement, ram, "SpecifiedTradeSettlementPaymentMeans") {
		m.paymentMeans(payment, debit, means)
	}
	for terms := range m.each(settlement, ram, "SpecifiedTradePaymentTerms") {
		due := m.one(m.one(terms, ram, "DueDateDateTime", "BT-9"), udt, "DateTimeString", "BT-9")
		m.agreed(out, "dueDate", date(due), due, "BT-9")
		m.agreedText(out, "paymentTerms", terms, "Description", "BT-20")
		m.agreedText(debit, "mandateReference", terms, "DirectDebitMandateID", "BT-89")
	}
}

func (m *mapping) paymentMeans(payment, debit document.Value, means xmldoc.Element) {
	m.agreedText(payment, "meansCode", means, "TypeCode", "BT-81")
	m.agreedText(payment, "meansText", means, "Information", "BT-82")

	transfer := payment.Array("creditTransfers", 0).Item(means.Ref()) // BG-17
	account := m.one(means, ram, "PayeePartyCreditorFinancialAccount", "BT-84")
	id, proprietary := m.one(account, ram, "IBANID", "BT-84"), m.one(account, ram, "ProprietaryID", "BT-84")
	if id.Text() == "" {
		id = proprietary
	}
	m.w.Text(transfer, "accountId", id)
	m.text(transfer, "accountName", account, "AccountName", "BT-85")
	m.text(transfer, "serviceProvider", m.one(means, ram, "PayeeSpecifiedCreditorFinancialInstitution", "BT-86"), "BICID", "BT-86")

	card := m.one(means, ram, "ApplicableTradeSettlementFinancialCard", "BG-18")
	m.agreedText(payment.Object("card", card.Ref()), "primaryAccountNumber", card, "ID", "BT-87")
	m.agreedText(payment.Object("card", card.Ref()), "holderName", card, "CardholderName", "BT-88")

	m.agreedText(debit, "debitedAccount", m.one(means, ram, "PayerPartyDebtorFinancialAccount", "BT-91"), "IBANID", "BT-91")
}

// agreedText writes the text of a child as [mapping.agreed] does.
func (m *mapping) agreedText(out document.Value, name string, parent xmldoc.Element, local, term string) {
	if e := m.one(parent, ram, local, term); e.Exists() {
		m.agreed(out, name, e.Text(), e, term)
	}
}
