package schemas

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// maxViolations bounds the answer for one document, with the word that there is more: beyond it a person has stopped reading
// and a header is full.
const maxViolations = 200

// maxExplained bounds the errors that are explained, which takes longer than finding them. A few more than maxViolations leave
// enough when some fall together.
const maxExplained = maxViolations + maxViolations/4

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
	stopped = violation.Spec{
		Code:     "schema_stopped",
		Severity: violation.Warning,
		FR:       "et d'autres fautes encore : le contrôle par le schéma s'arrête aux %d premières",
		EN:       "and more faults: the check by the schema stops at the first %d",
		RemedyFR: "Corrigez d'abord les fautes signalées, puis renvoyez le document.",
		RemedyEN: "Correct the faults that are told first, then send the document again.",
	}
	costly = violation.Spec{
		Code:     "schema_cost",
		FR:       "contrôler le document demanderait plus de %d étapes",
		EN:       "checking the document would take more than %d steps",
		RemedyFR: "Découpez le document, ou aplatissez-le ; si le document est ordinaire, simplifiez les branches récursives du schéma.",
		RemedyEN: "Split the document, or flatten it; if the document is an ordinary one, simplify the recursive branches of the schema.",
	}
)

// Validate judges a canonical document by the schema of its kind and returns every violation, sorted. Where there are more
// than 200 it returns the first 199 that it meets and a warning that the check stopped there: nobody counts the rest.
// A kind without schema and a validator that fails refuse the document.
func (s *Set) Validate(kind string, doc *document.Doc) []violation.Violation {
	schema := s.Schema(kind)
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
	sure := s.accept.judge(doc)
	switch {
	case sure == valid:
		return nil
	case s.dynamic:
		vs, sure = s.authority(doc)
	default:
		vs, sure = s.blame(doc, sure)
	}
	if len(vs) == 0 && sure == invalid { // a fault that cannot be explained still refuses
		return []violation.Violation{crashed.New(violation.At{}, "no fault was found")}
	}
	return vs
}

// blame finds the faults of a document that the acceptor does not accept.
func (s *Schema) blame(doc *document.Doc, sure verdict) ([]violation.Violation, verdict) {
	b := &blamer{walk: walk{left: maxSteps(doc)}, nodes: s.accept.nodes, about: map[*jsonschema.ValidationError]document.Value{}, room: maxExplained}
	b.judge(s.compiled, doc.Root())
	if b.left < 0 {
		return []violation.Violation{costly.New(violation.At{}, maxSteps(doc))}, invalid
	}
	if len(b.found) > 0 {
		sure = invalid
	}
	return s.explainAll(accused{doc, b.about}, b.found, b.more), sure
}

// authority asks jsonschema/v5 about the whole document.
func (s *Schema) authority(doc *document.Doc) ([]violation.Violation, verdict) {
	if left := maxSteps(doc); !spend(s.compiled, doc.Root(), &left) {
		return []violation.Violation{costly.New(violation.At{}, maxSteps(doc))}, invalid
	}
	err := s.compiled.Validate(toAny(doc.Root()))
	if err == nil {
		return nil, valid
	}
	var e *jsonschema.ValidationError
	if !errors.As(err, &e) {
		return []violation.Violation{crashed.New(violation.At{}, err)}, invalid
	}
	return s.explainAll(accused{doc: doc}, []*jsonschema.ValidationError{e}, false), invalid
}

// accused finds the values that errors are about. Those of the blamer are known: finding one by its place walks the document.
type accused struct {
	doc   *document.Doc
	known map[*jsonschema.ValidationError]document.Value
}

func (a accused) by(e *jsonschema.ValidationError) document.Value {
	if v, ok := a.known[e]; ok {
		return v
	}
	return a.doc.Lookup(decodePointer(e.InstanceLocation))
}

// explainAll turns errors into violations; more says that there are errors beside them.
func (s *Schema) explainAll(of accused, found []*jsonschema.ValidationError, more bool) (vs []violation.Violation) {
	var all []*jsonschema.ValidationError
	for _, e := range found {
		all = leaves(e, all)
	}
	if len(all) > maxExplained { // the validator walks maps, and the same document must always get the same answer
		slices.SortFunc(all, func(a, b *jsonschema.ValidationError) int {
			return cmp.Or(comparePointers(a.InstanceLocation, b.InstanceLocation), strings.Compare(a.KeywordLocation, b.KeywordLocation))
		})
		all, more = all[:maxExplained], true
	}
	for _, leaf := range all {
		vs = append(vs, s.explain(of, leaf)...)
	}
	vs = fold(vs)
	violation.Sort(vs)
	if len(vs) > maxViolations || more && len(vs) > 0 {
		vs = vs[:min(len(vs), maxViolations-1)]
		vs = append(vs, stopped.New(violation.At{}, len(vs)))
	}
	return vs
}

// comparePointers orders JSON pointers token by token: array indexes by number, then names.
func comparePointers(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, "/")
		y, b, _ = strings.Cut(b, "/")
		xIndex, yIndex := isIndex(x), isIndex(y)
		switch {
		case x == y:
		case xIndex && yIndex:
			return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
		case xIndex:
			return -1
		case yIndex:
			return 1
		default:
			return strings.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func isIndex(token string) bool { return token != "" && strings.Trim(token, "0123456789") == "" }

// leaves collects the errors that are to be explained: those without causes, mostly. Of the branches of anyOf and oneOf
// only the closest is kept, as the others are about what the document never meant to be; when several are as close and
// each asks for another value at the same place, they are explained together.
func leaves(e *jsonschema.ValidationError, dst []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return append(dst, e)
	}
	switch keyword(e.KeywordLocation) {
	case "minContains": // no item is wrong: there are too few of a sort
		return append(dst, e)
	case "anyOf", "oneOf":
		branches := closest(e)
		if len(branches) > 1 && !slices.ContainsFunc(branches, func(b []*jsonschema.ValidationError) bool {
			return len(b) > 1 || b[0].InstanceLocation != e.InstanceLocation
		}) {
			return append(dst, e)
		}
		return append(dst, branches[0]...)
	}
	for _, cause := range e.Causes {
		dst = leaves(cause, dst)
	}
	return dst
}

// closest returns the errors of those branches of anyOf or oneOf that the document came closest to.
func closest(e *jsonschema.ValidationError) (best [][]*jsonschema.ValidationError) {
	nearest := 0
	for _, cause := range e.Causes {
		branch := leaves(cause, nil)
		switch d := distance(branch, e.InstanceLocation); {
		case best == nil || d < nearest:
			best, nearest = [][]*jsonschema.ValidationError{branch}, d
		case d == nearest:
			best = append(best, branch)
		}
	}
	return best
}

// distance tells how far a document is from a branch: one for each error, more where a value says that the document
// means to be something else, and most where it has another type.
func distance(branch []*jsonschema.ValidationError, place string) int {
	const otherValue, otherType = 10, 1000
	d := 0
	for _, leaf := range branch {
		switch key := keyword(leaf.KeywordLocation); {
		case key == "type" && leaf.InstanceLocation == place:
			d += otherType
		case (key == "const" || key == "enum") && leaf.InstanceLocation != place:
			d += otherValue
		default:
			d++
		}
	}
	return d
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
