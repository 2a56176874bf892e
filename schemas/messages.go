package schemas

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// The codes that rules may say better: about data that is missing, and about how a value is written.
const (
	CodeRequired = "schema_required"
	CodePattern  = "schema_pattern"
	CodeFormat   = "schema_format"
)

// missing takes the name of what is missing, in French and English.
var missing = violation.Spec{
	Code:     CodeRequired,
	FR:       "donnée obligatoire absente : %[1]s",
	EN:       "mandatory data missing: %[2]s",
	RemedyFR: addFR,
	RemedyEN: addEN,
}

var dependent = violation.Spec{
	Code:     "schema_dependent_required",
	FR:       "donnée obligatoire absente : %s, exigée dès que %s est présent",
	EN:       "mandatory data missing: %s, needed wherever %s is present",
	RemedyFR: "Ajoutez cette donnée, ou retirez celle qui l'exige, puis renvoyez le document.",
	RemedyEN: "Add this data, or remove that which needs it, then send the document again.",
}

// unknown takes the name, and what is known in French and English.
var unknown = violation.Spec{
	Code:     "schema_unknown_member",
	FR:       "donnée inconnue « %[1]s » ; %[2]s",
	EN:       "unknown data %[1]q; %[3]s",
	RemedyFR: "Retirez cette donnée, ou corrigez son nom.",
	RemedyEN: "Remove this data, or correct its name.",
}

// badName takes what is wrong with the name of a member, in French and English.
var badName = violation.Spec{
	Code:     "schema_property_names",
	FR:       "nom de donnée refusé ; %[1]s",
	EN:       "the name of this data is refused; %[2]s",
	RemedyFR: "Renommez cette donnée, ou retirez-la.",
	RemedyEN: "Rename this data, or remove it.",
}

// otherKeyword explains what has no text of its own: rules of an official metaschema, whose source is not at hand.
var otherKeyword = violation.Spec{
	Code:     "schema_other",
	FR:       "la contrainte %[1]s n'est pas respectée ; trouvé : %[2]s",
	EN:       "the constraint %[1]s is not met; found: %[3]s",
	RemedyFR: correctFR,
	RemedyEN: correctEN,
}

const (
	correctFR = "Corrigez la valeur dans le document source puis renvoyez-le."
	correctEN = "Correct the value in the source document and send it again."
	addFR     = "Ajoutez cette donnée dans le document source puis renvoyez-le."
	addEN     = "Add this data to the source document and send it again."
)

// phrase is one thing said in French and English.
type phrase struct{ fr, en string }

// plain is a phrase that is the same in both languages.
func plain(text string) phrase { return phrase{text, text} }

// message is the text of a keyword: its clause says what is expected, with a %[1]s for the value in the schema.
type message struct {
	violation.Spec
	clause phrase
}

// expecting makes a message. Its arguments are what is expected in French and English, and what was found.
func expecting(code, fr, en, remedyFR, remedyEN string) message {
	return message{
		Spec: violation.Spec{
			Code: code,
			FR:   "attendu : " + fr + " ; trouvé : %[3]s",
			EN:   "expected: " + strings.ReplaceAll(en, "%[1]s", "%[2]s") + "; found: %[4]s",

			RemedyFR: remedyFR, RemedyEN: remedyEN,
		},
		clause: phrase{fr, en},
	}
}

// expects is the clause filled with a value.
func (m message) expects(value phrase) phrase {
	return phrase{strings.ReplaceAll(m.clause.fr, "%[1]s", value.fr), strings.ReplaceAll(m.clause.en, "%[1]s", value.en)}
}

// extraItem is about items that the schema has no place for, however a draft writes it.
var extraItem = expecting("schema_extra_item", "au plus %[1]s dans la liste", "at most %[1]s in the list",
	"Retirez les éléments de trop, puis renvoyez le document.", "Remove the items beyond, then send the document again.")

// keyForbidden stands for the schema false, and keyMany for a oneOf of which several branches hold.
const (
	keyForbidden = "false"
	keyMany      = "oneOf of several"
)

