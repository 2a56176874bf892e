package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// totals writes BG-22.
func (m *mapping) totals(out document.Value, settlement xmldoc.Element) {
	in := m.one(settlement, ram, "SpecifiedTradeSettlementHeaderMonetarySummation", "BG-22")
	totals := out.Object("totals", in.Ref())
	m.amount(totals, "lines", in, "LineTotalAmount", "BT-106")
	m.amount(totals, "allowances", in, "AllowanceTotalAmount", "BT-107")
	m.amount(totals, "charges", in, "ChargeTotalAmount", "BT-108")
	m.amount(totals, "withoutVat", in, "TaxBasisTotalAmount", "BT-109")
	m.vatTotals(totals, in, "BT-110", "BT-111")
	m.amount(totals, "withVat", in, "GrandTotalAmount", "BT-112")
	m.amount(totals, "paid", in, "TotalPrepaidAmount", "BT-113")
	m.amount(totals, "rounding", in, "RoundingAmount", "BT-114")
	m.amount(totals, "payable", in, "DuePayableAmount", "BT-115")
}

// vatTotals writes BT-110 and BT-111, or those of a line: the same element, told apart by its currency. An amount without
// currency is in that of the invoice.
func (m *mapping) vatTotals(totals document.Value, in xmldoc.Element, term, accountingTerm string) {
	vatCurrency := m.w.Root().Get("vatCurrency").Text()
	for total := range m.each(in, ram, "TaxTotalAmount") {
		currency := total.Attr("currencyID")
		switch {
		case currency != "" && currency == vatCurrency && currency != m.currency:
			m.onceDecimal(totals, "vatInAccountingCurrency", total, accountingTerm)
		case currency == "" || m.currency == "" || currency == m.currency:
			m.onceDecimal(totals, "vat", total, term)
		case vatCurrency != "":
			m.report(currencyMismatch, total, document.Value{}, accountingTerm, violation.Excerpt(currency),
				violation.Excerpt(m.currency+" (BT-5), "+vatCurrency+" (BT-6)"))
		default:
			m.report(currencyMismatch, total, document.Value{}, term, violation.Excerpt(currency), violation.Excerpt(m.currency))
		}
	}
}

func (m *mapping) onceDecimal(out document.Value, name string, e xmldoc.Element, term string) {
	if first := out.Get(name); first.Exists() {
		m.report(canonical.RepeatedElement, e, first, term, e.Name().Local, e.Parent().Name().Local)
		return
	}
	m.w.Decimal(out, name, e)
}

// vatBreakdown writes BG-23, and BT-7 and BT-8, which CII keeps in the taxes: each is one for the invoice.
func (m *mapping) vatBreakdown(out document.Value, settlement xmldoc.Element) {
	breakdown := out.Array("vatBreakdown", 0)
	for tax := range m.each(settlement, ram, "ApplicableTradeTax") {
		if !m.vat(tax) {
			continue
		}
		item := breakdown.Item(tax.Ref())
		m.amount(item, "taxableAmount", tax, "BasisAmount", "BT-116")
		m.amount(item, "taxAmount", tax, "CalculatedAmount", "BT-117")
		m.text(item, "category", tax, "CategoryCode", "BT-118")
		m.decimal(item, "rate", tax, "RateApplicablePercent", "BT-119")
		m.text(item, "exemptionReason", tax, "ExemptionReason", "BT-120")
		m.text(item, "exemptionReasonCode", tax, "ExemptionReasonCode", "BT-121")

		point := m.one(m.one(tax, ram, "TaxPointDate", "BT-7"), udt, "DateString", "BT-7")
		m.agreed(out, "vatPointDate", date(point), point, "BT-7")
		code := m.one(tax, ram, "DueDateTypeCode", "BT-8")
		m.agreed(out, "vatPointDateCode", vatPointDateCode(code.Text()), code, "BT-8")
	}
}

// vatPointDateCode brings BT-8 from the code list that CII uses (UNTDID 2475) into that of the standard (UNTDID 2005,
// which UBL uses too), so that canonical invoices have one. Other codes stay as written, for rules to refuse.
func vatPointDateCode(code string) string {
	switch code {
	case "5": // date of invoice
		return "3"
	case "29": // date of delivery
		return "35"
	case "72": // paid to date
		return "432"
	default:
		return code
	}
}
