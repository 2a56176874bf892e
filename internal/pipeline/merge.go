package pipeline

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
)

// merge joins what the schema and the rules say of one document so that each fault is told once: a rule that names a
// missing term says it better than the schema, and a rule that could not be judged says nothing where the schema has
// already refused the value.
func merge(shape, business []violation.Violation) []violation.Violation {
	business = rules.Suppress(business, shape)
	named := map[string]bool{}
	for _, v := range business {
		if v.IsFatal() && v.Code != rules.CodeNotJudged {
			named[v.Pointer] = true
		}
	}
	var out []violation.Violation
	for _, v := range shape {
		if v.Code != schemas.CodeRequired || !named[v.Pointer] {
			out = append(out, v)
		}
	}
	return append(out, business...)
}