// messages holds the texts by keyword.
var messages = map[string]message{
	"type": expecting("schema_type", "%[1]s", "%[1]s",
		"Donnez à cette donnée une valeur du type attendu, puis renvoyez le document.", "Give this data a value of the type expected, then send the document again."),
	"enum": expecting("schema_enum", "une valeur parmi %[1]s", "one of %[1]s",
		"Choisissez l'une des valeurs admises et écrivez-la exactement ainsi.", "Choose one of the values allowed and write it exactly so."),
	"const": expecting("schema_const", "la valeur %[1]s", "the value %[1]s",
		"Écrivez exactement la valeur attendue, puis renvoyez le document.", "Write exactly the value expected, then send the document again."),
	"pattern": expecting(CodePattern, "un texte de la forme (expression régulière) %[1]s", "a text of the form (regular expression) %[1]s", correctFR, correctEN),
	"format":  expecting(CodeFormat, "%[1]s", "%[1]s", correctFR, correctEN),
	"minLength": expecting("schema_min_length", "au moins %[1]s", "at least %[1]s",
		"Complétez le texte, puis renvoyez le document.", "Complete the text, then send the document again."),
	"maxLength": expecting("schema_max_length", "au plus %[1]s", "at most %[1]s",
		"Raccourcissez le texte, puis renvoyez le document.", "Shorten the text, then send the document again."),
	"contentEncoding": expecting("schema_content_encoding", "un contenu codé en %[1]s", "content encoded in %[1]s",
		"Codez à nouveau le contenu et vérifiez que rien n'a été coupé.", "Encode the content again and check that nothing was cut."),
	"contentMediaType": expecting("schema_content_media_type", "un contenu de type %[1]s", "content of the type %[1]s",
		"Joignez un contenu du type annoncé, entier.", "Include content of the type stated, whole."),
	"minItems": expecting("schema_min_items", "au moins %[1]s dans la liste", "at least %[1]s in the list",
		"Ajoutez les éléments qui manquent à la liste.", "Add the items that the list lacks."),
	"maxItems": expecting("schema_max_items", "au plus %[1]s dans la liste", "at most %[1]s in the list",
		"Retirez des éléments, ou partagez-les entre plusieurs documents.", "Remove items, or split them between several documents."),
	"uniqueItems": expecting("schema_unique_items", "un élément différent de celui de rang %[1]s", "an item that differs from number %[1]s",
		"Retirez l'élément répété, ou corrigez-le.", "Remove the repeated item, or correct it."),
	"minContains": expecting("schema_min_contains", "dans la liste, au moins %[1]s", "in the list, at least %[1]s",
		"Ajoutez à la liste les éléments de cette sorte qui manquent.", "Add the items of that sort that the list lacks."),
	"maxContains": expecting("schema_max_contains", "dans la liste, au plus %[1]s", "in the list, at most %[1]s",
		"Retirez de la liste les éléments de cette sorte qui sont de trop.", "Remove the items of that sort that are too many."),
	"items":           extraItem,
	"additionalItems": extraItem,
	"unevaluatedItems": expecting("schema_unevaluated_item", "aucun autre élément que ceux que le schéma décrit", "no other items than those that the schema describes",
		"Retirez cet élément, ou corrigez-le.", "Remove this item, or correct it."),
	"minProperties": expecting("schema_min_properties", "au moins %[1]s", "at least %[1]s",
		"Ajoutez les données qui manquent.", "Add the members that are missing."),
	"maxProperties": expecting("schema_max_properties", "au plus %[1]s", "at most %[1]s",
		"Retirez les données de trop.", "Remove the members beyond."),
	"minimum": expecting("schema_minimum", "%[1]s ou plus", "%[1]s or more",
		"Vérifiez le nombre et son signe, puis renvoyez le document.", "Check the number and its sign, then send the document again."),
	"maximum": expecting("schema_maximum", "%[1]s ou moins", "%[1]s or less",
		"Vérifiez le nombre et son unité, puis renvoyez le document.", "Check the number and its unit, then send the document again."),
	"exclusiveMinimum": expecting("schema_exclusive_minimum", "plus de %[1]s", "more than %[1]s",
		"Vérifiez le nombre et son signe, puis renvoyez le document.", "Check the number and its sign, then send the document again."),
	"exclusiveMaximum": expecting("schema_exclusive_maximum", "moins de %[1]s", "less than %[1]s",
		"Vérifiez le nombre et son unité, puis renvoyez le document.", "Check the number and its unit, then send the document again."),
	"multipleOf": expecting("schema_multiple_of", "%[1]s", "%[1]s",
		"Arrondissez le nombre comme attendu, puis renvoyez le document.", "Round the number as expected, then send the document again."),
	"not": expecting("schema_not", "autre chose que ceci : %[1]s", "anything but this: %[1]s",
		"Changez ou retirez ce qui est exclu ici.", "Change or remove what is excluded here."),
	"anyOf": expecting("schema_any_of", "au moins l'une de ces formes : %[1]s", "at least one of these forms: %[1]s",
		"Donnez à cette donnée l'une des formes admises.", "Give this data one of the forms allowed."),
	"oneOf": expecting("schema_one_of", "l'une de ces formes : %[1]s", "one of these forms: %[1]s",
		"Donnez à cette donnée l'une des formes admises.", "Give this data one of the forms allowed."),
	keyMany: expecting("schema_one_of_many", "une seule des formes admises, et non à la fois %[1]s", "only one of the forms allowed, not %[1]s at once",
		"Retirez ce qui n'appartient pas à la forme voulue.", "Remove what does not belong to the form that is meant."),
	keyForbidden: expecting("schema_forbidden", "rien à cet endroit", "nothing at this place",
		"Retirez cette donnée, puis renvoyez le document.", "Remove this data, then send the document again."),
	// required is listed by name, with a code of its own; the clause serves where a branch of anyOf asks for a member.
	"required": expecting(CodeRequired, "la donnée %[1]s", "the data %[1]s", addFR, addEN),
}

