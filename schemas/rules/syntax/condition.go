package syntax

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// condition is judged on an element by looking at what is near it. It follows child steps only, so that all conditions
// together cost no more than the size of the document times their length.
type condition interface {
	holds(r *run, e xmldoc.Element) bool
}

type (
	both   struct{ a, b condition }
	either struct{ a, b condition }
	not    struct{ c condition }
)

func (c both) holds(r *run, e xmldoc.Element) bool   { return c.a.holds(r, e) && c.b.holds(r, e) }
func (c either) holds(r *run, e xmldoc.Element) bool { return c.a.holds(r, e) || c.b.holds(r, e) }
func (c not) holds(r *run, e xmldoc.Element) bool    { return !c.c.holds(r, e) }

// operand is a path from an element.
type operand struct {
	up      int // "../" before the steps
	steps   []operandStep
	attr    string
	written bool // white space at the ends of texts counts
}

type operandStep struct {
	space, local string
	when         condition
}

// from returns the element that the steps start at, absent above the root.
func (o *operand) from(e xmldoc.Element) xmldoc.Element {
	for range o.up {
		e = e.Parent()
	}
	return e
}

// nodeTest looks at the text of one node after the other; true ends that.
type nodeTest interface{ node(text string) bool }

// visit shows the nodes of the path to a test until that ends it, and reports whether it did.
func (o *operand) visit(r *run, e xmldoc.Element, steps []operandStep, test nodeTest) bool {
	if len(steps) == 0 {
		text, there := o.text(e)
		return there && test.node(text)
	}
	for c := range e.All(steps[0].space, steps[0].local) {
		if (steps[0].when == nil || steps[0].when.holds(r, c)) && o.visit(r, c, steps[1:], test) {
			return true
		}
	}
	return false
}

// text returns the text of the element or of its attribute, if it is there.
func (o *operand) text(e xmldoc.Element) (text string, there bool) {
	switch {
	case o.attr != "" && o.written:
		return attribute(e, o.attr)
	case o.attr != "":
		text, there = attribute(e, o.attr)
		return strings.Trim(text, " \t\r\n"), there
	case o.written:
		return e.Written(), e.Exists()
	}
	return e.Text(), e.Exists()
}

// attribute returns the value of an attribute without namespace and whether it is there, empty or not.
func attribute(e xmldoc.Element, name string) (string, bool) {
	for n, value := range e.Attributes() {
		if n.Local == name && n.Space == "" {
			return value, true
		}
	}
	return "", false
}

// textTest is true when some node of the path is there, or is one of the values, or (other) is none of them.
type textTest struct {
	of     operand
	values []string // none: being there is enough
	other  bool
	fold   bool // letters are compared without their case
}

func (t *textTest) holds(r *run, e xmldoc.Element) bool {
	return t.of.visit(r, t.of.from(e), t.of.steps, t)
}

func (t *textTest) node(text string) bool {
	if len(t.values) == 0 {
		return true
	}
	for _, v := range t.values {
		if v == text || t.fold && strings.EqualFold(v, text) {
			return !t.other
		}
	}
	return t.other
}

// differs is true when some node of the first path has another text than some node of the second.
type differs struct {
	from, than operand
	memory     int // where a run keeps the texts of than
}

func (d *differs) holds(r *run, e xmldoc.Element) bool {
	from, than := &r.texts, &r.memory[d.memory]
	*from = nodeTexts{}
	d.from.visit(r, d.from.from(e), d.from.steps, from)
	// The texts of an element around e are those of its siblings too: without memory many siblings would cost a square.
	if base := d.than.from(e).Ref(); than.of != base {
		*than = nodeTexts{of: base}
		d.than.visit(r, d.than.from(e), d.than.steps, than)
	}
	return from.some && than.some && (from.several || than.several || from.first != than.first)
}

// nodeTexts is what the texts of some nodes have in common.
type nodeTexts struct {
	of            document.Ref // the element that they were looked for from
	some, several bool         // there are any, and they are not all the same
	first         string
}

func (n *nodeTexts) node(text string) bool {
	if !n.some {
		n.some, n.first = true, text
	}
	n.several = n.several || text != n.first
	return n.several
}
