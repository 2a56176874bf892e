package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/mapping"
)

// orders is a kind of four versions: two told by a field, one by the event alone, one by the event or by its form.
const orders = `
kind: order
recognise: {/type: order}
versions:
  - version: 1.0
    recognise: {/version: [1, 1.0]}
    source: {schema: first.json}
    mapping: {number: /id, total: {sum: /lines/*/amount}}
    key: /id
  - version: "2"
    recognise: {/version: 2}
    source: {schema: second.json}
    mapping: {number: /number, total: /total}
    key: [/buyer, /number]
  - version: "3"
    dataschema: [urn:example:order:3, urn:example:order:3.1]
    source: {schema: third.json}
  - version: 4-draft
    dataschema: urn:example:order:4
    recognise: {/draft: present}
    source: {schema: any.json}
    mapping: {number: /draft/number}
`

var orderSchemas = map[string]string{
	"first.json":  `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["id"], "properties": {"type": {}, "version": {}, "draft": {}, "id": {"type": "string"}, "lines": {"type": "array", "items": {"type": "object"}}}}`,
	"second.json": `{"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object", "required": ["number"], "properties": {"type": {}, "version": {}, "draft": {}, "number": {"type": "string"}, "total": {"type": "number"}, "buyer": {"type": "string"}}}`,
	"third.json":  `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"number": {"type": "integer"}, "type": {}}, "required": ["number"]}`,
	"any.json":    `{}`,
}

func orderKind(t *testing.T) *mapping.Kind {
	t.Helper()
	kinds, list := mapping.Load([]mapping.File{{Name: "order.yaml", Data: []byte(orders)}}, mapping.Options{ReadFile: readOnly(orderSchemas), Compile: compile})
	if list.Len() > 0 {
		t.Fatal(list.All())
	}
	return kinds[0]
}

// TestVersions sends documents of one kind in several versions through recognition and transformation.
func TestVersions(t *testing.T) {
	kind := orderKind(t)
	if diff := cmp.Diff([]string{"1.0", "2", "3", "4-draft"}, kind.Versions()); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		name, dataschema, in string
		want                 string // version, mapped document and key; or violations as code and place
	}{
		{"by a number", "", `{"type":"order","version":1,"id":"a","lines":[{"amount":0.10},{"amount":2}]}`, `1.0 {"number":"a","total":2.10} a`},
		{"by a text", "", `{"type":"order","version":"1.0","id":"a"}`, `1.0 {"number":"a"} a`},
		{"its own mapping and key", "", `{"type":"order","version":2,"number":"b","total":3.50,"buyer":"x"}`, `2 {"number":"b","total":3.50} x/b`},
		{"its own schema, as the source wrote it", "", `{"type":"order","version":2,"id":"a"}`, `2 schema_required /`},
		{"by the event, passed on as it is", "urn:example:order:3.1", `{"type":"order","number":7}`, `3 {"number":7,"type":"order"} `},
		{"by the event, judged all the same", "urn:example:order:3", `{"type":"order","number":"7"}`, `3 schema_type /number`},
		{"the event goes before the document", "urn:example:order:3", `{"type":"order","version":1,"number":7}`, `3 {"number":7,"type":"order","version":1} `},
		{"a dataschema of nobody leaves the document", "urn:else", `{"type":"order","version":2,"number":"b"}`, `2 {"number":"b"} `},
		{"the event or the form: the form", "", `{"type":"order","draft":{"number":"d"}}`, `4-draft {"number":"d"} `},
		{"the event or the form: the event", "urn:example:order:4", `{"type":"order","version":1,"draft":{"number":"d"}}`, `4-draft {"number":"d"} `},
		{"the event contradicts the form", "urn:example:order:4", `{"type":"order","version":1,"id":"a"}`, ` unknown_version /version`},
		{"no word of the event, no version", "", `{"type":"order","number":7}`, ` unknown_version /`},
		{"another version", "", "{\"type\":\"order\",\n\"version\":3}", ` unknown_version /version`},
		{"1.00 is not 1.0", "", `{"type":"order","version":1.00}`, ` unknown_version /version`},
		{"two versions at once", "", `{"type":"order","version":1,"draft":{},"id":"a"}`, ` ambiguous_version /version`},
	} {
		t.Run(c.name, func(t *testing.T) {
			registry := transformers.NewRegistry(transformers.Limits{}, kind)
			content, id, violations := registry.Identify([]byte(c.in), transformers.Hints{DataSchema: c.dataschema})
			result, faults := registry.Transform(content, id)
			got := id.Version
			switch {
			case len(violations) > 0:
				got += " " + violations[0].Code + " " + "/" + strings.TrimPrefix(violations[0].Source, "/")
				if len(result.Parts) > 0 || len(faults) != 1 || faults[0].Code != violations[0].Code {
					t.Errorf("transformed all the same: %v", faults)
				}
			case len(faults) > 0:
				got += " " + faults[0].Code + " " + "/" + strings.TrimPrefix(faults[0].Source, "/")
			default:
				got += fmt.Sprintf(" %s %s", result.Parts[0].Doc.AppendJSON(nil), result.Key)
				checkTransform(t, kind, c.in, nil)
				if kept := result.Parts[0].DataSchema != ""; kept != (id.Version == "3") { // the only one that is passed on as it is
					t.Errorf("dataschema %q", result.Parts[0].DataSchema)
				}
			}
			if got != c.want {
				t.Errorf("%s\nexpected %s", got, c.want)
			}
		})
	}
}

