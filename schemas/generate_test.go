package schemas_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/commande-publique/passerelle/schemas"
)

// generator makes schemas and documents from a few bytes, which a fuzzer changes; when they end, chance goes on from
// them. Its words are few, so that schemas and documents meet.
type generator struct {
	data   []byte
	chance *rand.Rand
	draft  schemas.Draft
	budget int // subschemas that may still be made
}

func newGenerator(data []byte) *generator {
	h := fnv.New64a()
	h.Write(data)
	return &generator{data: data, chance: rand.New(rand.NewPCG(h.Sum64(), 5))}
}

// n returns a number below limit.
func (g *generator) n(limit int) int {
	if len(g.data) == 0 {
		return g.chance.IntN(limit)
	}
	b := g.data[0]
	g.data = g.data[1:]
	return int(b) % limit
}

func pick[T any](g *generator, of ...T) T { return of[g.n(len(of))] }

func (g *generator) name() string { return pick(g, "a", "b", "ab", "é", "12", "a/b", "") }

func (g *generator) text() string {
	return pick(g, "", "a", "b", "ab", "aé", "é", "K", "12", "12.50", "-0.5", "00", "2026-02-28", "2026-02-30", "12:00:00Z", "2024-02-29T23:59:60Z",
		"a@b.fr", "a b", "http://a/b?c#d", "urn:x", "{a}", "127.0.0.1", "::1", "P1D", "aWE=", "é.fr", "/a~0", "0#", "73282932000074", "732829320",
		"FR7630006000011234567890189", "FR10", "72000000-5", "EUR", "FR", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "aaaaaaaaaaaaaaaaaaaaaaaaa")
}

func (g *generator) number() json.Number {
	return json.Number(pick(g, "0", "-0", "1", "1.0", "2", "3", "-1", "0.5", "1.5", "10", "1e1", "0.1", "0.30", "1e-7", "100", "1E+2", "12345678901234567890", "99999999999999999999.5", "1e30", "0e5"))
}

// value makes a document.
func (g *generator) value(depth int) any {
	kinds := 7
	if depth <= 0 {
		kinds = 5
	}
	switch g.n(kinds) {
	case 0:
		return nil
	case 1:
		return g.n(2) == 0
	case 2:
		return g.number()
	case 3, 4:
		return g.text()
	case 5:
		list := []any{}
		for range g.n(5) {
			list = append(list, g.value(depth-1))
		}
		return list
	default:
		members := map[string]any{}
		for range g.n(4) {
			members[g.name()] = g.value(depth - 1)
		}
		return members
	}
}

func (g *generator) pattern() string {
	return pick(g, "^a", "b$", "^[0-9]{2}$", `^-?\d+(\.\d+)?$`, "é", ".", "^(a|b)*$", `\w+$`, "(?i)k", "^$", `\bab\b`, "^[^a]*$", "", "^.{1,3}$", `a|^b`)
}

func (g *generator) format() string {
	return slices.Sorted(maps.Keys(schemas.Formats()))[g.n(len(schemas.Formats()))]
}

func (g *generator) names() []any {
	list := []any{}
	for range g.n(3) {
		if name := g.name(); !slices.Contains(list, any(name)) {
			list = append(list, name)
		}
	}
	return list
}

func (g *generator) schemas() []any {
	list := []any{g.schema()}
	for range g.n(3) {
		list = append(list, g.schema())
	}
	return list
}

func (g *generator) byName(key func() string, value func() any) map[string]any {
	members := map[string]any{}
	for range 1 + g.n(3) {
		members[key()] = value()
	}
	return members
}

// root makes a schema with definitions.
func (g *generator) root() map[string]any {
	g.budget = 12
	defs := "$defs"
	if g.draft == schemas.Draft07 {
		defs = "definitions"
	}
	s := map[string]any{}
	for range 1 + g.n(4) {
		g.keyword(s)
	}
	definitions := map[string]any{}
	for _, name := range []string{"x", "y"} {
		definitions[name] = g.schema()
	}
	if g.draft == schemas.Draft202012 {
		definitions["x"] = map[string]any{"$dynamicAnchor": "n", "not": definitions["y"]}
	}
	s[defs] = definitions
	s["$schema"] = map[schemas.Draft]string{
		schemas.Draft07: "http://json-schema.org/draft-07/schema#", schemas.Draft201909: "https://json-schema.org/draft/2019-09/schema",
		schemas.Draft202012: "https://json-schema.org/draft/2020-12/schema",
	}[g.draft]
	return s
}

// schema makes a subschema.
func (g *generator) schema() any {
	g.budget--
	if g.budget < 0 || g.n(12) == 0 {
		return g.n(4) > 0
	}
	s := map[string]any{}
	for range 1 + g.n(3) {
		g.keyword(s)
	}
	return s
}

