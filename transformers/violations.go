package transformers

import "github.com/commande-publique/passerelle/internal/violation"

// What is accepted, for the messages that refuse the rest.
const (
	acceptedFR = "Formats lus : facture UBL 2.1 (Invoice, CreditNote), facture CII (CrossIndustryInvoice), Factur-X (PDF), pivot de Chorus Pro (CPPFacturePivot), statut de facture (CrossDomainAcknowledgementAndResponse, ou en JSON la réponse de Chorus Pro avec listeFactures), DUME (QualificationApplicationRequest, QualificationApplicationResponse), DECP 2 en JSON, document canonique en JSON."
	acceptedEN = "Formats that are read: UBL 2.1 invoices (Invoice, CreditNote), CII invoices (CrossIndustryInvoice), Factur-X (PDF), the pivot of Chorus Pro (CPPFacturePivot), statuses of invoices (CrossDomainAcknowledgementAndResponse, or in JSON the answer of Chorus Pro with listeFactures), ESPD (QualificationApplicationRequest, QualificationApplicationResponse), DECP 2 in JSON, canonical documents in JSON."
)

// rootSpaces are the namespaces of the roots that only they tell from another vocabulary.
var rootSpaces = map[string]string{
	"CrossIndustryInvoice":                  "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
	"CrossDomainAcknowledgementAndResponse": "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100",
	"QualificationApplicationRequest":       "urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationRequest-2",
	"QualificationApplicationResponse":      "urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationResponse-2",
}

var (
	emptyDocument = violation.Spec{
		Code: "empty_document",
		FR:   "document attendu, rien d'autre que des blancs trouvé (%d octets)", EN: "expected a document, found nothing but blanks (%d bytes)",
		RemedyFR: "Envoyez le document lui-même dans la valeur du message.", RemedyEN: "Send the document itself as the value of the message.",
	}
	tooLarge = violation.Spec{
		Code: "document_too_large",
		FR:   "document de %d octets, au plus %d", EN: "document of %d bytes, at most %d",
		RemedyFR: "Retirez ou allégez les pièces jointes, ou découpez le document.", RemedyEN: "Remove or shrink the attachments, or split the document.",
	}
	unsupportedArchive = violation.Spec{
		Code: "unsupported_archive",
		FR:   "archive %s : les archives ne sont pas ouvertes", EN: "%s archive: archives are not opened",
		RemedyFR: "Décompressez, puis envoyez un document par message.", RemedyEN: "Decompress it and send one document a message.",
	}
	htmlDocument = violation.Spec{
		Code: "html_document",
		FR:   "page HTML trouvée : souvent le message d'erreur d'un portail, enregistré à la place du document", EN: "found an HTML page: often the error message of a portal, saved in place of the document",
		RemedyFR: "Récupérez à nouveau le document d'origine. " + acceptedFR, RemedyEN: "Fetch the original document again. " + acceptedEN,
	}
	soapEnvelope = violation.Spec{
		Code: "soap_envelope",
		FR:   "enveloppe SOAP trouvée autour du document", EN: "found a SOAP envelope around the document",
		RemedyFR: "Envoyez le document sans son enveloppe : le contenu de Body seul.", RemedyEN: "Send the document without its envelope: the content of Body alone.",
	}
	unknownBytes = violation.Spec{
		Code: "unknown_format",
		FR:   "XML, JSON ou PDF attendu, trouvé un contenu qui commence par %s", EN: "expected XML, JSON or PDF, found a content that starts with %s",
		RemedyFR: acceptedFR, RemedyEN: acceptedEN,
	}
	unknownXML = violation.Spec{
		Code: "unknown_format",
		FR:   "document XML inconnu : racine « %s », espace de noms « %s »", EN: "unknown XML document: root %q, namespace %q",
		RemedyFR: acceptedFR, RemedyEN: acceptedEN,
	}
	unknownSpace = violation.Spec{
		Code: "unknown_format",
		FR:   "document XML inconnu : racine « %s » dans l'espace de noms « %s » ; attendu : « %s »", EN: "unknown XML document: root %q in namespace %q; expected: %q",
		RemedyFR: "Déclarez sur la racine (xmlns) l'espace de noms attendu, à la lettre près.", RemedyEN: "Declare the expected namespace on the root (xmlns), to the letter.",
	}
	unknownJSON = violation.Spec{
		Code: "unknown_format",
		FR:   "document JSON inconnu (%[1]s) : ni membre « marches » (DECP), ni membre « listeFactures » (Chorus Pro), ni membre « kind » d'une nature connue (document canonique)", EN: "unknown JSON document (%[2]s): no member \"marches\" (DECP), no member \"listeFactures\" (Chorus Pro) and no member \"kind\" of a known kind (canonical document)",
		RemedyFR: acceptedFR, RemedyEN: acceptedEN,
	}
	contentTypeMismatch = violation.Spec{
		Code: "content_type_mismatch",
		FR:   "le type de contenu annoncé « %s » contredit le contenu, qui est du %s", EN: "the announced content type %q contradicts the content, which is %s",
		RemedyFR: "Corrigez l'en-tête content-type, ou envoyez le bon document.", RemedyEN: "Correct the header content-type, or send the right document.",
	}
	eventTypeMismatch = violation.Spec{
		Code: "event_type_mismatch",
		FR:   "le type d'événement « %s » annonce %s, le document est de nature %s", EN: "the event type %q announces %s, the document is of kind %s",
		RemedyFR: "Corrigez l'en-tête ce_type, ou envoyez le bon document.", RemedyEN: "Correct the header ce_type, or send the right document.",
	}
)
