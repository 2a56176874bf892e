package cii_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// TestCompleteness proves, through the table of terms, that every text of a source that EN 16931 maps to a business term
// is at its place in the canonical document and that nothing else is there. What the standard has no term for must be
// listed, with its reason, in testdata/not-carried.golden, and be reported as ignored.
func TestCompleteness(t *testing.T) {
	t.Run("own", func(t *testing.T) {
		completeAll(t, []string{"testdata/full.xml", "testdata/historic-credit-note.xml", "testdata/extended.xml", "testdata/extended-terms.xml"}, "testdata/not-carried-own.golden")
	})
	t.Run("corpus", func(t *testing.T) {
		completeAll(t, formattest.Corpus(t, "en16931/cii/*.xml"), "testdata/not-carried.golden")
	})
}

// completeAll holds what files have and no term takes against a golden file.
func completeAll(t *testing.T, files []string, golden string) {
	lost := map[string]int{} // by pattern
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { complete(t, file, lost) })
	}
	var b strings.Builder
	for _, pattern := range slices.Sorted(maps.Keys(lost)) {
		fmt.Fprintf(&b, "%s\t%d\t%s\n", pattern, lost[pattern], notCarried[pattern])
	}
	formattest.Golden(t, golden, b.String())
}

func complete(t *testing.T, file string, lost map[string]int) {
	data := formattest.File(t, file)
	root := parseSource(t, data)
	result, violations := transform(t, data)
	if len(violations) > 0 {
		t.Fatal(violations)
	}
	doc := result.Parts[0].Doc

	type key struct {
		node *node
		attr string
	}
	seen := map[key]bool{}
	carried := map[string]bool{"/kind": true}
	for _, row := range terms() {
		want := map[string]string{}
		for path := range strings.SplitSeq(row.source, " else ") {
			found := map[string]string{}
			for _, p := range selectPlaces(root, path) {
				value := converted(p.value(), row.as)
				if p.attr == "schemeID" && p.node.text == "" {
					continue // an empty element identifies nothing
				}
				if value == "" || want[p.index] != "" {
					continue
				}
				if first, again := found[p.index]; again && first != value {
					t.Errorf("%s: the source has two values for %q", row.bt, p.index)
				}
				found[p.index] = value
				seen[key{p.node, p.attr}] = true
			}
			maps.Copy(want, found)
		}
		for index, value := range want {
			pointer := row.pointer
			for i := range strings.SplitSeq(index, "/") {
				pointer = strings.Replace(pointer, "*", i, 1)
			}
			got := doc.Lookup(pointer)
			if !same(got.Text(), value, row.as) {
				t.Errorf("%s: %s is not as %s says (%d and %d bytes)", row.bt, pointer, row.source, len(got.Text()), len(value))
			}
			carried[pointer] = true
		}
	}
	for pointer := range leaves(doc.Root()) {
		if !carried[pointer] {
			t.Errorf("%s is in the canonical document and in no row of the table", pointer)
		}
	}
	for _, path := range implied {
		for _, p := range selectPlaces(root, path) {
			seen[key{p.node, p.attr}] = true
		}
	}

	var ignored []string
	var walk func(*node)
	walk = func(n *node) {
		p := place{node: n}
		if n.text != "" && !seen[key{n, ""}] {
			ignored = append(ignored, p.pattern())
			count(t, lost, p)
		}
		for attr, value := range n.attrs {
			p.attr = attr
			values, ok := impliedAttributes[attr]
			switch {
			case seen[key{n, attr}], ok && (values == "*" || strings.Contains(values, value)):
			case attr == "schemeID" && n.text == "": // an empty element identifies nothing
			default:
				count(t, lost, p)
			}
		}
		for _, c := range n.children {
			walk(c)
		}
	}
	walk(root)
	if got := plainPaths(result.Ignored); !slices.Equal(got, ignored) {
		t.Errorf("ignored:\n got %v\nwant %v", got, ignored)
	}
}

func count(t *testing.T, lost map[string]int, p place) {
	if notCarried[p.pattern()] == "" {
		t.Errorf("not carried, and no reason is known: %s", p.pattern())
	}
	lost[p.pattern()]++
}

var positions = regexp.MustCompile(`\[\d+\]`)

// plainPaths removes prefixes, positions and the root from XPaths.
func plainPaths(paths []string) []string {
	var plain []string
	for _, path := range paths {
		steps := strings.Split(positions.ReplaceAllString(path, ""), "/")[2:]
		for i, step := range steps {
			steps[i] = step[strings.IndexByte(step, ':')+1:]
		}
		plain = append(plain, strings.Join(steps, "/"))
	}
	return plain
}

func converted(value, as string) string {
	switch as {
	case "date":
		return regexp.MustCompile(`^(\d{4})(\d\d)(\d\d)$`).ReplaceAllString(value, "$1-$2-$3")
	case "2475":
		return map[string]string{"5": "3", "29": "35", "72": "432"}[value]
	default:
		return value
	}
}

func same(got, want, as string) bool {
	if as != "decimal" {
		return got == want
	}
	a, okA := new(big.Rat).SetString(got)
	b, okB := new(big.Rat).SetString(want)
	return okA && okB && a.Cmp(b) == 0
}

// leaves returns the pointers of all strings of a document.
func leaves(v document.Value) map[string]bool {
	all := map[string]bool{}
	if v.Type() == document.String {
		all[v.Pointer()] = true
	}
	for c := range v.Children() {
		maps.Copy(all, leaves(c))
	}
	return all
}

// TestTableIsWhole proves that the table names every business term of the schema at the pointer that the schema gives
// it, and that full.xml has every one.
func TestTableIsWhole(t *testing.T) {
	data := formattest.File(t, "../../schemas/canonical/invoice.schema.json")
	var schema map[string]any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	var walk func(node map[string]any, pointer string)
	walk = func(node map[string]any, pointer string) {
		properties, _ := node["properties"].(map[string]any)
		items, isArray := node["items"].(map[string]any)
		if bt, _ := node["x-term"].(string); bt != "" && !strings.HasPrefix(bt, "BG-") && properties == nil && !isArray {
			want[bt] = pointer
		}
		for name, child := range properties {
			walk(child.(map[string]any), pointer+"/"+name)
		}
		if isArray {
			walk(items, pointer+"/*")
		}
	}
	walk(schema, "")
	got := map[string]string{}
	inFull := map[string]bool{}
	for _, file := range []string{"testdata/full.xml", "testdata/extended.xml", "testdata/extended-terms.xml"} {
		result, _ := transform(t, formattest.File(t, file))
		for pointer := range leaves(result.Parts[0].Doc.Root()) {
			inFull[regexp.MustCompile(`/\d+`).ReplaceAllString(pointer, "/*")] = true
		}
	}
	for _, row := range terms() {
		if strings.HasPrefix(row.bt, "BT-") || want[row.bt] != "" { // the schema numbers those of the profile that rules know
			got[row.bt] = row.pointer
		}
		if !inFull[row.pointer] {
			t.Errorf("neither full.xml nor the extended documents have %s at %s", row.bt, row.pointer)
		}
	}
	if !maps.Equal(got, want) {
		for bt := range want {
			if got[bt] != want[bt] {
				t.Errorf("%s: table %q, schema %q", bt, got[bt], want[bt])
			}
		}
		for bt := range got {
			if want[bt] == "" {
				t.Errorf("%s is not in the schema", bt)
			}
		}
	}
	if len(got) < 160 {
		t.Errorf("only %d terms", len(got))
	}
}
