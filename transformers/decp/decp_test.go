package decp

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/transformers"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs (go test -update writes it); got\n%s", file, got)
	}
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
	doc, fault := jsondoc.Parse(data)
	if fault != nil {
		t.Fatalf("parse: %s", fault.EN)
	}
	return transformers.Content{JSON: doc}
}

// TestGolden shows the canonical form of our own documents.
func TestGolden(t *testing.T) {
	schemas := compileSchemas(t)
	for _, c := range []struct{ file, golden, key, version, kind string }{
		{"../../examples/documents/decp-contract.json", "contract.golden.json", "21350238800019/2026ECOLE07L1", "", "contract"},
		{"testdata/mixed.json", "mixed.golden.json", "12345678901234", "", "concession"},
		{"testdata/flat.json", "flat.golden.json", "12345678901234", "2.0.0", "contract"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			content := parse(t, read(t, c.file))
			id, refused, ok := New().Recognise(content)
			if !ok || refused != nil || id.Version != c.version || string(id.Kind) != c.kind || id.Format != transformers.DECP {
				t.Fatalf("identity %+v, refused %v, ok %v", id, refused, ok)
			}
			res, faults := New().Transform(content, id)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if res.Key != c.key {
				t.Errorf("key %q, want %q", res.Key, c.key)
			}
			var out bytes.Buffer
			for _, part := range res.Parts {
				if err := schemas.judge(part); err != nil {
					t.Errorf("the schema refuses it: %#v", err)
				}
				fmt.Fprintf(&out, "%s %s\n", part.Kind, part.Key)
				if err := json.Indent(&out, part.Doc.AppendJSON(nil), "", "  "); err != nil {
					t.Fatal(err)
				}
				out.WriteByte('\n')
			}
			fmt.Fprintf(&out, "ignored: %s\n", strings.Join(res.Ignored, " "))
			golden(t, c.golden, out.Bytes())
		})
	}
}

func TestRecognise(t *testing.T) {
	for _, c := range []struct {
		name, json    string
		ok            bool
		kind, version string
		refused       bool
	}{
		{"empty list", `[]`, false, "", "", false},
		{"null", `null`, false, "", "", false},
		{"number", `12`, false, "", "", false},
		{"another object", `{"hello":"world"}`, false, "", "", false},
		{"marches in a list", `[{"marches":{}}]`, false, "", "", false},
		{"empty marches", `{"marches":{}}`, true, "contract", "", false},
		{"marches is a number", `{"marches":12}`, true, "contract", "", false},
		{"contract", `{"marches":{"marche":[{"id":"1"}]}}`, true, "contract", "", false},
		{"concession first", `{"marches":{"contrat-concession":[{"id":"1"}],"marche":[{}]}}`, true, "concession", "", false},
		{"empty first list", `{"marches":{"contrat-concession":[],"marche":[{}]}}`, true, "contract", "", false},
		{"2.0.0", `{"marches":[{"_type":"Marché","ccag":"Travaux"}]}`, true, "contract", "2.0.0", false},
		{"2.0.0 concession", `{"marches":[{"_type":"Contrat de concession","considerationsSociales":{}}]}`, true, "concession", "2.0.0", false},
		{"2.0.0 without _type", `{"marches":[{"technique":[],"acheteur":{}}]}`, true, "contract", "2.0.0", false},
		{"2.0.0 concession without _type", `{"marches":[{"autoriteConcedante":{},"considerationsSociales":[]}]}`, true, "concession", "2.0.0", false},
		{"_type in 2.0.2", `{"marches":{"marche":[{"_type":"Marché","ccag":"Travaux"}]}}`, true, "contract", "", false},
		{"1.x", `{"marches":[{"_type":"Marché","acheteur":{"id":"12345678901234","nom":"A"},"titulaires":[{"id":"1","denominationSociale":"B"}]}]}`, true, "contract", "1", true},
		{"1.x without _type", `{"marches":[{"uid":"123456789012341","id":"1"}]}`, true, "contract", "1", true},
		{"1.x by its buyer", `{"marches":[{"acheteur":{"nom":"A"}}]}`, true, "contract", "1", true},
		{"1.x by its concession holder", `{"marches":[{"_type":"?","concessionnaires":[{"denominationSociale":"B"}]}]}`, true, "contract", "1", true},
		{"a list of contracts", `[{"acheteur":{"id":"1"},"titulaires":[]}]`, true, "contract", "", true},
		{"a list of other things", `[{"acheteur":{"id":"1"}}]`, false, "", "", false},
		{"marche at the root", `{"marche":[{"acheteur":{"id":"1"},"titulaires":[]}]}`, true, "contract", "", true},
		{"contrat-concession at the root", `{"contrat-concession":[{"autoriteConcedante":{"id":"1"},"concessionnaires":[]}]}`, true, "concession", "", true},
		{"1.x in the lists of XML", `{"marches":{"marche":[{"uuid":"x","source":"y"}]}}`, true, "contract", "1", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, refused, ok := New().Recognise(parse(t, []byte(c.json)))
			if ok != c.ok || string(id.Kind) != c.kind || id.Version != c.version || (refused != nil) != c.refused {
				t.Errorf("got %+v, refused %v, ok %v", id, refused, ok)
			}
			if refused != nil && (refused.Code != "unsupported_version" && refused.Code != "decp_wrong_root" || refused.Line == 0 || refused.Remedy == "" || refused.RemedyEN == "") {
				t.Errorf("refused with %+v", *refused)
			}
		})
	}
	if _, _, ok := New().Recognise(transformers.Content{}); ok {
		t.Error("recognised what is not JSON")
	}
}

