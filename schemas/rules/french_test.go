package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// frenchCase changes a French document in one syntax or both and lists all rules that fire then.
type frenchCase struct {
	Of     yamldoc.String               `yaml:"of,oneof=invoice|credit-note|groups|vat"`
	Change *yamldoc.Map[yamldoc.String] `yaml:"change"`
	UBL    *yamldoc.Map[yamldoc.String] `yaml:"ubl"`
	CII    *yamldoc.Map[yamldoc.String] `yaml:"cii"`
	Fires  []string                     `yaml:"fires"`
}

// silent are the rules of fr-ctc that no schema-valid document breaks in a syntax, or that have no test there.
var silent = map[string]map[string]string{
	"ubl": {
		"BR-FR-09_EXT-FR-FE-146":      "looks for a place inside the place",
		"BR-FR-16_BT-103":             "a second rule for what BR-FR-16_BT-96_BT-103 takes",
		"BR-FR-27_BG-32":              "written on a place where no item is",
		"BR-FR-27_BT-160":             "written on a place where no item is",
		"BR-FR-27_EXT-FR-FE-159":      "written on a place where no item is",
		"BR-FR-29_BT-18":              "counts inside a reference, which holds one identifier",
		"BR-FR-30_BT-128":             "counts inside a reference, which holds one identifier",
		"BR-FR-CO-10_BT-71-2":         "counts inside a place, which holds one identifier",
		"BR-FR-CO-10_EXT-FR-FE-146-2": "counts inside a place, which holds one identifier",
		"BR-FR-DEC-01_BT-111":         "a second rule for what BR-FR-DEC-01_BT-110 takes",
	},
	"cii": {
		"BR-FR-01_BT-1-2":          "the UBL artefact has it a second time",
		"BR-FR-01_BT-25-2":         "the UBL artefact has it a second time",
		"BR-FR-01_EXT-FR-FE-136-2": "the UBL artefact has it a second time",
		"BR-FR-16_BT-103":          "one with BR-FR-16_BT-96_BT-103",
		"BR-FR-30_AFL":             "written on a place where no such reference is",
		"BR-FR-30_AVV":             "written on a place where no such reference is",
		"BR-FR-30_BT-128":          "written on a place where no such reference is",
		"BR-FR-DEC-01_BT-111":      "a second rule for what BR-FR-DEC-01_BT-110 takes",
	},
}

// Every French rule has, in each syntax, a document that breaks it and one at its border, or a reason for none. The folder
// FRENCH_CASES, if it is set, gets all of them: TestOracleFrance compares the verdicts.
func TestFrenchCases(t *testing.T) { testFrenchCases(t, "fr-ctc", silent) }

// testFrenchCases runs the cases of a pack, which change the documents in the folder of its name.
func testFrenchCases(t *testing.T, name string, silent map[string]map[string]string) {
	t.Helper()
	pack := shippedSet(t).At(name, "")
	seen := frenchCases(t, pack, func(string, string) bool { return true })
	for _, r := range pack.Rules {
		for syntax, reasons := range silent {
			seen[syntax][r.ID].check(t, r.ID+" in "+syntax, reasons[r.ID])
		}
	}
}

// frenchCases runs the cases of a pack and counts them by syntax and rule. Only the rules that compared keeps count.
func frenchCases(t *testing.T, pack *Pack, compared func(id, syntax string) bool) map[string]map[string]tally {
	t.Helper()
	rules := map[string]*Rule{}
	for _, r := range pack.All() {
		rules[r.ID] = r
	}
	seen := map[string]map[string]tally{"ubl": {}, "cii": {}}
	for id, all := range readCases[frenchCase](t, pack.Name, pack).All() {
		for number, c := range all {
			for syntax, own := range map[string]*yamldoc.Map[yamldoc.String]{"ubl": c.UBL, "cii": c.CII} {
				if own == nil {
					own = c.Change
				}
				if own == nil {
					continue
				}
				n := seen[syntax][id.Value]
				n.count(slices.Contains(c.Fires, id.Value))
				seen[syntax][id.Value] = n
				text := c.document(t, pack.Name, id, number, syntax, *own)
				c.judge(t, pack, rules, text, id, syntax, compared)
			}
		}
	}
	return seen
}

