package syntax

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// ruleCase is a small document made from the text of one rule.
type ruleCase struct {
	rule, name, xml string
	breaks          int // how often the rule is broken; unknown where only the oracle can say
}

// unknown is the breaks of cases whose verdict does not follow from the form of the rule.
const unknown = -1

// makeCases makes, for every rule of a file, documents that keep and that break it: with as many of the path as it
// allows and with more or fewer, with two places, in its exceptions.
func makeCases(file *yamldoc.Node) []ruleCase {
	var f tableFile
	if err := yamldoc.Decode(file, &f).Err(); err != nil {
		panic(err)
	}
	l := loader{prefixes: map[string]string{}, places: map[string][]path{}, out: &Table{}}
	for prefix, uri := range f.Prefixes.All() {
		l.prefixes[prefix.Value] = uri.Value
	}
	l.roots(f.Roots)
	for name, text := range f.Places.All() {
		l.places[name.Value] = l.place(text)
	}
	m := caseMaker{loader: &l}
	for i := range f.Rules {
		m.entry(&f.Rules[i])
	}
	if err := l.list.Err(); err != nil {
		panic(err)
	}
	return m.out
}

type caseMaker struct {
	*loader
	// conditions of places and paths are kept; broken, with nothing of what they ask for; or half kept, with other values.
	conditions string
	out        []ruleCase
}

func (m *caseMaker) entry(f *entry) {
	r, to := m.form(f)
	in, except := m.places[theRoot], []path(nil)
	if f.In.IsSet() {
		in = m.loader.place(f.In)
	}
	if f.Except.IsSet() {
		except = m.loader.place(f.Except)
	}
	if f.But.IsSet() {
		except = append(except, m.loader.place(f.But)...)
	}
	if f.ID.IsSet() {
		to.many.Entries = []yamldoc.Entry[yamldoc.String]{{Key: f.ID, Value: to.one}}
	}
	for id, text := range to.many.All() {
		r.ID = id.Value
		var paths []path
		m.parse(text, func(p *parser) { paths = p.paths() })
		for _, m.conditions = range []string{"kept", "broken", "half kept"} {
			for i, place := range in {
				m.rule(&r, fmt.Sprintf("place %d", i), place, paths)
			}
			for i, place := range except {
				m.rule(&r, fmt.Sprintf("exception %d", i), place, paths)
			}
		}
	}
}

// rule makes the cases of a rule at one of its places.
func (m *caseMaker) rule(r *Rule, name string, place path, to []path) {
	excepted := strings.HasPrefix(name, "exception")
	add := func(what string, breaks int, build func(at *caseNode)) {
		root, at := m.down(place)
		build(at)
		if excepted || m.conditions != "kept" {
			breaks = unknown
		}
		m.out = append(m.out, ruleCase{r.ID, name + ", " + what + ", conditions " + m.conditions, m.xml(root), breaks})
	}
	switch {
	case r.needs != nil:
		m.needs(r, to, add)
	case r.decimals > 0:
		textCases(map[string]int{"1": 0, "1.25": 0, "1.250": 1, "-0.001": 1}, add)
	case r.format != "":
		textCases(map[string]int{"20240131": 0, "20240230": 0, "20240132": 1, "20241301": 1, "2024-01-31": 1, "202401311": 1, "": 1}, add)
	case r.same != nil:
		for _, texts := range []string{"", "A", "A A", "A B", "A B C", "A A B"} {
			breaks := 0
			if strings.Contains(texts, "B") {
				breaks = 1
			}
			add("'"+texts+"'", breaks, func(at *caseNode) {
				for text := range strings.FieldsSeq(texts) {
					m.walk(at, to[0]).text = text
				}
			})
		}
	default:
		for i, path := range to {
			for n := range max(int(r.max), 0) + 2 {
				breaks := 0
				if n < int(r.min) || r.max != unbounded && n > int(r.max) {
					breaks = 1
				}
				add(fmt.Sprintf("path %d, %d times", i, n), breaks, func(at *caseNode) {
					for range n {
						m.walk(at, path)
					}
				})
			}
		}
		if len(place.steps) > 1 || place.steps[0].deep { // the root is there once
			m.twice(r, name, place, to[0])
		}
	}
}

// textCases makes a case of each text that an element can have.
func textCases(breaks map[string]int, add func(string, int, func(*caseNode))) {
	for _, text := range slices.Sorted(maps.Keys(breaks)) {
		add("'"+text+"'", breaks[text], func(at *caseNode) { at.text = text })
	}
}

// twice makes a document with two of the place, each with the path twice.
func (m *caseMaker) twice(r *Rule, name string, place, path path) {
	root, at := m.down(place)
	other, second := m.down(place)
	for range 2 {
		m.walk(at, path)
		m.walk(second, path)
	}
	root.kids = append(root.kids, other.kids...)
	m.out = append(m.out, ruleCase{r.ID, name + ", two places", m.xml(root), unknown})
}

