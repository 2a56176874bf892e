package structure

import "github.com/commande-publique/passerelle/internal/xmldoc"

// acceptor walks a document once and stops at the first fault.
type acceptor struct {
	table   *table
	numbers []int32         // the table's for the names of the document
	ids     map[string]bool // made when the first identifier comes: few documents have any
}

// accepts reports whether the document below a root is valid.
func (t *table) accepts(root xmldoc.Element) bool {
	k := t.roots[root.Name()]
	if k == nil {
		return false
	}
	numbers, _ := t.numbers.Get().(*[]int32)
	if numbers == nil {
		numbers = new([]int32)
	}
	*numbers = t.names.Translate(root.Doc(), (*numbers)[:0])
	a := acceptor{table: t, numbers: *numbers}
	ok := a.declared(root, k)
	t.numbers.Put(numbers)
	return ok
}

// declared judges an element by its declaration.
func (a *acceptor) declared(e xmldoc.Element, k *kind) bool { return a.element(e, k, true) }

// element judges an element and what is in it; the depth of the document bounds the recursion.
func (a *acceptor) element(e xmldoc.Element, k *kind, isDeclared bool) bool {
	if k = a.attributes(e, k, isDeclared); k == nil {
		return false
	}
	if k.text != nil {
		text := e.Text()
		return !e.First().Exists() && k.text.takes(text) && a.unique(k.text, text)
	}
	if !k.mixed && e.Text() != "" {
		return false
	}
	at := &k.content.start
	for c := e.First(); c.Exists(); c = c.Next() {
		p := k.content.find(at, c, a.numbers[c.Number()])
		if p == nil || !a.particle(c, p) {
			return false
		}
		at = &p.state
	}
	return at.end
}

// particle judges an element by the particle that it is.
func (a *acceptor) particle(e xmldoc.Element, p *particle) bool {
	if p.wild == nil {
		return a.declared(e, p.kind)
	}
	if p.wild.process == skip {
		return true
	}
	if k := a.table.elements[e.Name()]; k != nil {
		return a.declared(e, k)
	}
	if p.wild.process == strict {
		return false
	}
	return a.element(e, a.table.any, false)
}

// attributes judges the attributes of an element. It returns the type that the element has in the end, nil when they are
// wrong.
func (a *acceptor) attributes(e xmldoc.Element, k *kind, isDeclared bool) *kind {
	k = a.table.actual(e, k)
	if k == nil {
		return nil
	}
	required := k.required
	for name, text := range e.Attributes() {
		if name.Space == instanceNS && isInstance(name.Local) {
			if !instance(name.Local, text, isDeclared) {
				return nil
			}
			continue
		}
		attr := k.attribute(name)
		switch {
		case attr == nil && (k.wild == nil || k.wild.process == strict || !k.wild.takes(name.Space)):
			return nil
		case attr == nil: // no attribute is declared globally: see the generator
		case !attr.value.takes(text) || !a.unique(attr.value, text):
			return nil
		case attr.required:
			required--
		}
	}
	if required > 0 {
		return nil
	}
	return k
}

// attribute returns the attribute with a name, nil when the type has none.
func (k *kind) attribute(name xmldoc.Name) *attribute {
	if name.Space != "" {
		return nil
	}
	for i := range k.attrs {
		if k.attrs[i].name == name.Local {
			return &k.attrs[i]
		}
	}
	return nil
}

// unique notes an identifier; it reports false when the document has had it.
func (a *acceptor) unique(v *value, text string) bool {
	if v.builtin != identifier {
		return true
	}
	if a.ids == nil {
		a.ids = map[string]bool{}
	}
	text = collapse(text)
	seen := a.ids[text]
	a.ids[text] = true
	return !seen
}
