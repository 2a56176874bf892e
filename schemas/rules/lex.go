package rules

import (
	"strings"
	"unicode/utf8"
)

// token is a piece of an expression and where it begins in the text, in bytes.
type token struct {
	kind tokenKind
	text string // of a text literal what it says, otherwise as written
	at   int
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenName             // BT-131, tax-total, and, sum
	tokenPlace            // /lines/*/net, a JSON pointer
	tokenNumber           // 12.50
	tokenText             // 'EUR'
	tokenSign             // an operator or a bracket
	tokenFault            // what is no token
)

// lexer cuts an expression into tokens. Whether "/" divides or begins a pointer follows from what stands before it: it
// divides after an operand.
type lexer struct {
	text    string
	pos     int
	operand bool // the token before was an operand
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// signs are the operators and brackets of two characters before those of one, so that the longest is found first.
var signs = []string{"//", "!=", "<=", ">=", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/", ".", "@"}

func (l *lexer) next() token {
	for l.pos < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.pos]) >= 0 {
		l.pos++
	}
	t := l.scan()
	l.pos = t.at + t.length(l.text)
	l.operand = t.kind == tokenName && !isWord(t.text) || t.kind == tokenPlace || t.kind == tokenNumber || t.kind == tokenText ||
		t.kind == tokenSign && (t.text == ")" || t.text == ".")
	return t
}

// isWord reports whether a name is a word of the language, after which an operand follows.
func isWord(name string) bool {
	switch name {
	case "and", "or", "not", "in", "if", "then", "else", "where", "for", "date":
		return true
	}
	return false
}

// length returns how many bytes of the text the token takes.
func (t token) length(text string) int {
	if t.kind == tokenText {
		return textLength(text[t.at:])
	}
	return len(t.text)
}

func (l *lexer) scan() token {
	rest := l.text[l.pos:]
	if rest == "" {
		return token{tokenEnd, "", l.pos}
	}
	c := rest[0]
	switch {
	case isLetter(c):
		return token{tokenName, rest[:nameLength(rest)], l.pos}
	case isDigit(c):
		n := 1
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		if n+1 < len(rest) && rest[n] == '.' && isDigit(rest[n+1]) {
			n += 2
			for n < len(rest) && isDigit(rest[n]) {
				n++
			}
		}
		return token{tokenNumber, rest[:n], l.pos}
	case c == '\'':
		n := textLength(rest)
		if n == 0 {
			return token{tokenFault, rest, l.pos}
		}
		return token{tokenText, strings.ReplaceAll(rest[1:n-1], "''", "'"), l.pos}
	case c == '/' && !l.operand && len(rest) > 1 && rest[1] != '/':
		return token{tokenPlace, rest[:placeLength(rest)], l.pos}
	}
	for _, s := range signs {
		if strings.HasPrefix(rest, s) {
			return token{tokenSign, s, l.pos}
		}
	}
	_, size := utf8.DecodeRuneInString(rest)
	return token{tokenFault, rest[:size], l.pos}
}

// nameLength measures a name: letters and digits, with single hyphens inside.
func nameLength(s string) int {
	n := 1
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '-' && n+1 < len(s) && (isLetter(s[n+1]) || isDigit(s[n+1]))) {
		n++
	}
	return n
}

// textLength measures a text literal with its quotes, of which a doubled one stands for itself; 0 when it does not end.
func textLength(s string) int {
	for n := 1; n < len(s); n++ {
		switch {
		case s[n] != '\'':
		case n+1 < len(s) && s[n+1] == '\'':
			n++
		default:
			return n + 1
		}
	}
	return 0
}

// placeLength measures a JSON pointer: names between slashes, or "*" for any item.
func placeLength(s string) int {
	n := 0
	for n < len(s) && s[n] == '/' {
		n++
		if n < len(s) && s[n] == '*' {
			n++
			continue
		}
		for n < len(s) && strings.IndexByte(" \t\r\n/*+=!<>(),@'{}", s[n]) < 0 {
			n++
		}
	}
	return n
}
