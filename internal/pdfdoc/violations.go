package pdfdoc

import "github.com/commande-publique/passerelle/internal/violation"

// The texts take the offset in the file first, then what is named below.
const (
	remedyFR = "Produisez la facture en PDF/A-3 (Factur-X) avec un logiciel de facturation à jour, sans repasser par une impression ni un outil de compression, puis renvoyez-la."
	remedyEN = "Make the invoice as PDF/A-3 (Factur-X) with up-to-date invoicing software, without printing or compressing it afterwards, and send it again."
)

var (
	// malformed takes what was expected, in French and in English.
	malformed = violation.Spec{
		Code: "pdf_malformed",
		FR:   "PDF illisible à l'octet %[1]d ; attendu : %[2]s", EN: "unreadable PDF at byte %[1]d; expected: %[3]s",
		RemedyFR: "Renvoyez le fichier entier s'il a été coupé en route. S'il est ainsi à l'origine : " + remedyFR, RemedyEN: "Send the whole file again if it was cut on the way. If it is the same at its origin: " + remedyEN,
	}
	encrypted = violation.Spec{
		Code:     "pdf_encrypted",
		FR:       "PDF chiffré ou protégé (Encrypt, octet %[1]d) : son contenu ne peut pas être lu",
		EN:       "encrypted or protected PDF (Encrypt, byte %[1]d): its content cannot be read",
		RemedyFR: "Renvoyez la facture sans mot de passe ni restriction : PDF/A-3, donc Factur-X, n'en admet pas.",
		RemedyEN: "Send the invoice without password or restriction: PDF/A-3, and so Factur-X, allows none.",
	}
	// tooLarge takes the things counted, in French and in English, and the bound.
	tooLarge = violation.Spec{
		Code: "pdf_limits",
		FR:   "PDF démesuré à l'octet %[1]d : plus de %[4]d %[2]s", EN: "oversized PDF at byte %[1]d: more than %[4]d %[3]s",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
	// inflatedTooFar takes the bound.
	inflatedTooFar = violation.Spec{
		Code:     "pdf_stream_size",
		FR:       "le flux à l'octet %[1]d du PDF contient plus de %[2]d octets une fois décompressé",
		EN:       "the stream at byte %[1]d of the PDF holds more than %[2]d bytes once inflated",
		RemedyFR: "Vérifiez le fichier : une facture n'a pas cette taille. Sinon, envoyez le XML (CII) seul, ou demandez une limite plus haute (limits.document).",
		RemedyEN: "Check the file: no invoice is that large. Otherwise send the XML (CII) alone, or ask for a higher limit (limits.document).",
	}
	// unknownFilter takes the filter, in French and in English.
	unknownFilter = violation.Spec{
		Code:     "pdf_filter",
		FR:       "le flux à l'octet %[1]d du PDF est codé autrement qu'en FlateDecode : %[2]s",
		EN:       "the stream at byte %[1]d of the PDF is encoded otherwise than by FlateDecode: %[3]s",
		RemedyFR: remedyFR, RemedyEN: remedyEN,
	}
)
