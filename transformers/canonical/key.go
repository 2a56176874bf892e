package canonical

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
)

// InvoiceKey returns the order key of a canonical invoice: the buyer, a slash, and what the invoice is for: the
// contract (BT-12), else the order or engagement (BT-13), else its own number (BT-1). Invoices of one contract so
// stay in order.
//
// The buyer is its SIRET where one is found among BT-46 and BT-47 (scheme 0009, or 14 digits under scheme 0002, 1 or
// none, as the historic Chorus Pro channel writes it), else the first identifier there is, else the VAT identifier
// (BT-48), else the name (BT-44).
func InvoiceKey(doc *document.Doc) string {
	root := doc.Root()
	buyer := root.Get("buyer")
	return firstOf(
		siret(buyer),
		buyer.Get("identifiers").At(0).Get("id").Text(),
		buyer.Get("legalRegistration").Get("id").Text(),
		buyer.Get("vatIdentifier").Text(),
		buyer.Get("name").Text(),
	) + "/" + firstOf(
		root.Get("contractReference").Text(),
		root.Get("purchaseOrderReference").Text(),
		root.Get("number").Text(),
	)
}

// DUMEKey returns the order key of a canonical DUME: the buyer, a slash, and the contract folder (ContractFolderID), which
// a request shares with its responses. The buyer is its SIRET where one is among its identifiers, else its first
// identifier, else its name.
func DUMEKey(doc *document.Doc) string {
	buyer := doc.Root().Get("buyer")
	identifiers := buyer.Get("identifiers")
	name := firstOf(identifiers.At(0).Get("id").Text(), buyer.Get("name").Text())
	for identifier := range identifiers.Children() {
		// The schemes that requests name for a SIRET vary, so the form decides.
		if id := identifier.Get("id").Text(); hasSIRETForm(id) {
			name = id
			break
		}
	}
	return name + "/" + doc.Root().Get("contractFolderId").Text()
}

// InvoiceSubject names a canonical invoice among all: the SIREN of the seller, the year of issue (BT-2) and the number (BT-1),
// with slashes between them. Chorus Pro knows an invoice by these three. Its statuses have the same subject: see
// [StatusSubject].
//
// The SIREN is that of the legal registration (BT-30) or of an identifier (BT-29): 9 digits under scheme 0002, or the first 9
// of a SIRET; a seller without one has its first identifier, VAT identifier (BT-31) or name instead.
func InvoiceSubject(doc *document.Doc) string {
	root := doc.Root()
	return subject(root.Get("seller"), root.Get("issueDate"), root.Get("number"))
}

// StatusSubject names the invoice that a canonical status is about, as [InvoiceSubject] does from the invoice itself. It is the
// order key of the status too: those of one invoice stay in order.
func StatusSubject(doc *document.Doc) string {
	invoice := doc.Root().Get("invoice")
	return subject(invoice.Get("seller"), invoice.Get("issueDate"), invoice.Get("number"))
}

func subject(seller, issued, number document.Value) string {
	year, _, _ := strings.Cut(issued.Text(), "-")
	return firstOf(
		siren(seller),
		seller.Get("legalRegistration").Get("id").Text(),
		seller.Get("identifiers").At(0).Get("id").Text(),
		seller.Get("vatIdentifier").Text(),
		seller.Get("name").Text(),
	) + "/" + year + "/" + number.Text()
}

// siren returns the SIREN of a party, empty when none of its identifiers holds one.
func siren(party document.Value) string {
	if id := sirenIn(party.Get("legalRegistration")); id != "" {
		return id
	}
	for identifier := range party.Get("identifiers").Children() {
		if id := sirenIn(identifier); id != "" {
			return id
		}
	}
	return ""
}

// sirenIn returns the SIREN that an identifier is or begins with, by its scheme and form.
func sirenIn(identifier document.Value) string {
	id := identifier.Get("id").Text()
	switch identifier.Get("scheme").Text() {
	case "0002", "0009", "1", "":
		if (len(id) == 9 || len(id) == 14) && strings.Trim(id, "0123456789") == "" {
			return id[:9]
		}
	}
	return ""
}

func siret(party document.Value) string {
	for identifier := range party.Get("identifiers").Children() {
		if isSIRET(identifier) {
			return identifier.Get("id").Text()
		}
	}
	if registration := party.Get("legalRegistration"); isSIRET(registration) {
		return registration.Get("id").Text()
	}
	return ""
}

// isSIRET reports whether an identifier is a SIRET: by its ICD code 0009, or by its 14 digits where the scheme says
// no more than "a French company".
func isSIRET(identifier document.Value) bool {
	id := identifier.Get("id").Text()
	switch identifier.Get("scheme").Text() {
	case "0009":
		return id != ""
	case "0002", "1", "":
		return hasSIRETForm(id)
	default:
		return false
	}
}

func hasSIRETForm(id string) bool { return len(id) == 14 && strings.Trim(id, "0123456789") == "" }

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
