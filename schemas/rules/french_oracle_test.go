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
// and the documents of the folder FRENCH_CASES.
func TestOracleFrance(t *testing.T) {
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
	files := append(invoices, mutants(t, oracle, seed, count, "fr", invoices)...)
	if dir := os.Getenv("FRENCH_CASES"); dir != "" {
		files = append(files, listed(t, dir)...)
	}
	pack := shippedSet(t).At("fr-ctc", "")
	c := newComparison(t, "BR-FR-")
	c.report(c.ask(oracle, "br-fr", shard(t, files), func(_ *verdict, root xmldoc.Element) []violation.Violation {
		syntax := pack.vocabulary.bindings[bindingOf(pack, root)].syntax
		found := Check(Subject{XML: root}, []*Pack{pack})
		for i, f := range found {
			if rule := pack.rule(f.Code); rule != nil {
				found[i].Code = rule.Official(syntax)
			}
		}
		return found
	}))
}
