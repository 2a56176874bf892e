package rules

import (
	"os"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// Any text either has a fault with a place inside it, or compiles for every syntax to something that ends.
func FuzzExpression(f *testing.F) {
	for _, r := range rows {
		f.Add(r.test)
	}
	p := loadPack(f, head+"  - {id: R, severity: fatal, test: 'true', fr: a, en: b, remedy: {fr: c, en: d}}\n", codes)
	source := parseXML(f, small)
	lists := map[string]*codeList{"mine": {[]edition{{codes: map[string]struct{}{"EUR": {}}}}}}
	f.Fuzz(func(t *testing.T, text string) {
		n, wrong := parse(text)
		if wrong != nil {
			if wrong.at < 0 || wrong.at > len(text) {
				t.Errorf("%q: a fault at %d", text, wrong.at)
			}
			return
		}
		models := []*model{p.vocabulary.canonical.model}
		for _, b := range p.vocabulary.bindings {
			models = append(models, b.model)
		}
		for _, m := range models {
			c := &compiler{
				vocabulary: p.vocabulary, model: m, this: m.root(),
				lists: func(name string) *codeList { return lists[name] }, maps: func(string) *codeMap { return nil }, consults: p.consults,
			}
			cond := c.condition(n, m.root())
			if (cond == nil) == (len(c.faults) == 0) {
				t.Fatalf("%s %q: %d faults, compiled %v", m.syntax, text, len(c.faults), cond != nil)
			}
			for _, wrong := range c.faults {
				if wrong.at < 0 || wrong.at > len(text) {
					t.Errorf("%q: a fault at %d", text, wrong.at)
				}
			}
			if cond == nil || m.syntax != "ubl" {
				continue
			}
			r := runs.Get().(*run)
			r.subject = Subject{XML: source.Root()}
			r.prepare(p)
			r.this = 0
			if got := cond(r, 0); got > unknown || len(r.ids) > 0 || len(r.texts) > 0 {
				t.Errorf("%q: %d, %d nodes and %d texts left", text, got, len(r.ids), len(r.texts))
			}
			r.release()
		}
	})
}

// Any XML gives facts that hang together, and a verdict that names places.
func FuzzFacts(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(strings.NewReplacer("cac:InvoiceLine", "cac:TaxTotal", "Invoice-2", "CreditNote-2", "<Invoice", "<CreditNote", "</Invoice", "</CreditNote").Replace(small)))
	f.Add([]byte(`<r:CrossIndustryInvoice xmlns:r="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:a="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">` +
		`<r:SupplyChainTradeTransaction><a:ApplicableHeaderTradeSettlement><a:InvoiceCurrencyCode>EUR</a:InvoiceCurrencyCode><a:ApplicableTradeTax><a:TypeCode>VAT</a:TypeCode><a:CategoryCode>S</a:CategoryCode></a:ApplicableTradeTax>` +
		`</a:ApplicableHeaderTradeSettlement></r:SupplyChainTradeTransaction></r:CrossIndustryInvoice>`))
	p := shippedPack(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		source, refused := xmldoc.Parse(data)
		if refused != nil {
			return
		}
		for _, b := range p.vocabulary.bindings {
			var w walker
			var facts facts
			w.read(b, &facts, source.Root())
			count := make([]int32, len(b.slots))
			for i, n := range facts.nodes {
				s := b.slots[n.slot]
				count[n.slot]++
				switch {
				case i == 0 && (s.up != nil || n.up != 0):
					t.Fatal("the first node is not the document")
				case i > 0 && (n.up < 0 || int(n.up) >= i || facts.nodes[n.up].slot != s.up.id):
					t.Fatalf("node %d of %s is in node %d", i, s.name, n.up)
				case n.next != 0 && (int(n.next) <= i || facts.nodes[n.next].slot != n.slot || facts.nodes[n.next].up != n.up):
					t.Fatalf("node %d of %s is followed by %d", i, s.name, n.next)
				case n.ref < 1 || int(n.ref) > source.Len():
					t.Fatalf("node %d of %s comes from element %d", i, s.name, n.ref)
				}
			}
			for i, n := range count {
				if n != facts.count[i] {
					t.Fatalf("%d nodes of %s, counted %d", n, b.slots[i].name, facts.count[i])
				}
			}
		}
		for _, v := range Check(Subject{XML: source.Root()}, []*Pack{p}) {
			if v.Code == "rule_failure" || v.FR == "" || v.EN == "" || v.Severity != violation.Fatal && v.Severity != violation.Warning || v.Line == 0 && v.Code != "rule_cost" {
				t.Errorf("%+v", v)
			}
		}
	})
}

// Any file is refused with faults, or gives packs.
func FuzzLoad(f *testing.F) {
	shapes := shippedShapes(f)
	for _, name := range []string{"testdata/load/pack.yaml", "testdata/load/binding.yaml", "testdata/load/list.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(head + "  - {id: R, severity: fatal, test: exists(BT-1), at: BT-1, fr: '{BT-1}', en: b, remedy: {fr: c, en: d}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 16<<10 { // enough for every form, and YAML is slow
			return
		}
		if node, _ := yamldoc.Parse("fuzz.yaml", data); node == nil {
			return
		}
		l := newLoader(shapes)
		l.file(File{"fuzz.yaml", data}, false)
		set, list := l.load()
		if (set == nil) != list.HasErrors() {
			t.Errorf("set %v, errors %v", set, list.Err())
		}
	})
}
