package yamldoc

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/diag"
)

// source is the text of a file, line by line, that positions inside a value are worked out from.
type source struct {
	file  string
	lines [][]rune // without ends of line; runes, because places count runes and a file may be one line
}

// readSource checks the characters of a file and splits it into lines. It refuses what would make
// "line 12, column 3" mean different things to us, to the YAML library and to an editor.
func readSource(file string, data []byte) (*source, diag.List) {
	var list diag.List
	text := string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	line, column := 1, 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		column++
		pos := diag.Position{File: file, Line: line, Column: column}
		switch {
		case r == utf8.RuneError && size == 1:
			list.Add(diag.Errorf(pos, CodeEncoding,
				"attendu du texte UTF-8, trouvé l'octet 0x%02X", "expected UTF-8 text, found the byte 0x%02X", text[i]).
				WithHint("enregistrez le fichier en UTF-8", "save the file as UTF-8"))
			return nil, list // the columns that follow would be guesses
		case r == '\n':
			line, column = line+1, 0
		case r == '\r' && strings.HasPrefix(text[i+1:], "\n"), r == '\t':
		case r < ' ', r == 0x7f, r >= 0x80 && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff, r == 0xfffe, r == 0xffff:
			list.Add(diag.Errorf(pos, CodeEncoding,
				"caractère invisible U+%04X, qui n'est pas admis ici", "invisible character U+%04X, which is not allowed here", r).
				WithHint("supprimez-le, ou écrivez-le entre guillemets doubles : \"\\u%04X\"",
					"remove it, or write it in double quotes: \"\\u%04X\"", r))
		}
		i += size
	}
	lines := make([][]rune, 0, line)
	for text := range strings.SplitSeq(text, "\n") {
		lines = append(lines, []rune(strings.TrimSuffix(text, "\r")))
	}
	return &source{file: file, lines: lines}, list
}

// line gives line n, from 1; nothing beyond the end.
func (s *source) line(n int) []rune {
	if n < 1 || n > len(s.lines) {
		return nil
	}
	return s.lines[n-1]
}

// blanks counts the spaces, and the tabs if wanted, that a line begins with.
func blanks(line []rune, tabs bool) int {
	for i, r := range line {
		if r != ' ' && (r != '\t' || !tabs) {
			return i
		}
	}
	return len(line)
}
