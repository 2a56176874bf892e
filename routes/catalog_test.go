package routes

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/expr"
)

// shippedOptions has the shapes of the shipped schemas, which this package reads in tests only.
func shippedOptions(t testing.TB) Options {
	opts := Options{Topics: []string{"buyers", "suppliers"}, Rules: []string{"decp", "en16931"}, Shapes: map[string]*expr.Shape{}}
	for kind, file := range map[string]string{
		"invoice": "invoice", "credit-note": "invoice", "espd-request": "espd", "espd-response": "espd", "contract": "contract", "concession": "concession",
		"invoice-status": "invoice-status",
	} {
		data, err := os.ReadFile("../schemas/canonical/" + file + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		opts.Shapes[kind] = expr.ShapeOfSchema(parse(t, string(data)))
		opts.Kinds = append(opts.Kinds, kind)
	}
	slices.Sort(opts.Kinds)
	opts.Syntaxes = map[string][]string{"summary": {"espd-request"}}
	return opts
}

func catalogTable(t *testing.T) *Table {
	t.Helper()
	table, list := Load(Catalog(), shippedOptions(t))
	if list.Len() > 0 {
		t.Fatal(list.All())
	}
	return table
}

func TestCatalog(t *testing.T) {
	table := catalogTable(t)
	var names []string
	for _, r := range table.Routes() {
		names = append(names, r.Name())
		if r.Description() == "" {
			t.Errorf("%s has no description", r.Name())
		}
	}
	if want := []string{"buyer-dume", "contracts", "invoice-statuses", "supplier-dume", "supplier-invoices"}; !slices.Equal(names, want) {
		t.Errorf("routes %v", names)
	}
	if notes := table.Notes(); len(notes) > 0 {
		t.Errorf("notes %v", notes)
	}
	if got := table.Destinations(); !slices.Equal(got, []string{"dume", "archive", "dume-requests", "invoicing"}) {
		t.Errorf("destinations %v", got)
	}
}

func TestCatalogDecides(t *testing.T) {
	tests := []struct {
		topic, kind, doc string
		route            string
		rules            string
		to               string // topic and form of those that get it
		codes            string
	}{
		{"suppliers", "invoice", `{"totals": {"payable": "120.00"}}`, "supplier-invoices", "profile", "invoicing canonical, archive original", ""},
		{"suppliers", "credit-note", `{"totals": {"payable": "0"}}`, "supplier-invoices", "profile", "invoicing canonical, archive original", ""},
		{"suppliers", "invoice", `{"totals": {"payable": "-0.01"}}`, "supplier-invoices", "profile", "archive original", ""},
		{"suppliers", "invoice", `{"totals": {}}`, "supplier-invoices", "profile", "archive original", "condition_failed"},
		{"suppliers", "espd-response", `{}`, "supplier-dume", "profile", "dume canonical, archive original", ""},
		{"buyers", "espd-request", `{"buyer": {}}`, "buyer-dume", "profile", "dume canonical, archive original", ""},
		{"buyers", "espd-request", `{"buyer": {"identifiers": [{"id": "21350238800019"}]}, "contractFolderId": "2026-E7"}`, "buyer-dume", "profile", "dume canonical, archive original, dume-requests summary", ""},
		{"buyers", "contract", `{}`, "contracts", "decp", "archive canonical, archive original", ""},
		{"buyers", "concession", `{}`, "contracts", "decp", "archive canonical, archive original", ""},
		{"buyers", "invoice-status", `{"status": "210"}`, "invoice-statuses", "profile", "invoicing canonical, archive original", ""},
		{"suppliers", "invoice-status", `{"status": "777"}`, "invoice-statuses", "profile", "invoicing canonical, archive original", ""},
		{"buyers", "invoice", `{}`, "", "", "", "no_route"},
		{"suppliers", "espd-request", `{}`, "", "", "", "no_route"},
	}
	table := catalogTable(t)
	for _, tt := range tests {
		t.Run(tt.topic+" "+tt.kind, func(t *testing.T) {
			m := Message{Topic: tt.topic, Kind: tt.kind, Format: "ubl", Doc: parse(t, tt.doc)}
			s := table.Select(m)
			violations := s.Violations
			var route, rules, to string
			if s.Route != nil {
				d := s.Route.Deliver(m)
				violations = append(violations, d.Violations...)
				route, rules = s.Route.Name(), strings.Join(s.Route.Rules(), " ")
				if s.Route.ByProfile() {
					rules = ByProfile
				}
				var taken []string
				for _, dest := range d.Destinations {
					if dest.Taken {
						taken = append(taken, dest.Topic+" "+string(dest.Form))
					}
				}
				to = strings.Join(taken, ", ")
			}
			if route != tt.route || rules != tt.rules || to != tt.to || codesOf(violations) != tt.codes {
				t.Errorf("route %q, rules %q, to %q, violations %v", route, rules, to, violations)
			}
		})
	}
}

// TestCatalogExamples compiles the conditions that the comments of the catalogue suggest.
func TestCatalogExamples(t *testing.T) {
	for name, change := range map[string][2]string{
		"routes/catalog/contracts.yaml":        {"accept: [contract, concession]", "accept: [contract]\nwhen: money(doc.montant) >= money(\"90000\")"},
		"routes/catalog/invoice-statuses.yaml": {"to:", "when: doc.status == \"210\"\nto:"},
		"routes/catalog/buyer-dume.yaml":       {"to:", "when: has(doc.lots)\nto:"},
		"routes/catalog/supplier-dume.yaml":    {"to:", "when: has(doc.lots)\nto:"},
	} {
		found := false
		for _, f := range Catalog() {
			if f.Name != name {
				continue
			}
			found = true
			condition := strings.TrimPrefix(change[1][strings.Index(change[1], "when: "):], "when: ")
			condition, _, _ = strings.Cut(condition, "\n")
			at := strings.Index(string(f.Data), "\nroute: ")
			comments, route := string(f.Data[:at]), string(f.Data[at:])
			if strings.Count(comments, condition) != 2 {
				t.Errorf("%s does not suggest %s in both languages", name, condition)
			}
			load(t, shippedOptions(t), strings.Replace(route, change[0], change[1], 1))
		}
		if !found {
			t.Errorf("no %s", name)
		}
	}
}