func TestTransformRefuses(t *testing.T) {
	for _, c := range []struct{ name, json, code, source, en string }{
		{"marches is a number", `{"marches":12}`, "decp_wrong_type", "/marches", "an object expected, a number found"},
		{"marche is an object", `{"marches":{"marche":{}}}`, "decp_wrong_type", "/marches/marche", "an array expected, an object found"},
		{"an item is a string", `{"marches":{"marche":["foo"]}}`, "decp_wrong_type", "/marches/marche/0", "an object expected, a string found"},
		{"an item is null", `{"marches":{"contrat-concession":[null]}}`, "decp_wrong_type", "/marches/contrat-concession/0", "an object expected, null found"},
		{"no list", `{"marches":{}}`, "decp_no_contract", "", "without any contract"},
		{"empty lists", `{"marches":{"marche":[],"contrat-concession":[]}}`, "decp_no_contract", "", "without any contract"},
		{"empty typed list", `{"marches":[]}`, "decp_no_contract", "", "without any contract"},
		{"unknown type", `{"marches":[{"_type":"Bon de commande","ccag":""}]}`, "decp_unknown_type", "/marches/0/_type", `"Bon de commande"`},
		{"no type", `{"marches":[{"ccag":"Travaux"}]}`, "decp_unknown_type", "/marches/0", "neither contract nor concession"},
		{"amount as text in 2.0.0", `{"marches":[{"acheteur":{},"modifications":{"montant":"1"}}]}`, "decp_amount_not_number", "/marches/0/modifications/montant", "a string found"},
		{"amount as text", `{"marches":{"marche":[{"montant":"12,50"}]}}`, "decp_amount_not_number", "/marches/marche/0/montant", "a string found"},
		{"amount null", `{"marches":{"contrat-concession":[{"valeurGlobale":null}]}}`, "decp_amount_not_number", "/marches/contrat-concession/0/valeurGlobale", "null found"},
		{"uid", `{"marches":{"marche":[{"uid":"1","ccag":""}]}}`, "decp_reserved_member", "/marches/marche/0/uid", "uid is not a member"},
		{"a contract twice", `{"marches":{"marche":[{"id":"1","acheteur":{"id":"2"},"ccag":""},{"id":"1","acheteur":{"id":"2"},"ccag":""}]}}`, "decp_duplicate_uid", "/marches/marche/1", "already that of /marches/marche/0"},
		{"a concession with the uid of a contract", `{"marches":{"marche":[{"id":"34","acheteur":{"id":"12"},"ccag":""}],"contrat-concession":[{"id":"4","autoriteConcedante":{"id":"123"},"considerationsSociales":{}}]}}`, "decp_duplicate_uid", "/marches/contrat-concession/0", "uid 1234 is already"},
		{"1.x among 2.0", `{"marches":{"marche":[{"ccag":""},{"_type":"Marché","titulaires":[{"denominationSociale":""}]}]}}`, "decp_mixed_versions", "/marches/marche/1", "as in DECP 1.x"},
		{"1.x among 2.0.0", `{"marches":[{"acheteur":{},"ccag":""},{"acheteur":{"nom":"A"}}]}`, "decp_mixed_versions", "/marches/1", "as in DECP 1.x"},
		{"2.0.0 in the lists of 2.0.1", `{"marches":{"marche":[{"ccag":"","technique":["Sans objet"]}]}}`, "decp_mixed_versions", "/marches/marche/0", "as in DECP 2.0.0"},
		{"kind", `{"marches":{"marche":[{"kind":"contract"}]}}`, "decp_reserved_member", "/marches/marche/0/kind", "kind is not a member"},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := parse(t, []byte(c.json))
			id, refused, ok := New().Recognise(content)
			if !ok || refused != nil {
				t.Fatalf("ok %v, refused %v", ok, refused)
			}
			res, faults := New().Transform(content, id)
			if len(res.Parts) != 0 || len(faults) != 1 {
				t.Fatalf("%d parts, faults %v", len(res.Parts), faults)
			}
			v := faults[0]
			if v.Code != c.code || v.Source != c.source || !strings.Contains(v.EN, c.en) || strings.Contains(v.EN+v.FR, "%!") || !strings.Contains(v.FR, v.Source) && c.source != "" && c.code != "decp_unknown_type" || !v.IsFatal() || v.Line == 0 {
				t.Errorf("got %+v", v)
			}
		})
	}
	content := parse(t, []byte(`{"marches":{"marche":[`+strings.Repeat(`1,`, 49)+`1]}}`))
	if _, faults := New().Transform(content, transformers.Identity{}); len(faults) != 20 || faults[19].Count != 31 {
		t.Errorf("%d faults, last %+v", len(faults), faults[len(faults)-1])
	}
}

