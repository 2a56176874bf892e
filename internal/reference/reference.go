// Package reference holds reference tables: what the gateway knows from others and looks up while it judges, such as the
// directory of public buyers. A table has a key, typed columns and a date. It comes from a file, CSV or JSON, or from the
// records of a compacted topic. It may be missing, older than it may be, or silent about a key: then the answer is that it is
// not known, and why; never a guess.
//
// A [Snapshot] is immutable, and [Tables] puts one in the place of another at once: a document is judged by one state of all
// tables from beginning to end. The package must not know who asks, what a table means, nor how records travel.
package reference

import (
	"regexp"
	"slices"
)

// Spec says what a table holds.
type Spec struct {
	// Name is what rules call the table.
	Name string
	// FR and EN say what it is, as a noun: "l'annuaire", "the directory".
	FR, EN string
	// Key is the name of the column or member that holds the key of a row.
	Key string
	// KeyPattern matches every key, as a whole; KeyFR and KeyEN say in words what a key is.
	KeyPattern   *regexp.Regexp
	KeyFR, KeyEN string
	// Columns are what a row may say about its key. Each may be left out: then nothing is known.
	Columns []Column
}

// Column is one thing that a table says about a key.
type Column struct {
	Name string
	Type Type
}

// Type is what a column holds.
type Type uint8

// The types of columns.
const (
	Flag  Type = iota // yes or no
	Texts             // any number of texts, also none
)

// Column returns the number of the column with a name, -1 when there is none.
func (s *Spec) Column(name string) int {
	return slices.IndexFunc(s.Columns, func(c Column) bool { return c.Name == name })
}

// Names lists the names of the columns, that of the key first.
func (s *Spec) Names() []string {
	names := []string{s.Key}
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	return names
}
