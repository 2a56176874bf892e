package rules

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cdar"
)

// statusCase changes a lifecycle message and lists all rules that fire then.
type statusCase struct {
	Of        yamldoc.String              `yaml:"of,required,oneof=transmission|treatment"`
	Change    yamldoc.Map[yamldoc.String] `yaml:"change,required"`
	Fires     []string                    `yaml:"fires"`
	Canonical []string                    `yaml:"canonical"`
}

// neverBroken are the rules of cdar that the artefact writes so that no message breaks them.
var neverBroken = []string{
	"BR-FR-CDV-01_MDG-3", "BR-FR-CDV-04_MDG-4", "BR-FR-CDV-05_MDG-9", "BR-FR-CDV-06_MDT-21", "BR-FR-CDV-07_MDT-38_no", "BR-FR-CDV-10_MDT-87",
}

// Every rule of cdar has a message that breaks it and one at its border, as sent and as a canonical document, or no message can
// break it. The folder STATUS_CASES, if it is set, gets all of them: TestOracleStatuses compares the verdicts.
func TestStatusCases(t *testing.T) {
	pack := shippedSet(t).At("cdar", "")
	seen := map[string]tally{}
	for id, all := range readCases[statusCase](t, "cdar", pack).All() {
		for number, c := range all {
			n := seen[id.Value]
			n.count(slices.Contains(c.Fires, id.Value))
			seen[id.Value] = n
			c.run(t, pack, id, number)
		}
	}
	for _, r := range pack.Rules {
		reason := ""
		if slices.Contains(neverBroken, r.ID) {
			reason = "the artefact writes it so"
		}
		seen[r.ID].check(t, r.ID, reason)
	}
}

func (c statusCase) run(t *testing.T, pack *Pack, id yamldoc.String, number int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/cdar", c.Of.Value+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for from, to := range c.Change.All() {
		if n := strings.Count(text, from.Value); n != 1 {
			t.Errorf("%s: %q stands %d times", from.Pos, from.Value, n)
		}
		text = strings.Replace(text, from.Value, to.Value, 1)
	}
	if dir := os.Getenv("STATUS_CASES"); dir != "" { // for the oracle
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.%03d.xml", id.Value, number)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source, refused := xmldoc.Parse([]byte(text))
	if refused != nil {
		t.Fatalf("%s: %s", id.Value, refused.EN)
	}
	doc := statuses(t, source)[0]
	want := slices.Sorted(slices.Values(c.Fires))
	if got := fired(t, pack, Check(Subject{Doc: doc, XML: source.Root()}, []*Pack{pack})); !slices.Equal(got, want) {
		t.Errorf("%s of %s: %v fire, want %v", id.Pos, id.Value, got, want)
	}
	if c.Canonical != nil {
		want = slices.Sorted(slices.Values(c.Canonical))
	}
	if got := fired(t, pack, Check(Subject{Doc: doc}, []*Pack{pack})); !slices.Equal(got, want) {
		t.Errorf("%s of %s in canonical form: %v fire, want %v", id.Pos, id.Value, got, want)
	}
}

