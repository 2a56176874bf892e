package rules

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// ruleCase changes the valid invoice and says where the rule must point, if anywhere.
type ruleCase struct {
	Case   string                      `yaml:"case,required"`
	Remove []string                    `yaml:"remove"`
	Set    yamldoc.Map[yamldoc.String] `yaml:"set"`
	Fires  string                      `yaml:"fires"`
}

// without are the rules that no canonical document can break, each with the reason.
var without = map[string]string{
	"BR-CO-05": "the artefacts compare no reason with its code: it cannot fire",
	"BR-CO-06": "as BR-CO-05",
	"BR-CO-07": "as BR-CO-05",
	"BR-CO-08": "as BR-CO-05",
	"BR-CL-03": "an amount of the canonical form has no currency of its own",
}

// Rules are judged on canonical documents too: each case is a document on which a rule fires, or one at its border on
// which it does not.
func TestCases(t *testing.T) {
	pack := shippedPack(t)
	data, err := os.ReadFile("testdata/en16931.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]ruleCase{}
	if list := yamldoc.Unmarshal("testdata/en16931.yaml", data, &cases); list.HasErrors() {
		t.Fatal(list.Err())
	}
	for id, all := range cases {
		if pack.rule(id) == nil {
			t.Errorf("cases of %s, which is no rule of the pack", id)
			continue
		}
		firing, border := 0, 0
		for _, c := range all {
			if c.Fires == "" {
				border++
			} else {
				firing++
			}
			t.Run(id+"/"+c.Case, func(t *testing.T) { c.run(t, pack, id) })
		}
		if firing == 0 || border == 0 {
			t.Errorf("%s: %d cases that fire, %d border cases: at least one of each", id, firing, border)
		}
	}
	for _, r := range pack.Rules {
		if reason := without[r.ID]; (len(cases[r.ID]) == 0) != (reason != "") {
			t.Errorf("%s has %d cases, and the reason for none is %q", r.ID, len(cases[r.ID]), reason)
		}
	}
}

func (c ruleCase) run(t *testing.T, pack *Pack, id string) {
	doc := c.document(t)
	var got *violation.Violation
	for _, v := range Check(Subject{Doc: doc}, []*Pack{pack}) {
		if v.Code == CodeNotJudged {
			t.Errorf("not judged: %s", v.EN)
		}
		if v.Code == id {
			got = &v
		}
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
		if got.Severity != pack.rule(id).Severity || got.Term == "" || got.Remedy == "" || got.RemedyEN == "" || strings.Contains(got.FR+got.EN, "?") {
			t.Errorf("incomplete: %+v", got)
		}
	}
}

func (c ruleCase) document(t testing.TB) *document.Doc {
	t.Helper()
	root := validInvoice(t)
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

func validInvoice(t testing.TB) map[string]any {
	t.Helper()
	data, err := os.ReadFile("testdata/invoice.json")
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

func TestTheValidInvoiceBreaksNothing(t *testing.T) {
	for _, v := range Check(Subject{Doc: parseDoc(t, validInvoice(t))}, []*Pack{shippedPack(t)}) {
		t.Errorf("%s at %s: %s", v.Code, v.Pointer, v.EN)
	}
}
