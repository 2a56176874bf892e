package transformers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// syntax is one that invoices are read from and written to.
type syntax struct {
	name string
	transformers.Writer
}

var syntaxes = []syntax{
	{"ubl", ubl.Transformer{}},
	{"cii", cii.Transformer{}},
}

// read returns the canonical document of an XML invoice, nil when it is refused.
func (s syntax) read(t *testing.T, xml []byte) *document.Doc {
	t.Helper()
	source, fault := xmldoc.Parse(xml)
	if fault != nil {
		t.Fatalf("%s\n%s", fault.EN, xml)
	}
	content := transformers.Content{XML: source}
	id, refused, ok := s.Recognise(content)
	if !ok || refused != nil {
		t.Fatalf("not recognised as %s: %v", s.name, refused)
	}
	result, violations := s.Transform(content, id)
	if len(violations) > 0 || len(result.Parts) != 1 {
		for _, v := range violations {
			t.Logf("%s at %s: %s", v.Code, v.Source, v.EN)
		}
		return nil
	}
	return result.Parts[0].Doc
}

// invoices returns the XML invoices of the repository and, where CORPUS names it, of the corpus.
func invoices(t *testing.T, syntax string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(syntax, "testdata", "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob(filepath.Join("..", "examples", "documents", syntax+"-*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, examples...)
	if corpus := os.Getenv("CORPUS"); corpus != "" {
		if !filepath.IsAbs(corpus) {
			corpus = filepath.Join("..", corpus)
		}
		complete, err := filepath.Glob(filepath.Join(corpus, "en16931", syntax, "*.xml"))
		if err != nil || len(complete) == 0 {
			t.Fatalf("no invoices of %s in the corpus: %v", syntax, err)
		}
		files = append(files, complete...)
	}
	if len(files) == 0 {
		t.Fatalf("no invoices of %s", syntax)
	}
	return files
}

// Every invoice that is read and written again says the same; written in the other syntax it says the same but for what
// the report names.
func TestConversion(t *testing.T) {
	for _, from := range syntaxes {
		converted := 0
		for _, file := range invoices(t, from.name) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc := from.read(t, data)
			if doc == nil {
				continue // refused: another test says so
			}
			converted++
			for _, to := range syntaxes {
				t.Run(from.name+" to "+to.name+"/"+filepath.Base(file), func(t *testing.T) {
					xml, losses := to.Write(doc)
					back := to.read(t, xml)
					if back == nil {
						t.Fatal("refused when read back")
					}
					if from.name == to.name && len(losses) > 0 {
						t.Errorf("lost on the way back: %v", losses)
					}
					want := slices.DeleteFunc(facts(doc.Root()), func(fact string) bool {
						pointer, _, _ := strings.Cut(fact, " = ")
						return slices.Contains(losses, pointer)
					})
					got := slices.DeleteFunc(facts(back.Root()), func(fact string) bool {
						// UBL demands the VAT total.
						return strings.HasPrefix(fact, "/totals/vat = ") && !doc.Lookup("/totals/vat").Exists()
					})
					if diff := cmp.Diff(withoutIndexes(want), withoutIndexes(got)); diff != "" {
						t.Errorf("%s\nlosses: %v", diff, losses)
					}
				})
			}
		}
		if converted < 2 {
			t.Errorf("%d invoices of %s were converted", converted, from.name)
		}
	}
}

// facts lists the pointer and text of every value.
func facts(v document.Value) []string {
	if v.Type() != document.Object && v.Type() != document.Array {
		return []string{v.Pointer() + " = " + v.Text()}
	}
	var all []string
	for child := range v.Children() {
		all = append(all, facts(child)...)
	}
	return all
}

// withoutIndexes sorts facts, those of identifiers without their index: CII writes identifiers without scheme first.
func withoutIndexes(facts []string) []string {
	for i, fact := range facts {
		if before, after, found := strings.Cut(fact, "/identifiers/"); found {
			facts[i] = before + "/identifiers/*" + after[strings.IndexByte(after, '/'):]
		}
	}
	slices.Sort(facts)
	return facts
}

// What a syntax has no place for is reported, and so is what XML cannot hold.
func TestConversionLosses(t *testing.T) {
	const faulty = `{
		"kind": "credit-note", "number": "N\u00011", "typeCode": "380", "salesOrderReference": "S", "dueDate": "2026-11-24",
		"vatPointDate": "2026-11-01", "lines": [{"price": {"net": "1", "gross": "2"}}, {"price": {"discount": "1"}}]
	}`
	doc, fault := jsondoc.Parse([]byte(faulty))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	for name, want := range map[string][]string{
		"ubl": {"/number", "/salesOrderReference", "/dueDate", "/lines/0/price/gross"},
		"cii": {"/kind", "/number", "/vatPointDate", "/lines/1/price/discount"},
	} {
		for _, s := range syntaxes {
			if s.name != name {
				continue
			}
			xml, losses := s.Write(doc)
			if diff := cmp.Diff(want, losses); diff != "" {
				t.Errorf("%s: %s\n%s", name, diff, xml)
			}
		}
	}
}
