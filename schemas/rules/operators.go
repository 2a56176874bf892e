package rules

import (
	"cmp"
	"slices"
)

// decimal returns the one number of a value; nil after a fault.
func (c *compiler) decimal(v value, pos int) decFn {
	switch {
	case v.kind == faulty:
		return nil
	case v.kind == aDecimal:
		return v.dec
	case isDecimal(v):
		one := v.one()
		return func(r *run, at int32) (decimal, state) {
			id, s := one(r, at)
			if s != have {
				return decimal{}, s
			}
			return r.number(id)
		}
	}
	c.typeFault(v, aDecimal, pos)
	return nil
}

// typeFault says that a value is not what is needed, and how to make it that.
func (c *compiler) typeFault(v value, want kind, pos int) {
	found := kindNames[v.kind]
	if v.kind == someNodes {
		switch v.typ {
		case textTerm:
			found = kindNames[someTexts]
		case decimalTerm:
			found = kindNames[aDecimal]
		case dateTerm:
			found = kindNames[aDate]
		}
	}
	c.fault(pos, CodeType, "attendu %[1]s, trouvé %[3]s", "expected %[2]s, found %[4]s", kindNames[want][0], kindNames[want][1], found[0], found[1])
	switch {
	case want == aDecimal && isText(v):
		c.hint("decimal(X) lit un texte comme un nombre", "decimal(X) reads a text as a number")
	case want == someTexts && v.kind == someNodes && v.typ != groupTerm:
		c.hint("text(X) prend le texte d'un nombre ou d'une date", "text(X) takes the text of a number or a date")
	}
}

func (c *compiler) date(v value, pos int) dateFn {
	switch {
	case v.kind == faulty:
		return nil
	case v.kind == aDate:
		return v.date
	case isDate(v):
		one := v.one()
		return func(r *run, at int32) (int64, state) {
			id, s := one(r, at)
			if s != have {
				return 0, s
			}
			d, ok := parseDate(r.facts.nodes[id].text)
			if !ok {
				return 0, r.blame(id, malformed)
			}
			return d, have
		}
	}
	c.typeFault(v, aDate, pos)
	return nil
}

// one returns the only node of a value; more than one cannot be used.
func (v value) one() func(r *run, at int32) (int32, state) {
	if p := v.path; p != nil {
		return func(r *run, at int32) (int32, state) {
			id, many := r.facts.one(r.start(at, p), p.down)
			switch {
			case many:
				return id, r.blame(id, repeated)
			case id == 0 && len(p.down) > 0:
				return 0, absent
			}
			return id, have
		}
	}
	nodes := v.nodes
	return func(r *run, at int32) (int32, state) {
		from := len(r.ids)
		ok := nodes(r, at)
		found := r.ids[from:]
		r.ids = r.ids[:from]
		switch {
		case !ok:
			return 0, bad
		case len(found) > 1:
			return found[1], r.blame(found[1], repeated)
		case len(found) == 0:
			return 0, absent
		}
		return found[0], have
	}
}

// textsOf returns the texts of a value; nil after a fault.
func (c *compiler) textsOf(v value, pos int) textsFn {
	switch {
	case v.kind == faulty:
		return nil
	case v.kind == someTexts:
		return v.texts
	case isText(v):
		return v.nodeTexts()
	}
	c.typeFault(v, someTexts, pos)
	return nil
}

// nodeTexts pushes the texts of nodes, whatever their type.
func (v value) nodeTexts() textsFn {
	nodes := v.nodes
	return func(r *run, at int32) bool {
		from := len(r.ids)
		ok := nodes(r, at)
		for _, id := range r.ids[from:] {
			r.texts = append(r.texts, r.text(id))
		}
		r.ids = r.ids[:from]
		return ok
	}
}

// oneText returns the only text of a value.
func oneText(texts textsFn) func(r *run, at int32) (string, state) {
	return func(r *run, at int32) (string, state) {
		from := len(r.texts)
		ok := texts(r, at)
		found := r.texts[from:]
		r.texts = r.texts[:from]
		switch {
		case !ok:
			return "", bad
		case len(found) > 1:
			return "", r.blame(0, repeated)
		case len(found) == 0:
			return "", absent
		}
		return found[0], have
	}
}

// relation returns the test of an operator on the result of a three-way comparison.
func relation(op string) func(int) bool {
	switch op {
	case "=":
		return func(i int) bool { return i == 0 }
	case "!=":
		return func(i int) bool { return i != 0 }
	case "<":
		return func(i int) bool { return i < 0 }
	case "<=":
		return func(i int) bool { return i <= 0 }
	case ">":
		return func(i int) bool { return i > 0 }
	}
	return func(i int) bool { return i >= 0 }
}

// comparison compiles a comparison. Numbers and dates are compared one with one; of texts, some text of the left must
// compare with some text of the right, as in XPath.
func (c *compiler) comparison(n *syntaxNode, at *slot) value {
	a, b := c.compile(n.args[0], at), c.compile(n.args[1], at)
	holds := relation(n.op)
	posA, posB := n.args[0].at, n.args[1].at
	switch {
	case a.kind == faulty || b.kind == faulty:
		return value{}
	case isDecimal(a) || isDecimal(b):
		x, y := c.decimal(a, posA), c.decimal(b, posB)
		if x == nil || y == nil {
			return value{}
		}
		return oneWithOne(x, y, decimal.cmp, holds)
	case isDate(a) || isDate(b):
		x, y := c.date(a, posA), c.date(b, posB)
		if x == nil || y == nil {
			return value{}
		}
		return oneWithOne(x, y, cmp.Compare, holds)
	}
	return c.compareTexts(n, asWord(a, n.args[0]), asWord(b, n.args[1]))
}

