package pipeline

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/schemas/structure"
)

// merge joins what the schema and the rules of packs say of one document so that each fault is told once: a rule that names a
// missing term, or is about one value and how it is written, says it better than the schema or the structure, under its official
// id; a rule that could not be judged says nothing where the schema has already refused the value; of an element that is missing
// the structure tells, which is what the receiver would say.
func merge(shape, business []violation.Violation, packs []*rules.Pack) []violation.Violation {
	business = rules.Suppress(business, shape)
	type value struct{ pointer, term string }
	malformed := map[value]bool{}
	for _, v := range shape {
		if v.Code == schemas.CodePattern || v.Code == schemas.CodeFormat {
			malformed[value{v.Pointer, v.Term}] = true
		}
	}
	named, judged := map[string]bool{}, map[value]bool{}
	around := map[string]int{} // how many rules are broken at an element of the source
	for _, v := range business {
		if v.IsFatal() && v.Code != rules.CodeNotJudged {
			named[v.Pointer] = true
			around[v.Source]++
			if refused := (value{v.Pointer, v.Term}); malformed[refused] && ofOneValue(packs, v.Code) {
				judged[refused] = true
			}
		}
	}
	var missing []violation.Violation // what the structure misses and no rule names
	for _, v := range shape {
		if v.Code != structure.CodeMissing {
			continue
		}
		if around[v.Source] > 0 { // both tell it of the element around; the structure has no term, so it is one for one
			around[v.Source]--
		} else {
			missing = append(missing, v)
		}
	}
	out := missing
	for _, v := range shape {
		told := false
		switch v.Code {
		case structure.CodeMissing:
			told = true
		case schemas.CodeRequired:
			told = named[v.Pointer] || slices.ContainsFunc(missing, func(s violation.Violation) bool {
				return s.Source == v.Source && structure.Lacks(s, v.Pointer[strings.LastIndexByte(v.Pointer, '/')+1:])
			})
		case schemas.CodePattern, schemas.CodeFormat:
			told = judged[value{v.Pointer, v.Term}]
		}
		if !told {
			out = append(out, v)
		}
	}
	return append(out, business...)
}

// ofOneValue reports whether a rule of the packs is about a single term: one about several does not say which of them is not
// written as it should be.
func ofOneValue(packs []*rules.Pack, id string) bool {
	for _, p := range packs {
		for _, r := range p.Rules {
			if r.ID == id {
				return len(r.Terms) == 1
			}
		}
		for _, t := range p.Tables {
			for i := range t.Rules {
				if r := &t.Rules[i]; r.ID == id {
					return len(r.Terms) == 1
				}
			}
		}
	}
	return false
}
