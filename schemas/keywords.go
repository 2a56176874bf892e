package schemas

import "strings"

// Draft is a version of JSON Schema.
type Draft uint8

// The drafts that are known. The zero value is the one of schemas that name none.
const (
	Draft202012 Draft = iota
	Draft201909
	Draft07
)

// metaschemas names each draft by the URI that $schema has.
var metaschemas = map[Draft]string{
	Draft07:     "http://json-schema.org/draft-07/schema#",
	Draft201909: "https://json-schema.org/draft/2019-09/schema",
	Draft202012: "https://json-schema.org/draft/2020-12/schema",
}

// String returns the draft's name: draft-07, 2019-09 or 2020-12.
func (d Draft) String() string { return [...]string{"2020-12", "2019-09", "draft-07"}[d] }

// draftOf returns the draft that a value of $schema names. The scheme and an empty fragment make no difference, as
// both are written either way.
func draftOf(uri string) (d Draft, known bool) {
	for d, known := range metaschemas {
		if bareURI(known) == bareURI(uri) {
			return d, true
		}
	}
	return Draft202012, false
}

func bareURI(uri string) string {
	uri = strings.TrimSuffix(uri, "#")
	return strings.TrimPrefix(strings.TrimPrefix(uri, "https://"), "http://")
}

// form is what a keyword's value must be.
type form uint8

const (
	anything form = iota
	aText
	aBoolean
	aNumber
	aPositiveNumber
	aCount
	aList
	uniqueNames
	someTypes
	anURI
	anAnchor
	aPattern
	aFormat
	aVocabulary
	aSchema
	schemaList
	schemaOrList
	schemaByName
	schemaByPattern
	schemaOrNamesByName
	namesByName
)

// expected says in French and English what each form is.
var expected = map[form][2]string{
	aText:               {"un texte", "a string"},
	aBoolean:            {"true ou false", "true or false"},
	aNumber:             {"un nombre", "a number"},
	aPositiveNumber:     {"un nombre plus grand que 0", "a number greater than 0"},
	aCount:              {"un nombre entier de 0 à 2147483647", "a whole number from 0 to 2147483647"},
	aList:               {"une liste", "a list"},
	uniqueNames:         {"une liste de textes tous différents", "a list of strings that all differ"},
	someTypes:           {"array, boolean, integer, null, number, object ou string, ou une liste de ceux-ci", "array, boolean, integer, null, number, object or string, or a list of them"},
	anURI:               {"une référence d'URI (RFC 3986)", "a URI reference (RFC 3986)"},
	anAnchor:            {"un nom : lettre, puis lettres, chiffres, « - », « _ », « . » ou « : »", "a name: a letter, then letters, digits, \"-\", \"_\", \".\" or \":\""},
	aPattern:            {"une expression régulière", "a regular expression"},
	aFormat:             {"un nom de format", "the name of a format"},
	aVocabulary:         {"un objet dont les membres valent true ou false", "an object whose members are true or false"},
	aSchema:             {"un schéma (un objet, true ou false)", "a schema (an object, true or false)"},
	schemaList:          {"une liste non vide de schémas", "a list of schemas that is not empty"},
	schemaOrList:        {"un schéma ou une liste de schémas", "a schema or a list of schemas"},
	schemaByName:        {"un objet dont chaque membre est un schéma", "an object whose members are schemas"},
	schemaByPattern:     {"un objet dont chaque membre est un schéma", "an object whose members are schemas"},
	schemaOrNamesByName: {"un objet dont chaque membre est un schéma ou une liste de noms", "an object whose members are schemas or lists of names"},
	namesByName:         {"un objet dont chaque membre est une liste de noms", "an object whose members are lists of names"},
}

// reach is where the subschemas of a keyword apply.
type reach uint8

const (
	nowhere   reach = iota // they are only there to be referred to
	inPlace                // to the same value
	afterIf                // to the same value, and what "if" has entered is left
	oneMember              // to the member with their name
	anyMember              // to members, or their names
	anyItem                // to items
)

// word is what one keyword of the standard means to the loader.
type word struct {
	from, to Draft // first and last draft that has it
	form     form
	reach    reach
}

// all is a keyword of all drafts, since2019 one that came with 2019-09.
func all(f form, r reach) word       { return word{Draft07, Draft202012, f, r} }
func since2019(f form, r reach) word { return word{Draft201909, Draft202012, f, r} }

// in tells whether a draft has the keyword.
func (k word) in(d Draft) bool { return d <= k.from && d >= k.to }

