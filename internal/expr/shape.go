package expr

import (
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
	open    bool // anything may be below
	decimal bool
	term    string
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

// Below returns the shape of the values at the pointer.
func (s *Shape) Below(pointer string) *Shape { return &Shape{s.find(pointer)} }

// Known reports whether a document may have something at the pointer.
func (s *Shape) Known(pointer string) bool { return len(s.find(pointer)) > 0 }

// Term returns the business term (x-term) at the pointer, such as BT-31, or that of the array whose item it is; empty
// when there is none.
func (s *Shape) Term(pointer string) string {
	for _, f := range s.find(pointer) {
		switch {
		case f.term != "":
			return f.term
		case f.item != nil && f.item.term != "":
			return f.item.term
		}
	}
	return ""
}

// IsDecimal reports whether the text at the pointer is an amount, a quantity or a rate.
func (s *Shape) IsDecimal(pointer string) bool {
	return slices.ContainsFunc(s.find(pointer), func(f *field) bool { return f.decimal })
}

// Terms lists all business terms, sorted.
func (s *Shape) Terms() []string {
	var terms []string
	seen := map[*field]bool{}
	var walk func(*field)
	walk = func(f *field) {
		if f == nil || seen[f] {
			return
		}
		seen[f] = true
		if f.term != "" {
			terms = append(terms, f.term)
		}
		walk(f.item)
		for _, m := range f.members {
			walk(m)
		}
	}
	for _, r := range s.roots {
		walk(r)
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// names lists the members that may be at the pointer, sorted.
func (s *Shape) names(pointer string) []string {
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
			return pointer[:end], unescape(pointer[end+1 : stop]), s.names(pointer[:end])
		}
		end = stop
	}
}

func (s *Shape) find(pointer string) []*field {
	at := s.roots
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
			if n := f.step(unescape(token)); n != nil && !slices.Contains(next, n) {
				next = append(next, n)
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
	if schema.Type() != document.Object { // true, or nothing
		f.open = schema.Text() != "false"
		return f
	}
	r.fill(f, schema)
	closed := schema.Get("additionalProperties").Text() == "false"
	f.open = f.members == nil && f.item == nil && !closed && !isScalar(schema, r)
	return f
}

// fill adds what one schema object says; applicators add to the same field.
func (r *shapeReader) fill(f *field, schema document.Value) {
	if term := schema.Get("x-term").Text(); term != "" {
		f.term = term
	}
	if isDecimalPattern(schema.Get("pattern").Text()) {
		f.decimal = true
	}
	for p := range schema.Get("properties").Children() {
		if f.members == nil {
			f.members = map[string]*field{}
		}
		f.members[p.Name()] = r.read(p)
	}
	if items := schema.Get("items"); items.Exists() {
		f.item = r.read(items)
	}
	if target := r.target(schema); target.Exists() {
		r.adopt(f, r.read(target))
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		for branch := range schema.Get(keyword).Children() {
			r.adopt(f, r.read(branch))
		}
	}
	for _, keyword := range []string{"then", "else"} {
		if branch := schema.Get(keyword); branch.Exists() {
			r.adopt(f, r.read(branch))
		}
	}
}

// adopt adds what another subschema says of the same place.
func (r *shapeReader) adopt(f, from *field) {
	f.decimal = f.decimal || from.decimal
	if f.term == "" {
		f.term = from.term
	}
	if f.item == nil {
		f.item = from.item
	}
	for name, m := range from.members {
		if f.members == nil {
			f.members = map[string]*field{}
		}
		if f.members[name] == nil {
			f.members[name] = m
		}
	}
}

// target returns the subschema that a local $ref names.
func (r *shapeReader) target(schema document.Value) document.Value {
	local, ok := strings.CutPrefix(schema.Get("$ref").Text(), "#")
	if !ok {
		return document.Value{}
	}
	return r.schema.Lookup(local)
}

// isScalar reports whether the schema, or what it refers to, has a type without members.
func isScalar(schema document.Value, r *shapeReader) bool {
	for range 8 { // references to references: our schemas have one level
		if schema.Get("enum").Exists() || schema.Get("const").Exists() || schema.Get("pattern").Exists() {
			return true
		}
		switch schema.Get("type").Text() {
		case "string", "number", "integer", "boolean", "null":
			return true
		}
		schema = r.target(schema)
	}
	return false
}

// isDecimalPattern reports whether a pattern takes amounts and no words.
func isDecimalPattern(pattern string) bool {
	re, err := regexp.Compile(pattern)
	return pattern != "" && err == nil && re.MatchString("12.50") && re.MatchString("7") && !re.MatchString("A7")
}
