package ubl_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/commande-publique/passerelle/transformers/formattest"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// TestUnitFragments transforms the partial invoices of the official rule tests: whatever is missing, nothing panics,
// the kind is known and the canonical form is written.
func TestUnitFragments(t *testing.T) {
	files := formattest.Corpus(t, "en16931/unit/*.xml")
	if len(files) != 206 {
		t.Errorf("%d files, want 206", len(files))
	}
	fragments := 0
	for _, file := range files {
		for _, fragment := range cut(t, formattest.File(t, file)) {
			fragments++
			content := parse(t, fragment)
			id, refused, ok := ubl.Transformer{}.Recognise(content)
			if !ok || refused != nil {
				t.Fatalf("%s: not recognised: %v", filepath.Base(file), refused)
			}
			result, violations := ubl.Transformer{}.Transform(content, id)
			for _, v := range violations {
				complete(t, v)
			}
			if got := result.Parts[0].Doc.Root().Get("kind").Text(); got != string(id.Kind) {
				t.Errorf("%s: kind %q, want %q", filepath.Base(file), got, id.Kind)
			}
		}
	}
	if fragments != 915 {
		t.Errorf("%d fragments, want 915", fragments)
	}
}

// cut returns the invoices and credit notes inside a test set, each as a document. They declare their own namespaces.
func cut(t *testing.T, data []byte) [][]byte {
	t.Helper()
	var fragments [][]byte
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		start := decoder.InputOffset()
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return fragments
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok || (element.Name.Local != "Invoice" && element.Name.Local != "CreditNote") {
			continue
		}
		if err := decoder.Skip(); err != nil {
			t.Fatal(err)
		}
		fragments = append(fragments, slices.Clone(data[start:decoder.InputOffset()]))
	}
}
