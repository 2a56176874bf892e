package rules

import (
	"math"
	"time"
)

// maxMonths bounds what a date may be moved by: a century, longer than any period of the law.
const maxMonths = 1200

// months compiles months(D, 2): the day two months after D. Where that month has no such day it is its last one, as
// periods in months end (31 December and two months: the last of February).
func (c *compiler) months(n *syntaxNode, at *slot) value {
	x := c.date(c.compile(n.args[0], at), n.args[0].at)
	d, ok := parseDecimal(n.args[1].text)
	if n.args[1].op != "number" || !ok || d.scale != 0 || d.m > maxMonths {
		return c.fault(n.args[1].at, CodeType, "attendu un nombre de mois entre 0 et %d", "expected a number of months from 0 to %d", maxMonths)
	}
	if x == nil {
		return value{}
	}
	count := int(d.m)
	return value{kind: aDate, date: func(r *run, at int32) (int64, state) {
		minute, s := x(r, at)
		if s != have {
			return 0, s
		}
		day := dayOf(minute)
		moved := day.AddDate(0, count, 0)
		if moved.Day() != day.Day() { // it ran over into the month that follows
			moved = moved.AddDate(0, 0, -moved.Day())
		}
		return moved.Unix() / 60, have
	}}
}

// dayOf is the inverse of [parseDate] for dates without zone.
func dayOf(minute int64) time.Time { return time.Unix(minute*60, 0).UTC() }

// ascending compiles ascending(X): no date of X is before one that stands before it.
func (c *compiler) ascending(n *syntaxNode, at *slot) value {
	v := c.nodesOf(n.args[0], at)
	switch {
	case v.kind == faulty:
		return v
	case v.typ != dateTerm:
		c.typeFault(v, aDate, n.args[0].at)
		return value{}
	}
	nodes := v.nodes
	return value{kind: condition, cond: func(r *run, at int32) truth {
		from := len(r.ids)
		defer func() { r.ids = r.ids[:from] }()
		if !nodes(r, at) {
			return unknown
		}
		latest := int64(math.MinInt64)
		for _, id := range r.ids[from:] {
			d, ok := parseDate(r.facts.nodes[id].text)
			switch {
			case !ok:
				r.blame(id, malformed)
				return unknown
			case d < latest:
				return no
			}
			latest = d
		}
		return yes
	}}
}
