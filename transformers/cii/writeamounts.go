package cii

import "github.com/commande-publique/passerelle/internal/document"

func (w *writer) settlement(in document.Value) {
	payment := in.Get("payment")
	w.Value("ram:CreditorReferenceID", payment.Get("directDebit").Get("creditorIdentifier"))
	w.Value("ram:PaymentReference", payment.Get("remittanceInformation"))
	w.Value("ram:TaxCurrencyCode", vatCurrency(in))
	w.Value("ram:InvoiceCurrencyCode", in.Get("currency"))
	w.tradeParty("ram:InvoicerTradeParty", w.Extended(in.Get("invoicer")))
	w.tradeParty("ram:InvoiceeTradeParty", w.Extended(in.Get("invoicee")))
	w.payee(in.Get("payee"))
	w.tradeParty("ram:PayerTradeParty", w.Extended(in.Get("payer")))
	w.exchangeRate(w.Extended(in.Get("vatExchangeRate")))
	w.payment(payment)
	w.vatBreakdown(in)
	w.period(in.Get("invoicingPeriod"))
	w.allowances(in.Get("allowances"), "false") // BG-20
	w.allowances(in.Get("charges"), "true")     // BG-21
	w.Group("ram:SpecifiedTradePaymentTerms", func() {
		w.Value("ram:Description", in.Get("paymentTerms"))
		w.date("ram:DueDateDateTime", "udt:DateTimeString", in.Get("dueDate"))
		w.Value("ram:DirectDebitMandateID", payment.Get("directDebit").Get("mandateReference"))
	})
	w.totals(in)
	w.precedingInvoices(in.Get("precedingInvoices")) // BG-3
	w.inside("ram:ReceivableSpecifiedTradeAccountingAccount", "ram:ID", in.Get("buyerAccountingReference"))
}

// exchangeRate writes the rate from the invoice currency to that of the VAT. CII has none without both currencies and the
// rate.
func (w *writer) exchangeRate(in document.Value) {
	if !in.Get("from").Exists() || !in.Get("to").Exists() || !in.Get("rate").Exists() {
		return
	}
	w.Group("ram:TaxApplicableTradeCurrencyExchange", func() {
		w.Value("ram:SourceCurrencyCode", in.Get("from"))
		w.Value("ram:TargetCurrencyCode", in.Get("to"))
		w.Value("ram:ConversionRate", in.Get("rate"))
		w.date("ram:ConversionRateDateTime", "udt:DateTimeString", in.Get("date"))
	})
}

// precedingInvoices writes the references to preceding invoices, of the invoice or of a line.
func (w *writer) precedingInvoices(list document.Value) {
	for in := range list.Children() {
		w.Group("ram:InvoiceReferencedDocument", func() {
			w.Value("ram:IssuerAssignedID", in.Get("number"))
			w.Value("ram:LineID", in.Get("line"))
			w.Value("ram:TypeCode", w.Extended(in.Get("typeCode")))
			w.date("ram:FormattedIssueDateTime", "qdt:DateTimeString", in.Get("issueDate"))
		})
	}
}

// vatCurrency returns BT-6, absent where it is the currency of the invoice: the binding has no second VAT total in the
// same currency (BR-53).
func vatCurrency(in document.Value) document.Value {
	if v := in.Get("vatCurrency"); v.Text() != in.Get("currency").Text() {
		return v
	}
	return document.Value{}
}

// payment writes BG-16 to BG-19: the payment means once, and once more for each further account.
func (w *writer) payment(in document.Value) {
	transfers := in.Get("creditTransfers")
	w.paymentMeans(in, transfers.First(), true)
	for transfer := transfers.First().Next(); transfer.Exists(); transfer = transfer.Next() {
		w.paymentMeans(in, transfer, false)
	}
}

func (w *writer) paymentMeans(in, transfer document.Value, first bool) {
	w.Group("ram:SpecifiedTradeSettlementPaymentMeans", func() {
		w.Value("ram:TypeCode", in.Get("meansCode"))
		w.Value("ram:Information", in.Get("meansText"))
		if first {
			w.Group("ram:ApplicableTradeSettlementFinancialCard", func() { // BG-18
				w.Value("ram:ID", in.Get("card").Get("primaryAccountNumber"))
				w.Value("ram:CardholderName", in.Get("card").Get("holderName"))
			})
			w.inside("ram:PayerPartyDebtorFinancialAccount", "ram:IBANID", in.Get("directDebit").Get("debitedAccount"))
		}
		w.Group("ram:PayeePartyCreditorFinancialAccount", func() { // BG-17
			id := transfer.Get("accountId")
			if isIBAN(id.Text()) {
				w.Value("ram:IBANID", id)
			}
			w.Value("ram:AccountName", transfer.Get("accountName"))
			if !isIBAN(id.Text()) {
				w.Value("ram:ProprietaryID", id)
			}
		})
		w.inside("ram:PayeeSpecifiedCreditorFinancialInstitution", "ram:BICID", transfer.Get("serviceProvider"))
	})
}

