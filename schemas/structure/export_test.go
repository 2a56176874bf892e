package structure

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// Tables are the names of the tables in the order of the sources.
var Tables = []string{"ubl21", "cii-d16b", "cii-d22b"}

// Judge gives the verdict of one table, by both walks.
func Judge(name string, root xmldoc.Element) (accepted bool, why []violation.Violation) {
	for i := range sources {
		if Tables[i] == name {
			t := sources[i].table()
			return t.accepts(root), t.explain(root)
		}
	}
	panic("no table " + name)
}

// ReadTable reads a table that is not shipped.
func ReadTable(text string) error {
	_, err := readTable(text)
	return err
}
