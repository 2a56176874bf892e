package reference

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
)

// The codes of the faults of a table.
const (
	CodeFile      = "table_file"      // a file that cannot be read, or is neither CSV nor JSON
	CodeColumn    = "table_column"    // a column that the table does not have, or one that is missing or twice
	CodeKey       = "table_key"       // a key that is none
	CodeValue     = "table_value"     // a value that the column does not take
	CodeDuplicate = "table_duplicate" // a key twice
	CodeSize      = "table_size"      // more than a table may hold
)

const (
	// MaxRows bounds a table. The establishments of all French public bodies are some 150,000; a million rows of a directory take
	// about 100 MiB.
	MaxRows = 1_000_000
	// maxBytes bounds the rows together: those of a directory have some 50 bytes, those of a request two thousand.
	maxBytes = 128 << 20
	// maxRow bounds one row, in bytes: the largest buyer has some thousand services.
	maxRow = 1 << 20
	// maxText bounds one text in a row: what is longer is no code.
	maxText = 1024
)

// errFull ends the reading of a file that holds more than a table may.
var errFull = errors.New("the table is full")

// Read reads a whole file: CSV or JSON, as its name ends. The date is when the file was last brought up to date. The list
// has all faults, each with its line; the snapshot is nil when there are any.
//
// CSV: a first line with the names of the columns, in any order and separated by commas or semicolons, then a row a line.
// A flag is true, oui, yes or 1, or else false, non, no or 0; texts are separated by "|"; an empty cell says nothing.
//
// JSON: a list of objects whose members are the columns. A flag is true or false, texts are a list of strings; what is left
// out or null says nothing.
func (s *Spec) Read(name string, r io.Reader, date time.Time) (*Snapshot, diag.List) {
	f := &file{spec: s, name: name, most: MaxRows, first: map[string]int{}}
	return f.read(r, date)
}

// read reads the whole file.
func (f *file) read(r io.Reader, date time.Time) (*Snapshot, diag.List) {
	switch strings.ToLower(filepath.Ext(f.name)) {
	case ".csv":
		f.csv(r)
	case ".json":
		f.json(r)
	default:
		f.list.Add(diag.Errorf(diag.Position{File: f.name}, CodeFile, "fichier d'une table : attendu un nom en .csv ou .json", "file of a table: expected a name that ends with .csv or .json"))
	}
	if f.list.HasErrors() {
		return nil, f.list
	}
	return &Snapshot{Source: f.name, Date: date, rows: f.rows.share()}, f.list
}

// file is a file that is being read.
type file struct {
	spec  *Spec
	name  string
	most  int // rows
	list  diag.List
	rows  draft
	first map[string]int // the line of each key
}

func (f *file) at(line, column int) diag.Position {
	return diag.Position{File: f.name, Line: line, Column: column}
}

// add adds a row. A key that was there before is a fault, also where both rows say the same: one of them is a mistake.
func (f *file) add(at diag.Position, key, row string) error {
	if !f.spec.KeyPattern.MatchString(key) {
		f.list.Add(f.spec.noKey(at, key))
		return nil
	}
	if line, twice := f.first[key]; twice {
		d := diag.Errorf(at, CodeDuplicate, "%[1]s %[2]s est déjà à la ligne %[3]d", "%[1]s %[2]s is on line %[3]d already", f.spec.Key, key, line)
		if f.rows.shards[shardOf(key)][key] == row {
			d = d.WithHint("les deux lignes disent la même chose : retirez-en une", "both lines say the same: remove one")
		} else {
			d = d.WithHint("les deux lignes se contredisent : gardez celle qui est vraie", "the two lines contradict each other: keep the one that is true")
		}
		f.list.Add(d)
		return nil
	}
	if fr, en := f.rows.full(f.most, key, row); fr != "" {
		f.list.Add(diag.Errorf(at, CodeSize, "%[1]s", "%[2]s", fr, en).
			WithHint("gardez les lignes dont vos documents ont besoin", "keep the rows that your documents need"))
		return errFull
	}
	key = strings.Clone(key) // a part of its line or of its object, which need not stay
	f.first[key] = at.Line
	f.rows.set(key, row, true)
	return nil
}

// noKey says that a text is no key of the table.
func (s *Spec) noKey(at diag.Position, found string) diag.Diagnostic {
	return diag.Errorf(at, CodeKey, "%[1]s : attendu %[2]s, trouvé %[4]q", "%[1]s: expected %[3]s, found %[4]q", s.Key, s.KeyFR, s.KeyEN, excerpt(found))
}

// unknownColumn says that the table has no such column.
func (s *Spec) unknownColumn(at diag.Position, name string) diag.Diagnostic {
	d := diag.Errorf(at, CodeColumn, "colonne inconnue %[1]q", "unknown column %[1]q", excerpt(name))
	if near := diag.Nearest(name, s.Names()); near != "" {
		return d.WithHint("vouliez-vous dire %q ?", "did you mean %q?", near)
	}
	all := strings.Join(s.Names(), ", ")
	return d.WithHint("possible : %s", "possible: %s", all)
}

// badText says what is wrong with a text of a list, in French and English; empty when nothing is.
func badText(text string) (fr, en string) {
	switch {
	case strings.TrimSpace(text) != text || text == "":
		return "texte vide, ou avec des blancs autour", "a text that is empty, or has blanks around it"
	case len(text) > maxText:
		return "texte trop long", "a text that is too long"
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }):
		return "texte avec des caractères de contrôle", "a text with control characters"
	}
	return "", ""
}

// excerpt shortens a found value for a message.
func excerpt(text string) string {
	const most = 60 // a line of a terminal
	if runes := []rune(text[:min(len(text), 4*most)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
