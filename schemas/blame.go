package schemas

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/document"
)

// blamer finds what is wrong with a document that the acceptor does not accept, as errors of jsonschema/v5: the same
// errors that v5 itself would give, but only so many of them: it stops at the first for which there is no room. What an object
// lacks is found before what is in it, so that the first errors are those of the first places. v5 copies the document and
// describes every error, which takes hundreds of times the size of a hostile document. What the acceptor cannot judge v5 is
// asked about, value by value.
type blamer struct {
	walk
	nodes map[*jsonschema.Schema]*node
	about map[*jsonschema.ValidationError]document.Value // see [accused]
	room  int                                            // errors that may be described
	path  []string                                       // from the root of the schema to the one at hand
	found []*jsonschema.ValidationError
	more  bool // there is an error past those: nothing is judged any more
}

// judge collects the errors of a value.
func (b *blamer) judge(s *jsonschema.Schema, v document.Value) {
	if b.left--; b.left < 0 || b.more {
		return
	}
	if s.Always != nil {
		if !*s.Always {
			b.fail(s, v, "", falseSchema)
		}
		return
	}
	n := b.nodes[s]
	switch { // one node stands for a schema and the only thing that it refers to
	case s.Ref != nil && n == b.nodes[s.Ref]:
		b.at(s.Ref, v, "$ref")
		return
	case len(s.AllOf) == 1 && n == b.nodes[s.AllOf[0]]:
		b.at(s.AllOf[0], v, "allOf", "0")
		return
	}
	described := len(b.found)
	if !b.keywords(s, n, v) && b.left >= 0 && !b.more {
		b.found = b.found[:described]
		b.ask(s, v)
	}
}

// keywords judges the keywords of a schema one by one; false when one of them is for the authority to judge.
func (b *blamer) keywords(s *jsonschema.Schema, n *node, v document.Value) bool {
	t := v.Type()
	if n.foreign&(1<<t) != 0 {
		return false
	}
	if !n.ofType(t, v.Text()) {
		b.fail(s, v, "type", "")
		return true // v5 says nothing else of a value of the wrong type
	}
	for i, values := range n.values {
		switch values.holds(t, v.Text(), v) {
		case unsure:
			return false
		case invalid:
			key := "enum"
			if i == 0 && len(s.Constant) > 0 {
				key = "const"
			}
			b.fail(s, v, key, "")
		}
	}
	sure := true
	switch t {
	case document.String:
		b.text(s, n.text, v)
	case document.Number:
		sure = b.number(s, n.number, v)
	case document.Object:
		if n.members != nil {
			b.members(s, n.members, v)
		}
	case document.Array:
		if n.items != nil {
			sure = b.items(s, n.items, v)
		}
	}
	return sure && b.inPlace(s, n, v)
}

func (b *blamer) text(s *jsonschema.Schema, r *textRules, v document.Value) {
	if r == nil {
		return
	}
	if r.pattern != nil {
		b.left -= len(v.Text()) / bytesPerStep
	}
	for _, rule := range []struct {
		key  string
		only textRules
	}{
		{"minLength", textRules{r.shortest, -1, nil, nil}},
		{"maxLength", textRules{-1, r.longest, nil, nil}},
		{"pattern", textRules{-1, -1, r.pattern, nil}},
		{"format", textRules{-1, -1, nil, r.format}},
	} {
		if !rule.only.accept(v.Text()) {
			b.fail(s, v, rule.key, "")
		}
	}
}

func (b *blamer) number(s *jsonschema.Schema, r *numberRules, v document.Value) bool {
	if r == nil {
		return true
	}
	for _, rule := range []struct {
		key  string
		only numberRules
	}{
		{"minimum", numberRules{minimum: r.minimum}},
		{"exclusiveMinimum", numberRules{above: r.above}},
		{"maximum", numberRules{maximum: r.maximum}},
		{"exclusiveMaximum", numberRules{below: r.below}},
		{"multipleOf", numberRules{multiple: r.multiple}},
	} {
		switch rule.only.judge(v.Text()) {
		case unsure:
			return false
		case invalid:
			b.fail(s, v, rule.key, "")
		}
	}
	return true
}

