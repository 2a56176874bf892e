package routes

import (
	"errors"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/violation"
)

// condition is a compiled expression of a route with the text that was written.
type condition struct {
	text    string
	program *expr.Program
}

// String returns the expression as it was written; that of no condition is empty.
func (c *condition) String() string {
	if c == nil {
		return ""
	}
	return c.text
}

// holds reports whether the condition is true of the facts; no condition always is.
func (c *condition) holds(values expr.Values) (bool, error) {
	if c == nil {
		return true, nil
	}
	return c.program.Eval(values)
}

var (
	conditionFailed = violation.Spec{
		Code:     "condition_failed",
		FR:       "route %[1]s : la condition « %[2]s » ne peut pas être évaluée : %[3]s",
		EN:       "route %[1]s: the condition %[2]q cannot be evaluated: %[4]s",
		RemedyFR: "Corrigez le document, ou protégez la condition de la route : has(doc.x) && …, ou doc.?x.orValue(\"\").",
		RemedyEN: "Correct the document, or guard the condition of the route: has(doc.x) && …, or doc.?x.orValue(\"\").",
	}
	keyFailed = violation.Spec{
		Code:     "key_failed",
		FR:       "route %[1]s : la clé « %[2]s » ne peut pas être calculée : %[3]s",
		EN:       "route %[1]s: the key %[2]q cannot be computed: %[4]s",
		RemedyFR: "Corrigez le document, ou donnez une valeur de repli dans la route : doc.?x.orValue(\"…\").",
		RemedyEN: "Correct the document, or give a fallback value in the route: doc.?x.orValue(\"…\").",
	}
)

// failed tells why an expression of a route has no result for a message.
func failed(spec violation.Spec, route string, c *condition, m Message, err error) violation.Violation {
	fr, en, at := "défaut interne", "internal fault", violation.At{}
	var e *expr.Error
	if errors.As(err, &e) {
		fr, en = reason(e)
		at = placeOf(m.Doc, e.Read)
	}
	return spec.New(at, route, violation.Excerpt(c.text), fr, en)
}

func reason(e *expr.Error) (fr, en string) {
	name := strings.ReplaceAll(e.Read, "/", ".")
	switch {
	case e.Kind == expr.CostExceeded:
		return "elle coûte trop cher sur ce document", "it costs too much on this document"
	case e.Kind == expr.Internal:
		return "défaut interne (" + violation.Excerpt(e.Detail) + ")", "internal fault (" + violation.Excerpt(e.Detail) + ")"
	case name != "" && e.Absent:
		return name + " est absent", name + " is absent"
	case name != "":
		return name + " n'a pas la forme attendue", name + " does not have the expected form"
	default:
		return "une valeur est absente ou n'a pas la forme attendue", "a value is absent or does not have the expected form"
	}
}

// placeOf turns what an expression reads, "doc/totals/payable", into a place: its pointer up to the first list, and the
// place in the source of the nearest value that is there.
func placeOf(doc *document.Doc, read string) violation.At {
	pointer, ok := strings.CutPrefix(read, factDoc)
	if !ok || pointer == "" || doc == nil {
		return violation.At{}
	}
	pointer, _, _ = strings.Cut(pointer, "/*")
	at := violation.At{Pointer: pointer}
	for {
		if v := doc.Lookup(pointer); v.Exists() {
			source := v.Source()
			at.Source, at.Line, at.Column = source.Path, source.Line, source.Column
			return at
		}
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
}
