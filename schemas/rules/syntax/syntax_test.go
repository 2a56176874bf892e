package syntax

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

func parseXML(t testing.TB, text string) xmldoc.Element {
	t.Helper()
	doc, refused := xmldoc.Parse([]byte(text))
	if refused != nil {
		t.Fatal(refused.EN)
	}
	return doc.Root()
}

// judge lists what a table reports: the ids with the paths.
func judge(table *Table, root xmldoc.Element) []string {
	var out []string
	table.Check(root, func(r *Rule, at xmldoc.Element) { out = append(out, r.ID+" "+at.Path()) })
	slices.Sort(out)
	return out
}

// header is the start of the files of these tests.
const header = `pack: p
version: "1"
syntax: ubl
prefixes: {a: "urn:a", b: "urn:b"}
roots: [a:Doc, b:Doc]
places: {line: //a:Line, priced: "line[a:Price]"}
rules:
`

func load(t testing.TB, rules string) (*Table, []string) {
	t.Helper()
	node, list := yamldoc.Parse("f", []byte(header+rules))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	table, list := Load(node, nil)
	var faults []string
	for _, d := range list.All() {
		faults = append(faults, strings.TrimSpace(fmt.Sprintf("%d:%d %s %s %s", d.Position.Line, d.Position.Column, d.Code, d.Message("en"), d.Hint("en"))))
	}
	return table, faults
}