func (b *blamer) members(s *jsonschema.Schema, r *memberRules, v document.Value) {
	if v.Len() < r.fewest {
		b.fail(s, v, "minProperties", "")
	}
	if r.most >= 0 && v.Len() > r.most {
		b.fail(s, v, "maxProperties", "")
	}
	b.names(s, r, v)
	for c := v.First(); c.Exists() && !b.more; c = c.Next() {
		known := false
		if rule := r.names.find(c.Name()); rule != nil && rule.property != nil {
			known = true
			b.at(s.Properties[c.Name()], c, "properties", c.Name())
		}
		for i := range r.patterns {
			if p := &r.patterns[i]; p.pattern.matches(c.Name()) {
				known = true
				b.at(p.schema, c, "patternProperties", p.pattern.regexp.String())
			}
		}
		if additional, ok := s.AdditionalProperties.(*jsonschema.Schema); ok && !known {
			b.at(additional, c, "additionalProperties")
		} else if s.AdditionalProperties == nil && s.UnevaluatedProperties != nil && !known {
			b.at(s.UnevaluatedProperties, c, "unevaluatedProperties")
		}
		if r.namesBy != nil && b.walk.judge(r.namesBy, c, true) != valid {
			b.path = append(b.path, "propertyNames")
			b.graft(s.PropertyNames.Validate(c.Name()), c)
			b.path = b.path[:len(b.path)-1]
		}
	}
	b.dependencies(s, v)
}

// names judges which members there are.
func (b *blamer) names(s *jsonschema.Schema, r *memberRules, v document.Value) {
	present, unknown, closed := uint64(0), false, s.AdditionalProperties == false
	for c := v.First(); c.Exists(); c = c.Next() {
		rule := r.names.find(c.Name())
		if rule != nil {
			present |= rule.required
		}
		if closed && !unknown && (rule == nil || rule.property == nil) {
			unknown = !slices.ContainsFunc(r.patterns, func(p patternRule) bool { return p.pattern.matches(c.Name()) })
		}
	}
	if present != r.required {
		b.fail(s, v, "required", "")
	}
	if unknown {
		b.fail(s, v, "additionalProperties", "")
	}
}

