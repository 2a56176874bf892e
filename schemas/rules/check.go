package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/money"
	"github.com/commande-publique/passerelle/internal/violation"
)

const (
	// maxPlaces bounds the places that one rule reports: beyond it nobody reads, and the last one says how many more.
	maxPlaces = 20
	// maxDocumentCost bounds what all rules together spend on one document, in CEL cost units: the 50,000 lines that fit
	// into 16 MiB need about five million, and twenty take one to two seconds.
	maxDocumentCost = 20_000_000
)

// CodeNotJudged is the code of a rule that could not be judged.
const CodeNotJudged = "rule_not_judged"

var (
	notJudged = violation.Spec{
		Code:     CodeNotJudged,
		FR:       "la règle %[1]s n'a pas pu être vérifiée : valeur %[2]s",
		EN:       "rule %[1]s could not be judged: value %[3]s",
		RemedyFR: "Corrigez ou ajoutez la valeur à cet endroit : une règle qui ne peut être vérifiée n'est pas réputée respectée.",
		RemedyEN: "Correct or add the value at this place: a rule that cannot be judged does not count as kept.",
	}
	tooCostly = violation.Spec{
		Code:     "rule_cost",
		FR:       "le document est trop grand pour être vérifié : arrêt à la règle %[1]s",
		EN:       "the document is too large to be judged: stopped at rule %[1]s",
		RemedyFR: "Découpez le document en plusieurs ; si la règle est la vôtre, évitez de parcourir une liste dans une autre.",
		RemedyEN: "Split the document; if the rule is yours, avoid iterating one list inside another.",
	}
	failure = violation.Spec{
		Code:     "rule_failure",
		FR:       "la règle %[1]s a échoué : %[2]s",
		EN:       "rule %[1]s failed: %[2]s",
		RemedyFR: "Signalez ce défaut de la passerelle avec le document : rien n'est accepté sans contrôle.",
		RemedyEN: "Report this fault of the gateway with the document: nothing is accepted unchecked.",
	}
)

// Check judges a canonical document by every rule of the packs that are for its kind and returns the violations,
// sorted. A rule is judged once for each value it is for; after 20 places the last one counts the rest.
func Check(doc *document.Doc, packs []*Pack) []violation.Violation {
	r := run{doc: doc, root: doc.Root()}
	kind := r.root.Get("kind").Text()
	for _, pack := range packs {
		if !slices.Contains(pack.Kinds, kind) {
			continue
		}
		for i := range pack.Rules {
			r.rule(&pack.Rules[i])
			if r.stopped {
				break
			}
		}
	}
	found := Suppress(r.found, r.found)
	violation.Sort(found)
	return found
}

