package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// allowanceTerms are the terms of an allowance or charge in the order of the model; those of a line have no VAT.
type allowanceTerms struct {
	group, amount, base, percentage, category, rate, reason, reasonCode string
	exemption, exemptionCode                                            string // of the French extended profile
}

var (
	documentAllowance = allowanceTerms{"BG-20", "BT-92", "BT-93", "BT-94", "BT-95", "BT-96", "BT-97", "BT-98", "EXT-FR-FE-187", "EXT-FR-FE-188"}
	documentCharge    = allowanceTerms{"BG-21", "BT-99", "BT-100", "BT-101", "BT-102", "BT-103", "BT-104", "BT-105", "EXT-FR-FE-189", "EXT-FR-FE-190"}
	lineAllowance     = allowanceTerms{"BG-27", "BT-136", "BT-137", "BT-138", "", "", "BT-139", "BT-140", "", ""}
	lineCharge        = allowanceTerms{"BG-28", "BT-141", "BT-142", "BT-143", "", "", "BT-144", "BT-145", "", ""}
)

// allowancesAndCharges maps BG-20 and BG-21 of a document, or BG-27 and BG-28 of a line.
func (m *mapper) allowancesAndCharges(out document.Value, e xmldoc.Element, allowance, charge allowanceTerms) {
	for entry := range e.All(aggregateNS, "AllowanceCharge") {
		name, terms := "allowances", allowance
		indicator := entry.Child(basicNS, "ChargeIndicator")
		switch indicator.Text() {
		case "false", "0":
		case "true", "1":
			name, terms = "charges", charge
		default:
			m.report(chargeIndicator, entry, nil, allowance.group+" | "+charge.group, violation.Excerpt(indicator.Text()))
			continue
		}
		m.Read(indicator) // carried as the name of the list
		m.allowanceCharge(out.Array(name, entry.Ref()).Item(entry.Ref()), entry, terms)
	}
}

func (m *mapper) allowanceCharge(out document.Value, e xmldoc.Element, terms allowanceTerms) {
	m.amount(out, "amount", e, "cbc:Amount", terms.amount)
	m.amount(out, "baseAmount", e, "cbc:BaseAmount", terms.base)
	m.number(out, "percentage", e, "cbc:MultiplierFactorNumeric", terms.percentage)
	if terms.category != "" {
		category := m.vatCategory(out, "vatCategory", e, "cac:TaxCategory", terms.category)
		m.text(out, "vatCategory", category, "cbc:ID", terms.category)
		m.number(out, "vatRate", category, "cbc:Percent", terms.rate)
		if m.extended {
			m.text(out, "exemptionReason", category, "cbc:TaxExemptionReason", terms.exemption)
			m.text(out, "exemptionReasonCode", category, "cbc:TaxExemptionReasonCode", terms.exemptionCode)
		}
	}
	m.text(out, "reason", e, "cbc:AllowanceChargeReason", terms.reason)
	m.text(out, "reasonCode", e, "cbc:AllowanceChargeReasonCode", terms.reasonCode)
}
