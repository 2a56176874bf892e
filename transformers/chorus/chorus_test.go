package chorus_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/chorus"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// states is a table with editions: a state has its status from a day on.
func states(state, day string) string {
	if state == "MISE_EN_PAIEMENT" && (day == "" || day >= "2026-01-01") {
		return "211"
	}
	return ""
}

func transform(t *testing.T, text string) (transformers.Result, []violation.Violation) {
	t.Helper()
	doc, malformed := jsondoc.Parse([]byte(text))
	if malformed != nil {
		t.Fatal(malformed.EN)
	}
	content := transformers.Content{JSON: doc}
	id, refused, ok := chorus.New(states).Recognise(content)
	if !ok || refused != nil || id.Format != transformers.Chorus || id.Kind != transformers.InvoiceStatus {
		t.Fatalf("not recognised: %+v, %v", id, refused)
	}
	return chorus.New(states).Transform(content, id)
}

func TestList(t *testing.T) {
	result, violations := transform(t, string(formattest.File(t, "testdata/list.json")))
	if len(violations) > 0 {
		t.Fatal(violations)
	}
	var got []string
	for _, part := range result.Parts {
		got = append(got, part.Key+" "+string(part.Doc.AppendJSON(nil)))
	}
	formattest.Golden(t, "testdata/list.golden", strings.Join(got, "\n")+"\n")
	if !result.Split || result.Key != result.Parts[0].Key {
		t.Errorf("split %v, key %q", result.Split, result.Key)
	}
	if diff := cmp.Diff([]string{"/codeRetour", "/libelle", "/listeFactures/0/idFacture", "/listeFactures/0/montantTTC", "/listeFactures/2/typeIdentifiantFournisseur"}, result.Ignored); diff != "" {
		t.Error(diff)
	}
	if at := result.Parts[1].Doc.Lookup("/chorusStatus").Source(); at.Path != "/listeFactures/1/statut" || at.Line == 0 {
		t.Errorf("source %+v", at)
	}
}

func TestListsOfNoUse(t *testing.T) {
	for text, code := range map[string]string{
		`{"listeFactures": []}`:                               "status_no_invoice",
		`{"listeFactures": [{"numeroFacture": "1"}, "text"]}`: "status_not_invoice",
	} {
		result, violations := transform(t, text)
		if len(result.Parts) != 0 || len(violations) != 1 || violations[0].Code != code || violations[0].Source == "" || !violations[0].IsFatal() {
			t.Errorf("%s: %d parts, %+v", text, len(result.Parts), violations)
		}
	}
	for _, text := range []string{`{"listeFactures": {}}`, `{"listeFacture": []}`, `[]`} {
		doc, _ := jsondoc.Parse([]byte(text))
		if _, _, ok := chorus.New(states).Recognise(transformers.Content{JSON: doc}); ok {
			t.Errorf("%s is recognised", text)
		}
	}
	if _, _, ok := chorus.New(states).Recognise(transformers.Content{}); ok {
		t.Error("a document that is no JSON is recognised")
	}
}
