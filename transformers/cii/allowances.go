package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// allowanceTerms are the terms of one kind of allowance or charge. Those of a line have no VAT of their own.
type allowanceTerms struct {
	amount, base, percentage, category, rate, reason, reasonCode string
	exemption, exemptionCode                                     string // of the French extended profile
}

// level is where allowances and charges stand: in the invoice or in a line.
type level struct{ allowance, charge allowanceTerms }

var (
	// BG-20 and BG-21.
	documentLevel = level{
		allowanceTerms{"BT-92", "BT-93", "BT-94", "BT-95", "BT-96", "BT-97", "BT-98", "EXT-FR-FE-187", "EXT-FR-FE-188"},
		allowanceTerms{"BT-99", "BT-100", "BT-101", "BT-102", "BT-103", "BT-104", "BT-105", "EXT-FR-FE-189", "EXT-FR-FE-190"},
	}
	// BG-27 and BG-28.
	lineLevel = level{
		allowanceTerms{"BT-136", "BT-137", "BT-138", "", "", "BT-139", "BT-140", "", ""},
		allowanceTerms{"BT-141", "BT-142", "BT-143", "", "", "BT-144", "BT-145", "", ""},
	}
)

// allowanceCharges writes the allowances and charges of the invoice or of a line.
func (m *mapping) allowanceCharges(out document.Value, settlement xmldoc.Element, at level) {
	for in := range m.each(settlement, ram, "SpecifiedTradeAllowanceCharge") {
		charge, known := m.isCharge(in)
		switch {
		case !known:
		case charge:
			m.allowanceCharge(out.Array("charges", 0).Item(in.Ref()), in, at.charge)
		default:
			m.allowanceCharge(out.Array("allowances", 0).Item(in.Ref()), in, at.allowance)
		}
	}
}

func (m *mapping) allowanceCharge(out document.Value, in xmldoc.Element, terms allowanceTerms) {
	m.amount(out, "amount", in, "ActualAmount", terms.amount)
	m.amount(out, "baseAmount", in, "BasisAmount", terms.base)
	m.decimal(out, "percentage", in, "CalculationPercent", terms.percentage)
	if terms.category != "" {
		if tax := m.one(in, ram, "CategoryTradeTax", terms.category); m.vat(tax) {
			m.text(out, "vatCategory", tax, "CategoryCode", terms.category)
			m.decimal(out, "vatRate", tax, "RateApplicablePercent", terms.rate)
			if m.extended {
				m.text(out, "exemptionReason", tax, "ExemptionReason", terms.exemption)
				m.text(out, "exemptionReasonCode", tax, "ExemptionReasonCode", terms.exemptionCode)
			}
		}
	}
	m.text(out, "reason", in, "Reason", terms.reason)
	m.text(out, "reasonCode", in, "ReasonCode", terms.reasonCode)
}

// isCharge reads ChargeIndicator/Indicator, an xs:boolean. Where it is neither, the sign of the amount is unknown:
// that is a violation and nothing is written.
func (m *mapping) isCharge(in xmldoc.Element) (charge, known bool) {
	indicator := m.one(m.one(in, ram, "ChargeIndicator", ""), udt, "Indicator", "")
	switch indicator.Text() {
	case "true", "1":
		m.w.Read(indicator)
		return true, true
	case "false", "0":
		m.w.Read(indicator)
		return false, true
	default:
		m.report(chargeIndicator, in, document.Value{}, "", violation.Excerpt(indicator.Text()))
		return false, false
	}
}
