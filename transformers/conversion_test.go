package transformers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/internal/xmldoc/xmltest"
	"github.com/commande-publique/passerelle/schemas"
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
	result, violations := s.transform(t, xml)
	if len(violations) > 0 || len(result.Parts) != 1 {
		return nil
	}
	return result.Parts[0].Doc
}

// transform returns what an XML invoice is read as, and why it is refused.
func (s syntax) transform(t *testing.T, xml []byte) (transformers.Result, []violation.Violation) {
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
	return s.Transform(content, id)
}

// invoices returns the XML invoices of the repository, of the corpus where CORPUS names it, and the French ones of the oracle
// where ORACLE names it.
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
	if oracle := os.Getenv("ORACLE"); oracle != "" {
		french, err := filepath.Glob(filepath.Join(oracle, "fr-seeds", "written", "*_"+syntax+".xml"))
		if err != nil || len(french) == 0 {
			t.Fatalf("no French invoices of %s: %v", syntax, err)
		}
		files = append(files, french...)
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
		documents := 0
		for _, file := range invoices(t, from.name) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc := from.read(t, data)
			if doc == nil {
				continue // refused: another test says so
			}
			documents++
			for _, to := range syntaxes {
				t.Run(from.name+" to "+to.name+"/"+filepath.Base(file), func(t *testing.T) {
					losses, fault := converted(t, doc, to)
					if fault != "" {
						t.Errorf("%s\nlosses: %v", fault, losses)
					}
					// A second identifier of the buyer is a fault of the source (UBL-SR-16): see TestIdentifiersOfBuyer.
					losses = slices.DeleteFunc(losses, func(place string) bool { return strings.HasPrefix(place, "/buyer/identifiers/") })
					if from.name == to.name && len(losses) > 0 {
						t.Errorf("lost on the way back: %v", losses)
					}
				})
			}
		}
		if documents < 2 {
			t.Errorf("%d invoices of %s were converted", documents, from.name)
		}
	}
}

// converted writes an invoice, reads it back and says what differs beyond what the writer names as lost.
func converted(t *testing.T, doc *document.Doc, to syntax) (losses []string, fault string) {
	t.Helper()
	xml, losses := to.Write(doc)
	back := to.read(t, xml)
	if back == nil {
		return losses, "refused when read back"
	}
	want, got := facts(doc.Root(), "", losses), facts(back.Root(), "", nil)
	got = slices.DeleteFunc(got, func(fact string) bool {
		place, _, _ := strings.Cut(fact, " = ")
		// UBL demands the VAT total; in CII a type code that is lost as that of a credit note is that of an invoice.
		return place == "/totals/vat" && !doc.Lookup(place).Exists() || place == "/kind" && slices.Contains(losses, place)
	})
	if diff := cmp.Diff(withoutIndexes(want), withoutIndexes(got)); diff != "" {
		return losses, diff
	}
	return losses, ""
}

