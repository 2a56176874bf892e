package pdfdoc

import "strings"

const (
	// maxDepth bounds arrays and dictionaries within each other; those that are read here have four levels.
	maxDepth = 32
	// maxObjects bounds the objects that are read of one file, those within others counted: a catalogue and a thousand
	// attachments have 35,000. It bounds their memory to 10 MiB.
	maxObjects = 50_000
	// maxNumber bounds integers: offsets and lengths in a file of 2 GiB.
	maxNumber = 1<<31 - 1
)

// lexer reads objects from the bytes of a file or of an object stream.
type lexer struct {
	data  []byte
	pos   int
	depth int
	room  *int // objects that may still be read of the file
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool { return strings.IndexByte("()<>[]{}/%", c) >= 0 }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// space skips white space and comments (section 7.2).
func (l *lexer) space() {
	for l.pos < len(l.data) {
		switch c := l.data[l.pos]; {
		case isSpace(c):
			l.pos++
		case c == '%':
			for l.pos < len(l.data) && l.data[l.pos] != '\n' && l.data[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

// peek returns the byte at an offset from here, 0 behind the end.
func (l *lexer) peek(offset int) byte {
	if l.pos+offset < len(l.data) {
		return l.data[l.pos+offset]
	}
	return 0
}

// object reads the next object; false where there is none, or no room for it.
func (l *lexer) object() (object, bool) {
	l.space()
	if l.pos >= len(l.data) || *l.room <= 0 {
		return object{}, false
	}
	*l.room--
	at := l.pos
	var o object
	ok := true
	switch c := l.data[l.pos]; {
	case c == '/':
		o = object{kind: nameKind, text: l.name()}
	case c == '(':
		o.kind = textKind
		o.text, ok = l.literal()
	case c == '<' && l.peek(1) == '<':
		o, ok = l.dictionary()
	case c == '<':
		o.kind = textKind
		o.text, ok = l.hexadecimal()
	case c == '[':
		o, ok = l.array()
	case isDigit(c) || c == '-' || c == '+' || c == '.':
		o, ok = l.number()
	case isDelimiter(c):
		return object{}, false
	default:
		o = l.keyword()
	}
	o.at = at
	return o, ok
}

// name reads a name (section 7.3.5).
func (l *lexer) name() string {
	l.pos++
	start := l.pos
	escaped := false
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) && !isDelimiter(l.data[l.pos]) {
		escaped = escaped || l.data[l.pos] == '#'
		l.pos++
	}
	raw := l.data[start:l.pos]
	if !escaped {
		return string(raw)
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) && hexDigit(raw[i+1]) >= 0 && hexDigit(raw[i+2]) >= 0 {
			b.WriteByte(byte(hexDigit(raw[i+1])<<4 | hexDigit(raw[i+2])))
			i += 2
			continue
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

// literal reads a text in parentheses (section 7.3.4.2).
func (l *lexer) literal() (string, bool) {
	l.pos++
	var b strings.Builder
	for open := 1; l.pos < len(l.data); l.pos++ {
		switch c := l.data[l.pos]; c {
		case '(':
			open++
			b.WriteByte(c)
		case ')':
			if open--; open == 0 {
				l.pos++
				return b.String(), true
			}
			b.WriteByte(c)
		case '\\':
			l.pos++
			l.escape(&b)
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// escape reads what follows a backslash and leaves the position at its last byte.
func (l *lexer) escape(b *strings.Builder) {
	c := l.peek(0)
	switch c {
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case '\n': // the line goes on
	case '\r':
		if l.peek(1) == '\n' {
			l.pos++
		}
	default:
		if c < '0' || c > '7' {
			b.WriteByte(c)
			return
		}
		code := int(c - '0')
		for range 2 {
			next := l.peek(1)
			if next < '0' || next > '7' {
				break
			}
			code = code<<3 | int(next-'0')
			l.pos++
		}
		b.WriteByte(byte(code))
	}
}

// hexadecimal reads a text in angle brackets (section 7.3.4.3).
func (l *lexer) hexadecimal() (string, bool) {
	l.pos++
	var b strings.Builder
	high := -1
	for ; l.pos < len(l.data); l.pos++ {
		c := l.data[l.pos]
		digit := hexDigit(c)
		switch {
		case c == '>':
			l.pos++
			if high >= 0 {
				b.WriteByte(byte(high << 4))
			}
			return b.String(), true
		case isSpace(c):
		case digit < 0:
			return "", false
		case high < 0:
			high = digit
		default:
			b.WriteByte(byte(high<<4 | digit))
			high = -1
		}
	}
	return "", false
}

// number reads an integer, a real, or the reference that starts with an integer (sections 7.3.3, 7.3.10).
func (l *lexer) number() (object, bool) {
	o := object{kind: numberKind}
	negative := false
	if c := l.data[l.pos]; c == '-' || c == '+' {
		negative = c == '-'
		l.pos++
	}
	digits, fraction := 0, false
	for ; l.pos < len(l.data); l.pos++ {
		c := l.data[l.pos]
		switch {
		case c == '.' && !fraction:
			fraction = true
			continue
		case !isDigit(c):
		case fraction:
			digits++
			continue
		default:
			digits++
			if o.number = o.number*10 + int(c-'0'); o.number > maxNumber {
				return object{}, false
			}
			continue
		}
		break
	}
	if negative {
		o.number = -o.number
	} else if !fraction && l.reference() {
		o.kind = refKind
	}
	return o, digits > 0
}

// reference reads the generation and the R that make a reference of an integer, or nothing.
func (l *lexer) reference() bool {
	i := l.pos
	for i < len(l.data) && isSpace(l.data[i]) {
		i++
	}
	start := i
	for i < len(l.data) && isDigit(l.data[i]) {
		i++
	}
	if i == start || i == len(l.data) || !isSpace(l.data[i]) || start == l.pos {
		return false
	}
	for i < len(l.data) && isSpace(l.data[i]) {
		i++
	}
	if i >= len(l.data) || l.data[i] != 'R' || i+1 < len(l.data) && !isSpace(l.data[i+1]) && !isDelimiter(l.data[i+1]) {
		return false
	}
	l.pos = i + 1
	return true
}

func (l *lexer) array() (object, bool) {
	o := object{kind: arrayKind}
	if l.depth++; l.depth > maxDepth {
		return o, false
	}
	l.pos++
	for {
		if l.space(); l.peek(0) == ']' {
			l.pos++
			l.depth--
			return o, true
		}
		item, ok := l.object()
		if !ok || item.kind == wordKind {
			return o, false
		}
		o.items = append(o.items, item)
	}
}

// dictionary reads a dictionary, and notes the stream that follows it (sections 7.3.7, 7.3.8).
func (l *lexer) dictionary() (object, bool) {
	o := object{kind: dictKind}
	if l.depth++; l.depth > maxDepth {
		return o, false
	}
	l.pos += 2
	for {
		l.space()
		switch {
		case l.peek(0) == '>' && l.peek(1) == '>':
			l.pos += 2
			l.depth--
			l.stream(&o)
			return o, true
		case l.peek(0) != '/':
			return o, false
		}
		key := l.name()
		value, ok := l.object()
		if !ok || value.kind == wordKind {
			return o, false
		}
		o.keys, o.items = append(o.keys, key), append(o.items, value)
	}
}

// stream notes where the stream of a dictionary starts: behind the keyword and one line end.
func (l *lexer) stream(o *object) {
	const word = "stream"
	start := l.pos
	l.space()
	if l.depth > 0 || l.pos+len(word) > len(l.data) || string(l.data[l.pos:l.pos+len(word)]) != word {
		l.pos = start
		return
	}
	l.pos += len(word)
	if l.peek(0) == '\r' {
		l.pos++
	}
	if l.peek(0) == '\n' {
		l.pos++
	}
	o.stream, o.data = true, l.pos
}

func (l *lexer) keyword() object {
	start := l.pos
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) && !isDelimiter(l.data[l.pos]) {
		l.pos++
	}
	switch word := string(l.data[start:min(l.pos, start+20)]); word {
	case "true", "false":
		return object{kind: booleanKind, text: word}
	case "null":
		return object{}
	default:
		return object{kind: wordKind, text: word}
	}
}
