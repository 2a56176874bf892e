package syntax

import (
	"slices"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// run is the judgement of one document. Its slices are stacks: what an element adds goes when its end is reached.
type run struct {
	*Table
	report func(*Rule, xmldoc.Element)
	names  []nameHere // by the number of a name in the document

	levels []level // the element and those around it
	states []state // on which paths they are
	frames []frame // the places that they are
	counts []int32 // the counters of the frames
	zeros  []int32 // as many as a place can have
	todo   []state // what is to be done for the element; node is a number into Table.actions

	frameOf []int32        // by place: its innermost frame
	opened  []document.Ref // by place: the element that was last found to be it
	barred  []document.Ref // by exception: the element that was last found to be it
	memory  []nodeTexts    // of conditions
	texts   nodeTexts
}

// nameHere is a name of the document: its number in [Table].names, or 0 and the classes that it belongs to.
type nameHere struct {
	symbol  int32
	classes uint64
}

type level struct {
	of       document.Ref
	from, to int // its states
	frames   int // how many frames there are around it
}

type state struct{ node, frame int32 }

// noFrame is the frame of paths that start at the document: they take that of their rule's place when they end.
const noFrame = -1

type frame struct {
	place   int32
	of      xmldoc.Element
	counter int // where its counters start
}

// Check judges root and all that is below it, in one walk, and reports each rule that is broken, with the element that
// breaks it or lacks something, once for each element that the rule is judged for. Where root is no root of the table
// nothing is judged. Check does not allocate when no rule is broken.
func (t *Table) Check(root xmldoc.Element, report func(rule *Rule, at xmldoc.Element)) {
	if !slices.Contains(t.roots, root.Name()) {
		return
	}
	r, _ := t.runs.Get().(*run)
	if r == nil {
		r = t.newRun()
	}
	r.read(root.Doc())
	r.walk(root, report)
	t.runs.Put(r)
}

func (t *Table) newRun() *run {
	return &run{
		Table: t, memory: make([]nodeTexts, t.memory), zeros: make([]int32, len(t.Rules)), frameOf: make([]int32, len(t.places)),
		opened: make([]document.Ref, len(t.places)), barred: make([]document.Ref, t.bars),
	}
}

// read looks up the names of a document.
func (r *run) read(doc *xmldoc.Doc) {
	r.names = append(r.names[:0], nameHere{})
	for i := 1; i <= doc.Names(); i++ {
		name := doc.Named(i)
		here := nameHere{symbol: r.Table.names.Number(name)}
		if here.symbol == 0 {
			here.classes = r.classesOf(name)
		}
		r.names = append(r.names, here)
	}
}

func (r *run) walk(root xmldoc.Element, report func(*Rule, xmldoc.Element)) {
	r.start(report)
	doc := root.Doc()
	for ref := root.Ref(); int(ref) <= doc.Len(); ref++ {
		e := doc.Element(ref)
		if ref != root.Ref() && !r.closeTo(e.Parent().Ref()) {
			break // behind the root
		}
		r.element(e)
	}
	r.closeTo(0)
	r.end()
}

func (r *run) start(report func(*Rule, xmldoc.Element)) {
	r.report = report
	clear(r.opened)
	clear(r.barred)
	for i := range r.frameOf {
		r.frameOf[i] = noFrame
	}
	r.levels = append(r.levels[:0], level{to: 1})
	r.states = append(r.states[:0], state{outside, noFrame})
}

// end forgets the document: the run waits for the next one.
func (r *run) end() {
	r.report = nil
	clear(r.frames[:cap(r.frames)])
	clear(r.memory)
	r.texts = nodeTexts{}
}

// closeTo ends the elements inside the one with that reference and reports whether there is one.
func (r *run) closeTo(ref document.Ref) bool {
	for top := len(r.levels) - 1; top > 0; top-- {
		level := &r.levels[top]
		if level.of == ref {
			return true
		}
		for len(r.frames) > level.frames {
			r.close(&r.frames[len(r.frames)-1])
			r.frames = r.frames[:len(r.frames)-1]
		}
		r.states = r.states[:level.from]
		r.levels = r.levels[:top]
	}
	return false
}

// close judges the rules that needed all of an element.
func (r *run) close(f *frame) {
	for _, at := range r.places[f.place].atClose {
		rule := &r.Rules[at]
		count := r.counts[f.counter+int(rule.slot)]
		tooMany := rule.max != unbounded && count > rule.max // reported where it was found
		if count < rule.min || !tooMany && rule.needs != nil && !rule.needs.holds(r, f.of) {
			r.report(rule, f.of)
		}
	}
	r.counts = r.counts[:f.counter]
}

// element enters an element.
func (r *run) element(e xmldoc.Element) {
	name := r.names[e.Number()]
	around := r.levels[len(r.levels)-1]
	r.levels = append(r.levels, level{of: e.Ref(), from: len(r.states), frames: len(r.frames)})
	r.todo = r.todo[:0]
	for at := around.from; at < around.to; at++ {
		state := r.states[at]
		r.follow(&r.nodes[state.node], name, state.frame, e)
		if r.nodes[state.node].stays {
			r.push(state.node, state.frame)
		}
	}
	r.follow(&r.nodes[anywhere], name, noFrame, e)
	if len(r.todo) > 0 {
		r.open(e)
		for _, do := range r.todo {
			for _, rule := range r.actions[do.node].hits {
				r.hit(&r.Rules[rule], do.frame, e)
			}
		}
	}
	r.attributes(e)
	r.levels[len(r.levels)-1].to = len(r.states)
}

// follow pushes the states that an element leads to.
func (r *run) follow(n *node, name nameHere, frame int32, e xmldoc.Element) {
	at := 0
	switch {
	case name.symbol == 0:
		for i := range n.ends {
			if edge := &n.ends[i]; name.classes>>edge.symbol&1 != 0 && (edge.when == nil || edge.when.holds(r, e)) {
				r.push(edge.to, frame)
			}
		}
		return
	case n.table != nil:
		if at = int(n.table[name.symbol]) - 1; at < 0 {
			return
		}
	default:
		for at < len(n.edges) && n.edges[at].symbol < name.symbol {
			at++
		}
	}
	for ; at < len(n.edges) && n.edges[at].symbol == name.symbol; at++ {
		if edge := &n.edges[at]; edge.when == nil || edge.when.holds(r, e) {
			r.push(edge.to, frame)
		}
	}
}

// push adds a state to those of the element, and the one that it puts in force below.
func (r *run) push(node, frame int32) {
	n := &r.nodes[node]
	if n.stays { // it may have come from further up already: nesting must not multiply it
		for _, s := range r.states[r.levels[len(r.levels)-1].from:] {
			if s.node == node && s.frame == frame {
				return
			}
		}
	}
	if n.do != 0 {
		r.todo = append(r.todo, state{n.do, frame})
	}
	if len(n.edges)+len(n.ends) > 0 || n.stays {
		r.states = append(r.states, state{node, frame})
	}
	if n.deep != 0 {
		r.push(n.deep, frame)
	}
}

// open finds out which places the element is.
func (r *run) open(e xmldoc.Element) {
	for _, do := range r.todo {
		for _, bar := range r.actions[do.node].bars {
			r.barred[bar] = e.Ref()
		}
	}
	for at := 0; at < len(r.todo); at++ { // grows
		for _, place := range r.actions[r.todo[at].node].opens {
			if r.opened[place] != e.Ref() && r.barred[r.places[place].bar] != e.Ref() {
				r.opened[place] = e.Ref()
				r.enter(place, e)
			}
		}
	}
}

func (r *run) enter(at int32, e xmldoc.Element) {
	place := &r.places[at]
	for _, rule := range place.atOnce {
		if _, there := attribute(e, r.Rules[rule].attr); !there {
			r.report(&r.Rules[rule], e)
		}
	}
	if place.direct {
		r.push(place.start, noFrame)
		return
	}
	counter := len(r.counts)
	r.counts = append(r.counts, r.zeros[:place.slots]...)
	r.frameOf[at] = int32(len(r.frames))
	r.frames = append(r.frames, frame{at, e, counter})
	r.push(place.start, r.frameOf[at])
}

// attributes finds the rules whose path ends at an attribute of the element.
func (r *run) attributes(e xmldoc.Element) {
	for name := range e.Attributes() {
		if name.Space != "" {
			continue
		}
		id, known := r.attrs[name.Local]
		if !known {
			continue
		}
		r.attribute(r.nodes[anywhere].do, id, noFrame, e)
		for _, do := range r.todo {
			r.attribute(do.node, id, do.frame, e)
		}
	}
}

func (r *run) attribute(do, id, frame int32, e xmldoc.Element) {
	for _, hit := range r.actions[do].attrs {
		if hit.attr == id {
			r.hit(&r.Rules[hit.rule], frame, e)
		}
	}
}

// hit judges a rule for one more node that its path leads to.
func (r *run) hit(rule *Rule, frame int32, e xmldoc.Element) {
	switch {
	case rule.but != 0 && r.barred[rule.but] == e.Ref():
		return
	case rule.value != nil:
		if !rule.value(e.Text()) {
			r.report(rule, e)
		}
		return
	case rule.direct:
		r.report(rule, e)
		return
	case frame == noFrame:
		if frame = r.frameOf[rule.place]; frame == noFrame {
			return // the root is no such place
		}
	}
	count := &r.counts[r.frames[frame].counter+int(rule.slot)]
	switch {
	case rule.same == nil:
		if *count++; *count == rule.max+1 {
			r.report(rule, e)
		}
	case *count == 0: // the counter is the reference of the first
		*count = int32(e.Ref())
	case *count > 0 && !rule.same(e.Doc().Element(document.Ref(*count)).Written(), e.Written()):
		*count = -1
		r.report(rule, e)
	}
}
