package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
)

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
	if transformers.PartialInvoices[specification.Text()] != "" {
		m.report(partialInvoice, specification, document.Value{}, "BT-24", specification.Text())
	}
}
