package espd

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

const schemaFile = "../../schemas/canonical/espd.schema.json"

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat = true
	if err := c.AddResource("urn:passerelle:schema:espd:1", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:passerelle:schema:espd:1")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accepts reports the schema's verdict on a canonical document.
func accepts(s *jsonschema.Schema, doc *document.Doc) error {
	dec := json.NewDecoder(bytes.NewReader(doc.AppendJSON(nil)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	return s.Validate(v)
}

// node is the part of the schema that says which members there are.
type node struct {
	Ref        string          `json:"$ref"`
	Properties map[string]node `json:"properties"`
	Items      *node           `json:"items"`
	Defs       map[string]node `json:"$defs"`
}

// TestSchemaAndShapesAgree walks both: each member that the transformer can write is in the schema, and the schema
// has no member that nothing writes.
func TestSchemaAndShapesAgree(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root node
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	resolve := func(n node) node {
		if n.Items != nil {
			n = *n.Items
		}
		if n.Ref != "" {
			return root.Defs[n.Ref[len("#/$defs/"):]]
		}
		return n
	}
	type pair struct {
		s *shape
		n string
	}
	seen := map[pair]bool{}
	var compare func(at string, s *shape, n node, more ...string)
	compare = func(at string, s *shape, n node, more ...string) {
		wrote := map[string]*shape{}
		for _, name := range more {
			wrote[name] = nil
		}
		inner := map[string]*shape{}
		var collect func(*shape)
		collect = func(s *shape) {
			for _, f := range s.fields {
				switch {
				case f.form == inline:
					collect(f.of)
				case f.in != "":
					inner[f.in] = nil
					wrote[f.in] = nil
					if _, ok := n.Properties[f.in].Properties[f.name]; !ok {
						t.Errorf("%s/%s/%s is not in the schema", at, f.in, f.name)
					}
				default:
					wrote[f.name] = f.of
					if f.rest != "" {
						wrote[f.rest] = f.of
					}
				}
			}
		}
		collect(s)
		if want, got := slices.Sorted(maps.Keys(wrote)), slices.Sorted(maps.Keys(n.Properties)); !slices.Equal(want, got) {
			t.Errorf("%s: the transformer writes\n%v\nthe schema has\n%v", at, want, got)
		}
		for name, of := range wrote {
			child := n.Properties[name]
			key := pair{of, child.Ref}
			if child.Items != nil {
				key.n = child.Items.Ref
			}
			if of != nil && !seen[key] {
				seen[key] = true
				compare(at+"/"+name, of, resolve(child))
			}
		}
	}
	compare("", documentShape(), root, "kind", "version")
}
