package rules

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// function is a function of the language: how many arguments it takes, and how it is compiled.
type function struct {
	least, most int
	compile     func(c *compiler, n *syntaxNode, at *slot) value
}

// functions are all functions. doc.go says what they do. The table refers to itself through the compiler, so it is made
// when it is first asked for.
func functions() map[string]function {
	makeFunctions.Do(func() { theFunctions = newFunctions() })
	return theFunctions
}

var (
	makeFunctions sync.Once
	theFunctions  map[string]function
)

func newFunctions() map[string]function {
	return map[string]function{
		"exists": {1, 1, (*compiler).exists},
		"absent": {1, 1, (*compiler).absent},
		"filled": {1, 1, (*compiler).filled},
		"count":  {1, 1, (*compiler).count},
		"any":    {2, 2, func(c *compiler, n *syntaxNode, at *slot) value { return c.quantifier(n, at, yes) }},
		"all":    {2, 2, func(c *compiler, n *syntaxNode, at *slot) value { return c.quantifier(n, at, no) }},

		"sum": {1, 1, func(c *compiler, n *syntaxNode, at *slot) value { return c.reduce(n, at, decimal.add, have) }},
		"min": {1, 1, func(c *compiler, n *syntaxNode, at *slot) value { return c.reduce(n, at, lesser, absent) }},
		"max": {1, 1, func(c *compiler, n *syntaxNode, at *slot) value { return c.reduce(n, at, greater, absent) }},

		"round":    {1, 2, (*compiler).round},
		"abs":      {1, 1, (*compiler).abs},
		"or0":      {1, 1, (*compiler).or0},
		"decimal":  {1, 1, (*compiler).cast},
		"decimals": {1, 1, (*compiler).decimals},
		"length":   {1, 1, (*compiler).length},

		"text":     {1, 1, (*compiler).text},
		"first":    {1, 1, (*compiler).firstOf},
		"distinct": {1, 1, (*compiler).distinct},
		"upper":    {1, 1, mapping(strings.ToUpper)},
		"lower":    {1, 1, mapping(strings.ToLower)},
		"normal":   {1, 1, mapping(normal)},
		"before":   {2, 2, (*compiler).before},
		"after":    {2, 2, (*compiler).after},
		"left":     {2, 2, (*compiler).left},
		"concat":   {2, 8, (*compiler).concat}, // nobody reads more at one go
		"starts":   {2, 2, textTest(strings.HasPrefix)},
		"ends":     {2, 2, textTest(strings.HasSuffix)},
		"contains": {2, 2, textTest(strings.Contains)},
		"matches":  {2, 2, (*compiler).matches},
	}
}

func (c *compiler) call(n *syntaxNode, at *slot) value {
	f, known := functions()[n.text]
	if !known {
		c.fault(n.at, CodeFunction, "fonction inconnue %[1]q", "unknown function %[1]q", n.text)
		c.nearest(n.text, slices.Sorted(maps.Keys(functions())))
		return value{}
	}
	if len(n.args) < f.least || len(n.args) > f.most {
		return c.fault(n.at, CodeFunction, "%[1]s prend %[2]d argument(s) au moins et %[3]d au plus, trouvé %[4]d",
			"%[1]s takes at least %[2]d and at most %[3]d arguments, found %[4]d", n.text, f.least, f.most, len(n.args))
	}
	return f.compile(c, n, at)
}

// sequence compiles an argument that may be nodes or texts.
func (c *compiler) sequence(n *syntaxNode, at *slot) value {
	v := c.compile(n, at)
	switch v.kind {
	case someNodes, someTexts, faulty:
		return v
	}
	return c.fault(n.at, CodeType, "attendu un terme, trouvé %[1]s", "expected a term, found %[2]s", kindNames[v.kind][0], kindNames[v.kind][1])
}

// size returns how many nodes or texts a value has.
func (v value) size() func(r *run, at int32) (int, bool) {
	if v.kind == someTexts {
		texts := v.texts
		return func(r *run, at int32) (int, bool) {
			from := len(r.texts)
			ok := texts(r, at)
			n := len(r.texts) - from
			r.texts = r.texts[:from]
			return n, ok
		}
	}
	nodes := v.nodes
	return func(r *run, at int32) (int, bool) {
		from := len(r.ids)
		ok := nodes(r, at)
		n := len(r.ids) - from
		r.ids = r.ids[:from]
		return n, ok
	}
}

