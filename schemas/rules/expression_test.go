package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// small is a partial invoice with what the rows below ask for: an empty element, a repeated one, two currencies.
const small = `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:ID>F-1</cbc:ID><cbc:ID>F-2</cbc:ID><cbc:IssueDate>2026-02-28</cbc:IssueDate><cbc:DueDate>2026-02-30</cbc:DueDate>
 <cbc:TaxPointDate>2026-03-01+02:00</cbc:TaxPointDate><cbc:Note/><cbc:Note> a
 b </cbc:Note><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode><cbc:BuyerReference> </cbc:BuyerReference>
 <cac:ContractDocumentReference><cbc:ID schemeID="s "> M-1</cbc:ID></cac:ContractDocumentReference>
 <cac:OrderReference><cbc:ID>O</cbc:ID></cac:OrderReference>
 <cac:AccountingSupplierParty><cac:Party><cac:PartyIdentification><cbc:ID schemeID="0009">S1</cbc:ID></cac:PartyIdentification>
  <cac:PartyIdentification><cbc:ID>S2</cbc:ID></cac:PartyIdentification>
  <cac:PartyTaxScheme><cbc:CompanyID>FR1</cbc:CompanyID><cac:TaxScheme><cbc:ID>vat</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
  <cac:PartyTaxScheme><cbc:CompanyID>L1</cbc:CompanyID><cac:TaxScheme><cbc:ID>LOC</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party></cac:AccountingSupplierParty>
 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">2.00</cbc:TaxAmount>
  <cac:TaxSubtotal><cbc:TaxableAmount>10</cbc:TaxableAmount><cbc:TaxAmount>2.00</cbc:TaxAmount>
   <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>20</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
 <cac:TaxTotal><cbc:TaxAmount currencyID="SEK">20.0</cbc:TaxAmount></cac:TaxTotal>
 <cac:LegalMonetaryTotal><cbc:LineExtensionAmount>0.30</cbc:LineExtensionAmount><cbc:AllowanceTotalAmount/>
  <cbc:TaxExclusiveAmount>1</cbc:TaxExclusiveAmount><cbc:TaxExclusiveAmount>2</cbc:TaxExclusiveAmount></cac:LegalMonetaryTotal>
 <cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode=" C62">2</cbc:InvoicedQuantity><cbc:LineExtensionAmount>0.10</cbc:LineExtensionAmount>
  <cac:Item><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>20.0</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item></cac:InvoiceLine>
 <cac:InvoiceLine><cbc:ID>2</cbc:ID><cbc:LineExtensionAmount>0.20</cbc:LineExtensionAmount>
  <cac:Item><cac:ClassifiedTaxCategory><cbc:ID>Z</cbc:ID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item></cac:InvoiceLine>
</Invoice>`

// row is a rule on the small invoice: places is what it says of each place that it is for, in order: "+" kept, "-"
// broken, "?" not judged.
type row struct{ forEach, test, places string }

