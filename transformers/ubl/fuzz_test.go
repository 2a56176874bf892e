package ubl_test

import (
	"encoding/json"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/formattest"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// FuzzTransform gives any bytes that are XML to the transformer: it never panics, and what it writes is JSON that is
// not larger than its source allows.
func FuzzTransform(f *testing.F) {
	for _, file := range append(ownDocuments(f), examples...) {
		f.Add(formattest.File(f, file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, refused := xmldoc.Parse(data)
		if refused != nil {
			return
		}
		content := transformers.Content{XML: doc}
		id, refused, ok := ubl.Transformer{}.Recognise(content)
		if !ok || refused != nil {
			return
		}
		result, violations := ubl.Transformer{}.Transform(content, id)
		if len(result.Parts) != 1 {
			t.Fatalf("%d parts", len(result.Parts))
		}
		canonical := result.Parts[0].Doc
		if !json.Valid(canonical.AppendJSON(nil)) {
			t.Error("the canonical document is not JSON")
		}
		// An element becomes at most a few values (an object, its text and two attributes); the fixed groups are 32.
		if limit := 8*doc.Len() + 64; canonical.Len() > limit {
			t.Errorf("%d values from %d elements", canonical.Len(), doc.Len())
		}
		if len(violations) > 100*8 {
			t.Errorf("%d violations", len(violations))
		}
	})
}
