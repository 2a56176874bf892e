package schemas

import (
	"fmt"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

const (
	correctFR = "Corrigez la valeur dans le document source puis renvoyez-le."
	correctEN = "Correct the value in the source document and send it again."
)

// CodeRequired is the code of a violation about data that is missing.
const CodeRequired = "schema_required"

var missing = violation.Spec{
	Code:     CodeRequired,
	FR:       "donnée obligatoire absente : %s",
	EN:       "mandatory data missing: %s",
	RemedyFR: "Ajoutez cette donnée dans le document source puis renvoyez-le.",
	RemedyEN: "Add this data to the source document and send it again.",
}

var unknown = violation.Spec{
	Code:     "schema_unknown_member",
	FR:       "donnée inconnue « %s » : attendu parmi %s",
	EN:       "unknown data %q: expected one of %s",
	RemedyFR: "Retirez cette donnée, ou corrigez son nom.",
	RemedyEN: "Remove this data, or correct its name.",
}

// messages holds the texts by keyword; the arguments are what the schema expects and what the document has.
var messages = map[string]violation.Spec{
	"type":             spec("schema_type", "type attendu : %s ; trouvé : %s", "expected type: %s; found: %s"),
	"enum":             spec("schema_enum", "valeur attendue parmi %s ; trouvé : %s", "expected one of %s; found: %s"),
	"const":            spec("schema_const", "valeur attendue : %s ; trouvé : %s", "expected value: %s; found: %s"),
	"pattern":          spec("schema_pattern", "forme attendue : %s ; trouvé : %s", "expected form: %s; found: %s"),
	"format":           spec("schema_format", "format attendu : %s ; trouvé : %s", "expected format: %s; found: %s"),
	"minLength":        spec("schema_min_length", "au moins %s caractère(s) attendu(s) ; trouvé : %s", "expected at least %s character(s); found: %s"),
	"maxLength":        spec("schema_max_length", "au plus %s caractère(s) attendu(s) ; trouvé : %s", "expected at most %s character(s); found: %s"),
	"minItems":         spec("schema_min_items", "au moins %s élément(s) attendu(s) ; trouvé : %s", "expected at least %s item(s); found: %s"),
	"maxItems":         spec("schema_max_items", "au plus %s élément(s) attendu(s) ; trouvé : %s", "expected at most %s item(s); found: %s"),
	"uniqueItems":      spec("schema_unique_items", "éléments tous différents attendus (uniqueItems : %s) ; trouvé : %s", "expected items that all differ (uniqueItems: %s); found: %s"),
	"minimum":          spec("schema_minimum", "au moins %s attendu ; trouvé : %s", "expected at least %s; found: %s"),
	"maximum":          spec("schema_maximum", "au plus %s attendu ; trouvé : %s", "expected at most %s; found: %s"),
	"exclusiveMinimum": spec("schema_exclusive_minimum", "plus de %s attendu ; trouvé : %s", "expected more than %s; found: %s"),
	"exclusiveMaximum": spec("schema_exclusive_maximum", "moins de %s attendu ; trouvé : %s", "expected less than %s; found: %s"),
}

// otherKeyword explains a keyword that has no text of its own.
var otherKeyword = spec("schema_other", "la contrainte %s n'est pas respectée ; trouvé : %s", "the constraint %s is not met; found: %s")

func spec(code, fr, en string) violation.Spec {
	return violation.Spec{Code: code, FR: fr, EN: en, RemedyFR: correctFR, RemedyEN: correctEN}
}

// hinted explains a pattern or format whose schema says in words what it expects (x-expected).
func hinted(keyword string) violation.Spec {
	return violation.Spec{
		Code: messages[keyword].Code,
		FR:   "attendu : %[1]s ; trouvé : %[3]s", EN: "expected: %[2]s; found: %[3]s",
		RemedyFR: correctFR, RemedyEN: correctEN,
	}
}

// describe writes what a keyword of the schema expects.
func describe(keyword string, expected document.Value) string {
	switch expected.Type() {
	case document.Array:
		var values []string
		for v := range expected.Children() {
			values = append(values, v.Text())
		}
		return list(values)
	case document.Object, document.Absent:
		return keyword
	default:
		return expected.Text()
	}
}

// excerpt writes what the document has: a short text, or the type and size of a structure.
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
