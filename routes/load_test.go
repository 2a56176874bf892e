package routes

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/jsondoc"
)

var update = flag.Bool("update", false, "rewrite the .want files")

// The shapes of the tests: few members, so that the tests say what they need.
const (
	invoiceSchema = `{"type": "object", "additionalProperties": false, "properties": {
		"number": {"type": "string"},
		"currency": {"type": "string"},
		"seller": {"type": "object", "properties": {"siret": {"type": "string"}, "country": {"type": "string"}}},
		"totals": {"type": "object", "properties": {"payable": {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}}},
		"lines": {"type": "array", "items": {"type": "object", "properties": {"net": {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}}}}}}`
	contractSchema = `{"type": "object", "additionalProperties": false, "properties": {"uid": {"type": "string"}}}`
)

func parse(t testing.TB, text string) *document.Doc {
	t.Helper()
	doc, fault := jsondoc.Parse([]byte(text))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	return doc
}

func options(t testing.TB) Options {
	invoice, contract := expr.ShapeOfSchema(parse(t, invoiceSchema)), expr.ShapeOfSchema(parse(t, contractSchema))
	return Options{
		Topics:   []string{"buyers", "suppliers"},
		Reserved: []string{"receipts", "dead-letter"},
		Kinds:    []string{"contract", "credit-note", "invoice"},
		Shapes:   map[string]*expr.Shape{"invoice": invoice, "credit-note": invoice, "contract": contract},
		Numbered: []string{"credit-note", "invoice"},
		Statuses: []string{"contract"},
		Formats:  []string{"ubl", "cii", "json"},
		Rules:    []string{"en16931", "chorus-pro"},
		Syntaxes: map[string][]string{"ubl": {"invoice", "credit-note"}},
	}
}

// load compiles routes that must be without error.
func load(t testing.TB, opts Options, texts ...string) *Table {
	t.Helper()
	var files []File
	for _, text := range texts {
		files = append(files, File{Name: "route.yaml", Data: []byte(text)})
	}
	table, list := Load(files, opts)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return table
}

// TestGoldenDiagnostics loads each testdata/<case>.yaml, or the files of each testdata/<case>/ as one table.
func TestGoldenDiagnostics(t *testing.T) {
	cases, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, c := range cases {
		name, single := strings.CutSuffix(c, ".yaml")
		files := []string{c}
		if !single {
			if files, err = filepath.Glob(c + "/*.yaml"); err != nil || len(files) == 0 {
				continue
			}
		}
		ran++
		t.Run(filepath.Base(name), func(t *testing.T) {
			var in []File
			sources := map[string][]byte{}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				shown := filepath.Base(file)
				sources[shown] = data
				in = append(in, File{Name: shown, Data: data})
			}
			table, list := Load(in, options(t))
			if (table == nil) != list.HasErrors() {
				t.Errorf("table is nil: %v, errors: %v", table == nil, list.HasErrors())
			}
			checkGolden(t, name+".want", describe(t, table, list, sources))
		})
	}
	if ran < 20 {
		t.Errorf("only %d cases", ran)
	}
}