func (c *compiler) exists(n *syntaxNode, at *slot) value {
	v := c.sequence(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	if p := v.path; p != nil {
		return value{kind: condition, cond: func(r *run, at int32) truth {
			return truthOf(r.facts.any(r.start(at, p), p.down))
		}}
	}
	size := v.size()
	return value{kind: condition, cond: func(r *run, at int32) truth {
		n, ok := size(r, at)
		if !ok {
			return unknown
		}
		return truthOf(n > 0)
	}}
}

func (c *compiler) absent(n *syntaxNode, at *slot) value {
	v := c.exists(n, at)
	if v.kind == faulty {
		return v
	}
	exists := v.cond
	return value{kind: condition, cond: func(r *run, at int32) truth { return not(exists(r, at)) }}
}

func (c *compiler) filled(n *syntaxNode, at *slot) value {
	v := c.sequence(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	if p := v.path; p != nil {
		return value{kind: condition, cond: func(r *run, at int32) truth {
			return truthOf(r.facts.filled(r.start(at, p), p.down))
		}}
	}
	texts := v.texts
	if v.kind == someNodes {
		texts = v.nodeTexts()
	}
	return value{kind: condition, cond: func(r *run, at int32) truth {
		from := len(r.texts)
		defer func() { r.texts = r.texts[:from] }()
		if !texts(r, at) {
			return unknown
		}
		return truthOf(slices.ContainsFunc(r.texts[from:], func(text string) bool { return !blank(text) }))
	}}
}

func (c *compiler) count(n *syntaxNode, at *slot) value {
	v := c.sequence(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	size := v.size()
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		n, ok := size(r, at)
		if !ok {
			return decimal{}, bad
		}
		return whole(n), have
	}}
}

// quantifier compiles any and all: the first node whose condition is the decisive value ends it.
func (c *compiler) quantifier(n *syntaxNode, at *slot, decisive truth) value {
	v := c.nodesOf(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	holds, ok := c.inside(n.args[1], v)
	if !ok {
		return value{}
	}
	nodes := v.nodes
	return value{kind: condition, cond: func(r *run, at int32) truth {
		from := len(r.ids)
		defer func() { r.ids = r.ids[:from] }()
		if !nodes(r, at) {
			return unknown
		}
		for i, to := from, len(r.ids); i < to; i++ {
			if t := holds(r, r.ids[i]); t == decisive || t == unknown {
				return t
			}
			if !r.spend(1) {
				return unknown
			}
		}
		return not(decisive)
	}}
}

func lesser(d, e decimal) decimal {
	if e.cmp(d) < 0 {
		return e
	}
	return d
}

func greater(d, e decimal) decimal {
	if e.cmp(d) > 0 {
		return e
	}
	return d
}

// reduce compiles sum, min and max of the numbers of nodes, or of an expression for each instance of a group. empty is
// what there is of none. A number that is absent is left out.
func (c *compiler) reduce(n *syntaxNode, at *slot, fold func(d, e decimal) decimal, empty state) value {
	arg := n.args[0]
	var nodes nodesFn
	number := (*run).number
	if arg.op == "for" {
		group := c.nodesOf(arg.args[1], at)
		if group.kind == faulty {
			return group
		}
		nodes = group.nodes
		if group.slot != nil {
			if c.steps++; c.steps > maxIterations {
				c.fault(n.at, CodeType, "plus de %d parcours imbriqués", "more than %d iterations inside each other", maxIterations)
			}
			x := c.decimal(c.compile(arg.args[0], group.slot), arg.args[0].at)
			c.steps--
			if x == nil {
				return value{}
			}
			number = x
		}
	} else {
		v := c.nodesOf(arg, at)
		switch {
		case v.kind == faulty:
			return v
		case v.typ != decimalTerm:
			c.typeFault(v, aDecimal, arg.at)
			return value{}
		}
		nodes = v.nodes
	}
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		from := len(r.ids)
		defer func() { r.ids = r.ids[:from] }()
		if !nodes(r, at) {
			return decimal{}, bad
		}
		var total decimal
		result := empty
		first := true
		for i, to := from, len(r.ids); i < to; i++ {
			d, s := number(r, r.ids[i])
			switch {
			case s == bad, !r.spend(1):
				return d, bad
			case s == absent:
			case first:
				total, first, result = d, false, have
			default:
				total = fold(total, d)
			}
		}
		return total, result
	}}
}

