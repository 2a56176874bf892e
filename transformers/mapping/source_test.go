package mapping

import (
	"testing"

	"github.com/commande-publique/passerelle/internal/jsondoc"
)

// TestSourceKnows asks what a schema says of a place: "no" where no document has anything, else the possible types.
func TestSourceKnows(t *testing.T) {
	for _, c := range []struct{ name, schema, pointer, want string }{
		{"nothing is said", `{}`, "/a/b/*/c", "null, boolean, number, string, array, object"},
		{"true", `true`, "/a", "null, boolean, number, string, array, object"},
		{"false", `{"properties":{"a":false}}`, "/a", "no"},
		{"a property", `{"properties":{"a":{"type":"integer"}}}`, "/a", "number"},
		{"another property", `{"properties":{"a":{}}}`, "/b", "no"},
		{"explicitly open", `{"properties":{"a":{}},"additionalProperties":true}`, "/b", "null, boolean, number, string, array, object"},
		{"typed rest", `{"properties":{"a":{}},"additionalProperties":{"type":"string"}}`, "/b", "string"},
		{"closed without properties", `{"additionalProperties":false}`, "/b", "no"},
		{"unevaluated rest", `{"properties":{"a":{}},"unevaluatedProperties":{"type":"string"}}`, "/b", "string"},
		{"pattern", `{"patternProperties":{"^x-":{"type":"string"}}}`, "/x-1", "string"},
		{"outside the pattern", `{"patternProperties":{"^x-":{"type":"string"}}}`, "/y", "no"},
		{"pattern of another dialect", `{"patternProperties":{"(?<=x)y":{"type":"string"}}}`, "/y", "string"},
		{"member of a text", `{"type":"string"}`, "/a", "no"},
		{"member of a list", `{"type":"array"}`, "/a", "no"},
		{"item of an open list", `{"type":"array"}`, "/*/a", "null, boolean, number, string, array, object"},
		{"item of an object", `{"type":"object"}`, "/*", "no"},
		{"items", `{"items":{"type":"string"}}`, "/*", "string"},
		{"one item", `{"items":{"type":"string"}}`, "/3", "string"},
		{"prefixItems, 2020-12", `{"prefixItems":[{"type":"string"},{"type":"number"}],"items":{"type":"null"}}`, "/*", "null, number, string"},
		{"tuple, draft-07", `{"items":[{"type":"string"},{"type":"number"}],"additionalItems":{"type":"boolean"}}`, "/*", "boolean, number, string"},
		{"definitions, draft-07", `{"properties":{"a":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":"string"}}}`, "/a", "string"},
		{"reference by the identifier", `{"$id":"http://x/y","properties":{"a":{"$ref":"http://x/y#/$defs/x"}},"$defs":{"x":{"type":"string"}}}`, "/a", "string"},
		{"reference with a percent escape", `{"properties":{"a":{"$ref":"#/$defs/x%20y"}},"$defs":{"x y":{"type":"string"}}}`, "/a", "string"},
		{"recursion", `{"properties":{"a":{"$ref":"#"},"b":{"type":"string"}}}`, "/a/a/a/b", "string"},
		{"reference to itself", `{"$ref":"#"}`, "/a", "null, boolean, number, string, array, object"},
		{"reference elsewhere", `{"properties":{"a":{"$ref":"other.json"}}}`, "/a/b", "null, boolean, number, string, array, object"},
		{"anchor", `{"properties":{"a":{"$ref":"#x"}},"$defs":{"x":{"$anchor":"x","type":"string"}}}`, "/a", "null, boolean, number, string, array, object"},
		{"dynamic reference", `{"properties":{"a":{"$dynamicRef":"#x"}}}`, "/a/b", "null, boolean, number, string, array, object"},
		{"a resource inside", `{"properties":{"a":{"allOf":[{"$id":"b.json","properties":{"c":{}}}]}}}`, "/a/d", "null, boolean, number, string, array, object"},
		{"allOf", `{"allOf":[{"properties":{"a":{}}},{"properties":{"b":{"type":"string"}}}]}`, "/b", "string"},
		{"allOf narrows", `{"properties":{"a":{"type":["string","null"],"allOf":[{"type":["string","number"]}]}}}`, "/a", "string"},
		{"anyOf widens", `{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}}}`, "/a", "null, string"},
		{"oneOf", `{"oneOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, "/c", "no"},
		{"required in branches says nothing", `{"type":"object","anyOf":[{"required":["a"]},{"required":["b"]}]}`, "/a", "null, boolean, number, string, array, object"},
		{"if, then, else", `{"properties":{"a":{}},"if":{"properties":{"a":{"const":1}}},"then":{"properties":{"b":{"type":"string"}}},"else":true}`, "/b", "string"},
		{"dependentSchemas", `{"properties":{"a":{}},"dependentSchemas":{"a":{"properties":{"b":{"type":"string"}}}}}`, "/b", "string"},
		{"dependencies, draft-07", `{"properties":{"a":{}},"dependencies":{"a":["c"],"c":{"properties":{"b":{"type":"string"}}}}}`, "/b", "string"},
		{"enum", `{"properties":{"a":{"enum":["x",1,null]}}}`, "/a", "null, number, string"},
		{"const", `{"properties":{"a":{"const":[]}}}`, "/a", "array"},
	} {
		doc, fault := jsondoc.Parse([]byte(c.schema))
		if fault != nil {
			t.Fatal(c.name, fault.EN)
		}
		p, wrong := parsePath(c.pointer)
		if wrong != nil {
			t.Fatal(c.name, wrong.en)
		}
		at, got := topOf(doc), ""
		for _, token := range p.tokens {
			next, known := at.step(token)
			if !known {
				got = "no"
				break
			}
			at = next
		}
		if got == "" {
			got = at.types().names()
		}
		if got != c.want {
			t.Errorf("%s: %s in %s: %s, want %s", c.name, c.pointer, c.schema, got, c.want)
		}
	}
}

func TestDerivedSchema(t *testing.T) {
	const source = `{"type":"object","properties":{"id":{"type":"string"},"party":{"type":"object","properties":{"name":{"type":["string","null"]},"in":{"$ref":"#/properties/party"}}},
		"lines":{"type":"array","items":{"type":"object","properties":{"no":{"type":"integer"},"amount":{"type":"number"}}}}}}`
	const kind = `
kind: x
recognise: {/id: present}
source: {schema: s.json}
mapping:
  id: /id
  names: /lines/*/no
  service: {from: /id, default: 0}
  total: {sum: /lines/*/amount}
  lines: {each: /lines, to: {no: ./no}}
  by: {value: gateway}
  group: {to: {id: /id}}
  one: {from: /party, to: {name: ./name}}
`
	kinds, list := Load([]File{{Name: "k.yaml", Data: []byte(kind)}}, Options{
		ReadFile: func(string) ([]byte, error) { return []byte(source), nil },
		Compile:  func(string, []byte) (Judge, error) { return nil, nil },
	})
	if list.HasErrors() {
		t.Fatal(list.Err())
	}
	const want = `{"$id":"urn:passerelle:kind:x","$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"properties":{` +
		`"by":{"type":["string"]},` +
		`"group":{"additionalProperties":false,"properties":{"id":{"type":["string"]}},"type":"object"},` +
		`"id":{"type":["string"]},` +
		`"lines":{"items":{"additionalProperties":false,"properties":{"no":{"type":["number"]}},"type":"object"},"type":"array"},` +
		`"names":{"items":{"type":["number"]},"type":"array"},` +
		`"one":{"additionalProperties":false,"properties":{"name":{"type":["null","string"]}},"type":"object"},` +
		`"service":{"type":["number","string"]},` +
		`"total":{"type":["number"]}},"type":"object"}`
	if s := kinds[0].Schema(); string(s.Data) != want || !s.Derived || s.Name != "x" {
		t.Errorf("got  %s\nwant %s", s.Data, want)
	}
}