// needs makes a case for each way in which the paths of a condition may be there, and for each number of what is counted
// beside it.
func (m *caseMaker) needs(r *Rule, to []path, add func(string, int, func(*caseNode))) {
	var paths []operand
	operands(r.needs, &paths)
	ways := max(int(r.max)+1, 0) + 1
	for range paths {
		ways *= 4
	}
	for way := range ways {
		add(fmt.Sprintf("way %d", way), unknown, func(at *caseNode) {
			way := way
			for i := 0; i < len(paths); i, way = i+1, way/4 {
				if way%4 == 0 {
					continue // not there
				}
				from := at
				for range paths[i].up {
					from = from.up
				}
				m.follow(from, paths[i], []string{"", "A", "B", "A"}[way%4], way%4 != 3)
			}
			for range way {
				m.walk(at, to[0])
			}
		})
	}
}

// operands collects the paths of a condition.
func operands(c condition, out *[]operand) {
	switch c := c.(type) {
	case both:
		operands(c.a, out)
		operands(c.b, out)
	case either:
		operands(c.a, out)
		operands(c.b, out)
	case not:
		operands(c.c, out)
	case *textTest:
		*out = append(*out, c.of)
	case *differs:
		*out = append(*out, c.from, c.than)
	}
}

// caseNode is an element of a document that is being made.
type caseNode struct {
	name  string
	attrs map[string]string
	text  string
	kids  []*caseNode
	up    *caseNode
}

func (n *caseNode) child(name string) *caseNode {
	c := &caseNode{name: name, attrs: map[string]string{}, up: n}
	n.kids = append(n.kids, c)
	return c
}

// down makes a root and the elements down to a place.
func (m *caseMaker) down(p path) (root, at *caseNode) {
	steps := p.steps
	if steps[0].deep {
		root = &caseNode{name: m.name(m.places[theRoot][0].steps[0].names[0]), attrs: map[string]string{}}
	} else {
		root = &caseNode{name: m.name(steps[0].names[0]), attrs: map[string]string{}}
		m.satisfy(root, steps[0].when)
		steps = steps[1:]
	}
	return root, m.walk(root, path{steps: steps})
}

// walk makes the elements of a path, each anew but those on the way to the second of several.
func (m *caseMaker) walk(from *caseNode, p path) *caseNode {
	at := from
	for _, s := range p.steps {
		if len(s.names) == 0 {
			continue
		}
		at = at.child(m.name(s.names[0]))
		m.satisfy(at, s.when)
	}
	if p.attr != "" {
		at.attrs[p.attr] = "X"
	}
	return at
}

// follow makes the elements of a path of a condition.
func (m *caseMaker) follow(from *caseNode, o operand, text string, satisfied bool) {
	at := from
	for _, s := range o.steps {
		at = at.child(m.name(nameTest{space: s.space, local: s.local}))
		if satisfied {
			m.satisfy(at, s.when)
		}
	}
	if o.attr != "" {
		at.attrs[o.attr] = text
	} else {
		at.text = text
	}
}

// satisfy adds to an element what a condition asks for.
func (m *caseMaker) satisfy(at *caseNode, c condition) {
	if m.conditions == "broken" {
		return
	}
	switch c := c.(type) {
	case both:
		m.satisfy(at, c.a)
		m.satisfy(at, c.b)
	case either:
		m.satisfy(at, c.a)
	case *textTest:
		text := "A"
		if len(c.values) > 0 && !c.other {
			text = c.values[0]
		}
		if m.conditions == "half kept" {
			text += "X"
		}
		m.follow(at, c.of, text, true)
	}
}

// name writes a name that passes a test.
func (m *caseMaker) name(t nameTest) string {
	local := t.local
	if t.suffix {
		local = "Some" + local
	}
	for _, prefix := range slices.Sorted(maps.Keys(m.prefixes)) {
		if t.anySpace && (prefix == "cbc" || prefix == "ram") || m.prefixes[prefix] == t.space {
			return prefix + ":" + local
		}
	}
	panic("no prefix for " + t.space)
}

func (m *caseMaker) xml(root *caseNode) string {
	for prefix, uri := range m.prefixes {
		root.attrs["xmlns:"+prefix] = uri
	}
	var b strings.Builder
	root.write(&b)
	return b.String()
}

func (n *caseNode) write(b *strings.Builder) {
	b.WriteString("<" + n.name)
	for _, name := range slices.Sorted(maps.Keys(n.attrs)) {
		fmt.Fprintf(b, " %s=%q", name, n.attrs[name])
	}
	b.WriteString(">" + n.text)
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</" + n.name + ">")
}
