package ubl_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// repository is the way from this package to the root of the repository.
const repository = "../.."

// examples are the documents of the demo that are in this format.
var examples = []string{
	repository + "/examples/documents/ubl-invoice.xml",
	repository + "/examples/documents/ubl-credit-note.xml",
}

// ownDocuments returns the documents of testdata.
func ownDocuments(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents in testdata: %v", err)
	}
	return files
}

func parse(t testing.TB, data []byte) transformers.Content {
	t.Helper()
	doc, v := xmldoc.Parse(data)
	if v != nil {
		t.Fatalf("not parsed: %s at %s", v.EN, v.Source)
	}
	return transformers.Content{XML: doc}
}

// transform recognises and transforms a document that is expected to be UBL.
func transform(t testing.TB, data []byte) (transformers.Identity, transformers.Result, []violation.Violation) {
	t.Helper()
	content := parse(t, data)
	id, refused, ok := ubl.Transformer{}.Recognise(content)
	if !ok || refused != nil {
		t.Fatalf("not recognised: ok %v, refused %v", ok, refused)
	}
	result, violations := ubl.Transformer{}.Transform(content, id)
	return id, result, violations
}

func readJSON(t testing.TB, data []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		t.Fatal(err)
	}
	return object
}
