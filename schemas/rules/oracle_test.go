package rules

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas/structure"
)

// verdict is a line of the oracle, which runs the official artefacts: what fires how often in a document.
type verdict struct {
	File, Version  string
	Fatal, Warning map[string]int
	Error          string // why there is no verdict: it "stopped" where a value is none, or it does not know the root
}

// The same rules fire, equally often, as in the official artefacts: in the complete examples, in mutants of them (one
// change each, by the oracle's mutate.py, and one blank too much, by [blankMutants]) and in the documents of the folder
// ORACLE_EXTRA; and in those of testdata/accepted.yaml, but for the differences that the file states. `make test-oracle` sets
//
//	ORACLE         the folder of the oracle: oracle.sh (Java) and mutate.py
//	CORPUS         the folder of the examples
//	ORACLE_CACHE   where mutants and verdicts stay for the next time
//	ORACLE_SEED    of the mutants (1)
//	ORACLE_COUNT   mutants of each example (30)
//	ORACLE_SHARD   "2/5" judges the second fifth of the documents, "1/1" all; a fiftieth where nothing asks for more
//	ORACLE_RULES   starts of ids, with commas between them: only these rules are compared
func TestOracle(t *testing.T) {
	oracle := os.Getenv("ORACLE")
	if oracle == "" {
		t.Skip("ORACLE is not set: make test-oracle sets it")
	}
	pack := []*Pack{packUnderTest(t)}
	c := newComparison(t, "BR-,UBL-,CII-")
	c.stated = statedDifferences(t)
	files := shard(t, slices.Concat(oracleDocuments(t, oracle), extraDocuments(t), slices.Sorted(maps.Keys(c.stated))))
	theirs := slices.Concat(verdicts(t, oracle, "en16931", files), blankVerdicts(t, oracle, "en16931", "invoices", oracleExamples(t)))
	c.report(c.compare(theirs, func(_ *verdict, root xmldoc.Element) []violation.Violation {
		return Check(Subject{XML: root}, pack)
	}))
}

// compare compares verdicts of the oracle with ours, and returns how many documents it could not judge: what stopped it must be
// refused for another reason than a rule that is broken. What the oracle says may be put into our words before it is compared.
func (c *comparison) compare(all []verdict, ours func(theirs *verdict, root xmldoc.Element) []violation.Violation) (stopped int) {
	t := c.t
	t.Helper()
	for _, v := range all {
		data, err := os.ReadFile(v.File)
		if err != nil {
			t.Fatal(err)
		}
		doc, refused := xmldoc.Parse(data)
		if v.Error != "" {
			stopped++
			if refused == nil && strings.HasPrefix(v.Error, "stopped") && !isUnsound(t, doc, v.Version) && !isNotJudged(ours(&v, doc.Root())) {
				t.Errorf("%s: judged by all rules, and the oracle %s", v.File, v.Error)
			}
			continue
		}
		if refused != nil {
			t.Errorf("%s: judged by the oracle, and refused: %s", v.File, refused.EN)
			continue
		}
		found := ours(&v, doc.Root())
		c.document(v, found)
	}
	return stopped
}

// isUnsound tells whether the structure of a document refuses it, or an invoice has twice what its schema lets it have twice and
// the standard once.
func isUnsound(t *testing.T, doc *xmldoc.Doc, version string) bool {
	t.Helper()
	if violation.AnyFatal(structure.Check(doc.Root(), version)) {
		return true
	}
	_, faults := transform(t, doc)
	return slices.ContainsFunc(faults, func(v violation.Violation) bool { return v.Code == "repeated_element" })
}

// isNotJudged tells whether a rule that could not be judged refuses a document.
func isNotJudged(found []violation.Violation) bool {
	return slices.ContainsFunc(found, func(v violation.Violation) bool { return v.Code == CodeNotJudged && v.IsFatal() })
}

