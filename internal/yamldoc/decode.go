package yamldoc

import (
	"math"
	"reflect"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
)

// Unmarshal parses and decodes in one call, for files without references.
func Unmarshal(file string, data []byte, target any) diag.List {
	n, list := Parse(file, data)
	if n != nil {
		list.Append(Decode(n, target))
	}
	return list
}

// Decode fills the value that target points to, and reports all faults.
//
// Struct fields have a tag: `yaml:"name"`, with the options "required" (present, and not empty when
// it is text, a list or a mapping) and "oneof=a|b" (for text and lists of text). A field of type
// diag.Position tagged `yaml:",pos"` gets the place of the struct. Fields without a tag are left
// alone, and so are fields that the file does not have: set defaults before. Lists and mappings are
// replaced, never merged with a default.
//
// Targets are structs, pointers, slices, map[string]T, the positioned types of this package, *Node
// (taken as it is), string, bool, the integer types, time.Duration and Unmarshalers. A null in a
// field that takes a struct, a list or a mapping counts as absent, so that a block whose lines are all
// commented out is fine; any other null is a fault.
func Decode(n *Node, target any) diag.List {
	var d decoder
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		d.unusable(n, "the target is not a pointer")
		return d.list
	}
	d.value(n, v.Elem(), nil)
	return d.list
}

type decoder struct{ list diag.List }

// unusable reports a fault of the program.
func (d *decoder) unusable(n *Node, why string) {
	d.list.Add(diag.Errorf(n.Pos, CodeTarget, "erreur du programme : %[1]s", "fault of the program: %[1]s", why).
		WithHint("signalez-la avec ce fichier", "report it with this file"))
}

// custom is implemented by the positioned types of this package.
type custom interface {
	decodeNode(d *decoder, n *Node, oneOf []string)
}

// collection is the custom types that hold several values.
type collection interface {
	custom
	Len() int
}

func (d *decoder) value(n *Node, v reflect.Value, oneOf []string) {
	if v.Type() == reflect.TypeFor[*Node]() {
		v.Set(reflect.ValueOf(n))
		return
	}
	if n.broken {
		return
	}
	switch target := v.Addr().Interface().(type) {
	case Unmarshaler:
		d.list.Append(target.UnmarshalYAMLNode(n))
		return
	case custom:
		target.decodeNode(d, n, oneOf)
		return
	case *time.Duration:
		put(d, target, n, asDuration)
		return
	case *Size:
		put(d, target, n, asSize)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), oneOf)
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.slice(n, v, oneOf)
	case reflect.Map:
		d.mapping(n, v)
	default:
		d.scalar(n, v, oneOf)
	}
}

func (d *decoder) scalar(n *Node, v reflect.Value, oneOf []string) {
	switch {
	case v.Kind() == reflect.String:
		if text, ok := d.text(n, oneOf); ok {
			v.SetString(text)
		}
	case v.Kind() == reflect.Bool:
		if b, fault := asBool(n); fault != nil {
			d.list.Add(*fault)
		} else {
			v.SetBool(b)
		}
	case v.CanInt():
		high := int64(math.MaxInt64) >> (64 - v.Type().Bits())
		if i, fault := asInt(n, -high-1, high); fault != nil {
			d.list.Add(*fault)
		} else {
			v.SetInt(i)
		}
	case v.CanUint():
		high := int64(math.MaxInt64)
		if bits := v.Type().Bits(); bits < 64 {
			high = 1<<bits - 1
		}
		if i, fault := asInt(n, 0, high); fault != nil {
			d.list.Add(*fault)
		} else {
			v.SetUint(uint64(i))
		}
	default:
		d.unusable(n, "cannot decode into "+v.Type().String())
	}
}

// put stores what a reader made of the node, or reports its fault.
func put[T any](d *decoder, target *T, n *Node, read func(*Node) (T, *diag.Diagnostic)) bool {
	got, fault := read(n)
	if fault != nil {
		d.list.Add(*fault)
		return false
	}
	*target = got
	return true
}

// text reads a text that is one of the given words, if there are any.
func (d *decoder) text(n *Node, oneOf []string) (string, bool) {
	var text string
	if !put(d, &text, n, asText) {
		return "", false
	}
	if len(oneOf) == 0 {
		return text, true
	}
	for _, word := range oneOf {
		if text == word {
			return text, true
		}
	}
	fault := n.WrongValue("un des mots connus", "one of the known words")
	if n.Reference {
		d.list.Add(suggest(fault, "", oneOf)) // the nearest word would tell something of a secret
	} else {
		d.list.Add(suggest(fault, text, oneOf))
	}
	return "", false
}