// document returns the document of a case in one syntax.
func (c frenchCase) document(t *testing.T, folder string, id yamldoc.String, number int, syntax string, changes yamldoc.Map[yamldoc.String]) string {
	t.Helper()
	name := "invoice"
	if c.Of.IsSet() {
		name = c.Of.Value
	}
	data, err := os.ReadFile(filepath.Join("testdata", folder, name+"."+syntax+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for from, to := range changes.All() {
		if n := strings.Count(text, from.Value); n != 1 {
			t.Errorf("%s, %s: %q stands %d times", from.Pos, syntax, from.Value, n)
		}
		text = strings.Replace(text, from.Value, long.ReplaceAllStringFunc(to.Value, lengthen), 1)
	}
	if dir := os.Getenv("FRENCH_CASES"); dir != "" { // for the oracle
		name := fmt.Sprintf("%s.%s.%03d.%s.xml", folder, id.Value, number, syntax)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

// judge compares the rules that fire with those that should.
func (c frenchCase) judge(t *testing.T, pack *Pack, rules map[string]*Rule, text string, id yamldoc.String, syntax string, compared func(id, syntax string) bool) {
	t.Helper()
	doc, refused := xmldoc.Parse([]byte(text))
	if refused != nil {
		t.Fatalf("%s: %s", id.Value, refused.EN)
	}
	want, got := slices.Clone(c.Fires), []string{}
	slices.Sort(want)
	for _, v := range Check(Subject{XML: doc.Root(), References: buyers(t)}, []*Pack{pack}) {
		if v.Code == CodeNotJudged || compared(v.Code, syntax) {
			got = append(got, v.Code)
			complete(t, rules[v.Code], v, syntax)
		}
	}
	if got = slices.Compact(slices.Sorted(slices.Values(got))); !slices.Equal(got, want) {
		t.Errorf("%s of %s in %s: %v fire, want %v", id.Pos, id.Value, syntax, got, want)
	}
}

// long is a number in braces: so many characters.
var long = regexp.MustCompile(`\{\d+\}`)

func lengthen(number string) string {
	n, _ := strconv.Atoi(number[1 : len(number)-1]) // the pattern lets digits through only
	return strings.Repeat("n", n)
}

// complete checks that a violation says what it should.
func complete(t *testing.T, r *Rule, v violation.Violation, syntax string) {
	t.Helper()
	if v.Code == CodeNotJudged {
		t.Errorf("not judged: %s", v.EN)
		return
	}
	severity := r.Severity
	for _, f := range r.Forms {
		if f.Syntax == syntax {
			severity = f.Severity
		}
	}
	if v.Severity != severity || len(r.Terms) > 0 && v.Term == "" || v.Source == "" || v.Remedy == "" || v.RemedyEN == "" || strings.Contains(v.FR+v.EN, "?") {
		t.Errorf("incomplete: %+v", v)
	}
}

// The parent of a line is found by its identifier, however many lines there are: an invoice of 4,000 lines that stand below a
// line which is no top group is judged to its end.
func TestFrenchManyLines(t *testing.T) {
	const lines = 4_000
	pack := shippedSet(t).At("fr-ctc", "")
	for _, tt := range []struct{ syntax, line, own, parent string }{
		{"ubl", "cac:InvoiceLine", "<cbc:ID>2.1<", "<cac:BillingReferenceLine><cbc:ID>2<"},
		{"cii", "ram:IncludedSupplyChainTradeLineItem", "<ram:LineID>2.1<", "<ram:ParentLineID>2<"},
	} {
		data, err := os.ReadFile("testdata/fr-ctc/groups." + tt.syntax + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		text, end := string(data), "</"+tt.line+">"
		from, to := strings.LastIndex(text, "<"+tt.line+">"), strings.LastIndex(text, end)+len(end)
		below := func(parent, seller string) string { // the last line, once more below another
			line := strings.Replace(text[from:to], tt.own, strings.Replace(tt.own, "2.1", "3", 1), 1)
			line = strings.Replace(line, tt.parent, strings.Replace(tt.parent, ">2<", ">"+parent+"<", 1), 1)
			return strings.Replace(line, ">222222222<", ">"+seller+"<", 1)
		}
		text = text[:to] + strings.Repeat(below("2.1", "222222222"), lines) + below("2.1", "111111111") + below("none", "222222222") + text[to:]
		got := map[string]int{}
		for _, v := range Check(Subject{XML: parseXML(t, text).Root()}, []*Pack{pack}) {
			got[v.Code]++
		}
		want := map[string]int{"BR-FR-MV-06_EXT-FR-FE-167": 2, "BR-FR-MV-07_BT-128": 1} // another seller; no such parent, so neither
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v fire, want %v", tt.syntax, got, want)
		}
	}
}

// Canonical documents are judged by the French rules whose terms their schema has.
func TestFrenchCanonical(t *testing.T) {
	pack := shippedSet(t).At("fr-ctc", "")
	const party = `{"name": "Exemple", "identifiers": [{"id": "11111111100011", "scheme": "0009"}, {"id": "S.1", "scheme": "0224"}], "legalRegistration": {"id": "111111111", "scheme": "0002"}, "electronicAddress": {"id": "111111111_A", "scheme": "0225"}}`
	const notes = `{"subjectCode": "PMT", "text": "a"}, {"subjectCode": "PMD", "text": "b"}, {"subjectCode": "AAB", "text": "c"}, {"subjectCode": "BAR", "text": "B2B"}`
	french := map[string]string{"/process/businessProcess": "B1", "/seller": party, "/buyer": party, "/notes": "[" + notes + "]"}
	for _, tt := range []struct {
		place, value, want string
	}{
		{"/number", "F-1", ""},
		{"/number", "F 1", "BR-FR-02_BT-1"},
		{"/issueDate", "2026-02-30", "BR-FR-03_BT-2"},
		{"/typeCode", "326", "BR-FR-04_BT-3"},
		{"/typeCode", "384", "BR-FR-CO-04_BT-3"},
		{"/typeCode", "381", "BR-FR-CO-05_BT-3"},
		{"/process/businessProcess", "B3", "BR-FR-08_BT-23"},
		{"/process/businessProcess", "B2", "BR-FR-CO-09_BT-23-1 BR-FR-CO-09_BT-23-2 BR-FR-CO-09_BT-23-3"},
		{"/process/businessProcess", "S9", "BR-FR-BD-02_BT-30 BR-FR-BD-02_BT-47 BR-FR-BD-02_EXT-FR-FE-163 BR-FR-BD-13_BT-3 BR-FR-MV-01_EXT-FR-FE-163 BR-FR-MV-06_EXT-FR-FE-167 BR-FR-MV-07_BT-128"},
		{"/notes/0/subjectCode", "AAB", "BR-FR-05_BT-22_PMT BR-FR-06_BT-21_AAB"},
		{"/notes/3/text", "B2G", "BR-FR-20_BT-21"},
		{"/notes", "[" + notes + `, {"subjectCode": "BAR", "text": "B2C"}]`, "BR-FR-31_BT-21"},
		{"/seller/identifiers/0/id", "11111111200011", "BR-FR-09_BT-29"},
		{"/seller/identifiers/1/id", "a b", "BR-FR-24_BT-29"},
		{"/seller/identifiers/1/scheme", "0231", "BR-FR-CO-14_BT-29-1 BR-FR-CO-15_BT-29-1"},
		{"/seller/legalRegistration/scheme", "0088", "BR-FR-09_BT-29 BR-FR-10_BT-30"},
		{"/buyer/legalRegistration/scheme", "0088", "BR-FR-09_BT-46 BR-FR-11_BT-47"},
		{"/buyer/electronicAddress/id", "A", "BR-FR-21_BT-49"},
		{"/seller/electronicAddress/id", "1/2", "BR-FR-23_BT-34"},
		{"/currency", "USD", "BR-FR-CO-12_BT-5"},
		{"/dueDate", "2026-03-01", "BR-FR-CO-07_BT-9"},
		{"/vatBreakdown/0/category", "L", "BR-FR-15_BT-118 BR-FR-15_BT-118_LM"},
		{"/lines/0/vat/rate", "12", "BR-FR-16_BT-152"},
		{"/lines/0/price/net", "-1", "BR-FR-DEC-03_BT-146"},
		{"/totals/payable", "120.001", "BR-FR-DEC-01_BT-115"},
		{"/supportingDocuments", `[{"reference": "1", "description": "Rib"}]`, "BR-FR-17_BT-123"},
	} {
		root := validDocument(t, "invoice")
		set := func(place, text string) {
			var value any = text
			if strings.ContainsAny(text[:1], "[{") {
				if err := json.Unmarshal([]byte(text), &value); err != nil {
					t.Fatal(err)
				}
			}
			root = edit(root, strings.Split(place, "/")[1:], value).(map[string]any)
		}
		for place, text := range french {
			set(place, text)
		}
		set(tt.place, tt.value)
		var got []string
		for _, v := range Check(Subject{Doc: parseDoc(t, root)}, []*Pack{pack}) {
			got = append(got, v.Code)
		}
		slices.Sort(got)
		if found := strings.Join(slices.Compact(got), " "); found != tt.want {
			t.Errorf("%s is %s: %q fire, want %q", tt.place, tt.value, found, tt.want)
		}
	}
}

// A release of the French rules is data: the two files of fr-ctc with their version and first day, and an edition of a list
// that changes. Both releases stand side by side, and the day of the event chooses.
func TestNextFrenchRelease(t *testing.T) {
	const day, version, framework = "2026-09-03", "1.4.0.04", "B3"
	release := strings.NewReplacer(`version: "1.4.0.03"`, `version: "`+version+`"`, `from: "2025-01-01"`, `from: "`+day+`"`, "codes: |\n  ", "codes: |\n  "+framework+" ")
	var files []File
	for _, name := range []string{"packs/fr-ctc.yaml", "packs/fr-ctc-groups.yaml", "lists/fr-frameworks.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{"next/" + name, []byte(release.Replace(string(data)))})
	}
	set, list := Load(files, shippedShapes(t))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/fr-ctc/invoice.cii.xml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), ">B1<", ">"+framework+"<", 1)
	if text == string(data) {
		t.Fatal("the invoice has another framework")
	}
	for _, tt := range []struct{ day, version, fires string }{
		{"2026-09-02", "1.4.0.03", "BR-FR-08_BT-23"},
		{day, version, ""},
		{"", version, ""},
	} {
		pack, fires := set.At("fr-ctc", tt.day), ""
		for _, v := range set.Check([]string{"fr-ctc"}, Subject{XML: parseXML(t, text).Root(), Day: tt.day}) {
			fires += v.Code
		}
		if pack.Version != tt.version || len(pack.All()) != 175 || fires != tt.fires {
			t.Errorf("%s: %s of %d rules, and %q fires", tt.day, pack.Version, len(pack.All()), fires)
		}
	}
}

// An invoice of thousands of sellers is judged: no rule of grouped lines looks at all of them for each of them.
func TestManyGroups(t *testing.T) {
	var lines, breakdown strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&lines, `<cac:InvoiceLine><cbc:ID>%[1]d</cbc:ID><cbc:LineExtensionAmount>0.00</cbc:LineExtensionAmount>
		 <cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>F-0</cbc:ID><cbc:DocumentStatusCode>GROUP</cbc:DocumentStatusCode></cac:InvoiceDocumentReference></cac:BillingReference>
		 <cac:DocumentReference><cbc:ID schemeID="AFL">F-%[1]d</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>
		 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">%[1]d.01</cbc:TaxAmount></cac:TaxTotal>
		 <cac:Item><cac:ManufacturerParty><cac:PartyLegalEntity><cbc:CompanyID>1</cbc:CompanyID></cac:PartyLegalEntity></cac:ManufacturerParty></cac:Item></cac:InvoiceLine>`, i)
		fmt.Fprintf(&breakdown, `<cac:TaxSubtotal><cbc:TaxAmount>%[1]d.00</cbc:TaxAmount><cac:TaxCategory><cbc:TaxExemptionReason>#F-%[1]d#</cbc:TaxExemptionReason><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal>`, i)
	}
	source := parseXML(t, `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
	 <cbc:ProfileID>B8</cbc:ProfileID><cbc:ID>F-0</cbc:ID><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
	 <cac:AccountingSupplierParty><cac:Party><cac:PartyLegalEntity><cbc:CompanyID>1</cbc:CompanyID></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
	 <cac:TaxTotal>`+breakdown.String()+`</cac:TaxTotal>`+lines.String()+`</Invoice>`)
	for _, v := range Check(Subject{XML: source.Root()}, []*Pack{shippedSet(t).At("fr-ctc", "")}) {
		switch v.Code {
		case "rule_cost", "BR-FR-MV-09_EXT-FR-FE-181", "BR-FR-MV-12_BT-128":
			t.Errorf("%s: %s", v.Code, v.EN)
		}
	}
}