var rows = []row{
	// Presence: empty elements are there.
	{"", "exists(BT-1) and exists(BT-107) and exists(BG-1) and not exists(BT-3)", "+"},
	{"", "absent(BT-3) and absent(BG-10) and absent(BT-1@x)", "+"},
	{"", "filled(BT-1) and not filled(BT-107) and not filled(BT-10) and filled(BT-22)", "+"},
	{"", "count(BT-1) = 2 and count(BT-3) = 0 and count(BG-25) = 2 and count(distinct(BT-130)) = 1", "+"},
	// Texts compare as sets of nodes.
	{"", "BT-1 = 'F-2' and BT-1 != 'F-2' and not (BT-1 = 'F-3') and not (BT-3 = '') and not (BT-3 != '')", "+"},
	{"", "BT-1 in ('F-2', 'x') and BT-1 not in ('F-2') and not (BT-1 not in ('F-1', 'F-2'))", "+"},
	{"", "BT-5 in list(mine) and BT-1 not in list(mine)", "+"},
	{"", "BT-29 = BT-29 and BT-29 != BT-29 and not (BT-29 = BT-31)", "+"},
	{"", "text(BT-2) < '2026-03' and text(BT-2) >= '2026-02-28'", "+"},
	{"", "BT-31 = 'FR1' and count(BT-31) = 1 and BT-32 = 'L1'", "+"},
	// Terms are sought in the closest group that holds both.
	{"BG-25", "BT-126 = '1' and BT-5 = 'EUR'", "+-"},
	{"BG-25", "count(BT-126) = 1 and count(//BT-126) = 2", "++"},
	{"BG-25", "sum(//BT-131) = 0.30", "++"},
	{"BT-29", ". = 'S1' and .@schemeID = '0009' and BT-29-1 = '0009' and BT-31 = 'FR1'", "+-"},
	{"BG-23", "any(BG-25, BT-151 = this.BT-118 and BT-152 = this.BT-119)", "+"},
	{"BG-23", "sum(BT-131 where BT-151 = this.BT-118) = 0.1", "+"},
	{"tax-total", "tax-total-amount = 2 and BT-117 = tax-total-amount", "+-"},
	{"[BT-29, BT-31]", "starts(., 'S')", "++-"},
	// Attributes, predicates of the binding.
	{"", "BT-110 = 2 and tax-total-amount@currencyID = 'SEK' and exists(BT-29@schemeID) and BT-130 = 'C62'", "+"},
	{"", "count(BT-29 where .@schemeID = '0009') = 1 and first(BT-29) = 'S1' and not (first(BT-29) = 'S2')", "+"},
	// The number of a node in its group.
	{"BG-25", "position(.) = decimal(BT-126)", "++"},
	{"", "position(BT-29 where . = 'S2') = 2 and position(BT-5) = 1", "+"},
	{"", "position(BT-29) = 1", "?"},
	{"", "position(BT-3) = 1", "-"},
	// Numbers: exact, one value each.
	{"", "BT-106 = sum(BT-131) and BT-106 = 0.3 and BT-106 != 0.31 and BT-106 <= 0.30 and BT-106 > 0.29", "+"},
	{"", "BT-113 = 0 or BT-113 != 0 or BT-113 + 1 = 1", "-"},
	{"", "or0(BT-113) = 0 and or0(BT-106) = 0.3 and 1 - or0(BT-113) = 1", "+"},
	{"", "BT-107 = 0", "?"},
	{"", "BT-109 = 1", "?"},
	{"", "or0(BT-109) = 1", "?"},
	{"", "first(BT-109) = 1", "+"},
	{"", "sum(BT-109) = 3 and min(BT-109) = 1 and max(BT-109) = 2 and sum(BT-92) = 0", "+"},
	{"", "max(BT-92) = 0 or min(BT-92) = 0", "-"},
	{"", "sum(BT-107) = 0", "?"},
	{"", "sum(BT-131 * or0(BT-129) for BG-25) = 0.2 and sum(BT-131 * BT-129 for BG-25) = 0.2", "+"},
	{"", "1 / 3 = 0.333333333333333333 and 1 / 8 = 0.125 and 7 / 100 = 0.07 and -(1) = 0 - 1 and 2 + 3 * 4 = 14", "+"},
	{"", "1 / or0(BT-113) = 1", "?"},
	{"", "binary(0.5) = 0.5 and binary(0.1) > 0.1 and binary(0.3) < 0.3 and binary(-0.1) < -0.1 and exists(BT-1) and not (binary(BT-113) = 0)", "+"},
	{"", "abs(100.01 - 100) <= 0.01 and not (abs(binary(binary(100.01) - 100)) <= binary(0.01))", "+"},
	{"", "round(2.345, 2) = 2.35 and round(-2.345, 2) = -2.34 and round(2.5) = 3 and round(-2.5) = -2 and abs(-2) = 2", "+"},
	{"", "decimals(BT-110) = 2 and decimals(first(BT-109)) = 0 and decimal(BT-126 where . = '2') = 2", "+"},
	{"", "decimal(BT-5) = 1", "?"},
	{"", "BT-106 in (0.3, 5) and BT-106 not in (1, -2)", "+"},
	// Dates.
	{"", "BT-2 = date '2026-02-28' and BT-2 < BT-7 and BT-7 < date '2026-03-01' and BT-2 != BT-7", "+"},
	{"", "BT-9 > BT-2", "?"},
	{"", "BT-73 > BT-2 or BT-2 > BT-73", "-"},
	{"", "months(BT-2, 2) = date '2026-04-28' and months(BT-2, 0) = BT-2 and months(BT-2, 12) > BT-2", "+"},
	{"", "months(date '2026-12-31', 2) = date '2027-02-28' and months(date '2023-12-29', 2) = date '2024-02-29'", "+"},
	{"", "months(BT-9, 1) > BT-2", "?"},
	{"", "months(BT-73, 1) > BT-2", "-"},
	{"", "ascending(BT-2) and ascending(BT-73)", "+"},
	{"", "ascending(BT-9)", "?"},
	// Texts in functions: each node.
	{"", "upper(BT-1) = 'F-1' and lower(BT-1) = 'f-2' and left(BT-1, 1) = 'F' and length(BT-5) = 3", "+"},
	{"", "before(BT-1, '-') = 'F' and after(BT-1, '-') = '2' and before(BT-1, 'x') = '' and concat(BT-5, '-', BT-3) = 'EUR-'", "+"},
	{"", "starts(BT-1, 'F') and ends(BT-1, '2') and contains(BT-1, '-') and matches(BT-1, '^F-[12]$') and not matches(BT-1, 'G')", "+"},
	{"", "is(BT-5, 'iso4217') and is(BT-2, 'date') and not is(BT-9, 'date') and not is(BT-3, 'date')", "+"},
	{"", "join(BT-1) = 'F-1F-2' and join(BT-3) = '' and length(join(BT-22)) = length(first(BT-22 where filled(.)))", "+"},
	{"BT-126", "absent(preceding(//BT-126)) and preceding(//BT-1) = 'F-2'", "+-"},
	{"BT-1", "not (. = preceding(//BT-1)) and absent(preceding(BT-126)) and count(preceding(BT-1)) = 0", "++"},
	{"", "normal(BT-22) = 'a b' and not (BT-22 = 'a b')", "+"},
	// White space at the ends of texts counts where it is asked for.
	{"", "BT-12 = 'M-1' and written(BT-12) = ' M-1' and not (written(BT-12) = 'M-1') and BT-12 in ('M-1') and written(BT-12) not in ('M-1')", "+"},
	{"", "BT-12@schemeID = 's' and written(BT-12@schemeID) = 's ' and length(written(BT-12)) = 4 and written(BT-5) = 'EUR'", "+"},
	{"", "written(BT-13) = 'O' and count(keyed(//BT-12, ., BT-12)) = 1 and absent(keyed(//BT-12, ., written(BT-12)))", "+"},
	{"BT-126", "written(BT-130) = ' C62' and BT-130 = 'C62'", "+-"},
	{"", "length(BT-3) = 0 or length(BT-3) != 0", "-"},
	{"", "length(BT-1) = 3", "?"},
	// Logic: the first operand that decides ends it; not judged stays so.
	{"", "true or BT-109 = 1", "+"},
	{"", "not (false and BT-109 = 1)", "+"},
	{"", "BT-109 = 1 or true", "?"},
	{"", "not (BT-109 = 1)", "?"},
	{"", "if exists(BT-3) then BT-109 = 1 else true", "+"},
	{"", "(if BT-5 = 'EUR' then BT-106 else 0) = 0.3 and (if BT-5 = 'SEK' then 'a' else BT-5) = 'EUR'", "+"},
	{"", "all(BG-25, exists(BT-152) or BT-151 = 'Z') and not all(BG-25, exists(BT-152)) and all(BG-10, false) and not any(BG-10, true)", "+"},
	{"", "any(BT-109, . = 2) and not any(BT-109, . = 3)", "+"},
	{"", "any(BT-107, . = 2)", "?"},
	{"", "false or false or BT-5 = 'EUR'", "+"},
	// What is found by a key: nodes of the document, values of a map. The kind of the document.
	{"BG-23", "count(keyed(//BG-25, BT-151, BT-118)) = 1 and keyed(//BT-126, BT-126, BT-118) = 'S'", "-"},
	{"BG-25", "any(keyed(//BG-23, BT-118, BT-151), BT-117 = 2)", "+-"},
	{"", "count(keyed(//BG-25, lower(BT-151), 's')) = 1 and keyed(//BT-1, after(., '-'), '2') = 'F-2' and absent(keyed(//BT-1, after(., '-'), '3'))", "+"},
	{"", "count(keyed(//BG-25, BT-126, BT-126)) = 2 and absent(keyed(//BG-25, BT-126, BT-1)) and absent(keyed(//BG-10, BT-59, BT-1))", "+"},
	{"", "lookup(BT-5, 'rates', 'names') = 'b' and count(lookup(BT-5, 'rates', 'names')) = 2 and decimal(lookup(BT-5, 'rates', 'rate')) = 1.5", "+"},
	{"", "absent(lookup(BT-1, 'rates', 'names')) and exists(lookup('SEK', 'rates', 'names')) and absent(lookup('SEK', 'rates', 'rate'))", "+"},
	{"", "kind('invoice') and not kind('credit-note')", "+"},
	// What a reference table says; a key that it does not have and a cell that says nothing leave no result.
	{"", "lookup('21350238800027', 'directory', 'service_required') and not lookup('21350238800019', 'directory', 'service_required')", "+"},
	{"", "lookup('21350238800019', 'directory', 'services') = 'ECOLES' and count(lookup('21350238800019', 'directory', 'services')) = 2", "+"},
	{"", "lookup(BT-1, 'directory', 'active')", "?"},
	{"", "exists(lookup('21350238800068', 'directory', 'services'))", "?"},
	{"", "BT-5 = 'EUR' or lookup(BT-1, 'directory', 'active')", "+"},
	{"", "lookup(BT-3, 'directory', 'active')", "-"},
}

