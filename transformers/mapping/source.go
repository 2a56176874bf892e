package mapping

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
)

// types is a set of JSON types.
type types uint8

func typeSet(t document.Type) types { return 1 << t }

const anyType types = 1<<document.Null | 1<<document.Bool | 1<<document.Number | 1<<document.String | 1<<document.Array | 1<<document.Object

func (t types) has(typ document.Type) bool { return t&typeSet(typ) != 0 }

// names lists the types for a message.
func (t types) names() string {
	var names []string
	for typ := document.Null; typ <= document.Object; typ++ {
		if t.has(typ) {
			names = append(names, typ.String())
		}
	}
	return strings.Join(names, ", ")
}

// maxReferences bounds how far one subschema is followed into others: real schemas go a handful of levels.
const maxReferences = 32

// place is what a JSON Schema says of one place of the documents. It reads draft-07, 2019-09 and 2020-12 alike, and
// errs on the side of what may be there: a place that it does not understand is open.
type place struct {
	schema *document.Doc    // nil where nothing is known
	roots  []document.Value // the subschemas that lead here
	all    []document.Value // these, and those that they refer to for the same place
	open   bool             // anything may be here
}

// anywhere is a place of which nothing is known.
var anywhere = place{open: true}

// topOf is the place of whole documents of a schema.
func topOf(schema *document.Doc) place { return newPlace(schema, []document.Value{schema.Root()}) }

func newPlace(schema *document.Doc, roots []document.Value) place {
	p := place{schema: schema, roots: roots}
	for _, r := range roots {
		p.gather(r, 0)
	}
	return p
}

// gather collects the subschemas that speak of the same place.
func (p *place) gather(s document.Value, depth int) {
	switch {
	case slices.Contains(p.all, s):
		return
	case s.Type() == document.Bool:
		p.open = p.open || s.Text() == "true"
		return
	case s.Type() != document.Object || depth > maxReferences, s.Get("$dynamicRef").Exists(), s.Get("$recursiveRef").Exists(),
		depth > 0 && s.Get("$id").Exists(): // a resource of its own: its references start elsewhere
		p.open = true
		return
	}
	p.all = append(p.all, s)
	if s.Get("$ref").Exists() {
		p.gather(resolve(p.schema, s), depth+1)
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf", "dependentSchemas", "dependencies"} {
		for branch := range s.Get(keyword).Children() {
			if branch.Type() != document.Array && !isTrue(branch) {
				p.gather(branch, depth+1)
			}
		}
	}
	for _, keyword := range []string{"if", "then", "else"} {
		if branch := s.Get(keyword); branch.Exists() && !isTrue(branch) {
			p.gather(branch, depth+1)
		}
	}
}

// isTrue reports whether a branch says nothing of the place: true, or {}.
func isTrue(s document.Value) bool {
	return s.Text() == "true" && s.Type() == document.Bool || s.Type() == document.Object && s.Len() == 0
}

// resolve returns what the $ref of a subschema names in the schema itself, Absent when it is not found there.
func resolve(schema *document.Doc, s document.Value) document.Value {
	ref, id := s.Get("$ref").Text(), schema.Root().Get("$id").Text()
	fragment, local := strings.CutPrefix(ref, "#")
	if !local {
		fragment, local = strings.CutPrefix(ref, strings.TrimSuffix(id, "#")+"#")
		local = local && id != "" || ref == id
	}
	pointer, err := url.PathUnescape(fragment)
	if !local || err != nil || pointer != "" && pointer[0] != '/' {
		return document.Value{}
	}
	return schema.Lookup(pointer)
}

// step returns what is known one token further; ok is false when no document has anything there.
func (p place) step(t token) (next place, ok bool) {
	if p.open {
		return anywhere, true
	}
	var found []document.Value
	speaks := false
	for _, s := range p.all {
		for _, f := range below(s, t, &speaks) {
			if f.Type() != document.Bool || f.Text() != "false" {
				found = append(found, f)
			}
		}
	}
	if len(found) > 0 {
		return newPlace(p.schema, found), true
	}
	possible := p.types()
	return anywhere, !speaks && (possible.has(document.Object) && !t.wild || possible.has(document.Array) && (t.wild || t.index >= 0))
}

