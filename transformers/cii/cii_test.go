package cii_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// transform parses and transforms a document that must be recognised.
func transform(t testing.TB, data []byte) (transformers.Result, []violation.Violation) {
	t.Helper()
	xml, malformed := xmldoc.Parse(data)
	if malformed != nil {
		t.Fatal(malformed)
	}
	content := transformers.Content{XML: xml}
	id, refused, ok := cii.Transformer{}.Recognise(content)
	if !ok || refused != nil {
		t.Fatalf("not recognised: %v", refused)
	}
	return cii.Transformer{}.Transform(content, id)
}

func indented(t *testing.T, compact []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n"
}

func TestOwnDocuments(t *testing.T) {
	for _, name := range []string{"full", "historic-credit-note", "extended-terms"} {
		t.Run(name, func(t *testing.T) {
			data := formattest.File(t, "testdata/"+name+".xml")
			result, violations := transform(t, data)
			if len(violations) > 0 {
				t.Fatal(violations)
			}
			if len(result.Parts) != 1 || result.Key != result.Parts[0].Key {
				t.Errorf("parts %d, key %q", len(result.Parts), result.Key)
			}
			formattest.Golden(t, "testdata/"+name+".golden.json", indented(t, result.Parts[0].Doc.AppendJSON(nil)))
		})
	}
}

func TestKeyAndKind(t *testing.T) {
	for name, want := range map[string]struct {
		kind transformers.Kind
		key  string
	}{
		"full":                 {transformers.Invoice, "21690123100011/contract (BT-12)"},
		"historic-credit-note": {transformers.CreditNote, "21690123100011/ENG-42"},
	} {
		data := formattest.File(t, "testdata/"+name+".xml")
		result, _ := transform(t, data)
		part := result.Parts[0]
		if part.Kind != want.kind || part.Doc.Root().Get("kind").Text() != string(want.kind) || part.Key != want.key {
			t.Errorf("%s: kind %s, key %s", name, part.Kind, part.Key)
		}
	}
}

func TestValuesKnowTheirSource(t *testing.T) {
	data := formattest.File(t, "testdata/full.xml")
	result, _ := transform(t, data)
	at := result.Parts[0].Doc.Lookup("/lines/0/item/attributes/1/value").Source()
	if want := "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem/SpecifiedTradeProduct/ApplicableProductCharacteristic/Value"; plainPaths([]string{at.Path})[0] != want || at.Line == 0 {
		t.Errorf("source %+v", at)
	}
	if !strings.Contains(at.Path, "IncludedSupplyChainTradeLineItem[1]") || !strings.Contains(at.Path, "ApplicableProductCharacteristic[2]") {
		t.Errorf("path without positions: %s", at.Path)
	}
}

// TestCorpus pins the official examples by digest, so that no change of the mapping goes unseen. The golden holds no
// text of them.
func TestCorpus(t *testing.T) {
	var b strings.Builder
	for _, file := range formattest.Corpus(t, "en16931/cii/*.xml") {
		data := formattest.File(t, file)
		result, violations := transform(t, data)
		if len(violations) > 0 {
			t.Errorf("%s: %v", filepath.Base(file), violations)
			continue
		}
		doc := result.Parts[0].Doc
		fmt.Fprintf(&b, "%s %s texts=%d lines=%d ignored=%d sha256=%x\n", filepath.Base(file), result.Parts[0].Kind,
			len(leaves(doc.Root())), doc.Root().Get("lines").Len(), len(result.Ignored), sha256.Sum256(doc.AppendJSON(nil)))
	}
	formattest.Golden(t, "testdata/corpus.golden", b.String())
}
