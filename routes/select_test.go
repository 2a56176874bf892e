package routes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/violation"
)

const (
	french  = "route: french\nfrom: [suppliers]\naccept: [invoice]\nwhen: doc.seller.country == \"FR\"\nto: [{topic: a}]\n"
	big     = "route: big\nfrom: [suppliers]\naccept: [invoice, credit-note]\nwhen: size > 1000\nto: [{topic: b}]\n"
	rest    = "route: rest\nfrom: [suppliers]\naccept: [invoice]\nto: [{topic: c}]\n"
	buyers  = "route: buyers\nfrom: [buyers]\naccept: [invoice, contract]\nto: [{topic: d}]\n"
	guarded = "route: guarded\nfrom: [suppliers]\naccept: [invoice]\nwhen: has(doc.seller.country) && doc.seller.country == \"BE\"\nto: [{topic: e}]\n"
)

func invoice(t testing.TB, text string) Message {
	return Message{Topic: "suppliers", Kind: "invoice", Format: "ubl", Version: "2.1", Size: 500, Doc: parse(t, text)}
}

func TestSelect(t *testing.T) {
	const conditionFrench, conditionBig, conditionGuarded = `doc.seller.country == "FR"`, "size > 1000", `has(doc.seller.country) && doc.seller.country == "BE"`
	fr, de, nowhere := `{"seller": {"country": "FR"}}`, `{"seller": {"country": "DE"}}`, `{"seller": {"siret": "1"}}`
	tests := []struct {
		name       string
		routes     []string
		doc        string
		change     func(*Message)
		want       string // route
		considered []Considered
		code       string
	}{
		{name: "the first that takes it", routes: []string{french, big, rest, buyers}, doc: fr, change: func(m *Message) { m.Size = 2000 }, want: "french",
			considered: []Considered{{"french", Taken, conditionFrench}, {"big", AfterTaken, ""}, {"rest", AfterTaken, ""}, {"buyers", OtherTopic, ""}}},
		{name: "a false condition leaves it to the next", routes: []string{french, big, rest, buyers}, doc: de, want: "rest",
			considered: []Considered{{"french", ConditionFalse, conditionFrench}, {"big", ConditionFalse, conditionBig}, {"rest", Taken, ""}, {"buyers", OtherTopic, ""}}},
		{name: "the order decides", routes: []string{rest, buyers}, doc: fr, want: "rest",
			considered: []Considered{{"rest", Taken, ""}, {"buyers", OtherTopic, ""}}},
		{name: "a condition without result refuses", routes: []string{big, french, rest, buyers}, doc: nowhere, code: "condition_failed",
			considered: []Considered{{"big", ConditionFalse, conditionBig}, {"french", ConditionFailed, conditionFrench}, {"rest", AfterFailed, ""}, {"buyers", OtherTopic, ""}}},
		{name: "a guarded condition is false", routes: []string{guarded, rest}, doc: nowhere, want: "rest",
			considered: []Considered{{"guarded", ConditionFalse, conditionGuarded}, {"rest", Taken, ""}}},
		{name: "no kind", routes: []string{french, buyers}, doc: fr, change: func(m *Message) { m.Kind = "contract" }, code: "no_route",
			considered: []Considered{{"french", OtherKind, ""}, {"buyers", OtherTopic, ""}}},
		{name: "no condition true", routes: []string{french, big, buyers}, doc: de, code: "no_route",
			considered: []Considered{{"french", ConditionFalse, conditionFrench}, {"big", ConditionFalse, conditionBig}, {"buyers", OtherTopic, ""}}},
		{name: "no topic", routes: []string{french, buyers}, doc: fr, change: func(m *Message) { m.Topic = "elsewhere" }, code: "no_route",
			considered: []Considered{{"french", OtherTopic, ""}, {"buyers", OtherTopic, ""}}},
		{name: "no routes", doc: fr, code: "no_route", considered: []Considered{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := load(t, options(t), tt.routes...)
			m := invoice(t, tt.doc)
			if tt.change != nil {
				tt.change(&m)
			}
			s := table.Select(m)
			got := ""
			if s.Route != nil {
				got = s.Route.Name()
			}
			if got != tt.want {
				t.Errorf("route %q, want %q", got, tt.want)
			}
			if diff := cmp.Diff(tt.considered, s.Considered); diff != "" {
				t.Errorf("considered (-want +got):\n%s", diff)
			}
			if codes := codesOf(s.Violations); codes != tt.code {
				t.Errorf("violations %q, want %q", codes, tt.code)
			}
		})
	}
}

func codesOf(vs []violation.Violation) string {
	var codes []string
	for _, v := range vs {
		if !v.IsFatal() || v.FR == "" || v.EN == "" || v.Remedy == "" || v.RemedyEN == "" || strings.Contains(v.FR+v.EN, "%!") {
			codes = append(codes, fmt.Sprintf("incomplete: %+v", v))
		}
		codes = append(codes, v.Code)
	}
	return strings.Join(codes, " ")
}

