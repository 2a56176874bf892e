package yamldoc

import (
	"iter"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
)

// String is a text with its place in the file. Its zero value means that the field is absent, or
// holds a default that a program set.
type String struct {
	Value string
	Pos   diag.Position
	// Reference tells that the value comes from a ${...} reference: it may be a secret, never print it.
	Reference bool

	node *Node
}

// IsSet tells whether the field is in the file.
func (s String) IsSet() bool { return s.Pos.IsSet() }

// PositionAt gives the place in the file of a place in the value. line and column start at 1 and count
// inside the value; the column counts runes. It is exact for plain, quoted, literal and folded
// text; after a ${...} reference was replaced it is the start of the value.
func (s String) PositionAt(line, column int) diag.Position {
	if s.node == nil {
		return s.Pos
	}
	return s.node.positionAt(line, column)
}

// Value is a number, a boolean, a duration or a size with its place in the file. Its zero value
// means that the field is absent; a program may set Value alone as a default.
type Value[T int64 | bool | time.Duration | Size] struct {
	Value T
	Pos   diag.Position
	// Reference tells that the value comes from a ${...} reference.
	Reference bool
}

// IsSet tells whether the field is in the file.
func (v Value[T]) IsSet() bool { return v.Pos.IsSet() }

// Size is a number of bytes, written as "16MiB", "500 KB" or "1048576".
type Size int64

// The positioned values.
type (
	// Int is a whole number in decimal digits.
	Int = Value[int64]
	// Bool is true or false; "yes" and "on" are not.
	Bool = Value[bool]
	// Duration is a Go duration, "500ms" or "1h30m"; a number without unit is refused unless it is 0.
	Duration = Value[time.Duration]
	// Bytes is a Size: B, KB, MB, GB count in thousands, KiB, MiB, GiB in 1024s (IEC 80000-13).
	Bytes = Value[Size]
)

// List is a list that knows where it is.
type List[T any] struct {
	Items []T
	Pos   diag.Position
}

// Len counts the items.
func (l List[T]) Len() int { return len(l.Items) }

// IsSet tells whether the field is in the file.
func (l List[T]) IsSet() bool { return l.Pos.IsSet() }

// Map is a mapping with keys of the writer's choice, in the order of the file, each with its place.
type Map[T any] struct {
	Entries []Entry[T]
	Pos     diag.Position
}

// Entry is one key and value of a Map.
type Entry[T any] struct {
	Key   String
	Value T
}

// Len counts the entries.
func (m Map[T]) Len() int { return len(m.Entries) }

// IsSet tells whether the field is in the file.
func (m Map[T]) IsSet() bool { return m.Pos.IsSet() }

// Get gives the value of a key.
func (m Map[T]) Get(key string) (T, bool) {
	for _, e := range m.Entries {
		if e.Key.Value == key {
			return e.Value, true
		}
	}
	var zero T
	return zero, false
}

// Keys gives the keys in the order of the file.
func (m Map[T]) Keys() []string {
	keys := make([]string, 0, len(m.Entries))
	for _, e := range m.Entries {
		keys = append(keys, e.Key.Value)
	}
	return keys
}

// All ranges over the entries in the order of the file.
func (m Map[T]) All() iter.Seq2[String, T] {
	return func(yield func(String, T) bool) {
		for _, e := range m.Entries {
			if !yield(e.Key, e.Value) {
				return
			}
		}
	}
}

// Unmarshaler is implemented, on the pointer, by types that decode themselves, such as a field that
// is a word or a mapping. They may call Decode on the node or its children, and report with
// Node.WrongType and Node.WrongValue.
type Unmarshaler interface {
	UnmarshalYAMLNode(n *Node) diag.List
}
