package expr

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
)

// Shape is what a JSON Schema says of the members that documents of a kind may have. Pointers into it are JSON
// pointers (RFC 6901) where "*" or a number stands for any item of an array. It is immutable.
type Shape struct {
	roots []*field // one for each schema: a document has one of these shapes
}

// field is one place of a document.
type field struct {
	members map[string]*field
	item    *field
	also    []*field // what other subschemas say of the same place; they may be recursive, so they are not merged
	open    bool     // anything may be below
	decimal bool
	date    bool
	term    string
}

// maxAlso bounds how far one place follows references to references: our schemas have two levels.
const maxAlso = 8

// all appends the field and what else is said of its place.
func (f *field) all(dst []*field, depth int) []*field {
	if slices.Contains(dst, f) || depth > maxAlso {
		return dst
	}
	dst = append(dst, f)
	for _, a := range f.also {
		dst = a.all(dst, depth+1)
	}
	return dst
}

// ShapeOfSchema reads the shape from a JSON Schema (2020-12): properties, items, allOf, anyOf, oneOf, then, else and
// local references. A place whose members the schema leaves open allows any path below it.
func ShapeOfSchema(schema *document.Doc) *Shape {
	r := shapeReader{schema: schema, seen: map[string]*field{}}
	return &Shape{[]*field{r.read(schema.Root())}}
}

// Union returns the shape of documents that have one of several shapes.
func Union(shapes ...*Shape) *Shape {
	var u Shape
	for _, s := range shapes {
		for _, r := range s.roots {
			if !slices.Contains(u.roots, r) {
				u.roots = append(u.roots, r)
			}
		}
	}
	return &u
}

// Known reports whether a document may have something at the pointer.
func (s *Shape) Known(pointer string) bool { return len(s.find(pointer)) > 0 }

// Term returns the business term (x-term) at the pointer, such as BT-31, or that of the array whose item it is; empty
// when there is none.
func (s *Shape) Term(pointer string) string {
	found := s.find(pointer)
	for _, f := range found {
		if f.term != "" {
			return f.term
		}
	}
	for _, f := range found {
		if f.item != nil && f.item.term != "" {
			return f.item.term
		}
	}
	return ""
}

// IsDecimal reports whether the text at the pointer is an amount, a quantity or a rate.
func (s *Shape) IsDecimal(pointer string) bool {
	return slices.ContainsFunc(s.find(pointer), func(f *field) bool { return f.decimal })
}

// IsDate reports whether the text at the pointer is a calendar date.
func (s *Shape) IsDate(pointer string) bool {
	return slices.ContainsFunc(s.find(pointer), func(f *field) bool { return f.date })
}

// HasItems reports whether there may be an array at the pointer.
func (s *Shape) HasItems(pointer string) bool {
	return slices.ContainsFunc(s.find(pointer), func(f *field) bool { return f.item != nil })
}

// TermPointers lists a pointer of each place that a schema gives a business term, sorted, "*" standing for any item. A
// subschema that is used in several places counts at the first.
func (s *Shape) TermPointers() []string {
	var pointers []string
	seen := map[*field]bool{}
	var walk func(*field, string)
	walk = func(f *field, at string) {
		if f == nil || seen[f] {
			return
		}
		seen[f] = true
		if f.term != "" {
			pointers = append(pointers, at)
		}
		walk(f.item, at+"/*")
		for _, a := range f.also {
			walk(a, at)
		}
		for _, name := range slices.Sorted(maps.Keys(f.members)) {
			walk(f.members[name], at+"/"+document.EscapeToken(name))
		}
	}
	for _, r := range s.roots {
		walk(r, "")
	}
	slices.Sort(pointers)
	return slices.Compact(pointers)
}