// hinted explains a pattern or format whose schema says in words what it expects (x-expected).
func hinted(m message) message {
	return expecting(m.Code, "%[1]s", "%[1]s", m.RemedyFR, m.RemedyEN)
}

// typeWords says what the types of JSON Schema are.
var typeWords = map[string]phrase{
	"string":  {"un texte", "a text"},
	"number":  {"un nombre", "a number"},
	"integer": {"un nombre entier", "a whole number"},
	"boolean": {"true ou false (vrai ou faux)", "true or false"},
	"array":   {"une liste", "a list"},
	"object":  {"un groupe de données", "a group of data"},
	"null":    {"null (aucune valeur)", "null (no value)"},
}

// formatWords says what each format expects.
var formatWords = map[string]phrase{
	"date-time":             {"une date et une heure avec fuseau, par exemple 2026-11-24T09:30:00Z", "a date and time with zone, for example 2026-11-24T09:30:00Z"},
	"date":                  {"une date du calendrier, AAAA-MM-JJ, par exemple 2026-11-24", "a calendar date, YYYY-MM-DD, for example 2026-11-24"},
	"time":                  {"une heure avec fuseau, par exemple 09:30:00+01:00", "a time with zone, for example 09:30:00+01:00"},
	"duration":              {"une durée ISO 8601, par exemple P3M ou PT36H", "an ISO 8601 duration, for example P3M or PT36H"},
	"email":                 {"une adresse électronique, par exemple nom@exemple.fr", "an e-mail address, for example name@example.org"},
	"idn-email":             {"une adresse électronique, par exemple nom@exemple.fr", "an e-mail address, for example name@example.org"},
	"hostname":              {"un nom de machine, par exemple www.exemple.fr", "a host name, for example www.example.org"},
	"idn-hostname":          {"un nom de machine, par exemple www.exemple.fr", "a host name, for example www.example.org"},
	"ipv4":                  {"une adresse IPv4, par exemple 192.0.2.1", "an IPv4 address, for example 192.0.2.1"},
	"ipv6":                  {"une adresse IPv6, par exemple 2001:db8::1", "an IPv6 address, for example 2001:db8::1"},
	"uri":                   {"une adresse complète (URI), par exemple https://exemple.fr/a", "a complete address (URI), for example https://example.org/a"},
	"uri-reference":         {"une adresse (URI), complète ou relative", "an address (URI), complete or relative"},
	"iri":                   {"une adresse complète (IRI), par exemple https://exemple.fr/été", "a complete address (IRI), for example https://example.org/é"},
	"iri-reference":         {"une adresse (IRI), complète ou relative", "an address (IRI), complete or relative"},
	"uri-template":          {"un modèle d'adresse (RFC 6570), par exemple /factures/{id}", "a URI template (RFC 6570), for example /invoices/{id}"},
	"uuid":                  {"un UUID, par exemple 2f1b1f5e-6a35-4c39-9d0c-3b0a4a1c2d3e", "a UUID, for example 2f1b1f5e-6a35-4c39-9d0c-3b0a4a1c2d3e"},
	"regex":                 {"une expression régulière", "a regular expression"},
	"json-pointer":          {"un pointeur JSON, par exemple /lines/0/id", "a JSON pointer, for example /lines/0/id"},
	"relative-json-pointer": {"un pointeur JSON relatif, par exemple 1/id", "a relative JSON pointer, for example 1/id"},
	"siret":                 {"un SIRET : 14 chiffres sans espaces, clé comprise", "a SIRET: 14 digits without blanks, check digit included"},
	"siren":                 {"un SIREN : 9 chiffres sans espaces, clé comprise", "a SIREN: 9 digits without blanks, check digit included"},
	"iban":                  {"un IBAN sans espaces, clé juste", "an IBAN without blanks, with the right check digits"},
	"nuts":                  {"un code NUTS, par exemple FRH03", "a NUTS code, for example FRH03"},
	"cpv":                   {"un code CPV de 8 chiffres, par exemple 45421000-4", "a CPV code of 8 digits, for example 45421000-4"},
	"iso4217":               {"un code de devise ISO 4217 de trois lettres, par exemple EUR", "an ISO 4217 currency code of three letters, for example EUR"},
	"iso3166":               {"un code de pays ISO 3166 de deux lettres, par exemple FR", "an ISO 3166 country code of two letters, for example FR"},
}