// Suppress leaves out of vs what could not be judged because of a value that one of the others already refuses there or
// above. Others come from the schema, or from rules; they must be fatal to count, so the document stays refused.
func Suppress(vs, others []violation.Violation) []violation.Violation {
	refused := map[string]bool{}
	for _, o := range others {
		if o.IsFatal() && o.Code != CodeNotJudged {
			refused[o.Pointer] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(vs), func(v violation.Violation) bool {
		if v.Code != CodeNotJudged || v.Pointer == "" {
			return false
		}
		for at := v.Pointer; ; at = at[:strings.LastIndexByte(at, '/')] {
			if refused[at] {
				return true
			}
			if at == "" {
				return false
			}
		}
	})
}

// run is the judgement of one document.
type run struct {
	doc     *document.Doc
	root    document.Value
	found   []violation.Violation
	cost    uint64
	stopped bool
}

// rule judges one rule for every value that it is for. Whatever goes wrong refuses the document.
func (r *run) rule(rule *Rule) {
	from := len(r.found)
	defer func() {
		if p := recover(); p != nil {
			r.found = append(r.found, failure.New(violation.At{}, rule.ID, fmt.Sprint(p)))
		}
	}()
	values := expr.Values{theDocument: r.root}
	if rule.as == "" {
		r.judge(rule, document.Value{}, values, from)
		return
	}
	rule.each.visit(r.root, func(element document.Value) bool {
		values[rule.as] = element
		r.judge(rule, element, values, from)
		return !r.stopped
	})
}

func (r *run) judge(rule *Rule, element document.Value, values expr.Values, from int) {
	if rule.when != nil {
		if applies, ok := r.eval(rule, rule.when, element, values, from); !ok || !applies {
			return
		}
	}
	kept, ok := r.eval(rule, rule.test, element, values, from)
	if !ok || kept {
		return
	}
	r.add(from, func() violation.Violation { return r.broken(rule, element, values) })
}

// eval evaluates an expression of the rule; where it has no result, ok is false and that is reported.
func (r *run) eval(rule *Rule, program *expr.Program, element document.Value, values expr.Values, from int) (result, ok bool) {
	result, cost, err := program.EvalCost(values)
	r.cost += cost
	var fault *expr.Error
	switch {
	case r.cost > maxDocumentCost || errors.As(err, &fault) && fault.Kind == expr.CostExceeded:
		r.stopped = true
		r.found = append(r.found, tooCostly.New(violation.At{}, rule.ID))
	case err == nil:
		return result, true
	case errors.As(err, &fault) && fault.Kind == expr.NotJudged:
		r.add(from, func() violation.Violation { return r.unjudged(rule, fault, element) })
	default:
		r.found = append(r.found, failure.New(violation.At{}, rule.ID, err.Error()))
	}
	return false, false
}

// add appends a violation of the rule whose violations begin at from, or counts it in the last one.
func (r *run) add(from int, describe func() violation.Violation) {
	if len(r.found)-from < maxPlaces {
		r.found = append(r.found, describe())
		return
	}
	last := &r.found[len(r.found)-1]
	last.Count = max(1, last.Count) + 1
}

func (r *run) broken(rule *Rule, element document.Value, values expr.Values) violation.Violation {
	shown := make(map[string]string, len(rule.show))
	for _, s := range rule.show {
		text, err := s.value.Text(values)
		if err != nil {
			text = "?"
		}
		shown[s.name] = violation.Excerpt(text)
	}
	_, nearest := rule.at.reach(r.root, element)
	at := where(rule.at.locate(element), nearest, rule.term)
	return violation.Violation{
		Code: rule.ID, Severity: rule.Severity,
		Pointer: at.Pointer, Source: at.Source, Line: at.Line, Column: at.Column, Term: at.Term,
		FR:     rule.fr.fill(r.root, element, shown, "(absent)"),
		EN:     rule.en.fill(r.root, element, shown, "(absent)"),
		Remedy: rule.remedy.FR, RemedyEN: rule.remedy.EN,
	}
}

func where(pointer string, nearest document.Value, term string) violation.At {
	source := nearest.Source()
	return violation.At{Pointer: pointer, Source: source.Path, Line: source.Line, Column: source.Column, Term: term}
}

// unjudged says which operand keeps the rule from being judged.
func (r *run) unjudged(rule *Rule, fault *expr.Error, element document.Value) violation.Violation {
	pointer, value := r.operand(rule, fault, element)
	fr, en := "absente ("+pointer+")", "absent ("+pointer+")"
	switch {
	case pointer == "":
		fr, en = "inattendue ("+fault.Detail+")", "unexpected ("+fault.Detail+")"
		pointer, value = rule.at.locate(element), rule.at.find(r.root, element)
	case value.Exists():
		fr = "incorrecte (« " + violation.Excerpt(value.Text()) + " »)"
		en = fmt.Sprintf("malformed (%q)", violation.Excerpt(value.Text()))
	}
	nearest := value
	for at := pointer; !nearest.Exists() && at != ""; {
		at = at[:strings.LastIndexByte(at, '/')]
		nearest = r.doc.Lookup(at)
	}
	v := notJudged.New(where(pointer, nearest, rule.term), rule.ID, fr, en)
	v.Severity = rule.Severity
	return v
}

// operand finds the place of the document that an expression could not use.
func (r *run) operand(rule *Rule, fault *expr.Error, element document.Value) (string, document.Value) {
	variable, rest, _ := strings.Cut(fault.Read, "/")
	base := r.root
	switch {
	case fault.Read == "":
		return "", document.Value{}
	case variable == rule.as:
		base = element
	}
	if rest != "" {
		rest = "/" + rest
	}
	at, ok := split(rest).first(base, base.Pointer(), func(v document.Value) bool {
		if fault.Absent {
			return !v.Exists()
		}
		_, err := money.Parse(v.Text())
		return v.Exists() && err != nil
	})
	if !ok {
		return "", document.Value{}
	}
	return at, r.doc.Lookup(at)
}
