package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
)

// ruleOf is a pack of one rule about invoices.
func ruleOf(t testing.TB, rule string) *Pack {
	t.Helper()
	return loadPack(t, head+"  - {id: R, severity: fatal, fr: '{BT-1} a {count(BG-25)}', en: '{BT-1} has {count(BG-25)}', remedy: {fr: r, en: s}, "+rule+"}\n")
}

// asSent judges the small invoice with its source, changed by replacing texts.
func asSent(t testing.TB, p *Pack, replace ...string) []violation.Violation {
	t.Helper()
	source := parseXML(t, strings.NewReplacer(replace...).Replace(small))
	doc, _ := transform(t, source)
	return Check(Subject{Doc: doc, XML: source.Root()}, []*Pack{p})
}

// A violation says where: in the source the node or the group where it would stand, in the canonical document also the
// place of what is absent.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ rule, source, pointer, term string }{
		{"terms: [BT-59], test: exists(BT-59), at: BT-59", "/Invoice", "/payee/name", "BT-59"},
		{"terms: [BT-106], test: BT-106 = 1, at: BT-106", "/Invoice/cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "/totals/lines", "BT-106"},
		{"terms: [BT-106], test: BT-106 = 1", "/Invoice/cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "/totals/lines", "BT-106"},
		{"for: BG-25, test: BT-126 = '1', at: BT-131", "/Invoice/cac:InvoiceLine[2]/cbc:LineExtensionAmount", "/lines/1/netAmount", "BT-131"},
		{"for: BG-25, test: BT-126 = '1', at: BT-129", "/Invoice/cac:InvoiceLine[2]", "/lines/1/quantity", "BT-129"},
		{"for: BG-25, terms: [BT-131], test: BT-126 = '1'", "/Invoice/cac:InvoiceLine[2]", "/lines/1", "BG-25"},
		{"for: BG-25, test: BT-126 = '1', at: BT-146", "/Invoice/cac:InvoiceLine[2]", "/lines/1/price/net", "BT-146"},
		{"for: BG-25, test: BT-126 = '2', at: BT-136", "/Invoice/cac:InvoiceLine[1]", "/lines/0/allowances", "BT-136"},
		{"for: BG-25, test: BT-126 = '2', at: BT-130", "/Invoice/cac:InvoiceLine[1]/cbc:InvoicedQuantity", "/lines/0/unit", "BT-130"},
		{"for: BT-29, test: '. = ''S1'''", "/Invoice/cac:AccountingSupplierParty/cac:Party/cac:PartyIdentification[2]/cbc:ID", "/seller/identifiers/1", "BT-29"},
		{"for: BT-29, test: '. = ''S1''', at: BT-29-1", "/Invoice/cac:AccountingSupplierParty/cac:Party/cac:PartyIdentification[2]/cbc:ID", "/seller/identifiers/1/scheme", "BT-29-1"},
		{"terms: [BT-110], test: count(BT-110) = 2, canonical: {test: none}, cii: {test: none}, ubl: {at: tax-total-amount}", "/Invoice/cac:TaxTotal[1]/cbc:TaxAmount", "/totals/vat", "BT-110"},
		{"terms: [BT-107], test: BT-107 = 0", "/Invoice/cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount", "/totals/allowances", "BT-107"},
	} {
		vs := asSent(t, ruleOf(t, c.rule))
		if len(vs) != 1 {
			t.Errorf("%s: %+v", c.rule, vs)
			continue
		}
		v := vs[0]
		if v.Source != c.source || v.Pointer != c.pointer || v.Term != c.term || v.Line == 0 || v.Column == 0 {
			t.Errorf("%s: %s %s %s %d:%d", c.rule, v.Source, v.Pointer, v.Term, v.Line, v.Column)
		}
		// The same document read from its canonical form gives the same pointer.
		doc, _ := transform(t, parseXML(t, small))
		if vs := Check(Subject{Doc: doc}, []*Pack{ruleOf(t, c.rule)}); len(vs) == 1 && vs[0].Pointer != c.pointer {
			t.Errorf("%s: canonical %s", c.rule, vs[0].Pointer)
		}
	}
}

