package ubl

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// The reasons for which this package refuses a document.
var (
	wrongNamespace = violation.Spec{
		Code:     "ubl_namespace",
		FR:       "l'élément %s est dans l'espace de noms « %s » ; attendu : « %s » (UBL 2.1)",
		EN:       "element %s is in namespace %q; expected %q (UBL 2.1)",
		RemedyFR: "Émettez le document en UBL 2.1 avec les espaces de noms d'OASIS, sans mélanger deux versions.",
		RemedyEN: "Issue the document in UBL 2.1 with the OASIS namespaces, without mixing two versions.",
	}
	otherDocumentType = violation.Spec{
		Code:     "ubl_document_type",
		FR:       "le document UBL %s n'est pas pris en charge ; attendu : Invoice ou CreditNote",
		EN:       "UBL document %s is not supported; expected Invoice or CreditNote",
		RemedyFR: "Déposez une facture (Invoice) ou un avoir (CreditNote) ; les autres documents UBL suivent un autre canal.",
		RemedyEN: "Send an Invoice or a CreditNote; other UBL documents take another channel.",
	}
	strayText = violation.Spec{
		Code:     "ubl_structure",
		FR:       "l'élément %s contient le texte « %s » ; UBL n'y admet que des éléments",
		EN:       "element %s holds the text %q; UBL allows only elements there",
		RemedyFR: "Placez le texte dans l'élément cbc prévu par UBL 2.1.",
		RemedyEN: "Put the text in the cbc element that UBL 2.1 has for it.",
	}
	strayElement = violation.Spec{
		Code:     "ubl_structure",
		FR:       "l'élément %s contient l'élément %s ; UBL n'y admet que du texte",
		EN:       "element %s holds element %s; UBL allows only text there",
		RemedyFR: "Placez l'élément dans le groupe cac prévu par UBL 2.1.",
		RemedyEN: "Put the element in the cac group that UBL 2.1 has for it.",
	}
	repeatedElement = violation.Spec{
		Code:     "repeated_element",
		FR:       "l'élément %s (%s) figure plusieurs fois ; EN 16931 ne l'admet qu'une fois",
		EN:       "element %s (%s) occurs more than once; EN 16931 allows it once",
		RemedyFR: "Ne gardez que la bonne occurrence, puis renvoyez le document.",
		RemedyEN: "Keep only the right occurrence, then send the document again.",
	}
	contradiction = violation.Spec{
		Code:     "contradictory_element",
		FR:       "l'élément %s (%s) vaut « %s » puis « %s » ; EN 16931 n'admet qu'une valeur",
		EN:       "element %s (%s) is %q, then %q; EN 16931 allows one value",
		RemedyFR: "Répétez la même valeur dans chaque cac:PaymentMeans, ou émettez un document par moyen de paiement.",
		RemedyEN: "Repeat the same value in each cac:PaymentMeans, or issue one document for each means of payment.",
	}
	currencyMismatch = violation.Spec{
		Code:     "currency_mismatch",
		FR:       "le montant de l'élément %s est en « %s » ; attendu : « %s », la devise de la facture (BT-5)",
		EN:       "the amount of element %s is in %q; expected %q, the invoice currency (BT-5)",
		RemedyFR: "Exprimez le montant dans la devise de la facture (BT-5) ; seul BT-111 est dans la devise de comptabilisation de la TVA (BT-6).",
		RemedyEN: "State the amount in the invoice currency (BT-5); only BT-111 is in the VAT accounting currency (BT-6).",
	}
	chargeIndicator = violation.Spec{
		Code:     "charge_indicator",
		FR:       "cbc:ChargeIndicator vaut « %s » ; attendu : true (majoration) ou false (remise)",
		EN:       "cbc:ChargeIndicator is %q; expected true (charge) or false (allowance)",
		RemedyFR: "Indiquez true pour une majoration, false pour une remise.",
		RemedyEN: "Write true for a charge, false for an allowance.",
	}
)

// maxViolations keeps the answer to a document that repeats one fault in every line readable and small: further places
// of the same code are counted on its last entry.
const maxViolations = 100

// report adds a violation at a place of the source; pointer and term may be empty.
func (m *mapper) report(spec violation.Spec, e xmldoc.Element, pointer func() string, term string, args ...any) {
	m.counts[spec.Code]++
	if m.counts[spec.Code] > maxViolations {
		last := &m.violations[m.last(spec.Code)]
		last.Count = m.counts[spec.Code] - maxViolations + 1
		return
	}
	at := place(e)
	at.Term = term
	if pointer != nil {
		at.Pointer = pointer()
	}
	m.violations = append(m.violations, spec.New(at, args...))
}

// last returns the index of the newest violation with that code.
func (m *mapper) last(code string) int {
	i := len(m.violations) - 1
	for m.violations[i].Code != code {
		i--
	}
	return i
}

// place is where an element stands in the source.
func place(e xmldoc.Element) violation.At {
	source := e.Doc().Locate(e.Ref())
	return violation.At{Source: source.Path, Line: source.Line, Column: source.Column}
}
