package chorus_test

import (
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/chorus"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// FuzzTransform: whatever is recognised as a list of Chorus Pro either gives a status for each of its invoices, with the state as
// it is written there, or violations.
func FuzzTransform(f *testing.F) {
	f.Add(string(formattest.File(f, "testdata/list.json")))
	f.Add(`{"listeFactures": []}`)
	f.Add(`{"listeFactures": [{"statut": 1, "dateHeureEtatCourant": "2026", "codeFournisseur": null}, []]}`)
	f.Add(`{"listeFactures": [{"statut": "MISE_EN_PAIEMENT", "typeIdentifiantFournisseur": "SIRET", "dateDepot": "2026-11-24 10:00:00"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, malformed := jsondoc.Parse([]byte(text))
		if malformed != nil {
			return
		}
		content := transformers.Content{JSON: doc}
		id, _, ok := chorus.New(states).Recognise(content)
		if !ok {
			return
		}
		result, violations := chorus.New(states).Transform(content, id)
		if (len(result.Parts) > 0) == (len(violations) > 0) {
			t.Fatalf("%d parts, %d violations", len(result.Parts), len(violations))
		}
		for _, v := range violations {
			if !v.IsFatal() || v.Code == "" || v.Source == "" || v.FR == "" || v.EN == "" || v.Remedy == "" {
				t.Fatalf("incomplete violation %+v", v)
			}
		}
		n := 0
		for item := range doc.Root().Get("listeFactures").Children() {
			if n >= len(result.Parts) {
				break
			}
			if state := item.Get("statut"); state.Type() == document.String && result.Parts[n].Doc.Lookup("/chorusStatus").Text() != state.Text() {
				t.Fatalf("%q became %s", state.Text(), result.Parts[n].Doc.AppendJSON(nil))
			}
			n++
		}
		if len(result.Parts) != n {
			t.Fatalf("%d invoices, %d parts", n, len(result.Parts))
		}
	})
}
