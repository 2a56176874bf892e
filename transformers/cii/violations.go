package cii

import "github.com/commande-publique/passerelle/internal/violation"

var unsupportedVersion = violation.Spec{
	Code:     "unsupported_version",
	FR:       "version de CII non prise en charge : %s dans l'espace de noms %q ; attendu : CrossIndustryInvoice D16B ou D22B (espace de noms …:CrossIndustryInvoice:100)",
	EN:       "unsupported CII version: %s in namespace %q; expected: CrossIndustryInvoice D16B or D22B (namespace …:CrossIndustryInvoice:100)",
	RemedyFR: "Émettez la facture en CII D16B ou D22B (celui de Factur-X), ou en UBL 2.1.",
	RemedyEN: "Issue the invoice as CII D16B or D22B (that of Factur-X), or as UBL 2.1.",
}

// conflictingValues has the code of a repeated element. It does not quote the values: some are account numbers.
var conflictingValues = violation.Spec{
	Code:     "repeated_element",
	FR:       "élément %s répété avec une autre valeur ; attendu : une seule valeur pour la facture ou la ligne",
	EN:       "element %s is repeated with another value; expected: one value for the invoice or the line",
	RemedyFR: "Donnez la même valeur partout ou ne gardez qu'une occurrence, puis renvoyez le document.",
	RemedyEN: "Give the same value everywhere or keep one occurrence, then send the document again.",
}

var currencyMismatch = violation.Spec{
	Code:     "currency_mismatch",
	FR:       "montant exprimé en %q alors que la facture est en %s",
	EN:       "amount given in %q while the invoice is in %s",
	RemedyFR: "Exprimez tous les montants dans la devise de la facture (BT-5) ; seul le total de TVA en devise de comptabilisation (BT-111) suit BT-6.",
	RemedyEN: "Give every amount in the invoice currency (BT-5); only the VAT total in accounting currency (BT-111) follows BT-6.",
}

var chargeIndicator = violation.Spec{
	Code:     "charge_indicator",
	FR:       "ChargeIndicator/Indicator vaut %q ; attendu : true (charge ou frais) ou false (remise)",
	EN:       "ChargeIndicator/Indicator is %q; expected: true (charge) or false (allowance)",
	RemedyFR: "Indiquez true pour une charge, false pour une remise, puis renvoyez le document.",
	RemedyEN: "Write true for a charge, false for an allowance, then send the document again.",
}
