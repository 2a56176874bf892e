package schemas

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/document"
)

// acceptor is a second reading of a schema that jsonschema/v5 compiled. It judges a document in place, without a copy of
// it. What it says must be what the authority says; what it cannot judge goes to the authority. The [blamer] finds the
// faults of what it does not accept.
type acceptor struct {
	root  *node
	nodes map[*jsonschema.Schema]*node // of the schemas that it judges
}

// verdict is what is known of a value and a schema.
type verdict uint8

const (
	// unsure leaves the verdict to the authority.
	unsure verdict = iota
	valid
	invalid
)

// The bits of a set of types: those of [document.Type], and one for numbers that are whole.
const integers = 1 << 7

// node is a schema as the acceptor reads it.
type node struct {
	types   uint8 // accepted types, 0 for all; with integers alone, numbers must be whole
	foreign uint8 // types on which the authority is asked
	refused bool  // false as a schema

	values  []*enumeration // enum and const
	all     []*node        // allOf, $ref
	any     []*node
	one     []*node
	not     *node
	choice  *conditional
	text    *textRules
	number  *numberRules
	members *memberRules
	items   *itemRules
}

// conditional is if, then and else; either of the latter may be nil.
type conditional struct{ condition, then, otherwise *node }

type textRules struct {
	shortest, longest int // code points; -1 when there is no bound
	pattern           *pattern
	format            func(string) bool
}

type numberRules struct {
	minimum, above, maximum, below, multiple *decimal
}

type memberRules struct {
	fewest, most int // -1 when there is no bound
	names        nameTable
	required     uint64 // the bits of all required names
	patterns     []patternRule
	additional   *node // nil accepts all
	namesBy      *node // propertyNames
	dependent    []dependency
}

type patternRule struct {
	pattern *pattern
	node    *node
	schema  *jsonschema.Schema
}

// dependency applies when a member is there.
type dependency struct {
	name     string
	required []string
	node     *node // may be nil
}

type itemRules struct {
	fewest, most  int // -1 when there is no bound
	prefix        []*node
	rest          *node // nil accepts all
	unique        bool
	contains      *node
	least, atMost int // matches of contains; -1 when there is no bound
}

// enumeration is a set of values.
type enumeration struct {
	texts      []string
	set        map[string]struct{} // of the texts, when they are many
	numbers    []decimal
	null       bool
	yes, no    bool
	structures []any
	foreign    bool // it has a number that no decimal holds
}

// translator makes nodes of compiled schemas; each schema becomes one node, so that recursion ends.
type translator struct {
	nodes    map[*jsonschema.Schema]*node
	patterns map[string]*pattern
	formats  map[string]func(string) bool
	assert   assertion
	states   int // of all automata
}

// maxAllStates bounds the automata of a schema: they take a quarter of a second and a few megabytes, and the patterns
// beyond are left to regexp.
const maxAllStates = 20_000

// newAcceptor reads a compiled schema. Assert tells what formats do since 2019-09.
func newAcceptor(s *jsonschema.Schema, formats map[string]func(string) bool, assert assertion) *acceptor {
	t := &translator{nodes: map[*jsonschema.Schema]*node{}, patterns: map[string]*pattern{}, formats: formats, assert: assert}
	return &acceptor{t.node(s), t.nodes}
}

const allTypes = 1<<document.Null | 1<<document.Bool | 1<<document.Number | 1<<document.String | 1<<document.Array | 1<<document.Object

