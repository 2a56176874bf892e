package xmldoc

import "github.com/commande-publique/passerelle/internal/violation"

var (
	tooLong = violation.Spec{
		Code: "xml_size",
		FR:   "document de %d octets : plus qu'aucun n'est lu", EN: "document of %d bytes: more than any that is read",
		RemedyFR: "Découpez le document.", RemedyEN: "Split the document.",
	}
	truncated = violation.Spec{
		Code: "xml_truncated",
		FR:   "document XML tronqué : %[1]s attendu avant la fin", EN: "truncated XML document: expected %[2]s before the end",
		RemedyFR: "Renvoyez le document entier ; vérifiez que l'envoi n'a pas été coupé.", RemedyEN: "Send the whole document again; check that the transfer was not cut.",
	}
	malformed = violation.Spec{
		Code: "xml_malformed",
		FR:   "XML mal formé : %[1]s attendu, « %[2]s » trouvé", EN: "malformed XML: expected %[3]s, found %[2]q",
		RemedyFR: "Corrigez le document à cet endroit, de préférence dans le logiciel qui le produit.", RemedyEN: "Correct the document at this place, preferably in the software that produces it.",
	}
	mismatch = violation.Spec{
		Code: "xml_mismatch",
		FR:   "balises qui ne correspondent pas : fin de <%s>, ouvert ligne %d colonne %d, attendue, </%s> trouvé", EN: "tags do not match: expected the end of <%s>, opened at line %d column %d, found </%s>",
		RemedyFR: "Fermez chaque élément dans l'ordre inverse de son ouverture.", RemedyEN: "Close every element in the reverse order of opening.",
	}
	twoRoots = violation.Spec{
		Code: "xml_two_roots",
		FR:   "fin du document attendue, second élément racine <%s> trouvé", EN: "expected the end of the document, found a second root element <%s>",
		RemedyFR: "Envoyez un seul document par message.", RemedyEN: "Send one document a message.",
	}
	trailing = violation.Spec{
		Code: "xml_trailing_data",
		FR:   "« %s » trouvé hors de l'élément racine", EN: "found %q outside the root element",
		RemedyFR: "Retirez ce qui suit ou précède le document.", RemedyEN: "Remove what follows or precedes the document.",
	}
	doctype = violation.Spec{
		Code: "xml_doctype",
		FR:   "déclaration DOCTYPE trouvée : aucune n'est admise, car elle permet d'inclure d'autres fichiers", EN: "found a DOCTYPE declaration: none is allowed, because it can include other files",
		RemedyFR: "Retirez la déclaration DOCTYPE et ses entités ; aucun format admis n'en a besoin.", RemedyEN: "Remove the DOCTYPE declaration and its entities; no accepted format needs one.",
	}
	entity = violation.Spec{
		Code: "xml_entity",
		FR:   "« %s » trouvé : seules les entités &amp; &lt; &gt; &quot; &apos; et les références de caractères existent", EN: "found %q: only the entities &amp; &lt; &gt; &quot; &apos; and character references exist",
		RemedyFR: "Écrivez le caractère lui-même, et &amp; pour une esperluette.", RemedyEN: "Write the character itself, and &amp; for an ampersand.",
	}
	badReference = violation.Spec{
		Code: "xml_character_reference",
		FR:   "la référence « %s » ne désigne aucun caractère admis en XML 1.0", EN: "the reference %q stands for no character that XML 1.0 allows",
		RemedyFR: "Retirez ce caractère du texte.", RemedyEN: "Remove this character from the text.",
	}
	badCharacter = violation.Spec{
		Code: "xml_character",
		FR:   "caractère de contrôle %U, interdit en XML 1.0", EN: "control character %U, which XML 1.0 forbids",
		RemedyFR: "Retirez ce caractère du texte.", RemedyEN: "Remove this character from the text.",
	}
	badUTF8 = violation.Spec{
		Code: "xml_utf8",
		FR:   "octet 0x%02X qui n'est pas de l'UTF-8, l'encodage déclaré ou supposé", EN: "byte 0x%02X is not UTF-8, the encoding declared or implied",
		RemedyFR: "Déclarez l'encodage réel, par exemple <?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>, ou enregistrez en UTF-8.",
		RemedyEN: "Declare the real encoding, for example <?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>, or save as UTF-8.",
	}
	unknownEncoding = violation.Spec{
		Code: "xml_encoding",
		FR:   "encodage déclaré « %s » inconnu", EN: "unknown declared encoding %q",
		RemedyFR: "Utilisez UTF-8 (ou US-ASCII, ISO-8859-1, ISO-8859-15, windows-1252).", RemedyEN: "Use UTF-8 (or US-ASCII, ISO-8859-1, ISO-8859-15, windows-1252).",
	}
	untrueEncoding = violation.Spec{
		Code: "xml_encoding",
		FR:   "octet 0x%02X sans caractère dans l'encodage déclaré « %s »", EN: "byte 0x%02X has no character in the declared encoding %q",
		RemedyFR: "Déclarez l'encodage réel (souvent windows-1252 ou UTF-8).", RemedyEN: "Declare the real encoding (often windows-1252 or UTF-8).",
	}
	markContradicts = violation.Spec{
		Code: "xml_encoding",
		FR:   "encodage « %s » déclaré, alors que le document commence par la marque d'UTF-8", EN: "encoding %q declared although the document starts with the mark of UTF-8",
		RemedyFR: "Déclarez UTF-8.", RemedyEN: "Declare UTF-8.",
	}
	utf16Untrue = violation.Spec{
		Code: "xml_encoding",
		FR:   "encodage « %s » déclaré, mais les octets n'en sont pas", EN: "encoding %q declared, but the bytes are not",
		RemedyFR: "Déclarez UTF-8, sans changer le reste.", RemedyEN: "Declare UTF-8 and leave the rest as it is.",
	}
	utf16Refused = violation.Spec{
		Code: "xml_encoding",
		FR:   "document en %s, d'après ses premiers octets : cet encodage n'est pas lu", EN: "document in %s, by its first bytes: this encoding is not read",
		RemedyFR: "Enregistrez le document en UTF-8 et déclarez-le.", RemedyEN: "Save the document as UTF-8 and declare it.",
	}
	badDeclaration = violation.Spec{
		Code: "xml_declaration",
		FR:   "déclaration XML mal formée : « %s »", EN: "malformed XML declaration: %q",
		RemedyFR: "Écrivez <?xml version=\"1.0\" encoding=\"UTF-8\"?>.", RemedyEN: "Write <?xml version=\"1.0\" encoding=\"UTF-8\"?>.",
	}
	badVersion = violation.Spec{
		Code: "xml_version",
		FR:   "XML 1.0 attendu, version « %s » trouvée", EN: "expected XML 1.0, found version %q",
		RemedyFR: "Écrivez <?xml version=\"1.0\" encoding=\"UTF-8\"?>.", RemedyEN: "Write <?xml version=\"1.0\" encoding=\"UTF-8\"?>.",
	}
	misplaced = violation.Spec{
		Code: "xml_instruction",
		FR:   "instruction <?%s mal placée : la déclaration XML ouvre le document, les feuilles de style précèdent la racine", EN: "misplaced instruction <?%s: the XML declaration opens the document, style sheets precede the root",
		RemedyFR: "Retirez ce qui précède la déclaration (blancs, texte), ou cette instruction.", RemedyEN: "Remove what precedes the declaration (blanks, text), or this instruction.",
	}
	tooDeep = violation.Spec{
		Code: "xml_depth",
		FR:   "plus de %d éléments imbriqués", EN: "more than %d nested elements",
		RemedyFR: "Aucun format admis n'est si profond : vérifiez le logiciel qui produit le document.", RemedyEN: "No accepted format is that deep: check the software that produces the document.",
	}
	tooMany = violation.Spec{
		Code: "xml_elements",
		FR:   "plus de %d éléments et attributs dans un document de %d octets", EN: "more than %d elements and attributes in a document of %d bytes",
		RemedyFR: "Découpez le document.", RemedyEN: "Split the document.",
	}
	tooManyAttributes = violation.Spec{
		Code: "xml_attributes",
		FR:   "plus de %d attributs sur un élément", EN: "more than %d attributes on one element",
		RemedyFR: "Vérifiez le logiciel qui produit le document.", RemedyEN: "Check the software that produces the document.",
	}
	tooManyNamespaces = violation.Spec{
		Code: "xml_namespaces",
		FR:   "plus de %d préfixes d'espaces de noms à la fois", EN: "more than %d namespace prefixes at a time",
		RemedyFR: "Déclarez chaque espace de noms une fois, sur la racine.", RemedyEN: "Declare each namespace once, on the root.",
	}
	longAttribute = violation.Spec{
		Code: "xml_attribute_length",
		FR:   "valeur d'attribut de %d octets, au plus %d", EN: "attribute value of %d bytes, at most %d",
		RemedyFR: "Vérifiez que les guillemets de l'attribut sont fermés.", RemedyEN: "Check that the quotes of the attribute are closed.",
	}
	longName = violation.Spec{
		Code: "xml_name_length",
		FR:   "nom de %d octets, au plus %d", EN: "name of %d bytes, at most %d",
		RemedyFR: "Vérifiez le logiciel qui produit le document.", RemedyEN: "Check the software that produces the document.",
	}
	badName = violation.Spec{
		Code: "xml_name",
		FR:   "« %s » n'est pas un nom qualifié : préfixe, deux-points, nom", EN: "%q is not a qualified name: prefix, colon, name",
		RemedyFR: "Corrigez le nom.", RemedyEN: "Correct the name.",
	}
	duplicateAttribute = violation.Spec{
		Code: "xml_duplicate_attribute",
		FR:   "attribut « %s » présent deux fois sur le même élément", EN: "attribute %q occurs twice on one element",
		RemedyFR: "Gardez un seul des deux attributs.", RemedyEN: "Keep only one of the two attributes.",
	}
	unknownPrefix = violation.Spec{
		Code: "xml_prefix",
		FR:   "préfixe « %s » non déclaré, dans « %s »", EN: "undeclared prefix %q in %q",
		RemedyFR: "Déclarez l'espace de noms sur la racine : xmlns:préfixe=\"URI\".", RemedyEN: "Declare the namespace on the root: xmlns:prefix=\"URI\".",
	}
	badNamespace = violation.Spec{
		Code: "xml_namespace",
		FR:   "déclaration d'espace de noms interdite : préfixe « %s », URI « %s »", EN: "forbidden namespace declaration: prefix %q, URI %q",
		RemedyFR: "Corrigez la déclaration (Namespaces in XML 1.0, section 3).", RemedyEN: "Correct the declaration (Namespaces in XML 1.0, section 3).",
	}
)
