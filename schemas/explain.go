package schemas

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// explain turns one error of the validator into violations that a person can act on. Its texts come from the keyword
// of the schema and the value of the document, not from the validator, whose messages exist in English only.
func (s *Schema) explain(doc *document.Doc, e *jsonschema.ValidationError) []violation.Violation {
	found := doc.Lookup(decodePointer(e.InstanceLocation))
	expected := s.raw.Lookup(fragment(e.AbsoluteKeywordLocation))
	key := keyword(e.KeywordLocation)
	term := s.term(e.KeywordLocation)
	owner := expected.Parent()
	switch key {
	case "required":
		return s.explainRequired(found, expected, term)
	case "additionalProperties", "unevaluatedProperties":
		return s.explainUnknown(found, owner, key)
	}
	m, ok := messages[key]
	if !ok {
		m = otherKeyword
	}
	if hint := owner.Get("x-expected"); hint.Exists() && (key == "pattern" || key == "format") {
		return []violation.Violation{hinted(key).New(at(found, term), hint.Get("fr").Text(), hint.Get("en").Text(), excerpt(found))}
	}
	return []violation.Violation{m.New(at(found, term), describe(key, expected), excerpt(found))}
}

// explainRequired names each member that is missing, at the place where it should be.
func (s *Schema) explainRequired(found, required document.Value, term string) []violation.Violation {
	var vs []violation.Violation
	for name := range required.Children() {
		if found.Get(name.Text()).Exists() {
			continue
		}
		where := at(found, term)
		where.Pointer += "/" + document.EscapeToken(name.Text())
		property := s.resolve(required.Parent().Get("properties").Get(name.Text()))
		title := property.title
		if title == "" {
			title = name.Text()
		}
		if property.term != "" {
			where.Term = property.term
		}
		vs = append(vs, missing.New(where, violation.Excerpt(title)))
	}
	if vs == nil { // the validator leaves members without a name out of its places, so found is another object
		vs = append(vs, otherKeyword.New(at(found, term), "required", excerpt(found)))
	}
	return vs
}

// explainUnknown names each member that the schema does not know, with the members that it does.
func (s *Schema) explainUnknown(found, owner document.Value, key string) []violation.Violation {
	known := owner.Get("properties")
	var names []string
	for p := range known.Children() {
		names = append(names, p.Name())
	}
	var vs []violation.Violation
	for member := range found.Children() {
		if known.Get(member.Name()).Exists() {
			continue
		}
		if len(vs) == maxViolations {
			vs[maxViolations-1].Count = max(vs[maxViolations-1].Count, 1) + 1
		} else {
			vs = append(vs, unknown.New(at(member, ""), violation.Excerpt(member.Name()), list(names)))
		}
	}
	if vs == nil {
		vs = append(vs, otherKeyword.New(at(found, ""), key, excerpt(found)))
	}
	return vs
}

// at is the place of a value in the canonical document and in its source.
func at(v document.Value, term string) violation.At {
	source := v.Source()
	return violation.At{Pointer: v.Pointer(), Source: source.Path, Line: source.Line, Column: source.Column, Term: term}
}

// property is what a schema says of a member beside its constraints.
type property struct{ term, title string }

// resolve reads the term and the title of a property, following references inside the schema.
func (s *Schema) resolve(v document.Value) property {
	p := property{v.Get("x-term").Text(), v.Get("title").Text()}
	for range maxReferences {
		if !v.Get("$ref").Exists() || (p.term != "" && p.title != "") {
			break
		}
		v = s.target(v)
		if p.term == "" {
			p.term = v.Get("x-term").Text()
		}
		if p.title == "" {
			p.title = v.Get("title").Text()
		}
	}
	return p
}

// term returns the deepest business term on the validation path, such as BT-115 for
// /properties/totals/properties/payable/$ref/pattern.
func (s *Schema) term(keywordLocation string) string {
	v, term := s.raw.Root(), ""
	for token := range strings.SplitSeq(strings.TrimPrefix(keywordLocation, "/"), "/") {
		if token == "$ref" {
			v = s.target(v)
		} else {
			v = child(v, decodePointer(token))
		}
		if t := v.Get("x-term").Text(); t != "" {
			term = t
		}
	}
	return term
}

// maxReferences bounds a chain of references: a longer one is a loop.
const maxReferences = 8

// target returns what the $ref of a subschema points at, inside the same schema.
func (s *Schema) target(v document.Value) document.Value {
	return s.raw.Lookup(decodePointer(strings.TrimPrefix(v.Get("$ref").Text(), "#")))
}

// child returns the member or item that one token of a JSON pointer names.
func child(v document.Value, token string) document.Value {
	if v.Type() == document.Array {
		if i, err := strconv.Atoi(token); err == nil {
			return v.At(i)
		}
		return document.Value{}
	}
	return v.Get(unescape(token))
}

func unescape(token string) string {
	if strings.IndexByte(token, '~') < 0 {
		return token
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
}

func keyword(location string) string { return location[strings.LastIndexByte(location, '/')+1:] }

func fragment(absolute string) string {
	_, f, _ := strings.Cut(absolute, "#")
	return decodePointer(f)
}

// decodePointer undoes the percent-encoding that the validator applies to its locations.
func decodePointer(pointer string) string {
	if strings.IndexByte(pointer, '%') < 0 {
		return pointer
	}
	if decoded, err := url.PathUnescape(pointer); err == nil {
		return decoded
	}
	return pointer
}
