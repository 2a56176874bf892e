package jsondoc

import "github.com/commande-publique/passerelle/internal/violation"

var (
	empty = violation.Spec{
		Code: "json_empty",
		FR:   "document JSON attendu, rien trouvé", EN: "expected a JSON document, found nothing",
		RemedyFR: "Envoyez le document lui-même.", RemedyEN: "Send the document itself.",
	}
	tooLong = violation.Spec{
		Code: "json_size",
		FR:   "document de %d octets : plus qu'aucun n'est lu", EN: "document of %d bytes: more than any that is read",
		RemedyFR: "Découpez le document.", RemedyEN: "Split the document.",
	}
	badUTF8 = violation.Spec{
		Code: "json_utf8",
		FR:   "octet 0x%02X qui n'est pas de l'UTF-8, seul encodage admis pour JSON", EN: "byte 0x%02X is not UTF-8, the only encoding of JSON",
		RemedyFR: "Enregistrez le document en UTF-8.", RemedyEN: "Save the document as UTF-8.",
	}
	truncated = violation.Spec{
		Code: "json_truncated",
		FR:   "document JSON tronqué : il s'arrête au milieu d'une valeur", EN: "truncated JSON document: it ends inside a value",
		RemedyFR: "Renvoyez le document entier ; vérifiez que l'envoi n'a pas été coupé.", RemedyEN: "Send the whole document again; check that the transfer was not cut.",
	}
	trailing = violation.Spec{
		Code: "json_trailing_data",
		FR:   "fin du document attendue, « %s » trouvé après la première valeur", EN: "expected the end of the document, found %q after the first value",
		RemedyFR: "Envoyez un seul document par message.", RemedyEN: "Send one document a message.",
	}
	unexpected = violation.Spec{
		Code: "json_syntax",
		FR:   "%[1]s attendu, « %[2]s » trouvé", EN: "expected %[3]s, found %[2]q",
		RemedyFR: "Corrigez le document à cet endroit (RFC 8259).", RemedyEN: "Correct the document at this place (RFC 8259).",
	}
	badWord = violation.Spec{
		Code: "json_word",
		FR:   "mot « %s » inconnu : seuls true, false et null existent en JSON", EN: "unknown word %q: JSON only has true, false and null",
		RemedyFR: "Mettez les textes entre guillemets ; NaN et Infinity n'ont pas de valeur JSON.", RemedyEN: "Put texts in quotes; NaN and Infinity have no JSON value.",
	}
	numberForm = violation.Spec{
		Code: "json_number",
		FR:   "« %s » ne commence pas par un nombre JSON : chiffres sans zéro en tête, point décimal suivi de chiffres", EN: "%q does not start with a JSON number: digits without a leading zero, a decimal point followed by digits",
		RemedyFR: "Écrivez le nombre comme 12.50, ou l'identifiant entre guillemets.", RemedyEN: "Write the number as 12.50, or the identifier in quotes.",
	}
	hugeNumber = violation.Spec{
		Code: "json_number_size",
		FR:   "nombre hors limites « %s » : au plus %d caractères et une puissance de dix entre -%[3]d et %[3]d", EN: "number out of bounds %q: at most %d characters and a power of ten between -%[3]d and %[3]d",
		RemedyFR: "Écrivez la valeur réelle, sans exposant.", RemedyEN: "Write the real value, without exponent.",
	}
	control = violation.Spec{
		Code: "json_control_character",
		FR:   "caractère de contrôle 0x%02X dans un texte", EN: "control character 0x%02X in a string",
		RemedyFR: "Écrivez-le avec une séquence d'échappement (\\n pour un saut de ligne), ou retirez-le.", RemedyEN: "Write it as an escape sequence (\\n for a line break), or remove it.",
	}
	badEscape = violation.Spec{
		Code: "json_escape",
		FR:   "séquence d'échappement inconnue : « %s »", EN: "unknown escape sequence: %q",
		RemedyFR: "Seules \\\" \\\\ \\/ \\b \\f \\n \\r \\t et \\u suivi de quatre chiffres hexadécimaux existent.", RemedyEN: "Only \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u followed by four hexadecimal digits exist.",
	}
	surrogate = violation.Spec{
		Code: "json_surrogate",
		FR:   "demi-codet isolé %s : il ne désigne aucun caractère", EN: "lone surrogate %s: it stands for no character",
		RemedyFR: "Écrivez les deux moitiés de la paire, ou le caractère en UTF-8.", RemedyEN: "Write both halves of the pair, or the character in UTF-8.",
	}
	duplicateKey = violation.Spec{
		Code: "json_duplicate_key",
		FR:   "membre « %s » présent deux fois dans le même objet : ligne %d colonne %d, et ligne %d colonne %d", EN: "member %q occurs twice in one object: line %d column %d, and line %d column %d",
		RemedyFR: "Gardez un seul des deux membres.", RemedyEN: "Keep only one of the two members.",
	}
	tooDeep = violation.Spec{
		Code: "json_depth",
		FR:   "plus de %d niveaux d'imbrication", EN: "more than %d levels of nesting",
		RemedyFR: "Aplatissez le document.", RemedyEN: "Flatten the document.",
	}
	tooMany = violation.Spec{
		Code: "json_values",
		FR:   "plus de %d valeurs dans un document de %d octets", EN: "more than %d values in a document of %d bytes",
		RemedyFR: "Découpez le document.", RemedyEN: "Split the document.",
	}
	longName = violation.Spec{
		Code: "json_name_length",
		FR:   "nom de membre de %d octets, au plus %d", EN: "member name of %d bytes, at most %d",
		RemedyFR: "Vérifiez que ce nom n'est pas une valeur.", RemedyEN: "Check that this name is not a value.",
	}
)
