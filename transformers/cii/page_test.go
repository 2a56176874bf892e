package cii_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/transformers/formattest"
)

const transaction = "SupplyChainTradeTransaction/"

// TestFormatsPage keeps the page about formats: its table of terms is what the completeness tests of UBL and CII hold the
// transformers to, and it names everything of CII that has no term.
func TestFormatsPage(t *testing.T) {
	inUBL := map[string][]string{}
	for row := range strings.Lines(string(formattest.File(t, "../ubl/testdata/binding.txt"))) {
		if fields := strings.Fields(row); len(fields) == 3 && fields[0] != "#" {
			path := strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(fields[1], "/*/"), "/"), "#code", "")
			path = strings.ReplaceAll(strings.ReplaceAll(path, "/#text", ""), "#", "")
			pointer := strings.ReplaceAll(fields[2], "#", "*")
			inUBL[pointer] = append(inUBL[pointer], strings.TrimSuffix(path, "/"))
		}
	}
	var page strings.Builder
	page.WriteString("| terme | document canonique | UBL | CII |\n|---|---|---|---|\n")
	for _, row := range terms() {
		inCII := filters.ReplaceAllString(shown.Replace(row.source), "[$1]")
		fmt.Fprintf(&page, "| %s | `%s` | %s | %s |\n", cmp.Or(row.bt, "-"), row.pointer, cmp.Or(paths(inUBL[row.pointer]), "-"), paths(strings.Split(inCII, " else ")))
	}
	formattest.Page(t, "terms", page.String())

	var lost []string
	for pattern := range maps.Keys(notCarried) {
		lost = append(lost, strings.TrimPrefix(pattern, transaction))
	}
	slices.Sort(lost)
	listed := formattest.Listed(t, "cii-not-carried")
	slices.Sort(listed)
	if !slices.Equal(listed, lost) {
		t.Errorf("docs/formats.md lists\n%q, not carried are\n%q", listed, lost)
	}
}

// shown is how the page writes a source path: items of arrays are not marked, and a bar would end a cell of the table.
var shown = strings.NewReplacer(transaction, "", "*", "", "ID|GlobalID", "ID, GlobalID")

var filters = regexp.MustCompile(`\?(\w+)`)

func paths(all []string) string {
	var cells []string
	for _, path := range all {
		cells = append(cells, "`"+path+"`")
	}
	return strings.Join(cells, " ou ")
}
