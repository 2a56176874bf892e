package yamldoc

import (
	"math"
	"reflect"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
)

func (s *String) decodeNode(d *decoder, n *Node, oneOf []string) {
	if text, ok := d.text(n, oneOf); ok {
		*s = stringOf(n)
		s.Value = text
	}
}

func stringOf(n *Node) String {
	return String{Value: n.text, Pos: n.Pos, Reference: n.Reference, node: n}
}

func (v *Value[T]) decodeNode(d *decoder, n *Node, _ []string) {
	ok := false
	switch target := any(&v.Value).(type) {
	case *bool:
		ok = put(d, target, n, asBool)
	case *time.Duration:
		ok = put(d, target, n, asDuration)
	case *Size:
		ok = put(d, target, n, asSize)
	case *int64:
		ok = put(d, target, n, func(n *Node) (int64, *diag.Diagnostic) { return asInt(n, math.MinInt64, math.MaxInt64) })
	}
	if ok {
		v.Pos, v.Reference = n.Pos, n.Reference
	}
}

func (l *List[T]) decodeNode(d *decoder, n *Node, oneOf []string) {
	if items, ok := d.items(n); ok {
		*l = List[T]{Items: make([]T, len(items)), Pos: n.Pos}
		for i, item := range items {
			d.value(item, reflect.ValueOf(&l.Items[i]).Elem(), oneOf)
		}
	}
}

func (m *Map[T]) decodeNode(d *decoder, n *Node, _ []string) {
	if fields, ok := d.entries(n); ok {
		*m = Map[T]{Entries: make([]Entry[T], len(fields)), Pos: n.Pos}
		for i, f := range fields {
			m.Entries[i].Key = stringOf(f.Key)
			d.value(f.Value, reflect.ValueOf(&m.Entries[i].Value).Elem(), nil)
		}
	}
}
