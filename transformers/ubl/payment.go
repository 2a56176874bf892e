package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// payment maps BG-16 to BG-19. UBL repeats cac:PaymentMeans for each account to pay to; EN 16931 has one payment
// instruction with several accounts, so what the repetitions have in common must be the same in all of them.
func (m *mapper) payment(root document.Value, e xmldoc.Element) {
	// BG-16 Payment instructions
	out := root.Object("payment", e.Child(aggregateNS, "PaymentMeans").Ref())
	code := m.agreed(out, "meansCode", e, "cac:PaymentMeans/cbc:PaymentMeansCode", "BT-81")
	m.Text(out, "meansCode", code)
	m.Attr(out, "meansText", code, "name") // BT-82
	m.Text(out, "remittanceInformation", m.agreed(out, "remittanceInformation", e, "cac:PaymentMeans/cbc:PaymentID", "BT-83"))

	// BG-17 Credit transfer
	each(e, "cac:PaymentMeans/cac:PayeeFinancialAccount", func(account xmldoc.Element) bool {
		item := out.Array("creditTransfers", account.Ref()).Item(account.Ref())
		m.text(item, "accountId", account, "cbc:ID", "BT-84")
		m.text(item, "accountName", account, "cbc:Name", "BT-85")
		m.text(item, "serviceProvider", account, "cac:FinancialInstitutionBranch/cbc:ID", "BT-86")
		return true
	})

	// BG-18 Payment card information
	cardOut, card := m.group(out, "card", e, "cac:PaymentMeans/cac:CardAccount", "BG-18")
	m.text(cardOut, "primaryAccountNumber", card, "cbc:PrimaryAccountNumberID", "BT-87")
	m.text(cardOut, "holderName", card, "cbc:HolderName", "BT-88")

	// BG-19 Direct debit
	mandate := m.one(out, "directDebit", e, "cac:PaymentMeans/cac:PaymentMandate", "BG-19")
	ref := mandate.Ref()
	if m.extended && mandate.Child(aggregateNS, "PayerParty").Exists() {
		ref = 0 // it holds the payer, so without terms of its own it is no direct debit
	}
	debit := out.Object("directDebit", ref)
	m.text(debit, "mandateReference", mandate, "cbc:ID", "BT-89")
	m.creditor(debit, e)
	m.text(debit, "debitedAccount", mandate, "cac:PayerFinancialAccount/cbc:ID", "BT-91")
}

// creditor writes BT-90, which the binding keeps among the identifiers of the seller or the payee.
func (m *mapper) creditor(out document.Value, e xmldoc.Element) {
	var creditor xmldoc.Element
	take := func(id xmldoc.Element) bool {
		return !isSEPA(id) || m.single(&creditor, id, out, "creditorIdentifier", "BT-90")
	}
	each(e, "cac:AccountingSupplierParty/cac:Party/cac:PartyIdentification/cbc:ID", take)
	each(e, "cac:PayeeParty/cac:PartyIdentification/cbc:ID", take)
	m.Text(out, "creditorIdentifier", creditor)
}