// Members lists the members that may be at the pointer, sorted.
func (s *Shape) Members(pointer string) []string {
	var names []string
	for _, f := range s.find(pointer) {
		for name := range f.members {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Nearest splits a pointer that is not known into the longest known start and the first name that is unknown there,
// with the names that would be known.
func (s *Shape) Nearest(pointer string) (start, unknown string, names []string) {
	for end := 0; ; {
		next := strings.IndexByte(pointer[end+1:], '/')
		stop := len(pointer)
		if next >= 0 {
			stop = end + 1 + next
		}
		if !s.Known(pointer[:stop]) || stop == len(pointer) {
			return pointer[:end], unescape(pointer[end+1 : stop]), s.Members(pointer[:end])
		}
		end = stop
	}
}

// find returns everything that is said of the place at the pointer, nothing when no document has it.
func (s *Shape) find(pointer string) []*field {
	var at []*field
	for _, r := range s.roots {
		at = r.all(at, 0)
	}
	for pointer != "" {
		if pointer[0] != '/' {
			return nil
		}
		token := pointer[1:]
		if i := strings.IndexByte(token, '/'); i >= 0 {
			token, pointer = token[:i], token[i:]
		} else {
			pointer = ""
		}
		var next []*field
		for _, f := range at {
			if n := f.step(unescape(token)); n != nil {
				next = n.all(next, 0)
			}
		}
		at = next
	}
	return at
}

func (f *field) step(token string) *field {
	if m := f.members[token]; m != nil {
		return m
	}
	if f.item != nil {
		if _, err := strconv.ParseUint(token, 10, 32); token == "*" || err == nil {
			return f.item
		}
	}
	if f.open {
		return f
	}
	return nil
}

func unescape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

// shapeReader reads each subschema once, so that recursive schemas end.
type shapeReader struct {
	schema *document.Doc
	seen   map[string]*field // by pointer of the subschema
}

func (r *shapeReader) read(schema document.Value) *field {
	at := schema.Pointer()
	if f := r.seen[at]; f != nil {
		return f
	}
	f := &field{}
	r.seen[at] = f
	if schema.Type() != document.Object { // true or false
		f.open = schema.Text() != "false"
		return f
	}
	f.term = schema.Get("x-term").Text()
	f.date = schema.Get("format").Text() == "date"
	f.decimal = isDecimalPattern(schema.Get("pattern").Text())
	for p := range schema.Get("properties").Children() {
		if f.members == nil {
			f.members = map[string]*field{}
		}
		f.members[p.Name()] = r.read(p)
	}
	if items := schema.Get("items"); items.Exists() {
		f.item = r.read(items)
	}
	for _, other := range r.others(schema) {
		f.also = append(f.also, r.read(other))
	}
	f.open = f.members == nil && f.item == nil && f.also == nil && !isScalar(schema) && schema.Get("additionalProperties").Text() != "false"
	return f
}

// others lists the subschemas that speak of the same place.
func (r *shapeReader) others(schema document.Value) (others []document.Value) {
	if local, ok := strings.CutPrefix(schema.Get("$ref").Text(), "#"); ok {
		others = append(others, r.schema.Lookup(local))
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		for branch := range schema.Get(keyword).Children() {
			others = append(others, branch)
		}
	}
	for _, keyword := range []string{"then", "else"} {
		if branch := schema.Get(keyword); branch.Exists() {
			others = append(others, branch)
		}
	}
	return slices.DeleteFunc(others, isAssertion)
}

// isAssertion reports whether a subschema only restricts a place, without saying what it is: a branch that requires a
// member, or that forbids one.
func isAssertion(schema document.Value) bool {
	for _, keyword := range []string{"type", "properties", "items", "$ref", "allOf", "anyOf", "oneOf", "pattern", "x-term"} {
		if schema.Get(keyword).Exists() {
			return false
		}
	}
	return true
}

// isScalar reports whether the schema is of a type without members.
func isScalar(schema document.Value) bool {
	for _, keyword := range []string{"enum", "const", "pattern"} {
		if schema.Get(keyword).Exists() {
			return true
		}
	}
	switch schema.Get("type").Text() {
	case "string", "number", "integer", "boolean", "null":
		return true
	}
	return false
}

// isDecimalPattern reports whether a pattern takes amounts and no words.
func isDecimalPattern(pattern string) bool {
	re, err := regexp.Compile(pattern)
	return pattern != "" && err == nil && re.MatchString("12.50") && re.MatchString("7") && !re.MatchString("A7")
}
