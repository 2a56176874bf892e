package mapping

import "github.com/commande-publique/passerelle/internal/violation"

var (
	notText = violation.Spec{
		Code:     "mapping_text",
		FR:       "un texte est attendu pour « %[1]s », trouvé : %[2]s",
		EN:       "expected a text for %[1]q, found: %[3]s",
		RemedyFR: "Envoyez un texte à cet endroit, ou retirez upper, lower et trim de la cible.",
		RemedyEN: "Send a text at this place, or remove upper, lower and trim from the target.",
	}
	notNumber = violation.Spec{
		Code:     "mapping_number",
		FR:       "un nombre décimal de %[4]d caractères au plus est attendu dans la somme « %[1]s », trouvé : %[2]s",
		EN:       "expected a decimal number of at most %[4]d characters in the sum %[1]q, found: %[3]s",
		RemedyFR: "Écrivez le montant comme 12.50.",
		RemedyEN: "Write the amount as 12.50.",
	}
	notList = violation.Spec{
		Code:     "mapping_list",
		FR:       "une liste est attendue pour « %[1]s », trouvé : %[2]s",
		EN:       "expected a list for %[1]q, found: %[3]s",
		RemedyFR: "Envoyez une liste à cet endroit, même pour un seul élément.",
		RemedyEN: "Send a list at this place, even for a single item.",
	}
	notObject = violation.Spec{
		Code:     "mapping_object",
		FR:       "un objet est attendu pour « %[1]s », trouvé : %[2]s",
		EN:       "expected an object for %[1]q, found: %[3]s",
		RemedyFR: "Envoyez un objet à cet endroit.",
		RemedyEN: "Send an object at this place.",
	}
	unknownVersion = violation.Spec{
		Code:     "unknown_version",
		FR:       "version inconnue du type %[1]s : trouvé %[2]s ; versions connues : %[3]s",
		EN:       "unknown version of the kind %[1]s: found %[2]s; known versions: %[3]s",
		RemedyFR: "Envoyez le document dans une des versions connues, avec ce qui la désigne ; ou ajoutez la version au fichier du type.",
		RemedyEN: "Send the document in one of the known versions, with what tells it; or add the version to the file of the kind.",
	}
	ambiguousVersion = violation.Spec{
		Code:     "ambiguous_version",
		FR:       "document de plusieurs versions du type %[1]s : trouvé %[2]s, qui désigne à la fois %[3]s",
		EN:       "document of several versions of the kind %[1]s: found %[2]s, which tells %[3]s at once",
		RemedyFR: "Envoyez de quoi désigner une seule version ; ou précisez les conditions (recognise) des versions dans le fichier du type.",
		RemedyEN: "Send what tells one version only; or make the conditions (recognise) of the versions in the file of the kind more precise.",
	}
	tooLarge = violation.Spec{
		Code:     "mapping_size",
		FR:       "le document une fois transposé dépasse %[1]d octets, plus de %[2]d fois sa taille",
		EN:       "the mapped document exceeds %[1]d bytes, more than %[2]d times its size",
		RemedyFR: "Découpez le document, ou retirez de la transposition ce qui est répété à chaque élément d'une liste.",
		RemedyEN: "Split the document, or remove from the mapping what is repeated for each item of a list.",
	}
)
