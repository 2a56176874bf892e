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
	return t.accepts(root), t.explain(root, asked(name)[0].personal)
}

func tableOf(name string) *table {
	t, err := asked(name)[0].table.read()
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
func Asked(name string) map[xmldoc.Name]bool {
	var roots []xmldoc.Name
	for _, s := range asked(name) {
		roots = append(roots, s.roots...)
	}
	return set(roots)
}

// asked returns the sources of a table.
func asked(name string) []source {
	return slices.DeleteFunc(slices.Clone(sources), func(s source) bool { return s.table.name != name })
}

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