// report says what was the same and what was not.
func (c *comparison) report(stopped int) {
	t := c.t
	t.Helper()
	t.Logf("%d documents with a verdict: the same fatal rules in %d, the same rules in %d; %d without a verdict; %d rules fired",
		c.documents, c.sameFatal, c.same, stopped, len(c.fired))
	byNumber := func(a, b string) int { return cmp.Or(c.different[b]-c.different[a], cmp.Compare(a, b)) }
	for _, rule := range slices.SortedFunc(maps.Keys(c.different), byNumber) {
		t.Errorf("%s differs in %d documents", rule, c.different[rule])
	}
	if c.documents == 0 {
		t.Error("no document was judged")
	}
}

// comparison is what is known of all documents so far. Rules are written with their severity: "fatal BR-CO-10".
type comparison struct {
	t                          *testing.T
	starts                     string                        // of the ids that are compared, with commas between them
	stated                     map[string]acceptedDifference // by file
	accepted                   []acceptedDifference          // all of them
	documents, same, sameFatal int
	different                  map[string]int // documents in which a rule differs
	fired                      map[string]bool
}

func newComparison(t *testing.T, starts string) comparison {
	return comparison{
		t: t, starts: cmp.Or(os.Getenv("ORACLE_RULES"), starts), accepted: acceptedDifferences(t), different: map[string]int{}, fired: map[string]bool{},
	}
}

// document compares the rules that fire in one document.
func (c *comparison) document(v verdict, found []violation.Violation) {
	const shown = 3 // differences of one rule: the first ones say why
	want, got := map[string]int{}, map[string]int{}
	for severity, rules := range map[violation.Severity]map[string]int{violation.Fatal: v.Fatal, violation.Warning: v.Warning} {
		for id, n := range rules {
			if c.compared(id) {
				want[string(severity)+" "+id] = n
				c.fired[id] = true
			}
		}
	}
	for _, f := range found {
		if c.compared(f.Code) {
			got[string(f.Severity)+" "+f.Code] += max(1, f.Count)
		}
	}
	c.documents++
	same, sameFatal := 1, 1
	all := maps.Clone(want)
	maps.Copy(all, got)
	for id, places := range c.stated[v.File].Differs {
		rule := string(violation.Fatal) + " " + id
		if found := (differentPlaces{want[rule], got[rule]}); c.compared(id) && found != places {
			c.t.Errorf("%s, %s: %s differs otherwise than stated: %+v", v.File, c.stated[v.File].Name, id, found)
		}
		delete(all, rule)
	}
	for _, rule := range slices.Sorted(maps.Keys(all)) {
		if got[rule] == want[rule] {
			continue
		}
		if got[rule] == 0 && c.isAccepted(v.File, rule) {
			c.t.Logf("%s: %s in the oracle alone, for a reason that is accepted", v.File, rule)
			continue
		}
		same = 0
		if strings.HasPrefix(rule, string(violation.Fatal)) {
			sameFatal = 0
		}
		if c.different[rule]++; c.different[rule] <= shown {
			c.t.Errorf("%s: %s at %d places, in the oracle at %d", v.File, rule, got[rule], want[rule])
		}
	}
	c.same += same
	c.sameFatal += sameFatal
}

// compared tells whether a rule is compared: all those of the standard, or those that ORACLE_RULES names.
func (c *comparison) compared(id string) bool {
	return slices.ContainsFunc(strings.Split(c.starts, ","), func(start string) bool { return strings.HasPrefix(id, start) })
}

// oracleDocuments lists the complete examples and their mutants, which are made if the cache has none.
func oracleDocuments(t *testing.T, oracle string) []string {
	t.Helper()
	seed, count := cmp.Or(os.Getenv("ORACLE_SEED"), "1"), cmp.Or(os.Getenv("ORACLE_COUNT"), "30")
	var all []string
	for _, syntax := range []string{"ubl", "cii"} {
		examples := examplesIn(t, syntax)
		all = append(append(all, examples...), mutants(t, oracle, seed, count, syntax, examples)...)
	}
	return all
}

