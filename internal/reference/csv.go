package reference

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/diag"
)

// csv reads rows from CSV (RFC 4180).
func (f *file) csv(r io.Reader) {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(2); string(mark) == "\xff\xfe" || string(mark) == "\xfe\xff" {
		f.encoding(f.at(1, 1), mark[0])
		return
	}
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		_, _ = in.Discard(3) // it was seen
	}
	reader := csv.NewReader(in)
	reader.ReuseRecord = true
	if head, _ := in.Peek(4096); strings.Contains(firstLine(head), ";") { // as French spreadsheets write it
		reader.Comma = ';'
	}
	columns, ok := f.header(reader)
	if !ok {
		return
	}
	cells := make([]string, len(f.spec.Columns))
	for {
		record, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.Is(err, csv.ErrFieldCount):
			line, _ := reader.FieldPos(0)
			f.list.Errorf(f.at(line, 1), CodeValue, "attendu %[1]d cellules, comme la première ligne, trouvé %[2]d", "expected %[1]d cells, as the first line has, found %[2]d", len(columns), len(record))
			continue
		case err != nil:
			f.broken(err)
			return
		}
		if f.row(reader, columns, record, cells) != nil {
			return
		}
	}
}

func firstLine(head []byte) string {
	line, _, _ := strings.Cut(string(head), "\n")
	return line
}

// key is the number that stands for the column of the key.
const key = -1

// header reads the first line: the number of the column that each cell is in.
func (f *file) header(reader *csv.Reader) ([]int, bool) {
	names, err := reader.Read()
	if errors.Is(err, io.EOF) {
		f.list.Add(diag.Errorf(f.at(1, 1), CodeColumn, "fichier vide : attendu une première ligne avec le nom des colonnes", "an empty file: expected a first line with the names of the columns").
			WithHint("%s", "%s", strings.Join(f.spec.Names(), ";")))
		return nil, false
	}
	if err != nil {
		f.broken(err)
		return nil, false
	}
	var columns []int
	for i, name := range names {
		line, column := reader.FieldPos(i)
		if at := invalid(name); at >= 0 {
			f.encoding(f.at(line, column), name[at])
			return nil, false
		}
		name = strings.TrimSpace(name)
		number := f.spec.Column(name)
		switch {
		case number < 0 && name != f.spec.Key:
			f.list.Add(f.spec.unknownColumn(f.at(line, column), name))
		case slices.Contains(columns, number):
			f.list.Errorf(f.at(line, column), CodeColumn, "colonne %[1]q écrite deux fois", "column %[1]q is written twice", name)
		}
		columns = append(columns, number)
	}
	if !slices.Contains(columns, key) {
		f.list.Errorf(f.at(1, 1), CodeColumn, "la colonne %[1]q manque", "the column %[1]q is missing", f.spec.Key)
	}
	return columns, !f.list.HasErrors()
}

// row reads one line.
func (f *file) row(reader *csv.Reader, columns []int, record, cells []string) error {
	clear(cells)
	at, id := diag.Position{}, ""
	sound := true
	for i, number := range columns {
		line, column := reader.FieldPos(i)
		if at := invalid(record[i]); at >= 0 {
			f.encoding(f.at(line, column), record[i][at])
			return errEncoding
		}
		text := strings.TrimSpace(record[i])
		if number == key {
			at, id = f.at(line, column), text
			continue
		}
		cell, d := f.cell(f.at(line, column), f.spec.Columns[number], text)
		if d != nil {
			f.list.Add(*d)
			sound = false
		}
		cells[number] = cell
	}
	if !sound {
		return nil
	}
	return f.add(at, id, join(cells))
}

// errEncoding ends the reading of a file in another encoding, which is told once.
var errEncoding = errors.New("not UTF-8")

// invalid returns where a text is no UTF-8, -1 when it is.
func invalid(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
			return i
		}
	}
	return -1
}

// encoding tells of a byte that is no UTF-8.
func (f *file) encoding(at diag.Position, found byte) {
	f.list.Add(diag.Errorf(at, CodeFile, "attendu du texte UTF-8, trouvé l'octet 0x%02[1]X", "expected UTF-8 text, found the byte 0x%02[1]X", found).
		WithHint("enregistrez le fichier en « CSV UTF-8 »", "save the file as \"CSV UTF-8\""))
}

// cell reads one cell of a line.
func (f *file) cell(at diag.Position, c Column, text string) (string, *diag.Diagnostic) {
	if text == "" {
		return "", nil
	}
	if c.Type == Flag {
		switch strings.ToLower(text) {
		case "true", "oui", "yes", "1":
			return yes, nil
		case "false", "non", "no", "0":
			return no, nil
		}
		d := diag.Errorf(at, CodeValue, "%[1]s : attendu oui ou non, trouvé %[2]q", "%[1]s: expected yes or no, found %[2]q", c.Name, excerpt(text))
		return "", &d
	}
	all := strings.Split(text, "|")
	for _, one := range all {
		if fr, en := badText(one); fr != "" {
			d := diag.Errorf(at, CodeValue, "%[1]s : %[2]s", "%[1]s: %[3]s", c.Name, fr, en).
				WithHint("séparez les textes par un seul « | »", "separate the texts by one \"|\"")
			return "", &d
		}
	}
	return textsCell(all), nil
}

// broken says why a line is no CSV.
func (f *file) broken(err error) {
	var fault *csv.ParseError
	if errors.As(err, &fault) {
		f.list.Add(diag.Errorf(f.at(fault.Line, fault.Column), CodeFile, "ce n'est pas du CSV : %[1]v", "this is no CSV: %[1]v", fault.Err).
			WithHint("un guillemet dans une cellule entre guillemets s'écrit deux fois", "a quote in a quoted cell is written twice"))
		return
	}
	f.list.Errorf(f.at(0, 0), CodeFile, "fichier illisible : %[1]v", "the file cannot be read: %[1]v", err)
}
