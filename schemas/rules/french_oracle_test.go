package rules

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// The pack fr-ctc agrees with the official artefacts as [TestOracle] says, on the oracle's French invoices, mutants of them
// and its cases in the folder FRENCH_CASES.
func TestOracleFrance(t *testing.T) { frenchOracle(t, "fr-ctc", "br-fr", "BR-FR-") }

// So does the pack extended-ctc-fr.
func TestOracleExtended(t *testing.T) {
	frenchOracle(t, "extended-ctc-fr", "extended-ctc-fr", "BR-,UBL-,CII-")
}

func frenchOracle(t *testing.T, name, official, starts string) {
	t.Helper()
	oracle := os.Getenv("ORACLE")
	if oracle == "" {
		t.Skip("ORACLE is not set: make test-oracle sets it")
	}
	invoices, err := filepath.Glob(filepath.Join(oracle, "fr-seeds/*/*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	invoices = slices.DeleteFunc(invoices, func(file string) bool { return strings.HasPrefix(filepath.Base(file), "cdv_") }) // statuses
	seed, count := cmp.Or(os.Getenv("ORACLE_SEED"), "1"), cmp.Or(os.Getenv("ORACLE_COUNT"), "30")
	files := append(slices.Clone(invoices), mutants(t, oracle, seed, count, "fr", invoices)...)
	if dir := os.Getenv("FRENCH_CASES"); dir != "" {
		cases := listed(t, dir)
		files = append(files, slices.DeleteFunc(cases, func(file string) bool { return !strings.HasPrefix(filepath.Base(file), name+".") })...)
	}
	pack := shippedSet(t).At(name, "")
	rules := map[string]*Rule{}
	for _, r := range pack.Rules {
		rules[r.ID] = r
	}
	c := newComparison(t, starts)
	theirs := slices.Concat(verdicts(t, oracle, official, shard(t, files)), blankVerdicts(t, oracle, official, "fr", invoices))
	c.report(c.compare(theirs, func(_ *verdict, root xmldoc.Element) []violation.Violation {
		syntax := pack.vocabulary.bindings[bindingOf(pack, root)].syntax
		found := Check(Subject{XML: root}, []*Pack{pack})
		for i, f := range found {
			if rule := rules[f.Code]; rule != nil {
				found[i].Code = rule.Official(syntax)
			}
		}
		return found
	}))
}
