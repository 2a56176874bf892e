package structure

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// CodeMissing is the code of a mandatory element that is missing; its place is the element around it.
const CodeMissing = "structure_missing_element"

// Lacks reports whether a violation says that an element of a local name is missing, its letters in any case.
func Lacks(v violation.Violation, local string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(v.EN, `"`), `"`)
	return v.Code == CodeMissing && strings.EqualFold(name[strings.IndexByte(name, ':')+1:], local)
}

// The violations say what the official schema of the format says, in names of its elements as the sender's own tools do.
var (
	unknownRoot = violation.Spec{
		Code:     "structure_unknown_root",
		FR:       "l'élément racine « %s » (espace de noms « %s ») n'est celui d'aucun format contrôlé ; attendu : Invoice ou CreditNote d'UBL 2.1, CrossIndustryInvoice, ou QualificationApplicationRequest ou QualificationApplicationResponse d'un DUME (ESPD) 2 à 4",
		EN:       "the root element %q (namespace %q) is that of no format that is checked; expected: Invoice or CreditNote of UBL 2.1, CrossIndustryInvoice, or QualificationApplicationRequest or QualificationApplicationResponse of an ESPD 2 to 4",
		RemedyFR: "Envoyez le document dans l'un de ces formats, avec son espace de noms.",
		RemedyEN: "Send the document in one of these formats, with its namespace.",
	}
	failure = violation.Spec{
		Code:     "structure_failure",
		FR:       "la structure du document n'a pas pu être contrôlée : %v",
		EN:       "the structure of the document could not be checked: %v",
		RemedyFR: "Signalez ce défaut de la passerelle : un document sans contrôle n'est jamais accepté.",
		RemedyEN: "Report this fault of the gateway: a document is never accepted unchecked.",
	}
	stopped = violation.Spec{
		Code:     "structure_stopped",
		Severity: violation.Warning,
		FR:       "et d'autres fautes encore : le contrôle de la structure s'arrête aux %d premières",
		EN:       "and more faults: the check of the structure stops at the first %d",
		RemedyFR: "Corrigez d'abord les fautes signalées, puis renvoyez le document.",
		RemedyEN: "Correct the faults that are told first, then send the document again.",
	}
	unknownElement = violation.Spec{
		Code:     "structure_unknown_element",
		FR:       "l'élément « %[1]s » n'existe pas dans le schéma%[3]s",
		EN:       "the schema has no element %[2]q%[4]s",
		RemedyFR: "Corrigez le nom de l'élément ou son espace de noms, ou retirez-le.",
		RemedyEN: "Correct the name of the element or its namespace, or remove it.",
	}
	misplacedElement = violation.Spec{
		Code:     "structure_misplaced_element",
		FR:       "l'élément « %[1]s » n'a pas sa place ici, dans « %[2]s » ; %[3]s",
		EN:       "element %[1]q has no place here, in %[2]q; %[4]s",
		RemedyFR: "Mettez l'élément à la place que le schéma lui donne, ou retirez-le.",
		RemedyEN: "Put the element where the schema has it, or remove it.",
	}
	repeatedElement = violation.Spec{
		Code:     "structure_repeated_element",
		FR:       "« %[1]s » figure plus d'une fois dans « %[2]s » ; le schéma n'en admet qu'un",
		EN:       "there is more than one %[1]q in %[2]q; the schema has one only",
		RemedyFR: "Gardez un seul de ces éléments.",
		RemedyEN: "Keep one of these elements.",
	}
	missingElement = violation.Spec{
		Code:     CodeMissing,
		FR:       "« %[1]s » manque dans « %[2]s »",
		EN:       "%[1]q is missing in %[2]q",
		RemedyFR: "Ajoutez l'élément, à la place que le schéma lui donne.",
		RemedyEN: "Add the element where the schema has it.",
	}
	misplacedText = violation.Spec{
		Code:     "structure_text",
		FR:       "« %[1]s » contient le texte « %[2]s » ; le schéma n'y admet que des éléments : %[3]s",
		EN:       "%[1]q holds the text %[2]q; the schema has elements only there: %[4]s",
		RemedyFR: "Retirez le texte, ou mettez-le dans l'élément prévu pour lui.",
		RemedyEN: "Remove the text, or put it into the element that is meant for it.",
	}
	wrongValue = violation.Spec{
		Code:     "structure_value",
		FR:       "« %[1]s » vaut « %[2]s » ; attendu : %[3]s",
		EN:       "%[1]q is %[2]q; expected: %[4]s",
		RemedyFR: "Écrivez la valeur comme le schéma le demande.",
		RemedyEN: "Write the value as the schema wants it.",
	}
	unknownAttribute = violation.Spec{
		Code:     "structure_unknown_attribute",
		FR:       "« %[1]s » n'a pas d'attribut « %[2]s » ; %[3]s",
		EN:       "%[1]q has no attribute %[2]q; %[4]s",
		RemedyFR: "Corrigez le nom de l'attribut, ou retirez-le.",
		RemedyEN: "Correct the name of the attribute, or remove it.",
	}
	missingAttribute = violation.Spec{
		Code:     "structure_missing_attribute",
		FR:       "« %[1]s » n'a pas l'attribut obligatoire « %[2]s »",
		EN:       "%[1]q lacks the mandatory attribute %[2]q",
		RemedyFR: "Ajoutez l'attribut.",
		RemedyEN: "Add the attribute.",
	}
	wrongType = violation.Spec{
		Code:     "structure_type",
		FR:       "l'attribut « %[2]s » de « %[1]s » vaut « %[3]s », que le schéma n'admet pas pour cet élément",
		EN:       "attribute %[2]q of %[1]q is %[3]q, which the schema does not take for this element",
		RemedyFR: "Retirez cet attribut : le document n'en a pas besoin.",
		RemedyEN: "Remove this attribute: the document does not need it.",
	}
	duplicateID = violation.Spec{
		Code:     "structure_duplicate_id",
		FR:       "l'identifiant « %[2]s » de « %[1]s » figure déjà dans le document",
		EN:       "the identifier %[2]q of %[1]q is in the document already",
		RemedyFR: "Donnez à chaque élément un identifiant à lui.",
		RemedyEN: "Give each element an identifier of its own.",
	}
)

// maxNamed bounds the names that a message lists: more are not read.
const maxNamed = 6

// place returns where an element stands in the source.
func place(e xmldoc.Element) violation.At {
	if !e.Exists() {
		return violation.At{}
	}
	s := e.Doc().Locate(e.Ref())
	return violation.At{Source: s.Path, Line: s.Line, Column: s.Column}
}

// show writes a name with the prefix of the table, or with its namespace where the table has none for it.
func (t *table) show(name xmldoc.Name) string {
	local := violation.Excerpt(name.Local)
	switch prefix := t.prefixes[name.Space]; {
	case prefix != "":
		return prefix + ":" + local
	case name.Space == "":
		return local
	}
	return "{" + violation.Excerpt(name.Space) + "}" + local
}

// list joins names for a message, at most six.
func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