// rates is a map.
const rates = "map: rates\nvalid: {from: '2020-01-01'}\ntitle: {fr: a, en: b}\nsource: c\ncolumns: [names, rate]\nrows: |\n  EUR; a, b; 1.5\n  SEK; c;\n\n  X Y; d; 2\n"

// codes is a code list in two editions.
const codes = "list: mine\nvalid: {from: '2020-01-01'}\ntitle: {fr: a, en: b}\nsource: c\ncodes: EUR SEK\n"

func TestExpressions(t *testing.T) {

	var pack strings.Builder
	pack.WriteString(strings.Replace(head, "[invoice]", "[invoice, credit-note]", 1))
	for i, r := range rows {
		fmt.Fprintf(&pack, "  - {id: R%d, severity: fatal, for: %s, test: %q, at: BT-1, fr: a, en: b, remedy: {fr: c, en: d}, canonical: {test: none}, cii: {test: none}}\n", i, orDocument(r.forEach), r.test)
	}
	p := loadPack(t, pack.String(), codes, rates)
	source := parseXML(t, small)
	for i, r := range rows {
		one := p.only(func(rule *Rule) bool { return rule.ID == fmt.Sprintf("R%d", i) })
		run := runs.Get().(*run)
		run.subject = Subject{XML: source.Root(), References: buyers(t)}
		forms := one.forms[run.prepare(one)]
		var got strings.Builder
		for _, place := range forms[0].places {
			for _, at := range run.facts.all(nil, 0, place.way.down) {
				run.this, run.why = at, nothing
				got.WriteByte("-+?"[place.test(run, at)])
				if len(run.ids) > 0 || len(run.texts) > 0 {
					t.Errorf("%s leaves %d nodes and %d texts on the stacks", r.test, len(run.ids), len(run.texts))
					run.ids, run.texts = run.ids[:0], run.texts[:0]
				}
			}
		}
		run.release()
		if got.String() != r.places {
			t.Errorf("for %s, %s: %s, want %s", r.forEach, r.test, got.String(), r.places)
		}
	}
}