// fired returns the rules that fired, each of which says what it should.
func fired(t *testing.T, pack *Pack, found []violation.Violation) []string {
	t.Helper()
	var all []string
	for _, v := range found {
		all = append(all, v.Code)
		complete(t, pack.rule(v.Code), v, "cdar")
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// statuses returns the canonical documents of a message.
func statuses(t testing.TB, source *xmldoc.Doc) []*document.Doc {
	t.Helper()
	result, refused := cdar.Transformer{}.Transform(transformers.Content{XML: source}, transformers.Identity{})
	if len(refused) > 0 {
		t.Fatal(refused[0].EN)
	}
	var docs []*document.Doc
	for _, part := range result.Parts {
		docs = append(docs, part.Doc)
	}
	return docs
}

// What a message says is told once, however many invoices it is about.
func TestStatusesAreToldOnce(t *testing.T) {
	pack := shippedSet(t).At("cdar", "")
	data, err := os.ReadFile("testdata/cdar/transmission.xml")
	if err != nil {
		t.Fatal(err)
	}
	before, reference, _ := strings.Cut(string(data), "<ram:ReferenceReferencedDocument>")
	reference, after, _ := strings.Cut(reference, "</ram:ReferenceReferencedDocument>")
	reference = "<ram:ReferenceReferencedDocument>" + strings.Replace(reference, ">REJ_COH<", ">AUTRE<", 1) + "</ram:ReferenceReferencedDocument>"
	source, refused := xmldoc.Parse([]byte(before + reference + reference + after))
	if refused != nil {
		t.Fatal(refused.EN)
	}
	docs := statuses(t, source)
	first := Check(Subject{Doc: docs[0], XML: source.Root()}, []*Pack{pack})
	again := Check(Subject{Doc: docs[1], XML: source.Root(), Told: []string{"cdar"}}, []*Pack{pack})
	if len(first) != 2 || len(again) != 0 {
		t.Errorf("%d violations with the first of two invoices and %d with the second, want 2 and 0", len(first), len(again))
	}
}

// Chorus Pro takes a message about one invoice.
func TestSeveralStatusesToChorus(t *testing.T) {
	pack := shippedSet(t).At("chorus-status", "")
	data, err := os.ReadFile("testdata/cdar/treatment.xml")
	if err != nil {
		t.Fatal(err)
	}
	before, reference, _ := strings.Cut(string(data), "<ram:ReferenceReferencedDocument>")
	reference, after, _ := strings.Cut(reference, "</ram:ReferenceReferencedDocument>")
	reference = "<ram:ReferenceReferencedDocument>" + reference + "</ram:ReferenceReferencedDocument>"
	for _, tt := range []struct {
		recipient string
		invoices  int
		want      []string
	}{
		{"0000", 2, nil}, {"9999", 1, []string{"CHORUS-STATUS-04"}}, {"9999", 2, []string{"CHORUS-STATUS-04", "CHORUS-STATUS-05"}},
	} {
		text := strings.Replace(before, ">0000<", ">"+tt.recipient+"<", 1) + strings.Repeat(reference, tt.invoices) + after
		source, refused := xmldoc.Parse([]byte(text))
		if refused != nil {
			t.Fatal(refused.EN)
		}
		if got := fired(t, pack, Check(Subject{Doc: statuses(t, source)[0], XML: source.Root()}, []*Pack{pack})); !slices.Equal(got, tt.want) {
			t.Errorf("%d invoices to %s: %v fire, want %v", tt.invoices, tt.recipient, got, tt.want)
		}
	}
}

// The pack cdar agrees with the official artefact as [TestOracle] says, on the oracle's lifecycle messages, mutants of them and
// the messages of the folder STATUS_CASES.
func TestOracleStatuses(t *testing.T) {
	oracle := os.Getenv("ORACLE")
	if oracle == "" {
		t.Skip("ORACLE is not set: make test-oracle sets it")
	}
	messages, err := filepath.Glob(filepath.Join(oracle, "fr-seeds/*/cdv_*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	seed, count := cmp.Or(os.Getenv("ORACLE_SEED"), "1"), cmp.Or(os.Getenv("ORACLE_COUNT"), "100")
	files := append(messages, mutants(t, oracle, seed, count, "cdar", messages)...)
	if dir := os.Getenv("STATUS_CASES"); dir != "" {
		files = append(files, listed(t, dir)...)
	}
	pack := []*Pack{shippedSet(t).At("cdar", "")}
	c := newComparison(t, "BR-FR-")
	c.report(c.compare(verdicts(t, oracle, "cdar", shard(t, files)), func(_ *verdict, root xmldoc.Element) []violation.Violation {
		return Check(Subject{XML: root}, pack)
	}))
}

// BenchmarkStatus judges a lifecycle message by all its rules.
func BenchmarkStatus(b *testing.B) {
	pack := []*Pack{shippedSet(b).At("cdar", "")}
	data, err := os.ReadFile("testdata/cdar/treatment.xml")
	if err != nil {
		b.Fatal(err)
	}
	source, refused := xmldoc.Parse(data)
	if refused != nil {
		b.Fatal(refused.EN)
	}
	subject := Subject{Doc: statuses(b, source)[0], XML: source.Root()}
	b.ReportAllocs()
	for b.Loop() {
		if found := Check(subject, pack); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
