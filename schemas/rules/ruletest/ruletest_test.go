package ruletest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/violation"
)

const testSetFile = `<?xml version="1.0"?>
<testSet xmlns="http://difi.no/xsd/vefa/validator/1.0" configuration="tc434-ubl">
  <assert><scope>BR-1</scope></assert>
  <test>
    <assert><description>one  line</description><error number="2">BR-1</error><success> BR-2 </success></assert>
    <a:Invoice xmlns:a="urn:a"><a:x/></a:Invoice>
  </test>
  <test><assert><warning>BR-3</warning></assert><Invoice xmlns="urn:b"/></test>
</testSet>`

const yamlFile = `tests:
  - name: one line
    file: a.xml
    error: [BR-1]
    success: [BR-2]
    number: 2
  - name: inside
    document: |
      <Invoice xmlns="urn:b"/>
    warning: [BR-3]
`

func TestParse(t *testing.T) {
	files := map[string]string{"a.xml": `<a:Invoice xmlns:a="urn:a"><a:x/></a:Invoice>`}
	readFile := func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
	want := []Case{
		{"one line", 4, "BR-1", Error, 2, []byte(files["a.xml"])},
		{"one line", 4, "BR-2", Success, 0, []byte(files["a.xml"])},
		{"", 8, "BR-3", Warning, 0, []byte(`<Invoice xmlns="urn:b"/>`)},
	}
	got, list := Parse("tests.xml", []byte(testSetFile), nil)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	want[0].Line, want[1].Line, want[2].Line = 2, 2, 7
	want[2].Name, want[2].Document = "inside", []byte("<Invoice xmlns=\"urn:b\"/>\n")
	if got, list = Parse("tests.yaml", []byte(yamlFile), readFile); list.HasErrors() {
		t.Fatal(list.Err())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseFaults(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"not XML":                {`<testSet xmlns="` + vefa + `"><test>`, "cannot be read"},
		"another root":           {`<tests/>`, "no test: expected a testSet"},
		"no document":            {`<testSet xmlns="` + vefa + `"><test><assert><error>R</error></assert></test></testSet>`, "without document"},
		"an unknown expectation": {`<testSet xmlns="` + vefa + `"><test><assert><fails>R</fails></assert><a xmlns=""/></test></testSet>`, `found "fails"`},
		"nothing expected":       {`<testSet xmlns="` + vefa + `"><test><assert/><a xmlns=""/></test></testSet>`, "expects nothing"},
		"YAML, nothing expected": {"tests:\n  - name: n\n    document: <a/>\n", "expects nothing"},
		"YAML, no document":      {"tests:\n  - name: n\n    error: [R]\n", "expected file or document"},
		"YAML, both":             {"tests:\n  - name: n\n    error: [R]\n    file: f\n    document: d\n", "expected file or document"},
		"YAML, no such file":     {"tests:\n  - name: n\n    error: [R]\n    file: f\n", "cannot be read"},
		"YAML, unknown field":    {"tests:\n  - name: n\n    errors: [R]\n    file: f\n", "errors"},
	} {
		_, list := Parse("tests", []byte(c.text), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
		if err := list.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestRun(t *testing.T) {
	document, other := []byte("a"), []byte("b")
	cases := []Case{
		{Rule: "F", Expect: Error, Number: 3, Document: document},
		{Rule: "F", Expect: Error, Number: 1, Document: document},
		{Rule: "F", Expect: Success, Document: document},
		{Rule: "W", Expect: Warning, Document: document},
		{Rule: "W", Expect: Error, Document: document},
		{Rule: "K", Expect: Success, Document: document},
		{Rule: "K", Expect: Success, Document: other},
	}
	judged := 0
	results := Run(cases, func(document []byte) ([]violation.Violation, error) {
		judged++
		if string(document) == "b" {
			return nil, errors.New("not recognised")
		}
		return []violation.Violation{
			{Code: "F", Severity: violation.Fatal}, {Code: "F", Severity: violation.Fatal, Count: 2}, {Code: "W", Severity: violation.Warning},
		}, nil
	})
	var said []string
	for _, r := range results {
		_, en := r.Describe()
		if r.Passed {
			en = "passed"
		}
		said = append(said, en)
	}
	want := []string{
		"passed",
		"line 0, F: expected refusal ×1, found refusal ×3",
		"line 0, F: expected kept, found refusal ×3",
		"passed",
		"line 0, W: expected refusal, found warning ×1",
		"passed",
		"line 0, K: expected kept, found not recognised",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
	if judged != 2 {
		t.Errorf("%d documents judged, expected each once", judged)
	}
}

// The official tests are read whole.
func TestOfficialTestSets(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		t.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(corpus) {
		corpus = filepath.Join("../../..", corpus)
	}
	files, err := filepath.Glob(filepath.Join(corpus, "en16931", "unit", "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	count := map[Expectation]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases, list := Parse(filepath.Base(file), data, nil)
		if err := list.Err(); err != nil {
			t.Error(err)
		}
		for _, c := range cases {
			count[c.Expect]++
		}
	}
	if diff := cmp.Diff(map[Expectation]int{Success: 452, Error: 464, Warning: 1}, count); len(files) != 206 || diff != "" {
		t.Errorf("%d files, %s", len(files), diff)
	}
}