// oneWithOne compares two values of which there must be one each.
func oneWithOne[T any](x, y func(r *run, at int32) (T, state), order func(a, b T) int, holds func(int) bool) value {
	return value{kind: condition, cond: func(r *run, at int32) truth {
		a, s := x(r, at)
		if s != have {
			return lacking(s)
		}
		b, s := y(r, at)
		if s != have {
			return lacking(s)
		}
		return truthOf(holds(order(a, b)))
	}}
}

// asWord takes the literals true and false for the texts of a boolean term.
func asWord(v value, n *syntaxNode) value {
	if n.op == "true" || n.op == "false" {
		return literal(n.op)
	}
	return v
}

// lacking is the value of a comparison one side of which has no value.
func lacking(s state) truth {
	if s == bad {
		return unknown
	}
	return no
}

func (c *compiler) compareTexts(n *syntaxNode, a, b value) value {
	x, y := c.textsOf(a, n.args[0].at), c.textsOf(b, n.args[1].at)
	if x == nil || y == nil {
		return value{}
	}
	holds := relation(n.op)
	compare := func(r *run, at int32) truth {
		from := len(r.texts)
		defer func() { r.texts = r.texts[:from] }()
		if !x(r, at) {
			return unknown
		}
		middle := len(r.texts)
		if middle == from {
			return no
		}
		if !y(r, at) || !r.spend((middle-from)*(len(r.texts)-middle)) {
			return unknown
		}
		for _, left := range r.texts[from:middle] {
			for _, right := range r.texts[middle:] {
				if holds(cmp.Compare(left, right)) {
					return yes
				}
			}
		}
		return no
	}
	if p := a.path; p != nil && b.text != nil && n.op == "=" { // the commonest: a term and a code
		code := *b.text
		return value{kind: condition, cond: func(r *run, at int32) truth {
			if r.written && r.facts.written != nil {
				return compare(r, at)
			}
			return truthOf(r.facts.says(r.start(at, p), p.down, code))
		}}
	}
	return value{kind: condition, cond: compare}
}

// membership compiles "X in (...)" and "X in list(...)": some text of X is a member; with "not in", some is none.
func (c *compiler) membership(n *syntaxNode, at *slot) value {
	v := c.compile(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	if isDecimal(v) {
		return c.decimalMembership(n, v)
	}
	x := c.textsOf(v, n.args[0].at)
	if x == nil {
		return value{}
	}
	member := c.members(n.args[1:])
	if member == nil {
		return value{}
	}
	want := n.op == "in"
	return value{kind: condition, cond: func(r *run, at int32) truth {
		from := len(r.texts)
		defer func() { r.texts = r.texts[:from] }()
		if !x(r, at) {
			return unknown
		}
		for _, text := range r.texts[from:] {
			if member(r, text) == want {
				return yes
			}
		}
		return no
	}}
}

// members returns the test of a set of texts; nil after a fault.
func (c *compiler) members(set []*syntaxNode) func(r *run, text string) bool {
	if len(set) == 1 && set[0].op == "list" {
		l := c.lists(set[0].text)
		if l == nil {
			c.fault(set[0].at, CodeList, "liste de codes inconnue %[1]q", "unknown code list %[1]q", set[0].text)
			c.nearest(set[0].text, c.listNames)
			return nil
		}
		return func(r *run, text string) bool { return l.has(text, r.day) }
	}
	var codes []string
	for _, m := range set {
		if m == nil || m.op != "text" {
			if m != nil {
				c.fault(m.at, CodeType, "attendu un texte comme 'S'", "expected a text such as 'S'")
			}
			return nil
		}
		codes = append(codes, m.text)
	}
	return func(_ *run, text string) bool { return slices.Contains(codes, text) }
}

func (c *compiler) decimalMembership(n *syntaxNode, v value) value {
	x := c.decimal(v, n.args[0].at)
	var numbers []decFn
	for _, m := range n.args[1:] {
		if m == nil || m.op != "number" && m.op != "neg" {
			if m != nil {
				c.fault(m.at, CodeType, "attendu un nombre : la valeur cherchée en est un", "expected a number, which is what is sought")
			}
			return value{}
		}
		d := c.decimal(c.compile(m, c.model.root()), m.at)
		if d == nil {
			return value{}
		}
		numbers = append(numbers, d)
	}
	want := n.op == "in"
	return value{kind: condition, cond: func(r *run, at int32) truth {
		d, s := x(r, at)
		if s != have {
			return lacking(s)
		}
		found := slices.ContainsFunc(numbers, func(f decFn) bool {
			e, _ := f(r, at)
			return d.cmp(e) == 0
		})
		return truthOf(found == want)
	}}
}

// arithmetic compiles + - * / on numbers. An absent operand gives an absent result.
func (c *compiler) arithmetic(n *syntaxNode, at *slot) value {
	x := c.decimal(c.compile(n.args[0], at), n.args[0].at)
	if n.op == "neg" {
		if x == nil {
			return value{}
		}
		return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
			d, s := x(r, at)
			return d.neg(), s
		}}
	}
	y := c.decimal(c.compile(n.args[1], at), n.args[1].at)
	if x == nil || y == nil {
		return value{}
	}
	op := n.op[0]
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		d, s := x(r, at)
		if s != have {
			return d, s
		}
		e, s := y(r, at)
		if s != have {
			return e, s
		}
		switch op {
		case '+':
			return d.add(e), have
		case '-':
			return d.sub(e), have
		case '*':
			return d.mul(e), have
		}
		if e.sign() == 0 {
			return d, r.blame(0, zeroDivision)
		}
		return d.quo(e), have
	}}
}
