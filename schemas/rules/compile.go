package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/reference"
)

// kind is the type of an expression.
type kind uint8

const (
	faulty    kind = iota // a fault was told: whoever uses it says nothing more
	condition             // true or false
	someTexts             // texts, usually one
	aDecimal
	aDate
	someNodes // what the document has of a term or group
)

// names of kinds in messages, French and English.
var kindNames = [...][2]string{
	{"", ""}, {"une condition", "a condition"}, {"un texte", "a text"}, {"un nombre", "a number"}, {"une date", "a date"}, {"un groupe", "a group"},
}

// truth is the value of a condition. Unknown is not false: a rule with an unknown condition is not judged.
type truth uint8

const (
	no truth = iota
	yes
	unknown
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// state says whether there is a value.
type state uint8

const (
	absent state = iota
	have
	bad // the operand cannot be used; the run knows which
)

// The compiled forms of expressions: functions of what is being judged and of the node that "." means. Sequences are
// pushed on a stack of the run, and whoever asked takes them off, so that nothing is allocated.
type (
	condFn  func(r *run, at int32) truth
	decFn   func(r *run, at int32) (decimal, state)
	dateFn  func(r *run, at int32) (int64, state)
	textsFn func(r *run, at int32) bool // pushes on r.texts; false when it cannot be used
	nodesFn func(r *run, at int32) bool // pushes on r.ids
)

// value is a compiled expression.
type value struct {
	kind  kind
	typ   termType // of nodes: how their texts are read
	slot  *slot    // of nodes: what they are; nil when the syntax has no such term
	cond  condFn
	dec   decFn
	date  dateFn
	texts textsFn
	nodes nodesFn
	path  *path   // of nodes that a plain term gives
	text  *string // of a text literal
}

// compiler compiles the expressions of one rule for one syntax.
type compiler struct {
	vocabulary *vocabulary
	model      *model
	lists      func(name string) *codeList // nil when there is none
	listNames  []string
	maps       func(name string) *codeMap // nil when there is none
	mapNames   []string
	consults   func(*reference.Spec) // notes a reference table that an expression looks into
	kinds      []string              // of documents that the pack judges
	this       *slot                 // what the rule is judged for
	// lenient makes terms that only other syntaxes have absent: messages are one for all.
	lenient bool
	faults  []fault
	steps   int // nesting of iterations
}

// maxIterations bounds iterations inside iterations, beside the one over "for": the official rules need one.
const maxIterations = 2

func (c *compiler) fault(at int, code, fr, en string, args ...any) value {
	c.faults = append(c.faults, fault{at: at, code: code, fr: fr, en: en, args: args})
	return value{}
}

func (c *compiler) hint(fr, en string, args ...string) {
	f := &c.faults[len(c.faults)-1]
	for i, a := range args {
		mark := "%" + string(rune('1'+i))
		fr, en = strings.ReplaceAll(fr, mark, a), strings.ReplaceAll(en, mark, a)
	}
	f.hintFR, f.hintEN = fr, en
}

// compile compiles an expression in which "." is a node of the slot.
func (c *compiler) compile(n *syntaxNode, at *slot) value {
	switch n.op {
	case "name":
		return c.term(n.text, n.at, at, here)
	case "place":
		return c.place(n, at)
	case "//":
		return c.term(n.text, n.at, c.model.root(), fromDocument)
	case ".":
		return c.found(&path{to: at})
	case "this":
		return c.ofThis(n)
	case "number":
		d, ok := parseDecimal(n.text)
		if !ok {
			return c.fault(n.at, CodeSyntax, "nombre de plus de %d chiffres", "a number of more than %d digits", maxDigits)
		}
		return value{kind: aDecimal, dec: func(*run, int32) (decimal, state) { return d, have }}
	case "text":
		return literal(n.text)
	case "date":
		d, ok := parseDate(n.text)
		if !ok {
			return c.fault(n.at, CodeSyntax, "attendu une date AAAA-MM-JJ, trouvé %[1]q", "expected a date YYYY-MM-DD, found %[1]q", n.text)
		}
		return value{kind: aDate, date: func(*run, int32) (int64, state) { return d, have }}
	case "true", "false":
		t := truthOf(n.op == "true")
		return value{kind: condition, cond: func(*run, int32) truth { return t }}
	case "and", "or":
		return c.connective(n, at)
	case "not":
		inner := c.condition(n.args[0], at)
		if inner == nil {
			return value{}
		}
		return value{kind: condition, cond: func(r *run, at int32) truth { return not(inner(r, at)) }}
	case "=", "!=", "<", "<=", ">", ">=":
		return c.comparison(n, at)
	case "in", "not in":
		return c.membership(n, at)
	case "+", "-", "*", "/", "neg":
		return c.arithmetic(n, at)
	case "if":
		return c.choice(n, at)
	case "@":
		return c.attribute(n, at)
	case "where":
		return c.where(n, at)
	case "call":
		return c.call(n, at)
	case "for":
		c.fault(n.at, CodeType, "« for » ne va qu'avec sum, min et max", "\"for\" goes with sum, min and max only")
		c.hint("sum(BT-131 for BG-25)", "sum(BT-131 for BG-25)")
		return value{}
	}
	c.fault(n.at, CodeType, "erreur du programme : expression inconnue", "fault of the program: unknown expression")
	return value{}
}

func not(t truth) truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

// term compiles the name of a term or group.
func (c *compiler) term(name string, pos int, at *slot, from origin) value {
	s := c.model.byName[name]
	if s == nil {
		typ, known := c.vocabulary.numbered[name]
		switch {
		case known: // a term of the standard that this syntax does not carry
			return nowhere(typ)
		case c.lenient && c.vocabulary.technical[name] != "":
			return nowhere(textTerm)
		case c.vocabulary.technical[name] != "":
			c.fault(pos, CodeTerm, "%[1]q n'existe pas dans %[2]s, seulement dans %[3]s", "there is no %[1]q in %[2]s, only in %[3]s",
				name, c.model.syntax, c.vocabulary.technical[name])
			c.hint("donnez une variante %1: à la règle", "give the rule a variant %1:", c.model.syntax)
			return value{}
		}
		c.fault(pos, CodeTerm, "terme inconnu %[1]q", "unknown term %[1]q", name)
		c.nearest(name, c.vocabulary.names)
		return value{}
	}
	p := pathTo(at, s)
	p.from = from
	return c.found(p)
}

// found is the value of the nodes at the end of a path.
func (c *compiler) found(p *path) value {
	return value{kind: someNodes, typ: p.to.typ, slot: p.to, path: p, nodes: func(r *run, at int32) bool {
		r.ids = r.facts.all(r.ids, r.start(at, p), p.down)
		return r.spend(0)
	}}
}

// nowhere is the value of a term that the syntax does not have.
func nowhere(typ termType) value {
	return value{kind: someNodes, typ: typ, nodes: func(*run, int32) bool { return true }}
}

// nearest adds the known name that the writer most likely meant to the last fault.
func (c *compiler) nearest(name string, names []string) {
	f := &c.faults[len(c.faults)-1]
	f.hintFR, f.hintEN = suggest(name, names)
}

// ofThis compiles "this" and "this.BT-119", which start from the instance that the rule is judged for.
func (c *compiler) ofThis(n *syntaxNode) value {
	if n.text != "" {
		return c.term(n.text, n.at, c.this, fromThis)
	}
	return c.found(&path{from: fromThis, to: c.this})
}

// place compiles a pointer into the canonical document: the term that stands there, where the syntax is another.
func (c *compiler) place(n *syntaxNode, at *slot) value {
	s := c.vocabulary.place(n.text)
	if s == nil {
		start, rest, names := c.vocabulary.shape.Nearest(n.text)
		c.fault(n.at, CodeTerm, "aucun document n'a %[2]q sous %[1]q", "no document has %[2]q below %[1]q", "/"+strings.TrimPrefix(start, "/"), rest)
		c.nearest(rest, names)
		return value{}
	}
	if c.model.syntax == Canonical {
		return c.found(pathTo(at, s))
	}
	if strings.HasPrefix(s.name, "/") {
		c.fault(n.at, CodeTerm, "%[1]s n'est pas un terme : les documents %[2]s n'en disent rien", "%[1]s is no term: %[2]s documents say nothing of it", n.text, c.model.syntax)
		c.hint("donnez une variante %1: à la règle, par exemple %1: {test: none}", "give the rule a variant %1:, for example %1: {test: none}", c.model.syntax)
		return value{}
	}
	return c.term(s.name, n.at, at, here)
}

func literal(text string) value {
	return value{kind: someTexts, text: &text, texts: func(r *run, _ int32) bool {
		r.texts = append(r.texts, text)
		return true
	}}
}

// condition compiles an expression that must be true or false; nil after a fault.
func (c *compiler) condition(n *syntaxNode, at *slot) condFn {
	v := c.compile(n, at)
	switch v.kind {
	case condition:
		return v.cond
	case faulty:
		return nil
	}
	c.fault(n.at, CodeType, "attendu une condition, trouvé %[1]s", "expected a condition, found %[2]s", kindNames[v.kind][0], kindNames[v.kind][1])
	if v.kind == someNodes {
		c.faults = c.faults[:len(c.faults)-1]
		c.fault(n.at, CodeType, "attendu une condition, trouvé un terme", "expected a condition, found a term")
		c.hint("exists(X) dit qu'il est là, filled(X) qu'il n'est pas vide", "exists(X) says that it is there, filled(X) that it is not empty")
	}
	return nil
}

// connective compiles "and" and "or": they stop at the first operand that decides, left to right.
func (c *compiler) connective(n *syntaxNode, at *slot) value {
	var operands []condFn
	for _, a := range flatten(n, n.op, nil) {
		operands = append(operands, c.condition(a, at))
	}
	if slices.ContainsFunc(operands, func(f condFn) bool { return f == nil }) {
		return value{}
	}
	goOn := truthOf(n.op == "and")
	if len(operands) == 2 {
		a, b := operands[0], operands[1]
		return value{kind: condition, cond: func(r *run, at int32) truth {
			if t := a(r, at); t != goOn {
				return t
			}
			return b(r, at)
		}}
	}
	return value{kind: condition, cond: func(r *run, at int32) truth {
		for _, f := range operands {
			if t := f(r, at); t != goOn {
				return t
			}
		}
		return goOn
	}}
}

// flatten lists the operands of a row of equal connectives.
func flatten(n *syntaxNode, op string, dst []*syntaxNode) []*syntaxNode {
	if n.op != op {
		return append(dst, n)
	}
	return flatten(n.args[1], op, flatten(n.args[0], op, dst))
}

// choice compiles "if C then A else B"; only the branch taken is judged.
func (c *compiler) choice(n *syntaxNode, at *slot) value {
	when := c.condition(n.args[0], at)
	a, b := c.compile(n.args[1], at), c.compile(n.args[2], at)
	if when == nil || a.kind == faulty || b.kind == faulty {
		return value{}
	}
	switch {
	case a.kind == condition && b.kind == condition:
		return value{kind: condition, cond: func(r *run, at int32) truth {
			switch when(r, at) {
			case yes:
				return a.cond(r, at)
			case no:
				return b.cond(r, at)
			}
			return unknown
		}}
	case isDecimal(a) && isDecimal(b):
		x, y := c.decimal(a, n.args[1].at), c.decimal(b, n.args[2].at)
		return value{kind: aDecimal, dec: func(r *run, at int32) (decimal, state) {
			switch when(r, at) {
			case yes:
				return x(r, at)
			case no:
				return y(r, at)
			}
			return decimal{}, bad
		}}
	case isText(a) && isText(b):
		x, y := c.textsOf(a, n.args[1].at), c.textsOf(b, n.args[2].at)
		return value{kind: someTexts, texts: func(r *run, at int32) bool {
			switch when(r, at) {
			case yes:
				return x(r, at)
			case no:
				return y(r, at)
			}
			return false
		}}
	}
	return c.fault(n.at, CodeType, "« then » et « else » doivent donner tous deux un nombre, un texte ou une condition",
		"\"then\" and \"else\" must both give a number, a text or a condition")
}

func isDecimal(v value) bool {
	return v.kind == aDecimal || v.kind == someNodes && v.typ == decimalTerm
}
func isDate(v value) bool { return v.kind == aDate || v.kind == someNodes && v.typ == dateTerm }
func isText(v value) bool { return v.kind == someTexts || v.kind == someNodes && v.typ == textTerm }

// attribute compiles X@name: the values of the attribute on the elements of X.
func (c *compiler) attribute(n *syntaxNode, at *slot) value {
	v := c.nodesOf(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	name, nodes := n.text, v.nodes
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		from := len(r.ids)
		ok := nodes(r, at)
		for _, id := range r.ids[from:] {
			if text, has := r.attribute(id, name); has {
				r.texts = append(r.texts, text)
			}
		}
		r.ids = r.ids[:from]
		return ok
	}}
}