// keywords are those of draft-07, 2019-09 and 2020-12 with their annotations. definitions and dependencies are in the
// metaschemas of the later two as well, deprecated.
var keywords = map[string]word{
	"$schema": all(anURI, nowhere), "$id": all(anURI, nowhere), "$ref": all(anURI, nowhere), "$comment": all(aText, nowhere),
	"$anchor": since2019(anAnchor, nowhere), "$vocabulary": since2019(aVocabulary, nowhere), "$defs": since2019(schemaByName, nowhere),
	"$recursiveRef":    {Draft201909, Draft201909, anURI, nowhere},
	"$recursiveAnchor": {Draft201909, Draft201909, aBoolean, nowhere},
	"$dynamicRef":      {Draft202012, Draft202012, anURI, nowhere},
	"$dynamicAnchor":   {Draft202012, Draft202012, anAnchor, nowhere},
	"definitions":      all(schemaByName, nowhere),

	"title": all(aText, nowhere), "description": all(aText, nowhere), "default": all(anything, nowhere), "examples": all(aList, nowhere),
	"readOnly": all(aBoolean, nowhere), "writeOnly": all(aBoolean, nowhere), "deprecated": since2019(aBoolean, nowhere),

	"allOf": all(schemaList, inPlace), "anyOf": all(schemaList, inPlace), "oneOf": all(schemaList, inPlace), "not": all(aSchema, inPlace),
	"if": all(aSchema, inPlace), "then": all(aSchema, afterIf), "else": all(aSchema, afterIf),
	"dependencies": all(schemaOrNamesByName, inPlace), "dependentSchemas": since2019(schemaByName, inPlace),

	"type": all(someTypes, nowhere), "enum": all(aList, nowhere), "const": all(anything, nowhere), "format": all(aFormat, nowhere),

	"properties": all(schemaByName, oneMember), "patternProperties": all(schemaByPattern, anyMember),
	"additionalProperties": all(aSchema, anyMember), "unevaluatedProperties": since2019(aSchema, anyMember), "propertyNames": all(aSchema, anyMember),
	"required": all(uniqueNames, nowhere), "dependentRequired": since2019(namesByName, nowhere),
	"minProperties": all(aCount, nowhere), "maxProperties": all(aCount, nowhere),

	"items": all(schemaOrList, anyItem), "additionalItems": {Draft07, Draft201909, aSchema, anyItem}, "prefixItems": {Draft202012, Draft202012, schemaList, anyItem},
	"contains": all(aSchema, anyItem), "unevaluatedItems": since2019(aSchema, anyItem), "uniqueItems": all(aBoolean, nowhere),
	"minItems": all(aCount, nowhere), "maxItems": all(aCount, nowhere), "minContains": since2019(aCount, nowhere), "maxContains": since2019(aCount, nowhere),

	"minLength": all(aCount, nowhere), "maxLength": all(aCount, nowhere), "pattern": all(aPattern, nowhere),
	"contentEncoding": all(aText, nowhere), "contentMediaType": all(aText, nowhere), "contentSchema": since2019(aSchema, nowhere),

	"minimum": all(aNumber, nowhere), "maximum": all(aNumber, nowhere), "exclusiveMinimum": all(aNumber, nowhere), "exclusiveMaximum": all(aNumber, nowhere),
	"multipleOf": all(aPositiveNumber, nowhere),
}

// formIn returns the form of a keyword in a draft: only items has changed, to one schema, when prefixItems came.
func (k word) formIn(d Draft) form {
	if k.form == schemaOrList && d == Draft202012 {
		return aSchema
	}
	return k.form
}

// replaced says what to write instead of words that have left the standard, or are not in the draft at hand.
var replaced = map[string][2]string{
	"id":               {"écrivez $id (depuis draft-06)", "write $id (since draft-06)"},
	"additionalItems":  {"en 2020-12, écrivez prefixItems pour les premiers éléments et items pour les suivants", "in 2020-12, write prefixItems for the first items and items for the others"},
	"$recursiveRef":    {"en 2020-12, écrivez $dynamicRef", "in 2020-12, write $dynamicRef"},
	"$recursiveAnchor": {"en 2020-12, écrivez $dynamicAnchor", "in 2020-12, write $dynamicAnchor"},
	"$dynamicRef":      {"en 2019-09, écrivez $recursiveRef", "in 2019-09, write $recursiveRef"},
	"$dynamicAnchor":   {"en 2019-09, écrivez $recursiveAnchor", "in 2019-09, write $recursiveAnchor"},
	"prefixItems":      {"avant 2020-12, écrivez items avec une liste", "before 2020-12, write items with a list"},
	"$defs":            {"en draft-07, écrivez definitions", "in draft-07, write definitions"},
}
