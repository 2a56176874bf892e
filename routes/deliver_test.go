package routes

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const delivering = `route: delivering
from: [suppliers]
accept: [invoice]
to:
  - topic: invoicing
    when: money(doc.totals.payable) >= money("0")
    required: true
  - topic: abroad
    when: doc.seller.country != "FR"
  - topic: archive
    form: original
    when: has(doc.number)
`

func TestDeliver(t *testing.T) {
	const payable, country, number = `money(doc.totals.payable) >= money("0")`, `doc.seller.country != "FR"`, `has(doc.number)`
	tests := []struct {
		name         string
		doc          string
		taken        string // one letter for each destination: t taken, f failed, n not taken
		codes        string
		place, where string
	}{
		{"all", `{"number": "1", "seller": {"country": "DE"}, "totals": {"payable": "0.00"}}`, "ttt", "", "", ""},
		{"some", `{"seller": {"country": "FR"}, "totals": {"payable": "10"}}`, "tnn", "", "", ""},
		{"the required one does not want it", `{"number": "1", "seller": {"country": "DE"}, "totals": {"payable": "-10"}}`, "ntt", "required_destination", "/totals/payable", "/totals/payable"},
		{"a condition without result", `{"number": "1", "totals": {"payable": "10"}}`, "tft", "condition_failed", "/seller/country", ""},
		{"two faults", `{"totals": {"payable": "-1"}}`, "nfn", "required_destination condition_failed", "/totals/payable", "/totals/payable"},
	}
	route := load(t, options(t), delivering).Routes()[0]
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := route.Deliver(invoice(t, tt.doc))
			is := func(i int, letter string) bool { return tt.taken[i:i+1] == letter }
			want := []Destination{
				{Topic: "invoicing", Form: Canonical, Taken: is(0, "t"), Failed: is(0, "f"), Required: true, Condition: payable},
				{Topic: "abroad", Form: Canonical, Taken: is(1, "t"), Failed: is(1, "f"), Condition: country},
				{Topic: "archive", Form: Original, Taken: is(2, "t"), Failed: is(2, "f"), Condition: number},
			}
			if diff := cmp.Diff(want, d.Destinations); diff != "" {
				t.Errorf("destinations (-want +got):\n%s", diff)
			}
			if got := codesOf(d.Violations); got != tt.codes {
				t.Errorf("violations %q, want %q", got, tt.codes)
			}
			if len(d.Violations) > 0 && (d.Violations[0].Pointer != tt.place || d.Violations[0].Source != tt.where) {
				t.Errorf("at %q, source %q", d.Violations[0].Pointer, d.Violations[0].Source)
			}
			if d.Key != "" {
				t.Errorf("key %q", d.Key)
			}
		})
	}
}

// What a document frees is decided beside its destinations, and a condition without result refuses it as theirs do.
func TestDeliverFrees(t *testing.T) {
	const text = `route: statuses
from: [buyers]
accept: [contract]
frees:
  topic: numbers
  when: doc.uid == "refused"
to:
  - topic: archive
`
	unique := "route: unique\nfrom: [suppliers]\naccept: [invoice]\nvalidate: {unique: numbers}\nto: [{topic: archive}]\n"
	route := load(t, options(t), text, unique).Routes()[0]
	for doc, want := range map[string]struct {
		frees Destination
		codes string
	}{
		`{"uid": "refused"}`: {Destination{Topic: "numbers", Taken: true, Condition: `doc.uid == "refused"`}, ""},
		`{"uid": "paid"}`:    {Destination{Topic: "numbers", Condition: `doc.uid == "refused"`}, ""},
		`{}`:                 {Destination{Topic: "numbers", Failed: true, Condition: `doc.uid == "refused"`}, "condition_failed"},
	} {
		d := route.Deliver(invoice(t, doc))
		if d.Frees != want.frees || codesOf(d.Violations) != want.codes || !d.Destinations[0].Taken {
			t.Errorf("%s: %+v", doc, d)
		}
	}
}