// below lists what one subschema says one token further. speaks becomes true when it says anything about places of that
// sort at all: then what is not named is not there.
func below(s document.Value, t token, speaks *bool) (found []document.Value) {
	say := func(v document.Value) {
		*speaks = true
		found = append(found, v)
	}
	if t.wild || t.index >= 0 {
		for _, keyword := range []string{"items", "prefixItems"} {
			items := s.Get(keyword)
			switch items.Type() {
			case document.Absent:
			case document.Array:
				for item := range items.Children() {
					say(item)
				}
			default:
				say(items)
			}
		}
		if extra := s.Get("additionalItems"); extra.Exists() && s.Get("items").Type() == document.Array {
			say(extra)
		}
	}
	if t.wild {
		return found
	}
	if properties := s.Get("properties"); properties.Exists() {
		*speaks = true
		if p := properties.Get(t.name); p.Exists() {
			say(p)
		}
	}
	for pattern := range s.Get("patternProperties").Children() {
		*speaks = true
		if re, err := regexp.Compile(pattern.Name()); err != nil || re.MatchString(t.name) {
			say(pattern)
		}
	}
	for _, keyword := range []string{"additionalProperties", "unevaluatedProperties"} {
		if rest := s.Get(keyword); len(found) == 0 && rest.Exists() {
			say(rest)
		}
	}
	return found
}

// names lists the members that the schema names at the place.
func (p place) names() []string {
	var names []string
	for _, s := range p.all {
		for m := range s.Get("properties").Children() {
			names = append(names, m.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// types returns the JSON types that the place may have.
func (p place) types() types {
	if p.open {
		return anyType
	}
	var t types
	for _, r := range p.roots {
		t |= p.typesOf(r, 0)
	}
	return t
}

func (p place) typesOf(s document.Value, depth int) types {
	switch {
	case s.Type() == document.Bool && s.Text() == "false":
		return 0
	case s.Type() != document.Object || depth > maxReferences:
		return anyType
	}
	t := declared(s)
	if s.Get("$ref").Exists() {
		t &= p.typesOf(resolve(p.schema, s), depth+1)
	}
	for branch := range s.Get("allOf").Children() {
		t &= p.typesOf(branch, depth+1)
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if branches := s.Get(keyword); branches.Exists() {
			var some types
			for branch := range branches.Children() {
				some |= p.typesOf(branch, depth+1)
			}
			t &= some
		}
	}
	return t
}

// declared returns the types that type, const and enum of one subschema leave.
func declared(s document.Value) types {
	t := anyType
	switch typ := s.Get("type"); typ.Type() {
	case document.String:
		t = typeNamed(typ.Text())
	case document.Array:
		t = 0
		for one := range typ.Children() {
			t |= typeNamed(one.Text())
		}
	}
	if c := s.Get("const"); c.Exists() {
		t &= typeSet(c.Type())
	}
	if enum := s.Get("enum"); enum.Exists() {
		var some types
		for one := range enum.Children() {
			some |= typeSet(one.Type())
		}
		t &= some
	}
	return t
}

func typeNamed(name string) types {
	for typ := document.Null; typ <= document.Object; typ++ {
		if typ.String() == name {
			return typeSet(typ)
		}
	}
	if name == "integer" {
		return typeSet(document.Number)
	}
	return anyType
}

// allows reports whether the value with that text may stand at the place, as far as const and enum tell; values are
// those that they name.
func (p place) allows(text string) (allowed bool, values []string) {
	if p.open {
		return true, nil
	}
	for _, r := range p.roots {
		if p.allowsIn(r, text, 0, &values) {
			return true, nil
		}
	}
	return false, values
}

func (p place) allowsIn(s document.Value, text string, depth int, values *[]string) bool {
	if s.Type() != document.Object || depth > maxReferences {
		return true
	}
	if c := s.Get("const"); c.Exists() && c.Text() != text {
		*values = append(*values, c.Text())
		return false
	}
	if enum := s.Get("enum"); enum.Exists() {
		some := false
		for one := range enum.Children() {
			*values = append(*values, one.Text())
			some = some || one.Text() == text
		}
		if !some {
			return false
		}
	}
	if s.Get("$ref").Exists() && !p.allowsIn(resolve(p.schema, s), text, depth+1, values) {
		return false
	}
	for branch := range s.Get("allOf").Children() {
		if !p.allowsIn(branch, text, depth+1, values) {
			return false
		}
	}
	return true
}

// required lists the members that every document must have at the place.
func (p place) required() []string {
	if p.open || len(p.roots) != 1 {
		return nil
	}
	return p.requiredIn(p.roots[0], nil, 0)
}

func (p place) requiredIn(s document.Value, names []string, depth int) []string {
	if s.Type() != document.Object || depth > maxReferences {
		return names
	}
	for name := range s.Get("required").Children() {
		if !slices.Contains(names, name.Text()) {
			names = append(names, name.Text())
		}
	}
	if s.Get("$ref").Exists() {
		names = p.requiredIn(resolve(p.schema, s), names, depth+1)
	}
	for branch := range s.Get("allOf").Children() {
		names = p.requiredIn(branch, names, depth+1)
	}
	return names
}
