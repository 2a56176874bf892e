// Package document holds documents as every stage reads them: a tree of values with typed getters, JSON pointers,
// and for each value the place in the source it came from.
//
// A [Doc] is built once, by a parser or a transformer, and is read-only afterwards: any number of goroutines may read
// it. Values live in one flat slice, so a document costs a few allocations whatever its size and no map. Who owns a
// document may give that slice to later ones: see [Doc.Release]. The package must not know any format, schema or rule.
package document

import (
	"strconv"
	"sync/atomic"
)

// Type is the JSON type of a value.
type Type uint8

// The types of values. Absent is the type of a value that is not there, so that lookups chain without checks.
const (
	Absent Type = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String returns the JSON Schema name of the type.
func (t Type) String() string {
	return [...]string{"absent", "null", "boolean", "number", "string", "array", "object"}[t]
}

// Doc is one document. The zero value is not usable: see [New].
type Doc struct {
	nodes  []node // nil once released
	room   *room  // where the nodes were at first
	origin Origin
	item   atomic.Uint64 // see [Doc.known]
}

// node is one value. Children form a list through next; index 0 is the root, so 0 also means "none" in the links.
type node struct {
	name  string // member name, empty for array items and the root
	text  string // string value, number literal, "true" or "false"
	first int32  // first child
	last  int32  // last child
	next  int32  // next sibling
	up    int32  // parent
	size  int32  // number of children
	ref   Ref    // where in the source it came from
	typ   Type
}

// Ref names a place in the source, as the [Origin] of the document numbers them. 0 means unknown.
type Ref int32

// Origin turns a Ref into the place that an operator can find: the parser of the source implements it.
type Origin interface {
	Locate(Ref) Source
}

// Source is a place in the original bytes.
type Source struct {
	Path         string // XPath for XML, JSON pointer for JSON
	Line, Column int    // 1-based; column counts bytes. 0 when unknown
	Offset       int    // 0-based byte offset
}

// New returns a document whose root is an empty object, with room for about size values.
func New(origin Origin, size int) *Doc {
	r := roomFor(size)
	return &Doc{nodes: append(r.nodes, node{typ: Object}), room: r, origin: origin}
}

// Derive returns a new empty document with the origin of d, for the canonical documents that come from d: values
// keep the references of d, as [Value.Copy] and [Value.Ref] give them. There is room for about size values.
func (d *Doc) Derive(size int) *Doc { return New(d.origin, size) }

// Root returns the top value.
func (d *Doc) Root() Value { return Value{d, 0} }

// Len returns the number of values in the document, the root included.
func (d *Doc) Len() int { return len(d.nodes) }

// At returns the i-th value in the order in which they were added, the root being 0 and parents before their children;
// Absent when there is none.
func (d *Doc) At(i int) Value {
	if i < 0 || i >= len(d.nodes) {
		return Value{}
	}
	return Value{d, int32(i)}
}

// SetRoot makes the top value what t and text say; parsers of documents whose root is not an object use it before
// they add anything.
func (d *Doc) SetRoot(t Type, text string, ref Ref) {
	d.nodes[0] = node{typ: t, text: text, ref: ref}
}

// Lookup returns the value at a JSON pointer (RFC 6901), Absent when there is none. The empty pointer is the root.
func (d *Doc) Lookup(pointer string) Value {
	v := d.Root()
	for pointer != "" && v.Exists() {
		if pointer[0] != '/' {
			return Value{}
		}
		var token string
		token, pointer = nextToken(pointer[1:])
		switch v.Type() {
		case Object:
			v = v.Get(token)
		case Array:
			v = v.At(index(token))
		default:
			return Value{}
		}
	}
	return v
}

// index returns the array index that a reference token writes (RFC 6901 section 4: digits without leading zero), -1 when
// it writes none.
func index(token string) int {
	if token == "" || token[0] < '0' || token[0] > '9' || len(token) > 1 && token[0] == '0' {
		return -1
	}
	i, err := strconv.Atoi(token)
	if err != nil {
		return -1
	}
	return i
}
