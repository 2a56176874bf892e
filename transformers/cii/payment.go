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
	payment := out.Object("payment", settlement.Child(ram, "SpecifiedTradeSettlementPaymentMeans").Ref())
	debit := payment.Object("directDebit", 0) // BG-19 is spread over the settlement, its means and its terms
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

	m.creditTransfer(payment, means)
	if card := m.one(means, ram, "ApplicableTradeSettlementFinancialCard", "BG-18"); card.Exists() {
		out := payment.Object("card", card.Ref())
		m.agreedText(out, "primaryAccountNumber", card, "ID", "BT-87")
		m.agreedText(out, "holderName", card, "CardholderName", "BT-88")
	}
	m.agreedText(debit, "debitedAccount", m.one(means, ram, "PayerPartyDebtorFinancialAccount", "BT-91"), "IBANID", "BT-91")
}

// creditTransfer writes one BG-17 where the means name an account or a bank to pay to.
func (m *mapping) creditTransfer(payment document.Value, means xmldoc.Element) {
	account := m.one(means, ram, "PayeePartyCreditorFinancialAccount", "BT-84")
	bank := m.one(means, ram, "PayeeSpecifiedCreditorFinancialInstitution", "BT-86")
	if !account.Exists() && !bank.Exists() {
		return
	}
	transfer := payment.Array("creditTransfers", 0).Item(account.Ref())
	id, proprietary := m.one(account, ram, "IBANID", "BT-84"), m.one(account, ram, "ProprietaryID", "BT-84")
	if id.Text() == "" {
		id = proprietary
	}
	m.w.Text(transfer, "accountId", id)
	m.text(transfer, "accountName", account, "AccountName", "BT-85")
	m.text(transfer, "serviceProvider", bank, "BICID", "BT-86")
}

// agreedText writes the text of a child as [mapping.agreed] does.
func (m *mapping) agreedText(out document.Value, name string, parent xmldoc.Element, local, term string) {
	if e := m.one(parent, ram, local, term); e.Exists() {
		m.agreed(out, name, e.Text(), e, term)
	}
}