// oracleExamples lists the complete examples in both syntaxes.
func oracleExamples(t *testing.T) []string {
	t.Helper()
	return slices.Concat(examplesIn(t, "ubl"), examplesIn(t, "cii"))
}

func examplesIn(t *testing.T, syntax string) []string {
	t.Helper()
	return listed(t, filepath.Join(corpus(t, "en16931"), syntax))
}

// mutants lists the mutants of some examples, which are made if the cache has none.
func mutants(t *testing.T, oracle, seed, count, name string, examples []string) []string {
	t.Helper()
	dir := filepath.Join(oracleCache(t), "mutants-"+seed+"-"+count, name)
	if _, err := os.Stat(dir); err != nil {
		unfinished := dir + ".new"
		if err := os.RemoveAll(unfinished); err != nil {
			t.Fatal(err)
		}
		output(t, exec.Command("python3", append([]string{filepath.Join(oracle, "mutate.py"), "--seed", seed, "--count", count, unfinished}, examples...)...))
		if err := os.Rename(unfinished, dir); err != nil {
			t.Fatal(err)
		}
	}
	return listed(t, dir)
}

// extraDocuments lists the documents of ORACLE_EXTRA.
func extraDocuments(t *testing.T) []string {
	t.Helper()
	if dir := os.Getenv("ORACLE_EXTRA"); dir != "" {
		return listed(t, dir)
	}
	return nil
}

// listed lists the XML files of a folder.
func listed(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		if strings.EqualFold(filepath.Ext(e.Name()), ".xml") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}

// shard keeps the part of the documents that ORACLE_SHARD names.
func shard(t *testing.T, files []string) []string {
	t.Helper()
	part, parts, _ := strings.Cut(cmp.Or(os.Getenv("ORACLE_SHARD"), "1/50"), "/")
	i, err1 := strconv.Atoi(part)
	n, err2 := strconv.Atoi(parts)
	if err1 != nil || err2 != nil || i < 1 || i > n {
		t.Fatalf("ORACLE_SHARD is %q, expected a part and their number such as 2/5", os.Getenv("ORACLE_SHARD"))
	}
	var kept []string
	for at := i - 1; at < len(files); at += n {
		kept = append(kept, files[at])
	}
	return kept
}

// verdicts asks the oracle about the files, or the cache if these very documents were judged before.
func verdicts(t *testing.T, oracle, pack string, files []string) []verdict {
	t.Helper()
	digest := sha256.New()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		digest.Write(fmt.Appendf(nil, "%s %d\n%s", file, len(data), data))
	}
	cached := filepath.Join(oracleCache(t), "verdicts-"+pack+"-"+hex.EncodeToString(digest.Sum(nil))[:16]+".jsonl")
	lines, err := os.ReadFile(cached)
	if err != nil {
		c := exec.Command(filepath.Join(oracle, "oracle.sh"), pack, "-")
		c.Stdin = strings.NewReader(strings.Join(files, "\n") + "\n")
		lines = output(t, c)
		if err := os.WriteFile(cached, lines, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all []verdict
	for line := range bytes.Lines(lines) {
		var v verdict
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if len(all) != len(files) {
		t.Fatalf("the oracle gave %d verdicts on %d files", len(all), len(files))
	}
	return all
}

func oracleCache(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("ORACLE_CACHE")
	if dir == "" {
		t.Fatal("ORACLE_CACHE is not set: make test-oracle sets it")
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	return dir
}

func output(t *testing.T, c *exec.Cmd) []byte {
	t.Helper()
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.Path, err, said.String())
	}
	return out
}

// isAccepted tells whether the oracle alone fires a rule for a reason that an accepted difference states of any document.
func (c *comparison) isAccepted(file, rule string) bool {
	_, id, _ := strings.Cut(rule, " ")
	data, err := os.ReadFile(file)
	return err == nil && slices.ContainsFunc(c.accepted, func(d acceptedDifference) bool { return d.Anywhere.fires(id, data) })
}
