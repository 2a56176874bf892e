package document

import (
	"iter"
	"math"
)

// Value is a handle on one value of a document. The zero Value is Absent: every method on it is safe and returns
// nothing, so doc.Root().Get("seller").Get("name").Text() needs no checks.
type Value struct {
	doc *Doc
	at  int32
}

func (v Value) node() *node { return &v.doc.nodes[v.at] }

// Exists reports whether the value is there (a JSON null is).
func (v Value) Exists() bool { return v.doc != nil }

// Type returns the JSON type, Absent when the value is not there.
func (v Value) Type() Type {
	if v.doc == nil {
		return Absent
	}
	return v.node().typ
}

// Text returns the text of a string, the literal of a number exactly as the source wrote it, or "true" and "false".
// It is empty for anything else.
func (v Value) Text() string {
	if v.doc == nil {
		return ""
	}
	return v.node().text
}

// Name returns the member name of the value in its parent, empty for array items and the root.
func (v Value) Name() string {
	if v.doc == nil {
		return ""
	}
	return v.node().name
}

// Len returns the number of members or items.
func (v Value) Len() int {
	if v.doc == nil {
		return 0
	}
	return int(v.node().size)
}

// Get returns the member of an object with that name, Absent when there is none.
func (v Value) Get(name string) Value {
	if v.Type() != Object {
		return Value{}
	}
	for i := v.node().first; i != 0; i = v.doc.nodes[i].next {
		if v.doc.nodes[i].name == name {
			return Value{v.doc, i}
		}
	}
	return Value{}
}

// At returns the item of an array at a 0-based index, Absent when there is none. It walks the list: use Children to
// visit all.
func (v Value) At(index int) Value {
	if v.Type() != Array || index < 0 || index >= v.Len() {
		return Value{}
	}
	item, rank := v.doc.known(v.at)
	if int(rank) > index {
		item, rank = v.node().first, 0
	}
	start := rank
	for ; int(rank) < index; rank++ {
		item = v.doc.nodes[item].next
	}
	v.doc.remember(item, rank, start)
	return Value{v.doc, item}
}

// rank returns the 0-based index of an item in its array.
func (v Value) rank() int {
	item, rank := v.doc.known(v.node().up)
	if item > v.at { // children follow each other
		item, rank = v.Parent().node().first, 0
	}
	start := rank
	for ; item != v.at; item = v.doc.nodes[item].next {
		rank++
	}
	v.doc.remember(item, rank, start)
	return int(rank)
}

// known returns an item of an array and its index: the one that is remembered, else the first.
func (d *Doc) known(array int32) (item, rank int32) {
	if known := d.item.Load(); known != 0 && d.nodes[known>>32].up == array {
		return int32(known >> 32), int32(known & math.MaxInt32)
	}
	return d.nodes[array].first, 0
}

// farItem is the number of steps from which on it is worth remembering where a walk ended.
const farItem = 64

// remember keeps the last item that was far from where its search began, so that the places of many faults in a long array,
// asked for one after the other, take one walk and not one each.
func (d *Doc) remember(item, rank, start int32) {
	if rank-start >= farItem {
		d.item.Store(uint64(item)<<32 | uint64(rank))
	}
}

// Children yields the members or items in document order.
func (v Value) Children() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.doc == nil {
			return
		}
		for i := v.node().first; i != 0; i = v.doc.nodes[i].next {
			if !yield(Value{v.doc, i}) {
				return
			}
		}
	}
}

// First returns the first member or item, Absent when there is none. With [Value.Next] it visits the children without
// an iterator, for code that must not allocate.
func (v Value) First() Value {
	if v.doc == nil {
		return Value{}
	}
	return v.link(v.node().first)
}

// Next returns the member or item after v in the same parent, Absent when v is the last.
func (v Value) Next() Value {
	if v.doc == nil {
		return Value{}
	}
	return v.link(v.node().next)
}

func (v Value) link(i int32) Value {
	if i == 0 {
		return Value{}
	}
	return Value{v.doc, i}
}

// Parent returns the object or array that holds the value, Absent for the root.
func (v Value) Parent() Value {
	if v.doc == nil || v.at == 0 {
		return Value{}
	}
	return Value{v.doc, v.node().up}
}

// Ref returns the reference of the value's own place in the source, 0 when it has none.
func (v Value) Ref() Ref {
	if v.doc == nil {
		return 0
	}
	return v.node().ref
}

// Source returns the place in the original bytes. A value that a transformer made without a source has that of the
// nearest ancestor that has one.
func (v Value) Source() Source {
	if v.doc == nil || v.doc.origin == nil {
		return Source{}
	}
	for i := v.at; ; i = v.doc.nodes[i].up {
		if ref := v.doc.nodes[i].ref; ref != 0 || i == 0 {
			return v.doc.origin.Locate(ref)
		}
	}
}
