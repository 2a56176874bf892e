package espd

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
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

func parse(t testing.TB, data string) transformers.Content {
	t.Helper()
	doc, fault := xmldoc.Parse([]byte(data))
	if fault != nil {
		t.Fatalf("parse: %s", fault.EN)
	}
	return transformers.Content{XML: doc}
}

func read(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func transform(t testing.TB, c transformers.Content) (transformers.Identity, transformers.Result) {
	t.Helper()
	tr := New()
	id, refused, ok := tr.Recognise(c)
	if !ok || refused != nil {
		t.Fatalf("Recognise: ok %v, refused %v", ok, refused)
	}
	res, faults := tr.Transform(c, id)
	if len(faults) > 0 {
		t.Fatalf("Transform: %v", faults)
	}
	return id, res
}

// TestGolden shows the canonical form of our own documents: those of the demo, and one with every odd corner.
func TestGolden(t *testing.T) {
	schema := compileSchema(t)
	for _, c := range []struct{ file, golden, key, version string }{
		{"../../examples/documents/espd-request.xml", "espd-request.golden.json", "21350238800019/2026-ECOLE-07", "4.1.0"},
		{"../../examples/documents/espd-response.xml", "espd-response.golden.json", "21350238800019/2026-ECOLE-07", "4.1.0"},
		{"testdata/corners.xml", "corners.golden.json", "FR-BUYER-1/CF-1", "2.1.1"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			id, res := transform(t, parse(t, read(t, c.file)))
			if id.Version != c.version || id.Format != transformers.ESPD || id.Kind != res.Parts[0].Kind {
				t.Errorf("identity %+v", id)
			}
			if res.Key != c.key || res.Parts[0].Key != c.key {
				t.Errorf("key %q, want %q", res.Key, c.key)
			}
			if err := accepts(schema, res.Parts[0].Doc); err != nil {
				t.Errorf("the schema refuses it: %#v", err)
			}
			var indented bytes.Buffer
			if err := json.Indent(&indented, res.Parts[0].Doc.AppendJSON(nil), "", "  "); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&indented, "\nignored: %s\n", strings.Join(res.Ignored, " "))
			golden(t, c.golden, indented.Bytes())
		})
	}
}

// mini is a request with what the schema requires; %s stands where tests add elements.
const mini = `<q:QualificationApplicationRequest xmlns:q="urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationRequest-2"
 xmlns:a="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:b="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<b:ProfileExecutionID>ESPD-EDMv4.1.0</b:ProfileExecutionID><b:ID>R</b:ID><b:UUID>U</b:UUID><b:ContractFolderID>CF</b:ContractFolderID><b:IssueDate>2026-01-31</b:IssueDate>%s
<a:ContractingParty><a:Party><a:PartyName><b:Name>B</b:Name></a:PartyName></a:Party></a:ContractingParty>
<a:TenderingCriterion><b:ID>1</b:ID><b:CriterionTypeCode>c</b:CriterionTypeCode><b:Name>n</b:Name><b:Description>d</b:Description></a:TenderingCriterion>
</q:QualificationApplicationRequest>`

