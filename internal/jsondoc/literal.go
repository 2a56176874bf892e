package jsondoc

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string from its opening quote and returns it unescaped.
func (p *parser) text() (string, bool) {
	p.pos++
	start, plain := p.pos, true
	p.scratch = p.scratch[:0]
	run := start // start of the text not yet in scratch
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			if plain {
				return p.src[start : p.pos-1], true
			}
			p.scratch = append(p.scratch, p.src[run:p.pos-1]...)
			return p.keep(p.scratch), true
		case c == '\\':
			plain = false
			p.scratch = append(p.scratch, p.src[run:p.pos]...)
			if !p.escape() {
				return "", false
			}
			run = p.pos
		case c < ' ':
			return "", p.refuse(p.pos, control, c)
		default:
			p.pos++
		}
	}
	return "", p.refuse(len(p.src), truncated)
}

// keep returns the bytes as a text that lies with others in one piece of memory.
func (p *parser) keep(b []byte) string {
	if p.texts.Cap()-p.texts.Len() < len(b) {
		piece := min(2*p.texts.Cap()+64, 4096, len(p.src)-p.pos)
		p.texts = strings.Builder{}
		p.texts.Grow(max(piece, len(b)))
	}
	start := p.texts.Len()
	p.texts.Write(b)
	return p.texts.String()[start:]
}

// escape reads one escape sequence, two for a surrogate pair, into scratch.
func (p *parser) escape() bool {
	start := p.pos
	if start+1 >= len(p.src) {
		return p.refuse(len(p.src), truncated)
	}
	p.pos += 2
	switch c := p.src[start+1]; c {
	case '"', '\\', '/':
		p.scratch = append(p.scratch, c)
	case 'b':
		p.scratch = append(p.scratch, '\b')
	case 'f':
		p.scratch = append(p.scratch, '\f')
	case 'n':
		p.scratch = append(p.scratch, '\n')
	case 'r':
		p.scratch = append(p.scratch, '\r')
	case 't':
		p.scratch = append(p.scratch, '\t')
	case 'u':
		unit, ok := p.unit(start)
		if !ok {
			return false
		}
		if utf16.IsSurrogate(unit) {
			low := start + 6
			if low+1 >= len(p.src) || p.src[low:low+2] != `\u` {
				return p.refuse(start, surrogate, p.src[start:low])
			}
			second, ok := p.unit(low)
			if !ok {
				return false
			}
			if unit = utf16.DecodeRune(unit, second); unit == utf8.RuneError {
				return p.refuse(start, surrogate, p.src[start:low])
			}
		}
		p.scratch = utf8.AppendRune(p.scratch, unit)
	default:
		p.pos = start
		return p.refuse(start, badEscape, p.found())
	}
	return true
}

// unit reads the four hexadecimal digits of the escape sequence \uXXXX that starts at an offset.
func (p *parser) unit(start int) (rune, bool) {
	if start+6 > len(p.src) {
		return 0, p.refuse(len(p.src), truncated)
	}
	n := rune(0)
	for _, c := range []byte(p.src[start+2 : start+6]) {
		switch {
		case isDigit(c):
			n = n<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			n = n<<4 | rune(c-'A'+10)
		default:
			p.pos = start
			return 0, p.refuse(start, badEscape, p.found())
		}
	}
	p.pos = start + 6
	return n, true
}

// number reads a number literal and checks its form and its size.
func (p *parser) number() bool {
	start := p.pos
	if p.src[p.pos] == '-' {
		p.pos++
	}
	whole := p.digits()
	if whole == 0 || whole > 1 && p.src[p.pos-whole] == '0' {
		return p.badNumber(start)
	}
	if p.pos < len(p.src) && p.src[p.pos] == '.' {
		p.pos++
		if p.digits() == 0 {
			return p.badNumber(start)
		}
	}
	exponent := 0
	if p.pos < len(p.src) && (p.src[p.pos] == 'e' || p.src[p.pos] == 'E') {
		p.pos++
		if p.pos < len(p.src) && (p.src[p.pos] == '+' || p.src[p.pos] == '-') {
			p.pos++
		}
		from := p.pos
		if p.digits() == 0 {
			return p.badNumber(start)
		}
		var err error
		if exponent, err = strconv.Atoi(p.src[from:p.pos]); err != nil { // only when it does not fit
			exponent = maxExponent + 1
		}
	}
	if p.pos < len(p.src) && (isWord(p.src[p.pos]) || p.src[p.pos] == '.') {
		return p.badNumber(start)
	}
	if p.pos-start > maxNumber || exponent > maxExponent {
		p.pos = start
		return p.refuse(start, hugeNumber, p.found(), maxNumber, maxExponent)
	}
	return true
}

// badNumber refuses a literal that is no JSON number: 012, 1., .5, 1e, 12,50 is caught by its comma.
func (p *parser) badNumber(start int) bool {
	if p.pos == len(p.src) && !isDigit(p.src[p.pos-1]) {
		return p.refuse(p.pos, truncated)
	}
	p.pos = start
	return p.refuse(start, numberForm, p.found())
}

// digits skips digits and returns how many there were.
func (p *parser) digits() int {
	start := p.pos
	for p.pos < len(p.src) && isDigit(p.src[p.pos]) {
		p.pos++
	}
	return p.pos - start
}