func orDocument(forEach string) string {
	if forEach == "" {
		return document0
	}
	return forEach
}

// head is the start of a pack for invoices.
const head = "pack: mine\nversion: '1'\nvalid: {from: '2026-01-01'}\ndescription: {fr: a, en: b}\nkinds: [invoice]\nrules:\n"

// loadPack compiles a pack beside the shipped bindings and lists.
func loadPack(t testing.TB, files ...string) *Pack {
	t.Helper()
	set, list := loadBeside(t, files...)
	if set == nil {
		t.Fatal(list.Err())
	}
	return set.At("mine", "")
}

func loadBeside(t testing.TB, files ...string) (*Set, diag.List) {
	t.Helper()
	l := newLoader(shippedShapes(t))
	for _, f := range shippedSource(t) {
		if !strings.HasPrefix(f.Name, "packs/") {
			l.file(f, true)
		}
	}
	for i, text := range files {
		l.file(File{fmt.Sprintf("mine%d.yaml", i), []byte(text)}, false)
	}
	return l.load()
}

func parseXML(t testing.TB, text string) *xmldoc.Doc {
	t.Helper()
	source, refused := xmldoc.Parse([]byte(text))
	if refused != nil {
		t.Fatal(refused.EN)
	}
	return source
}

// In canonical documents terms stand where the schema numbers them, and pointers are terms too.
func TestCanonicalTerms(t *testing.T) {
	doc, fault := jsondoc.Parse([]byte(`{"kind": "invoice", "number": "1", "lines": [{"id": "1", "netAmount": "2.0", "item": {"classifications": [{"id": "c", "scheme": "s"}]}},
		{"id": "2", "netAmount": "3.0"}], "seller": {"identifiers": [{"id": "a"}, {"id": "b", "scheme": "0009"}]}}`))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	for _, c := range []struct {
		forEach, test string
		broken        int
	}{
		{"", "BT-1 = '1' and count(BG-25) = 2 and sum(BT-131) = 5 and exists(BG-4) and absent(BG-5)", 0},
		{"BG-25", "BT-131 = 2", 1},
		{"BT-29", "BT-29-1 = '0009' and . = 'b'", 1},
		{"BT-158", "BT-158-1 = 's' and BT-126 = '1' and . = 'c'", 0},
		{"", "sum(/lines/*/netAmount) = 5 and count(/lines) = 2 and /number = BT-1 and /seller/identifiers/*/id = 'b' and /kind = 'invoice'", 0},
		{"/lines/*", "/lines/*/netAmount / 2 = 1", 1},
		{"", "absent(BT-29@schemeID)", 0},
	} {
		p := loadPack(t, head+fmt.Sprintf("  - {id: R, severity: fatal, for: %s, test: %q, at: BT-1, fr: a, en: b, remedy: {fr: c, en: d}, ubl: {test: none}, cii: {test: none}}\n", orDocument(c.forEach), c.test))
		if got := Check(Subject{Doc: doc}, []*Pack{p}); len(got) != c.broken {
			t.Errorf("%s: %+v", c.test, got)
		}
	}
}
