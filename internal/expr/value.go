package expr

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/commande-publique/passerelle/internal/document"
)

// adapter shows Go values to the evaluator. Documents are not converted: each value is wrapped when it is read.
type adapter struct{}

// NativeToValue implements types.Adapter.
func (adapter) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case ref.Val:
		return v
	case document.Value:
		return wrap(v)
	case string:
		return types.String(v)
	case int64:
		return types.Int(v)
	case bool:
		return types.Bool(v)
	case time.Time:
		return types.Timestamp{Time: v}
	case []string:
		return types.NewStringList(adapter{}, v)
	case []ref.Val:
		return types.NewRefValList(adapter{}, v)
	default:
		return types.DefaultTypeAdapter.NativeToValue(v)
	}
}

// wrap gives the CEL value of a document's value.
func wrap(v document.Value) ref.Val {
	switch v.Type() {
	case document.String:
		return types.String(v.Text())
	case document.Object:
		return object{v}
	case document.Array:
		return list{v}
	case document.Bool:
		return types.Bool(v.Text() == "true")
	case document.Number:
		return number(v.Text())
	case document.Null:
		return types.NullValue
	default:
		return types.WrapErr(errAbsent)
	}
}

// number gives an int for a whole number that fits, else money; an exponent is refused, as a float would be needed.
func number(text string) ref.Val {
	if !strings.Contains(text, ".") {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return types.Int(i)
		}
	}
	return parseMoney(text)
}

var (
	errAbsent      = errors.New("no such value")
	errComparison  = errors.New("objects and lists cannot be compared: compare their members")
	errUnsupported = errors.New("not supported on a value of a document")
)

// object is a JSON object as a CEL map.
type object struct{ v document.Value }

var _ traits.Mapper = object{}

// Find implements traits.Mapper.
func (o object) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	c := o.v.Get(string(name))
	if !c.Exists() {
		return nil, false
	}
	return wrap(c), true
}

// Get implements traits.Indexer.
func (o object) Get(key ref.Val) ref.Val {
	v, found := o.Find(key)
	if !found {
		return types.ValOrErr(v, "no such key: %v", key)
	}
	return v
}

// Contains implements traits.Container: whether there is a member with that name.
func (o object) Contains(key ref.Val) ref.Val {
	v, found := o.Find(key)
	if v != nil && types.IsError(v) {
		return v
	}
	return types.Bool(found)
}

// Size implements traits.Sizer.
func (o object) Size() ref.Val { return types.Int(o.v.Len()) }

// Iterator implements traits.Iterable over the names of the members.
func (o object) Iterator() traits.Iterator {
	names := make([]ref.Val, 0, o.v.Len())
	for c := range o.v.Children() {
		names = append(names, types.String(c.Name()))
	}
	return types.NewRefValList(adapter{}, names).Iterator()
}

// Equal implements ref.Val.
func (o object) Equal(ref.Val) ref.Val { return types.WrapErr(errComparison) }

// ConvertToNative implements ref.Val.
func (o object) ConvertToNative(t reflect.Type) (any, error) { return native(o, t) }

// ConvertToType implements ref.Val.
func (o object) ConvertToType(t ref.Type) ref.Val { return convert(o, t) }

// Type implements ref.Val.
func (o object) Type() ref.Type { return types.MapType }

// Value implements ref.Val.
func (o object) Value() any { return o.v }

// list is a JSON array as a CEL list.
type list struct{ v document.Value }

var (
	_ traits.Lister   = list{}
	_ traits.Foldable = list{}
)

// Fold implements traits.Foldable: it visits the items in document order.
func (l list) Fold(f traits.Folder) {
	i := types.Int(0)
	for c := range l.v.Children() {
		if !f.FoldEntry(i, wrap(c)) {
			return
		}
		i++
	}
}

// Get implements traits.Indexer.
func (l list) Get(index ref.Val) ref.Val {
	i, ok := index.(types.Int)
	if !ok {
		return types.MaybeNoSuchOverloadErr(index)
	}
	v := l.v.At(int(i))
	if !v.Exists() {
		return types.NewErr("index out of bounds: %d", i)
	}
	return wrap(v)
}

// Contains implements traits.Container: whether an item equals the value.
func (l list) Contains(value ref.Val) ref.Val { return l.items().Contains(value) }

// Add implements traits.Adder: the items of both lists.
func (l list) Add(other ref.Val) ref.Val { return l.items().Add(other) }

// Size implements traits.Sizer.
func (l list) Size() ref.Val { return types.Int(l.v.Len()) }

// Iterator implements traits.Iterable.
func (l list) Iterator() traits.Iterator { return l.items().Iterator() }

func (l list) items() traits.Lister {
	items := make([]ref.Val, 0, l.v.Len())
	for c := range l.v.Children() {
		items = append(items, wrap(c))
	}
	return types.NewRefValList(adapter{}, items)
}

// Equal implements ref.Val.
func (l list) Equal(ref.Val) ref.Val { return types.WrapErr(errComparison) }

// ConvertToNative implements ref.Val.
func (l list) ConvertToNative(t reflect.Type) (any, error) { return native(l, t) }

// ConvertToType implements ref.Val.
func (l list) ConvertToType(t ref.Type) ref.Val { return convert(l, t) }

// Type implements ref.Val.
func (l list) Type() ref.Type { return types.ListType }

// Value implements ref.Val.
func (l list) Value() any { return l.v }

// native gives the Go value of one of our CEL values when that is what is asked for.
func native(v ref.Val, t reflect.Type) (any, error) {
	if got := v.Value(); reflect.TypeOf(got).AssignableTo(t) {
		return got, nil
	}
	return nil, fmt.Errorf("%w: conversion to %v", errUnsupported, t)
}

// convert answers type(v) and dyn(v); there is no other conversion.
func convert(v ref.Val, t ref.Type) ref.Val {
	switch t {
	case v.Type():
		return v
	case types.TypeType:
		if typ, ok := v.Type().(ref.Val); ok {
			return typ
		}
	}
	return types.NewErr("type conversion error from '%s' to '%s'", v.Type(), t)
}
