package rules

import (
	"strings"
	"unicode/utf8"
)

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
	return x.changed(func(d decimal) decimal { return d.round(places) })
}

func (c *compiler) abs(n *syntaxNode, at *slot) value {
	x := c.decimal(c.compile(n.args[0], at), n.args[0].at)
	if x == nil {
		return value{}
	}
	return x.changed(decimal.abs)
}

// binary compiles binary(x): the number as a binary double has it, the nearest that 53 bits hold.
func (c *compiler) binary(n *syntaxNode, at *slot) value {
	x := c.decimal(c.compile(n.args[0], at), n.args[0].at)
	if x == nil {
		return value{}
	}
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		d, s := x(r, at)
		if s == have {
			d = d.binary()
		}
		return d, s
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

// changed is a number made from another; what is absent stays so.
func (x decFn) changed(f func(decimal) decimal) value {
	return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
		d, s := x(r, at)
		return f(d), s
	}}
}

// counting makes a function that counts something in one text.
func counting(count func(text string) int) func(*compiler, *syntaxNode, *slot) value {
	return func(c *compiler, n *syntaxNode, at *slot) value {
		one := c.oneAnyText(n.args[0], at)
		if one == nil {
			return value{}
		}
		return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
			text, s := one(r, at)
			return whole(count(text)), s
		}}
	}
}

// decimals counts the digits after the point, as written.
func decimals(text string) int {
	_, fraction, _ := strings.Cut(text, ".")
	return utf8.RuneCountInString(fraction)
}
