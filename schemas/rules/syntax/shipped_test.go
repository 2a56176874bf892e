package syntax

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
	"github.com/commande-publique/passerelle/schemas/rules/ruletest"
)

// shippedFile parses the rules of a syntax that are shipped.
func shippedFile(t testing.TB, name string) *yamldoc.Node {
	t.Helper()
	file := filepath.Join("..", "packs", "en16931-"+name+".yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	node, list := yamldoc.Parse(file, data)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return node
}

func shipped(t testing.TB, name string) *Table {
	t.Helper()
	table, list := Load(shippedFile(t, name), nil)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return table
}

// The numbers are those of the official artefacts, version 1.3.16.
func TestShippedRulesAreAllThere(t *testing.T) {
	want := map[string]map[string]int{
		"ubl": {"UBL-SR fatal": 54, "UBL-DT fatal": 3, "UBL-DT warning": 21, "UBL-CR warning": 676, "UBL-CR fatal": 2},
		"cii": {"CII-SR fatal": 42, "CII-SR warning": 440, "CII-DT fatal": 70, "CII-DT warning": 31},
	}
	for name, want := range want {
		got := map[string]int{}
		for _, r := range shipped(t, name).Rules {
			got[r.ID[:len("UBL-SR")]+" "+string(r.Severity)]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// neverBroken are rules of the official artefact that cannot be broken: another one takes the element before them.
var neverBroken = []string{"CII-DT-010", "CII-DT-011", "CII-DT-012"}

// Every shipped rule is broken by documents made to break it, and kept by its border cases. With SYNTAX_CASES, a folder,
// the documents are written there, so that the oracle can judge them too.
func TestShippedRulesAreBrokenAndKept(t *testing.T) {
	for _, name := range []string{"ubl", "cii"} {
		table, cases := shipped(t, name), makeCases(shippedFile(t, name))
		broken, kept, written := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for i, c := range cases {
			breaks := 0
			table.Check(parseXML(t, c.xml), func(r *Rule, _ xmldoc.Element) {
				if r.ID == c.rule {
					breaks++
				}
			})
			if slices.Contains(neverBroken, c.rule) {
				c.breaks = 0
			}
			if c.breaks != unknown && breaks != c.breaks {
				t.Errorf("%s (%s) is broken %d times, expected %d: %s", c.rule, c.name, breaks, c.breaks, c.xml)
			}
			broken[c.rule] = broken[c.rule] || breaks > 0
			kept[c.rule] = kept[c.rule] || breaks == 0
			if dir := os.Getenv("SYNTAX_CASES"); dir != "" && !written[c.xml] {
				written[c.xml] = true
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%05d.xml", c.rule, i)), []byte(c.xml), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, r := range table.Rules {
			if broken[r.ID] == slices.Contains(neverBroken, r.ID) || !kept[r.ID] {
				t.Errorf("%s: broken by a case: %v, kept by a case: %v", r.ID, broken[r.ID], kept[r.ID])
			}
		}
		t.Logf("%s: %d rules, %d cases", name, len(table.Rules), len(cases))
	}
}

// The official unit tests of these rules agree. They are partial documents: only the rule that a test names counts.
func TestOfficialUnitTests(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		t.Skip("CORPUS is not set")
	}
	dir := filepath.Join(corpus, "en16931", "unit")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	tables := []*Table{shipped(t, "ubl"), shipped(t, "cii")}
	judge := func(document []byte) (found []violation.Violation, _ error) {
		root := parseXML(t, string(document))
		for _, table := range tables {
			table.Check(root, func(r *Rule, at xmldoc.Element) { found = append(found, r.Violation(at)) })
		}
		return found, nil
	}
	agreed := map[ruletest.Expectation]int{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		cases, list := ruletest.Parse(e.Name(), data, os.ReadFile)
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		cases = slices.DeleteFunc(cases, func(c ruletest.Case) bool {
			return !strings.HasPrefix(c.Rule, "UBL-") && !strings.HasPrefix(c.Rule, "CII-")
		})
		for _, r := range ruletest.Run(cases, judge) {
			if !r.Passed {
				_, why := r.Describe()
				t.Errorf("%s:%d: %s: %s", e.Name(), r.Line, r.Rule, why)
				continue
			}
			agreed[r.Expect]++
		}
	}
	if agreed[ruletest.Success] != 11 || agreed[ruletest.Error] != 9 || len(agreed) != 2 {
		t.Errorf("agreed: %v, want 11 that do not fire and 9 that do", agreed)
	}
}

// Every shipped rule says in both languages what it asks for and what to do.
func TestShippedRulesSpeak(t *testing.T) {
	for _, name := range []string{"ubl", "cii"} {
		table, root := shipped(t, name), parseXML(t, "<a/>")
		for i := range table.Rules {
			v := table.Rules[i].Violation(root)
			if v.FR == "" || v.EN == "" || v.Remedy == "" || v.RemedyEN == "" || v.FR == v.EN || strings.Contains(v.FR+v.EN, "%!") {
				t.Errorf("%s says %+v", v.Code, v)
			}
		}
	}
}

// example is a complete invoice of the repository.
func example(t testing.TB, name string) (xmldoc.Element, int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "documents", name+"-invoice.xml"))
	if err != nil {
		t.Fatal(err)
	}
	return parseXML(t, string(data)), len(data)
}

func ignore(*Rule, xmldoc.Element) {}

func TestCheckAllocatesNothing(t *testing.T) {
	for _, name := range []string{"ubl", "cii"} {
		r := shipped(t, name).newRun() // of its own: the race detector lets pools lose things
		root, _ := example(t, name)
		if n := testing.AllocsPerRun(100, func() { r.read(root.Doc()); r.walk(root, ignore) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"ubl", "cii"} {
		b.Run(name, func(b *testing.B) {
			table := shipped(b, name)
			root, size := example(b, name)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				table.Check(root, ignore)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"ubl", "cii"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				shipped(b, name)
			}
		})
	}
}
