package structure

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// instanceNS is the namespace of the attributes that every element may have, whatever its schema says.
const instanceNS = "http://www.w3.org/2001/XMLSchema-instance"

// isInstance reports whether an attribute of that namespace is one of the four that there are.
func isInstance(local string) bool {
	return local == "type" || local == "nil" || local == "schemaLocation" || local == "noNamespaceSchemaLocation"
}

// instance reports whether such an attribute may stand where it does. Hints where a schema lies are not followed. No
// element of our schemas may be nil (the generator makes sure), so xsi:nil is wrong wherever the element is declared.
// The type is judged by [table.actual].
func instance(local, text string, isDeclared bool) bool {
	return local != "nil" || !isDeclared && isBoolean(collapse(text))
}

// actual returns the type of an element: the declared one, or the one that xsi:type names instead, nil when that is not
// one of those derived from the declared one, or when the type is abstract.
func (t *table) actual(e xmldoc.Element, declared *kind) *kind {
	k := declared
	for name, text := range e.Attributes() {
		if name.Space == instanceNS && name.Local == "type" {
			k = t.named(e, collapse(text))
			break
		}
	}
	if k == nil || k.abstract {
		return nil
	}
	for base := k; base != declared; base = base.base {
		if base == nil {
			return nil
		}
	}
	return k
}

// named returns the type with a qualified name as it is written at an element.
func (t *table) named(e xmldoc.Element, qname string) *kind {
	prefix, local, found := strings.Cut(qname, ":")
	if !found {
		prefix, local = "", qname
	}
	space, ok := e.Namespace(prefix)
	if !ok || !isNCName(local) {
		return nil
	}
	if space == xsdNS {
		return t.types[local]
	}
	return t.types[t.prefixes[space]+":"+local]
}
