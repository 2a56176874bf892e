package rules

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/schemas"
)

// anyTexts compiles an argument that is texts, or nodes whose texts are taken whatever their type.
func (c *compiler) anyTexts(n *syntaxNode, at *slot) textsFn {
	v := c.sequence(n, at)
	switch {
	case v.kind == someTexts:
		return v.texts
	case v.kind == someNodes && v.typ != groupTerm:
		return v.nodeTexts()
	case v.kind == someNodes:
		c.typeFault(v, someTexts, n.at)
	}
	return nil
}

// oneAnyText compiles an argument that is one text.
func (c *compiler) oneAnyText(n *syntaxNode, at *slot) func(r *run, at int32) (string, state) {
	texts := c.anyTexts(n, at)
	if texts == nil {
		return nil
	}
	return oneText(texts)
}

func (c *compiler) text(n *syntaxNode, at *slot) value {
	texts := c.anyTexts(n.args[0], at)
	if texts == nil {
		return value{}
	}
	return value{kind: someTexts, texts: texts}
}

// edited is the texts of a value with a change that leaves at most as many, made where they are.
func (texts textsFn) edited(edit func(texts []string) []string) textsFn {
	return func(r *run, at int32) bool {
		from := len(r.texts)
		ok := texts(r, at)
		r.texts = r.texts[:from+len(edit(r.texts[from:]))]
		return ok
	}
}

// some is the condition that some text of a value has a property.
func (texts textsFn) some(has func(text string) bool) value {
	return value{kind: condition, cond: func(r *run, at int32) truth {
		from := len(r.texts)
		defer func() { r.texts = r.texts[:from] }()
		if !texts(r, at) {
			return unknown
		}
		return truthOf(slices.ContainsFunc(r.texts[from:], has))
	}}
}

// firstOf keeps the first node or text.
func (c *compiler) firstOf(n *syntaxNode, at *slot) value {
	v := c.sequence(n.args[0], at)
	switch v.kind {
	case someNodes:
		v.path, v.nodes = nil, v.nodes.edited(func(_ *run, _ int32, ids []int32) []int32 { return ids[:min(len(ids), 1)] })
	case someTexts:
		v.text, v.texts = nil, v.texts.edited(func(texts []string) []string { return texts[:min(len(texts), 1)] })
	}
	return v
}

// distinct keeps each text once.
func (c *compiler) distinct(n *syntaxNode, at *slot) value {
	texts := c.anyTexts(n.args[0], at)
	if texts == nil {
		return value{}
	}
	return value{kind: someTexts, texts: texts.edited(func(texts []string) []string {
		slices.Sort(texts)
		return slices.Compact(texts)
	})}
}

// except compiles except(X, Y): the texts of X that Y does not have, each once, in their order. It looks at each text once, so that
// two long lists can be compared.
func (c *compiler) except(n *syntaxNode, at *slot) value {
	texts, others := c.anyTexts(n.args[0], at), c.anyTexts(n.args[1], at)
	if texts == nil || others == nil {
		return value{}
	}
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		from := len(r.texts)
		ok := texts(r, at)
		to := len(r.texts)
		ok = ok && others(r, at)
		seen := make(map[string]bool, len(r.texts)-to)
		for _, text := range r.texts[to:] {
			seen[text] = true
		}
		kept := from
		for _, text := range r.texts[from:to] {
			if !seen[text] {
				seen[text] = true
				r.texts[kept] = text
				kept++
			}
		}
		looked := len(r.texts) - from
		r.texts = r.texts[:kept]
		return ok && r.spend(looked)
	}}
}

// mapping makes a function that changes each text.
func mapping(f func(string) string) func(*compiler, *syntaxNode, *slot) value {
	return func(c *compiler, n *syntaxNode, at *slot) value { return c.each(n, at, f) }
}

func (c *compiler) each(n *syntaxNode, at *slot, f func(string) string) value {
	texts := c.anyTexts(n.args[0], at)
	if texts == nil {
		return value{}
	}
	return value{kind: someTexts, texts: texts.edited(func(texts []string) []string {
		for i, text := range texts {
			texts[i] = f(text)
		}
		return texts
	})}
}

// normal makes every run of white space one blank and drops those at the ends, as XPath's normalize-space.
func normal(text string) string {
	previous := byte(' ')
	for i := range len(text) {
		c := text[i]
		if c == '\t' || c == '\n' || c == '\r' || c == ' ' && (previous == ' ' || i == len(text)-1) {
			return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < utf8.RuneSelf && blank(string(r)) }), " ")
		}
		previous = c
	}
	return text
}

