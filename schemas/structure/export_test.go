package structure

import (
	"maps"
	"slices"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// Tables are the names of the tables in the order of the sources.
var Tables = []string{"ubl21", "cii-d16b", "cii-d22b", "cdar-d22b", "ubl22", "ubl23"}

// Judge gives the verdict of one table, by both walks.
func Judge(name string, root xmldoc.Element) (accepted bool, why []violation.Violation) {
	t := tableOf(name)
	return t.accepts(root), t.explain(root, sources[slices.Index(Tables, name)].personal)
}

func tableOf(name string) *table {
	t, err := sources[slices.Index(Tables, name)].table()
	if err != nil {
		panic(err)
	}
	return t
}

// ReadTable reads a table that is not shipped.
func ReadTable(text string) error {
	_, err := readTable(text)
	return err
}

// Asked returns the roots of documents that a table is asked about.
func Asked(name string) map[xmldoc.Name]bool { return set(sources[slices.Index(Tables, name)].roots) }

// Roots returns the roots of a table.
func Roots(name string) map[xmldoc.Name]bool {
	return set(slices.Collect(maps.Keys(tableOf(name).roots)))
}

func set(names []xmldoc.Name) map[xmldoc.Name]bool {
	out := map[xmldoc.Name]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}
