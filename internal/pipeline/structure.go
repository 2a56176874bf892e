package pipeline

import (
	"slices"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/structure"
	"github.com/commande-publique/passerelle/transformers"
)

// checkStructure judges XML by the official schema of its syntax, where there is a table of it. It leaves out what others,
// who read the document or judged its canonical form, say of the same element: they name the business term. What the
// canonical form lacks is told of the element around it, which says nothing about that element.
func checkStructure(doc *xmldoc.Doc, version string, others ...violation.Violation) []violation.Violation {
	if doc == nil || !structure.Knows(doc.Root().Name()) {
		return nil
	}
	return slices.DeleteFunc(structure.Check(doc.Root(), version), func(s violation.Violation) bool {
		return slices.ContainsFunc(others, func(o violation.Violation) bool {
			return o.IsFatal() && o.Source == s.Source && o.Code != schemas.CodeRequired
		})
	})
}

// shape judges a document by its schema and, unless that is told already, what it came from by the official schema of the
// syntax; others are what is known to be wrong with it already.
func (p *Pipeline) shape(part transformers.Part, version string, told telling, others []violation.Violation) []violation.Violation {
	found := p.schemas.Validate(string(part.Kind), part.Doc)
	if told.structure {
		return found
	}
	return append(found, checkStructure(part.XML, version, slices.Concat(others, found)...)...)
}
