package cii

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// Recognise takes documents whose root is CrossIndustryInvoice in the namespace of D16B and D22B.
//
// The version is left empty: the two share their namespaces, and a guideline (BT-24) or a schema location names a
// profile or a file, not the version the document was written for. Other versions (CrossIndustryInvoice:1 and :13,
// the CrossIndustryDocument of ZUGFeRD 1) are recognised and refused.
func (Transformer) Recognise(content transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if content.XML == nil {
		return transformers.Identity{}, nil, false
	}
	root := content.XML.Root()
	name := root.Name()
	id := transformers.Identity{Format: transformers.CII, Kind: kindOf(typeCode(root))}
	switch {
	case name == xmldoc.Name{Space: rsm, Local: "CrossIndustryInvoice"}:
		return id, nil, true
	case foreignVersion(name):
		id.Version = name.Space[strings.LastIndexByte(name.Space, ':')+1:]
		place := content.XML.Locate(root.Ref())
		v := unsupportedVersion.New(violation.At{Source: place.Path, Line: place.Line, Column: place.Column},
			violation.Excerpt(name.Local), violation.ExcerptEnd(name.Space))
		return id, &v, true
	default:
		return transformers.Identity{}, nil, false
	}
}

// foreignVersion reports whether a root element is that of another version of CII, by its name and by the authority
// that its namespace names.
func foreignVersion(name xmldoc.Name) bool {
	switch name.Local {
	case "CrossIndustryInvoice", "CrossIndustryDocument":
		return strings.HasPrefix(name.Space, "urn:un:unece:uncefact:") || strings.HasPrefix(name.Space, "urn:ferd:")
	default:
		return false
	}
}

// typeCode returns BT-3.
func typeCode(root xmldoc.Element) string {
	return root.Child(rsm, "ExchangedDocument").Child(ram, "TypeCode").Text()
}

// kindOf says what a type code (BT-3) makes of the document.
func kindOf(code string) transformers.Kind {
	if canonical.IsCreditNote(code) {
		return transformers.CreditNote
	}
	return transformers.Invoice
}
