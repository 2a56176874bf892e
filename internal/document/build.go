package document

// add appends a child. A Value stays valid when the document grows: it is an index, not an address.
func (v Value) add(name string, t Type, text string, ref Ref) Value {
	d := v.doc
	i := int32(len(d.nodes))
	if len(d.nodes) < cap(d.nodes) {
		d.nodes = d.nodes[:i+1] // zero, and filling it in place is quicker than copying a node
	} else {
		d.nodes = append(d.nodes, node{})
	}
	n, parent := &d.nodes[i], &d.nodes[v.at]
	n.name, n.typ, n.text, n.ref, n.up = name, t, text, ref, v.at
	if parent.first == 0 {
		parent.first = i
	} else {
		d.nodes[parent.last].next = i
	}
	parent.last = i
	parent.size++
	return Value{d, i}
}

// Add appends a member (name set) to an object or an item (name empty) to an array and returns it. The builder does
// not check for duplicate names: parsers do, transformers use Object and Array.
func (v Value) Add(name string, t Type, text string, ref Ref) Value {
	return v.add(name, t, text, ref)
}

// AddString appends a string member; an empty text is not added, as canonical documents hold no empty strings.
func (v Value) AddString(name, text string, ref Ref) {
	if text != "" {
		v.add(name, String, text, ref)
	}
}

// AddBool appends a boolean member.
func (v Value) AddBool(name string, b bool, ref Ref) {
	text := "false"
	if b {
		text = "true"
	}
	v.add(name, Bool, text, ref)
}

// Object returns the object member with that name, adding an empty one when there is none.
func (v Value) Object(name string, ref Ref) Value { return v.ensure(name, Object, ref) }

// Array returns the array member with that name, adding an empty one when there is none.
func (v Value) Array(name string, ref Ref) Value { return v.ensure(name, Array, ref) }

func (v Value) ensure(name string, t Type, ref Ref) Value {
	if c := v.Get(name); c.Type() == t {
		return c
	}
	return v.add(name, t, "", ref)
}

// Item appends an empty object to an array and returns it.
func (v Value) Item(ref Ref) Value { return v.add("", Object, "", ref) }

// Copy appends a deep copy of src, from the same or another document with the same origin, under a name (empty in an
// array).
func (v Value) Copy(name string, src Value) Value {
	n := src.node()
	c := v.add(name, n.typ, n.text, n.ref)
	for child := range src.Children() {
		c.Copy(child.Name(), child)
	}
	return c
}

// Prune removes the arrays without items and the objects without members below v that stand for nothing in the source
// (Ref 0), and reports whether v itself is one. An empty group of the source stays: that it is there is a fact.
func (v Value) Prune() (empty bool) {
	n := v.node()
	if n.typ != Object && n.typ != Array {
		return false
	}
	if v.doc.item.Load() != 0 {
		v.doc.item.Store(0) // what is remembered may go, or move up
	}
	var last int32
	size := int32(0)
	for i := n.first; i != 0; i = v.doc.nodes[i].next {
		if (Value{v.doc, i}).Prune() {
			continue
		}
		if last == 0 {
			n.first = i
		} else {
			v.doc.nodes[last].next = i
		}
		last = i
		size++
	}
	if size == 0 {
		n.first = 0
	} else {
		v.doc.nodes[last].next = 0
	}
	n.last, n.size = last, size
	return size == 0 && (n.typ == Array || n.ref == 0)
}
