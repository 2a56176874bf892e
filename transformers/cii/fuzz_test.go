package cii_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
)

// FuzzTransform: whatever parses as XML and is recognised either gives one document or at least one violation, never
// both, never a panic, and the same twice.
func FuzzTransform(f *testing.F) {
	own, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(own) == 0 {
		f.Fatal("no documents", err)
	}
	for _, file := range own {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add([]byte(strings.ReplaceAll(string(data), "TypeCode", "ID")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, malformed := xmldoc.Parse(data)
		if malformed != nil {
			return
		}
		content := transformers.Content{XML: doc}
		id, refused, ok := cii.Transformer{}.Recognise(content)
		if !ok || refused != nil {
			return
		}
		result, violations := cii.Transformer{}.Transform(content, id)
		if (len(result.Parts) == 1) == (len(violations) > 0) {
			t.Fatalf("%d parts, %d violations", len(result.Parts), len(violations))
		}
		for _, v := range violations {
			if !v.IsFatal() || v.Code == "" || v.Source == "" || v.FR == "" || v.EN == "" || v.Remedy == "" {
				t.Fatalf("incomplete violation %+v", v)
			}
		}
		if len(violations) > 0 {
			return
		}
		again, _ := cii.Transformer{}.Transform(content, id)
		if string(result.Parts[0].Doc.AppendJSON(nil)) != string(again.Parts[0].Doc.AppendJSON(nil)) {
			t.Fatal("two runs differ")
		}
	})
}
