package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
)

// load compiles one rule for invoices.
func load(t testing.TB, rule string) *Pack {
	t.Helper()
	text := "pack: mine\nversion: '1'\nvalid: {from: '2026-01-01'}\ndescription: {fr: a, en: b}\nkinds: [invoice]\nrules:\n" +
		"  - {id: R, severity: fatal, fr: '{/number} a {n}', en: '{/number} has {n}', show: {n: size(items(doc.lines))}, remedy: {fr: r, en: s}, " + rule + "}\n"
	pack, list := Load("mine.yaml", []byte(text), invoiceShapes(t))
	if pack == nil {
		t.Fatal(list.Err())
	}
	return pack
}

func check(t testing.TB, pack *Pack, edits map[string]any) []violation.Violation {
	t.Helper()
	root := validInvoice(t)
	for pointer, value := range edits {
		root = edit(root, strings.Split(pointer, "/")[1:], value).(map[string]any)
	}
	return Check(parse(t, root), []*Pack{pack})
}

func TestViolation(t *testing.T) {
	vs := check(t, load(t, `test: has(doc.payee.name), at: /payee/name`), nil)
	if len(vs) != 1 {
		t.Fatalf("%+v", vs)
	}
	v := vs[0]
	if v.Code != "R" || v.Pointer != "/payee/name" || v.Term != "BT-59" || v.FR != "F-2026-0042 a 2" || v.EN != "F-2026-0042 has 2" || v.Remedy != "r" || v.RemedyEN != "s" {
		t.Errorf("%+v", v)
	}
	if v.Line != 1 || v.Column != 1 {
		t.Errorf("an absent place is shown at the nearest that exists: %d:%d", v.Line, v.Column)
	}
}

func TestOtherKindsAreNotJudged(t *testing.T) {
	if vs := check(t, load(t, `test: has(doc.payee), at: /payee`), map[string]any{"/kind": "credit-note"}); len(vs) != 0 {
		t.Errorf("%+v", vs)
	}
}

// A rule whose operand is absent or malformed is not passed.
func TestNotJudged(t *testing.T) {
	for _, c := range []struct {
		rule, pointer, says string
		edits               map[string]any
	}{
		{`test: money(doc.totals.vat) > money("0"), at: /totals/vat`, "/totals/vat", `malformed ("20,00")`, map[string]any{"/totals/vat": "20,00"}},
		{`test: money(doc.totals.vat) > money("0"), at: /totals/vat`, "/totals/vat", "absent (/totals/vat)", map[string]any{"/totals/vat": nil}},
		{`when: doc.payee.name == "x", test: "true", at: /number`, "/payee/name", "absent (/payee/name)", nil},
		{`each: /lines/*, as: line, test: 'money(line.netAmount) > money("0")', at: ./id`, "/lines/1/netAmount", "malformed", map[string]any{"/lines/1/netAmount": "x"}},
		{`test: 'items(doc.lines).map(l, money(l.netAmount)) != []', at: /lines`, "/lines/1/netAmount", "malformed", map[string]any{"/lines/1/netAmount": "x"}},
		{`test: 'items(doc.lines).all(l, l.note == "x")', at: /lines`, "/lines/0/note", "absent", nil},
		{`test: doc.number > 3, at: /number`, "/number", "malformed", nil},
	} {
		vs := check(t, load(t, c.rule), c.edits)
		if len(vs) != 1 || vs[0].Code != CodeNotJudged || vs[0].Pointer != c.pointer || !vs[0].IsFatal() || !strings.Contains(vs[0].EN, c.says) || vs[0].FR == "" {
			t.Errorf("%s: %+v", c.rule, vs)
		}
	}
}

func TestSuppress(t *testing.T) {
	at := func(code, pointer string, s violation.Severity) violation.Violation {
		return violation.Violation{Code: code, Pointer: pointer, Severity: s}
	}
	unjudged := []violation.Violation{at(CodeNotJudged, "/totals/vat", violation.Fatal), at("BR-1", "/totals/vat", violation.Fatal)}
	for _, c := range []struct {
		other violation.Violation
		left  int
	}{
		{at("schema_pattern", "/totals/vat", violation.Fatal), 1},
		{at("schema_type", "/totals", violation.Fatal), 1},
		{at("schema_required", "", violation.Fatal), 1},
		{at("schema_pattern", "/totals/va", violation.Fatal), 2},
		{at("schema_pattern", "/totals/vat/x", violation.Fatal), 2},
		{at("hint", "/totals/vat", violation.Warning), 2},
		{at(CodeNotJudged, "/totals", violation.Fatal), 2},
	} {
		if got := Suppress(unjudged, []violation.Violation{c.other}); len(got) != c.left {
			t.Errorf("%+v leaves %d", c.other, len(got))
		}
	}
	// A missing total is said once: by the rule that requires it.
	vs := check(t, shippedPack(t), map[string]any{"/totals/lines": nil})
	for _, v := range vs {
		if v.Code == CodeNotJudged {
			t.Errorf("%+v", v)
		}
	}
}

// invoiceOf makes an invoice with n lines without identifier.
func invoiceOf(t testing.TB, n int) map[string]any {
	root := validInvoice(t)
	lines := make([]any, n)
	for i := range lines {
		lines[i] = map[string]any{"netAmount": "1.00", "quantity": "1", "unit": "C62", "price": map[string]any{"net": "1.00"}, "item": map[string]any{"name": "x"}}
	}
	root["lines"] = lines
	return root
}

func TestManyPlacesAreCounted(t *testing.T) {
	vs := Check(parse(t, invoiceOf(t, 100)), []*Pack{load(t, `each: /lines/*, as: line, test: has(line.id), at: ./id`)})
	if len(vs) != maxPlaces {
		t.Fatalf("%d violations", len(vs))
	}
	places := 0
	for _, v := range vs {
		places += max(1, v.Count)
	}
	if places != 100 {
		t.Errorf("%d places", places)
	}
}

func TestCostIsBounded(t *testing.T) {
	pack := load(t, `each: /lines/*, as: line, test: 'items(doc.lines).all(l, has(l.netAmount) && has(l.unit) && has(l.item.name))', at: ./id`)
	vs := Check(parse(t, invoiceOf(t, 3000)), []*Pack{pack})
	if len(vs) != 1 || vs[0].Code != tooCostly.Code || !vs[0].IsFatal() {
		t.Errorf("%+v", vs[:min(len(vs), 3)])
	}
}

func TestAFailingRuleRefuses(t *testing.T) {
	pack := load(t, `test: "true", at: /number`)
	broken := *pack
	broken.Rules = []Rule{pack.Rules[0]}
	broken.Rules[0].test = nil // evaluating it panics
	vs := check(t, &broken, nil)
	if len(vs) != 1 || vs[0].Code != failure.Code || !vs[0].IsFatal() {
		t.Errorf("%+v", vs)
	}
}

func BenchmarkCheck(b *testing.B) {
	pack := shippedPack(b)
	for _, lines := range []int{8, 4000} {
		root := invoiceOf(b, lines)
		for i, l := range root["lines"].([]any) {
			l.(map[string]any)["id"] = fmt.Sprint(i + 1)
		}
		total := fmt.Sprintf("%d.00", lines)
		root["totals"] = map[string]any{"lines": total, "withoutVat": total, "vat": "0.00", "withVat": total, "payable": total}
		for _, name := range []string{"allowances", "charges", "vatBreakdown"} {
			delete(root, name)
		}
		doc := parse(b, root)
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if vs := Check(doc, []*Pack{pack}); len(vs) > 0 {
					b.Fatal(vs)
				}
			}
		})
	}
}
