package schemas

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// fault is one error of the validator with what it is about. Texts come from the keyword of the schema and the value of
// the document, not from the validator, whose messages exist in English only.
type fault struct {
	schema   *Schema
	of       accused
	error    *jsonschema.ValidationError
	key      string         // the keyword, or one of keyForbidden and keyMany
	expected document.Value // what the keyword has in the schema; absent for the schemas of the standard itself
	owner    document.Value // the schema that has the keyword
	found    document.Value // where in the document
	what     phrase         // what is there
	names    bool           // the name of the member is judged, not its value
	secret   concealment
	term     string
}

// What jsonschema/v5 says in words only: that the error of a schema is that it is false, and numbers.
const (
	falseSchema     = "not allowed"
	severalBranches = "valid against schemas at indexes %d and %d"
	tooFew          = "valid must be >= %d, but got %d"
	tooMany         = "valid must be <= %d, but got %d"
)

func (s *Schema) fault(of accused, e *jsonschema.ValidationError) *fault {
	f := &fault{schema: s, of: of, error: e, found: of.by(e)}
	f.term, f.secret = s.path(e.KeywordLocation)
	path := keywordsOf(e.KeywordLocation)
	if len(path) > 0 {
		f.key = path[len(path)-1]
	}
	if location, pointer, _ := strings.Cut(e.AbsoluteKeywordLocation, "#"); location == s.file() {
		f.expected = s.raw.Lookup(decodePointer(pointer))
		f.owner = s.raw.Lookup(decodePointer(pointer[:max(0, strings.LastIndexByte(pointer, '/'))]))
	}
	f.names = slices.Contains(path, "propertyNames")
	if e.Message == falseSchema && (keyword(e.KeywordLocation) != f.key || !replacesAll[f.key]) {
		f.key = keyForbidden
	}
	if f.key == "oneOf" && len(e.Causes) == 0 {
		f.key = keyMany
	}
	f.secret = max(f.secret, concealmentOf(f.owner))
	f.what = foundIn(f.found, f.secret)
	if f.names {
		f.what = plain(`"` + violation.Excerpt(f.secret.hide(f.found.Name())) + `"`)
	}
	return f
}

// replacesAll are the keywords whose schema false forbids whatever the others have left over.
var replacesAll = map[string]bool{"additionalProperties": true, "unevaluatedProperties": true, "items": true, "additionalItems": true, "unevaluatedItems": true}

// file is where the validator found the schema, without the fragment.
func (s *Schema) file() string {
	file, _, _ := strings.Cut(s.compiled.Location, "#")
	return file
}

// keywordsOf returns the keywords on a path of the validator, without the names and indexes between them.
func keywordsOf(location string) []string {
	var path []string
	tokens := strings.Split(strings.TrimPrefix(location, "/"), "/")
	for i := 0; i < len(tokens); i++ {
		if tokens[i] == "" {
			continue
		}
		path = append(path, tokens[i])
		switch keywords[tokens[i]].form {
		case schemaByName, schemaByPattern, schemaList:
			i++
		case schemaOrNamesByName, namesByName:
			i++ // the name, and the rank of what it needs
			fallthrough
		case schemaOrList:
			if i+1 < len(tokens) && isIndex(tokens[i+1]) {
				i++
			}
		}
	}
	return path
}

// explain turns one error of the validator into violations that a person can act on.
func (s *Schema) explain(of accused, e *jsonschema.ValidationError) []violation.Violation {
	f := s.fault(of, e)
	var vs []violation.Violation
	switch f.key {
	case "required":
		vs = f.required()
	case "dependencies", "dependentRequired":
		vs = f.dependent()
	case "additionalProperties", "unevaluatedProperties":
		vs = f.unknown()
	case "additionalItems":
		vs = f.extraItems()
	case "uniqueItems":
		vs = f.repeated()
	}
	if vs == nil {
		vs = []violation.Violation{f.violation()}
	}
	if f.names {
		for i, v := range vs {
			vs[i] = badName.New(at(f.found, ""), v.FR, v.EN)
		}
	}
	return vs
}

