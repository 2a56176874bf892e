package decp

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

// node is the part of a schema that says which members there are.
type node struct {
	Ref        string          `json:"$ref"`
	Properties map[string]node `json:"properties"`
	Items      *node           `json:"items"`
	Defs       map[string]node `json:"$defs"`
}

// TestSchemasAndShapesAgree walks both: what the transformer carries is what the schemas describe, and the decimals of
// one are the decimal strings of the other.
func TestSchemasAndShapesAgree(t *testing.T) {
	for file, s := range map[string]*shape{"contract": contractShape(), "concession": concessionShape()} {
		var root node
		if err := json.Unmarshal(read(t, "../../schemas/canonical/"+file+".schema.json"), &root); err != nil {
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
		var compare func(at string, s *shape, n node, more ...string)
		compare = func(at string, s *shape, n node, more ...string) {
			want := slices.Sorted(maps.Keys(s.members))
			want = append(want, more...)
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(n.Properties)); !slices.Equal(want, got) {
				t.Errorf("%s: the transformer carries\n%v\nthe schema has\n%v", at, want, got)
			}
			for name, m := range s.members {
				decimals := []string{"#/$defs/amount", "#/$defs/positive", "#/$defs/rate"}
				if m.decimal != slices.Contains(decimals, n.Properties[name].Ref) {
					t.Errorf("%s/%s: decimal for one only", at, name)
				}
				if m.of != nil {
					compare(at+"/"+name, m.of, resolve(n.Properties[name]))
				}
			}
		}
		compare(file, s, root, "kind", "uid")
	}
}
