package app_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/pipeline"
)

// sameInvoice holds the values of the invoice that testdata/same writes in three syntaxes.
var sameInvoice = map[string]string{
	"specification": "urn:cen.eu:en16931:2017", "number": "FA-1", "issued": "2026-10-02", "due": "2026-11-01", "type": "380", "currency": "EUR",
	"sellerName": "Atelier Duvernay", "sellerCountry": "FR", "sellerVAT": "FR10902100452", "buyerName": "Commune de Valcombe", "buyerCountry": "FR",
	"means": "30", "account": "FR7630006000011234567890189",
	"tax": "20.00", "taxable": "100.00", "categoryTax": "20.00", "category": "S", "rate": "20",
	"lines": "100.00", "exclusive": "100.00", "inclusive": "120.00", "payable": "120.00",
	"line": "1", "quantity": "10", "lineNet": "100.00", "item": "Papier", "lineCategory": "S", "lineRate": "20", "price": "10.00",
}

// mistakes are values that people write in place of the right ones; every value may be missing, too.
var mistakes = map[string][]string{
	"issued": {"2026-02-30", "2026-13-01", "2026-10-2"}, "due": {"2026-09-31"},
	"type": {"999", "38O"}, "currency": {"EURO", "eur", "XYZ"}, "sellerCountry": {"FRA", "XX"}, "buyerCountry": {"fr"},
	"sellerVAT": {"10902100452", "FR"}, "means": {"virement"}, "account": {"FR7630006000011234567890188"},
	"tax": {"-20.00", "20.001", "20,00", "21.00"}, "taxable": {"99.00", "-100.00"}, "categoryTax": {"19.00", "1e1"}, "category": {"X", "Z"}, "rate": {"19.6", "-20"},
	"lines": {"101.00", "100.000"}, "exclusive": {"99.99"}, "inclusive": {"120.01", "EUR 120"}, "payable": {"-120.00", "12O.00"},
	"quantity": {"0", "dix", "-10"}, "lineNet": {"99.00"}, "lineCategory": {"E"}, "lineRate": {"20%"}, "price": {"-10.00"},
}

// sameGateway judges one invoice in each syntax.
type sameGateway struct {
	gateway   *app.Gateway
	templates map[string]string
	differ    map[string]bool // the rules that a syntax judges in its own way, as its official artefact does
}

func newSameGateway(t *testing.T) sameGateway {
	gateway, list := app.Load("")
	require.NoError(t, list.Err())
	g := sameGateway{gateway, map[string]string{}, map[string]bool{}}
	for _, r := range shippedRules(t).At("en16931", "").Rules {
		g.differ[r.ID] = len(r.Forms) > 1
	}
	for _, name := range []string{"ubl.xml", "cii.xml", "canonical.json"} {
		template, err := os.ReadFile(filepath.Join("testdata", "same", name))
		require.NoError(t, err)
		for value := range sameInvoice {
			require.Contains(t, string(template), "{"+value+"}", name)
		}
		g.templates[name] = string(template)
	}
	return g
}

var (
	placeholder   = regexp.MustCompile(`\{([a-zA-Z]+)\}`)
	trailingComma = regexp.MustCompile(`,(\s*\})`)
)

// judge writes an invoice in one syntax, leaving out the lines whose value is empty, and judges it.
func (g sameGateway) judge(name string, values map[string]string) pipeline.Verdict {
	var out strings.Builder
	for line := range strings.Lines(g.templates[name]) {
		if m := placeholder.FindStringSubmatch(line); m != nil {
			value := values[m[1]]
			if value == "" {
				continue
			}
			if strings.Contains(line, `format="102"`) {
				value = strings.ReplaceAll(value, "-", "")
			}
			line = strings.Replace(line, m[0], value, 1)
		}
		if values["currency"] != "" { // each amount in XML repeats it
			line = strings.Replace(line, `currencyID="EUR"`, `currencyID="`+values["currency"]+`"`, 1)
		}
		out.WriteString(line)
	}
	_, v := g.gateway.Judge("suppliers", []byte(trailingComma.ReplaceAllString(out.String(), "$1")))
	return v
}

