package rules

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// corpus returns a folder of the corpus of real documents, or skips the test.
func corpus(t testing.TB, folder string) string {
	t.Helper()
	dir := os.Getenv("CORPUS")
	if dir == "" {
		t.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("../..", dir)
	}
	return filepath.Join(dir, folder)
}

// packUnderTest loads the shipped packs, bindings and lists. The folders that the environment names in PACKS and
// BINDINGS go before: a file of theirs stands for the shipped one of the same name, so that a pack can be written and
// tested beside the program.
func packUnderTest(t testing.TB) *Pack {
	t.Helper()
	files := map[string]File{}
	for _, f := range shippedSource(t) {
		files[f.Name] = f
	}
	for _, env := range []string{"PACKS", "BINDINGS", "LISTS"} {
		names, _ := filepath.Glob(filepath.Join(os.Getenv(env), "*.yaml"))
		if os.Getenv(env) == "" {
			continue
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			maps.DeleteFunc(files, func(other string, _ File) bool { return filepath.Base(other) == filepath.Base(name) })
			files[name] = File{name, data}
		}
	}
	l := newLoader(shippedShapes(t))
	for _, f := range files {
		l.shelve(f)
	}
	set, list := l.load()
	if set == nil {
		t.Fatal(list.Err())
	}
	return set.At("en16931", "")
}

// The official unit tests (a test set for each rule, a partial document for each test) must all agree with the rules.
// Of a partial document only the rule that the test names is judged.
func TestUnit(t *testing.T) {
	dir := corpus(t, "en16931/unit")
	pack := packUnderTest(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no unit tests: ", err)
	}
	total := map[string]int{}
	var missing []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		passed := 0
		var failed []string
		for n, test := range unitTests(t, data) {
			if pack.rule(test.rule) == nil {
				missing = append(missing, test.rule)
				continue
			}
			source, refused := xmldoc.Parse(test.document)
			if refused != nil {
				t.Fatalf("%s: %s", file, refused.EN)
			}
			only := pack.only(func(r *Rule) bool { return r.ID == test.rule })
			places := 0
			var found []string
			for _, v := range Check(Subject{XML: source.Root()}, []*Pack{only}) {
				places += max(1, v.Count)
				found = append(found, fmt.Sprintf("%s %s at %s: %s", v.Code, v.Severity, v.Source, v.EN))
			}
			agrees := (places > 0) == (test.expect != "success")
			for _, f := range found {
				agrees = agrees && strings.HasPrefix(f, test.rule+" ")
			}
			if agrees {
				passed++
				total[test.expect]++
				continue
			}
			failed = append(failed, fmt.Sprintf("%s test %d of %s: expected %s, found %q", filepath.Base(file), n+1, test.rule, test.expect, found))
		}
		if passed > 0 || len(failed) > 0 {
			t.Logf("%s: %d pass, %d fail", filepath.Base(file), passed, len(failed))
		}
		for _, f := range failed {
			t.Error(f)
		}
	}
	// With the 20 about the syntax, which TestOfficialUnitTests of package syntax judges, they are all 917.
	if want := map[string]int{"success": 441, "error": 455, "warning": 1}; !maps.Equal(total, want) || len(missing) != 20 {
		t.Errorf("%v pass and %d are of no rule, want %v and 20", total, len(missing), want)
	}
	slices.Sort(missing)
	t.Logf("%d files; %d success, %d error and %d warning tests pass; %d of rules that the pack does not have: %s",
		len(files), total["success"], total["error"], total["warning"], len(missing), strings.Join(slices.Compact(missing), " "))
}

// unitTest is one assertion of an official test set.
type unitTest struct {
	expect   string // success, error or warning
	rule     string
	document []byte
}

// unitTests cuts the documents of a test set out by their place in the file, so that they are judged byte for byte.
func unitTests(t *testing.T, data []byte) (tests []unitTest) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	var asserts []unitTest
	for {
		start := d.InputOffset()
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return tests
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch element.Name.Local {
		case "test":
			asserts = nil
		case "success", "error", "warning":
			var rule string
			if err := d.DecodeElement(&rule, &element); err != nil {
				t.Fatal(err)
			}
			asserts = append(asserts, unitTest{expect: element.Name.Local, rule: strings.TrimSpace(rule)})
		case "Invoice", "CreditNote", "CrossIndustryInvoice":
			if err := d.Skip(); err != nil {
				t.Fatal(err)
			}
			for _, a := range asserts {
				a.document = data[start:d.InputOffset()]
				tests = append(tests, a)
			}
		}
	}
}

// transform gives the canonical document of an XML invoice, nil when it is refused.
func transform(t testing.TB, source *xmldoc.Doc) (*document.Doc, []violation.Violation) {
	t.Helper()
	for _, tr := range []transformers.Transformer{ubl.Transformer{}, cii.Transformer{}} {
		content := transformers.Content{XML: source}
		id, refused, ok := tr.Recognise(content)
		if !ok {
			continue
		}
		if refused != nil {
			return nil, []violation.Violation{*refused}
		}
		result, vs := tr.Transform(content, id)
		if len(result.Parts) == 0 {
			return nil, vs
		}
		return result.Parts[0].Doc, vs
	}
	t.Fatal("neither UBL nor CII")
	return nil, nil
}

// parseFile reads a document that is sound XML.
func parseFile(t testing.TB, file string) *xmldoc.Doc {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, refused := xmldoc.Parse(data)
	if refused != nil {
		t.Fatalf("%s: %s", file, refused.EN)
	}
	return doc
}

// examples calls f for every complete example of the corpus.
func examples(t testing.TB, f func(name string, source *xmldoc.Doc)) (count int) {
	t.Helper()
	for _, syntax := range []string{"ubl", "cii"} {
		files, err := filepath.Glob(filepath.Join(corpus(t, "en16931/"+syntax), "*.[xX][mM][lL]"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source := parseFile(t, file)
			count++
			f(filepath.Base(file), source)
		}
	}
	return count
}

// The complete examples are valid: no fatal rule may fire, and every rule can be judged; as they were sent, and as
// canonical documents.
func TestExamples(t *testing.T) {
	pack := packUnderTest(t)
	count := examples(t, func(name string, source *xmldoc.Doc) {
		doc, refused := transform(t, source)
		if doc == nil || len(refused) > 0 {
			t.Errorf("%s: refused by the transformer: %v", name, refused)
			return
		}
		if !slices.Contains(pack.Kinds, doc.Root().Get("kind").Text()) {
			t.Errorf("%s: kind %q is not judged", name, doc.Root().Get("kind").Text())
		}
		for as, subject := range map[string]Subject{"as sent": {Doc: doc, XML: source.Root()}, "canonical": {Doc: doc}} {
			for _, v := range Check(subject, []*Pack{pack}) {
				if v.IsFatal() {
					t.Errorf("%s, %s: %s at %s %s: %s", name, as, v.Code, v.Source, v.Pointer, v.EN)
				}
			}
		}
	})
	t.Logf("%d complete examples judged", count)
	if count != 34 {
		t.Errorf("%d complete examples, expected 34", count)
	}
}