func (c *compiler) round(n *syntaxNode, at *slot) value {
	x := c.decimal(c.compile(n.args[0], at), n.args[0].at)
	places := int32(0)
	if len(n.args) == 2 {
		d, ok := parseDecimal(n.args[1].text)
		if n.args[1].op != "number" || !ok || d.scale != 0 || d.m > quotientScale {
			return c.fault(n.args[1].at, CodeType, "attendu un nombre de décimales entre 0 et %d", "expected a number of decimals from 0 to %d", quotientScale)
		}
		places = int32(d.m)
	}
	if x == nil {
		return value{}
	}
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		d, s := x(r, at)
		return d.round(places), s
	}}
}

func (c *compiler) abs(n *syntaxNode, at *slot) value {
	x := c.decimal(c.compile(n.args[0], at), n.args[0].at)
	if x == nil {
		return value{}
	}
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		d, s := x(r, at)
		return d.abs(), s
	}}
}

func (c *compiler) or0(n *syntaxNode, at *slot) value {
	x := c.decimal(c.compile(n.args[0], at), n.args[0].at)
	if x == nil {
		return value{}
	}
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		d, s := x(r, at)
		if s == absent {
			return decimal{}, have
		}
		return d, s
	}}
}

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

func (c *compiler) cast(n *syntaxNode, at *slot) value {
	one := c.oneAnyText(n.args[0], at)
	if one == nil {
		return value{}
	}
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		text, s := one(r, at)
		if s != have {
			return decimal{}, s
		}
		d, ok := parseDecimal(text)
		if !ok {
			return d, r.blame(0, malformed)
		}
		return d, have
	}}
}

// decimals counts the digits after the point, as written.
func (c *compiler) decimals(n *syntaxNode, at *slot) value {
	one := c.oneAnyText(n.args[0], at)
	if one == nil {
		return value{}
	}
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		text, s := one(r, at)
		_, fraction, _ := strings.Cut(text, ".")
		return whole(utf8.RuneCountInString(fraction)), s
	}}
}

func (c *compiler) length(n *syntaxNode, at *slot) value {
	one := c.oneAnyText(n.args[0], at)
	if one == nil {
		return value{}
	}
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		text, s := one(r, at)
		return whole(utf8.RuneCountInString(text)), s
	}}
}

func (c *compiler) text(n *syntaxNode, at *slot) value {
	texts := c.anyTexts(n.args[0], at)
	if texts == nil {
		return value{}
	}
	return value{kind: someTexts, texts: texts}
}

// firstOf keeps the first node or text.
func (c *compiler) firstOf(n *syntaxNode, at *slot) value {
	v := c.sequence(n.args[0], at)
	switch v.kind {
	case someNodes:
		nodes := v.nodes
		v.path = nil
		v.nodes = func(r *run, at int32) bool {
			from := len(r.ids)
			ok := nodes(r, at)
			r.ids = r.ids[:min(len(r.ids), from+1)]
			return ok
		}
	case someTexts:
		texts := v.texts
		v.text = nil
		v.texts = func(r *run, at int32) bool {
			from := len(r.texts)
			ok := texts(r, at)
			r.texts = r.texts[:min(len(r.texts), from+1)]
			return ok
		}
	}
	return v
}

// distinct keeps each text once.
func (c *compiler) distinct(n *syntaxNode, at *slot) value {
	texts := c.anyTexts(n.args[0], at)
	if texts == nil {
		return value{}
	}
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		from := len(r.texts)
		ok := texts(r, at)
		slices.Sort(r.texts[from:])
		r.texts = r.texts[:from+len(slices.Compact(r.texts[from:]))]
		return ok
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
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		from := len(r.texts)
		ok := texts(r, at)
		for i, text := range r.texts[from:] {
			r.texts[from+i] = f(text)
		}
		return ok
	}}
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
	return value{kind: condition, cond: func(r *run, at int32) truth {
		from := len(r.texts)
		defer func() { r.texts = r.texts[:from] }()
		if !x(r, at) {
			return unknown
		}
		return truthOf(slices.ContainsFunc(r.texts[from:], pattern.MatchString))
	}}
}
