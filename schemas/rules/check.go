package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas/rules/syntax"
)

const (
	// maxPlaces bounds the places that one rule reports: beyond it nobody reads, and the last one says how many more.
	maxPlaces = 20
	// maxCost bounds what all rules together spend on one document, in nodes visited: the 50,000 lines that fit into
	// 16 MiB need about five million, and twenty take a second.
	maxCost = 20_000_000
	// maxPooled bounds the facts that are kept for the next document, in nodes: those of 500 lines, some 2 MiB. Larger
	// documents are rare, and their memory goes back.
	maxPooled = 30_000
)

// CodeNotJudged is the code of a rule that could not be judged.
const CodeNotJudged = "rule_not_judged"

var (
	notJudged = violation.Spec{
		Code:     CodeNotJudged,
		FR:       "la règle %[1]s n'a pas pu être vérifiée : %[2]s",
		EN:       "rule %[1]s could not be judged: %[3]s",
		RemedyFR: "Corrigez la valeur à cet endroit : une règle qui ne peut être vérifiée n'est pas réputée respectée.",
		RemedyEN: "Correct the value at this place: a rule that cannot be judged does not count as kept.",
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
	notSent = violation.Spec{
		Code:     "rule_pack_needs_source",
		FR:       "le paquet de règles %[1]s juge le document tel qu'il a été envoyé (XML), pas sa forme canonique",
		EN:       "the rule pack %[1]s judges the document as it was sent (XML), not its canonical form",
		RemedyFR: "Envoyez le document dans son format d'origine.",
		RemedyEN: "Send the document in its original format.",
	}
	notInForce = violation.Spec{
		Code:     "rule_pack_not_in_force",
		FR:       "aucune version du paquet de règles %[1]q n'est en vigueur le %[2]s",
		EN:       "no version of the rule pack %[1]q is in force on %[2]s",
		RemedyFR: "Vérifiez la date de l'événement (ce_time), ou ajoutez la version du paquet qui vaut ce jour-là.",
		RemedyEN: "Check the time of the event (ce_time), or add the version of the pack that is in force on that day.",
	}
)

// Subject is a document to judge.
type Subject struct {
	// Doc is the canonical document. It may be nil when XML is set: then violations have no pointer.
	Doc *document.Doc
	// XML is the root of the document as it was sent. Rules are judged on it where a binding knows its syntax, because
	// the official verdict depends on what the sender wrote: an element twice, or an empty one.
	XML xmldoc.Element
	// Told names the packs that have judged XML already, with another document that the same message holds: they have nothing
	// to say of it a second time.
	Told []string
	// Day is the day of the event, as an ISO 8601 date, which chooses among the versions of packs and the editions of
	// code lists; empty means the newest.
	Day string
	// References is the state of the reference tables that rules look into. A rule that gets no answer there is neither
	// kept nor broken: it gives a violation with the severity [violation.NotVerified].
	References reference.View
}

// Check judges a document by the versions of packs that are in force on its day, given by their names, and returns the
// violations, sorted.
func (s *Set) Check(names []string, subject Subject) []violation.Violation {
	var packs []*Pack
	var missing []violation.Violation
	for _, name := range names {
		if p := s.At(name, subject.Day); p != nil {
			packs = append(packs, p)
		} else {
			missing = append(missing, notInForce.New(violation.At{}, name, subject.Day))
		}
	}
	found := append(Check(subject, packs), missing...)
	violation.Sort(found)
	return found
}

// Check judges a document by every rule of the packs that are for its kind and returns the violations, sorted. A rule is
// judged once for each place it is for; after 20 places the last one counts the rest. What a pack takes from another of the
// packs is judged once, by the other.
func Check(subject Subject, packs []*Pack) []violation.Violation {
	r := runs.Get().(*run)
	defer r.release()
	r.subject, r.day = subject, subject.Day
	for _, pack := range packs {
		if pack.own != nil && slices.ContainsFunc(packs, func(p *Pack) bool { return p.Name == pack.Extends.Pack }) {
			pack = pack.own
		}
		r.pack(pack)
	}
	found := Suppress(r.found, r.found)
	violation.Sort(found)
	return found
}

// Suppress leaves out of vs what could not be judged because of a value that one of the others already refuses there or
// above. Others come from the structure, the schema, or from rules; they must be fatal to count, so the document stays
// refused.
func Suppress(vs, others []violation.Violation) []violation.Violation {
	if !slices.ContainsFunc(vs, func(v violation.Violation) bool { return v.Code == CodeNotJudged }) {
		return vs
	}
	refused := map[string]bool{}
	for _, o := range others {
		if o.IsFatal() && o.Code != CodeNotJudged {
			if o.Pointer == "" && o.Source != "" {
				refused[o.Source] = true
			} else {
				refused[o.Pointer] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(vs), func(v violation.Violation) bool {
		return v.Code == CodeNotJudged && (isRefused(refused, v.Pointer) || isRefused(refused, v.Source))
	})
}

// isRefused reports whether a place or one above it is refused.
func isRefused(refused map[string]bool, place string) bool {
	if place == "" {
		return false
	}
	for ; ; place = place[:max(0, strings.LastIndexByte(place, '/'))] {
		if refused[place] {
			return true
		}
		if place == "" {
			return false
		}
	}
}

// runs are used again, because facts are the largest part of a judgement.
var runs = sync.Pool{New: func() any {
	r := &run{told: map[*syntax.Rule]places{}}
	r.report = r.ofSyntax // made once, as a method value allocates
	return r
}}

// run is the judgement of one document.
type run struct {
	subject Subject
	day     string
	kind    string // of the document
	facts   facts
	walker  walker
	written bool     // white space at the ends of texts counts
	this    int32    // what the rule is judged for
	ids     []int32  // the stacks of expressions: nodes
	texts   []string // and texts
	cost    int
	stopped bool
	why     reason // why the rule that is being judged has no result
	culprit int32  // the node at fault, 0 when it is not known
	gap     gap    // what a reference table does not know, where that is why
	found   []violation.Violation
	values  []refValue              // of the canonical document, see valueAt
	told    map[*syntax.Rule]places // of the rules about the syntax
	report  func(*syntax.Rule, xmldoc.Element)
}

// release lets go of the document and gives the run back.
func (r *run) release() {
	clear(r.texts[:cap(r.texts)])
	clear(r.facts.nodes)
	if cap(r.facts.nodes) > maxPooled {
		r.facts = facts{}
	}
	*r = run{
		facts: facts{nodes: r.facts.nodes[:0], lists: r.facts.lists[:0], count: r.facts.count[:0]}, walker: walker{names: r.walker.names[:0], active: r.walker.active[:0], terms: r.walker.terms[:0], texts: r.walker.texts[:0]},
		ids: r.ids[:0], texts: r.texts[:0], values: r.values[:0], told: r.told, report: r.report,
	}
	clear(r.told)
	runs.Put(r)
}

// pack judges the rules of a pack.
func (r *run) pack(p *Pack) {
	m := r.prepare(p)
	if m == nil {
		return
	}
	r.written = slices.Contains(p.written, m.syntax)
	for forms := p.forms[m]; len(forms) > 0 && !r.stopped; {
		forms = forms[r.forms(forms):]
	}
	if r.subject.XML.Exists() {
		for _, t := range p.Tables {
			t.Check(r.subject.XML, r.report)
		}
	}
}

// ofSyntax says that an element breaks a rule about its syntax. The rules of a table report in no order.
func (r *run) ofSyntax(rule *syntax.Rule, at xmldoc.Element) {
	told := r.told[rule]
	if told.places == maxPlaces {
		last := &r.found[told.last]
		last.Count = max(1, last.Count) + 1
		return
	}
	v := rule.Violation(at)
	v.Pointer = r.carried(at)
	r.told[rule] = places{told.places + 1, len(r.found)}
	r.found = append(r.found, v)
}

// places is how often a rule was reported, and where the last report is.
type places struct{ places, last int }

// prepare takes the facts that a pack is judged on, unless they are taken. It returns their model, nil when the pack is
// not for documents of this kind.
func (r *run) prepare(p *Pack) *model {
	if xml := r.subject.XML; xml.Exists() {
		name := xml.Name()
		for _, b := range p.vocabulary.bindings {
			kind, known := b.roots[name]
			if !known {
				continue
			}
			if !slices.Contains(p.Kinds, kind) || slices.Contains(r.subject.Told, p.Name) {
				return nil
			}
			if r.facts.model != b.model {
				r.walker.read(b, &r.facts, xml)
			}
			r.kind = kind
			return b.model
		}
	}
	if r.subject.Doc == nil || !slices.Contains(p.Kinds, r.subject.Doc.Root().Get("kind").Text()) {
		return nil
	}
	if p.sent {
		r.found = append(r.found, notSent.New(violation.At{}, p.Name))
		return nil
	}
	r.kind = r.subject.Doc.Root().Get("kind").Text()
	canonical := p.vocabulary.canonical
	if r.facts.model != canonical.model {
		canonical.read(&r.facts, r.subject.Doc)
	}
	return canonical.model
}

// forms judges rules until one fails, and returns how many are dealt with. A rule that fails refuses the document.
func (r *run) forms(forms []form) (done int) {
	defer func() {
		if p := recover(); p != nil {
			r.found = append(r.found, failure.New(violation.At{}, forms[done].rule.ID, fmt.Sprint(p)))
			done++
		}
	}()
	for ; done < len(forms) && !r.stopped; done++ {
		r.form(&forms[done])
	}
	return done
}

// form judges one rule for everything that it is for.
func (r *run) form(f *form) {
	from := len(r.found)
	for i := range f.places {
		j := &f.places[i]
		if r.facts.count[j.slot.id] == 0 {
			continue // nothing to judge
		}
		r.ids, r.texts = r.facts.all(r.ids[:0], 0, j.way.down), r.texts[:0]
		for n, to := 0, len(r.ids); n < to && !r.stopped; n++ {
			r.judge(f, j, r.ids[n], from)
		}
	}
}

func (r *run) judge(f *form, j *judged, at int32, from int) {
	r.this, r.why, r.culprit = at, nothing, 0
	result := unknown
	if r.spend(1) {
		result = yes
		if j.when != nil {
			result = not(j.when(r, at)) // where it does not apply it is kept
		}
		if result != unknown && (j.when == nil || result == no) {
			result = j.test(r, at)
		}
	}
	switch {
	case r.stopped:
		r.found = append(r.found, tooCostly.New(violation.At{}, f.rule.ID))
	case result == yes:
	case len(r.found)-from >= maxPlaces:
		last := &r.found[len(r.found)-1]
		last.Count = max(1, last.Count) + 1
	case result == no:
		r.found = append(r.found, r.broken(f, j, at))
	default:
		r.found = append(r.found, r.unjudged(f, j, at))
	}
}

// start climbs to the group that a path goes down from.
func (r *run) start(at int32, p *path) int32 {
	switch p.from {
	case fromDocument:
		return 0
	case fromThis:
		at = r.this
	}
	for range p.ups {
		at = r.facts.nodes[at].up
	}
	return at
}

// spend notes that nodes were visited; false means that the document costs too much.
func (r *run) spend(nodes int) bool {
	r.cost += nodes
	r.stopped = r.stopped || r.cost+r.facts.visited > maxCost
	return !r.stopped
}

// reason is why an expression has no result.
type reason uint8

const (
	nothing reason = iota
	malformed
	repeated
	zeroDivision
	unanswered // by a reference table
)

// blame notes the node that keeps an expression from having a result; the first counts.
func (r *run) blame(node int32, why reason) state {
	if r.why == nothing {
		r.why, r.culprit = why, node
	}
	return bad
}

// text returns the text of a node.
func (r *run) text(id int32) string {
	if r.written {
		if text, has := r.facts.written[id]; has {
			return text
		}
	}
	return r.facts.nodes[id].text
}

// number reads the number of a node.
func (r *run) number(id int32) (decimal, state) {
	d, ok := parseDecimal(r.facts.nodes[id].text)
	if !ok {
		return d, r.blame(id, malformed)
	}
	return d, have
}

// attribute returns an attribute of the element that a node came from.
func (r *run) attribute(id int32, name string) (string, bool) {
	if r.facts.model.syntax == Canonical {
		return "", false
	}
	return textOf(r.subject.XML.Doc().Element(document.Ref(r.facts.nodes[id].ref)), name, r.written)
}

// broken says that a rule is not kept.
func (r *run) broken(f *form, j *judged, at int32) violation.Violation {
	where := r.where(j.at, at, j.terms)
	return violation.Violation{
		Code: f.rule.ID, Severity: f.severity,
		Pointer: where.Pointer, Source: where.Source, Line: where.Line, Column: where.Column, Term: cmp.Or(where.Term, j.term),
		FR: j.fr.fill(r, at), EN: j.en.fill(r, at), Remedy: f.rule.Remedy.FR, RemedyEN: f.rule.Remedy.EN,
	}
}

// unjudged says what keeps a rule from being judged.
func (r *run) unjudged(f *form, j *judged, at int32) violation.Violation {
	where := r.where(j.at, at, j.terms)
	where.Term = cmp.Or(where.Term, j.term)
	if r.why == unanswered {
		return r.notVerified(f.rule.ID, where)
	}
	text := ""
	if r.culprit != 0 {
		n := r.facts.nodes[r.culprit]
		s := r.facts.model.slots[n.slot]
		where = r.where(&path{to: s}, r.culprit, j.terms)
		text = violation.Excerpt(n.text)
		if isNumbered(s.name) {
			where.Term = s.name
		}
	}
	var fr, en string
	switch r.why {
	case malformed:
		fr, en = "valeur incorrecte (« "+text+" »)", fmt.Sprintf("malformed value (%q)", text)
	case repeated:
		fr, en = "plusieurs valeurs là où une seule peut servir", "several values where only one can be used"
	default:
		fr, en = "division par zéro", "division by zero"
	}
	v := notJudged.New(where, f.rule.ID, fr, en)
	v.Severity = f.severity
	return v
}