// facts lists the place and text of every value but those at the pointers of losses. A place is a pointer that does not
// count items without values: they say nothing, and are not written.
func facts(v document.Value, place string, losses []string) []string {
	if v.Type() != document.Object && v.Type() != document.Array {
		if len(losses) > 0 && slices.Contains(losses, v.Pointer()) {
			return nil
		}
		return []string{place + " = " + v.Text()}
	}
	var all []string
	items := 0
	for child := range v.Children() {
		step := child.Name()
		if v.Type() == document.Array {
			step = strconv.Itoa(items)
		}
		below := facts(child, place+"/"+step, losses)
		if len(below) > 0 {
			items++
		}
		all = append(all, below...)
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
		"vatPointDate": "2026-11-01", "notes": [{"subjectCode": "12", "text": "T"}], "lines": [{"price": {"net": "1", "gross": "2"}}, {"price": {"discount": "1"}}]
	}`
	doc, fault := jsondoc.Parse([]byte(faulty))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	for name, want := range map[string][]string{
		"ubl": {"/number", "/salesOrderReference", "/dueDate", "/notes/0/subjectCode", "/lines/0/price/gross"},
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

// A credit note in UBL says its due date in its means of payment, which are repeated for each account: it is read back.
func TestConversionOfAccounts(t *testing.T) {
	doc, fault := jsondoc.Parse([]byte(`{"kind": "credit-note", "typeCode": "381", "dueDate": "2026-11-24",
		"payment": {"meansCode": "30", "creditTransfers": [{"accountId": "A"}, {"accountId": "B"}]}}`))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	for _, to := range syntaxes {
		if losses, fault := converted(t, doc, to); len(losses) > 0 || fault != "" {
			t.Errorf("%s: losses %v, %s", to.name, losses, fault)
		}
	}
}

// What holds for invoices holds for invoices that are wrong: whatever is changed in one, it is refused or converted as
// completely as any other.
func TestConversionOfMutants(t *testing.T) {
	const mutants = 12 // of each invoice; 300 take a minute
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range syntaxes {
		read, refused := 0, 0
		for _, file := range invoices(t, from.name) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m := xmltest.NewMutator(t, data)
			for n := range mutants {
				mutant := m.Mutant(uint64(n))
				doc := from.read(t, mutant)
				if doc == nil || len(set.Validate(doc.Root().Get("kind").Text(), doc)) > 0 {
					refused++ // and never written
					continue
				}
				read++
				for _, to := range syntaxes {
					if losses, fault := converted(t, doc, to); fault != "" {
						t.Errorf("mutant %d of %s to %s: %s\nlosses: %v", n, filepath.Base(file), to.name, fault, losses)
					}
				}
			}
		}
		t.Logf("%s: %d mutants converted, %d refused", from.name, read, refused)
		if read == 0 || refused == 0 {
			t.Errorf("%s: %d mutants converted and %d refused", from.name, read, refused)
		}
	}
}

// A buyer has one identifier in an ordinary UBL invoice (BT-46, UBL-SR-16): its SIRET, else the first. The others are lost; of the
// extended profile, and in CII, all are kept.
func TestIdentifiersOfBuyer(t *testing.T) {
	for _, c := range []struct{ name, specification, identifiers, lost string }{
		{"none", "urn:cen.eu:en16931:2017", `[]`, ""},
		{"one without scheme", "urn:cen.eu:en16931:2017", `[{"id": "B"}]`, ""},
		{"a SIRET and a routing code", "urn:cen.eu:en16931:2017", `[{"id": "S", "scheme": "0009"}, {"id": "R", "scheme": "0224"}]`, "/buyer/identifiers/1/id /buyer/identifiers/1/scheme"},
		{"a SIRET after others", "urn:cen.eu:en16931:2017", `[{"id": "B"}, {"id": "S", "scheme": "0009"}, {"id": "T", "scheme": "0009"}]`,
			"/buyer/identifiers/0/id /buyer/identifiers/2/id /buyer/identifiers/2/scheme"},
		{"no SIRET", "urn:cen.eu:en16931:2017", `[{"id": "G", "scheme": "0088"}, {"id": "R", "scheme": "0224"}]`, "/buyer/identifiers/1/id /buyer/identifiers/1/scheme"},
		{"extended", "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", `[{"id": "S", "scheme": "0009"}, {"id": "R", "scheme": "0224"}]`, ""},
	} {
		doc, fault := jsondoc.Parse([]byte(`{"kind": "invoice", "typeCode": "380", "process": {"specification": "` + c.specification + `"}, "buyer": {"name": "N", "identifiers": ` + c.identifiers + `}}`))
		if fault != nil {
			t.Fatal(fault.EN)
		}
		for _, s := range syntaxes {
			want := c.lost
			if s.name == "cii" {
				want = ""
			}
			losses, fault := converted(t, doc, s)
			if got := strings.Join(losses, " "); got != want || fault != "" {
				t.Errorf("%s, %s: lost %q, want %q; %s", c.name, s.name, got, want, fault)
			}
		}
	}
}
