package rules

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
)

// pointer is a split JSON pointer (RFC 6901), unescaped, in which "*" stands for any item.
type pointer []string

func split(text string) pointer {
	if text == "" {
		return nil
	}
	tokens := strings.Split(text[1:], "/")
	for i, t := range tokens {
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	return tokens
}

func (p pointer) String() string {
	var b strings.Builder
	for _, t := range p {
		b.WriteString("/" + document.EscapeToken(t))
	}
	return b.String()
}

// place is where a rule points: from the document, or from the value that the rule is judged for.
type place struct {
	relative bool
	pointer  pointer
}

// find returns the value at the place, Absent when there is none.
func (p place) find(root, element document.Value) document.Value {
	v, _ := p.reach(root, element)
	return v
}

// reach returns the value at the place and the last value that exists on the way to it.
func (p place) reach(root, element document.Value) (v, nearest document.Value) {
	v = root
	if p.relative {
		v = element
	}
	nearest = v
	for _, token := range p.pointer {
		if v = v.Get(token); v.Exists() {
			nearest = v
		}
	}
	return v, nearest
}

// locate returns the JSON pointer of the place in the document.
func (p place) locate(element document.Value) string {
	if p.relative {
		return element.Pointer() + p.pointer.String()
	}
	return p.pointer.String()
}

// visit calls f for every value of v that matches the pointer, until f returns false, and reports whether it went to
// the end.
func (p pointer) visit(v document.Value, f func(document.Value) bool) bool {
	if len(p) == 0 {
		return f(v)
	}
	if p[0] != "*" {
		child := v.Get(p[0])
		return !child.Exists() || p[1:].visit(child, f)
	}
	for child := range v.Children() {
		if !p[1:].visit(child, f) {
			return false
		}
	}
	return true
}

// first returns the JSON pointer of the first place that matches p below v and that fits; absent places are offered as
// Absent values.
func (p pointer) first(v document.Value, at string, fits func(document.Value) bool) (string, bool) {
	if len(p) == 0 {
		return at, fits(v)
	}
	if p[0] != "*" {
		return p[1:].first(v.Get(p[0]), at+"/"+document.EscapeToken(p[0]), fits)
	}
	for child := range v.Children() {
		if found, ok := p[1:].first(child, child.Pointer(), fits); ok {
			return found, true
		}
	}
	return "", false
}
