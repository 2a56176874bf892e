package structure

import (
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// maxViolations bounds the answer for one document: beyond it a person has stopped reading and a header is full. The last one
// says that there are more.
const maxViolations = 200

// explainer walks a document that was not accepted and notes each fault. After one it goes on as if it were mended, so
// that one fault is told once.
type explainer struct {
	acceptor
	found    []violation.Violation
	personal bool // values are not shown
}

// explain returns why the document below a root is not valid, sorted. The messages show no value where it tells of persons.
func (t *table) explain(root xmldoc.Element, personal bool) []violation.Violation {
	x := explainer{acceptor: acceptor{table: t}, personal: personal}
	if k := t.roots[root.Name()]; k != nil {
		x.element(root, k, true)
	}
	if len(x.found) > maxViolations {
		const told = maxViolations - 1
		x.found = append(x.found[:told], stopped.New(violation.At{}, told))
	}
	violation.Sort(x.found)
	return x.found
}

// full reports whether nothing more needs to be found: there is more than is told.
func (x *explainer) full() bool { return len(x.found) > maxViolations }

func (x *explainer) add(spec violation.Spec, at xmldoc.Element, args ...any) {
	if !x.full() {
		x.found = append(x.found, spec.New(place(at), args...))
	}
}

func (x *explainer) show(e xmldoc.Element) string { return x.table.show(e.Name()) }

// excerpt writes a value of the document for a message. Where it may tell of a person nothing of it is shown, wherever it
// stands: what is out of its place is no longer where a list of personal elements would seek it.
func (x *explainer) excerpt(text string) string {
	if x.personal {
		return "•••"
	}
	return violation.Excerpt(text)
}

// element notes what is wrong with an element and what is in it.
func (x *explainer) element(e xmldoc.Element, declared *kind, isDeclared bool) {
	if x.full() {
		return
	}
	k := x.table.actual(e, declared)
	if k == nil {
		x.wrongType(e, "type")
		k = declared
	}
	x.attributes(e, k, isDeclared)
	if k.text != nil {
		x.text(e, k)
		return
	}
	if !k.mixed && e.Text() != "" {
		names := list(x.names(&k.content, &k.content.start))
		x.add(misplacedText, e, x.show(e), x.excerpt(e.Text()), names, names)
	}
	if k.content.inOrder {
		x.inOrder(e, k)
	} else {
		x.inAnyShape(e, k)
	}
}

func (x *explainer) wrongType(e xmldoc.Element, local string) {
	for name, text := range e.Attributes() {
		if name.Space == instanceNS && name.Local == local {
			x.add(wrongType, e, x.show(e), "xsi:"+local, x.excerpt(text))
		}
	}
}

// text judges an element that holds a value.
func (x *explainer) text(e xmldoc.Element, k *kind) {
	for c := range e.Children() {
		x.add(misplacedElement, c, x.show(c), x.show(e), "cet élément contient une valeur, sans élément", "that element holds a value and no element")
	}
	if e.First().Exists() {
		return // what is left of the text says nothing
	}
	x.value(e, k.text, x.show(e), e.Text())
}

// value judges the value of an element or of one of its attributes.
func (x *explainer) value(e xmldoc.Element, v *value, name, text string) {
	switch {
	case !v.takes(text):
		fr, en := v.expected()
		x.add(wrongValue, e, name, x.excerpt(text), fr, en)
	case !x.unique(v, text):
		x.add(duplicateID, e, name, x.excerpt(text))
	}
}

// attributes notes the faults that [acceptor.attributes] only sees.
func (x *explainer) attributes(e xmldoc.Element, k *kind, isDeclared bool) {
	for name, text := range e.Attributes() {
		if name.Space == instanceNS && isInstance(name.Local) {
			if !instance(name.Local, text, isDeclared) {
				x.wrongType(e, name.Local)
			}
			continue
		}
		attr := k.attribute(name)
		switch {
		case attr != nil:
			x.value(e, attr.value, x.show(e)+"/@"+name.Local, text)
		case k.wild == nil || k.wild.process == strict || !k.wild.takes(name.Space):
			fr, en := "attendu : aucun attribut", "expected: no attribute"
			if len(k.attrs) > 0 {
				names := make([]string, len(k.attrs))
				for i, a := range k.attrs {
					names[i] = a.name
				}
				fr, en = hint(name.Local, names)
			}
			x.add(unknownAttribute, e, x.show(e), x.table.show(name), fr, en)
		}
	}
	for _, a := range k.attrs {
		if a.required && !has(e, a.name) {
			x.add(missingAttribute, e, x.show(e), a.name)
		}
	}
}

// has reports whether an element has an attribute, be it empty.
func has(e xmldoc.Element, local string) bool {
	for name := range e.Attributes() {
		if name.Space == "" && name.Local == local {
			return true
		}
	}
	return false
}

// hint names what was probably meant, else what may stand there.
func hint(found string, names []string) (fr, en string) {
	if near := diag.Nearest(found, names); near != "" {
		return "vouliez-vous dire « " + near + " » ?", "did you mean \"" + near + "\"?"
	}
	return "attendu : " + list(names), "expected: " + list(names)
}

// inAnyShape follows a content model that is no plain sequence: what does not fit is told and left out.
func (x *explainer) inAnyShape(e xmldoc.Element, k *kind) {
	at := &k.content.start
	for c := range e.Children() {
		name := c.Name()
		p := k.content.find(at, c, x.table.names.Number(name))
		if p != nil {
			at = &p.state
			x.particle(c, p, name)
			continue
		}
		x.outOfPlace(e, c, k, at)
		if p := k.content.particleFor(name); p != nil {
			x.particle(c, p, name)
		}
	}
	if !at.end {
		x.add(missingElement, e, list(x.names(&k.content, at)), x.show(e))
	}
}

// outOfPlace tells an element that has no place at a state of a model.
func (x *explainer) outOfPlace(parent, e xmldoc.Element, k *kind, at *state) {
	names := x.names(&k.content, at)
	if x.table.names.Number(e.Name()) == 0 {
		fr, en := "", ""
		if len(names) > 0 {
			fr, en = hint(x.show(e), names)
			fr, en = " ; "+fr, "; "+en
		}
		x.add(unknownElement, e, x.show(e), x.show(e), fr, en)
		return
	}
	fr, en := "plus aucun élément n'est attendu", "no more elements are expected"
	if len(names) > 0 {
		fr, en = "attendu : "+list(names), "expected: "+list(names)
	}
	x.add(misplacedElement, e, x.show(e), x.show(parent), fr, en)
}

// particle judges an element by the particle that it is.
func (x *explainer) particle(e xmldoc.Element, p *particle, name xmldoc.Name) {
	if p.wild == nil {
		x.element(e, p.kind, true)
		return
	}
	if p.wild.process == skip {
		return
	}
	if k := x.table.elements[name]; k != nil {
		x.element(e, k, true)
		return
	}
	if p.wild.process == strict {
		x.add(unknownElement, e, x.show(e), x.show(e), "", "")
		return
	}
	x.element(e, x.table.any, false)
}

// particleFor returns the first particle of a model for a name, nil when it has none.
func (m *model) particleFor(name xmldoc.Name) *particle {
	for i := range m.particles {
		if p := &m.particles[i]; p.wild == nil && p.name == name {
			return p
		}
	}
	return nil
}

// names returns the names that a model expects at a state.
func (x *explainer) names(m *model, at *state) []string {
	var names []string
	for _, span := range at.next {
		for i := span.from; i < span.to; i++ {
			if p := &m.particles[i]; p.wild == nil {
				names = append(names, x.table.show(p.name))
			}
		}
	}
	return names
}