func TestRecognise(t *testing.T) {
	const q = "urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationRe"
	doc := func(root, space, children string) string {
		return `<` + root + ` xmlns="` + space + `" xmlns:b="` + basic + `">` + children + `</` + root + `>`
	}
	request := func(children string) string { return doc("QualificationApplicationRequest", q+"quest-2", children) }
	for _, c := range []struct {
		name, xml     string
		kind, version string
		refused       string // part of the English message, empty for none
	}{
		{"4.1.0", request(`<b:ProfileExecutionID>ESPD-EDMv4.1.0</b:ProfileExecutionID>`), "espd-request", "4.1.0", ""},
		{"3.0.1", request(`<b:ProfileExecutionID>ESPD-EDMv3.0.1</b:ProfileExecutionID>`), "espd-request", "3.0.1", ""},
		{"profile wins over type and VersionID", request(`<b:ProfileExecutionID>ESPD-EDMv3.3.0</b:ProfileExecutionID><b:VersionID>1.0</b:VersionID><b:QualificationApplicationTypeCode>Basic</b:QualificationApplicationTypeCode>`), "espd-request", "3.3.0", ""},
		{"2.1.1 by profile", request(`<b:ProfileExecutionID>ESPD-EDMv2.1.1-BASIC</b:ProfileExecutionID>`), "espd-request", "2.1.1", ""},
		{"2.1.1 by type", request(`<b:QualificationApplicationTypeCode>Extended</b:QualificationApplicationTypeCode>`), "espd-request", "2.1.1", ""},
		{"2.1.0 by type", request(`<b:QualificationApplicationTypeCode>REGULATED</b:QualificationApplicationTypeCode>`), "espd-request", "2.1.0", ""},
		{"2.1.1 by UBL version", request(`<b:UBLVersionID>2.2</b:UBLVersionID><b:VersionID>1.0</b:VersionID>`), "espd-request", "2.1.1", ""},
		{"2.1.1 by customization", doc("QualificationApplicationResponse", q+"sponse-2", `<b:CustomizationID>urn:www.cenbii.eu:transaction:biitrdm092:ver3.0</b:CustomizationID>`), "espd-response", "2.1.1", ""},
		{"nothing said", request(`<b:UBLVersionID>2.3</b:UBLVersionID><b:VersionID>4.1.0</b:VersionID>`), "espd-request", "", "does not say its version"},
		{"unknown type", request(`<b:QualificationApplicationTypeCode>Luxury</b:QualificationApplicationTypeCode>`), "espd-request", "", "does not say its version"},
		{"5.0 alpha", request(`<b:ProfileExecutionID>ESPD-EDMv5.0.0-alpha.1</b:ProfileExecutionID>`), "espd-request", "5.0.0-alpha.1", "ESPD-EDMv5.0.0-alpha.1"},
		{"unknown profile", request(`<b:ProfileExecutionID>BPP-1001</b:ProfileExecutionID>`), "espd-request", "", "BPP-1001"},
		{"a flavour of another version", request(`<b:ProfileExecutionID>ESPD-EDMv4.1.0-BASIC</b:ProfileExecutionID>`), "espd-request", "4.1.0-BASIC", "4.1.0-BASIC"},
		{"2.0.0 by profile", request(`<b:ProfileExecutionID>ESPD-EDMv2.0.0-REGULATED</b:ProfileExecutionID>`), "espd-request", "2.0.0", "2.0.0"},
		{"version 1 request", doc("ESPDRequest", "urn:grow:names:specification:ubl:schema:xsd:ESPDRequest-1", ""), "espd-request", "1", "version 1;"},
		{"version 1 response", doc("ESPDResponse", "urn:grow:names:specification:ubl:schema:xsd:ESPDResponse-1", ""), "espd-response", "1", "version 1;"},
		{"2.0 request", doc("QualificationApplicationRequest", "urn:X-test:UBL:Pre-award:QualificationApplicationRequest", ""), "espd-request", "2.0", "version 2.0;"},
		{"2.0 response", doc("QualificationApplicationResponse", "urn:X-test:UBL:Pre-award:QualificationApplicationResponse", ""), "espd-response", "2.0", "version 2.0;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, refused, ok := New().Recognise(parse(t, c.xml))
			if !ok || string(id.Kind) != c.kind || id.Version != c.version || id.Format != transformers.ESPD {
				t.Errorf("got %+v, ok %v", id, ok)
			}
			switch {
			case c.refused == "" && refused != nil:
				t.Errorf("refused: %s", refused.EN)
			case c.refused != "" && refused == nil:
				t.Error("not refused")
			case refused != nil && (refused.Code != "unsupported_version" || !strings.Contains(refused.EN, c.refused) || refused.Source == "" || refused.FR == "" || refused.Remedy == "" || refused.RemedyEN == ""):
				t.Errorf("refused with %+v", *refused)
			}
		})
	}
	for _, c := range []string{
		doc("QualificationApplicationRequest", q+"quest-3", ""),
		doc("QualificationApplicationRequest", q+"sponse-2", ""),
		doc("Invoice", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", ""),
		"<QualificationApplicationRequest/>",
	} {
		if _, refused, ok := New().Recognise(parse(t, c)); ok || refused != nil {
			t.Errorf("recognised: %s", c)
		}
	}
	if _, _, ok := New().Recognise(transformers.Content{JSON: document.New(nil, 0)}); ok {
		t.Error("recognised JSON")
	}
}

