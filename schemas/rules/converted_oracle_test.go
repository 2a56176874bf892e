package rules

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	var originals []string
	for _, syntax := range []string{"ubl", "cii"} {
		originals = append(originals, listed(t, filepath.Join(corpus(t, "en16931"), syntax))...)
	}
	converted := conversions(t, "converted", originals)
	files := shard(t, originals)
	chosen := map[string]bool{}
	for _, file := range files {
		chosen[file] = true
	}
	for _, written := range slices.Sorted(maps.Keys(converted)) {
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

// So has one of the French extended profile, of the fatal rules and of those that warn: the oracle's French invoices of it.
func TestOracleExtendedConverted(t *testing.T) {
	oracle := os.Getenv("ORACLE")
	if oracle == "" {
		t.Skip("ORACLE is not set: make test-oracle sets it")
	}
	var originals []string
	for _, file := range listed(t, filepath.Join(oracle, "fr-seeds", "written")) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), ":extended-ctc-fr<") {
			originals = append(originals, file)
		}
	}
	converted := conversions(t, "converted-extended", originals)
	files := slices.Concat(originals, slices.Sorted(maps.Keys(converted)))
	for _, official := range []string{"extended-ctc-fr", "br-fr"} {
		fires := map[string]map[string]int{}
		for _, v := range verdicts(t, oracle, official, files) {
			if v.Error != "" {
				t.Errorf("%s: %s", v.File, v.Error)
			}
			fires[v.File] = map[string]int{}
			for _, of := range []map[string]int{v.Fatal, v.Warning} {
				for id, n := range of {
					fires[v.File][strings.Replace(id, "BR-FXEXT-", "BR-FREXT-", 1)] = n // as the artefact of CII spells it
				}
			}
		}
		for written, original := range converted {
			if !maps.Equal(fires[written], fires[original]) {
				t.Errorf("%s: %s breaks %v, %s breaks %v", official, written, fires[written], original, fires[original])
			}
		}
	}
	t.Logf("%d invoices, %d as they were converted", len(originals), len(converted))
	if len(converted) < 20 {
		t.Errorf("%d invoices were converted", len(converted))
	}
}

// conversions writes invoices in both syntaxes into a folder beside the oracle's verdicts, and returns the original of each file.
func conversions(t *testing.T, folder string, originals []string) map[string]string {
	t.Helper()
	dir := filepath.Join(oracleCache(t), folder)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	converted := map[string]string{}
	for _, file := range originals {
		source := parseFile(t, file)
		doc, _ := transform(t, source)
		if doc == nil {
			t.Fatalf("%s is refused", file)
		}
		for name, writer := range map[string]transformers.Writer{"ubl": ubl.Transformer{}, "cii": cii.Transformer{}} {
			xml, _ := writer.Write(doc)
			base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
			written := filepath.Join(dir, filepath.Base(filepath.Dir(file))+"-"+base+"."+name+".xml")
			if err := os.WriteFile(written, xml, 0o600); err != nil {
				t.Fatal(err)
			}
			converted[written] = file
		}
	}
	return converted
}