func (t *translator) node(s *jsonschema.Schema) *node {
	if s == nil {
		return nil
	}
	if n := t.nodes[s]; n != nil {
		return n
	}
	n := &node{}
	t.nodes[s] = n
	if s.Always != nil {
		n.refused = !*s.Always
		return n
	}
	// The official metaschemas assert formats by functions of jsonschema/v5.
	if s.RecursiveRef != nil || s.DynamicRef != nil || s.RegexProperties || len(s.Extensions) > 0 || strings.Contains(s.Location, "://json-schema.org/") {
		n.foreign = allTypes
		return n
	}
	n.types = typeSet(s.Types)
	if len(s.Constant) > 0 {
		n.values = append(n.values, newEnumeration(s.Constant[:1]))
	}
	if len(s.Enum) > 0 {
		n.values = append(n.values, newEnumeration(s.Enum))
	}
	if s.Ref != nil {
		n.all = append(n.all, t.node(s.Ref))
	}
	n.all = append(n.all, t.list(s.AllOf)...)
	n.any = t.list(s.AnyOf)
	n.one = t.list(s.OneOf)
	n.not = t.node(s.Not)
	if s.If != nil && (s.Then != nil || s.Else != nil) {
		n.choice = &conditional{t.node(s.If), t.node(s.Then), t.node(s.Else)}
	}
	t.texts(n, s)
	t.numbers(n, s)
	t.members(n, s)
	t.items(n, s)
	if n.isOnlyReference() {
		t.nodes[s] = n.all[0]
		return n.all[0]
	}
	return n
}

// isOnlyReference reports whether a node says no more than that another one holds.
func (n *node) isOnlyReference() bool {
	return len(n.all) == 1 && n.types == 0 && n.foreign == 0 && n.values == nil && n.any == nil && n.one == nil && n.not == nil &&
		n.choice == nil && n.text == nil && n.number == nil && n.members == nil && n.items == nil
}

func (t *translator) list(schemas []*jsonschema.Schema) []*node {
	var nodes []*node
	for _, s := range schemas {
		nodes = append(nodes, t.node(s))
	}
	return nodes
}

func typeSet(names []string) uint8 {
	var set uint8
	for _, name := range names {
		switch name {
		case "integer":
			set |= integers
		case "null":
			set |= 1 << document.Null
		case "boolean":
			set |= 1 << document.Bool
		case "number":
			set |= 1 << document.Number
		case "string":
			set |= 1 << document.String
		case "array":
			set |= 1 << document.Array
		case "object":
			set |= 1 << document.Object
		}
	}
	return set
}

func (t *translator) texts(n *node, s *jsonschema.Schema) {
	assert := t.assert
	if s.Draft != jsonschema.Draft2019 && s.Draft != jsonschema.Draft2020 {
		assert = asserted
	}
	if assert != ignored && (s.ContentEncoding != "" || s.ContentMediaType != "") || assert == undecided && s.Format != "" {
		n.foreign |= 1 << document.String
		return
	}
	rules := textRules{s.MinLength, s.MaxLength, t.pattern(s.Pattern), nil}
	if assert == asserted {
		rules.format = t.formats[s.Format]
	}
	if rules.shortest >= 0 || rules.longest >= 0 || rules.pattern != nil || rules.format != nil {
		n.text = &rules
	}
}

func (t *translator) numbers(n *node, s *jsonschema.Schema) {
	var rules numberRules
	exact := true
	for _, bound := range []struct {
		from *big.Rat
		to   **decimal
	}{{s.Minimum, &rules.minimum}, {s.ExclusiveMinimum, &rules.above}, {s.Maximum, &rules.maximum}, {s.ExclusiveMaximum, &rules.below}, {s.MultipleOf, &rules.multiple}} {
		if bound.from == nil {
			continue
		}
		d, ok := decimalOf(bound.from)
		*bound.to, exact = &d, exact && ok
	}
	if !exact {
		n.foreign |= 1 << document.Number
	} else if rules != (numberRules{}) {
		n.number = &rules
	}
}