// noun is a thing that is counted, in both languages, one and several.
type noun struct{ aucun, un, plusieurs, one, several string }

var (
	characters = noun{"aucun", "caractère", "caractères", "character", "characters"}
	elements   = noun{"aucun", "élément", "éléments", "item", "items"}
	members    = noun{"aucune", "donnée", "données", "member", "members"}
	decimals   = noun{"aucune", "décimale", "décimales", "decimal", "decimals"}
)

// counted says how many: 0 is singular in French and plural in English.
func counted(n int, what noun) phrase {
	p := phrase{strconv.Itoa(n) + " " + what.plusieurs, strconv.Itoa(n) + " " + what.several}
	if n < 2 {
		p.fr = strconv.Itoa(n) + " " + what.un
	}
	if n == 1 {
		p.en = "1 " + what.one
	}
	return p
}

// held says how many there are.
func held(n int, what noun) phrase {
	if n == 0 {
		return phrase{what.aucun + " " + what.un, "no " + what.several}
	}
	return counted(n, what)
}

// countIn reads the value of a keyword that counts, which may be written 2.0; the loader has checked it.
func countIn(v document.Value) int {
	f, err := strconv.ParseFloat(v.Text(), 64)
	if err != nil {
		return 0
	}
	return int(f)
}

// foundIn writes what the document has: a short text without secrets, or the size of a structure.
func foundIn(v document.Value, secret concealment) phrase {
	switch v.Type() {
	case document.String:
		return plain(`"` + violation.Excerpt(secret.hide(v.Text())) + `"`)
	case document.Number, document.Bool:
		return plain(violation.Excerpt(secret.hide(v.Text())))
	case document.Array:
		if v.Len() == 0 {
			return phrase{"une liste vide", "an empty list"}
		}
		size := counted(v.Len(), elements)
		return phrase{"une liste de " + size.fr, "a list of " + size.en}
	case document.Object:
		if v.Len() == 0 {
			return phrase{"un groupe sans donnée", "a group without members"}
		}
		size := counted(v.Len(), members)
		return phrase{"un groupe de " + size.fr, "a group of " + size.en}
	default:
		return typeWords["null"]
	}
}

// typed writes what the document has where its type is what matters.
func typed(v document.Value, found phrase) phrase {
	switch v.Type() {
	case document.String:
		return phrase{"le texte " + found.fr, "the text " + found.en}
	case document.Number:
		return phrase{"le nombre " + found.fr, "the number " + found.en}
	default:
		return found
	}
}

// quoted writes the value of a schema for a message: texts in quotes, structures as short JSON.
func quoted(v document.Value) string {
	if v.Type() == document.Number {
		return v.Text()
	}
	return violation.Excerpt(string(v.AppendJSON(nil)))
}

// values writes the values of an enumeration, and the one that was meant when it is near.
func values(all, found document.Value) phrase {
	var texts, names []string
	for v := range all.Children() {
		texts = append(texts, quoted(v))
		if v.Type() == document.String {
			names = append(names, v.Text())
		}
	}
	p := plain(list(texts))
	if near := diag.Nearest(found.Text(), names); near != "" && found.Type() == document.String {
		p.fr += fmt.Sprintf(" (sans doute %q)", near)
		p.en += fmt.Sprintf(" (probably %q)", near)
	}
	return p
}

// mostPhrases bounds the alternatives that a message tells: a person compares no more.
const mostPhrases = 6

// either joins the first of so many phrases.
func either(all []phrase, or phrase, total int) phrase {
	var fr, en []string
	for _, p := range all[:min(len(all), mostPhrases)] {
		fr, en = append(fr, p.fr), append(en, p.en)
	}
	if total > mostPhrases {
		more := fmt.Sprintf("… (%d)", total)
		fr, en = append(fr, more), append(en, more)
	}
	return phrase{strings.Join(fr, or.fr), strings.Join(en, or.en)}
}

// excerpt writes a value of a schema for those who wrote it: a short text, or the type and size of a structure.
func excerpt(v document.Value) string {
	switch v.Type() {
	case document.String:
		return `"` + violation.Excerpt(v.Text()) + `"`
	case document.Array, document.Object:
		return fmt.Sprintf("%s (%d)", v.Type(), v.Len())
	case document.Number, document.Bool:
		return violation.Excerpt(v.Text())
	default:
		return v.Type().String()
	}
}

// list writes values for a message; more than a dozen would hide the point.
func list(values []string) string {
	const most = 12
	if len(values) > most {
		return strings.Join(values[:most], ", ") + fmt.Sprintf(", … (%d)", len(values))
	}
	return strings.Join(values, ", ")
}
