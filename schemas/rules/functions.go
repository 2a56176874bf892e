package rules

import (
	"maps"
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

		"keyed":  {3, 3, (*compiler).keyed},
		"kind":   {1, 1, (*compiler).ofKind},
		"lookup": {3, 3, (*compiler).lookup},

		"sum": {1, 1, func(c *compiler, n *syntaxNode, at *slot) value { return c.reduce(n, at, decimal.add, have) }},
		"min": {1, 1, func(c *compiler, n *syntaxNode, at *slot) value { return c.reduce(n, at, lesser, absent) }},
		"max": {1, 1, func(c *compiler, n *syntaxNode, at *slot) value { return c.reduce(n, at, greater, absent) }},

		"round":    {1, 2, (*compiler).round},
		"abs":      {1, 1, (*compiler).abs},
		"or0":      {1, 1, (*compiler).or0},
		"binary":   {1, 1, (*compiler).binary},
		"decimal":  {1, 1, (*compiler).cast},
		"decimals": {1, 1, counting(decimals)},
		"length":   {1, 1, counting(utf8.RuneCountInString)},
		"position": {1, 1, (*compiler).position},

		"text":     {1, 1, (*compiler).text},
		"first":    {1, 1, (*compiler).firstOf},
		"distinct": {1, 1, (*compiler).distinct},
		"except":   {2, 2, (*compiler).except},
		"upper":    {1, 1, mapping(strings.ToUpper)},
		"lower":    {1, 1, mapping(strings.ToLower)},
		"normal":   {1, 1, mapping(normal)},
		"written":  {1, 1, (*compiler).asWritten},
		"before":   {2, 2, (*compiler).before},
		"after":    {2, 2, (*compiler).after},
		"left":     {2, 2, (*compiler).left},
		"concat":   {2, 8, (*compiler).concat}, // nobody reads more at one go
		"starts":   {2, 2, textTest(strings.HasPrefix)},
		"ends":     {2, 2, textTest(strings.HasSuffix)},
		"contains": {2, 2, textTest(strings.Contains)},
		"matches":  {2, 2, (*compiler).matches},
		"is":       {2, 2, (*compiler).is},
		"join":     {1, 1, (*compiler).join},

		"months":    {2, 2, (*compiler).months},
		"ascending": {1, 1, (*compiler).ascending},
		"preceding": {1, 1, (*compiler).preceding},
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

// edited is the nodes of a value without those that a change leaves out, made where they are.
func (nodes nodesFn) edited(edit func(r *run, at int32, ids []int32) []int32) nodesFn {
	return func(r *run, at int32) bool {
		from := len(r.ids)
		ok := nodes(r, at)
		r.ids = r.ids[:from+len(edit(r, at, r.ids[from:]))]
		return ok
	}
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
	return texts.some(func(text string) bool { return !blank(text) })
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

// position compiles position(X): the number of a node among those of its term in its group, the first being 1.
func (c *compiler) position(n *syntaxNode, at *slot) value {
	v := c.nodesOf(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	one := v.one()
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		id, s := one(r, at)
		if s != have || id == 0 {
			return decimal{}, s
		}
		node := r.facts.nodes[id]
		before := 1
		for i := r.facts.first(node.up, r.facts.model.slots[node.slot].ord); i != id; i = r.facts.nodes[i].next {
			before++
		}
		if !r.spend(before) {
			return decimal{}, bad
		}
		return whole(before), have
	}}
}

// preceding keeps the nodes that begin before the one that "." means.
func (c *compiler) preceding(n *syntaxNode, at *slot) value {
	v := c.nodesOf(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	v.path, v.nodes = nil, v.nodes.edited(func(r *run, at int32, ids []int32) []int32 {
		here := r.facts.nodes[at].ref
		return slices.DeleteFunc(ids, func(id int32) bool { return r.facts.nodes[id].ref >= here })
	})
	return v
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