// asWritten compiles written(X): the texts of X with the white space at their ends.
func (c *compiler) asWritten(n *syntaxNode, at *slot) value {
	texts := c.anyTexts(n.args[0], at)
	if texts == nil {
		return value{}
	}
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		before := r.written
		r.written = true
		ok := texts(r, at)
		r.written = before
		return ok
	}}
}

// constant returns a text that must be written out, such as a separator.
func (c *compiler) constant(n *syntaxNode) (string, bool) {
	if n.op != "text" {
		c.fault(n.at, CodeType, "attendu un texte comme '.'", "expected a text such as '.'")
		return "", false
	}
	return n.text, true
}

func (c *compiler) before(n *syntaxNode, at *slot) value {
	mark, ok := c.constant(n.args[1])
	if !ok {
		return value{}
	}
	return c.each(n, at, func(text string) string {
		if before, _, found := strings.Cut(text, mark); found {
			return before
		}
		return ""
	})
}

func (c *compiler) after(n *syntaxNode, at *slot) value {
	mark, ok := c.constant(n.args[1])
	if !ok {
		return value{}
	}
	return c.each(n, at, func(text string) string {
		_, after, _ := strings.Cut(text, mark)
		return after
	})
}

func (c *compiler) left(n *syntaxNode, at *slot) value {
	d, ok := parseDecimal(n.args[1].text)
	if n.args[1].op != "number" || !ok || d.scale != 0 || d.m > maxExpression {
		return c.fault(n.args[1].at, CodeType, "attendu un nombre de caractères", "expected a number of characters")
	}
	size := int(d.m)
	return c.each(n, at, func(text string) string {
		end := 0
		for range size {
			if end == len(text) {
				break
			}
			_, width := utf8.DecodeRuneInString(text[end:])
			end += width
		}
		return text[:end]
	})
}

// concat joins one text of each argument; an absent one counts for nothing.
func (c *compiler) concat(n *syntaxNode, at *slot) value {
	var parts []func(r *run, at int32) (string, state)
	for _, a := range n.args {
		part := c.oneAnyText(a, at)
		if part == nil {
			return value{}
		}
		parts = append(parts, part)
	}
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		var b strings.Builder
		for _, part := range parts {
			text, s := part(r, at)
			if s == bad || !r.spend(len(text)) {
				return false
			}
			b.WriteString(text)
		}
		r.texts = append(r.texts, b.String())
		return true
	}}
}

// join puts the texts of a value one after the other: one text, also of none.
func (c *compiler) join(n *syntaxNode, at *slot) value {
	texts := c.anyTexts(n.args[0], at)
	if texts == nil {
		return value{}
	}
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		from := len(r.texts)
		ok := texts(r, at)
		joined := strings.Join(r.texts[from:], "")
		r.texts = append(r.texts[:from], joined)
		return ok && r.spend(len(joined))
	}}
}

// textTest makes a condition on two texts: it holds for some text of the first argument and some of the second.
func textTest(holds func(text, part string) bool) func(*compiler, *syntaxNode, *slot) value {
	return func(c *compiler, n *syntaxNode, at *slot) value {
		x, y := c.anyTexts(n.args[0], at), c.anyTexts(n.args[1], at)
		if x == nil || y == nil {
			return value{}
		}
		return value{kind: condition, cond: func(r *run, at int32) truth {
			from := len(r.texts)
			defer func() { r.texts = r.texts[:from] }()
			if !x(r, at) {
				return unknown
			}
			middle := len(r.texts)
			if !y(r, at) || !r.spend((middle-from)*(len(r.texts)-middle)) {
				return unknown
			}
			for _, text := range r.texts[from:middle] {
				for _, part := range r.texts[middle:] {
					if holds(text, part) {
						return yes
					}
				}
			}
			return no
		}}
	}
}

// matches compiles matches(X, 'pattern'): some text of X has a match of an RE2 pattern, which takes linear time.
func (c *compiler) matches(n *syntaxNode, at *slot) value {
	x := c.anyTexts(n.args[0], at)
	text, ok := c.constant(n.args[1])
	if !ok || x == nil {
		return value{}
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return c.fault(n.args[1].at, CodeSyntax, "motif RE2 incorrect : %[1]v", "malformed RE2 pattern: %[1]v", err)
	}
	return x.some(pattern.MatchString)
}

// is compiles is(X, 'siret'): some text of X has a format that schemas know.
func (c *compiler) is(n *syntaxNode, at *slot) value {
	x := c.anyTexts(n.args[0], at)
	name, ok := c.constant(n.args[1])
	if !ok || x == nil {
		return value{}
	}
	holds := schemas.Format(name)
	if holds == nil {
		c.fault(n.args[1].at, CodeFunction, "format inconnu %[1]q", "unknown format %[1]q", name)
		c.nearest(name, schemas.FormatNames())
		return value{}
	}
	return x.some(holds)
}
