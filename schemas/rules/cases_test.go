package rules

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// ruleCase changes a valid document and says where the rule must point, if anywhere.
type ruleCase struct {
	Case   string                      `yaml:"case"`
	Of     string                      `yaml:"of"` // the document in testdata, without .json; that of the pack when empty
	Remove []string                    `yaml:"remove"`
	Set    yamldoc.Map[yamldoc.String] `yaml:"set"`
	Fires  string                      `yaml:"fires"`
	With   []string                    `yaml:"with"` // the other rules that such a document cannot but break
	// Elsewhere is the test of this package that has the firing and the border case of a rule, where no change of a canonical document is one.
	Elsewhere string `yaml:"elsewhere"`
}

// without are the rules that no canonical document can break, each with the reason.
var without = map[string]string{
	"BR-CO-05": "the artefacts compare no reason with its code: it cannot fire",
	"BR-CO-06": "as BR-CO-05",
	"BR-CO-07": "as BR-CO-05",
	"BR-CO-08": "as BR-CO-05",
	"BR-CL-03": "an amount of the canonical form has no currency of its own",
}

// packsWithCases are the shipped packs whose rules have cases in testdata, with the document that these change.
var packsWithCases = map[string]string{"en16931": "invoice", "decp": "contract", "chorus-historic": "historic", "chorus-status": "status"}

// Rules are judged on canonical documents too: each case is a document on which a rule fires, or one at its border on
// which it does not.
func TestCases(t *testing.T) {
	for name, document := range packsWithCases {
		t.Run(name, func(t *testing.T) { testCases(t, name, document) })
	}
}

func testCases(t *testing.T, name, document string) {
	pack := shippedSet(t).At(name, "")
	cases := readCases[ruleCase](t, name, pack)
	for _, r := range pack.Rules {
		var n tally
		all, _ := cases.Get(r.ID)
		for _, c := range all {
			if c.Elsewhere != "" {
				checkElsewhere(t, r.ID, c.Elsewhere)
				n = tally{1, 1}
				continue
			}
			c.Of = cmp.Or(c.Of, document)
			n.count(c.Fires != "")
			t.Run(r.ID+"/"+c.Case, func(t *testing.T) { c.run(t, pack, r.ID) })
		}
		n.check(t, r.ID, without[r.ID])
	}
}

// checkElsewhere wants a test of the package to be there.
func checkElsewhere(t *testing.T, rule, test string) {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "\nfunc "+test+"(t *testing.T)") {
			return
		}
	}
	t.Errorf("%s: there is no %s", rule, test)
}

// readCases reads a file of cases in testdata: the rules of some packs, each with its cases.
func readCases[T any](t testing.TB, name string, packs ...*Pack) yamldoc.Map[[]T] {
	t.Helper()
	var cases yamldoc.Map[[]T]
	readYAML(t, "testdata/"+name+".yaml", &cases)
	known := map[string]bool{}
	for _, p := range packs {
		for _, r := range p.All() {
			known[r.ID] = true
		}
	}
	for id := range cases.All() {
		if !known[id.Value] {
			t.Errorf("%s: cases of %s, which is no rule", id.Pos, id.Value)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return cases
}

func readYAML(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if list := yamldoc.Unmarshal(file, data, into); list.HasErrors() {
		t.Fatal(list.Err())
	}
}

// tally is how many cases of a rule fire, and how many are at its border.
type tally struct{ firing, border int }

func (n *tally) count(fires bool) {
	if fires {
		n.firing++
	} else {
		n.border++
	}
}

// check wants one of each, or a reason for none.
func (n tally) check(t testing.TB, rule, reason string) {
	t.Helper()
	if cased := n.firing > 0 && n.border > 0; cased == (reason != "") {
		t.Errorf("%s: %d cases that fire, %d at its border, and the reason for none is %q", rule, n.firing, n.border, reason)
	}
}

func (c ruleCase) run(t *testing.T, pack *Pack, id string) {
	doc := c.document(t)
	var got *violation.Violation
	var with []string
	for _, v := range Check(Subject{Doc: doc}, []*Pack{pack}) {
		if v.Code == CodeNotJudged {
			t.Errorf("not judged: %s", v.EN)
		}
		if v.Code == id {
			got = &v
		} else {
			with = append(with, v.Code)
		}
	}
	if slices.Sort(with); c.Fires != "" && !slices.Equal(slices.Compact(with), c.With) {
		t.Errorf("%v fire too, not %v", with, c.With)
	}
	switch {
	case c.Fires == "" && got != nil:
		t.Errorf("fires: %s", got.EN)
	case c.Fires != "" && got == nil:
		t.Error("does not fire")
	case got != nil:
		if got.Pointer != c.Fires {
			t.Errorf("points at %s, not %s", got.Pointer, c.Fires)
		}
		numbered := isNumbered(pack.rule(id).Terms[0]) // documents without numbered terms are spoken of by places
		if got.Severity != pack.rule(id).Severity || (got.Term == "") == numbered || got.Remedy == "" || got.RemedyEN == "" || strings.Contains(got.FR+got.EN, "?") {
			t.Errorf("incomplete: %+v", got)
		}
	}
}

func (c ruleCase) document(t testing.TB) *document.Doc {
	t.Helper()
	root := validDocument(t, c.Of)
	for _, pointer := range c.Remove {
		root = edit(root, strings.Split(pointer, "/")[1:], nil).(map[string]any)
	}
	for pointer, text := range c.Set.All() {
		var value any = text.Value
		if strings.ContainsAny(text.Value[:1], "[{") {
			if err := json.Unmarshal([]byte(text.Value), &value); err != nil {
				t.Fatal(err)
			}
		}
		root = edit(root, strings.Split(pointer.Value, "/")[1:], value).(map[string]any)
	}
	return parseDoc(t, root)
}

// validDocument reads a canonical document of testdata.
func validDocument(t testing.TB, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

func parseDoc(t testing.TB, root map[string]any) *document.Doc {
	t.Helper()
	data, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	doc, fault := jsondoc.Parse(data)
	if fault != nil {
		t.Fatal(fault.EN)
	}
	return doc
}

// edit sets a place of a JSON tree, or removes it when the value is nil.
func edit(tree any, tokens []string, value any) any {
	switch tree := tree.(type) {
	case map[string]any:
		switch {
		case len(tokens) > 1:
			if tree[tokens[0]] != nil {
				tree[tokens[0]] = edit(tree[tokens[0]], tokens[1:], value)
			}
		case value == nil:
			delete(tree, tokens[0])
		default:
			tree[tokens[0]] = value
		}
		return tree
	case []any:
		i, err := strconv.Atoi(tokens[0])
		switch {
		case err != nil || i >= len(tree):
		case len(tokens) > 1:
			tree[i] = edit(tree[i], tokens[1:], value)
		case value == nil:
			return append(tree[:i], tree[i+1:]...)
		}
		return tree
	}
	return tree
}

func TestTheValidDocumentsBreakNothing(t *testing.T) {
	set := shippedSet(t)
	for document, pack := range map[string]string{
		"invoice": "en16931", "invoice-z": "en16931", "invoice-e": "en16931", "invoice-ae": "en16931", "invoice-k": "en16931", "invoice-g": "en16931",
		"invoice-l": "en16931", "invoice-m": "en16931", "invoice-o": "en16931", "contract": "decp", "concession": "decp",
	} {
		for _, v := range set.Check([]string{pack}, Subject{Doc: parseDoc(t, validDocument(t, document))}) {
			t.Errorf("%s: %s at %s: %s", document, v.Code, v.Pointer, v.EN)
		}
	}
}