func TestForms(t *testing.T) {
	doc := func(content string) string { return `<Doc xmlns="urn:a" xmlns:b="urn:b">` + content + `</Doc>` }
	tests := []struct {
		name, rule, xml string
		want            []string
	}{
		{"absent", "absent: a:X", doc("<X/><X/><Y><X/></Y>"), []string{"/Doc/X[1]"}},
		{"absent, another namespace", "absent: a:X", doc("<b:X/>"), nil},
		{"absent in each place", "in: line, absent: a:X", doc("<Line><X/><X/></Line><Line/><Y><Line><X/></Line></Y>"), []string{"/Doc/Line[1]/X[1]", "/Doc/Y/Line/X"}},
		{"absent in places inside each other", "in: line, absent: a:X", doc("<Line><Line><X/></Line><X/></Line>"), []string{"/Doc/Line/Line/X", "/Doc/Line/X"}},
		{"absent attribute", `absent: "@x"`, `<Doc xmlns="urn:a" x=""/>`, []string{"/Doc"}},
		{"absent attribute, with a prefix", `absent: "@x"`, `<Doc xmlns="urn:a" xmlns:b="urn:b" b:x="1"/>`, nil},
		{"absent attribute anywhere", `absent: "//@x"`, doc("<Y><X/><X x='1'/></Y>"), []string{"/Doc/Y/X[2]"}},
		{"absent attribute, the root's", `absent: "//@x"`, `<Doc xmlns="urn:a" x=""/>`, []string{"/Doc"}},
		{"absent attribute but of some", `absent: "//@x", but: //a:X`, doc("<X x='1'/><Y x='1'/>"), []string{"/Doc/Y"}},
		{"absent at any depth", "absent: //a:X/a:Y", doc("<Y/><Z><X><Y/></X></Z>"), []string{"/Doc/Z/X/Y"}},
		{"absent, either of two", "absent: a:X | b:Y/@x", doc("<b:Y x='1'/>"), []string{"/Doc/b:Y"}},
		{"absent, either of two names", "absent: (a:X|b:X)/a:Z", doc("<b:X><Z/></b:X>"), []string{"/Doc/b:X/Z"}},
		{"absent, the end of a name", "absent: a:*Amount", doc("<b:Amount/><TaxAmount/>"), []string{"/Doc/TaxAmount"}},
		{"absent, the end of a name in any namespace", "absent: //*Amount", doc("<Z><b:TaxAmount/></Z>"), []string{"/Doc/Z/b:TaxAmount"}},
		{"absent under a condition", "absent: \"a:X[a:Y = '1']\"", doc("<X><Y>2</Y></X><X><Y>2</Y><Y>1</Y></X>"), []string{"/Doc/X[2]"}},
		{"another root", "in: /b:Doc, absent: a:X", doc("<X/>"), nil},
		{"except under a condition", "in: line, except: \"line[a:Y]\", absent: a:X", doc("<Line><X/></Line><Line><X/><Y/></Line>"), []string{"/Doc/Line[1]/X"}},
		{"except below", "in: line, except: \"//a:Z//a:Line\", absent: a:X", doc("<Z><Z><Line><X/></Line></Z></Z><Line><X/></Line>"), []string{"/Doc/Line/X"}},
		{"a place under a condition", "in: priced, absent: a:X", doc("<Line><X/></Line><Line><Price/><X/></Line>"), []string{"/Doc/Line[2]/X"}},
		{"a place below a named one", "in: line/a:Y, absent: a:X", doc("<Line><Y><X/></Y></Line><Y><X/></Y>"), []string{"/Doc/Line/Y/X"}},
		{"present", "in: line, present: a:X/a:Y", doc("<Line><X/></Line><Line><X><Y/></X></Line>"), []string{"/Doc/Line[1]"}},
		{"present attribute", `in: line, present: "@x"`, doc("<Line/><Line x=''/>"), []string{"/Doc/Line[1]"}},
		{"max", "max: 1, path: a:X/a:Y", doc("<X><Y/></X><X><Y/><Y/></X>"), []string{"/Doc/X[2]/Y[1]"}},
		{"max, as many", "max: 2, path: a:X", doc("<X/><X/>"), nil},
		{"max of attributes", "max: 1, path: a:X/@x", doc("<X x='1'/><X/><X x='1'/>"), []string{"/Doc/X[3]"}},
		{"max but of some", "max: 1, path: a:X, but: \"/a:Doc/a:X[a:Y]\"", doc("<X/><X><Y/></X>"), nil},
		{"count, none", "in: line, count: 1, path: a:X", doc("<Line/>"), []string{"/Doc/Line"}},
		{"count, one", "in: line, count: 1, path: a:X", doc("<Line><X/></Line>"), nil},
		{"count, two", "in: line, count: 1, path: a:X", doc("<Line><X/><X/></Line>"), []string{"/Doc/Line/X[2]"}},
		{"same", "same: //a:X", doc("<X>1</X><Y><X>1</X><X>2</X></Y><X>3</X>"), []string{"/Doc/Y/X[2]"}},
		{"same, with a space at the end", "same: //a:X", doc("<X>1</X><X>1 </X>"), []string{"/Doc/X[2]"}},
		{"same, spaces do not count at the end", "same: //a:X, normal: true", doc("<X>1</X><X>1 </X>"), nil},
		{"absent under a condition without spaces", "absent: \"a:X[a:Y = '1']\"", doc("<X><Y> 1</Y></X>"), []string{"/Doc/X"}},
		{"absent under a condition with spaces", "absent: \"a:X[written(a:Y) = '1']\"", doc("<X><Y> 1</Y></X><X><Y>1</Y></X>"), []string{"/Doc/X[2]"}},
		{"absent under a condition on an attribute without spaces", "absent: \"a:X[@y = '1']\"", doc("<X y=' 1'/>"), []string{"/Doc/X"}},
		{"absent under a condition on an attribute with spaces", "absent: \"a:X[upper(written(@y)) = 'A']\"", doc("<X y=' a'/><X y='a'/>"), []string{"/Doc/X[2]"}},
		{"same, with spaces", "same: //a:X", doc("<X>1 2</X><X>1  2</X>"), []string{"/Doc/X[2]"}},
		{"same, spaces do not count", "same: //a:X, normal: true", doc("<X>1 2</X><X>1  2</X>"), nil},
		{"same, words do", "same: //a:X, normal: true", doc("<X>1 2</X><X>12</X>"), []string{"/Doc/X[2]"}},
		{"decimals", "in: //a:X, decimals: 2", doc("<X>1.25</X><X>1.250</X><X>1,255</X><X/>"), []string{"/Doc/X[2]"}},
		{"format", "in: //a:X, format: CCYYMMDD", doc("<X>20261231</X><X>20261232</X><X>20260001</X><X>2026-12-31</X><X>２026123</X><X/>"), []string{"/Doc/X[2]", "/Doc/X[3]", "/Doc/X[4]", "/Doc/X[5]", "/Doc/X[6]"}},
		{"needs", "in: line, needs: \"a:X and not(a:Y)\", fr: f, en: e", doc("<Line/><Line><X/></Line><Line><X/><Y/></Line>"), []string{"/Doc/Line[1]", "/Doc/Line[3]"}},
		{"needs beside max, once", "in: line, max: 1, path: a:Y, needs: a:X, fr: f, en: e", doc("<Line><Y/><Y/></Line><Line><Y/></Line>"), []string{"/Doc/Line[1]/Y[2]", "/Doc/Line[2]"}},
		{"another document", "in: //a:X, decimals: 2", `<Other xmlns="urn:a"><X>1.234</X></Other>`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, faults := load(t, "  - {id: R, severity: fatal, "+tt.rule+"}\n")
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			var want []string
			for _, path := range tt.want {
				want = append(want, "R "+path)
			}
			if diff := cmp.Diff(want, judge(table, parseXML(t, tt.xml))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	const line = `<Doc xmlns="urn:a"><Seller><Name>A</Name></Seller><Seller><Name>A</Name></Seller>
		<Line code="vat" empty=""><X>1</X><X> 2 </X><Y><Z>A</Z></Y><Y><Z>B</Z></Y></Line></Doc>`
	tests := map[string]bool{
		"a:X":                                  true,
		"a:Z":                                  false,
		"a:Y/a:Z":                              true,
		"@empty":                               true,
		"@none":                                false,
		"a:X = '2'":                            true,
		"a:X = '3'":                            false,
		"a:X != '1'":                           true,
		"a:X != '3'":                           true,
		"a:Z != '3'":                           false,
		"a:X in ('3', '2')":                    true,
		"a:X in ('3')":                         false,
		"@code = 'VAT'":                        false,
		"upper(@code) = 'VAT'":                 true,
		"upper(@code) != 'VAT'":                false,
		"upper(@code) in ('VAT')":              true,
		"not(a:X = '3')":                       true,
		"a:Y[a:Z = 'B']":                       true,
		"a:Y[a:Z = 'A' and a:Z = 'B']":         false,
		"a:X and a:Z or a:Y":                   true,
		"a:X and (a:Z or a:Q)":                 false,
		"a:Y/a:Z = 'A' and a:Y/a:Z = 'B'":      true,
		"../a:Seller/a:Name = 'A'":             true,
		"../../a:Doc":                          false,
		"differs(a:Y/a:Z, ../a:Seller/a:Name)": true,
		"differs(a:Y[a:Z = 'A']/a:Z, ../a:Seller/a:Name)": false,
		"differs(a:Q, ../a:Seller/a:Name)":                false,
		"differs(a:X, a:Q)":                               false,
	}
	for text, want := range tests {
		table, faults := load(t, fmt.Sprintf("  - {id: R, severity: fatal, in: line, needs: %q, fr: f, en: e}\n", text))
		if len(faults) > 0 {
			t.Fatal(text, faults)
		}
		for range 2 { // the second document is judged by the same run
			if got := len(judge(table, parseXML(t, line))) == 0; got != want {
				t.Errorf("%s: %v, expected %v", text, got, want)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name, rules string
		want        []string
	}{
		{"no form", "  - {id: R, severity: fatal}", []string{"8:5 syntax_form expected one form: absent, present, max or count with path, same, decimals, format or needs"}},
		{"two forms", "  - {id: R, severity: fatal, absent: a:X, present: a:X}", []string{"8:5 syntax_form expected one form: absent, present, max or count with path, same, decimals, format or needs"}},
		{"max without path", "  - {id: R, severity: fatal, max: 1}", []string{"8:5 syntax_form path goes with max or count"}},
		{"max 0", "  - {id: R, severity: fatal, max: 0, path: a:X}", []string{"8:35 syntax_form expected a number from 1 to 1000, found 0"}},
		{"normal without same", "  - {id: R, severity: fatal, absent: a:X, normal: true}", []string{"8:51 syntax_form normal goes with same"}},
		{"but without counting", "  - {id: R, severity: fatal, present: a:X, but: line}", []string{"8:49 syntax_form but goes with absent, max or count"}},
		{"needs beside present", "  - {id: R, severity: fatal, present: a:X, needs: a:X, fr: f, en: e}", []string{"8:51 syntax_form needs stands alone, or with max or count"}},
		{"needs without words", "  - {id: R, severity: fatal, needs: a:X}", []string{"8:37 syntax_form a rule with needs says itself what it asks for, in fr and en"}},
		{"one language", "  - {id: R, severity: fatal, absent: a:X, en: e}", []string{"8:5 syntax_form fr and en go together"}},
		{"no id", "  - {severity: fatal, absent: a:X}", []string{"8:5 syntax_id expected id, or several rules written \"id: path\""}},
		{"an id too many", "  - {id: R, severity: fatal, absent: {Q: a:X}}", []string{"8:5 syntax_id expected id, or several rules written \"id: path\""}},
		{"an id twice", "  - {severity: fatal, absent: {R: a:X}}\n  - {id: R, severity: fatal, absent: a:X}", []string{"9:10 syntax_id rule R is written twice, first on line 8"}},
		{"an id with blanks", "  - {id: R 1, severity: fatal, absent: a:X}", []string{"8:10 syntax_id rule id \"R 1\": expected letters, digits and . - _"}},
		{"an unknown prefix", "  - {id: R, severity: fatal, absent: a:X/bb:Y}", []string{"8:42 syntax_path unknown prefix \"bb\""}},
		{"an unknown place", "  - {id: R, severity: fatal, in: lines, absent: a:X}", []string{"8:34 syntax_path unknown place \"lines\" did you mean \"line\"?"}},
		{"a place without slash", "  - {id: R, severity: fatal, in: a:X, absent: a:X}", []string{"8:34 syntax_path unknown place \"a\""}},
		{"a place that is an attribute", "  - {id: R, severity: fatal, in: //@x, absent: a:X}", []string{"8:36 syntax_path a place is an element"}},
		{"a path to the element itself", "  - {id: R, severity: fatal, absent: .}", []string{"8:38 syntax_path expected an element further down, or an attribute"}},
		{"// below the root", "  - {id: R, severity: fatal, in: line, absent: //a:X}", []string{"8:48 syntax_path only the path of a rule that is judged for the root begins with //"}},
		{"no name", "  - {id: R, severity: fatal, absent: a:X/}", []string{"8:42 syntax_path expected an element name with its prefix"}},
		{"no prefix", "  - {id: R, severity: fatal, absent: X}", []string{"8:39 syntax_path expected \":\""}},
		{"no attribute", "  - {id: R, severity: fatal, absent: \"@\"}", []string{"8:40 syntax_path expected an attribute name"}},
		{"something behind", "  - {id: R, severity: fatal, absent: a:X )}", []string{"8:42 syntax_path expected the end of the text or an operator"}},
		{"an open bracket", "  - {id: R, severity: fatal, absent: \"a:X[a:Y\"}", []string{"8:46 syntax_path expected \"]\""}},
		{"an open text", "  - {id: R, severity: fatal, absent: \"a:X[a:Y = 'é]\"}", []string{"8:52 syntax_path expected a closing apostrophe"}},
		{"no text", "  - {id: R, severity: fatal, absent: \"a:X[a:Y = 1]\"}", []string{"8:49 syntax_path expected \"'\""}},
		{"upper without comparison", "  - {id: R, severity: fatal, absent: \"a:X[upper(a:Y)]\"}", []string{"8:53 syntax_path expected =, != or in after upper(...)"}},
		{"a condition at any depth", "  - {id: R, severity: fatal, absent: \"a:X[a:Y//a:Z]\"}", []string{"8:43 syntax_path a condition follows child elements named one by one"}},
		{"conditions in conditions", "  - {id: R, severity: fatal, absent: \"a:X[" + strings.Repeat("(", 30) + "\"}", []string{"8:63 syntax_path conditions nested too deep"}},
		{"a fault in the second line", "  - id: R\n    severity: fatal\n    absent: >-\n      a:X[a:Y\n      = 1]", []string{"12:9 syntax_path expected \"'\""}},
		{"two faults", "  - {id: R, severity: fatal, absent: X}\n  - {id: Q, severity: fatal, in: y, absent: a:X}", []string{"8:39 syntax_path expected \":\"", "9:34 syntax_path unknown place \"y\""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, faults := load(t, tt.rules+"\n")
			if diff := cmp.Diff(tt.want, faults); diff != "" {
				t.Error(diff)
			}
			if table != nil {
				t.Error("a table with faults was returned")
			}
		})
	}
}

func TestFaultsOfTheHead(t *testing.T) {
	const file = `pack: p
version: "1"
syntax: ubl
prefixes: {a: "urn:a"}
roots: [a:*Doc, b:Doc]
places: {document: //a:X, Line: //a:X, x: /a:X/@y}
rules:
  - {id: R, severity: fatal, absent: a:X}
`
	node, list := yamldoc.Parse("f", []byte(file))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	_, list = Load(node, nil)
	var got []string
	for _, d := range list.All() {
		got = append(got, fmt.Sprintf("%d:%d %s", d.Position.Line, d.Position.Column, d.Message("en")))
	}
	want := []string{
		"5:9 expected a whole name",
		"5:17 unknown prefix \"b\"",
		"6:10 place name \"document\": expected lower-case letters and hyphens, and not \"document\", which is the root",
		"6:27 place name \"Line\": expected lower-case letters and hyphens, and not \"document\", which is the root",
		"6:43 a place is an element",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestViolation(t *testing.T) {
	table, faults := load(t, `
  - {id: A, severity: warning, absent: a:X}
  - {id: B, severity: fatal, terms: [BT-1, BT-2], in: line, max: 1, path: a:X}
  - {id: C, severity: fatal, in: //a:*Amount, decimals: 2}
  - {id: D, severity: fatal, in: line, needs: a:Y, fr: il faut Y, en: Y is needed, remedy: {fr: donnez-le, en: give it}}
`)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got := map[string]violation.Violation{}
	root := parseXML(t, "<Doc xmlns='urn:a'>\n<X/><Line><X/><X/><Amount>1.234</Amount></Line></Doc>")
	table.Check(root, func(r *Rule, at xmldoc.Element) { got[r.ID] = r.Violation(at) })
	want := map[string]violation.Violation{
		"A": {
			Code: "A", Severity: violation.Warning, Source: "/Doc/X", Line: 2, Column: 1, FR: "« a:X » n'est pas employé", EN: `"a:X" is not used`,
			Remedy:   "Retirez-le : la norme n'en fait rien et le destinataire peut l'ignorer.",
			RemedyEN: "Remove it: the standard makes no use of it and the receiver may ignore it.",
		},
		"B": {
			Code: "B", Severity: violation.Fatal, Source: "/Doc/Line/X[2]", Line: 2, Column: 15, Term: "BT-1", FR: "au plus 1 « a:X » dans « a:Line »", EN: `at most 1 of "a:X" in "a:Line"`,
			Remedy: "Retirez ceux qui sont en trop.", RemedyEN: "Remove those that are too many.",
		},
		"C": {
			Code: "C", Severity: violation.Fatal, Source: "/Doc/Line/Amount", Line: 2, Column: 19,
			FR: "au plus 2 décimales dans « a:*Amount » ; trouvé « 1.234 »", EN: `at most 2 decimals in "a:*Amount"; found "1.234"`,
			Remedy: "Corrigez la valeur.", RemedyEN: "Correct the value.",
		},
		"D": {
			Code: "D", Severity: violation.Fatal, Source: "/Doc/Line", Line: 2, Column: 5, FR: "il faut Y", EN: "Y is needed", Remedy: "donnez-le", RemedyEN: "give it",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever a file of rules says, it is loaded or refused, and judges documents without failing.
func FuzzLoad(f *testing.F) {
	f.Add("  - {id: R, severity: fatal, in: \"line[a:X = '1' or not(upper(@y) in ('A', 'B'))]\", except: //a:Z//a:Line, absent: a:*X | b:Y/@z}")
	f.Add("  - {id: R, severity: fatal, max: 1, path: //a:X, but: priced, needs: \"differs(a:X, ../a:Y)\", fr: f, en: e}")
	f.Add("  - {severity: warning, same: {R: //a:X/a:Y}, normal: true}\n  - {id: Q, severity: fatal, in: //*Y, decimals: 2}")
	root := parseXML(f, `<Doc xmlns="urn:a" y="a"><Line y="1"><X>1</X><Price/></Line><Z><Line><X>1.234<Y/></X></Line></Z></Doc>`)
	f.Fuzz(func(t *testing.T, rules string) {
		node, list := yamldoc.Parse("f", []byte(header+rules))
		if list.HasErrors() {
			return
		}
		table, list := Load(node, nil)
		if (table == nil) != list.HasErrors() {
			t.Fatalf("table %v, faults %v", table, list.Err())
		}
		if table != nil {
			table.Check(root, func(r *Rule, at xmldoc.Element) { r.Violation(at) })
		}
	})
}
