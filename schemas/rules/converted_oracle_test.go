package rules

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// An invoice that was converted has the verdict of the official artefacts that it had before: the complete examples, written in
// both syntaxes, break the same fatal rules of the standard, equally often. Rules about a syntax (UBL-, CII-) may not be broken.
func TestOracleConverted(t *testing.T) {
	oracle := os.Getenv("ORACLE")
	if oracle == "" {
		t.Skip("ORACLE is not set: make test-oracle sets it")
	}
	dir := filepath.Join(oracleCache(t), "converted")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	writers := map[string]transformers.Writer{"ubl": ubl.Transformer{}, "cii": cii.Transformer{}}
	var originals []string
	converted := map[string]string{} // from the file that was written to the original
	for _, syntax := range []string{"ubl", "cii"} {
		for _, file := range listed(t, filepath.Join(corpus(t, "en16931"), syntax)) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, refused := xmldoc.Parse(data)
			if refused != nil {
				t.Fatalf("%s: %s", file, refused.EN)
			}
			doc, _ := transform(t, source)
			if doc == nil {
				t.Fatalf("%s is refused", file)
			}
			originals = append(originals, file)
			for name, writer := range writers {
				xml, _ := writer.Write(doc)
				written := filepath.Join(dir, syntax+"-"+strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))+"."+name+".xml")
				if err := os.WriteFile(written, xml, 0o600); err != nil {
					t.Fatal(err)
				}
				converted[written] = file
			}
		}
	}
	files := shard(t, originals)
	chosen := map[string]bool{}
	for _, file := range files {
		chosen[file] = true
	}
	for _, written := range listed(t, dir) {
		if chosen[converted[written]] {
			files = append(files, written)
		}
	}
	fatal := map[string]map[string]int{}
	for _, v := range verdicts(t, oracle, "en16931", files) {
		if v.Error != "" {
			t.Errorf("%s: %s", v.File, v.Error)
		}
		fatal[v.File] = v.Fatal
	}
	compared := 0
	for written, original := range converted {
		if !chosen[original] {
			continue
		}
		compared++
		if !maps.Equal(fatal[written], fatal[original]) {
			t.Errorf("%s breaks %v, %s breaks %v", written, fatal[written], original, fatal[original])
		}
	}
	t.Logf("%d invoices, %d as they were converted", len(chosen), compared)
}