// violation is what is said of most keywords.
func (f *fault) violation() violation.Violation {
	m, value, ok := f.message()
	if !ok {
		return otherKeyword.New(at(f.found, f.term), f.key, f.what.fr, f.what.en)
	}
	what := f.what
	switch f.key {
	case "type":
		what = typed(f.found, what)
	case "minLength", "maxLength":
		size := held(utf8.RuneCountInString(f.text()), characters)
		what = phrase{what.fr + " (" + size.fr + ")", what.en + " (" + size.en + ")"}
	case "minItems", "maxItems":
		what = held(f.found.Len(), elements)
	case "minProperties", "maxProperties":
		what = held(f.found.Len(), members)
	case "minContains", "maxContains":
		format := tooFew
		if f.key == "maxContains" {
			format = tooMany
		}
		var bound, matching int
		if _, err := fmt.Sscanf(f.error.Message, format, &bound, &matching); err == nil {
			what = held(matching, elements)
		}
	}
	return m.New(at(f.found, f.term), value.fr, value.en, what.fr, what.en)
}

// text is what a keyword about texts judges.
func (f *fault) text() string {
	if f.names {
		return f.found.Name()
	}
	return f.found.Text()
}

// message returns the text of the keyword and what the schema expects; false when there is none.
func (f *fault) message() (m message, value phrase, ok bool) {
	m, ok = messages[f.key]
	if !ok || !f.owner.Exists() && f.key != keyForbidden {
		return m, value, false
	}
	if hint := f.owner.Get("x-expected"); hint.Exists() && (f.key == "pattern" || f.key == "format") {
		return hinted(m), phrase{hint.Get("fr").Text(), hint.Get("en").Text()}, true
	}
	switch f.key {
	case "type":
		value = typesOf(f.expected)
	case "enum":
		value = values(f.expected, f.found)
	case "const":
		value = plain(quoted(f.expected))
	case "format":
		value = formatWords[f.expected.Text()]
	case "minLength", "maxLength":
		value = counted(countIn(f.expected), characters)
	case "minItems", "maxItems":
		value = counted(countIn(f.expected), elements)
	case "minProperties", "maxProperties":
		value = counted(countIn(f.expected), members)
	case "items", "additionalItems":
		value = counted(f.places(), elements)
	case "minContains", "maxContains":
		least := 1 // of draft-07, and where minContains is not written
		if f.expected.Exists() {
			least = countIn(f.expected)
		}
		number, sort := counted(least, elements), summary(f.owner.Get("contains"))
		value = phrase{number.fr + " de cette sorte : " + sort.fr, number.en + " of this sort: " + sort.en}
	case "multipleOf":
		value = multiple(f.expected.Text())
	case "not":
		value = summary(f.expected)
	case "anyOf", "oneOf":
		var all []phrase
		branches := closest(f.error)
		for _, branch := range branches[:min(len(branches), mostPhrases)] {
			all = append(all, f.schema.fault(f.of, branch[0]).expects())
		}
		value = either(all, phrase{" ; ou ", "; or "}, len(branches))
	case keyMany:
		value = f.branches()
	case "required":
		var all []phrase
		for name := range f.expected.Children() {
			if !f.found.Get(name.Text()).Exists() {
				all = append(all, phrase{"« " + violation.Excerpt(name.Text()) + " »", strconv.Quote(violation.Excerpt(name.Text()))})
			}
		}
		value = either(all, phrase{" et ", " and "}, len(all))
	default: // bounds and patterns are written as they are
		value = plain(f.expected.Text())
	}
	return m, value, true
}

// expects is what a branch of anyOf or oneOf asks for.
func (f *fault) expects() phrase {
	m, value, ok := f.message()
	if !ok {
		return summary(f.owner)
	}
	return m.expects(value)
}

