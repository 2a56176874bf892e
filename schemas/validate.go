package schemas

import (
	"encoding/json"
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// maxViolations bounds the answer for one document: beyond it a person has stopped reading and a header is full.
const maxViolations = 200

var (
	noSchema = violation.Spec{
		Code:     "schema_missing",
		FR:       "aucun schéma pour le type de document « %s »",
		EN:       "no schema for the kind of document %q",
		RemedyFR: "Signalez ce défaut de la passerelle : un document sans schéma n'est jamais accepté.",
		RemedyEN: "Report this fault of the gateway: a document without a schema is never accepted.",
	}
	crashed = violation.Spec{
		Code:     "schema_failure",
		FR:       "le document n'a pas pu être contrôlé : %v",
		EN:       "the document could not be checked: %v",
		RemedyFR: "Signalez ce défaut de la passerelle avec le document : rien n'est accepté sans contrôle.",
		RemedyEN: "Report this fault of the gateway with the document: nothing is accepted unchecked.",
	}
)

// Validate judges a canonical document by the schema of its kind and returns every violation, sorted, at most 200.
// A kind without schema and a validator that fails refuse the document.
func (s *Set) Validate(kind string, doc *document.Doc) []violation.Violation {
	schema := s.byKind[kind]
	if schema == nil {
		return []violation.Violation{noSchema.New(violation.At{Pointer: "/kind"}, violation.Excerpt(kind))}
	}
	if s.proven[kind] {
		return nil
	}
	return schema.Validate(doc)
}

// Validate judges a document by one schema. See [Set.Validate].
func (s *Schema) Validate(doc *document.Doc) (vs []violation.Violation) {
	defer func() {
		if r := recover(); r != nil {
			vs = []violation.Violation{crashed.New(violation.At{}, r)}
		}
	}()
	err := s.compiled.Validate(toAny(doc.Root()))
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []violation.Violation{crashed.New(violation.At{}, err)}
	}
	for _, leaf := range leaves(invalid, nil) {
		vs = append(vs, s.explain(doc, leaf)...)
	}
	vs = fold(vs)
	violation.Sort(vs)
	if len(vs) > maxViolations {
		vs[maxViolations-1].Count = len(vs) - maxViolations + 1
		vs = vs[:maxViolations]
	}
	return vs
}

// leaves collects the errors without causes. Of the branches of anyOf and oneOf only the one that came closest is
// kept: the one with the fewest faults, as the others are about what the document never meant to be.
func leaves(e *jsonschema.ValidationError, dst []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return append(dst, e)
	}
	if k := keyword(e.KeywordLocation); k == "anyOf" || k == "oneOf" {
		var best []*jsonschema.ValidationError
		for _, cause := range e.Causes {
			if branch := leaves(cause, nil); best == nil || len(branch) < len(best) {
				best = branch
			}
		}
		return append(dst, best...)
	}
	for _, cause := range e.Causes {
		dst = leaves(cause, dst)
	}
	return dst
}

// fold keeps one violation for each code and place: a schema may say the same thing on two paths.
func fold(vs []violation.Violation) []violation.Violation {
	type place struct{ code, pointer, text string }
	seen := map[place]bool{}
	out := vs[:0]
	for _, v := range vs {
		p := place{v.Code, v.Pointer, v.EN}
		if !seen[p] {
			seen[p] = true
			out = append(out, v)
		}
	}
	return out
}

// toAny converts a value into what jsonschema/v5 validates. Numbers keep their text.
func toAny(v document.Value) any {
	switch v.Type() {
	case document.Bool:
		return v.Text() == "true"
	case document.Number:
		return json.Number(v.Text())
	case document.String:
		return v.Text()
	case document.Array:
		items := make([]any, 0, v.Len())
		for c := range v.Children() {
			items = append(items, toAny(c))
		}
		return items
	case document.Object:
		members := make(map[string]any, v.Len())
		for c := range v.Children() {
			members[c.Name()] = toAny(c)
		}
		return members
	default: // null; a value that is absent is not among the children of another
		return nil
	}
}