// TestSchemaRefuses changes one thing in the example at a time. Each is refused at the place that is wrong.
func TestSchemaRefuses(t *testing.T) {
	schemas := compileSchemas(t)
	example := string(read(t, "../../examples/documents/decp-contract.json"))
	for _, c := range []struct{ name, old, new, pointer string }{
		{"SIRET of four digits", `"id": "21350238800019"`, `"id": "1234"`, "/acheteur/id"},
		{"no SIRET", `"id": "21350238800019"`, `"nom": "Mairie"`, "/acheteur"},
		{"no buyer", `"acheteur"`, `"buyer"`, ""},
		{"not a day", `"2026-03-16"`, `"2026-02-30"`, "/dateNotification"},
		{"text around a date", `"2026-03-16"`, `"xx2026-03-16yy"`, "/dateNotification"},
		{"amount below 1", `186450.50`, `0.99`, "/montant"},
		{"negative zero", `186450.50`, `-0`, "/montant"},
		{"amount beyond 40 digits", `186450.50`, `1e30000`, "/montant"},
		{"rate above 1", `"tauxAvance": 0.3`, `"tauxAvance": 1.0001`, "/tauxAvance"},
		{"duration of half a month", `"dureeMois": 6`, `"dureeMois": 6.5`, "/dureeMois"},
		{"unknown enum by its apostrophe", `"Travaux"`, `"Maitrise d’œuvre"`, "/ccag"},
		{"empty list", `"Sans objet"`, ``, "/techniques/technique"},
		{"contractor is a string", `"titulaire": {`, `"autre": {`, "/titulaires/0"},
		{"unknown member", `"nature"`, `"_type": "Marché", "nature"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(example, c.old, c.new, 1)
			if changed == example {
				t.Fatal("the case changes nothing")
			}
			doc, fault := jsondoc.Parse([]byte(changed))
			if fault != nil {
				if c.name != "amount beyond 40 digits" {
					t.Fatal(fault.EN)
				}
				return // the parser's own bound refuses it first
			}
			res, faults := New().Transform(transformers.Content{JSON: doc}, transformers.Identity{})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			err := schemas.judge(res.Parts[0])
			if err == nil {
				t.Fatal("accepted")
			}
			if got := pointers(err); !slices.Contains(got, c.pointer) {
				t.Errorf("refused at %q, want %q", got, c.pointer)
			}
			at := res.Parts[0].Doc.Lookup(c.pointer).Source()
			if want := "/marches/marche/0" + c.pointer; at.Path != want || at.Line == 0 {
				t.Errorf("source %+v, want %s", at, want)
			}
		})
	}
}

func TestDecimal(t *testing.T) {
	for literal, want := range map[string]string{
		"0": "0", "-0": "0", "-0.00": "0", "1": "1", "10": "10", "100": "100", "12.50": "12.5", "25.0": "25", "-0.50": "-0.5",
		"1e3": "1000", "1E+3": "1000", "1e0": "1", "1.5e-2": "0.015", "12.345e1": "123.45", "12.345e3": "12345", "0.001e2": "0.1",
		"0e99": "0", "123e-3": "0.123", "120e-1": "12", "1e-3": "0.001", "1.0E17": "100000000000000000",
		"1e101": "1e101", "1e400000": "1e400000", "1e-101": "1e-101", "1e99999999999999999999": "1e99999999999999999999",
		strings.Repeat("9", 101): strings.Repeat("9", 101),
	} {
		if got := canonicalDecimal(literal); got != want {
			t.Errorf("canonicalDecimal(%s) = %s, want %s", literal, got, want)
		}
	}
}

func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CORPUS")
	if dir == "" {
		t.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("../..", dir) // relative to the root of the repository
	}
	return filepath.Join(dir, "decp")
}

var corpusFiles = []string{"concessions.json", "concessions_avec_modifications.json", "marches_avec_modifications.json", "marches_concessions.json"}

// TestCorpus reads the official examples. The golden file holds counts and digests, never their text.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	schemas := compileSchemas(t)
	var out bytes.Buffer
	for _, file := range corpusFiles {
		content := parse(t, read(t, filepath.Join(dir, file)))
		id, refused, ok := New().Recognise(content)
		if !ok || refused != nil {
			t.Fatalf("%s: ok %v, refused %v", file, ok, refused)
		}
		res, faults := New().Transform(content, id)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", file, faults)
		}
		fmt.Fprintf(&out, "%s: %s version %q, %d values, key sha256 %x, ignored %v\n", file, id.Kind, id.Version, content.JSON.Len(), sha256.Sum256([]byte(res.Key)), res.Ignored)
		last := 0
		for _, part := range res.Parts {
			if err := schemas.judge(part); err != nil {
				t.Errorf("%s: %#v", file, err)
			}
			source := part.Doc.Root().Source()
			if source.Offset < last {
				t.Errorf("%s: part at byte %d after one at %d", file, source.Offset, last)
			}
			last = source.Offset
			encoded := part.Doc.AppendJSON(nil)
			fmt.Fprintf(&out, "  %s from %s: %d values, %d bytes, sha256 %x, key sha256 %x\n", part.Kind, source.Path, part.Doc.Len(), len(encoded), sha256.Sum256(encoded), sha256.Sum256([]byte(part.Key)))
		}
	}
	golden(t, "corpus.golden", out.Bytes())
}

func FuzzTransform(f *testing.F) {
	for _, file := range []string{"testdata/mixed.json", "testdata/flat.json", "../../examples/documents/decp-contract.json"} {
		f.Add(read(f, file))
	}
	f.Add([]byte(`{"marches":[{"acheteur":{},"technique":["x"],"techniques":{"technique":[]},"titulaires":[{"titulaire":{}},7]}]}`))
	f.Add([]byte(`{"marches":{"marche":[{"montant":1e30,"uid":[]}],"contrat-concession":7}}`))
	tr := New()
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, fault := jsondoc.Parse(data)
		if fault != nil {
			return
		}
		content := transformers.Content{JSON: doc}
		id, _, ok := tr.Recognise(content)
		if !ok {
			return
		}
		res, faults := tr.Transform(content, id)
		if (len(faults) == 0) == (len(res.Parts) == 0) {
			t.Fatalf("%d faults, %d parts", len(faults), len(res.Parts))
		}
		for _, part := range res.Parts {
			encoded := part.Doc.AppendJSON(nil)
			if _, fault := jsondoc.Parse(encoded); fault != nil {
				t.Fatalf("the canonical document is refused by our own parser: %s\n%s", fault.EN, encoded)
			}
			var places func(document.Value)
			places = func(v document.Value) {
				v.Source()
				for c := range v.Children() {
					places(c)
				}
			}
			places(part.Doc.Root())
		}
	})
}

func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"1e3", "-0.50", "12.345e-7", "0e0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, literal string) {
		if !json.Valid([]byte(literal)) || literal == "" || literal[0] != '-' && (literal[0] < '0' || literal[0] > '9') {
			return
		}
		got := canonicalDecimal(strings.TrimSpace(literal))
		if got == strings.TrimSpace(literal) {
			return
		}
		want, ok1 := ratOf(strings.TrimSpace(literal))
		have, ok2 := ratOf(got)
		if ok1 && (!ok2 || want.Cmp(have) != 0) {
			t.Fatalf("canonicalDecimal(%s) = %s", literal, got)
		}
		if canonicalDecimal(got) != got {
			t.Fatalf("canonicalDecimal(%s) = %s is not stable", literal, got)
		}
	})
}

func BenchmarkTransform(b *testing.B) {
	data := read(b, filepath.Join(corpus(b), "marches_concessions.json"))
	content := parse(b, data)
	tr := New()
	id, _, _ := tr.Recognise(content)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if res, _ := tr.Transform(content, id); len(res.Parts) == 0 {
			b.Fatal("no document")
		}
	}
}
