package yamldoc

import (
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/diag"
)

// run is a stretch of a value that lies in one piece on one line of the file.
type run struct {
	offset       int // of its first rune in the value, in runes
	line, column int // where that rune is in the file
	length       int // in runes
}

// positionAt gives the place in the file of a place in the value; line and column start at 1 and the
// column counts runes. A place past the end of a line or of the value gives the place just after it.
// When the text does not lie in the file as it is, because a reference was replaced, the start of
// the value is the answer.
func (n *Node) positionAt(line, column int) diag.Position {
	if n.moved || n.source == nil {
		return n.Pos
	}
	if n.style == literal {
		return n.literalAt(line, column)
	}
	offset := runeOffset(n.text, line, column)
	var best run
	for _, r := range n.runs() {
		if r.offset > offset {
			break
		}
		best = r
	}
	if best.line == 0 {
		return n.Pos
	}
	return diag.Position{File: n.Pos.File, Line: best.line, Column: best.column + min(offset-best.offset, best.length)}
}

// runeOffset turns a line and column of a text into an offset in runes, kept within that line.
func runeOffset(text string, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		before, after, found := strings.Cut(text, "\n")
		if !found {
			break
		}
		offset += utf8.RuneCountInString(before) + 1
		text = after
	}
	text, _, _ = strings.Cut(text, "\n")
	return offset + min(max(column, 1)-1, utf8.RuneCountInString(text))
}

// literalAt: in a "|" block each line of the value is a line of the file, moved right by the
// indentation.
func (n *Node) literalAt(line, column int) diag.Position {
	if strings.TrimSpace(n.text) == "" {
		return n.Pos
	}
	lines := strings.Split(n.text, "\n")
	line = min(max(line, 1), len(lines))
	text := lines[line-1]
	at := n.header + line
	column = min(max(column, 1), utf8.RuneCountInString(text)+1)
	return diag.Position{File: n.Pos.File, Line: at, Column: column + n.indentation()}
}

// indentation gives the spaces before the content of a "|" block: what a line of the file has more
// than the same line of the value.
func (n *Node) indentation() int {
	for i, text := range strings.Split(n.text, "\n") {
		if strings.Trim(text, " ") != "" {
			return len(n.source.line(n.header+1+i)) - utf8.RuneCountInString(text)
		}
	}
	return 0
}

// contentStart gives the first rune of content of a block scalar.
func (n *Node) contentStart() diag.Position {
	if strings.TrimSpace(n.text) == "" {
		return n.Pos
	}
	for at := n.header + 1; at <= len(n.source.lines); at++ {
		if line := n.source.line(at); blanks(line, false) < len(line) {
			return diag.Position{File: n.Pos.File, Line: at, Column: blanks(line, false) + 1}
		}
	}
	return n.Pos
}
