package xmldoc

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// characters reads character data up to the next '<'.
func (p *parser) characters() bool {
	start := p.pos
	end := strings.IndexByte(p.text[start:], '<')
	if end < 0 {
		end = len(p.text)
	} else {
		end += start
	}
	piece := p.text[start:end]
	p.pos = end
	if len(p.open) == 0 {
		at := len(piece) - len(trimLeft(piece))
		switch {
		case at == len(piece):
			return true
		case p.doc.Len() == 0:
			return p.refuse(start+at, malformed, "« < » au début du document", excerpt(piece[at:]), "\"<\" at the start of the document")
		default:
			return p.refuse(start+at, trailing, excerpt(piece[at:]))
		}
	}
	if blank := trimLeft(piece); blank == "" { // between the elements of a container: the usual case
		if f := &p.open[len(p.open)-1]; f.text == "" && len(f.more) == 0 {
			return true
		}
	}
	if at := strings.Index(piece, "]]>"); at >= 0 {
		return p.refuse(start+at, malformed, "« ]]&gt; » hors d'une section CDATA", "]]>", "\"]]&gt;\" outside a CDATA section")
	}
	piece, ok := p.unescape(start, piece, false)
	if ok {
		p.addText(piece)
	}
	return ok
}

// cdata reads a CDATA section.
func (p *parser) cdata() bool {
	start := p.pos + len("<![CDATA[")
	end := strings.Index(p.text[start:], "]]>")
	if end < 0 {
		return p.refuse(len(p.text), truncated, "« ]]> »", "\"]]>\"")
	}
	if len(p.open) == 0 {
		return p.refuse(p.pos, malformed, "une balise", "<![CDATA[", "a tag")
	}
	p.pos = start + end + 3
	p.addText(lineEnds(p.text[start : start+end]))
	return true
}

// addText adds a piece to the character data of the open element. One piece stays a part of the source.
func (p *parser) addText(piece string) {
	f := &p.open[len(p.open)-1]
	switch {
	case len(f.more) > 0:
		f.more = append(f.more, piece...)
	case f.text != "":
		f.more = append(append(f.more, f.text...), piece...)
		f.text = ""
	default:
		f.text = piece
	}
}

// value reads an attribute value up to its closing quote.
func (p *parser) value(quote byte) (string, bool) {
	start := p.pos
	end := strings.IndexByte(p.text[start:], quote)
	if end < 0 {
		return "", p.refuse(len(p.text), truncated, "la fin d'une valeur d'attribut", "the end of an attribute value")
	}
	raw := p.text[start : start+end]
	if len(raw) > maxAttributeLength {
		return "", p.refuse(start, longAttribute, len(raw), maxAttributeLength)
	}
	if at := strings.IndexByte(raw, '<'); at >= 0 {
		return "", p.refuse(start+at, malformed, "« &lt; » dans une valeur d'attribut", excerpt(raw[at:]), "\"&lt;\" in an attribute value")
	}
	p.pos = start + end + 1
	return p.unescape(start, raw, true)
}

// unescape replaces references and line ends (XML 1.0 sections 2.11, 4.1), and in attributes blanks by spaces (3.3.3),
// in a piece that starts at an offset of the text.
func (p *parser) unescape(start int, piece string, attribute bool) (string, bool) {
	if isPlain(piece, attribute) {
		return piece, true
	}
	out := make([]byte, 0, len(piece))
	for i := 0; i < len(piece); i++ {
		c := piece[i]
		switch {
		case c == '&':
			end := strings.IndexByte(piece[i:min(len(piece), i+maxReference)], ';')
			if end < 0 {
				return "", p.refuse(start+i, entity, excerpt(piece[i:]))
			}
			r, ok := reference(piece[i+1 : i+end])
			if !ok {
				return "", p.refuseReference(start+i, piece[i:i+end+1])
			}
			out = utf8.AppendRune(out, r)
			i += end
			continue
		case c == '\r':
			if i+1 < len(piece) && piece[i+1] == '\n' {
				i++
			}
			c = '\n'
		}
		if attribute && isBlank(c) {
			c = ' '
		}
		out = append(out, c)
	}
	return string(out), true
}

// isPlain reports whether unescape has nothing to replace in a piece.
func isPlain(piece string, attribute bool) bool {
	return strings.IndexByte(piece, '&') < 0 && strings.IndexByte(piece, '\r') < 0 &&
		(!attribute || strings.IndexByte(piece, '\n') < 0 && strings.IndexByte(piece, '\t') < 0)
}

// maxReference bounds a reference: the longest that is known, &#x10FFFF; and a few leading zeros, is shorter.
const maxReference = 32

// reference returns the character of a reference without its & and ;.
func reference(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if digits == name || digits == "" || digits[0] == '+' || digits[0] == '-' {
		return 0, false
	}
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || strings.ContainsAny(digits, "+-_") {
		return 0, false
	}
	r := rune(n)
	return r, utf8.ValidRune(r) && (r >= ' ' || r == '\t' || r == '\n' || r == '\r') && r != 0xfffe && r != 0xffff
}

// refuseReference refuses a reference to an entity, or to a character that there is not.
func (p *parser) refuseReference(at int, found string) bool {
	if strings.HasPrefix(found, "&#") {
		return p.refuse(at, badReference, excerpt(found))
	}
	return p.refuse(at, entity, excerpt(found))
}

// trimLeft removes the blanks at the start, trim those at both ends. They are quicker than those of package strings, which
// know every character set.
func trimLeft(s string) string {
	i := 0
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	return s[i:]
}

func trim(s string) string {
	s = trimLeft(s)
	end := len(s)
	for end > 0 && isBlank(s[end-1]) {
		end--
	}
	return s[:end]
}

// lineEnds replaces CR LF and lone CR by LF.
func lineEnds(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// rune returns the character at an offset.
func (p *parser) rune(at int) rune {
	r, _ := utf8.DecodeRuneInString(p.text[at:])
	return r
}
