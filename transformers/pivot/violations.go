package pivot

import "github.com/commande-publique/passerelle/internal/violation"

const (
	remedyFR = "Signalez ce pivot à Chorus Pro et demandez-en un nouveau ; la facture d'origine reste consultable sur le portail."
	remedyEN = "Report this pivot to Chorus Pro and ask for a new one; the original invoice can be seen on its portal."
)

var (
	repeatedElement = violation.Spec{
		Code: "repeated_element",
		FR:   "élément %s répété ; attendu : une seule occurrence dans %s", EN: "element %s is repeated; expected: a single occurrence in %s",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	noInvoice = violation.Spec{
		Code: "pivot_no_invoice",
		FR:   "pivot sans facture : aucun élément CPPFactures/CPPFacturePivotUnitaire", EN: "pivot without invoice: no element CPPFactures/CPPFacturePivotUnitaire",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	wrongCount = violation.Spec{
		Code: "pivot_count",
		FR:   "le pivot annonce %s facture(s) (Compteur) et en contient %d", EN: "the pivot announces %s invoice(s) (Compteur) and holds %d",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	tooMany = violation.Spec{
		Code: "pivot_invoices", Severity: violation.Warning,
		FR: "le fichier a %d factures ; un flux de Chorus Pro en a %d au plus", EN: "the file has %d invoices; a flow of Chorus Pro has %d at most",
		RemedyFR: "Découpez le fichier avant de le déposer de nouveau.", RemedyEN: "Split the file before depositing it again.",
	}
	duplicate = violation.Spec{
		Code: "pivot_duplicate_invoice",
		FR:   "la facture « %s » est déjà dans ce fichier (%s) : même année, même vendeur, même numéro", EN: "the invoice %q is in this file already (%s): same year, same seller, same number",
		RemedyFR: "Retirez l'une des deux du fichier, pour ne pas la payer deux fois ; si ce sont deux factures, signalez leur numéro au vendeur.",
		RemedyEN: "Remove one of the two from the file, so that it is not paid twice; if they are two invoices, tell the seller about their number.",
	}
	notBase64 = violation.Spec{
		Code: "pivot_base64",
		FR:   "le contenu de la pièce jointe n'est pas en base64", EN: "the content of the attachment is not in base64",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	attachmentSize = violation.Spec{
		Code: "pivot_attachment_size",
		FR:   "pièce jointe de %d octets ; au plus %d", EN: "attachment of %d bytes; at most %d",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	attachmentsSize = violation.Spec{
		Code: "pivot_attachment_size",
		FR:   "les pièces jointes de la facture dépassent ensemble %d octets", EN: "the attachments of the invoice have more than %d bytes together",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	attachmentName = violation.Spec{
		Code: "pivot_attachment_name", Severity: violation.Warning,
		FR: "nom de pièce jointe trop long : « %s » ; au plus %d caractères", EN: "the name of an attachment is too long: %q; at most %d characters",
		RemedyFR: "Raccourcissez le nom : Chorus Pro n'admet pas plus.", RemedyEN: "Shorten the name: Chorus Pro allows no more.",
	}
	severalInvoices = violation.Spec{
		Code: "pivot_several_invoices",
		FR:   "plusieurs pièces jointes sont données comme la facture elle-même (CategoriePJ) ; attendu : une seule", EN: "several attachments are said to be the invoice itself (CategoriePJ); expected: one",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	archiveFiles = violation.Spec{
		Code: "pivot_archive",
		FR:   "le zip donné comme la facture elle-même contient %d fichier(s) ; attendu : un seul", EN: "the zip that is said to be the invoice itself holds %d file(s); expected: one",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	archiveSize = violation.Spec{
		Code: "pivot_attachment_size",
		FR:   "le fichier dans le zip dépasse %d octets, la place qui reste aux factures de ce pivot", EN: "the file in the zip has more than %d bytes, the room that is left for the invoices of this pivot",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	otherFormat = violation.Spec{
		Code: "pivot_invoice_format",
		FR:   "la pièce jointe est annoncée au format %s (CategoriePJ), son contenu est au format %s", EN: "the attachment is announced in the format %s (CategoriePJ), its content is in the format %s",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	contradiction = violation.Spec{
		Code: "pivot_contradiction",
		FR:   "le pivot contredit la facture qu'il contient (%s) : « %s » dans le pivot, « %s » dans la facture", EN: "the pivot contradicts the invoice inside (%s): %q in the pivot, %q in the invoice",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
)
