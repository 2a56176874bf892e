package cdar

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
)

// Recognise takes documents whose root is CrossDomainAcknowledgementAndResponse in the namespace of D22B. The version is left
// empty: nothing in a message says it. Other versions are recognised and refused.
func (Transformer) Recognise(content transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if content.XML == nil {
		return transformers.Identity{}, nil, false
	}
	root := content.XML.Root()
	name := root.Name()
	id := transformers.Identity{Format: transformers.CDAR, Kind: transformers.InvoiceStatus}
	switch {
	case name == xmldoc.Name{Space: rsm, Local: "CrossDomainAcknowledgementAndResponse"}:
		return id, nil, true
	case name.Local == "CrossDomainAcknowledgementAndResponse" && strings.HasPrefix(name.Space, "urn:un:unece:uncefact:"):
		id.Version = name.Space[strings.LastIndexByte(name.Space, ':')+1:]
		place := content.XML.Locate(root.Ref())
		v := unsupportedVersion.New(violation.At{Source: place.Path, Line: place.Line, Column: place.Column}, violation.ExcerptEnd(name.Space))
		return id, &v, true
	default:
		return transformers.Identity{}, nil, false
	}
}
