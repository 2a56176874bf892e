package pipeline

import (
	"fmt"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/transformers"
)

// JudgeByRules judges a document by rule packs alone, whatever routes say and whether it is complete: rules are judged
// on what is there. The violations are those of reading it and of the rules, sorted; the identity is empty where it is
// not recognised.
func (p *Pipeline) JudgeByRules(value []byte, packs []*rules.Pack) (identity transformers.Identity, violations []violation.Violation) {
	defer func() {
		if r := recover(); r != nil {
			violations = append(violations, internalError.New(violation.At{}, fmt.Sprint(r)))
		}
		violation.Sort(violations)
	}()
	content, identity, violations := p.registry.Identify(value, transformers.Hints{})
	if violation.AnyFatal(violations) {
		return identity, violations
	}
	result, faults := p.registry.Transform(content, identity)
	violations = append(violations, faults...)
	var root xmldoc.Element
	if content.XML != nil {
		root = content.XML.Root()
	}
	if len(result.Parts) == 0 { // it could not be transformed; what was sent can be judged all the same
		return identity, append(violations, rules.Check(rules.Subject{XML: root}, packs)...)
	}
	for _, part := range result.Parts {
		violations = append(violations, rules.Check(rules.Subject{Doc: part.Doc, XML: root}, packs)...)
	}
	return identity, violations
}