func TestMessages(t *testing.T) {
	p := loadPack(t, head+"  - {id: R, severity: warning, for: BG-25, test: 'false', at: BT-131, fr: '{{{BT-126}}} {BT-129} {round(BT-131 / 3, 4)} {tax-total-amount}', "+
		"en: '{BT-151}, {upper(BT-5)} {BT-1} {1 / 8} {months(BT-2, 1)}', remedy: {fr: r, en: s}, canonical: {test: none}}\n")
	vs := asSent(t, p)
	if len(vs) != 2 {
		t.Fatalf("%+v", vs)
	}
	first, second := vs[0], vs[1]
	if first.FR != "{1} 2 0.0333 2.00, 20.0" || first.EN != "S, EUR F-1, F-2 0.125 2026-03-28" || second.FR != "{2} (absent) 0.0667 2.00, 20.0" {
		t.Errorf("%q %q %q", first.FR, first.EN, second.FR)
	}
	if first.Severity != violation.Warning || first.Remedy != "r" || first.RemedyEN != "s" || first.Count != 0 {
		t.Errorf("%+v", first)
	}
}

// What a syntax does in its own way, and what is for which kind.
func TestVariantsAndKinds(t *testing.T) {
	p := ruleOf(t, "for: BG-25, when: 'false', test: 'false', canonical: {for: document, when: 'true'}, ubl: {for: [BT-29, BT-31], when: 'true', test: 'exists(BG-10)', severity: warning, at: BT-1}, cii: {test: none}")
	vs := asSent(t, p)
	if len(vs) != 3 || vs[0].Severity != violation.Warning || vs[0].Pointer != "/number" {
		t.Errorf("as UBL: %+v", vs)
	}
	doc, _ := transform(t, parseXML(t, small))
	if vs := Check(Subject{Doc: doc}, []*Pack{p}); len(vs) != 1 || !vs[0].IsFatal() {
		t.Errorf("as canonical: %+v", vs)
	}
	for i, want := range []string{Canonical, "ubl", "cii"} {
		if forms := p.Rules[0].Forms; !slices.ContainsFunc(forms, func(f Form) bool { return f.Syntax == want }) || forms[0].Syntax != Canonical {
			t.Errorf("form %d: %+v", i, forms)
		}
	}
	note := strings.NewReplacer("<Invoice ", "<CreditNote ", "</Invoice>", "</CreditNote>", "xsd:Invoice-2", "xsd:CreditNote-2").Replace(small)
	if vs := Check(Subject{XML: parseXML(t, note).Root()}, []*Pack{p}); len(vs) != 0 {
		t.Errorf("a credit note is judged by rules for invoices: %+v", vs)
	}
	if vs := Check(Subject{XML: parseXML(t, "<x/>").Root()}, []*Pack{p}); len(vs) != 0 {
		t.Errorf("an unknown root is judged: %+v", vs)
	}
}

// Rules of a family differ in what their fields say.
func TestFamily(t *testing.T) {
	p := loadPack(t, head+`  - family:
      as: rule
      fields: {money: currency}
      values:
        A: {term: BT-1, code: F-1, en: "the {BT-1}"}
        B: {term: BT-5, code: SEK, en: "{money}"}
    rules:
      - {id: "{rule}-1", severity: fatal, terms: ["{term}"], test: "{term} = '{code}'", at: "{term}", fr: "{{term}}", en: "{en} is {{term}}, not {code}", remedy: {fr: "{code}", en: "{money}"}}
`)
	vs := asSent(t, p)
	if len(vs) != 1 || vs[0].Code != "B-1" || vs[0].FR != "EUR" || vs[0].EN != "currency is EUR, not SEK" || vs[0].Remedy != "SEK" || vs[0].RemedyEN != "currency" || vs[0].Pointer != "/currency" {
		t.Errorf("%+v", vs)
	}
	if r := p.rule("A-1"); r == nil || r.Message.EN != "the {BT-1} is {BT-1}, not F-1" || !slices.Equal(r.Terms, []string{"BT-1"}) {
		t.Errorf("%+v", r)
	}
}

