package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// mapFile is the YAML of one edition of a map.
type mapFile struct {
	Map     yamldoc.String `yaml:"map,required"`
	Valid   validity       `yaml:"valid,required"`
	Title   bilingual      `yaml:"title,required"`
	Source  yamldoc.String `yaml:"source,required"`
	Columns texts          `yaml:"columns,required"`
	Rows    yamldoc.String `yaml:"rows,required"`
}

// codeMap gives values to keys: an official taxonomy says what belongs to each of its identifiers. It has the columns of
// its last edition.
type codeMap struct {
	columns  []string
	editions []mapEdition // the first first
}

// mapEdition is what is in force from a day on.
type mapEdition struct {
	from string                // as an ISO 8601 date
	rows map[string][][]string // the values in each column, by key
}

// loadMap adds an edition to the maps. An edition of the same first day replaces that of an earlier file.
func loadMap(f *mapFile, all map[string]*codeMap) (list diag.List) {
	checkDays(&list, f.Valid)
	e := mapEdition{from: f.Valid.From.Value, rows: map[string][][]string{}}
	columns := values(f.Columns)
	for line := range strings.Lines(f.Rows.Value) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		cells := strings.Split(line, ";")
		key := strings.TrimSpace(cells[0])
		cells = cells[1:]
		if len(cells) != len(columns) {
			list.Errorf(f.Rows.Pos, CodeList, "%[1]q a %[2]d valeurs pour %[3]d colonnes", "%[1]q has %[2]d values for %[3]d columns", key, len(cells), len(columns))
			continue
		}
		if e.rows[key] != nil {
			list.Errorf(f.Rows.Pos, CodeList, "la clé %[1]q est écrite deux fois", "key %[1]q is written twice", key)
		}
		row := make([][]string, len(cells))
		for i, cell := range cells {
			for text := range strings.SplitSeq(cell, ",") {
				if text = strings.TrimSpace(text); text != "" {
					row[i] = append(row[i], text)
				}
			}
		}
		e.rows[key] = row
	}
	m := all[f.Map.Value]
	if m == nil {
		m = &codeMap{}
		all[f.Map.Value] = m
	} else if !slices.Equal(m.columns, columns) {
		list.Errorf(f.Columns.Pos, CodeList, "les éditions de %[1]s n'ont pas les mêmes colonnes", "the editions of %[1]s do not have the same columns", f.Map.Value)
	}
	m.columns = columns
	at, same := slices.BinarySearchFunc(m.editions, e.from, func(e mapEdition, from string) int { return strings.Compare(e.from, from) })
	if same {
		m.editions[at] = e
	} else {
		m.editions = slices.Insert(m.editions, at, e)
	}
	return list
}

// values returns what the edition of a day gives to a key in a column: the last edition that has begun, or the first
// there is.
func (m *codeMap) values(key string, column int, day string) []string {
	i := len(m.editions) - 1
	for i > 0 && day != "" && m.editions[i].from > day {
		i--
	}
	row := m.editions[i].rows[key]
	if row == nil {
		return nil
	}
	return row[column]
}
