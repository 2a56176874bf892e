package syntax

import (
	"cmp"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// node is a state of the paths that an element is on: a number into [Table].nodes.
type node struct {
	edges []edge  // by names, sorted by symbol
	table []int32 // the index of the first edge of each symbol and one; only where there are many edges
	ends  []edge  // by the ends of names, for names that no path has: symbol is the number of the class
	do    int32   // what is done for an element in this state: a number into [Table].actions, 0 is nothing
	deep  int32   // the state that then holds for the element and all below it, 0 when there is none
	stays bool    // it is such a state
}

// The states that all paths start from.
const (
	outside  = iota // around the root: where "/" leads from
	anywhere        // in force everywhere: where "//" leads from
	ownNodes        // the first number of the others
)

type edge struct {
	symbol int32
	to     int32
	when   condition
}

// action is what is done for an element in a state.
type action struct {
	bars  []int32   // exceptions that the element is
	opens []int32   // places that the element is
	hits  []int32   // rules whose path ends at the element
	attrs []attrHit // rules whose path ends at an attribute of it
}

type attrHit struct{ attr, rule int32 }

// place is where rules are judged: each element that one of its paths leads to.
type place struct {
	start   int32   // the state in which the paths of its rules start
	bar     int32   // the exception from it, 0 when there is none
	slots   int32   // how many counters its rules need
	atOnce  []int32 // rules that are judged when the start tag of the element was seen
	atClose []int32 // rules that are judged when all of the element was seen
	direct  bool    // all its rules look at the element alone
}

// compiler builds the states of a table.
type compiler struct {
	out    *Table
	places map[string]int32 // by the texts of in and except
}

func newCompiler(t *Table) *compiler {
	t.nodes = make([]node, ownNodes)
	t.nodes[outside].deep = anywhere
	t.actions = make([]action, 1)
	t.bars = 1
	t.attrs = map[string]int32{}
	return &compiler{out: t, places: map[string]int32{}}
}

// place returns the place that has these paths, made when it is new.
func (c *compiler) place(key string, in, except []path) int32 {
	if at, ok := c.places[key]; ok {
		return at
	}
	at := int32(len(c.out.places))
	c.places[key] = at
	c.out.places = append(c.out.places, place{start: c.node(), bar: c.bar(except), direct: true})
	for _, p := range in {
		c.insert(outside, p.steps, func(a *action) { a.opens = append(a.opens, at) })
	}
	return at
}

// bar makes an exception of the elements that the paths lead to.
func (c *compiler) bar(paths []path) int32 {
	if len(paths) == 0 {
		return 0
	}
	bar := int32(c.out.bars)
	c.out.bars++
	for _, p := range paths {
		c.insert(outside, p.steps, func(a *action) { a.bars = append(a.bars, bar) })
	}
	return bar
}

// add puts a rule, which has its place, into the states of that place.
func (c *compiler) add(rule int32, paths []path) {
	r := &c.out.Rules[rule]
	at := &c.out.places[r.place]
	itself := len(paths) == 1 && len(paths[0].steps) == 0 && r.needs == nil
	if itself && r.min > 0 { // the attribute or the element itself must be there
		r.attr = paths[0].attr
		at.atOnce = append(at.atOnce, rule)
		return
	}
	r.slot = at.slots
	at.slots++
	if r.needs != nil || r.min > 0 {
		at.atClose = append(at.atClose, rule)
	}
	r.direct = itself && (r.max == 0 || r.value != nil)
	at.direct = at.direct && r.direct
	start := at.start
	for _, p := range paths {
		from := start
		if len(p.steps) > 0 && p.steps[0].deep {
			from = outside // such a rule is judged for the root
		}
		c.insert(from, p.steps, func(a *action) {
			if p.attr == "" {
				a.hits = append(a.hits, rule)
			} else {
				a.attrs = append(a.attrs, attrHit{c.attr(p.attr), rule})
			}
		})
	}
}

func (c *compiler) node() int32 {
	c.out.nodes = append(c.out.nodes, node{})
	return int32(len(c.out.nodes) - 1)
}

// insert walks the steps from a state, makes the states that there are not, and calls end with the action of the last.
func (c *compiler) insert(from int32, steps []step, end func(*action)) {
	if len(steps) == 0 {
		n := &c.out.nodes[from]
		if n.do == 0 {
			n.do = int32(len(c.out.actions))
			c.out.actions = append(c.out.actions, action{})
		}
		end(&c.out.actions[n.do])
		return
	}
	s := steps[0]
	if s.deep {
		if c.out.nodes[from].deep == 0 {
			deep := c.node()
			c.out.nodes[deep].stays = true
			c.out.nodes[from].deep = deep
		}
		from = c.out.nodes[from].deep
	}
	if len(s.names) == 0 {
		c.insert(from, steps[1:], end)
	}
	for _, name := range s.names {
		c.insert(c.edge(from, name, s.when), steps[1:], end)
	}
}

// edge returns the state that a name leads to. Those under a condition are not shared.
func (c *compiler) edge(from int32, name nameTest, when condition) int32 {
	list := func() *[]edge { // the nodes move when one is added
		if name.suffix {
			return &c.out.nodes[from].ends
		}
		return &c.out.nodes[from].edges
	}
	id := c.symbol(name)
	for _, e := range *list() {
		if e.symbol == id && e.when == nil && when == nil {
			return e.to
		}
	}
	to := c.node()
	*list() = append(*list(), edge{id, to, when})
	return to
}

// symbol returns the number of a name, or that of its class where only its end is given.
func (c *compiler) symbol(name nameTest) int32 {
	if name.suffix {
		at := slices.Index(c.out.classes, name)
		if at < 0 {
			at = len(c.out.classes)
			c.out.classes = append(c.out.classes, name)
		}
		return int32(at)
	}
	return c.out.names.Add(xmldoc.Name{Space: name.space, Local: name.local})
}

func (c *compiler) attr(name string) int32 {
	id, ok := c.out.attrs[name]
	if !ok {
		id = int32(len(c.out.attrs))
		c.out.attrs[name] = id
	}
	return id
}

// finish sorts the edges. A name that some path has gets those of its classes too, so that only other names are compared by
// their ends.
func (c *compiler) finish() {
	const many = 8 // a search through fewer edges is as quick as the table
	for i := range c.out.nodes {
		n := &c.out.nodes[i]
		for _, end := range n.ends {
			for at, name := range c.out.names.Names() {
				if c.out.classesOf(name)>>end.symbol&1 != 0 {
					n.edges = append(n.edges, edge{int32(at + 1), end.to, end.when})
				}
			}
		}
		slices.SortStableFunc(n.edges, func(a, b edge) int { return cmp.Compare(a.symbol, b.symbol) })
		if len(n.edges) <= many {
			continue
		}
		n.table = make([]int32, len(c.out.names.Names())+1)
		for at, e := range slices.Backward(n.edges) {
			n.table[e.symbol] = int32(at + 1)
		}
	}
}

// classesOf returns the set of the classes that a name belongs to.
func (t *Table) classesOf(name xmldoc.Name) uint64 {
	var set uint64
	for i, class := range t.classes {
		if (class.anySpace || class.space == name.Space) && strings.HasSuffix(name.Local, class.local) {
			set |= 1 << i
		}
	}
	return set
}
