package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/money"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// unknownNetwork stands for the network of a card, which UBL demands and EN 16931 has no term for.
const unknownNetwork = "NA"

// payment writes BG-16 to BG-19: cac:PaymentMeans once, and once more for each further account. UBL has no payment means
// without their code (BT-81).
func (w *writer) payment(root document.Value) {
	in := root.Get("payment")
	if !in.Get("meansCode").Exists() {
		return
	}
	transfers := in.Get("creditTransfers")
	w.paymentMeans(root, in, transfers.First(), true)
	for transfer := transfers.First().Next(); transfer.Exists(); transfer = transfer.Next() {
		w.paymentMeans(root, in, transfer, false)
	}
}

func (w *writer) paymentMeans(root, in, transfer document.Value, first bool) {
	w.Group("cac:PaymentMeans", func() {
		text := in.Get("meansText") // once in the invoice (UBL-SR-46)
		if !first {
			text = document.Value{}
		}
		w.Value("cbc:PaymentMeansCode", in.Get("meansCode"), canonical.Of("name", text))
		if w.creditNote && first {
			w.Value("cbc:PaymentDueDate", root.Get("dueDate"))
		}
		w.Value("cbc:PaymentID", in.Get("remittanceInformation"))
		if first {
			w.card(in.Get("card"))
		}
		w.Group("cac:PayeeFinancialAccount", func() { // BG-17
			w.Value("cbc:ID", transfer.Get("accountId"))
			w.Value("cbc:Name", transfer.Get("accountName"))
			w.Group("cac:FinancialInstitutionBranch", func() { w.Value("cbc:ID", transfer.Get("serviceProvider")) })
		})
		if first {
			w.Group("cac:PaymentMandate", func() { // BG-19
				debit := in.Get("directDebit")
				w.Value("cbc:ID", debit.Get("mandateReference"))
				w.partyAlone("cac:PayerParty", w.Extended(root.Get("payer")))
				w.Group("cac:PayerFinancialAccount", func() { w.Value("cbc:ID", debit.Get("debitedAccount")) })
			})
		}
	})
}

// card writes BG-18.
func (w *writer) card(in document.Value) {
	w.Group("cac:CardAccount", func() {
		w.Value("cbc:PrimaryAccountNumberID", in.Get("primaryAccountNumber"))
		w.Fixed("cbc:NetworkID", unknownNetwork)
		w.Value("cbc:HolderName", in.Get("holderName"))
	})
}

// documentAllowances writes BG-20 and BG-21.
func (w *writer) documentAllowances(in document.Value) {
	w.allowances(in.Get("allowances"), "false")
	w.allowances(in.Get("charges"), "true")
}

// exchangeRate writes the rate from the invoice currency to that of the VAT. UBL has none without both currencies.
func (w *writer) exchangeRate(in document.Value) {
	if !in.Get("from").Exists() || !in.Get("to").Exists() {
		return
	}
	w.Group("cac:TaxExchangeRate", func() {
		w.Value("cbc:SourceCurrencyCode", in.Get("from"))
		w.Value("cbc:TargetCurrencyCode", in.Get("to"))
		w.Value("cbc:CalculationRate", in.Get("rate"))
		w.Value("cbc:Date", in.Get("date"))
	})
}

// allowances writes allowances or charges, of the document or of a line.
func (w *writer) allowances(list document.Value, isCharge string) {
	for in := range list.Children() {
		w.Group("cac:AllowanceCharge", func() {
			w.Fixed("cbc:ChargeIndicator", isCharge)
			w.Value("cbc:AllowanceChargeReasonCode", in.Get("reasonCode"))
			w.Value("cbc:AllowanceChargeReason", in.Get("reason"))
			w.Value("cbc:MultiplierFactorNumeric", in.Get("percentage"))
			w.amount("cbc:Amount", in.Get("amount"))
			w.amount("cbc:BaseAmount", in.Get("baseAmount"))
			w.category("cac:TaxCategory", in.Get("vatCategory"), in.Get("vatRate"), w.Extended(in))
		})
	}
}

// category writes a VAT category; exempt says why there is no VAT: the entry of the VAT breakdown, or in the French extended
// profile the VAT of a line, an allowance or a charge.
func (w *writer) category(name string, code, rate, exempt document.Value) {
	w.Group(name, func() {
		w.Value("cbc:ID", code)
		w.Value("cbc:Percent", rate)
		w.Value("cbc:TaxExemptionReasonCode", exempt.Get("exemptionReasonCode"))
		w.Value("cbc:TaxExemptionReason", exempt.Get("exemptionReason"))
		w.Around("cac:TaxScheme", func() { w.Fixed("cbc:ID", "VAT") })
	})
}

// vatTotal writes BT-110. UBL has no VAT breakdown without it, so where it is absent it is the sum of the breakdown
// (BR-CO-14).
func (w *writer) vatTotal(vat, breakdown document.Value) {
	if vat.Exists() {
		w.amount("cbc:TaxAmount", vat)
		return
	}
	sum := money.FromInt(0)
	for entry := range breakdown.Children() {
		amount, err := money.Parse(entry.Get("taxAmount").Text())
		if err != nil {
			return // absent or malformed: nothing can be said
		}
		sum = sum.Add(amount)
	}
	w.Fixed("cbc:TaxAmount", sum.String(), w.currency)
}

// totals writes BG-22 and BG-23.
func (w *writer) totals(root document.Value) {
	in := root.Get("totals")
	w.Group("cac:TaxTotal", func() {
		w.vatTotal(in.Get("vat"), root.Get("vatBreakdown"))
		for entry := range root.Get("vatBreakdown").Children() { // BG-23
			w.Group("cac:TaxSubtotal", func() {
				w.amount("cbc:TaxableAmount", entry.Get("taxableAmount"))
				w.amount("cbc:TaxAmount", entry.Get("taxAmount"))
				w.category("cac:TaxCategory", entry.Get("category"), entry.Get("rate"), entry)
			})
		}
	})
	w.Group("cac:TaxTotal", func() { w.Value("cbc:TaxAmount", in.Get("vatInAccountingCurrency"), w.vat) })
	w.Group("cac:LegalMonetaryTotal", func() {
		w.amount("cbc:LineExtensionAmount", in.Get("lines"))
		w.amount("cbc:TaxExclusiveAmount", in.Get("withoutVat"))
		w.amount("cbc:TaxInclusiveAmount", in.Get("withVat"))
		w.amount("cbc:AllowanceTotalAmount", in.Get("allowances"))
		w.amount("cbc:ChargeTotalAmount", in.Get("charges"))
		w.amount("cbc:PrepaidAmount", in.Get("paid"))
		w.amount("cbc:PayableRoundingAmount", in.Get("rounding"))
		w.amount("cbc:PayableAmount", in.Get("payable"))
	})
}