// typesOf writes the value of type.
func typesOf(expected document.Value) phrase {
	if expected.Type() != document.Array {
		return typeWords[expected.Text()]
	}
	var all []phrase
	for t := range expected.Children() {
		all = append(all, typeWords[t.Text()])
	}
	return either(all, phrase{" ou ", " or "}, len(all))
}

// multiple writes the value of multipleOf; 0.01 is a number of decimals to people.
func multiple(step string) phrase {
	if zeros, ok := strings.CutPrefix(step, "0."); ok && strings.Trim(zeros, "0") == "1" && strings.HasSuffix(zeros, "1") {
		n := counted(len(zeros), decimals)
		return phrase{"un nombre d'au plus " + n.fr, "a number with at most " + n.en}
	}
	if step == "1" {
		return typeWords["integer"]
	}
	return phrase{"un multiple de " + step, "a multiple of " + step}
}

// summary writes in few words what a schema asks for: by its own words, else by the keyword that says most.
func summary(schema document.Value) phrase {
	if hint := schema.Get("x-expected"); hint.Exists() {
		return phrase{hint.Get("fr").Text(), hint.Get("en").Text()}
	}
	switch {
	case schema.Get("title").Exists():
		title := violation.Excerpt(schema.Get("title").Text())
		return phrase{"« " + title + " »", strconv.Quote(title)}
	case schema.Get("const").Exists():
		return plain(quoted(schema.Get("const")))
	case schema.Get("enum").Exists():
		return values(schema.Get("enum"), document.Value{})
	case schema.Get("format").Exists():
		return formatWords[schema.Get("format").Text()]
	case schema.Get("required").Len() > 0:
		var names []string
		for name := range schema.Get("required").Children() {
			names = append(names, violation.Excerpt(name.Text()))
		}
		return phrase{"un groupe de données avec " + list(names), "a group of data with " + list(names)}
	case schema.Get("type").Exists():
		return typesOf(schema.Get("type"))
	default:
		text := quoted(schema)
		return phrase{"ce que décrit le schéma " + text, "what the schema " + text + " describes"}
	}
}

// places is the number of items that a schema has places for, when it takes no others.
func (f *fault) places() int {
	if f.owner.Get("prefixItems").Exists() {
		return f.owner.Get("prefixItems").Len()
	}
	return f.owner.Get("items").Len() // 0 unless it is a list
}

// extraItems is about the first item beyond the list of schemas of items.
func (f *fault) extraItems() []violation.Violation {
	if f.found.Type() != document.Array || f.places() >= f.found.Len() {
		return nil
	}
	m, value, ok := f.message()
	if !ok {
		return nil
	}
	what := counted(f.found.Len(), elements)
	return []violation.Violation{m.New(at(f.found.At(f.places()), f.term), value.fr, value.en, what.fr, what.en)}
}

// repeated is about the second of two equal items.
func (f *fault) repeated() []violation.Violation {
	first, second, differ := equalItems(f.found)
	if differ != invalid {
		return nil
	}
	item := f.found.At(second)
	rank, what := strconv.Itoa(first+1), foundIn(item, max(f.secret, concealmentOf(f.owner.Get("items"))))
	return []violation.Violation{messages["uniqueItems"].New(at(item, f.term), rank, rank, what.fr, what.en)}
}

// branches names the branches of oneOf that the value satisfies, by title or rank.
func (f *fault) branches() phrase {
	var indexes [2]int
	if _, err := fmt.Sscanf(f.error.Message, severalBranches, &indexes[0], &indexes[1]); err != nil {
		return phrase{"plusieurs", "several"}
	}
	var all []phrase
	for _, i := range indexes {
		if title := f.expected.At(i).Get("title").Text(); title != "" {
			all = append(all, phrase{"« " + title + " »", strconv.Quote(title)})
		} else {
			all = append(all, phrase{"la forme n° " + strconv.Itoa(i+1), "form no. " + strconv.Itoa(i+1)})
		}
	}
	return either(all, phrase{" et ", " and "}, len(all))
}

