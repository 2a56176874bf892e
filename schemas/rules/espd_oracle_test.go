package rules

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// The packs for ESPDs agree with the official artefacts as [TestOracle] says, on the official examples, on mutants of them
// and on the documents of our own cases. ORACLE_ESPD_COUNT is how many mutants of each example (3): the artefacts take some
// 2.5 seconds a document.
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
			files = append(files, caseDocuments(t, set, version)...)
			c := newComparison(t, "BR-,CL-")
			c.report(c.compare(verdicts(t, oracle, "espd", shard(t, files)), func(theirs *verdict, root xmldoc.Element) []violation.Violation {
				theirs.Fatal, theirs.Warning = ownIDs(theirs.Fatal), ownIDs(theirs.Warning)
				// A mutant may say that it is of another version.
				return Check(Subject{XML: root}, []*Pack{set.At("espd-"+theirs.Version, "")})
			}))
		})
	}
}

// caseDocuments writes the documents of the cases of a version into the cache and lists them.
func caseDocuments(t *testing.T, set *Set, version string) (files []string) {
	t.Helper()
	dir := filepath.Join(oracleCache(t), "espd-cases", version)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	cases := espdCases(t, set)
	for _, r := range set.At("espd-"+version, "").Rules {
		all, _ := cases.Get(r.ID)
		for i, c := range all {
			if !c.isFor(version) {
				continue
			}
			file := filepath.Join(dir, fmt.Sprintf("%s-%d.xml", r.ID, i+1))
			if err := os.WriteFile(file, []byte(c.document(t, version)), 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	return files
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