// keyword adds one keyword of the draft.
func (g *generator) keyword(s map[string]any) {
	words := schemas.Keywords(g.draft)
	slices.Sort(words)
	word := words[g.n(len(words))]
	defs := "#/$defs/"
	if g.draft == schemas.Draft07 {
		defs = "#/definitions/"
	}
	switch word {
	case "$ref":
		s[word] = pick(g, defs+"x", defs+"y", "#", defs+"x")
	case "$dynamicRef":
		s[word] = "#n"
	case "$recursiveRef":
		s[word] = "#"
	case "$recursiveAnchor", "uniqueItems", "readOnly", "writeOnly", "deprecated":
		s[word] = g.n(4) > 0
	case "$comment", "title", "description":
		s[word] = "text"
	case "default", "const":
		s[word] = g.value(2)
	case "examples":
		s[word] = []any{g.value(1)}
	case "allOf", "anyOf", "oneOf", "prefixItems":
		s[word] = g.schemas()
	case "if":
		s["if"], s["then"], s["else"] = g.schema(), g.schema(), g.schema()
	case "not", "then", "else", "additionalProperties", "propertyNames", "contains", "unevaluatedItems", "unevaluatedProperties", "additionalItems":
		s[word] = g.schema()
	case "items":
		if s[word] = g.schema(); g.draft != schemas.Draft202012 && g.n(2) == 0 {
			s[word] = g.schemas()
		}
	case "properties", "dependentSchemas":
		s[word] = g.byName(g.name, g.schema)
	case "patternProperties":
		s[word] = g.byName(g.pattern, g.schema)
	case "dependencies":
		s[word] = g.byName(g.name, func() any {
			if g.n(2) == 0 {
				return g.names()
			}
			return g.schema()
		})
	case "dependentRequired":
		s[word] = g.byName(g.name, func() any { return g.names() })
	case "required":
		s[word] = g.names()
	case "type":
		if s[word] = pick[any](g, "array", "boolean", "integer", "null", "number", "object", "string"); g.n(3) == 0 {
			s[word] = []any{"integer", pick(g, "string", "object", "array", "null")}
		}
	case "enum":
		list := []any{g.value(1)}
		for range g.n(12) {
			list = append(list, g.value(1))
		}
		s[word] = list
	case "format":
		s[word] = g.format()
	case "pattern":
		s[word] = g.pattern()
	case "contentEncoding":
		s[word] = "base64"
	case "contentMediaType":
		s[word] = "application/json"
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains":
		s[word] = pick(g, json.Number("0"), "1", "2", "3.0", "1e1")
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		s[word] = g.number()
	case "multipleOf":
		s[word] = pick(g, json.Number("1"), "2", "0.1", "0.5", "3", "1e2", "1e-7", "7")
	}
}

// instance makes a document that has a chance to satisfy a schema.
func (g *generator) instance(schema any, root map[string]any, depth int) any {
	s, ok := schema.(map[string]any)
	if !ok || depth <= 0 || g.n(8) == 0 {
		return g.value(2)
	}
	if ref, ok := s["$ref"].(string); ok && g.n(2) == 0 {
		if ref == "#" {
			return g.instance(root, root, depth-1)
		}
		for _, defs := range []string{"$defs", "definitions"} {
			if members, ok := root[defs].(map[string]any); ok {
				return g.instance(members[ref[len(ref)-1:]], root, depth-1)
			}
		}
	}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		if list, ok := s[word].([]any); ok && len(list) > 0 && g.n(2) == 0 {
			return g.instance(list[g.n(len(list))], root, depth-1)
		}
	}
	if value, ok := s["const"]; ok && g.n(4) > 0 {
		return value
	}
	if list, ok := s["enum"].([]any); ok && len(list) > 0 && g.n(4) > 0 {
		return list[g.n(len(list))]
	}
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { _, ok := s[word]; return ok })
	}
	kind, _ := s["type"].(string)
	switch {
	case kind == "object" || kind == "" && has("properties", "required", "additionalProperties", "patternProperties", "propertyNames", "dependencies", "dependentSchemas", "dependentRequired", "unevaluatedProperties"):
		members := map[string]any{}
		if list, ok := s["required"].([]any); ok {
			for _, name := range list {
				members[fmt.Sprint(name)] = g.value(1)
			}
		}
		if properties, ok := s["properties"].(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(properties)) {
				if g.n(4) > 0 {
					members[name] = g.instance(properties[name], root, depth-1)
				}
			}
		}
		if g.n(2) == 0 {
			members[g.name()] = g.instance(s["additionalProperties"], root, depth-1)
		}
		return members
	case kind == "array" || kind == "" && has("items", "prefixItems", "contains", "uniqueItems", "minItems", "maxItems", "unevaluatedItems", "additionalItems"):
		list := []any{}
		for range g.n(5) {
			list = append(list, g.instance(pick(g, s["items"], s["items"], s["contains"]), root, depth-1))
		}
		return list
	case kind == "string" || kind == "" && has("pattern", "format", "minLength", "maxLength", "contentEncoding", "contentMediaType"):
		return g.text()
	case kind == "number" || kind == "integer" || kind == "" && has("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
		return g.number()
	case kind == "null":
		return nil
	case kind == "boolean":
		return g.n(2) == 0
	}
	return g.value(2)
}

// mutate changes one place of a JSON value: a schema gets keywords, too.
func (g *generator) mutate(v any, schema bool) any {
	g.budget = 4
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		out := maps.Clone(v)
		switch {
		case len(names) == 0 || g.n(5) == 0:
			if schema {
				g.keyword(out)
			} else {
				out[g.name()] = g.value(1)
			}
		case g.n(5) == 0:
			delete(out, names[g.n(len(names))])
		default:
			name := names[g.n(len(names))]
			out[name] = g.mutate(v[name], schema)
		}
		return out
	case []any:
		out := slices.Clone(v)
		switch {
		case len(v) == 0 || g.n(4) == 0:
			return append(out, g.value(1))
		case g.n(4) == 0:
			i := g.n(len(v))
			return slices.Delete(out, i, i+1)
		default:
			i := g.n(len(v))
			out[i] = g.mutate(v[i], schema)
			return out
		}
	case string:
		if schema && g.n(4) > 0 {
			return v
		}
		return g.text()
	default:
		return g.value(1)
	}
}

// decode reads JSON with its numbers as they are written.
func decode(data []byte) any {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil
	}
	return v
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return []byte(err.Error())
	}
	return data
}
