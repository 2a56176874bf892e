package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// totals maps BG-22 and BG-23.
func (m *mapper) totals(root document.Value, e xmldoc.Element) {
	// BG-22 Document totals
	out, total := m.group(root, "totals", e, "cac:LegalMonetaryTotal", "BG-22")
	m.amount(out, "lines", total, "cbc:LineExtensionAmount", "BT-106")
	m.amount(out, "allowances", total, "cbc:AllowanceTotalAmount", "BT-107")
	m.amount(out, "charges", total, "cbc:ChargeTotalAmount", "BT-108")
	m.amount(out, "withoutVat", total, "cbc:TaxExclusiveAmount", "BT-109")
	if vat := m.vatTotals(out, e, "BT-110", "BT-111"); vat.Exists() {
		m.vatBreakdown(root, vat)
	}
	m.amount(out, "withVat", total, "cbc:TaxInclusiveAmount", "BT-112")
	m.amount(out, "paid", total, "cbc:PrepaidAmount", "BT-113")
	m.amount(out, "rounding", total, "cbc:PayableRoundingAmount", "BT-114")
	m.amount(out, "payable", total, "cbc:PayableAmount", "BT-115")
}

// vatTotals maps the VAT totals of the document or of a line, which UBL tells apart by their currency alone: BT-110 in the
// invoice currency and BT-111 in the VAT accounting currency. Where both currencies are the same, the first total is
// BT-110. It returns that total, which holds the breakdown.
func (m *mapper) vatTotals(out document.Value, e xmldoc.Element, term, accountingTerm string) (vat xmldoc.Element) {
	var accounting xmldoc.Element
	for total := range e.All(aggregateNS, "TaxTotal") {
		amount := m.one(out, "vat", total, "cbc:TaxAmount", term)
		currency := amount.Attr("currencyID")
		switch {
		case currency != "" && currency == m.vatCurrency && (currency != m.currency || vat.Exists()):
			if m.single(&accounting, amount, out, "vatInAccountingCurrency", accountingTerm) {
				m.Decimal(out, "vatInAccountingCurrency", amount)
			}
		case vat.Exists() && currency != m.currency:
			m.checkCurrency(out, "vat", amount, term)
		case m.single(&vat, total, out, "vat", term):
			m.Decimal(out, "vat", amount)
			m.checkCurrency(out, "vat", amount, term)
		}
	}
	return vat
}

// BG-23 VAT breakdown
func (m *mapper) vatBreakdown(root document.Value, e xmldoc.Element) {
	for subtotal := range e.All(aggregateNS, "TaxSubtotal") {
		out := root.Array("vatBreakdown", subtotal.Ref()).Item(subtotal.Ref())
		m.amount(out, "taxableAmount", subtotal, "cbc:TaxableAmount", "BT-116")
		m.amount(out, "taxAmount", subtotal, "cbc:TaxAmount", "BT-117")
		category := m.vatCategory(out, "category", subtotal, "cac:TaxCategory", "BT-118")
		m.text(out, "category", category, "cbc:ID", "BT-118")
		m.number(out, "rate", category, "cbc:Percent", "BT-119")
		m.text(out, "exemptionReason", category, "cbc:TaxExemptionReason", "BT-120")
		m.text(out, "exemptionReasonCode", category, "cbc:TaxExemptionReasonCode", "BT-121")
	}
}
