// Package pivot reads the pivot of Chorus Pro (CPPFacturePivot, flow FEN0036A): what an administration receives. A file
// holds several invoices and is split, one canonical document each.
//
// Since September 2026 a pivot may carry the invoice that the supplier sent (UBL, CII or Factur-X of the AFNOR channel) as
// an attachment: that is the invoice then, and the pivot's own fields, which say less, must agree with it. Without one the
// invoice is what the pivot's fields say, as far as EN 16931 has a term for them. What is not read is listed as ignored.
//
// The package must not know how the invoices inside are read: transformers of them are given.
package pivot

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// Transformer implements [transformers.Transformer]. Use [New].
type Transformer struct {
	inside *transformers.Registry
	limit  int
}

// New returns the transformer; the others read the invoices inside, within the limits.
func New(limits transformers.Limits, inside ...transformers.Transformer) Transformer {
	if limits.DocumentBytes <= 0 {
		limits.DocumentBytes = transformers.DefaultDocumentBytes
	}
	return Transformer{transformers.NewRegistry(limits, inside...), limits.DocumentBytes}
}

// Recognise takes documents whose root is CPPFacturePivot without namespace. The version is that of the schema that the
// document names; the kind is that of its first invoice.
func (Transformer) Recognise(content transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if content.XML == nil {
		return transformers.Identity{}, nil, false
	}
	root := content.XML.Root()
	if root.Name() != (xmldoc.Name{Local: "CPPFacturePivot"}) {
		return transformers.Identity{}, nil, false
	}
	first := root.Child("", "CPPFactures").Child("", "CPPFacturePivotUnitaire")
	return transformers.Identity{Format: transformers.Pivot, Version: version(root), Kind: kind(first)}, nil, true
}

// version reads CPPFacturePivot_V2_02.xsd as 2.02.
func version(root xmldoc.Element) string {
	for name, value := range root.Attributes() {
		if name.Local != "noNamespaceSchemaLocation" {
			continue
		}
		if _, after, ok := strings.Cut(value, "CPPFacturePivot_V"); ok {
			number := strings.ReplaceAll(strings.TrimSuffix(after, ".xsd"), "_", ".")
			if strings.Trim(number, "0123456789.") == "" && len(number) < 10 {
				return number
			}
		}
	}
	return ""
}

// kind says what a pivot's type (BT-3) makes of an invoice.
func kind(unit xmldoc.Element) transformers.Kind {
	if canonical.IsCreditNote(unit.Child("", "DonneesFacture").Child("", "Type").Text()) {
		return transformers.CreditNote
	}
	return transformers.Invoice
}

// Transform returns the invoices of a recognised pivot in the order of the file. The key of each is its buyer and what it
// is for, that of the file the key of the first.
func (t Transformer) Transform(content transformers.Content, _ transformers.Identity) (transformers.Result, []violation.Violation) {
	// All invoices in PDF together may become as large as one document: they are in memory at once.
	r := reading{inside: t.inside, source: content.XML, w: canonical.NewWriter(content.XML), room: t.limit}
	r.file()
	if violation.AnyFatal(r.found) {
		return transformers.Result{}, r.found
	}
	result := transformers.Result{Parts: r.parts, Split: true, Key: r.parts[0].Key, Ignored: append(r.w.Ignored(), r.ignored...)}
	return result, r.found
}
