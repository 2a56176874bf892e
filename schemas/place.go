package schemas

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// Where a fault lies, in the document and in the schema, and what the schema says on the way there.

// at is the place of a value in the canonical document and in its source.
func at(v document.Value, term string) violation.At {
	source := v.Source()
	return violation.At{Pointer: v.Pointer(), Source: source.Path, Line: source.Line, Column: source.Column, Term: term}
}

// property is what a schema says of a member beside its constraints.
type property struct{ term, title, titleFR string }

// resolve reads the term and the title of a property, following references inside the schema.
func (s *Schema) resolve(v document.Value) property {
	p := property{v.Get("x-term").Text(), v.Get("title").Text(), v.Get("x-title-fr").Text()}
	for range maxReferences {
		if !v.Get("$ref").Exists() || (p.term != "" && p.title != "") {
			break
		}
		v = s.target(v)
		if p.term == "" {
			p.term = v.Get("x-term").Text()
		}
		if p.title == "" {
			p.title, p.titleFR = v.Get("title").Text(), v.Get("x-title-fr").Text()
		}
	}
	return p
}

// path reads the schemas on the way to a keyword: the deepest business term, such as BT-115 for
// /properties/totals/properties/payable/$ref/pattern, and what they conceal together.
func (s *Schema) path(keywordLocation string) (term string, secret concealment) {
	v := s.raw.Root()
	for token := range strings.SplitSeq(strings.TrimPrefix(keywordLocation, "/"), "/") {
		secret = max(secret, concealmentOf(v))
		if token == "$ref" {
			v = s.target(v)
		} else {
			v = child(v, decodePointer(token))
		}
		if t := v.Get("x-term").Text(); t != "" {
			term = t
		}
	}
	return term, secret
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
