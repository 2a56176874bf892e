package mapping

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// operation is what a member of the mapped document is made from.
type operation uint8

const (
	fromOne   operation = iota // the value at a pointer, as it is
	fromMany                   // the list of the values at a pointer with "*"
	constants                  // a constant
	sum                        // the sum of the values at a pointer
	each                       // a list of objects, one for each item of a list
	object                     // one object, mapped from the object at a pointer
	group                      // one object of members from anywhere
)

// member is one member of a mapped object, compiled.
type member struct {
	name       string
	op         operation
	path       path
	head, tail []token // of path, cut at its first "*"; that of each ends in one
	slot       int     // of the value in run.slots, -1 when it is looked up
	fold       folding
	value      *constant // what stands there, or what stands in for an absent value; may be nil
	members    []member
	bare       bool // of each: a member is the item itself, so that items may be texts or numbers
}

// program is a compiled mapping.
type program struct {
	members []member
	// slots are the pointers from the top of the document that stand inside a list: they are followed once a document.
	slots []path
}

const (
	// freeBytes and growth bound the mapped document to freeBytes plus growth times the source: a mapping may repeat a
	// value of the document in each item of a list, and a small document must not become a large one. Invoices whose
	// lines repeat both parties grow to four times their size.
	freeBytes = 64 << 10
	growth    = 8
	// valueBytes is what a value costs beside its name and text: quotes, colon and comma.
	valueBytes = 6
	// maxFaults bounds the violations of one document: beyond it a person has stopped reading.
	maxFaults = 100
	// Room for the values of a usual mapped document: growing costs more than the mapping.
	typicalSize = 64
)

// run maps one document. There is no usable document when there are violations.
func (p *program) run(in *document.Doc) (*document.Doc, []violation.Violation) {
	r := runner{in: in, left: freeBytes}
	var few [8]document.Value // most mappings have fewer slots, and need no allocation for them
	r.slots = few[:0]
	for i := range p.slots {
		r.slots = append(r.slots, p.slots[i].find(in.Root()))
	}
	out := in.Derive(min(in.Len(), typicalSize))
	out.SetRoot(document.Object, "", in.Root().Ref())
	r.write(out.Root(), p.members, in.Root())
	if r.dropped > 0 && !r.full {
		r.faults[maxFaults-1].Count = r.dropped + 1
	}
	return out, r.faults
}

// runner is the state of one run.
type runner struct {
	in      *document.Doc
	slots   []document.Value
	left    int  // bytes that may still be written
	measure bool // the size of the source is in left
	full    bool // nothing more may be written
	faults  []violation.Violation
	dropped int
}

// write adds the members to out; at is the value at hand.
func (r *runner) write(out document.Value, members []member, at document.Value) {
	for i := range members {
		if r.full {
			return
		}
		r.member(out, &members[i], at)
	}
}

func (r *runner) member(out document.Value, m *member, at document.Value) {
	switch m.op {
	case constants:
		r.constant(out, m.name, m.value)
		return
	case group:
		if r.any(m.members, at) {
			r.write(r.add(out, m.name, document.Object, 0), m.members, at)
		}
		return
	}
	v := r.find(m, at)
	if t := v.Type(); t == document.Absent || t == document.Null && (m.op != fromOne || m.value != nil) {
		if m.value != nil {
			r.constant(out, m.name, m.value)
		}
		return
	}
	switch m.op {
	case fromOne:
		r.put(out, m, m.name, v)
	case object:
		if v.Type() != document.Object {
			r.refuse(notObject, out, m, v)
			return
		}
		r.write(r.add(out, m.name, document.Object, v.Ref()), m.members, v)
	case sum:
		var t total
		r.sum(&t, out, m, m.tail, v)
		text := t.String()
		r.spend(len(m.name) + len(text))
		out.Add(m.name, document.Number, text, v.Ref())
	case fromMany, each:
		r.list(r.add(out, m.name, document.Array, v.Ref()), m, m.tail, v)
	}
}

// find returns the value at the path, or at its start before the first "*".
func (r *runner) find(m *member, at document.Value) document.Value {
	switch {
	case m.slot >= 0:
		return r.slots[m.slot]
	case m.path.relative:
		return follow(at, m.head)
	default:
		return follow(r.in.Root(), m.head)
	}
}

