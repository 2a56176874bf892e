package rules

import "slices"

// keyed compiles keyed(//X, K, V): the nodes of X in the whole document one of whose K has the text of one of V. They are
// found by an index that is made once for a document, so that a list can refer to another. K may be what an expression makes
// of a term.
func (c *compiler) keyed(n *syntaxNode, at *slot) value {
	of := c.nodesOf(n.args[0], at)
	if of.kind == faulty {
		return of
	}
	if of.slot == nil {
		return of // the syntax has no such nodes
	}
	if of.path == nil || of.path.from != fromDocument {
		c.fault(n.args[0].at, CodeType, "attendu un terme de tout le document", "expected a term of the whole document")
		c.hint("écrivez-le avec deux barres : //X", "write it with two slashes: //X")
		return value{}
	}
	by := c.sequence(n.args[1], of.slot)
	texts := c.anyTexts(n.args[2], at)
	if by.kind == faulty || texts == nil {
		return value{}
	}
	key := index{of: of.slot, by: by.slot}
	switch {
	case by.kind == someTexts:
		key.made = n.args[1]
	case by.path == nil || by.path.from != here || by.path.ups > 0:
		return c.fault(n.args[1].at, CodeType, "attendu un terme contenu dans %[1]s", "expected a term that %[1]s holds", of.slot.name)
	default:
		by.texts = by.nodeTexts()
	}
	return value{kind: someNodes, typ: of.typ, slot: of.slot, nodes: func(r *run, at int32) bool {
		from, first := len(r.texts), len(r.ids)
		if !texts(r, at) {
			r.texts = r.texts[:from]
			return false
		}
		index, ok := r.index(key.read(r), of.path, by.texts)
		if !ok {
			r.texts = r.texts[:from]
			return false
		}
		for _, text := range r.texts[from:] {
			r.ids = append(r.ids, index[text]...)
		}
		if len(r.texts)-from > 1 { // each node once
			slices.Sort(r.ids[first:])
			r.ids = r.ids[:first+len(slices.Compact(r.ids[first:]))]
		}
		r.texts = r.texts[:from]
		return r.spend(1 + len(r.ids) - first)
	}}
}

// read is the key of the index for how a run reads texts.
func (i index) read(r *run) index {
	i.written = r.written && r.facts.written != nil
	return i
}

// index returns the nodes at the end of a path from the document by the texts that each of them has. It is made when it is first
// asked for.
func (r *run) index(key index, of *path, texts textsFn) (found map[string][]int32, ok bool) {
	if found, made := r.facts.indexes[key]; made {
		return found, true
	}
	found = map[string][]int32{}
	first, from := len(r.ids), len(r.texts)
	r.ids = r.facts.all(r.ids, 0, of.down)
	for i := first; i < len(r.ids); i++ {
		at := r.ids[i]
		if !texts(r, at) {
			r.ids, r.texts = r.ids[:first], r.texts[:from]
			return nil, false
		}
		for _, text := range r.texts[from:] {
			if same := found[text]; len(same) == 0 || same[len(same)-1] != at {
				found[text] = append(same, at)
			}
		}
		r.texts = r.texts[:from]
	}
	r.ids = r.ids[:first]
	if r.facts.indexes == nil {
		r.facts.indexes = map[index]map[string][]int32{}
	}
	r.facts.indexes[key] = found
	return found, true
}

// ofKind compiles kind('espd-request'): the document is of that kind.
func (c *compiler) ofKind(n *syntaxNode, _ *slot) value {
	kind, ok := c.constant(n.args[0])
	if !ok {
		return value{}
	}
	if !slices.Contains(c.kinds, kind) {
		c.fault(n.args[0].at, CodeTerm, "le paquet ne juge pas de document de type %[1]q", "the pack judges no documents of kind %[1]q", kind)
		c.nearest(kind, c.kinds)
		return value{}
	}
	return value{kind: condition, cond: func(r *run, _ int32) truth { return truthOf(r.kind == kind) }}
}

// lookup compiles lookup(K, 'map', 'column'): the values that a map gives to the texts of K. The same goes for a reference
// table.
func (c *compiler) lookup(n *syntaxNode, at *slot) value {
	keys := c.anyTexts(n.args[0], at)
	name, ok := c.constant(n.args[1])
	heading, also := c.constant(n.args[2])
	if keys == nil || !ok || !also {
		return value{}
	}
	if spec := table(name); spec != nil {
		return c.consult(n, spec, keys, heading)
	}
	m := c.maps(name)
	if m == nil {
		c.fault(n.args[1].at, CodeList, "table inconnue %[1]q", "unknown map %[1]q", name)
		c.nearest(name, append(tableNames(), c.mapNames...))
		return value{}
	}
	column := slices.Index(m.columns, heading)
	if column < 0 {
		c.fault(n.args[2].at, CodeList, "la table %[1]s n'a pas de colonne %[2]q", "the map %[1]s has no column %[2]q", name, heading)
		c.nearest(heading, m.columns)
		return value{}
	}
	return value{kind: someTexts, texts: func(r *run, at int32) bool {
		from := len(r.texts)
		ok := keys(r, at)
		to := len(r.texts)
		for i := from; i < to; i++ {
			r.texts = append(r.texts, m.values(r.texts[i], column, r.day)...)
		}
		n := copy(r.texts[from:], r.texts[to:])
		r.texts = r.texts[:from+n]
		return ok
	}}
}