// found lists what a verdict says that every syntax must say, as code and term, sorted. Rules about a syntax itself and
// its structure are its own.
func (g sameGateway) found(v pipeline.Verdict) []string {
	list := []string{}
	for _, one := range v.Violations {
		if g.differ[one.Code] || strings.HasPrefix(one.Code, "UBL-") || strings.HasPrefix(one.Code, "CII-") || strings.HasPrefix(one.Code, "structure_") {
			continue
		}
		list = append(list, strings.TrimSpace(one.Code+" "+one.Term))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestTheSameInvoiceInThreeSyntaxes: the three documents are one and the same canonical document, and it is right.
func TestTheSameInvoiceInThreeSyntaxes(t *testing.T) {
	g := newSameGateway(t)
	want := g.judge("canonical.json", sameInvoice)
	for name := range g.templates {
		v := g.judge(name, sameInvoice)
		require.Empty(t, v.Violations, name)
		require.Equal(t, string(want.Parts[0].Doc.AppendJSON(nil)), string(v.Parts[0].Doc.AppendJSON(nil)), name)
	}
}

// toldBySome is what not every syntax says of a mistake: by the value, the mistake, and the code with its term, the syntaxes that
// say it.
var toldBySome = map[string]string{
	// Rules about a syntax and its structure are its own.
	"account, , CII-SR-470 BT-84":         "cii.xml",
	"issued, , structure_missing_element": "cii.xml", // an empty ram:IssueDateTime is left
	"issued, 2026-10-2, CII-DT-097":       "cii.xml",
	"issued, 2026-13-01, CII-DT-097":      "cii.xml",
	"lines, 100.000, UBL-DT-01":           "ubl.xml",
	"price, , CII-SR-439 BT-146":          "cii.xml",
	"price, , structure_missing_element":  "cii.xml", // an empty ram:NetPriceProductTradePrice is left
	"sellerVAT, , UBL-SR-53 BT-31":        "ubl.xml",
	"specification, , CII-SR-010 BT-24":   "cii.xml",
	"tax, 20.001, UBL-DT-01":              "ubl.xml",
	"type, , CII-SR-014 BT-3":             "cii.xml",

	// The currency of each amount is written in XML only.
	"currency, EURO, BR-CL-03 BT-5": "cii.xml ubl.xml",
	"currency, XYZ, BR-CL-03 BT-5":  "cii.xml ubl.xml",
	"currency, eur, BR-CL-03 BT-5":  "cii.xml ubl.xml",

	// The published artefacts of UBL and CII judge these in other ways, at other places or under another id.
	"category, X, BR-CL-17 BT-118":        "canonical.json ubl.xml",
	"category, X, BR-CL-18 BT-118":        "cii.xml",
	"category, Z, BR-Z-01 BG-23":          "cii.xml",
	"categoryTax, , BR-CO-17 BT-116":      "ubl.xml",
	"categoryTax, , BR-CO-17 BT-117":      "canonical.json cii.xml",
	"categoryTax, 19.00, BR-CO-17 BT-117": "canonical.json ubl.xml",
	"lineCategory, , BR-S-01 BG-23":       "ubl.xml",
	"lineCategory, E, BR-S-01 BG-23":      "ubl.xml",
	"tax, , BR-CO-14 BT-117":              "ubl.xml",
	"tax, 20.001, BR-DEC-13 BT-110":       "canonical.json cii.xml",
}

// TestTheSameMistakeIsTheSameViolation makes each mistake alone in all three syntaxes: the outcome, the codes and the terms are the
// same, but for what toldBySome states.
func TestTheSameMistakeIsTheSameViolation(t *testing.T) {
	g := newSameGateway(t)
	told, some := 0, map[string]string{}
	for _, member := range slices.Sorted(maps.Keys(sameInvoice)) {
		for _, wrong := range append([]string{""}, mistakes[member]...) {
			values := maps.Clone(sameInvoice)
			values[member] = wrong
			says := map[string][]string{} // by code and term: the syntaxes
			outcomes := map[pipeline.Outcome]bool{}
			for _, name := range slices.Sorted(maps.Keys(g.templates)) {
				v := g.judge(name, values)
				outcomes[v.Outcome()] = true
				for _, one := range v.Violations {
					key := strings.Join(strings.Fields(one.Code+" "+one.Term), " ")
					if !slices.Contains(says[key], name) {
						says[key] = append(says[key], name)
					}
				}
			}
			require.Len(t, outcomes, 1, "%s %q", member, wrong)
			told += min(len(says), 1)
			for key, names := range says {
				if len(names) < len(g.templates) {
					some[strings.Join([]string{member, wrong, key}, ", ")] = strings.Join(names, " ")
				}
			}
		}
	}
	require.Greater(t, told, 30, "mistakes that are told: silence would be the same in all three")
	require.Equal(t, toldBySome, some)
}

// TestTheSameMistakesAreTheSameViolations makes several at once.
func TestTheSameMistakesAreTheSameViolations(t *testing.T) {
	g := newSameGateway(t)
	members := slices.Sorted(maps.Keys(sameInvoice))
	rapid.Check(t, func(t *rapid.T) {
		values := maps.Clone(sameInvoice)
		for _, member := range rapid.SliceOfNDistinct(rapid.SampledFrom(members), 2, 6, rapid.ID).Draw(t, "members") {
			values[member] = rapid.SampledFrom(append([]string{""}, mistakes[member]...)).Draw(t, member)
		}
		if values["tax"] == "" { // BR-CO-15 fires in UBL alone then, and speaks for the schema where BT-112 is no number
			values["inclusive"] = sameInvoice["inclusive"]
		}
		canonical := g.judge("canonical.json", values)
		for _, name := range []string{"ubl.xml", "cii.xml"} {
			v := g.judge(name, values)
			require.Equal(t, canonical.Outcome(), v.Outcome(), name)
			require.Equal(t, g.found(canonical), g.found(v), name)
		}
	})
}
