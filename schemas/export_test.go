package schemas

import (
	"regexp"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// Accepts is the verdict of the acceptor alone, Authority that of jsonschema/v5 alone.
func (s *Schema) Accepts(doc *document.Doc) bool { return s.accept.judge(doc) == valid }
func (s *Schema) Authority(doc *document.Doc) []violation.Violation {
	vs, _ := s.authority(doc)
	return vs
}

// Compiled is what jsonschema/v5 made of the schema, and ToAny what it judges.
func (s *Schema) Compiled() *jsonschema.Schema { return s.compiled }
func ToAny(doc *document.Doc) any              { return toAny(doc.Root()) }

// Pattern is a pattern as the acceptor runs it.
func Pattern(re *regexp.Regexp) (matches func(string) bool, automaton bool) {
	p := newPattern(re)
	return p.matches, p.next != nil
}

// Formats are the formats that schemas may name.
func Formats() map[string]func(string) bool { return formats() }

// Judge is what the acceptor knows of a document: "valid", "invalid" or "unsure".
func (s *Schema) Judge(doc *document.Doc) string {
	w := walk{left: maxSteps(doc)}
	return [...]string{unsure: "unsure", valid: "valid", invalid: "invalid"}[w.judge(s.accept.root, doc.Root(), false)]
}

// Keywords are the words that the loader knows in a draft.
func Keywords(d Draft) []string {
	var known []string
	for name, w := range keywords {
		if w.in(d) {
			known = append(known, name)
		}
	}
	return known
}

// Bounds are those that the page for operators tells, by its words.
func Bounds() map[string][]int {
	return map[string][]int{
		"texte d'un schéma":                        {maxSchemaBytes >> 20},
		"schémas emboîtés":                         {maxSubschemas},
		"branches d'une liste":                     {maxBranches},
		"valeurs d'un `enum`":                      {maxEnum},
		"instructions d'une expression, de toutes": {maxPattern, maxPatterns},
		"schémas qui s'appellent sur une valeur":   {maxChain},
		"schémas qu'une valeur rencontre":          {maxWork},
		"violations d'une réponse":                 {maxViolations},
		"étapes d'un contrôle, et par valeur":      {freeSteps, stepsPerValue},
	}
}
