package pipeline

import (
	"fmt"
	"slices"

	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/transformers"
)

// Ruling is what rule packs say of a document.
type Ruling struct {
	// Identity is empty where the document is not recognised.
	Identity transformers.Identity
	// Profile is the channel or profile of an invoice, empty where the document could not be transformed.
	Profile string
	// Valid reports that the document was recognised and breaks no fatal rule of the packs, and that each could be judged.
	// Nothing else counts: a document that is valid so may have other fatal violations.
	Valid bool
	// Tables are the reference tables that the packs look into, in the state that the document was judged by.
	Tables []reference.Status
	// Violations are those of reading the document, of its structure and of the rules, sorted.
	Violations []violation.Violation
}

// JudgeByRules judges a document by rule packs alone, whatever routes say and whether it is complete: rules are judged
// on what is there. The dataschema is that of its event, empty where there is none.
func (p *Pipeline) JudgeByRules(value []byte, dataschema string, packs []*rules.Pack) (r Ruling) {
	defer func() {
		if fault := recover(); fault != nil {
			r.Valid, r.Violations = false, append(r.Violations, internalError.New(violation.At{}, fmt.Sprint(fault)))
		}
		violation.Sort(r.Violations)
	}()
	content, identity, faults := p.registry.Identify(value, transformers.Hints{DataSchema: dataschema})
	r.Identity, r.Violations = identity, faults
	if violation.AnyFatal(faults) {
		return r
	}
	result, faults := p.registry.Transform(content, identity)
	r.Violations = append(r.Violations, faults...)
	if len(result.Parts) == 0 { // it could not be transformed
		if content.XML == nil {
			return r // nothing is left to judge, and what was not judged is not valid
		}
		result.Parts = []transformers.Part{{XML: content.XML}} // what was sent can be judged all the same
	}
	known := p.tables.View()
	r.Tables = consulted(packs, known)
	var structural, broken []violation.Violation
	var told telling
	for _, part := range result.Parts {
		told.of(part.XML)
		subject := rules.Subject{Doc: part.Doc, References: known, Told: told.packs}
		if part.XML != nil {
			subject.XML = part.XML.Root()
		}
		if part.Doc != nil {
			switch part.Kind {
			case transformers.Invoice, transformers.CreditNote, transformers.InvoiceStatus, transformers.ESPDRequest, transformers.ESPDResponse:
				r.Profile = p.rules.Profile(part.Doc).Name
			}
		}
		if !told.structure {
			structural = append(structural, checkStructure(part.XML, identity.Version)...)
		}
		broken = append(broken, rules.Check(subject, packs)...)
		told.by(packs)
	}
	r.Valid = !slices.ContainsFunc(broken, violation.Violation.IsFatal)
	r.Violations = slices.Concat(r.Violations, structural, rules.Suppress(broken, structural))
	return r
}
