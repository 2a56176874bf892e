package pipeline

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/schemas/structure"
)

// merge joins what the schema and the rules say of one document so that each fault is told once: a rule that names a
// missing term says it better than the schema or the structure, and a rule that could not be judged says nothing where the schema has
// already refused the value.
func merge(shape, business []violation.Violation) []violation.Violation {
	business = rules.Suppress(business, shape)
	named := map[string]bool{}
	around := map[string]int{} // how many rules are broken at an element of the source
	for _, v := range business {
		if v.IsFatal() && v.Code != rules.CodeNotJudged {
			named[v.Pointer] = true
			around[v.Source]++
		}
	}
	var out []violation.Violation
	for _, v := range shape {
		// Both tell what is missing at the element around it; the structure has no term, so it is one for one.
		if v.Code == structure.CodeMissing && around[v.Source] > 0 {
			around[v.Source]--
			continue
		}
		if v.Code != schemas.CodeRequired || !named[v.Pointer] {
			out = append(out, v)
		}
	}
	return append(out, business...)
}
