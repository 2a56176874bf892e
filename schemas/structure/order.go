package structure

import (
	"sort"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// inOrder tells what is wrong with the content of an element whose model is a plain sequence. Each child has one place in
// the sequence; the longest series of children in the right order is taken to be right, so that an element which was
// moved is told and not those around it.
func (x *explainer) inOrder(e xmldoc.Element, k *kind) {
	m := &k.content
	var children []xmldoc.Element
	var places []int // of the children that have one, in the sequence
	var placed []int // which children these are
	for c := range e.Children() {
		if i := m.index(c.Name()); i >= 0 {
			places, placed = append(places, i), append(placed, len(children))
		}
		children = append(children, c)
	}
	ordered := make([]bool, len(children))
	for _, i := range longestOrdered(places) {
		ordered[placed[i]] = true
	}

	seen := make([]bool, len(m.particles))
	counted := make([]int, len(m.particles)) // those in order
	for i, c := range placed {
		if ordered[c] {
			counted[places[i]]++
		}
	}
	at, next := &m.start, 0
	taken := make([]bool, len(m.particles))
	for i, c := range children {
		if x.full() {
			return
		}
		place := -1
		if next < len(placed) && placed[next] == i {
			place = places[next]
			next++
		}
		if place < 0 {
			x.outOfPlace(e, c, k, at)
			continue
		}
		p := &m.particles[place]
		seen[place] = true
		switch {
		case !ordered[i] && (p.many || counted[place] == 0):
			x.outOfOrder(e, c, k, place)
		case !ordered[i] || taken[place] && !p.many:
			x.add(repeatedElement, c, x.show(c), x.show(e))
		default:
			at, taken[place] = &p.state, true
		}
		x.particle(c, p, c.Name())
	}
	for i := range m.particles {
		if p := &m.particles[i]; !p.optional && !seen[i] {
			name := "un autre élément"
			if p.wild == nil {
				name = x.table.show(p.name)
			}
			x.add(missingElement, e, name, x.show(e))
		}
	}
}

// outOfOrder tells a child that comes too early or too late, with the name that belongs before it.
func (x *explainer) outOfOrder(parent, e xmldoc.Element, k *kind, place int) {
	fr, en := "le schéma le met au début", "the schema has it first"
	if place > 0 && k.content.particles[place-1].wild == nil {
		before := x.table.show(k.content.particles[place-1].name)
		fr, en = "le schéma le met après « "+before+" »", "the schema has it after \""+before+"\""
	}
	x.add(misplacedElement, e, x.show(e), x.show(parent), fr, en)
}

// index returns the particle of a name in the model, the first wildcard that takes it where there is none, else -1.
func (m *model) index(name xmldoc.Name) int {
	wild := -1
	for i := range m.particles {
		switch p := &m.particles[i]; {
		case p.wild == nil && p.name == name:
			return i
		case p.wild != nil && wild < 0 && p.wild.takes(name.Space):
			wild = i
		}
	}
	return wild
}

// longestOrdered returns the indices of a longest series in ps that never falls.
func longestOrdered(ps []int) []int {
	var ends []int // ends[n] is the index of the smallest end of a series of n+1
	before := make([]int, len(ps))
	for i, p := range ps {
		n := sort.Search(len(ends), func(n int) bool { return ps[ends[n]] > p })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	if len(ends) == 0 {
		return nil
	}
	series := make([]int, len(ends))
	for i, n := ends[len(ends)-1], len(ends)-1; n >= 0; i, n = before[i], n-1 {
		series[n] = i
	}
	return series
}
