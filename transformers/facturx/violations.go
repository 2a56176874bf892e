package facturx

import "github.com/commande-publique/passerelle/internal/violation"

const (
	remedyFR = "Produisez la facture avec un logiciel qui fait du Factur-X : le PDF porte un seul fichier factur-x.xml. Ou envoyez le XML (CII) seul."
	remedyEN = "Make the invoice with software that writes Factur-X: the PDF carries one file factur-x.xml. Or send the XML (CII) alone."

	metadataFR = "Corrigez la description Factur-X (fx:) des métadonnées XMP du PDF dans le logiciel de facturation."
	metadataEN = "Correct the Factur-X description (fx:) in the XMP metadata of the PDF in the invoicing software."
)

// What leaves open which invoice the PDF carries, or how it is to be judged.
var (
	noAttachment = violation.Spec{
		Code: "facturx_no_attachment",
		FR:   "ce PDF ne porte aucun fichier joint ; attendu : la facture factur-x.xml (Factur-X)", EN: "this PDF carries no attachment; expected: the invoice factur-x.xml (Factur-X)",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	otherName = violation.Spec{
		Code: "facturx_attachment_name",
		FR:   "aucun fichier joint à ce PDF n'est nommé factur-x.xml, xrechnung.xml ou zugferd-invoice.xml ; trouvé : %s",
		EN:   "no attachment of this PDF is named factur-x.xml, xrechnung.xml or zugferd-invoice.xml; found: %s", RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	severalInvoices = violation.Spec{
		Code: "facturx_several_invoices",
		FR:   "plusieurs factures sont jointes à ce PDF : %s ; attendu : une seule", EN: "several invoices are attached to this PDF: %s; expected: one",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	otherFile = violation.Spec{
		Code:     "facturx_several_invoices",
		FR:       "les métadonnées du PDF désignent comme facture le fichier joint « %s », et non %s",
		EN:       "the metadata of the PDF name the attachment %q as the invoice, and not %s",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	otherRoot = violation.Spec{
		Code: "facturx_not_cii",
		FR:   "le fichier joint au PDF n'est pas une facture CII : racine « %s » ; attendu : CrossIndustryInvoice", EN: "the attachment of the PDF is no CII invoice: root %q; expected: CrossIndustryInvoice",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	profileMismatch = violation.Spec{
		Code:     "facturx_profile_mismatch",
		FR:       "les métadonnées du PDF annoncent le profil « %s », la facture (BT-24) suit %s",
		EN:       "the metadata of the PDF announce the profile %q, the invoice (BT-24) follows %s",
		RemedyFR: "Faites dire le même profil à fx:ConformanceLevel (XMP) et à BT-24 (GuidelineSpecifiedDocumentContextParameter), puis renvoyez la facture.",
		RemedyEN: "Make fx:ConformanceLevel (XMP) and BT-24 (GuidelineSpecifiedDocumentContextParameter) state the same profile, then send the invoice again.",
	}
	documentType = violation.Spec{
		Code: "facturx_document_type",
		FR:   "les métadonnées du PDF annoncent un document « %s » ; attendu : INVOICE", EN: "the metadata of the PDF announce a document %q; expected: INVOICE",
		RemedyFR: metadataFR, RemedyEN: metadataEN,
	}
)

// What is badly written and leaves nothing open.
var (
	partial = violation.Spec{
		Code: "facturx_partial", Severity: violation.Warning,
		FR:       "profil %s : le XML n'est qu'une partie de la facture, sans lignes ; la facture est le PDF, qui n'est pas lu",
		EN:       "profile %s: the XML is a part of the invoice only, without lines; the invoice is the PDF, which is not read",
		RemedyFR: "Pour une facture complète et contrôlée, émettez-la au profil EN 16931 ; sinon consultez le PDF.",
		RemedyEN: "For an invoice that is complete and checked, issue it in the profile EN 16931; else consult the PDF.",
	}
	nameCase = violation.Spec{
		Code: "facturx_attachment_name", Severity: violation.Warning,
		FR: "le fichier joint au PDF est nommé %s ; attendu : %s", EN: "the attachment of the PDF is named %s; expected: %s",
		RemedyFR: "Nommez le fichier joint exactement ainsi : d'autres logiciels ne le trouveront pas sinon.", RemedyEN: "Name the attachment exactly so: other software does not find it otherwise.",
	}
	relationship = violation.Spec{
		Code: "facturx_relationship", Severity: violation.Warning,
		FR: "AFRelationship du fichier joint au PDF : « %s » ; attendu pour le profil %s : %s", EN: "AFRelationship of the attachment of the PDF: %q; expected for the profile %s: %s",
		RemedyFR: "Corrigez AFRelationship dans le logiciel de facturation.", RemedyEN: "Correct AFRelationship in the invoicing software.",
	}
	profileUnknown = violation.Spec{
		Code: "facturx_profile_unknown", Severity: violation.Warning,
		FR: "BT-24 « %s » n'est pas un profil de Factur-X : les métadonnées du PDF ne peuvent lui être comparées", EN: "BT-24 %q is no profile of Factur-X: the metadata of the PDF cannot be compared with it",
		RemedyFR: "Indiquez dans BT-24 l'identifiant du profil, par exemple urn:cen.eu:en16931:2017.", RemedyEN: "State the identifier of the profile in BT-24, for example urn:cen.eu:en16931:2017.",
	}
	// metadata takes what was found, in French and in English.
	metadata = violation.Spec{
		Code: "facturx_metadata", Severity: violation.Warning,
		FR: "métadonnées XMP du PDF : %[1]s", EN: "XMP metadata of the PDF: %[2]s", RemedyFR: metadataFR, RemedyEN: metadataEN,
	}
)
