package ubl_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

var update = flag.Bool("update", false, "rewrite the golden files")

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

// corpus returns the files of a folder of the corpus, or skips the test.
func corpus(t testing.TB, folder string) []string {
	t.Helper()
	root := os.Getenv("CORPUS")
	if root == "" {
		t.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(root) {
		root = filepath.Join(repository, root)
	}
	entries, err := os.ReadDir(filepath.Join(root, folder))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, entry := range entries {
		if strings.EqualFold(filepath.Ext(entry.Name()), ".xml") {
			files = append(files, filepath.Join(root, folder, entry.Name()))
		}
	}
	slices.Sort(files)
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
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

// golden compares got with a file of testdata, or rewrites it under -update.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := read(t, file); !bytes.Equal(want, got) {
		t.Errorf("%s differs (rewrite with -update); got:\n%s", file, got)
	}
}

func readJSON(t testing.TB, data []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		t.Fatal(err)
	}
	return object
}
