package pipeline

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/schemas/structure"
)

// merge joins what the schema and the rules say of one document so that each fault is told once: a rule that names a
// missing term, or is about how the value of a term is written (to any other, such a value is no number or date), says it better
// than the schema or the structure, under its official id; a rule that could not be judged says nothing where the schema has
// already refused the value.
func merge(shape, business []violation.Violation) []violation.Violation {
	business = rules.Suppress(business, shape)
	type value struct{ pointer, term string }
	named, judged := map[string]bool{}, map[value]bool{}
	around := map[string]int{} // how many rules are broken at an element of the source
	for _, v := range business {
		if v.IsFatal() && v.Code != rules.CodeNotJudged {
			named[v.Pointer] = true
			judged[value{v.Pointer, v.Term}] = true
			around[v.Source]++
		}
	}
	var out []violation.Violation
	for _, v := range shape {
		told := false
		switch v.Code {
		case structure.CodeMissing: // both tell it of the element around; the structure has no term, so it is one for one
			if told = around[v.Source] > 0; told {
				around[v.Source]--
			}
		case schemas.CodeRequired:
			told = named[v.Pointer]
		case schemas.CodePattern, schemas.CodeFormat:
			told = judged[value{v.Pointer, v.Term}]
		}
		if !told {
			out = append(out, v)
		}
	}
	return append(out, business...)
}