// required names each member that is missing, at the place where it should be.
func (f *fault) required() []violation.Violation {
	var vs []violation.Violation
	for name := range f.expected.Children() {
		if f.found.Get(name.Text()).Exists() {
			continue
		}
		where := at(f.found, f.term)
		where.Pointer += "/" + document.EscapeToken(name.Text())
		property := f.schema.resolve(f.owner.Get("properties").Get(name.Text()))
		title := phrase{violation.Excerpt(cmp.Or(property.titleFR, property.title, name.Text())), violation.Excerpt(cmp.Or(property.title, name.Text()))}
		if property.term != "" {
			where.Term = property.term
		}
		vs = append(vs, missing.New(where, title.fr, title.en))
	}
	return vs // none when the validator leaves members without a name out of its places, so that found is another object
}

// dependent names a member that another one needs.
func (f *fault) dependent() []violation.Violation {
	name := f.expected.Text()
	if f.expected.Type() != document.String {
		return nil
	}
	where := at(f.found, f.term)
	where.Pointer += "/" + document.EscapeToken(name)
	return []violation.Violation{dependent.New(where, strconv.Quote(violation.Excerpt(name)), strconv.Quote(violation.Excerpt(f.expected.Parent().Name())))}
}

// unknown names each member that the schema does not know, with the members that it does: one more than an answer holds when
// there are more.
func (f *fault) unknown() []violation.Violation {
	if !f.owner.Exists() {
		return nil
	}
	names := knownIn(f.schema, f.owner, nil, maxReferences)
	if f.error.Message == falseSchema { // the validator names the member itself
		return []violation.Violation{unknown.New(at(f.found, ""), unknownWords(f.found.Name(), names)...)}
	}
	var patterns []*regexp.Regexp
	for p := range f.owner.Get("patternProperties").Children() {
		if re, err := regexp.Compile(p.Name()); err == nil { // the loader has compiled it
			patterns = append(patterns, re)
		}
	}
	var vs []violation.Violation
	known := f.owner.Get("properties")
	for member := range f.found.Children() {
		if known.Get(member.Name()).Exists() || slices.ContainsFunc(patterns, func(re *regexp.Regexp) bool { return re.MatchString(member.Name()) }) {
			continue
		}
		if vs = append(vs, unknown.New(at(member, ""), unknownWords(member.Name(), names)...)); len(vs) > maxViolations {
			break
		}
	}
	return vs
}

// knownIn collects the members that a schema knows, with those of the schemas that it applies in place when they count.
func knownIn(s *Schema, schema document.Value, names []string, depth int) []string {
	for p := range schema.Get("properties").Children() {
		if !slices.Contains(names, p.Name()) {
			names = append(names, p.Name())
		}
	}
	if depth == 0 || !schema.Get("unevaluatedProperties").Exists() && depth == maxReferences {
		return names // additionalProperties looks at nothing but its neighbours
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		for branch := range schema.Get(key).Children() {
			names = knownIn(s, branch, names, depth-1)
		}
	}
	for _, key := range []string{"if", "then", "else"} {
		names = knownIn(s, schema.Get(key), names, depth-1)
	}
	if schema.Get("$ref").Exists() {
		names = knownIn(s, s.target(schema), names, depth-1)
	}
	return names
}

// unknownWords are the arguments of the message about an unknown member.
func unknownWords(name string, known []string) []any {
	fr, en := "attendu : aucune autre donnée que "+list(known), "expected: no other data than "+list(known)
	if len(known) == 0 {
		fr, en = "attendu : aucune donnée ici", "expected: no data here"
	}
	if near := diag.Nearest(name, known); near != "" {
		fr, en = "vouliez-vous dire « "+near+" » ? A"+fr[1:], "did you mean \""+near+"\"? E"+en[1:]
	}
	return []any{violation.Excerpt(name), fr, en}
}