func (d *decoder) structure(n *Node, v reflect.Value) {
	fields, position, err := fieldsOf(v.Type())
	if err != nil {
		d.unusable(n, err.Error())
		return
	}
	if n.Kind != Mapping && !n.isEmptyFile() {
		d.list.Add(suggest(n.WrongType("un objet (des champs \"nom: valeur\")", "a mapping (fields \"name: value\")"), "", names(fields)))
		return
	}
	if position >= 0 {
		v.Field(position).Set(reflect.ValueOf(n.Pos))
	}
	reported := make(map[string]bool)
	for _, f := range n.Fields {
		known, before := false, d.list.Len()
		for _, want := range fields {
			if known = want.name == f.Key.text; known {
				if target := v.Field(want.index); !f.Value.IsNull() || f.Value.broken || !isCollection(target.Type()) {
					d.value(f.Value, target, want.oneOf)
				}
				break
			}
		}
		if !known && d.list.Full() {
			d.list.Errorf(f.Key.Pos, CodeUnknownField, "champ inconnu", "unknown field")
			continue
		}
		if !known {
			inFR, inEN := n.in()
			d.list.Add(suggest(diag.Errorf(f.Key.Pos, CodeUnknownField, "%[1]schamp inconnu %[3]s", "%[2]sunknown field %[3]s", inFR, inEN, show(f.Key.text)),
				f.Key.text, names(fields)))
			reported[diag.Nearest(f.Key.text, names(fields))] = true // a misspelt field is not missing as well
			continue
		}
		if d.list.Len() > before {
			reported[f.Key.text] = true
		}
	}
	for _, want := range fields {
		if want.required && !reported[want.name] {
			d.require(n, want.name)
		}
	}
}

// require reports a required field that is absent or empty.
func (d *decoder) require(n *Node, name string) {
	got := n.Field(name)
	inFR, inEN := n.in()
	switch {
	case got == nil:
		d.list.Add(diag.Errorf(n.Pos, CodeMissingField, "%[1]sle champ obligatoire %[3]s manque", "%[2]sthe required field %[3]s is missing", inFR, inEN, show(name)).
			WithHint("ajoutez \"%[1]s:\" et sa valeur", "add \"%[1]s:\" and its value", name))
	case got.broken:
	case got.Kind == Scalar && got.text == "" && (got.style != plain || got.Reference),
		got.IsNull(),
		got.Kind != Scalar && len(got.Fields)+len(got.Items) == 0:
		d.list.Add(diag.Errorf(got.Pos, CodeMissingField, "%[1]sle champ obligatoire %[3]s est vide", "%[2]sthe required field %[3]s is empty", inFR, inEN, show(name)).
			WithHint("donnez-lui une valeur", "give it a value"))
	}
}

// isCollection tells whether a null in the place of the type means that the field is absent.
func isCollection(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch reflect.New(t).Interface().(type) {
	case collection:
		return true
	case Unmarshaler, custom, **Node:
		return false
	}
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Slice || t.Kind() == reflect.Map
}

// isEmptyFile tells whether the node stands for a file with nothing in it but comments, which is a
// mapping without fields or a list without items.
func (n *Node) isEmptyFile() bool { return n.parent == nil && n.IsNull() }

// items gives the items to decode.
func (d *decoder) items(n *Node) ([]*Node, bool) {
	if n.Kind == Sequence || n.isEmptyFile() {
		return n.Items, true
	}
	d.list.Add(n.WrongType("une liste", "a list").
		WithHint("mettez la valeur entre crochets, ou écrivez \"- \" devant chaque élément", "put the value in brackets, or write \"- \" before each item"))
	return nil, false
}

// entries gives the fields to decode.
func (d *decoder) entries(n *Node) ([]Field, bool) {
	if n.Kind == Mapping || n.isEmptyFile() {
		return n.Fields, true
	}
	d.list.Add(n.WrongType("un objet (des champs \"nom: valeur\")", "a mapping (fields \"name: value\")"))
	return nil, false
}

func (d *decoder) slice(n *Node, v reflect.Value, oneOf []string) {
	items, ok := d.items(n)
	if !ok {
		return
	}
	all := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, all.Index(i), oneOf)
	}
	v.Set(all)
}

func (d *decoder) mapping(n *Node, v reflect.Value) {
	if v.Type().Key().Kind() != reflect.String {
		d.unusable(n, "cannot decode into "+v.Type().String())
		return
	}
	fields, ok := d.entries(n)
	if !ok {
		return
	}
	all := reflect.MakeMapWithSize(v.Type(), len(fields))
	for _, f := range fields {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(f.Value, item, nil)
		all.SetMapIndex(reflect.ValueOf(f.Key.text).Convert(v.Type().Key()), item)
	}
	v.Set(all)
}