// isIBAN reports whether an account begins as an IBAN does (ISO 13616: two letters, two digits).
func isIBAN(account string) bool {
	letter := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	return len(account) > 4 && letter(account[0]) && letter(account[1]) && digit(account[2]) && digit(account[3])
}

// vatBreakdown writes BG-23, with BT-7 and BT-8 in the first entry.
func (w *writer) vatBreakdown(in document.Value) {
	date, code := in.Get("vatPointDate"), in.Get("vatPointDateCode")
	for entry := range in.Get("vatBreakdown").Children() {
		w.Group("ram:ApplicableTradeTax", func() {
			w.Value("ram:CalculatedAmount", entry.Get("taxAmount"))
			w.Fixed("ram:TypeCode", "VAT")
			w.Value("ram:ExemptionReason", entry.Get("exemptionReason"))
			w.Value("ram:BasisAmount", entry.Get("taxableAmount"))
			w.Value("ram:CategoryCode", entry.Get("category"))
			w.Value("ram:ExemptionReasonCode", entry.Get("exemptionReasonCode"))
			w.date("ram:TaxPointDate", "udt:DateString", date)
			w.Derived("ram:DueDateTypeCode", code, dueDateTypeCode(code.Text()))
			w.Value("ram:RateApplicablePercent", entry.Get("rate"))
		})
		date, code = document.Value{}, document.Value{}
	}
}

// dueDateTypeCode is the way back of [vatPointDateCode]: from UNTDID 2005 to UNTDID 2475.
func dueDateTypeCode(code string) string {
	switch code {
	case "3":
		return "5"
	case "35":
		return "29"
	case "432":
		return "72"
	default:
		return code
	}
}

// allowances writes allowances or charges, of the document or of a line.
func (w *writer) allowances(list document.Value, isCharge string) {
	for in := range list.Children() {
		w.Group("ram:SpecifiedTradeAllowanceCharge", func() {
			w.chargeIndicator(isCharge)
			w.Value("ram:CalculationPercent", in.Get("percentage"))
			w.Value("ram:BasisAmount", in.Get("baseAmount"))
			w.Value("ram:ActualAmount", in.Get("amount"))
			w.Value("ram:ReasonCode", in.Get("reasonCode"))
			w.Value("ram:Reason", in.Get("reason"))
			w.tax("ram:CategoryTradeTax", in.Get("vatCategory"), in.Get("vatRate"), w.Extended(in))
		})
	}
}

func (w *writer) chargeIndicator(isCharge string) {
	w.Around("ram:ChargeIndicator", func() { w.Fixed("udt:Indicator", isCharge) })
}

// tax writes the VAT of an allowance, a charge or a line; exempt says why there is none, in the French extended profile.
func (w *writer) tax(name string, category, rate, exempt document.Value) {
	w.Group(name, func() {
		w.Fixed("ram:TypeCode", "VAT")
		w.Value("ram:ExemptionReason", exempt.Get("exemptionReason"))
		w.Value("ram:CategoryCode", category)
		w.Value("ram:ExemptionReasonCode", exempt.Get("exemptionReasonCode"))
		w.Value("ram:RateApplicablePercent", rate)
	})
}

// vatTotals writes BT-110 and BT-111, or those of a line. Without a VAT accounting currency of its own, the second would be
// read as the first and is not written.
func (w *writer) vatTotals(in document.Value) {
	w.Value("ram:TaxTotalAmount", in.Get("vat"), w.currency)
	if w.vat.Value.Exists() {
		w.Value("ram:TaxTotalAmount", in.Get("vatInAccountingCurrency"), w.vat)
	}
}

// totals writes BG-22.
func (w *writer) totals(root document.Value) {
	in := root.Get("totals")
	w.Group("ram:SpecifiedTradeSettlementHeaderMonetarySummation", func() {
		w.Value("ram:LineTotalAmount", in.Get("lines"))
		w.Value("ram:ChargeTotalAmount", in.Get("charges"))
		w.Value("ram:AllowanceTotalAmount", in.Get("allowances"))
		w.Value("ram:TaxBasisTotalAmount", in.Get("withoutVat"))
		w.vatTotals(in)
		w.Value("ram:RoundingAmount", in.Get("rounding"))
		w.Value("ram:GrandTotalAmount", in.Get("withVat"))
		w.Value("ram:TotalPrepaidAmount", in.Get("paid"))
		w.Value("ram:DuePayableAmount", in.Get("payable"))
	})
}
