package rules

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// The packs for ESPDs agree with the official artefacts as [TestOracle] says, on the official examples and on mutants of
// them. ORACLE_ESPD_COUNT is how many of each example (3): the artefacts take some 2.5 seconds a document.
func TestOracleESPD(t *testing.T) {
	oracle := os.Getenv("ORACLE")
	if oracle == "" {
		t.Skip("ORACLE is not set: make test-oracle sets it")
	}
	set := shippedSet(t)
	seed, count := cmp.Or(os.Getenv("ORACLE_SEED"), "1"), cmp.Or(os.Getenv("ORACLE_ESPD_COUNT"), "3")
	for _, version := range []string{"2.1.1", "3.3.0", "4.1.0"} {
		t.Run(version, func(t *testing.T) {
			examples, err := filepath.Glob(filepath.Join(corpus(t, "espd"), "*"+version+".xml"))
			if err != nil || len(examples) == 0 {
				t.Fatal("no examples: ", err)
			}
			files := append(examples, mutants(t, oracle, seed, count, "espd-"+version, examples)...)
			c := newComparison(t, "BR-,CL-")
			stopped := 0
			for _, v := range verdicts(t, oracle, "espd", shard(t, files)) {
				if v.Error != "" {
					stopped++
					continue
				}
				data, err := os.ReadFile(v.File)
				if err != nil {
					t.Fatal(err)
				}
				doc, refused := xmldoc.Parse(data)
				if refused != nil {
					t.Errorf("%s: judged by the oracle, and refused: %s", v.File, refused.EN)
					continue
				}
				v.Fatal, v.Warning = ownIDs(v.Fatal), ownIDs(v.Warning)
				// A mutant may say that it is of another version.
				c.document(v, Check(Subject{XML: doc.Root()}, []*Pack{set.At("espd-"+v.Version, "")}))
			}
			c.report(stopped)
		})
	}
}

// ownIDs gives the rules that have no official identifier ours, made of the element and the attribute that the oracle
// names: CL-VALUE(cac:Country/cbc:IdentificationCode), CL-ATTRIBUTE(cbc:TypeCode@listID).
func ownIDs(counts map[string]int) map[string]int {
	own := map[string]int{}
	for id, n := range counts {
		if kind, of, found := strings.Cut(strings.TrimSuffix(id, ")"), "("); found {
			of = of[strings.LastIndexByte(of, '/')+1:]
			of = strings.TrimPrefix(of[strings.IndexByte(of, ':')+1:], "@")
			id = kind + "-" + strings.ReplaceAll(of, "@", "-")
		}
		own[id] += n
	}
	return own
}
