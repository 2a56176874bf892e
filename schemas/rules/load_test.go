package rules

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/diag"
)

var update = flag.Bool("update", false, "write the golden files")

// Every fault of a pack is reported at once, in both languages, with its place and what to do.
func TestFaultsOfPacks(t *testing.T) {
	files, err := filepath.Glob("testdata/load/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pack, list := Load(filepath.Base(file), data, invoiceShapes(t))
		if pack != nil {
			t.Errorf("%s: accepted", file)
		}
		var got bytes.Buffer
		for _, lang := range []string{diag.French, diag.English} {
			if err := diag.Print(&got, list, func(string) []byte { return data }, lang); err != nil {
				t.Fatal(err)
			}
		}
		golden := strings.TrimSuffix(file, ".yaml") + ".golden"
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got.String()); d != "" {
			t.Errorf("%s (-golden +got):\n%s", file, d)
		}
	}
}

func TestSet(t *testing.T) {
	p := shippedPack(t)
	if _, err := NewSet(p, p); err == nil {
		t.Error("two packs of one name")
	}
	set, err := NewSet(p)
	if err != nil || set.Get("en16931") != p || set.Get("other") != nil || len(set.Names()) != 1 {
		t.Errorf("%v %v", set, err)
	}
}

func FuzzLoad(f *testing.F) {
	shapes := invoiceShapes(f)
	for _, file := range []string{"testdata/load/rules.yaml", "testdata/load/faults.yaml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("pack: a\nversion: b\nvalid: {from: \"2026-01-01\"}\ndescription: {fr: a, en: b}\nkinds: [invoice]\nrules:\n" +
		"- {id: A, severity: fatal, test: has(doc.number), at: /number, fr: \"{/number}\", en: b, remedy: {fr: a, en: b}}\n"))
	doc := parse(f, validInvoice(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		pack, list := Load("fuzz.yaml", data, shapes)
		if (pack == nil) != list.HasErrors() {
			t.Fatalf("pack %v, errors %v", pack != nil, list.HasErrors())
		}
		if pack != nil {
			for _, v := range Check(doc, []*Pack{pack}) {
				if v.Code == failure.Code {
					t.Fatal(v.EN)
				}
			}
		}
	})
}
