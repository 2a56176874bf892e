package yamldoc

// runs follows the value of a plain, quoted or folded scalar through the file. It stops where it
// cannot follow, so what it gives is right but may be short.
func (n *Node) runs() []run {
	f := follower{node: n, value: []rune(n.text), line: n.Pos.Line, column: n.Pos.Column}
	switch n.style {
	case singleQuoted, doubleQuoted:
		f.column++ // the opening quote
		f.quoted()
	default:
		f.words()
	}
	return f.found
}

// follower walks through the value and the file side by side.
type follower struct {
	node         *Node
	value        []rune
	at           int // in value
	line, column int // in the file
	found        []run
}

// rest gives what is left of the current line of the file.
func (f *follower) rest() []rune {
	runes := f.node.source.line(f.line)
	if f.column > len(runes) {
		return nil
	}
	return runes[f.column-1:]
}

// match notes that the next count runes of the value lie here, written with width runes of the file.
func (f *follower) match(count, width int) {
	if last := len(f.found) - 1; last >= 0 && count == width && f.found[last].line == f.line &&
		f.found[last].column+f.found[last].length == f.column && f.found[last].offset+f.found[last].length == f.at {
		f.found[last].length += count
	} else {
		f.found = append(f.found, run{offset: f.at, line: f.line, column: f.column, length: count})
	}
	f.at += count
	f.column += width
}

// words follows a plain or folded scalar: each line of the file holds the next piece of the value, and
// only spaces and line ends lie between two pieces.
func (f *follower) words() {
	for f.at < len(f.value) && f.line <= len(f.node.source.lines) {
		rest := f.rest()
		indent := blanks(rest, f.node.style == plain)
		rest, f.column = rest[indent:], f.column+indent
		if len(rest) > 0 {
			for f.at < len(f.value) && f.value[f.at] != rest[0] && (f.value[f.at] == ' ' || f.value[f.at] == '\n') {
				f.at++
			}
			same := 0
			for same < len(rest) && f.at+same < len(f.value) && rest[same] == f.value[f.at+same] {
				same++
			}
			if same == 0 {
				return
			}
			f.match(same, same)
		}
		f.line, f.column = f.line+1, 1
	}
}

// quoted follows a quoted scalar: escapes take several runes of the file for one of the value, and
// line ends fold.
func (f *follower) quoted() {
	for f.at < len(f.value) {
		rest := f.rest()
		space := blanks(rest, true)
		switch {
		case space == len(rest):
			if !f.fold(false) {
				return
			}
		case space > 0:
			f.match(space, space)
		case f.node.style == singleQuoted && rest[0] == '\'':
			f.match(1, 2) // two quotes stand for one
		case f.node.style == doubleQuoted && rest[0] == '\\' && len(rest) == 1:
			if !f.fold(true) {
				return
			}
		case f.node.style == doubleQuoted && rest[0] == '\\':
			f.match(1, escapeWidth(rest[1]))
		case rest[0] == f.value[f.at]:
			f.match(1, 1)
		default:
			return
		}
	}
}

// fold passes the end of a line inside quotes: one line end is a space, or nothing after a
// backslash; each empty line more is a line end.
func (f *follower) fold(escaped bool) bool {
	ends := 0
	for {
		f.line, f.column = f.line+1, 1
		ends++
		if f.line > len(f.node.source.lines) {
			return false
		}
		text := f.node.source.line(f.line)
		if indent := blanks(text, true); indent < len(text) {
			f.column += indent
			break
		}
	}
	switch {
	case ends > 1:
		f.at += ends - 1
	case !escaped:
		f.at++
	}
	return true
}

// escapeWidth gives the runes that an escape takes, from the letter after the backslash.
func escapeWidth(letter rune) int {
	switch letter {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	}
	return 2
}