// TestTheVersionsKnownAreListed fixes the words.
func TestTheVersionsKnownAreListed(t *testing.T) {
	kind := orderKind(t)
	in, _ := jsondoc.Parse([]byte("{\"type\": \"order\",\n \"version\": 3}"))
	_, v, ok := kind.Recognise(transformers.Content{JSON: in, DataSchema: "urn:example:order:9"})
	if !ok || v == nil {
		t.Fatal(ok, v)
	}
	if want := `version inconnue du type order : trouvé dataschema "urn:example:order:9", /version "3", /draft – ; versions connues : 1.0, 2, 3, 4-draft`; v.FR != want {
		t.Error(v.FR)
	}
	if want := `unknown version of the kind order: found dataschema "urn:example:order:9", /version "3", /draft –; known versions: 1.0, 2, 3, 4-draft`; v.EN != want {
		t.Error(v.EN)
	}
	if v.Line != 2 || v.Column != 13 {
		t.Errorf("at %d:%d", v.Line, v.Column)
	}
}

// TestPlacesOfADocumentThatIsPassedOn: where nothing is mapped, the source is the canonical document.
func TestPlacesOfADocumentThatIsPassedOn(t *testing.T) {
	kind := orderKind(t)
	for in, dataschema := range map[string]string{`{"type":"order","number":"x"}`: "urn:example:order:3", `{"type":"order","version":2,"number":1}`: ""} {
		doc, _ := jsondoc.Parse([]byte(in))
		_, violations := kind.Transform(transformers.Content{JSON: doc, DataSchema: dataschema}, transformers.Identity{})
		if passed := dataschema != ""; len(violations) != 1 || violations[0].Source != "/number" || (violations[0].Pointer == "/number") != passed {
			t.Errorf("%s: %+v", in, violations)
		}
	}
}

// TestTheDerivedSchemaHoldsForEveryVersion judges what each version makes by the one schema of the kind.
func TestTheDerivedSchemaHoldsForEveryVersion(t *testing.T) {
	kind := orderKind(t)
	if !kind.Schema().Derived {
		t.Fatal("not derived")
	}
	schema, err := schemas.Compile("derived", kind.Schema().Data)
	if err != nil {
		t.Fatal(err)
	}
	for in, valid := range map[string]bool{
		`{"number":"a","total":2.10}`: true, `{"number":7,"type":"order"}`: true, `{"number":"d"}`: true, `[]`: false, `"x"`: false,
	} {
		doc, _ := jsondoc.Parse([]byte(in))
		if vs := schema.Validate(doc); (len(vs) == 0) != valid {
			t.Errorf("%s: %v", in, vs)
		}
	}
}

// TestVersionsThatMeet says which pairs of versions are a fault when loaded.
func TestVersionsThatMeet(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		fault bool
	}{
		{`recognise: {/v: 1}`, `recognise: {/v: 2}`, false},
		{`recognise: {/v: 1}`, `recognise: {/v: [1, 2]}`, true},
		{`recognise: {/v: [1, 2]}`, `recognise: {/v: [2, 3]}`, true},
		{`recognise: {/v: present}`, `recognise: {/v: 2}`, true},
		{`recognise: {/v: 1}`, `recognise: {/v: 1, /w: x}`, true},
		{`recognise: {/v: 1, /w: y}`, `recognise: {/v: 1, /w: x}`, false},
		{`recognise: {/v: 1}`, `recognise: {/w: x}`, false}, // their schemas may keep them apart
		{`dataschema: urn:a`, `dataschema: urn:b`, false},
		{`dataschema: urn:a`, `dataschema: [urn:b, urn:a]`, true},
		{`dataschema: urn:a`, `recognise: {/v: 1}`, false},                                       // the event goes first
		{`dataschema: urn:a, recognise: {/v: 1}`, `dataschema: urn:b, recognise: {/v: 1}`, true}, // without the attribute
		{`dataschema: urn:a, recognise: {/v: 1}`, `dataschema: urn:a, recognise: {/v: 2}`, false},
		{`dataschema: urn:a, recognise: {/v: 1}`, `dataschema: urn:a`, true},
	} {
		entry := func(name, how string) string {
			return "  - {version: " + name + ", " + how + ", source: {schema: any.json}}\n"
		}
		text := "kind: k\nrecognise: {/t: present}\nversions:\n" + entry("a", c.a) + entry("b", c.b)
		_, list := mapping.Load([]mapping.File{{Name: "k.yaml", Data: []byte(text)}}, mapping.Options{ReadFile: readOnly(orderSchemas), Compile: compile})
		all := list.All()
		if fault := len(all) > 0; fault != c.fault {
			t.Errorf("%s, %s: %v", c.a, c.b, all)
		} else if fault && (len(all) > 1 || all[0].Code != mapping.CodeVersion || all[0].Line != 5 || !strings.Contains(all[0].EN, "k.yaml:4:5")) {
			t.Errorf("%s, %s: %v", c.a, c.b, all)
		}
	}
}
