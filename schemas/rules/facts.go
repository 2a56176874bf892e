package rules

import "slices"

// model is the vocabulary of the documents of one syntax: which groups and terms there are and how they nest. It is
// immutable once it is built.
type model struct {
	syntax string // "ubl", "cii" or Canonical
	slots  []*slot
	byName map[string]*slot
}

// slot is a group or a term of a model. The first slot of a model is the document itself.
type slot struct {
	id      int32
	name    string // BT-131, BG-25, tax-total; of a canonical place without number its pointer
	up      *slot  // the group that holds it, nil for the document
	ord     int32  // its number among the slots of that group
	kids    int32  // how many slots it holds
	typ     termType
	pointer string // its place in canonical documents, "*" standing for any item; empty when it has none
}

// within reports whether a group holds the slot, itself or in a group of its own.
func (s *slot) within(group *slot) bool {
	for up := s.up; up != nil; up = up.up {
		if up == group {
			return true
		}
	}
	return false
}

// termType says how the text of a term is read.
type termType uint8

const (
	textTerm termType = iota
	decimalTerm
	dateTerm
	groupTerm // a group without text
)

// termTypes are the words for types that a binding may use.
var termTypes = map[string]termType{"text": textTerm, "decimal": decimalTerm, "date": dateTerm}

func (t termType) String() string {
	return [...]string{"text", "decimal", "date", "group"}[t]
}

func newModel(syntax string) *model {
	m := &model{syntax: syntax, byName: map[string]*slot{}}
	m.slots = append(m.slots, &slot{name: document0, typ: groupTerm})
	return m
}

// document0 is the word by which a variant says that a rule is judged once for the document.
const document0 = "document"

func (m *model) root() *slot { return m.slots[0] }

// add adds a slot below a group. The name must be new.
func (m *model) add(up *slot, name string, typ termType) *slot {
	s := &slot{id: int32(len(m.slots)), name: name, up: up, ord: up.kids, typ: typ}
	up.kids++
	m.slots = append(m.slots, s)
	m.byName[name] = s
	return s
}

// path leads from a slot to another: up to the closest group that holds both, then down.
type path struct {
	from origin
	ups  int
	down []int32 // numbers of the slots below the group
	to   *slot
}

// origin is the node that a path starts from.
type origin uint8

const (
	here         origin = iota // what "." means
	fromDocument               // "//"
	fromThis                   // what the rule is judged for
)

func pathTo(from, to *slot) *path {
	p := &path{to: to}
	held := map[*slot]bool{}
	for s := to; s != nil; s = s.up {
		held[s] = true
	}
	common := from
	for ; !held[common]; common = common.up {
		p.ups++
	}
	for s := to; s != common; s = s.up {
		p.down = append([]int32{s.ord}, p.down...)
	}
	return p
}

// facts is what one document says, in the words of a model: for every slot its nodes, in the order of the document. It
// is used again for the next document.
type facts struct {
	model *model
	nodes []fact
	lists []list // of the nodes of groups: one for each slot of the group
	count []int32
	// visited counts the nodes that paths went through, which is what judging costs.
	visited int
	indexes map[index]map[string][]int32
	// written are the texts of nodes as they were written, of those that have white space at their ends.
	written map[int32]string
	// elements is how many the document has, 0 where that is not known.
	elements int
}

// index finds the nodes of a slot by the texts of a term that each of them holds, or by those that an expression makes.
type index struct {
	of, by  *slot
	made    *syntaxNode
	written bool // white space at the ends of texts counts
}

// fact is one occurrence of a group or a term. The first is the document.
type fact struct {
	text  string
	slot  int32
	up    int32 // the instance of the group that holds it
	next  int32 // the next of the same slot in that instance, 0 when it is the last
	lists int32 // where its own lists begin
	ref   int32 // where it stands: the element of the source, or the value of the canonical document
}

// list is the nodes of one slot in one instance of a group, linked by next; 0 is none.
type list struct{ first, last int32 }

// reset makes the facts those of an empty document.
func (f *facts) reset(m *model, ref int32) {
	f.model, f.visited, f.elements = m, 0, 0
	clear(f.nodes) // let go of the texts of the document before
	f.nodes, f.lists = f.nodes[:0], f.lists[:0]
	f.indexes, f.written = nil, nil
	if cap(f.count) < len(m.slots) {
		f.count = make([]int32, len(m.slots))
	}
	f.count = f.count[:len(m.slots)]
	clear(f.count)
	f.nodes = append(f.nodes, fact{ref: ref})
	f.open(m.root(), 0)
}