func (t *translator) members(n *node, s *jsonschema.Schema) {
	const manyRequired = 64 // their bits fit in a word
	additional := s.AdditionalProperties
	if s.UnevaluatedProperties != nil && additional == nil {
		if !inPlaceFree(s) {
			n.foreign |= 1 << document.Object
			return
		}
		additional = s.UnevaluatedProperties // nothing else has evaluated a member
	}
	if len(s.Required) > manyRequired {
		n.foreign |= 1 << document.Object
		return
	}
	rules := &memberRules{fewest: s.MinProperties, most: s.MaxProperties, namesBy: t.node(s.PropertyNames)}
	rules.names = newNameTable(len(s.Properties) + len(s.Required))
	for name, sub := range s.Properties {
		rules.names.add(name).property = t.node(sub)
	}
	for i, name := range s.Required {
		rule := rules.names.add(name)
		rule.required |= 1 << i
		rules.required |= 1 << i
	}
	for re, sub := range s.PatternProperties {
		rules.patterns = append(rules.patterns, patternRule{t.pattern(re), t.node(sub), sub})
	}
	slices.SortFunc(rules.patterns, func(a, b patternRule) int { // the same faults in the same order, always
		return strings.Compare(a.pattern.regexp.String(), b.pattern.regexp.String())
	})
	switch a := additional.(type) {
	case bool:
		if !a {
			rules.additional = &node{refused: true}
		}
	case *jsonschema.Schema:
		rules.additional = t.node(a)
	}
	for name, required := range s.DependentRequired {
		rules.dependent = append(rules.dependent, dependency{name, required, nil})
	}
	for name, sub := range s.DependentSchemas {
		rules.dependent = append(rules.dependent, dependency{name, nil, t.node(sub)})
	}
	for name, either := range s.Dependencies {
		switch d := either.(type) {
		case []string:
			rules.dependent = append(rules.dependent, dependency{name, d, nil})
		case *jsonschema.Schema:
			rules.dependent = append(rules.dependent, dependency{name, nil, t.node(d)})
		}
	}
	n.members = rules
	if rules.isEmpty(s) {
		n.members = nil
	}
}

func (r *memberRules) isEmpty(s *jsonschema.Schema) bool {
	return r.fewest < 0 && r.most < 0 && len(s.Properties) == 0 && r.required == 0 && r.patterns == nil && r.additional == nil && r.namesBy == nil && r.dependent == nil
}

// inPlaceFree reports whether nothing beside the keywords of a schema itself evaluates members.
func inPlaceFree(s *jsonschema.Schema) bool {
	return s.Ref == nil && s.Not == nil && s.If == nil && len(s.AllOf)+len(s.AnyOf)+len(s.OneOf)+len(s.DependentSchemas)+len(s.Dependencies) == 0
}

func (t *translator) items(n *node, s *jsonschema.Schema) {
	if s.UnevaluatedItems != nil {
		n.foreign |= 1 << document.Array
		return
	}
	rules := &itemRules{fewest: s.MinItems, most: s.MaxItems, prefix: t.list(s.PrefixItems), rest: t.node(s.Items2020), unique: s.UniqueItems, least: -1, atMost: -1}
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		rules.rest = t.node(items)
	case []*jsonschema.Schema:
		rules.prefix = t.list(items)
		switch a := s.AdditionalItems.(type) {
		case bool:
			if !a {
				rules.rest = &node{refused: true}
			}
		case *jsonschema.Schema:
			rules.rest = t.node(a)
		}
	}
	if s.Contains != nil && (s.MinContains != -1 || s.MaxContains != -1) {
		rules.contains, rules.least, rules.atMost = t.node(s.Contains), s.MinContains, s.MaxContains
	}
	if rules.fewest >= 0 || rules.most >= 0 || rules.prefix != nil || rules.rest != nil || rules.unique || rules.contains != nil {
		n.items = rules
	}
}

func (t *translator) pattern(re *regexp.Regexp) *pattern {
	if re == nil {
		return nil
	}
	p := t.patterns[re.String()]
	if p == nil {
		p = &pattern{regexp: re}
		if t.states < maxAllStates {
			p = newPattern(re)
			if t.states += len(p.kind); p.next == nil {
				t.states += maxStates // looking for one took as long
			}
		}
		t.patterns[re.String()] = p
	}
	return p
}

func newEnumeration(values []any) *enumeration {
	const few = 8 // up to there, comparing all is quicker than hashing
	e := &enumeration{}
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			e.null = true
		case bool:
			e.yes, e.no = e.yes || v, e.no || !v
		case string:
			e.texts = append(e.texts, v)
		case json.Number:
			d, ok := parseDecimal(v.String())
			if !ok {
				e.foreign = true
				continue
			}
			e.numbers = append(e.numbers, d)
		default:
			e.structures = append(e.structures, v)
		}
	}
	if len(e.texts) > few {
		e.set = make(map[string]struct{}, len(e.texts))
		for _, text := range e.texts {
			e.set[text] = struct{}{}
		}
	}
	return e
}