func (b *blamer) dependencies(s *jsonschema.Schema, v document.Value) {
	lists := func(key, name string, required []string) {
		for i, other := range required {
			if !v.Get(other).Exists() {
				b.fail(s, v, key+"/"+escape(name)+"/"+strconv.Itoa(i), "")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.DependentRequired)) {
		if v.Get(name).Exists() {
			lists("dependentRequired", name, s.DependentRequired[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.DependentSchemas)) {
		if v.Get(name).Exists() {
			b.at(s.DependentSchemas[name], v, "dependentSchemas", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Dependencies)) {
		if !v.Get(name).Exists() {
			continue
		}
		switch d := s.Dependencies[name].(type) {
		case []string:
			lists("dependencies", name, d)
		case *jsonschema.Schema:
			b.at(d, v, "dependencies", name)
		}
	}
}

func (b *blamer) items(s *jsonschema.Schema, r *itemRules, v document.Value) bool {
	if v.Len() < r.fewest {
		b.fail(s, v, "minItems", "")
	}
	if r.most >= 0 && v.Len() > r.most {
		b.fail(s, v, "maxItems", "")
	}
	first, key := s.PrefixItems, "prefixItems"
	rest, restKey := s.Items2020, "items"
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		rest = items
	case []*jsonschema.Schema:
		first, key, restKey = items, "items", "additionalItems"
		switch additional := s.AdditionalItems.(type) {
		case bool:
			if !additional && v.Len() > len(items) {
				b.fail(s, v, "additionalItems", "")
			}
		case *jsonschema.Schema:
			rest = additional
		}
	}
	i, matches := 0, 0
	for c := v.First(); c.Exists() && !b.more; c = c.Next() {
		if i < len(first) {
			b.at(first[i], c, key, strconv.Itoa(i))
		} else if rest != nil {
			b.at(rest, c, restKey)
		}
		i++
		if r.contains != nil {
			switch b.walk.judge(r.contains, c, false) {
			case unsure:
				return false
			case valid:
				matches++
			}
		}
	}
	if b.more {
		return true
	}
	if r.unique {
		switch _, _, differ := equalItems(v); differ {
		case unsure:
			return false
		case invalid:
			b.fail(s, v, "uniqueItems", "")
		}
	}
	if r.least >= 0 && matches < r.least {
		b.fail(s, v, "minContains", fmt.Sprintf(tooFew, r.least, matches))
	}
	if r.atMost >= 0 && matches > r.atMost {
		b.fail(s, v, "maxContains", fmt.Sprintf(tooMany, r.atMost, matches))
	}
	return true
}

// inPlace judges the keywords that apply schemas to the value itself.
func (b *blamer) inPlace(s *jsonschema.Schema, n *node, v document.Value) bool {
	if s.Ref != nil {
		b.at(s.Ref, v, "$ref")
	}
	for i, sub := range s.AllOf {
		b.at(sub, v, "allOf", strconv.Itoa(i))
	}
	if b.more {
		return true
	}
	if n.any != nil {
		switch b.atLeastOne(n.any, v, false) {
		case unsure:
			return false
		case invalid:
			b.branches(s, v, "anyOf", s.AnyOf)
		}
	}
	if n.one != nil {
		var matches []int
		for i, sub := range n.one {
			switch b.walk.judge(sub, v, false) {
			case unsure:
				return false
			case valid:
				matches = append(matches, i)
			}
		}
		switch {
		case len(matches) == 0:
			b.branches(s, v, "oneOf", s.OneOf)
		case len(matches) > 1:
			b.fail(s, v, "oneOf", fmt.Sprintf(severalBranches, matches[0], matches[1]))
		}
	}
	if n.not != nil {
		switch b.walk.judge(n.not, v, false) {
		case unsure:
			return false
		case valid:
			b.fail(s, v, "not", "")
		}
	}
	if n.choice != nil {
		switch b.walk.judge(n.choice.condition, v, false) {
		case unsure:
			return false
		case valid:
			if s.Then != nil {
				b.at(s.Then, v, "then")
			}
		case invalid:
			if s.Else != nil {
				b.at(s.Else, v, "else")
			}
		}
	}
	return true
}

// branches describes why no branch of anyOf or oneOf holds: of a thousand branches, only those that the value came
// closest to, as nobody will read of the others.
func (b *blamer) branches(s *jsonschema.Schema, v document.Value, key string, branches []*jsonschema.Schema) {
	if b.full() {
		return
	}
	e, nearest := b.error(s, v, key, ""), math.MaxInt
	for i, sub := range branches {
		branch := &blamer{walk: b.walk, nodes: b.nodes, about: b.about, room: maxExplained, path: append(slices.Clip(b.path), key, strconv.Itoa(i))}
		branch.judge(sub, v)
		b.left = branch.left
		why := &jsonschema.ValidationError{Causes: branch.found}
		d := distance(leaves(why, nil), e.InstanceLocation)
		if d < nearest {
			e.Causes, nearest = nil, d
		}
		if d == nearest {
			e.Causes = append(e.Causes, why)
		}
	}
	b.found = append(b.found, e)
}

// at judges a value by a schema that lies at a path from the one at hand.
func (b *blamer) at(s *jsonschema.Schema, v document.Value, path ...string) {
	b.path = append(b.path, path...)
	b.judge(s, v)
	b.path = b.path[:len(b.path)-len(path)]
}

// full reports whether there is no room for one more error, and notes that there is one.
func (b *blamer) full() bool {
	b.more = len(b.found) == b.room
	return b.more
}

func (b *blamer) fail(s *jsonschema.Schema, v document.Value, key, message string) {
	if b.full() {
		return
	}
	b.found = append(b.found, b.error(s, v, key, message))
}

func (b *blamer) error(s *jsonschema.Schema, v document.Value, key, message string) *jsonschema.ValidationError {
	e := &jsonschema.ValidationError{KeywordLocation: b.location(), AbsoluteKeywordLocation: s.Location, InstanceLocation: place(v), Message: message}
	if key != "" {
		e.KeywordLocation += "/" + key
		e.AbsoluteKeywordLocation += "/" + key
	}
	b.about[e] = v
	return e
}

// ask leaves a value to the authority, when what that costs is left.
func (b *blamer) ask(s *jsonschema.Schema, v document.Value) {
	if spend(s, v, &b.left) {
		b.graft(s.Validate(toAny(v)), v)
	}
}

// graft takes over the errors that the authority has about a part of the document and of the schema.
func (b *blamer) graft(err error, v document.Value) {
	if err == nil {
		return
	}
	e := &jsonschema.ValidationError{Message: err.Error()} // what is no verdict refuses as well
	errors.As(err, &e)
	if b.full() {
		return
	}
	move(e, b.location(), place(v))
	b.found = append(b.found, e)
}

// move tells the places of errors from the root instead of from a part.
func move(e *jsonschema.ValidationError, path, place string) {
	e.KeywordLocation = path + e.KeywordLocation
	e.InstanceLocation = place + e.InstanceLocation
	for _, cause := range e.Causes {
		move(cause, path, place)
	}
}

// location is the path to the schema at hand, as jsonschema/v5 writes it.
func (b *blamer) location() string {
	var path strings.Builder
	for _, token := range b.path {
		path.WriteByte('/')
		path.WriteString(escape(token))
	}
	return path.String()
}

// place is the pointer to a value, as jsonschema/v5 writes it.
func place(v document.Value) string {
	tokens := strings.Split(v.Pointer(), "/")
	for i, token := range tokens {
		tokens[i] = url.PathEscape(token)
	}
	return strings.Join(tokens, "/")
}

func escape(token string) string { return url.PathEscape(document.EscapeToken(token)) }
