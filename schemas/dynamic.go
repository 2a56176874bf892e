package schemas

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
)

// jsonschema/v5 does not follow $dynamicRef and $recursiveRef as the standard says (2020-12 core, section 8.2.3.2: the
// outermost resource in the dynamic scope that declares the anchor). It looks for anchors below each schema that was
// entered, whether or not they belong to an embedded resource, forgets what was entered before "then" and "else", and
// never finds the anchor it started from once it has passed another. Most schemas fall into none of these gaps.
//
// checkDynamic walks all ways into each such reference with both rules side by side, and refuses the schema where they
// part. The documents decide which way is taken, so a way that none takes may refuse a schema that is judged rightly.

// maxScopes bounds the walk: bundles of resources with the same anchors have a few hundred ways.
const maxScopes = 200_000

// scope is a schema together with what the dynamic scope has found on the way into it.
type scope struct {
	at        *subschema
	standard  *subschema // the anchor of the outermost resource that declares it
	authority *subschema // what jsonschema/v5 has found
}

// ambiguous stands for a choice that jsonschema/v5 makes by the order of a map.
var ambiguous = &subschema{}

// bookend is a reference's own target: a reference is dynamic only when it ends at an anchor of the same kind and name.
type bookend struct {
	target    *subschema
	name      string
	recursive bool
}

func (l *loader) checkDynamic(root *subschema) {
	seen := map[bookend]bool{}
	for _, s := range l.order {
		b, dynamic := l.bookend(s)
		if !dynamic || seen[b] {
			continue
		}
		seen[b] = true
		if l.declarations(b) > 1 && !l.walk(root, b) {
			return
		}
	}
}

// bookend returns the dynamic target of a schema's $dynamicRef or $recursiveRef.
func (l *loader) bookend(s *subschema) (bookend, bool) {
	for _, e := range s.edges {
		if e.to == nil {
			continue
		}
		switch name := e.keyword.Name(); {
		case name == "$recursiveRef" && e.to.recursive:
			return bookend{e.to, "", true}, true
		case name == "$dynamicRef" && e.to.dynamic != "" && strings.HasSuffix(e.keyword.Text(), "#"+e.to.dynamic):
			return bookend{e.to, e.to.dynamic, false}, true
		}
	}
	return bookend{}, false
}

// declares reports whether a schema is an anchor that the dynamic reference may end at.
func (b bookend) declares(s *subschema) bool {
	if b.recursive {
		return s.recursive
	}
	return s.dynamic == b.name
}

func (l *loader) declarations(b bookend) int {
	n := 0
	if l.outside && b.name == "meta" {
		n++ // the official metaschemas declare it
	}
	for _, s := range l.order {
		if b.declares(s) {
			n++
		}
	}
	return n
}

// below maps each schema to the anchors in it, other than the target, as jsonschema/v5 lists them.
func (l *loader) below(b bookend) map[*subschema]*subschema {
	found := map[*subschema]*subschema{}
	for _, anchor := range l.order {
		if !b.declares(anchor) || anchor == b.target && !b.recursive {
			continue
		}
		if b.recursive {
			found[anchor] = anchor
			continue
		}
		for s := anchor; s != nil; s = s.parent {
			if found[s] == nil {
				found[s] = anchor
			} else {
				found[s] = ambiguous
			}
		}
	}
	return found
}

// walk follows every way from the root with both rules; it returns false once the schema is refused.
func (l *loader) walk(root *subschema, b bookend) bool {
	declared := map[*subschema]*subschema{} // by resource
	for _, s := range l.order {
		if b.declares(s) {
			declared[s.resource] = s
		}
	}
	below := l.below(b)
	enter := func(from scope, to *subschema) scope {
		next := scope{to, from.standard, from.authority}
		if next.standard == nil {
			next.standard = declared[to.resource]
		}
		if next.authority == nil {
			next.authority = below[to]
		}
		return next
	}
	start := enter(scope{}, root)
	seen, queue := map[scope]bool{start: true}, []scope{start}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range at.at.edges {
			if e.to == nil {
				continue
			}
			from, to := at, e.to
			if e.reach == afterIf && !b.recursive {
				from.authority = nil
			}
			if own, dynamic := l.bookend(at.at); dynamic && own == b && isDynamic(e) {
				standard, authority := or(at.standard, b.target), or(at.authority, b.target)
				if standard != authority || l.outside && b.name == "meta" {
					l.list.Add(diag.Errorf(at.at.file.position(e.keyword), CodeSchemaUnsupported, "%[1]s : le validateur prendrait ici une autre ancre que celle de la norme", "%[1]s: the validator would take another anchor here than the standard does", e.keyword.Name()).
						WithHint("écrivez $ref vers le schéma voulu, ou donnez à l'ancre un nom que les schémas intermédiaires n'ont pas", "write $ref to the schema that is meant, or give the anchor a name that the schemas in between do not have"))
					return false
				}
				to = standard
			}
			for _, to := range l.leads(e, to, b, at.at) {
				if next := enter(from, to); !seen[next] {
					seen[next] = true
					queue = append(queue, next)
				}
			}
			if len(seen) > maxScopes {
				l.list.Errorf(at.at.file.position(at.at.at), CodeSchemaSize, "plus de %d chemins vers des ancres dynamiques", "more than %d ways to dynamic anchors", maxScopes)
				return false
			}
		}
	}
	return true
}

// leads returns where an edge may lead: one schema, but any anchor of its name for a dynamic reference other than the
// one that is looked at.
func (l *loader) leads(e edge, to *subschema, b bookend, from *subschema) []*subschema {
	other, dynamic := l.bookend(from)
	if !isDynamic(e) || !dynamic || other == b {
		return []*subschema{to}
	}
	var all []*subschema
	for _, s := range l.order {
		if other.declares(s) {
			all = append(all, s)
		}
	}
	return all
}

func isDynamic(e edge) bool {
	return e.keyword.Name() == "$dynamicRef" || e.keyword.Name() == "$recursiveRef"
}

func or(s, otherwise *subschema) *subschema {
	if s == nil {
		return otherwise
	}
	return s
}