// Rules that packs have in common are in each of them, with its fields. A pack that judges documents as they were sent
// refuses canonical ones.
func TestCommon(t *testing.T) {
	shared := "common: shared\nrules:\n" +
		"  - {id: 'A-{code}', severity: fatal, test: \"BT-5 = '{code}'\", at: BT-5, fr: 'pas {code}', en: 'not {code}', remedy: {fr: c, en: d}}\n" +
		"  - family: {as: rule, values: {B: {is: \"BT-5 != '{code}'\"}}}\n    rules: [{id: '{rule}', severity: fatal, test: '{is}', fr: a, en: b, remedy: {fr: c, en: d}}]\n"
	sent := strings.Replace(head, "kinds: [invoice]\n", "kinds: [invoice]\ncanonical: none\ncommon: {shared: {code: SEK}}\n", 1) +
		"  - {id: C, severity: fatal, for: tax-total, test: 'true', fr: a, en: b, remedy: {fr: c, en: d}, cii: {test: none}}\n"
	p := loadPack(t, sent, shared)
	doc, _ := transform(t, parseXML(t, small))
	for _, c := range []struct {
		as      string
		subject Subject
		want    string
	}{
		{"as sent", Subject{Doc: doc, XML: parseXML(t, small).Root()}, "A-SEK not SEK"},
		{"canonical", Subject{Doc: doc}, "rule_pack_needs_source the rule pack mine judges the document as it was sent (XML), not its canonical form"},
	} {
		vs := Check(c.subject, []*Pack{p})
		if len(vs) != 1 || vs[0].Code+" "+vs[0].EN != c.want || !vs[0].IsFatal() {
			t.Errorf("%s: %+v", c.as, vs)
		}
	}
	if forms := p.rule("C").Forms; len(forms) != 2 || forms[0].Syntax != "cii" || forms[1].Syntax != "ubl" || forms[1].Test != "true" {
		t.Errorf("forms: %+v", forms)
	}
}

// A pack has the rules and tables of the one that it extends but those that it leaves out, with what it changes.
func TestExtends(t *testing.T) {
	const (
		rule  = "  - {id: %s, severity: fatal, terms: [BT-5], test: \"BT-5 = 'SEK'\", fr: a, en: '%s', remedy: {fr: c, en: d}}\n"
		table = "pack: base\nversion: '1'\nsyntax: ubl\nprefixes: {ubl: 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2', cbc: 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'}\n" +
			"roots: [ubl:Invoice]\nrules:\n  - severity: warning\n    absent: {T-1: cbc:DueDate, T-2: cbc:IssueDate}\n"
	)
	base := strings.Replace(head, "pack: mine", "pack: base", 1) + fmt.Sprintf(rule, "A", "base") + fmt.Sprintf(rule, "B", "base") +
		"  - family: {as: rule, values: {C: {}, D: {}}}\n    rules: [{id: '{rule}', severity: fatal, test: 'true', fr: a, en: base, remedy: {fr: c, en: d}}]\n"
	mine := func(extends string) string {
		return strings.Replace(head, "kinds: [invoice]\n", "kinds: [invoice]\nextends: "+extends+"\n", 1) + fmt.Sprintf(rule, "E", "mine")
	}
	own := mine("{pack: base, version: '1', without: [A, T-1], changes: {D: {ubl: {test: 'false', severity: warning, en: 'changed for {BT-5}'}, cii: {test: none}}}}")
	set, list := loadBeside(t, own, base, table)
	if set == nil {
		t.Fatal(list.Err())
	}
	p := set.At("mine", "")
	judged := func(names ...string) (got []string) {
		for _, v := range set.Check(names, Subject{XML: parseXML(t, small).Root()}) {
			got = append(got, fmt.Sprintf("%s %s %s", v.Severity, v.Code, v.EN))
		}
		slices.Sort(got)
		return got
	}
	if got := judged("mine", "base"); len(got) != 5 || got[0] != "fatal A base" || got[1] != "fatal B base" || got[2] != "fatal E mine" {
		t.Errorf("what both packs have is not judged once: %q", got)
	}
	if got := judged("mine"); len(got) != 4 || got[0] != "fatal B base" || got[1] != "fatal E mine" || got[2] != "warning D changed for EUR" || !strings.HasPrefix(got[3], "warning T-2 ") {
		t.Errorf("%q", got)
	}
	if forms := p.rule("D").Forms; len(forms) != 3 || forms[0].Test != "true" || forms[1].Test+forms[2].Test != "false" {
		t.Errorf("forms: %+v", forms)
	}
	for _, c := range []struct{ extends, said string }{
		{"{pack: basic, version: '1'}", "unknown pack \"basic 1\""},
		{"{pack: base, version: '1', without: [a]}", "a is no rule of base"},
		{"{pack: base, version: '1', changes: {T-2: {ubl: {test: none}}}}", "T-2 is no rule of base"},
		{"{pack: mine, version: '1'}", "mine extends a pack itself"},
		{"{pack: base, version: '1', changes: {A: {ubl: {test: BT-5}}}}", "expected a condition"},
		{"{pack: base}", "version"},
	} {
		set, list := loadBeside(t, mine(c.extends), base, table)
		if set != nil || !strings.Contains(list.Err().Error(), c.said) {
			t.Errorf("%s: %v, want %q", c.extends, list.Err(), c.said)
		}
	}
	if set, list := loadBeside(t, mine("{pack: base, version: '1'}")+fmt.Sprintf(rule, "A", "mine"), base); set != nil {
		t.Error("a rule that the pack has twice is accepted", list.Err())
	}
}

