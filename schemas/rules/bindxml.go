package rules

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// binding says where the terms stand in the XML documents of one syntax, as a trie of the paths: a document is walked
// once, whatever the number of terms.
type binding struct {
	*model
	roots map[xmldoc.Name]string // the kind of document by its root element
	names xmldoc.Lexicon         // that the paths have
	start *step
	// anywhere are the paths that begin with "//": they go on from every element. anyAttributes are attributes wherever
	// they stand.
	anywhere      *step
	anyAttributes []attributeTerm
}

// step is a place that paths go through: a node of the trie.
type step struct {
	next       [][]edge // by the number of the name; shorter where later names lead nowhere
	self       []edge   // conditions on the element itself
	terms      []termHere
	attributes []attributeTerm
}

// edge leads to an element, if the condition holds.
type edge struct {
	when *predicate
	to   *step
}

// termHere is a term whose path ends at a step.
type termHere struct {
	slot   *slot
	inside *step // the paths of what it holds; nil when it holds nothing
}

type attributeTerm struct {
	name string
	slot *slot
}

// predicate is a condition in a path.
type predicate struct {
	op      string // "and" "or" "not" "inside" "exists" "=" "!="
	args    []*predicate
	names   []int32 // the path of what is compared, from the element that the predicate stands at
	attr    string  // its attribute, if it ends with one
	upper   bool
	written bool     // white space at the ends of texts counts
	text    string   // what it is compared with,
	term    []*route // or the places of the term that it is compared with
	said    string   // as written: equal predicates are judged once
}

// route is a path from the root of a document without conditions.
type route struct {
	names []int32
	attr  string
}

// walker takes facts from one XML document. It is used again for the next one.
type walker struct {
	binding *binding
	facts   *facts
	names   []int32 // the binding's numbers for the names of the document
	active  []position
	root    xmldoc.Element
	blanks  bool        // some text of the document has white space at its ends
	terms   []termTexts // the terms that predicates compared something with,
	texts   []string    // and their texts
}

// position is where a walk stands in the trie, and for which instance of a group.
type position struct {
	at   *step
	inst int32
}

// read takes the facts from the document of a root element; their places are the references of its elements.
func (w *walker) read(b *binding, f *facts, root xmldoc.Element) {
	w.binding, w.facts, w.root, w.blanks = b, f, root, root.Doc().HasBlanks()
	w.names = b.names.Translate(root.Doc(), w.names[:0])
	f.reset(b.model, int32(root.Ref()))
	f.expect(root.Doc().Len())
	w.active, w.terms, w.texts = w.active[:0], w.terms[:0], w.texts[:0]
	w.anyAttributes(root)
	w.arrive(b.start, 0, root)
	w.children(root, 0)
	w.root = xmldoc.Element{}
	clear(w.texts)
}

// arrive notes what the trie says of an element, and where the walk may go on from it.
func (w *walker) arrive(s *step, inst int32, e xmldoc.Element) {
	for i := range s.terms {
		t := &s.terms[i]
		at := w.facts.add(t.slot, inst, e.Text(), int32(e.Ref()))
		if w.blanks && t.slot.typ == textTerm {
			if text := e.Written(); len(text) > len(e.Text()) {
				w.facts.write(at, text)
			}
		}
		if t.inside != nil {
			w.arrive(t.inside, at, e)
		}
	}
	for i := range s.attributes {
		w.attribute(&s.attributes[i], inst, e)
	}
	for i := range s.self {
		if w.holds(s.self[i].when, e) {
			w.arrive(s.self[i].to, inst, e)
		}
	}
	if len(s.next) > 0 {
		w.active = append(w.active, position{s, inst})
	}
}

// children walks the children of an element; the positions from the given one on are those of the element. It goes no
// deeper than the parser of the document lets elements nest.
func (w *walker) children(e xmldoc.Element, from int) {
	to := len(w.active)
	everywhere := len(w.binding.anywhere.next) > 0 || len(w.binding.anyAttributes) > 0
	if from == to && !everywhere {
		return
	}
	for c := e.First(); c.Exists(); c = c.Next() {
		if name := w.names[c.Number()]; name != 0 {
			for i := from; i < to; i++ {
				p := w.active[i]
				w.follow(p.at, p.inst, c, name)
			}
			if everywhere {
				w.follow(w.binding.anywhere, 0, c, name)
			}
		}
		w.anyAttributes(c)
		w.children(c, to)
		w.active = w.active[:to]
	}
}