func TestTransformRefuses(t *testing.T) {
	many := strings.Repeat(`<x:Foo xmlns:x="urn:x"/>`, 50)
	for _, c := range []struct {
		name, extra, code, source string
		faults, count             int
	}{
		{"element twice", `<b:ID>again</b:ID>`, "repeated_element", "ID[2]", 1, 0},
		{"another UBL version", `<x:UUID xmlns:x="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-3">u</x:UUID>`, "foreign_namespace", "UUID", 1, 0},
		{"no namespace", `<a:Evidence><Name>n</Name></a:Evidence>`, "foreign_namespace", "Name", 1, 0},
		{"many", many, "foreign_namespace", "Foo[1]", 20, 31},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := parse(t, fmt.Sprintf(mini, c.extra))
			res, faults := New().Transform(content, transformers.Identity{Kind: transformers.ESPDRequest})
			if len(res.Parts) != 0 || len(faults) != c.faults {
				t.Fatalf("%d parts, faults %v", len(res.Parts), faults)
			}
			v := faults[0]
			if v.Code != c.code || !strings.HasSuffix(v.Source, c.source) || v.Line == 0 || !v.IsFatal() {
				t.Errorf("got %+v", v)
			}
			if last := faults[len(faults)-1]; last.Count != c.count {
				t.Errorf("count %d, want %d", last.Count, c.count)
			}
		})
	}
}

// TestSchemaRefuses shows that what the transformer keeps as written, or does not find, is refused by the schema.
func TestSchemaRefuses(t *testing.T) {
	schema := compileSchema(t)
	base := fmt.Sprintf(mini, "")
	if _, res := transform(t, parse(t, base)); accepts(schema, res.Parts[0].Doc) != nil {
		t.Fatalf("the base document is refused: %#v", accepts(schema, res.Parts[0].Doc))
	}
	for _, c := range []struct{ name, old, new string }{
		{"no contract folder", "<b:ContractFolderID>CF</b:ContractFolderID>", ""},
		{"blank contract folder", ">CF<", "> <"},
		{"no issue date", "<b:IssueDate>2026-01-31</b:IssueDate>", ""},
		{"no day of the calendar", "2026-01-31", "2026-02-30"},
		{"date and time", "2026-01-31", "2026-01-31T00:00:00"},
		{"no buyer", "<b:Name>B</b:Name>", ""},
		{"no criterion type", "<b:CriterionTypeCode>c</b:CriterionTypeCode>", ""},
		{"no criterion", "<b:ID>1</b:ID><b:CriterionTypeCode>c</b:CriterionTypeCode><b:Name>n</b:Name><b:Description>d</b:Description>", ""},
		{"indicator in words", "<b:ID>R</b:ID>", "<b:ID>R</b:ID><b:CopyIndicator>maybe</b:CopyIndicator>"},
		{"weight with a comma", "<b:Description>d</b:Description>", "<b:Description>d</b:Description><b:WeightNumeric>0,5</b:WeightNumeric>"},
		{"weight not a number", "<b:Description>d</b:Description>", "<b:Description>d</b:Description><b:WeightNumeric>NaN</b:WeightNumeric>"},
		{"time of another day", "<b:ID>R</b:ID>", "<b:ID>R</b:ID><b:IssueTime>25:00:00</b:IssueTime>"},
		{"a response without operator and answers", "Request", "Response"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.ReplaceAll(base, c.old, c.new)
			if changed == base {
				t.Fatal("the case changes nothing")
			}
			_, res := transform(t, parse(t, changed))
			if accepts(schema, res.Parts[0].Doc) == nil {
				t.Errorf("accepted: %s", res.Parts[0].Doc.AppendJSON(nil))
			}
		})
	}
}

func TestSourcePlaces(t *testing.T) {
	_, res := transform(t, parse(t, fmt.Sprintf(mini, "")))
	got := res.Parts[0].Doc.Lookup("/criteria/0/typeCode").Source()
	if got.Line != 5 || !strings.HasSuffix(got.Path, "CriterionTypeCode") {
		t.Errorf("source %+v", got)
	}
}