// nodesOf compiles an expression that must be a term or a group.
func (c *compiler) nodesOf(n *syntaxNode, at *slot) value {
	v := c.compile(n, at)
	if v.kind != someNodes && v.kind != faulty {
		return c.fault(n.at, CodeType, "attendu un terme, trouvé %[1]s", "expected a term, found %[2]s", kindNames[v.kind][0], kindNames[v.kind][1])
	}
	return v
}

// where compiles "X where C": the nodes of X for which C holds.
func (c *compiler) where(n *syntaxNode, at *slot) value {
	v := c.nodesOf(n.args[0], at)
	if v.kind == faulty {
		return v
	}
	holds, ok := c.inside(n.args[1], v)
	if !ok {
		return value{}
	}
	nodes := v.nodes
	return value{kind: someNodes, typ: v.typ, slot: v.slot, nodes: func(r *run, at int32) bool {
		from := len(r.ids)
		if !nodes(r, at) {
			return false
		}
		kept, to := from, len(r.ids)
		for i := from; i < to; i++ {
			id := r.ids[i]
			t := holds(r, id)
			if t == unknown || !r.spend(1) {
				r.ids = r.ids[:from]
				return false
			}
			if t == yes {
				r.ids[kept] = id
				kept++
			}
		}
		r.ids = r.ids[:kept]
		return true
	}}
}

// inside compiles a condition on each of some nodes. Where the syntax has no such nodes there is nothing to compile for.
func (c *compiler) inside(n *syntaxNode, v value) (condFn, bool) {
	if v.slot == nil {
		return func(*run, int32) truth { return no }, true
	}
	if c.steps++; c.steps > maxIterations {
		c.fault(n.at, CodeType, "plus de %d parcours imbriqués", "more than %d iterations inside each other", maxIterations)
	}
	cond := c.condition(n, v.slot)
	c.steps--
	return cond, cond != nil
}
