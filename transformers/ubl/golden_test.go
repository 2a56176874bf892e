package ubl_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/transformers/formattest"
)

// TestOwnDocuments keeps the whole canonical form of each of our documents.
func TestOwnDocuments(t *testing.T) {
	for _, file := range append(ownDocuments(t), examples...) {
		name := strings.TrimSuffix(filepath.Base(file), ".xml")
		t.Run(name, func(t *testing.T) {
			_, result, violations := transform(t, formattest.File(t, file))
			for _, v := range violations {
				t.Errorf("%s at %s: %s", v.Code, v.Source, v.EN)
			}
			if len(result.Parts) != 1 || result.Parts[0].Key != result.Key {
				t.Fatalf("parts %d, keys %q; want one part with the key of the document", len(result.Parts), result.Key)
			}
			var indented bytes.Buffer
			if err := json.Indent(&indented, result.Parts[0].Doc.AppendJSON(nil), "", "  "); err != nil {
				t.Fatal(err)
			}
			indented.WriteByte('\n')
			formattest.Golden(t, filepath.Join("testdata", name+".golden.json"), indented.String())
		})
	}
}

// TestCorpus transforms the complete EN 16931 examples. The golden file holds no text of theirs.
func TestCorpus(t *testing.T) {
	files := formattest.Corpus(t, "en16931/ubl/*.[xX][mM][lL]")
	if len(files) != 19 {
		t.Errorf("%d files, want 19", len(files))
	}
	var got bytes.Buffer
	for _, file := range files {
		id, result, violations := transform(t, formattest.File(t, file))
		for _, v := range violations {
			t.Errorf("%s: %s at %s: %s", filepath.Base(file), v.Code, v.Source, v.EN)
		}
		doc := result.Parts[0].Doc
		values := 0
		for range leaves(doc.Root(), "") {
			values++
		}
		fmt.Fprintf(&got, "%s\n  kind %s, version %q, values %d, lines %d, ignored %d\n  key  %x\n  json %x\n",
			filepath.Base(file), id.Kind, id.Version, values, doc.Root().Get("lines").Len(), len(result.Ignored),
			sha256.Sum256([]byte(result.Key)), sha256.Sum256(doc.AppendJSON(nil)))
	}
	formattest.Golden(t, "testdata/corpus.golden", got.String())
}
