package schemas

import (
	"math"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
)

// endless is the work of a schema that contains itself: only the document bounds it.
const endless = math.MaxInt32

// The states of a subschema while its work is counted.
const (
	unseen uint8 = iota
	open
	done
)

// checkSums refuses schemas of which no part is too large but the whole takes too long to compile.
func (l *loader) checkSums(name string) {
	if l.size > maxPatterns {
		l.list.Errorf(diag.Position{File: name}, CodeSchemaSize, "les expressions régulières ont ensemble %d instructions, au plus %d", "the regular expressions have %d instructions together, at most %d", l.size, maxPatterns)
	}
	if n := l.anchors * len(l.order); n > maxAnchored {
		l.list.Add(diag.Errorf(diag.Position{File: name}, CodeSchemaSize, "trop de références par nom : %d, dans un schéma de %d schémas emboîtés", "too many references by name: %d, in a schema of %d nested schemas", l.anchors, len(l.order)).
			WithHint("écrivez-les comme pointeurs : #/$defs/...", "write them as pointers: #/$defs/..."))
	}
}

// checkWork refuses schemas that would not end, or not soon: references that lead back to themselves without going to a
// member or an item, chains of references, and branches of branches that multiply.
func (l *loader) checkWork() {
	for _, s := range l.order {
		if s.state == unseen {
			l.loops(s)
		}
	}
	if l.list.HasErrors() {
		return
	}
	for _, s := range l.order {
		s.state = unseen
	}
	for _, s := range l.order {
		if l.count(s); s.work > maxWork && s.work < endless {
			l.list.Add(diag.Errorf(s.file.position(s.at), CodeSchemaSize, "une même valeur serait jugée plus de %d fois", "one value would be judged more than %d times", maxWork).
				WithHint("réduisez les branches de allOf, anyOf et oneOf qui se multiplient", "reduce the branches of allOf, anyOf and oneOf that multiply"))
			return // the schemas around it would say the same
		}
	}
}

// loops reports references that lead back in place, or too far.
func (l *loader) loops(s *subschema) {
	s.state = open
	for _, e := range s.edges {
		if e.to == nil || e.reach != inPlace && e.reach != afterIf {
			continue
		}
		switch e.to.state {
		case unseen:
			l.loops(e.to)
		case open:
			l.list.Add(diag.Errorf(s.file.position(e.keyword), CodeSchemaLoop, "boucle : ce schéma revient à lui-même sans lire ni membre ni élément", "loop: this schema leads back to itself without reading a member or an item").
				WithHint("une récursion passe par properties ou items", "a recursion goes through properties or items"))
		}
		s.depth = max(s.depth, 1+e.to.depth)
	}
	if s.depth == maxChain {
		l.list.Errorf(s.file.position(s.at), CodeSchemaSize, "plus de %d schémas s'appellent l'un l'autre sur une même valeur", "more than %d schemas call one another on one value", maxChain)
	}
	s.state = done
}

// count finds the work of a subschema: itself, what applies to the same value, and the dearest of what one member or
// item meets.
func (l *loader) count(s *subschema) int {
	switch s.state {
	case open:
		return endless
	case done:
		return s.work
	}
	s.state = open
	here, one, members, items := 1+s.at.Get("enum").Len()/enumPerStep, 0, 0, 0
	for _, e := range s.edges {
		n := endless // an official metaschema contains itself
		if e.to != nil {
			n = l.count(e.to)
		}
		switch e.reach {
		case oneMember:
			one = max(one, n)
		case anyMember:
			members = added(members, n)
		case anyItem:
			items = added(items, n)
		default:
			here = added(here, n)
		}
	}
	s.work, s.state = added(here, max(added(one, members), items)), done
	return s.work
}

func added(a, b int) int { return min(a+b, endless) }

// freeSteps and stepsPerValue bound the subschemas that judging a document meets: two seconds of work for a small one.
// Real documents need three for each value; recursive schemas with branches may double them with every level.
const (
	freeSteps     = 2_000_000
	stepsPerValue = 50
)

func maxSteps(doc *document.Doc) int { return freeSteps + stepsPerValue*doc.Len() }

// What else is done at a subschema: the authority compares all values of an enum and lists the members of an object, and
// a pattern reads the whole text.
const (
	enumPerStep    = 16
	membersPerStep = 8
	bytesPerStep   = 64
)

// spend takes from left what judging a value costs, and reports whether there is enough. The authority judges every
// branch, also after the first fault.
func spend(s *jsonschema.Schema, v document.Value, left *int) bool {
	*left -= 1 + len(s.Enum)/enumPerStep + v.Len()/membersPerStep
	if s.Pattern != nil {
		*left -= len(v.Text()) / bytesPerStep
	}
	if *left < 0 {
		return false
	}
	for _, sub := range []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.DynamicRef, s.Not, s.If, s.Then, s.Else} {
		if sub != nil && !spend(sub, v, left) {
			return false
		}
	}
	for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf} {
		for _, sub := range list {
			if !spend(sub, v, left) {
				return false
			}
		}
	}
	switch v.Type() {
	case document.Object:
		return spendMembers(s, v, left)
	case document.Array:
		return spendItems(s, v, left)
	default:
		return true
	}
}

func spendMembers(s *jsonschema.Schema, v document.Value, left *int) bool {
	for _, sub := range s.DependentSchemas {
		if !spend(sub, v, left) {
			return false
		}
	}
	for _, dependency := range s.Dependencies {
		if sub, ok := dependency.(*jsonschema.Schema); ok && !spend(sub, v, left) {
			return false
		}
	}
	additional, _ := s.AdditionalProperties.(*jsonschema.Schema)
	for c := v.First(); c.Exists(); c = c.Next() {
		if sub := s.Properties[c.Name()]; sub != nil {
			if !spend(sub, c, left) {
				return false
			}
		} else if additional != nil && !spend(additional, c, left) {
			return false
		}
		for _, sub := range s.PatternProperties {
			if !spend(sub, c, left) {
				return false
			}
		}
		if s.UnevaluatedProperties != nil && !spend(s.UnevaluatedProperties, c, left) {
			return false
		}
	}
	return true
}

func spendItems(s *jsonschema.Schema, v document.Value, left *int) bool {
	every := []*jsonschema.Schema{s.Items2020, s.Contains, s.UnevaluatedItems}
	prefix := s.PrefixItems
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		every = append(every, items)
	case []*jsonschema.Schema:
		prefix = items
	}
	if additional, ok := s.AdditionalItems.(*jsonschema.Schema); ok {
		every = append(every, additional)
	}
	i := 0
	for c := v.First(); c.Exists(); c = c.Next() {
		if i < len(prefix) && !spend(prefix[i], c, left) {
			return false
		}
		for _, sub := range every {
			if sub != nil && !spend(sub, c, left) {
				return false
			}
		}
		i++
	}
	return true
}