func (w *walker) anyAttributes(e xmldoc.Element) {
	for i := range w.binding.anyAttributes {
		w.attribute(&w.binding.anyAttributes[i], 0, e)
	}
}

// attribute notes the term that an attribute of an element is.
func (w *walker) attribute(a *attributeTerm, inst int32, e xmldoc.Element) {
	value, ok := e.Lookup(a.name)
	if !ok {
		return
	}
	trimmed := trim(value)
	if at := w.facts.add(a.slot, inst, trimmed, int32(e.Ref())); len(trimmed) < len(value) {
		w.facts.write(at, value)
	}
}

// trim removes the white space at the ends of an attribute, as it is removed from texts of elements: a code is the same
// with it.
func trim(value string) string {
	if value != "" && (value[0] <= ' ' || value[len(value)-1] <= ' ') {
		value = strings.Trim(value, " \t\r\n")
	}
	return value
}

// follow takes the edges of a step that lead to an element.
func (w *walker) follow(s *step, inst int32, e xmldoc.Element, name int32) {
	if int(name) >= len(s.next) {
		return
	}
	edges := s.next[name]
	for i := range edges {
		if edges[i].when == nil || w.holds(edges[i].when, e) {
			w.arrive(edges[i].to, inst, e)
		}
	}
}

// holds judges a predicate at an element.
func (w *walker) holds(p *predicate, e xmldoc.Element) bool {
	switch p.op {
	case "and":
		return w.holds(p.args[0], e) && w.holds(p.args[1], e)
	case "or":
		return w.holds(p.args[0], e) || w.holds(p.args[1], e)
	case "not":
		return !w.holds(p.args[0], e)
	case "inside":
		for up := e.Parent(); up.Exists(); up = up.Parent() {
			if w.names[up.Number()] == p.names[0] {
				return true
			}
		}
		return false
	}
	return w.reach(p, e, p.names)
}

// reach follows the path of a predicate and reports whether some element or attribute at its end meets it.
func (w *walker) reach(p *predicate, e xmldoc.Element, names []int32) bool {
	if len(names) == 0 {
		text, ok := textOf(e, p.attr, p.written)
		return ok && w.meets(p, text)
	}
	for c := e.First(); c.Exists(); c = c.Next() {
		if w.names[c.Number()] == names[0] && w.reach(p, c, names[1:]) {
			return true
		}
	}
	return false
}

func (w *walker) meets(p *predicate, text string) bool {
	if p.op == "exists" {
		return true
	}
	if p.upper {
		text = strings.ToUpper(text)
	}
	if p.term == nil {
		return (text == p.text) == (p.op == "=")
	}
	for _, said := range w.said(p) {
		if (text == said) == (p.op == "=") {
			return true
		}
	}
	return false
}

// said returns the texts of the term of a predicate, looked for once in a document: it may hold many elements that are
// compared with it.
func (w *walker) said(p *predicate) []string {
	for _, t := range w.terms {
		if &t.routes[0] == &p.term[0] && t.written == p.written {
			return w.texts[t.from:t.to]
		}
	}
	from := len(w.texts)
	for _, r := range p.term {
		w.collect(w.root, r.names, r.attr, p.written)
	}
	w.terms = append(w.terms, termTexts{p.term, p.written, from, len(w.texts)})
	return w.texts[from:]
}

// termTexts is where the texts of a term are.
type termTexts struct {
	routes   []*route
	written  bool
	from, to int
}

// collect appends the texts at the end of a route.
func (w *walker) collect(e xmldoc.Element, names []int32, attr string, written bool) {
	if len(names) > 0 {
		for c := e.First(); c.Exists(); c = c.Next() {
			if w.names[c.Number()] == names[0] {
				w.collect(c, names[1:], attr, written)
			}
		}
		return
	}
	if text, ok := textOf(e, attr, written); ok && len(w.texts) < maxSaid {
		w.texts = append(w.texts, text)
	}
}

// textOf returns the text of an element, or of an attribute of it if there is that one.
func textOf(e xmldoc.Element, attr string, written bool) (text string, ok bool) {
	if attr != "" {
		text, ok = e.Lookup(attr)
		if !written {
			text = trim(text)
		}
		return text, ok
	}
	if written {
		return e.Written(), true
	}
	return e.Text(), true
}

// maxSaid bounds the texts of a term that others are compared with: it is one in every sound document, and each
// comparison looks at all of them.
const maxSaid = 16
