package pipeline

import (
	"fmt"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// Shape judges a document by the schema of its kind, and by the official one of its syntax, alone: it is recognised and
// transformed as [Pipeline.Judge] does, but no route is asked, so that no rule of business counts either, as it is the routes
// that name them. It returns the violations, sorted; none when the document is valid. The dataschema is that of its event,
// empty where there is none.
func (p *Pipeline) Shape(value []byte, dataschema string) (violations []violation.Violation) {
	defer func() {
		if r := recover(); r != nil {
			violations = append(violations, internalError.New(violation.At{}, fmt.Sprint(r)))
		}
		violation.Sort(violations)
	}()
	content, identity, violations := p.registry.Identify(value, transformers.Hints{DataSchema: dataschema})
	if violation.AnyFatal(violations) {
		return violations
	}
	result, faults := p.registry.Transform(content, identity)
	violations = append(violations, faults...)
	if len(result.Parts) == 0 { // what was sent has a structure all the same
		return append(violations, checkStructure(content.XML, identity.Version, violations...)...)
	}
	var told telling
	for i, part := range result.Parts {
		told.of(part.XML)
		shape := p.shape(part, identity.Version, told, violations)
		told.by(nil)
		violations = append(violations, shape...)
		if left := len(result.Parts) - i - 1; left > 0 && len(violations) >= maxViolations && violation.AnyFatal(violations) {
			return append(violations, NotExamined(left))
		}
	}
	return violations
}
