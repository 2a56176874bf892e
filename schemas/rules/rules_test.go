package rules

import (
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// shippedShapes reads the shapes of the kinds that the shipped packs judge.
func shippedShapes(t testing.TB) Shapes {
	t.Helper()
	shapes := Shapes{}
	for name, kinds := range map[string][]string{"invoice": {"invoice", "credit-note"}, "espd": {"espd-request", "espd-response"}, "contract": {"contract"}, "concession": {"concession"}, "invoice-status": {"invoice-status"}} {
		data, err := os.ReadFile("../canonical/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		schema, fault := jsondoc.Parse(data)
		if fault != nil {
			t.Fatal(fault.EN)
		}
		for _, kind := range kinds {
			shapes[kind] = expr.ShapeOfSchema(schema)
		}
	}
	return shapes
}

// shippedSet returns the shipped packs, which are compiled once: they are immutable.
func shippedSet(t testing.TB) *Set {
	t.Helper()
	shippedPacks.once.Do(func() { shippedPacks.set, shippedPacks.list = Load(nil, shippedShapes(t)) })
	if err := shippedPacks.list.Err(); err != nil {
		t.Fatal(err)
	}
	return shippedPacks.set
}

var shippedPacks struct {
	once sync.Once
	set  *Set
	list diag.List
}

func shippedPack(t testing.TB) *Pack {
	t.Helper()
	return shippedSet(t).At("en16931", "")
}

func TestShippedPack(t *testing.T) {
	p := shippedPack(t)
	for _, r := range p.Rules {
		if len(r.Terms) == 0 || r.Remedy.FR == "" || r.Remedy.EN == "" || r.Message.FR == "" || r.Message.EN == "" {
			t.Errorf("%s is incomplete: %+v", r.ID, r)
		}
	}
}

// file adds one file that stands beside the shipped ones.
func (l *loader) file(f File, shipped bool) {
	node, list := yamldoc.Parse(f.Name, f.Data)
	l.list.Append(list)
	l.node(f.Name, node, shipped)
}

// shippedSource returns the files in the binary.
func shippedSource(t testing.TB) []File {
	t.Helper()
	files, err := shippedFiles()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// rule returns the rule with an id, nil when there is none.
func (p *Pack) rule(id string) *Rule {
	i := slices.IndexFunc(p.Rules, func(r *Rule) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return p.Rules[i]
}

// only returns the pack with just the rules that keep returns true for, and without its tables.
func (p *Pack) only(keep func(*Rule) bool) *Pack {
	only := *p
	only.Tables = nil
	only.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(r *Rule) bool { return !keep(r) })
	only.forms = map[*model][]form{}
	for m, forms := range p.forms {
		only.forms[m] = slices.DeleteFunc(slices.Clone(forms), func(f form) bool { return !keep(f.rule) })
	}
	return &only
}
