package mapping

import (
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
)

// path is a compiled pointer. One that starts with "/" is from the top of the document (RFC 6901); one that starts with
// "./", or is ".", is from the value at hand: the item of the nearest list around it, or the object of the nearest
// "from" with "to", or the document. The token "*" stands for every item of an array.
type path struct {
	text     string
	relative bool
	tokens   []token
}

// token is one step of a path.
type token struct {
	name  string
	index int  // the item of an array that the name says, -1 when it says none
	wild  bool // every item of an array
	at    int  // of its first character in the text, in runes from 0
}

// fault is what is wrong with a text that is no pointer, at a rune from 0.
type fault struct {
	at     int
	fr, en string
}

// parsePath reads a pointer.
func parsePath(text string) (path, *fault) {
	p := path{text: text}
	rest, at := text, 0
	switch {
	case text == ".":
		p.relative, rest = true, ""
	case strings.HasPrefix(text, "./"):
		p.relative, rest, at = true, text[1:], 1
	case strings.HasPrefix(text, "/"):
	default:
		return p, &fault{0, "un chemin commence par « / » (depuis le haut du document) ou par « ./ » (depuis l'élément en cours)",
			`a pointer starts with "/" (from the top of the document) or with "./" (from the item at hand)`}
	}
	for rest != "" {
		raw := rest[1:]
		rest = ""
		if i := strings.IndexByte(raw, '/'); i >= 0 {
			raw, rest = raw[:i], raw[i:]
		}
		at++
		if i := badEscape(raw); i >= 0 {
			return p, &fault{at + len([]rune(raw[:i])), "« ~ » doit être suivi de 0 (pour « ~ ») ou de 1 (pour « / »)", `"~" must be followed by 0 (for "~") or 1 (for "/")`}
		}
		p.tokens = append(p.tokens, newToken(raw, at))
		at += len([]rune(raw))
	}
	return p, nil
}

func newToken(raw string, at int) token {
	t := token{name: strings.ReplaceAll(strings.ReplaceAll(raw, "~1", "/"), "~0", "~"), index: -1, wild: raw == "*", at: at}
	if i, err := strconv.ParseUint(raw, 10, 31); err == nil && strconv.FormatUint(i, 10) == raw {
		t.index = int(i)
	}
	return t
}

// badEscape returns the offset of a tilde that escapes nothing (RFC 6901 section 3), -1 when there is none.
func badEscape(raw string) int {
	for i := range len(raw) {
		if raw[i] == '~' && (i+1 == len(raw) || raw[i+1] != '0' && raw[i+1] != '1') {
			return i
		}
	}
	return -1
}

// many reports whether the path names every item of an array, not one value.
func (p *path) many() bool {
	for _, t := range p.tokens {
		if t.wild {
			return true
		}
	}
	return false
}

// split cuts the path at its first "*": the tokens that lead to the array, and those from the "*" on.
func (p *path) split() (head, tail []token) {
	for i, t := range p.tokens {
		if t.wild {
			return p.tokens[:i], p.tokens[i:]
		}
	}
	return p.tokens, nil
}

// find returns the value that the path names below v, Absent when there is none.
func (p *path) find(v document.Value) document.Value { return follow(v, p.tokens) }

// follow goes from v along tokens without "*".
func follow(v document.Value, tokens []token) document.Value {
	for i := range tokens {
		v = tokens[i].step(v)
	}
	return v
}

func (t *token) step(v document.Value) document.Value {
	if v.Type() == document.Array {
		return v.At(t.index)
	}
	return v.Get(t.name)
}