// What cannot be judged is not passed, and says which value keeps it from being judged.
func TestNotJudged(t *testing.T) {
	for _, c := range []struct{ rule, pointer, says string }{
		{"test: BT-107 = 0, at: BT-106", "/totals/allowances", `malformed value ("")`},
		{"test: BT-109 = 1", "/totals/withoutVat", "several values"},
		{"when: BT-9 > BT-2, test: 'true'", "/dueDate", `malformed value ("2026-02-30")`},
		{"for: BG-25, test: 1 / or0(BT-129) = 0.5, at: BT-131", "/lines/1/netAmount", "division by zero"},
		{"terms: [BT-1], test: length(BT-1) = 3", "/number", "several values"},
	} {
		vs := asSent(t, ruleOf(t, c.rule))
		if len(vs) != 1 || vs[0].Code != CodeNotJudged || vs[0].Pointer != c.pointer || !vs[0].IsFatal() || !strings.Contains(vs[0].EN, c.says) || vs[0].FR == "" {
			t.Errorf("%s: %+v", c.rule, vs)
		}
	}
}

func TestSuppress(t *testing.T) {
	at := func(code, pointer, source string, s violation.Severity) violation.Violation {
		return violation.Violation{Code: code, Pointer: pointer, Source: source, Severity: s}
	}
	unjudged := []violation.Violation{at(CodeNotJudged, "/totals/vat", "/I/c:T[1]/c:A", violation.Fatal), at("BR-1", "/totals/vat", "", violation.Fatal)}
	for _, c := range []struct {
		other violation.Violation
		left  int
	}{
		{at("schema_pattern", "/totals/vat", "", violation.Fatal), 1},
		{at("schema_type", "/totals", "", violation.Fatal), 1},
		{at("schema_required", "", "", violation.Fatal), 1},
		{at("schema_pattern", "/totals/va", "", violation.Fatal), 2},
		{at("schema_pattern", "/totals/vat/x", "", violation.Fatal), 2},
		{at("structure_value", "", "/I/c:T[1]/c:A", violation.Fatal), 1},
		{at("structure_value", "", "/I/c:T[2]/c:A", violation.Fatal), 2},
		{at("hint", "/totals/vat", "", violation.Warning), 2},
		{at(CodeNotJudged, "/totals", "", violation.Fatal), 2},
	} {
		if got := Suppress(unjudged, []violation.Violation{c.other}); len(got) != c.left {
			t.Errorf("%+v leaves %d", c.other, len(got))
		}
	}
}

// lines is an invoice with n lines that have no identifier.
func lines(t testing.TB, n int) Subject {
	line := "<cac:InvoiceLine><cbc:LineExtensionAmount>1.00</cbc:LineExtensionAmount></cac:InvoiceLine>"
	return Subject{XML: parseXML(t, strings.Replace(small, "</Invoice>", strings.Repeat(line, n)+"</Invoice>", 1)).Root()}
}

func TestManyPlacesAreCounted(t *testing.T) {
	vs := Check(lines(t, 100), []*Pack{ruleOf(t, "for: BG-25, test: exists(BT-126), at: BT-126")})
	if len(vs) != maxPlaces {
		t.Fatalf("%d violations", len(vs))
	}
	places := 0
	for _, v := range vs {
		places += max(1, v.Count)
	}
	if places != 100 || vs[maxPlaces-1].Count != 100-maxPlaces+1 {
		t.Errorf("%d places, the last counts %d", places, vs[maxPlaces-1].Count)
	}
}

