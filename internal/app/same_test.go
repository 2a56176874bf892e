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

// TestTheSameMistakeIsTheSameViolation makes each mistake alone in all three syntaxes: the codes and terms are the same.
func TestTheSameMistakeIsTheSameViolation(t *testing.T) {
	g := newSameGateway(t)
	told := 0
	for _, member := range slices.Sorted(maps.Keys(sameInvoice)) {
		for _, wrong := range append([]string{""}, mistakes[member]...) {
			values := maps.Clone(sameInvoice)
			values[member] = wrong
			want := g.found(g.judge("canonical.json", values))
			told += min(len(want), 1)
			for _, name := range []string{"ubl.xml", "cii.xml"} {
				if got := g.found(g.judge(name, values)); !slices.Equal(got, want) {
					t.Errorf("%s %q: %s says %q, canonical.json %q", member, wrong, name, got, want)
				}
			}
		}
	}
	require.Greater(t, told, 30, "mistakes that are told: silence would be the same in all three")
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
		want := g.found(g.judge("canonical.json", values))
		for _, name := range []string{"ubl.xml", "cii.xml"} {
			require.Equal(t, want, g.found(g.judge(name, values)), name)
		}
	})
}