func TestFacts(t *testing.T) {
	m := invoice(t, `{"number": "F1", "totals": {"payable": "10.10"}, "lines": [{"net": "3.10"}, {"net": "7.00"}]}`)
	m.Event = event.Event{
		ID: "e1", Source: "urn:s", Type: "t.v1", Subject: "sub", Time: time.Date(2026, 11, 24, 11, 0, 0, 0, time.FixedZone("", 3600)),
		DataContentType: "application/xml", DataSchema: "urn:schema", Extensions: []event.Attribute{{Name: "tenant", Value: "x"}, {Name: "tenant", Value: "y"}},
	}
	for _, condition := range []string{
		`topic == "suppliers" && kind == "invoice" && format == "ubl" && version == "2.1" && size == 500`,
		`event.id == "e1" && event.source == "urn:s" && event.type == "t.v1" && event.subject == "sub"`,
		`event.time == "2026-11-24T10:00:00Z" && timestamp(event.time) < timestamp("2026-11-25T00:00:00Z")`,
		`event.datacontenttype == "application/xml" && event.dataschema == "urn:schema"`,
		`event.extensions.tenant == "x" && !has(event.extensions.other)`,
		`doc.number == "F1" && money(doc.totals.payable) == money("10.1")`,
		`sum(items(doc.lines).map(l, money(l.net))) == money(doc.totals.payable)`,
		`!has(doc.seller.country)`,
	} {
		table := load(t, options(t), strings.Replace(rest, "to:", "when: '"+condition+"'\nto:", 1))
		if s := table.Select(m); s.Route == nil {
			t.Errorf("%s: %v", condition, s.Violations)
		}
	}
	// Without event, document and version.
	bare := Message{Topic: "suppliers", Kind: "invoice", Format: "ubl"}
	for condition, code := range map[string]string{
		`!has(event.id) && !has(event.time) && !has(event.extensions) && version == ""`: "",
		`event.id == "e1"`:          "condition_failed",
		`has(doc.number)`:           "condition_failed",
		`event.extensions.a == "b"`: "condition_failed",
	} {
		table := load(t, options(t), strings.Replace(rest, "to:", "when: '"+condition+"'\nto:", 1))
		if got := codesOf(table.Select(bare).Violations); got != code {
			t.Errorf("%s: %q, want %q", condition, got, code)
		}
	}
}

func TestConditionFailedSaysWhere(t *testing.T) {
	doc := `{"number": "F1",
  "totals": {"payable": "12,50"},
  "seller": {"siret": "1"},
  "lines": [{"net": "1"}, {}]}`
	tests := []struct {
		name, condition, pointer, source, en string
		line                                 int
	}{
		{"absent", `doc.seller.country == "FR"`, "/seller/country", "/seller", "doc.seller.country is absent", 3},
		{"absent at the top", `doc.currency == "EUR"`, "/currency", "", "doc.currency is absent", 1},
		{"malformed", `money(doc.totals.payable) > money("0")`, "/totals/payable", "/totals/payable", "doc.totals.payable does not have the expected form", 2},
		{"in a list", `items(doc.lines).all(l, money(l.net) > money("0"))`, "/lines", "/lines", "doc.lines.*.net is absent", 4},
		{"an event's attribute", `event.id == "1"`, "", "", "event.id is absent", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := load(t, options(t), strings.Replace(rest, "to:", "when: '"+tt.condition+"'\nto:", 1))
			s := table.Select(invoice(t, doc))
			if codesOf(s.Violations) != "condition_failed" {
				t.Fatalf("violations %v", s.Violations)
			}
			v := s.Violations[0]
			if v.Pointer != tt.pointer || v.Source != tt.source || v.Line != tt.line {
				t.Errorf("at %q, source %q, line %d", v.Pointer, v.Source, v.Line)
			}
			if !strings.HasPrefix(v.EN, "route rest: the condition ") || !strings.HasSuffix(v.EN, " cannot be evaluated: "+tt.en) {
				t.Errorf("EN %s", v.EN)
			}
		})
	}
}

func TestConditionTooExpensive(t *testing.T) {
	table := load(t, options(t), strings.Replace(rest, "to:", "when: items(doc.lines).all(a, items(doc.lines).all(b, money(b.net) == money(a.net)))\nto:", 1))
	m := invoice(t, `{"lines": [`+strings.Repeat(`{"net": "1"},`, 3000)+`{"net": "1"}]}`)
	s := table.Select(m)
	if codesOf(s.Violations) != "condition_failed" || s.Route != nil {
		t.Fatalf("route %v, violations %v", s.Route, s.Violations)
	}
	if got := s.Violations[0].EN; !strings.HasSuffix(got, "it costs too much on this document") {
		t.Error(got)
	}
}

func TestNoRouteText(t *testing.T) {
	many := []string{french}
	for i := range 7 {
		many = append(many, strings.Replace(french, "route: french", fmt.Sprintf("route: french-%d", i), 1))
	}
	tests := []struct {
		name   string
		routes []string
		fr, en string
	}{
		{"reasons", []string{french, big, buyers, strings.Replace(buyers, "route: buyers\nfrom: [buyers]\naccept: [invoice, contract]", "route: others\nfrom: [suppliers]\naccept: [contract]", 1)},
			`aucune route ne prend ce document (type invoice, sujet suppliers) : french : condition fausse « doc.seller.country == "FR" » ; big : condition fausse « size > 1000 » ; others n'accepte pas ce type`,
			`no route takes this document (kind invoice, topic suppliers): french: condition false "doc.seller.country == \"FR\""; big: condition false "size > 1000"; others does not accept this kind`},
		{"nobody reads the topic", []string{buyers},
			"aucune route ne prend ce document (type invoice, sujet suppliers) : aucune route ne lit ce sujet",
			"no route takes this document (kind invoice, topic suppliers): no route reads this topic"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := load(t, options(t), tt.routes...).Select(invoice(t, `{"seller": {"country": "DE"}}`)).Violations[0]
			if v.FR != tt.fr || v.EN != tt.en {
				t.Errorf("FR %s\nEN %s", v.FR, v.EN)
			}
		})
	}
	v := load(t, options(t), many...).Select(invoice(t, `{"seller": {"country": "DE"}}`)).Violations[0]
	if !strings.HasSuffix(v.EN, "; and 3 more") || !strings.HasSuffix(v.FR, " ; et 3 de plus") || strings.Count(v.EN, "condition false") != maxReasons {
		t.Errorf("many: %s\n%s", v.EN, v.FR)
	}
}