// A rule that visits a list inside a list is stopped on a long document, which refuses it.
func TestCost(t *testing.T) {
	long, short := lines(t, 10_000), lines(t, 10)
	for _, rule := range []string{
		"for: BG-25, test: count(//BG-25 where absent(BT-126)) = 0",
		"for: BG-25, test: //BT-126 = 'x'",
		"for: BG-25, test: exists(//BT-136)",
		"for: BG-25, test: filled(//BT-153)",
		"test: 'any(BG-25, //BT-126 = ''x'')'",
		"test: 'any(BG-25, exists(//BT-131 where . = 2))'",
		"test: sum(sum(//BT-131) for BG-25) = 0",
		"for: BG-25, test: //BT-131@currencyID = 'x'",
	} {
		p := ruleOf(t, rule)
		vs := Check(long, []*Pack{p})
		if !slices.ContainsFunc(vs, func(v violation.Violation) bool { return v.Code == "rule_cost" && v.IsFatal() }) {
			t.Errorf("%s: %d violations, not stopped", rule, len(vs))
		}
		if vs := Check(short, []*Pack{p}); len(vs) == 0 || vs[0].Code == "rule_cost" {
			t.Errorf("%s: the next document pays for it: %v", rule, vs)
		}
	}
}

// A fault of the engine refuses the document and keeps no other rule from being judged.
func TestFailure(t *testing.T) {
	p := loadPack(t, head+"  - {id: A, severity: fatal, test: 'true', fr: a, en: b, remedy: {fr: c, en: d}}\n  - {id: B, severity: fatal, test: 'false', fr: a, en: b, remedy: {fr: c, en: d}}\n")
	for _, forms := range p.forms {
		forms[0].places[0].test = func(*run, int32) truth { panic("at the disco") }
	}
	vs := asSent(t, p)
	if len(vs) != 2 || vs[0].Code+vs[1].Code != "Brule_failure" && vs[0].Code+vs[1].Code != "rule_failureB" || !strings.Contains(vs[0].EN+vs[1].EN, "disco") {
		t.Errorf("%+v", vs)
	}
}

// Two versions of a pack stand side by side, and two editions of a list: the day chooses.
func TestVersions(t *testing.T) {
	pack := func(version, from, to, id string) string {
		return fmt.Sprintf("pack: mine\nversion: '%s'\nvalid: {from: '%s'%s}\ndescription: {fr: a, en: b}\nkinds: [invoice]\nrules:\n"+
			"  - {id: %s, severity: fatal, test: BT-5 in list(mine), fr: a, en: b, remedy: {fr: c, en: d}}\n", version, from, to, id)
	}
	later := strings.NewReplacer("2020", "2028", "EUR", "CHF").Replace(codes)
	set, list := loadBeside(t, pack("2", "2027-01-01", ", to: '2030-12-31'", "NEW"), later, codes, pack("1", "2025-01-01", "", "OLD"))
	if set == nil {
		t.Fatal(list.Err())
	}
	source := parseXML(t, small)
	for _, c := range []struct{ day, codes, version string }{
		{"2024-12-31", "rule_pack_not_in_force", ""},
		{"2025-01-01", "", "1"},
		{"2026-12-31", "", "1"},
		{"2027-01-01", "", "2"},
		{"2028-01-01", "NEW", "2"},
		{"2031-01-01", "OLD", "1"},
		{"", "NEW", "2"},
	} {
		var got []string
		for _, v := range set.Check([]string{"mine"}, Subject{XML: source.Root(), Day: c.day}) {
			got = append(got, v.Code)
		}
		if strings.Join(got, " ") != c.codes {
			t.Errorf("%s: %q, want %q", c.day, got, c.codes)
		}
		if p := set.At("mine", c.day); (p == nil) != (c.version == "") || p != nil && p.Version != c.version {
			t.Errorf("%s: %+v", c.day, p)
		}
	}
	if len(set.Versions("mine")) != 2 || set.At("other", "") != nil || !slices.Equal(set.Names(), []string{"mine"}) {
		t.Errorf("%v", set.Names())
	}
}

// A pack of an operator with the name and version of a shipped one stands in its place, whole.
func TestReplaced(t *testing.T) {
	mine := strings.NewReplacer("pack: mine", "pack: en16931", "'1'", "'1.3.16'", "'2026-01-01'", "'2017-06-28'").Replace(head) +
		"  - {id: MY-01, severity: fatal, test: 'false', fr: a, en: b, remedy: {fr: c, en: d}}\n"
	set, list := Load([]File{{"mine.yaml", []byte(mine)}}, shippedShapes(t))
	if set == nil {
		t.Fatal(list.Err())
	}
	p := set.At("en16931", "")
	if len(set.Versions("en16931")) != 1 || len(p.Rules) != 1 || len(p.Tables) != 0 {
		t.Errorf("%d rules, %d tables", len(p.Rules), len(p.Tables))
	}
	if vs := asSent(t, p); len(vs) != 1 || vs[0].Code != "MY-01" {
		t.Errorf("%+v", vs)
	}
}