func TestDeliverToNobody(t *testing.T) {
	route := load(t, options(t), `route: picky
from: [suppliers]
accept: [invoice]
to:
  - {topic: a, when: "size > 1000"}
  - {topic: b, when: has(doc.number)}
`).Routes()[0]
	d := route.Deliver(invoice(t, `{}`))
	if got := codesOf(d.Violations); got != "no_destination" {
		t.Fatalf("violations %q", got)
	}
	const want = `route picky: no destination wants this document: a: condition false "size > 1000"; b: condition false "has(doc.number)"`
	if got := d.Violations[0].EN; got != want {
		t.Error(got)
	}
}

func TestDeliverTellsFewOfManyDestinations(t *testing.T) {
	var text strings.Builder
	text.WriteString("route: many\nfrom: [suppliers]\naccept: [invoice]\nto:\n")
	for _, topic := range strings.Split("abcdefgh", "") {
		text.WriteString("  - {topic: " + topic + ", when: size > 1000}\n")
	}
	d := load(t, options(t), text.String()).Routes()[0].Deliver(invoice(t, `{}`))
	if got := codesOf(d.Violations); got != "no_destination" {
		t.Fatalf("violations %q", got)
	}
	if v := d.Violations[0]; !strings.HasSuffix(v.EN, "; and 3 more") || !strings.HasSuffix(v.FR, " ; et 3 de plus") {
		t.Errorf("%s\n%s", v.EN, v.FR)
	}
}

func TestKey(t *testing.T) {
	tests := []struct{ name, key, doc, want, codes, en string }{
		{"a text", "doc.seller.siret", `{"seller": {"siret": "123"}}`, "123", "", ""},
		{"made of several", `doc.seller.siret + "/" + doc.number`, `{"number": "F1", "seller": {"siret": "123"}}`, "123/F1", "", ""},
		{"an integer", "size", `{}`, "500", "", ""},
		{"absent", "doc.seller.siret", `{}`, "", "key_failed", "doc.seller.siret is absent"},
		{"absent with a fallback", `doc.?seller.?siret.orValue("none")`, `{}`, "none", "", ""},
		{"empty", "doc.number", `{"number": ""}`, "", "key_failed", "it is empty"},
		{"no text", "doc.seller", `{"seller": {"siret": "1"}}`, "", "key_failed", "a value is absent or does not have the expected form"},
		{"too long", "doc.number", `{"number": "` + strings.Repeat("1", maxKey+1) + `"}`, "", "key_failed", "it is longer than 1024 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			route := load(t, options(t), rest+"key: '"+tt.key+"'\n").Routes()[0]
			d := route.Deliver(invoice(t, tt.doc))
			if d.Key != tt.want || codesOf(d.Violations) != tt.codes {
				t.Fatalf("key %q, violations %v", d.Key, d.Violations)
			}
			if tt.en != "" && !strings.HasSuffix(d.Violations[0].EN, " cannot be computed: "+tt.en) {
				t.Error(d.Violations[0].EN)
			}
			if !d.Destinations[0].Taken {
				t.Error("the destination is not told")
			}
		})
	}
}

// A destination has a key of its own, which counts where it gets the document; the others keep theirs. No order of the route is
// changed by it, so there is no warning.
func TestKeyOfDestination(t *testing.T) {
	const text = `
route: own-key
from: [suppliers, buyers]
accept: [invoice]
to:
  - topic: archive
  - topic: numbers
    key: doc.number
    when: has(doc.number)
`
	table, list := Load([]File{{Name: "r.yaml", Data: []byte(text)}}, options(t))
	if list.Len() > 0 {
		t.Fatal(list.All())
	}
	for _, tt := range []struct{ doc, key, codes string }{
		{`{"number": "F1"}`, "F1", ""},
		{`{"number": ""}`, "", "key_failed"},
		{`{}`, "", ""},
	} {
		d := table.Routes()[0].Deliver(invoice(t, tt.doc))
		if d.Key != "" || d.Destinations[0].Key != "" || d.Destinations[1].Key != tt.key || codesOf(d.Violations) != tt.codes {
			t.Errorf("%s: %+v", tt.doc, d)
		}
	}
}
