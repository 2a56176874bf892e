package rules

import (
	"strconv"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/violation"
)

// message is a text with the values of the document in it.
type message []part

// part is a literal, or an expression whose value is shown.
type part struct {
	literal string
	value   func(r *run, at int32) (string, bool)
}

// hole is what stands between braces, and where in the text.
type hole struct {
	text string
	at   int
}

// parseMessage cuts a text at its placeholders; ok is false when a brace has no partner, at the given place.
func parseMessage(text string) (literals []string, holes []hole, at int, ok bool) {
	var literal strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\n':
			literal.WriteByte(' ')
		case i+1 < len(text) && (text[i] == '{' || text[i] == '}') && text[i+1] == text[i]:
			literal.WriteByte(text[i])
			i++
		case text[i] == '}':
			return nil, nil, i, false
		case text[i] == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return nil, nil, i, false
			}
			literals = append(literals, literal.String())
			literal.Reset()
			holes = append(holes, hole{text[i+1 : i+end], i + 1})
			i += end
		default:
			literal.WriteByte(text[i])
		}
	}
	return append(literals, literal.String()), holes, 0, true
}

// shown compiles a value for a message: the text of a term, of several with commas, or the result of an expression, a date
// as YYYY-MM-DD.
func (c *compiler) shown(n *syntaxNode, at *slot) func(r *run, at int32) (string, bool) {
	v := c.compile(n, at)
	switch {
	case v.kind == faulty:
		return nil
	case v.kind == aDecimal:
		return func(r *run, at int32) (string, bool) {
			d, s := v.dec(r, at)
			return d.String(), s == have
		}
	case v.kind == aDate:
		return func(r *run, at int32) (string, bool) {
			d, s := v.date(r, at)
			return dayOf(d).Format(time.DateOnly), s == have
		}
	case v.kind == someTexts, v.kind == someNodes && v.typ != groupTerm:
		texts := v.texts
		if v.kind == someNodes {
			texts = v.nodeTexts()
		}
		return func(r *run, at int32) (string, bool) {
			from := len(r.texts)
			defer func() { r.texts = r.texts[:from] }()
			if !texts(r, at) {
				return "", false
			}
			shown := r.texts[from:min(len(r.texts), from+shownTexts)]
			for i, text := range shown {
				if trim(text) != text { // quotes show where it ends
					shown[i] = strconv.Quote(text)
				}
			}
			return strings.Join(shown, ", "), len(r.texts) > from
		}
	}
	c.fault(n.at, CodeType, "attendu un texte, un nombre ou une date à montrer", "expected a text, a number or a date to show")
	return nil
}

// shownTexts is how many texts of a term a message shows: it is cut at 60 characters anyway.
const shownTexts = 8

// fill returns the text with the values in place. A value that there is not is said to be absent, in both languages.
func (m message) fill(r *run, at int32) string {
	var b strings.Builder
	for _, p := range m {
		b.WriteString(p.literal)
		if p.value == nil {
			continue
		}
		if text, ok := p.value(r, at); ok {
			b.WriteString(violation.Excerpt(text))
		} else {
			b.WriteString("(absent)")
		}
	}
	return b.String()
}