var corpusFiles = []string{
	"BASIC-ESPDRequest-2.1.1.xml", "BASIC-ESPDResponse-2.1.1.xml", "ESPD-Request-3.3.0.xml",
	"ESPD-Request-4.1.0.xml", "ESPD-Response-3.3.0.xml", "ESPD-Response-4.1.0.xml",
}

// corpus returns the folder of the official samples; tests skip without it.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CORPUS")
	if dir == "" {
		t.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("../..", dir) // relative to the root of the repository
	}
	return filepath.Join(dir, "espd")
}

// TestCorpus reads the official samples. The golden file holds counts and digests, never their text.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	schema := compileSchema(t)
	var out bytes.Buffer
	for _, file := range corpusFiles {
		content := parse(t, read(t, filepath.Join(dir, file)))
		id, res := transform(t, content)
		doc := res.Parts[0].Doc
		if err := accepts(schema, doc); err != nil {
			t.Errorf("%s: %#v", file, err)
		}
		encoded := doc.AppendJSON(nil)
		root := doc.Root()
		fmt.Fprintf(&out, "%s: %s %s\n  elements %d, values %d, criteria %d, answers %d, evidences %d, lots %d\n  bytes %d, sha256 %x\n  key sha256 %x\n  ignored %v\n",
			file, id.Kind, id.Version, content.XML.Len(), doc.Len(), root.Get("criteria").Len(), root.Get("answers").Len(),
			root.Get("evidences").Len(), root.Get("lots").Len(), len(encoded), sha256.Sum256(encoded), sha256.Sum256([]byte(res.Key)), res.Ignored)
		missing := notCarried(content.XML, doc)
		if len(missing) != len(res.Ignored) {
			t.Errorf("%s: not carried %v, ignored %v", file, missing, res.Ignored)
		}
	}
	golden(t, "corpus.golden", out.Bytes())
}

// notCarried lists the XPaths of elements whose text is found nowhere in the canonical document, however the
// transformer keeps its own account.
func notCarried(source *xmldoc.Doc, doc *document.Doc) []string {
	texts := map[string]bool{}
	var gather func(document.Value)
	gather = func(v document.Value) {
		texts[v.Text()] = true
		for _, line := range strings.Split(v.Text(), "\n") {
			texts[line] = true
		}
		for c := range v.Children() {
			gather(c)
		}
	}
	gather(doc.Root())
	var paths []string
	var walk func(xmldoc.Element)
	walk = func(e xmldoc.Element) {
		if text := e.Text(); text != "" && !texts[text] && !texts[day(text)] {
			paths = append(paths, e.Path())
		}
		for c := range e.Children() {
			walk(c)
		}
	}
	walk(source.Root())
	return paths
}

func FuzzTransform(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(mini, "")))
	f.Add([]byte(read(f, "testdata/corners.xml")))
	f.Add([]byte(`<ESPDRequest xmlns="urn:grow:names:specification:ubl:schema:xsd:ESPDRequest-1"/>`))
	tr := New()
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, fault := xmldoc.Parse(data)
		if fault != nil {
			return
		}
		content := transformers.Content{XML: doc}
		id, refused, ok := tr.Recognise(content)
		if !ok {
			if refused != nil || id != (transformers.Identity{}) {
				t.Fatalf("not recognised, yet %+v %v", id, refused)
			}
			return
		}
		res, faults := tr.Transform(content, id)
		if violation.AnyFatal(faults) {
			if len(res.Parts) != 0 {
				t.Fatal("parts beside violations")
			}
			return
		}
		if len(res.Parts) != 1 || !json.Valid(res.Parts[0].Doc.AppendJSON(nil)) {
			t.Fatal("not one canonical document")
		}
	})
}

func BenchmarkTransform(b *testing.B) {
	dir := corpus(b)
	for _, file := range []string{"ESPD-Request-4.1.0.xml", "ESPD-Response-3.3.0.xml"} {
		b.Run(file, func(b *testing.B) {
			content := parse(b, read(b, filepath.Join(dir, file)))
			tr := New()
			id, _, _ := tr.Recognise(content)
			b.ReportAllocs()
			for b.Loop() {
				if res, _ := tr.Transform(content, id); len(res.Parts) != 1 {
					b.Fatal("no document")
				}
			}
		})
	}
}