// list appends to an array what the tokens reach from v.
func (r *runner) list(out document.Value, m *member, tokens []token, v document.Value) {
	for i := range tokens {
		if !tokens[i].wild {
			v = tokens[i].step(v)
			continue
		}
		if !r.isList(out, m, v) {
			return
		}
		for item := range v.Children() {
			if r.full {
				return
			}
			r.list(out, m, tokens[i+1:], item)
		}
		return
	}
	switch {
	case !v.Exists():
	case m.op == fromMany:
		r.put(out, m, "", v)
	case v.Type() != document.Object && v.Type() != document.Array && !m.bare:
		r.refuse(notObject, out, m, v)
	default:
		r.write(r.add(out, "", document.Object, v.Ref()), m.members, v)
	}
}

// isList reports whether items can be taken from v; an absent list and null have none, anything else is refused.
func (r *runner) isList(out document.Value, m *member, v document.Value) bool {
	switch v.Type() {
	case document.Array:
		return true
	case document.Absent, document.Null:
	default:
		r.refuse(notList, out, m, v)
	}
	return false
}

// any reports whether a group would have a member.
func (r *runner) any(members []member, at document.Value) bool {
	for i := range members {
		m := &members[i]
		if m.value != nil || m.op == group && r.any(m.members, at) {
			return true
		}
		if m.op != group && m.op != constants {
			if v := r.find(m, at); v.Exists() && (m.op == fromOne || v.Type() != document.Null) {
				return true
			}
		}
	}
	return false
}

// put copies a value, its text folded as the member says.
func (r *runner) put(out document.Value, m *member, name string, v document.Value) {
	switch {
	case m.fold == 0 || v.Type() == document.Null:
		r.copy(out, name, v)
	case v.Type() != document.String:
		r.refuse(notText, out, m, v)
	default:
		text := m.fold.apply(v.Text())
		r.spend(len(name) + len(text))
		out.Add(name, document.String, text, v.Ref())
	}
}

// copy is a deep copy within the bounds.
func (r *runner) copy(out document.Value, name string, v document.Value) {
	r.spend(len(name) + len(v.Text()))
	if r.full {
		return
	}
	c := out.Add(name, v.Type(), v.Text(), v.Ref())
	for child := range v.Children() {
		r.copy(c, child.Name(), child)
	}
}

func (r *runner) constant(out document.Value, name string, c *constant) {
	r.spend(len(name) + len(c.text))
	v := out.Add(name, c.typ, c.text, 0)
	for i := range c.items {
		r.constant(v, "", &c.items[i])
	}
}

func (r *runner) add(out document.Value, name string, t document.Type, ref document.Ref) document.Value {
	r.spend(len(name))
	return out.Add(name, t, "", ref)
}

// spend counts what is written. Only a mapped document that is not small has its source measured.
func (r *runner) spend(bytes int) {
	r.left -= bytes + valueBytes
	if r.left >= 0 || r.full {
		return
	}
	if !r.measure {
		r.measure = true
		r.left += growth * size(r.in)
		if r.left >= 0 {
			return
		}
	}
	r.full = true
	r.faults = append(r.faults[:min(len(r.faults), maxFaults-1)],
		tooLarge.New(violation.At{}, freeBytes+growth*size(r.in), growth))
}

// size is about the number of bytes of a document.
func size(doc *document.Doc) int {
	n := 0
	for i := range doc.Len() {
		v := doc.At(i)
		n += len(v.Name()) + len(v.Text()) + valueBytes
	}
	return n
}

// refuse records that a value is not what the target needs. The place is that of the target and that of the value.
func (r *runner) refuse(spec violation.Spec, out document.Value, m *member, v document.Value) {
	if len(r.faults) >= maxFaults {
		r.dropped++
		return
	}
	at := v.Source()
	pointer := out.Pointer()
	if out.Type() == document.Object {
		pointer += "/" + document.EscapeToken(m.name)
	}
	fr, en := found(v)
	args := []any{m.name, fr, en}
	if spec.Code == notNumber.Code {
		args = append(args, maxOperand)
	}
	r.faults = append(r.faults, spec.New(violation.At{Pointer: pointer, Source: at.Path, Line: at.Line, Column: at.Column}, args...))
}

// found says in French and English what a value is. A text is not shown: it may be a secret, such as a bank account.
func found(v document.Value) (fr, en string) {
	switch v.Type() {
	case document.Bool:
		return "un booléen", "a boolean"
	case document.Number:
		return "le nombre " + violation.Excerpt(v.Text()), "the number " + violation.Excerpt(v.Text())
	case document.String:
		return "un texte", "a text"
	case document.Array:
		return "une liste", "a list"
	case document.Object:
		return "un objet", "an object"
	default:
		return "null", "null"
	}
}