// A VAT breakdown whose category is missing in CII counts for its group all the same.
func TestBreakdownWithoutCategory(t *testing.T) {
	data, err := os.ReadFile("testdata/fr-ctc/groups.cii.xml")
	if err != nil {
		t.Fatal(err)
	}
	from, to, found := strings.Cut(string(data), "#F-2#</ram:ExemptionReason><ram:BasisAmount>116.00</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>")
	text := from + "#F-2#</ram:ExemptionReason><ram:BasisAmount>116.00</ram:BasisAmount>" + to
	vs := Check(Subject{XML: parseXML(t, text).Root()}, []*Pack{shippedSet(t).At("fr-ctc", "")})
	if !found || len(vs) != 1 || vs[0].Code != "BR-FR-15_BT-118" {
		t.Errorf("%+v", vs)
	}
}

// The artefact cannot judge an invoice that has twice what it reads once, where the schema allows that: nor can we, and it is
// refused.
func TestSeveralWhereOneIsRead(t *testing.T) {
	const (
		terms = "<ram:SpecifiedTradePaymentTerms>"
		again = `<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">20261231</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>`
		group = `<cac:DocumentReference><cbc:ID schemeID="AVV">S1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>`
	)
	for _, tt := range []struct{ name, file, framework, from, to string }{
		{"due dates", "invoice.cii.xml", "B1", terms, again + terms},
		{"due dates of an invoice that is paid", "invoice.cii.xml", "B2", terms, again + terms},
		{"frameworks of a group", "groups.ubl.xml", "", group, group + group},
	} {
		data, err := os.ReadFile("testdata/fr-ctc/" + tt.file)
		if err != nil {
			t.Fatal(err)
		}
		sound := strings.Replace(string(data), ">B1<", ">"+tt.framework+"<", 1)
		broken := strings.Replace(sound, tt.from, tt.to, 1)
		for text, want := range map[string]bool{sound: false, broken: true} {
			found := Check(Subject{XML: parseXML(t, text).Root()}, []*Pack{shippedSet(t).At("fr-ctc", "")})
			if broken == sound || isNotJudged(found) != want {
				t.Errorf("%s: %+v", tt.name, found)
			}
		}
	}
}
