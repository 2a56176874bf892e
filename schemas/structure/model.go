package structure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// model is a content model as an automaton: its particles are the states, and each says which may follow. XML Schema
// wants models where the next name decides which particle it is ("unique particle attribution"), so there is never more
// than one to try.
type model struct {
	particles []particle
	start     state
	// inOrder says that the model is a plain sequence: faults are then told by the place that each name has in it.
	inOrder bool
}

// state says what may come next.
type state struct {
	next []span // of particles
	end  bool   // whether nothing may come
}

// span is a range of particles: in a sequence, those up to the next mandatory one are one range.
type span struct{ from, to int32 }

// particle is a place for an element in a model.
type particle struct {
	name     xmldoc.Name
	number   int32 // of the name, in the table
	kind     *kind
	wild     *wildcard // instead of name and kind
	state    state     // after it
	optional bool      // of a plain sequence
	many     bool      // of a plain sequence
}

// find returns the particle that an element is at a state, nil when there is none. number is that of its name in the table.
func (m *model) find(s *state, e xmldoc.Element, number int32) *particle {
	for _, span := range s.next {
		for i := span.from; i < span.to; i++ {
			p := &m.particles[i]
			if p.wild == nil {
				if p.number == number {
					return p
				}
			} else if p.wild.takes(e.Name().Space) {
				return p
			}
		}
	}
	return nil
}

// A model is read as an expression first.
type (
	expression interface {
		// build adds the particles of the expression and returns those that it can begin and end with, and whether it can be
		// empty.
		build(b *builder) (first, last []int32, empty bool)
	}
	sequence []expression
	choice   []expression
	repeat   struct {
		item           expression
		optional, many bool
	}
)

// modelReader reads the words of a model.
type modelReader struct {
	table *table
	words []string
}

func (r *modelReader) read() (model, error) {
	e, err := r.item()
	if err == nil && len(r.words) > 0 {
		err = fmt.Errorf("not understood: %q", r.words)
	}
	if err != nil {
		return model{}, err
	}
	return modelOf(e), nil
}

// item reads an element, a wildcard or a group, with what says how often it comes.
func (r *modelReader) item() (expression, error) {
	if len(r.words) == 0 {
		return nil, fmt.Errorf("the model ends too soon")
	}
	word := r.words[0]
	r.words = r.words[1:]
	if word == "(" {
		return r.group()
	}
	p := &particle{}
	var bare string // without what says how often
	if strings.HasPrefix(word, "any/") {
		at := strings.LastIndexByte(word, '/')
		space := strings.TrimRight(word[at+1:], "?*+")
		if space == "" {
			space = word[at+1 : at+2]
		}
		bare = word[:at+1] + space
		wild, err := r.table.wildcard(bare)
		if err != nil {
			return nil, err
		}
		p.wild = wild
	} else {
		bare = strings.TrimRight(word, "?*+")
		qname, id, local := strings.Cut(bare, "=")
		name, err := r.table.name(qname)
		if err != nil {
			return nil, err
		}
		p.name, p.number, p.kind = name, r.table.names.Add(name), r.table.elements[name]
		if local {
			if p.kind, err = r.table.kind(id); err != nil {
				return nil, err
			}
		}
		if p.kind == nil {
			return nil, fmt.Errorf("no element %q", bare)
		}
	}
	return occurs(p, word[len(bare):])
}

func (r *modelReader) group() (expression, error) {
	var items []expression
	choices := false
	for len(r.words) > 0 {
		word := r.words[0]
		switch {
		case word == "|":
			choices = true
			r.words = r.words[1:]
			continue
		case word[0] == ')':
			r.words = r.words[1:]
			if choices {
				return occurs(choice(items), word[1:])
			}
			return occurs(sequence(items), word[1:])
		}
		e, err := r.item()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return nil, fmt.Errorf("a group does not end")
}

func occurs(e expression, sign string) (expression, error) {
	switch sign {
	case "":
		return e, nil
	case "?":
		return repeat{item: e, optional: true}, nil
	case "*":
		return repeat{item: e, optional: true, many: true}, nil
	case "+":
		return repeat{item: e, many: true}, nil
	}
	return nil, fmt.Errorf("not understood: %q", sign)
}

// modelOf builds the automaton of an expression (Glushkov): the particles in the order in which they are written, each
// with those that may follow it.
func modelOf(e expression) model {
	b := builder{}
	first, last, empty := e.build(&b)
	m := model{particles: b.particles, start: state{next: spans(first), end: empty}}
	m.inOrder = plain(e, m.particles)
	for i := range m.particles {
		m.particles[i].state.next = spans(b.follow[i])
	}
	for _, i := range last {
		m.particles[i].state.end = true
	}
	return m
}

type builder struct {
	particles []particle
	follow    [][]int32
}

func (p *particle) build(b *builder) (first, last []int32, empty bool) {
	i := int32(len(b.particles))
	b.particles = append(b.particles, *p)
	b.follow = append(b.follow, nil)
	return []int32{i}, []int32{i}, false
}

func (r repeat) build(b *builder) (first, last []int32, empty bool) {
	first, last, empty = r.item.build(b)
	if r.many {
		b.connect(last, first)
	}
	return first, last, empty || r.optional
}

func (c choice) build(b *builder) (first, last []int32, empty bool) {
	for _, item := range c {
		f, l, e := item.build(b)
		first, last, empty = append(first, f...), append(last, l...), empty || e
	}
	return first, last, empty
}

func (s sequence) build(b *builder) (first, last []int32, empty bool) {
	empty = true
	for _, item := range s {
		f, l, e := item.build(b)
		b.connect(last, f)
		if empty {
			first = append(first, f...)
		}
		if e {
			last = append(last, l...)
		} else {
			last = l
		}
		empty = empty && e
	}
	return first, last, empty
}

func (b *builder) connect(last, first []int32) {
	for _, i := range last {
		b.follow[i] = append(b.follow[i], first...)
	}
}

// spans makes ranges of a set of particles.
func spans(set []int32) []span {
	var out []span
	slices.Sort(set)
	for _, i := range set {
		switch last := len(out) - 1; {
		case last >= 0 && i < out[last].to: // twice
		case last >= 0 && i == out[last].to:
			out[last].to++
		default:
			out = append(out, span{i, i + 1})
		}
	}
	return out
}

// plain marks the particles of a plain sequence with how often they may come; it reports false for any other model.
func plain(e expression, particles []particle) bool {
	items, isSequence := e.(sequence)
	if !isSequence {
		items = sequence{e}
	}
	for i, item := range items {
		r, isRepeat := item.(repeat)
		if isRepeat {
			item = r.item
		}
		if _, single := item.(*particle); !single {
			return false
		}
		particles[i].optional, particles[i].many = r.optional, r.many
	}
	return true
}
