package rules

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
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

// The official unit tests (a testSet for each rule, a partial document for each test) must all agree with the rules of
// the shipped pack. Of a partial document only the rule that the test names is judged.
func TestOfficialUnitTests(t *testing.T) {
	dir := corpus(t, "en16931/unit")
	pack := shippedPack(t)
	agreed := map[string]int{}
	files := 0
	for i := range pack.Rules {
		rule := &pack.Rules[i]
		data, err := os.ReadFile(filepath.Join(dir, rule.ID+".xml"))
		if errors.Is(err, os.ErrNotExist) {
			t.Logf("%s: no official unit test", rule.ID)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		files++
		for n, test := range unitTests(t, data) {
			if test.rule != rule.ID {
				continue
			}
			name := fmt.Sprintf("%s/%d", rule.ID, n+1)
			doc, refused := transform(t, test.document)
			if violation.AnyFatal(refused) && test.expect == "error" {
				agreed["refused"]++ // what the rule forbids is refused before rules are judged
				continue
			}
			if doc == nil {
				t.Errorf("%s (%s): the transformer refuses it: %v", name, test.expect, refused)
				continue
			}
			only := *pack
			only.Rules = []Rule{*rule}
			fires := len(Check(doc, []*Pack{&only})) > 0
			if fires != (test.expect == "error") {
				t.Errorf("%s: expected %s, fires: %v; canonical %s", name, test.expect, fires, doc.AppendJSON(nil))
				continue
			}
			agreed[test.expect]++
		}
	}
	t.Logf("%d files: %d success and %d error cases agree, %d more are refused by the transformer",
		files, agreed["success"], agreed["error"], agreed["refused"])
	if agreed["success"] < 70 || agreed["error"] < 55 {
		t.Errorf("too few official cases were judged")
	}
}

// unitTest is one assertion of an official test set.
type unitTest struct {
	expect   string // success or error
	rule     string
	document []byte
}

// unitTests cuts the documents of a test set out by their place in the file, so that they are judged byte for byte.
func unitTests(t *testing.T, data []byte) (tests []unitTest) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	var expect, rule string
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
		case "success", "error", "warning":
			expect = element.Name.Local
			if err := d.DecodeElement(&rule, &element); err != nil {
				t.Fatal(err)
			}
			rule = strings.TrimSpace(rule)
		case "Invoice", "CreditNote":
			if err := d.Skip(); err != nil {
				t.Fatal(err)
			}
			tests = append(tests, unitTest{expect, rule, data[start:d.InputOffset()]})
		}
	}
}

// transform gives the canonical document of an XML invoice, nil when it is refused.
func transform(t testing.TB, data []byte) (*document.Doc, []violation.Violation) {
	t.Helper()
	source, fault := xmldoc.Parse(data)
	if fault != nil {
		return nil, []violation.Violation{*fault}
	}
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

// The complete examples are valid: no fatal rule may fire, and every rule can be judged.
func TestCompleteExamples(t *testing.T) {
	pack := shippedPack(t)
	count := 0
	for _, syntax := range []string{"ubl", "cii"} {
		dir := corpus(t, "en16931/"+syntax)
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range files {
			file := filepath.Join(dir, entry.Name())
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc, refused := transform(t, data)
			if doc == nil || len(refused) > 0 {
				t.Errorf("%s: refused by the transformer: %v", filepath.Base(file), refused)
				continue
			}
			count++
			if !slices.Contains(pack.Kinds, doc.Root().Get("kind").Text()) {
				t.Errorf("%s: kind %q is not judged", filepath.Base(file), doc.Root().Get("kind").Text())
			}
			for _, v := range Check(doc, []*Pack{pack}) {
				t.Errorf("%s: %s at %s: %s", filepath.Base(file), v.Code, v.Pointer, v.EN)
			}
		}
	}
	t.Logf("%d complete examples judged", count)
	if count != 34 {
		t.Errorf("%d complete examples, expected 34", count)
	}
}
