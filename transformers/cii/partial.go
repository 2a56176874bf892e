package cii

import (
	"slices"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// partialSpecifications are the identifiers (BT-24) of the profiles of Factur-X and ZUGFeRD whose XML holds a part of
// the invoice only: the invoice is the PDF that carries it (Factur-X 1.0, MINIMUM and BASIC WL).
var partialSpecifications = []string{
	"urn:factur-x.eu:1p0:minimum", "urn:zugferd.de:2p0:minimum",
	"urn:factur-x.eu:1p0:basicwl", "urn:zugferd.de:2p0:basicwl",
}

var partialInvoice = violation.Spec{
	Code:     "facturx_partial",
	FR:       "BT-24 « %s » : ce XML n'est qu'une partie d'une facture Factur-X, sans lignes ; attendu : le PDF qui le porte",
	EN:       "BT-24 %q: this XML is a part of a Factur-X invoice only, without lines; expected: the PDF that carries it",
	RemedyFR: "Envoyez le PDF Factur-X entier, ou une facture CII complète (BT-24 urn:cen.eu:en16931:2017).",
	RemedyEN: "Send the whole Factur-X PDF, or a complete CII invoice (BT-24 urn:cen.eu:en16931:2017).",
}

// partial refuses the data of a PDF that came without it.
func (m *mapping) partial(context xmldoc.Element) {
	specification := context.Child(ram, "GuidelineSpecifiedDocumentContextParameter").Child(ram, "ID")
	if slices.Contains(partialSpecifications, specification.Text()) {
		m.report(partialInvoice, specification, document.Value{}, "BT-24", specification.Text())
	}
}