// expect makes room for the beginning of the facts of so many elements. From the room that the beginning took that of the
// rest is known; without it, a large document would take twice the memory, in ever larger pieces.
func (f *facts) expect(elements int) {
	f.elements = elements
	f.nodes = slices.Grow(f.nodes, elements/8)
	f.lists = slices.Grow(f.lists, elements/8)
}

// rest estimates what comes after the element ref when there were so many up to it: as many for each element, and a little
// more.
func (f *facts) rest(soFar int, ref int32) int {
	if f.elements == 0 {
		return soFar/4 + 64
	}
	left := max(f.elements-int(ref), 0)
	return soFar*left/max(int(ref), 1) + soFar/16 + 64
}

// open makes room for the lists of a node.
func (f *facts) open(s *slot, at int32) {
	f.count[s.id]++
	if s.kids == 0 {
		return
	}
	from := len(f.lists)
	f.nodes[at].lists = int32(from)
	to := from + int(s.kids)
	if to <= cap(f.lists) {
		f.lists = f.lists[:to]
		clear(f.lists[from:])
		return
	}
	f.lists = slices.Grow(f.lists, int(s.kids)+f.rest(from, f.nodes[at].ref))[:to]
	clear(f.lists[from:])
}

// add adds a node to the instance up of the group that holds its slot.
func (f *facts) add(s *slot, up int32, text string, ref int32) int32 {
	at := int32(len(f.nodes))
	if len(f.nodes) == cap(f.nodes) {
		f.nodes = slices.Grow(f.nodes, f.rest(len(f.nodes), ref))
	}
	f.nodes = append(f.nodes, fact{text: text, slot: s.id, up: up, ref: ref})
	f.open(s, at)
	l := &f.lists[f.nodes[up].lists+s.ord]
	if l.first == 0 {
		l.first = at
	} else {
		f.nodes[l.last].next = at
	}
	l.last = at
	return at
}

// write notes the text of a node as it was written, which has white space at its ends.
func (f *facts) write(at int32, text string) {
	if f.written == nil {
		f.written = map[int32]string{}
	}
	f.written[at] = text
}

func (f *facts) first(at, ord int32) int32 { return f.lists[f.nodes[at].lists+ord].first }

// any reports whether a path below a node leads to anything.
func (f *facts) any(at int32, down []int32) bool {
	if len(down) == 0 {
		return true
	}
	for n := f.first(at, down[0]); n != 0; n = f.nodes[n].next {
		f.visited++
		if f.any(n, down[1:]) {
			return true
		}
	}
	return false
}

// filled reports whether a path below a node leads to a text that is not empty.
func (f *facts) filled(at int32, down []int32) bool {
	if len(down) == 0 {
		return !blank(f.nodes[at].text)
	}
	for n := f.first(at, down[0]); n != 0; n = f.nodes[n].next {
		f.visited++
		if f.filled(n, down[1:]) {
			return true
		}
	}
	return false
}

func blank(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// says reports whether a path below a node leads to a text.
func (f *facts) says(at int32, down []int32, text string) bool {
	if len(down) == 0 {
		return f.nodes[at].text == text
	}
	for n := f.first(at, down[0]); n != 0; n = f.nodes[n].next {
		f.visited++
		if f.says(n, down[1:], text) {
			return true
		}
	}
	return false
}

// one returns the first node that a path below a node leads to, 0 when there is none, and whether there are more.
func (f *facts) one(at int32, down []int32) (found int32, many bool) {
	if len(down) == 0 {
		return at, false
	}
	for n := f.first(at, down[0]); n != 0; n = f.nodes[n].next {
		f.visited++
		one, more := f.one(n, down[1:])
		switch {
		case more, one != 0 && found != 0:
			return max(found, one), true
		case one != 0:
			found = one
		}
	}
	return found, false
}

// all appends every node that a path below a node leads to.
func (f *facts) all(dst []int32, at int32, down []int32) []int32 {
	if len(down) == 0 {
		return append(dst, at)
	}
	for n := f.first(at, down[0]); n != 0; n = f.nodes[n].next {
		f.visited++
		dst = f.all(dst, n, down[1:])
	}
	return dst
}

// nearest follows a path below a node as far as it exists: to its first node, or to the last group on the way.
func (f *facts) nearest(at int32, down []int32) (found int32, there bool) {
	if len(down) == 0 {
		return at, true
	}
	found = at
	for n := f.first(at, down[0]); n != 0; n = f.nodes[n].next {
		f.visited++
		if below, ok := f.nearest(n, down[1:]); ok || found == at {
			found, there = below, ok
		}
		if there {
			return found, true
		}
	}
	return found, false
}