// describe prints the diagnostics in both languages, and the notes.
func describe(t *testing.T, table *Table, list diag.List, sources map[string][]byte) string {
	var got strings.Builder
	if err := diag.Print(&got, list, func(file string) []byte { return sources[file] }, diag.English); err != nil {
		t.Fatal(err)
	}
	got.WriteString("\n")
	if err := diag.Print(&got, list, nil, diag.French); err != nil {
		t.Fatal(err)
	}
	if table != nil {
		for _, n := range table.Notes() {
			got.WriteString("note " + n.Route + ": " + n.EN + "\nnote " + n.Route + " : " + n.FR + "\n")
		}
	}
	return got.String()
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

const simple = "route: simple\nfrom: [suppliers]\naccept: [invoice]\nto:\n  - topic: archive\n"

func TestVersion(t *testing.T) {
	unique := "route: unique\nfrom: [buyers]\naccept: [credit-note]\nvalidate: {unique: numbers}\nto: [{topic: archive}]\n"
	version := func(text string) string { return load(t, options(t), text, unique).Routes()[0].Version() }
	frees := strings.Replace(simple, "invoice", "contract", 1) + "frees: {topic: numbers, when: size > 1}\n"
	base := version(simple)
	if len(base) != versionLength {
		t.Fatalf("version %q", base)
	}
	same := map[string]string{
		"comments":    "# a comment\n" + simple,
		"layout":      "to: [ {topic: archive} ]\naccept:\n  - invoice\nfrom: ['suppliers']\nroute: \"simple\"\n",
		"description": simple + "description: what it is for\n",
		"defaults":    strings.Replace(simple, "topic: archive", "topic: archive\n    form: canonical\n    required: false", 1),
	}
	for name, text := range same {
		if got := version(text); got != base {
			t.Errorf("%s: version %s, not %s", name, got, base)
		}
	}
	seen := map[string]string{base: "base"}
	for name, text := range map[string]string{
		"name":      strings.Replace(simple, "simple", "other", 1),
		"from":      strings.Replace(simple, "suppliers", "buyers", 1),
		"accept":    strings.Replace(simple, "invoice", "credit-note", 1),
		"when":      simple + "when: size > 10\n",
		"key":       simple + "key: doc.number\n",
		"unique":    simple + "validate: {unique: numbers}\n",
		"frees":     frees,
		"freed":     strings.Replace(frees, "size > 1", "size > 2", 1),
		"rules":     simple + "validate: {rules: [en16931]}\n",
		"topic":     strings.Replace(simple, "archive", "other", 1),
		"form":      simple + "    form: original\n",
		"to when":   simple + "    when: size > 10\n",
		"to key":    simple + "    key: doc.number\n",
		"required":  simple + "    when: size > 10\n    required: true\n",
		"more":      simple + "  - topic: more\n",
		"condition": simple + "when: size > 11\n",
	} {
		got := version(text)
		if other := seen[got]; other != "" {
			t.Errorf("%s has the version of %s", name, other)
		}
		seen[got] = name
	}
	if got := version(simple + "version: 2026-11\n"); got != "2026-11" {
		t.Errorf("explicit version: %q", got)
	}
}

func TestShippedRouteWithoutItsSource(t *testing.T) {
	opts := options(t)
	opts.Topics = []string{"suppliers"}
	buyers := strings.Replace(strings.Replace(simple, "suppliers", "buyers", 1), "simple", "shipped", 1)
	table, list := Load([]File{{Name: "shipped.yaml", Data: []byte(buyers), Shipped: true}, {Name: "own.yaml", Data: []byte(simple)}}, opts)
	if list.Len() != 0 {
		t.Fatal(list.All())
	}
	if routes := table.Routes(); len(routes) != 1 || routes[0].Name() != "simple" {
		t.Errorf("routes %v", routes)
	}
	want := []Note{{"shipped", "route livrée mise de côté : le sujet source « buyers » n'est pas configuré", `shipped route left out: the source topic "buyers" is not configured`}}
	if diff := cmp.Diff(want, table.Notes()); diff != "" {
		t.Error(diff)
	}
	if _, list := Load([]File{{Name: "own.yaml", Data: []byte(buyers)}}, opts); !list.HasErrors() {
		t.Error("an operator's route from an unknown topic is accepted")
	}
}

// What an operator writes goes before the catalogue: a shipped route gives way to one with its name, and to those that take what
// it accepts; notes say so.
func TestShippedRouteGivesWay(t *testing.T) {
	shipped := File{Name: "shipped.yaml", Data: []byte(strings.Replace(strings.Replace(simple, "simple", "shipped", 1), "[invoice]", "[invoice, contract]", 1)), Shipped: true}
	for _, tt := range []struct {
		name, own string
		routes    []string
		notes     []string
	}{
		{"one with its name", strings.Replace(simple, "simple", "shipped", 1), []string{"shipped"}, []string{"shipped route replaced by yours, own.yaml:1:8"}},
		{"one that takes everything", strings.Replace(simple, "[invoice]", "[invoice, contract]", 1), []string{"simple"}, []string{"shipped route left out: everything it accepts is taken before it by simple"}},
		{"one that takes a kind", simple, []string{"simple", "shipped"}, []string{"shipped route that no longer gets invoice from suppliers: taken before it by simple"}},
		{"one that takes some documents", simple + "when: size > 10\n", []string{"simple", "shipped"}, []string{"not proven: the document decides whether it goes to this route or before it to simple"}},
	} {
		opts := options(t)
		opts.Topics = []string{"suppliers"}
		table, list := Load([]File{{Name: "own.yaml", Data: []byte(tt.own)}, shipped}, opts)
		if list.Len() != 0 {
			t.Fatal(tt.name, list.All())
		}
		var routes, notes []string
		for _, r := range table.Routes() {
			routes = append(routes, r.Name())
		}
		for _, n := range table.Notes() {
			notes = append(notes, n.EN)
		}
		if !slices.Equal(routes, tt.routes) || !slices.Equal(notes, tt.notes) {
			t.Errorf("%s: %v, %q", tt.name, routes, notes)
		}
	}
}

func TestRouteTellsWhatItIs(t *testing.T) {
	r := load(t, options(t), "route: told\nversion: v1\ndescription: ' what it is for '\nfrom: [suppliers, buyers]\naccept: [invoice, contract]\nvalidate: {rules: [en16931]}\nto: [{topic: a}]\n").Routes()[0]
	got := [][]string{{r.Name(), r.Version(), r.Description()}, r.From(), r.Accepts(), r.Rules()}
	want := [][]string{{"told", "v1", "what it is for"}, {"suppliers", "buyers"}, {"invoice", "contract"}, {"en16931"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestKindWithoutShape holds that conditions on documents whose shape nobody knows may read anything.
func TestKindWithoutShape(t *testing.T) {
	opts := options(t)
	opts.Kinds = append(opts.Kinds, "order")
	load(t, opts, "route: orders\nfrom: [buyers]\naccept: [order, invoice]\nwhen: doc.anything.at.all == 1\nto: [{topic: a}]\n")
}

func TestTooManyRoutes(t *testing.T) {
	if _, list := Load(make([]File, maxRoutes+1), options(t)); list.Len() != 1 || list.All()[0].Code != CodeLimit {
		t.Errorf("%v", list.All())
	}
}

func TestTableListsDestinationsOnce(t *testing.T) {
	table := load(t, options(t),
		simple+"  - topic: archive\n    form: original\n  - topic: b\n",
		"route: second\nfrom: [buyers]\naccept: [contract]\nto: [{topic: c}, {topic: archive}]\n")
	if got := table.Destinations(); !slices.Equal(got, []string{"archive", "b", "c"}) {
		t.Errorf("destinations %v", got)
	}
	if got := table.Routes()[0].Topics(); !slices.Equal(got, []string{"archive", "b"}) {
		t.Errorf("topics %v", got)
	}
}
