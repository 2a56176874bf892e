package mapping

import (
	"github.com/commande-publique/passerelle/internal/document"
)

const (
	// maxDepth bounds how deep a derived schema describes what is copied whole: conditions of routes go a few members
	// deep, and schemas may be recursive.
	maxDepth = 6
	// maxDescribed bounds how many places it describes: the schema of a UBL invoice has some 2,000.
	maxDescribed = 5000
)

// newDerived returns a schema of the canonical documents of a kind, which says nothing of them yet.
func newDerived(kind string) *document.Doc {
	schema := document.New(nil, 0)
	schema.Root().AddString("$schema", "https://json-schema.org/draft/2020-12/schema", 0)
	schema.Root().AddString("$id", "urn:passerelle:kind:"+kind, 0)
	return schema
}

// closed makes a schema that of an object with named members only.
func closed(schema document.Value) (properties document.Value) {
	schema.AddString("type", document.Object.String(), 0)
	schema.AddBool("additionalProperties", false, 0)
	return schema.Object("properties", 0)
}

func describeObject(shape document.Value, name string) (properties document.Value) {
	return closed(shape.Object(name, 0))
}

// describeArray returns the schema of a list, to which "items" is added.
func describeArray(shape document.Value, name string) document.Value {
	list := shape.Object(name, 0)
	list.AddString("type", document.Array.String(), 0)
	return list
}

// describe adds the schema of values that are copied from a place of the source.
func (c *compiler) describe(shape document.Value, name string, at place, depth int) {
	c.describeValue(shape.Object(name, 0), at, depth)
}

// describeValue makes s the schema of values that are copied from a place of the source.
func (c *compiler) describeValue(s document.Value, at place, depth int) {
	c.described++
	addTypes(s, at.types())
	if at.open || depth == maxDepth || c.described >= maxDescribed {
		return
	}
	if names := at.names(); len(names) > 0 && at.types().has(document.Object) {
		properties := s.Object("properties", 0)
		for _, name := range names {
			if next, known := at.step(token{name: name, index: -1}); known {
				c.describe(properties, name, next, depth+1)
			}
		}
	}
	if next, known := at.step(token{wild: true, index: -1}); known && at.types().has(document.Array) {
		c.describe(s, "items", next, depth+1)
	}
}

// describeTypes adds the schema of values of some types.
func describeTypes(shape document.Value, name string, t types) { addTypes(shape.Object(name, 0), t) }

func addTypes(s document.Value, t types) {
	if t == anyType || t == 0 {
		return
	}
	list := s.Array("type", 0)
	for typ := document.Null; typ <= document.Object; typ++ {
		if t.has(typ) {
			list.Add("", document.String, typ.String(), 0)
		}
	}
}
