// Package ubl reads OASIS UBL 2.1 invoices and credit notes into the canonical invoice, after the UBL syntax binding of
// EN 16931 (CEN/TS 16931-3-2).
//
// The mapping is written top to bottom in the order of the business groups, a file for each part of the model, so that
// it can be read beside the standard. The package must not know schemas or rules: it neither requires a term nor judges
// a value. It refuses only what the canonical form cannot hold without loss or guesswork: a term that occurs twice, an
// amount in a currency of its own, a charge indicator that says neither, elements of another vocabulary.
package ubl

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// Namespaces of UBL 2 (OASIS UBL 2.1, section 3.1; 2.0 to 2.4 share them).
const (
	invoiceNS    = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
	creditNoteNS = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
	basicNS      = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
	aggregateNS  = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
	extensionNS  = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
)

// anyUBL are the beginnings of the namespaces of every UBL version: 1.0 and later, and the drafts before.
var anyUBL = [...]string{"urn:oasis:names:specification:ubl:", "urn:oasis:names:tc:ubl:"}

// Transformer implements [transformers.Transformer] for UBL. Its zero value is ready, and any number of goroutines may
// use it.
type Transformer struct{}

// Recognise takes invoices and credit notes of UBL 2; the version is cbc:UBLVersionID. It refuses, with its own code,
// a root Invoice or CreditNote in any other namespace (ubl_namespace) and a UBL document of another type
// (ubl_document_type). The qualification documents of UBL are left to the ESPD transformer.
func (Transformer) Recognise(c transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if c.XML == nil {
		return transformers.Identity{}, nil, false
	}
	root := c.XML.Root()
	name := root.Name()
	id := transformers.Identity{
		Format: transformers.UBL,
		// A version is a word of labels and receipts, so a sender can't make it as long as it likes.
		Version: violation.Excerpt(root.Child(basicNS, "UBLVersionID").Text()),
	}
	switch name.Local {
	case "Invoice":
		id.Kind = transformers.Invoice
		return id, wrongRootNamespace(root, invoiceNS), true
	case "CreditNote":
		id.Kind = transformers.CreditNote
		return id, wrongRootNamespace(root, creditNoteNS), true
	}
	if !isUBL(name.Space) || strings.HasPrefix(name.Local, "QualificationApplication") {
		return transformers.Identity{}, nil, false
	}
	v := otherDocumentType.New(place(root), violation.Excerpt(name.Local))
	return id, &v, true
}

func wrongRootNamespace(root xmldoc.Element, want string) *violation.Violation {
	name := root.Name()
	if name.Space == want {
		return nil
	}
	v := wrongNamespace.New(place(root), violation.Excerpt(name.Local), violation.ExcerptEnd(name.Space), want)
	return &v
}

func isUBL(space string) bool {
	for _, prefix := range anyUBL {
		if strings.HasPrefix(space, prefix) {
			return true
		}
	}
	return false
}

// Transform returns one canonical invoice. With fatal violations the invoice is still returned, as far as it could be
// read, for explanations and for the order key of the dead letter.
func (Transformer) Transform(c transformers.Content, id transformers.Identity) (transformers.Result, []violation.Violation) {
	e := c.XML.Root()
	m := &mapper{
		Writer:      canonical.NewWriter(c.XML),
		currency:    e.Child(basicNS, "DocumentCurrencyCode").Text(),
		vatCurrency: e.Child(basicNS, "TaxCurrencyCode").Text(),
		invoice:     e.Child(basicNS, "ID").Text(),
		extended:    canonical.IsExtended(e.Child(basicNS, "CustomizationID").Text()),
		counts:      make(map[string]int),
	}
	m.checkVocabulary(e)

	kind, names := id.Kind, invoiceNames
	if kind == transformers.CreditNote {
		names = creditNoteNames
	}
	root := m.Root()
	root.AddString("kind", string(kind), e.Ref())
	m.Read(e.Child(basicNS, "UBLVersionID")) // carried as the version of the identity
	m.header(root, e, names)
	m.references(root, e, names)
	m.parties(root, e)
	m.delivery(root, e)
	if m.extended {
		m.exchangeRate(root, e)
	}
	m.payment(root, e)
	m.allowancesAndCharges(root, e, documentAllowance, documentCharge)
	m.totals(root, e)
	m.lines(root, e, names)

	doc := m.Doc()
	key := canonical.InvoiceKey(doc)
	violation.Sort(m.violations)
	return transformers.Result{
		Parts:   []transformers.Part{{Kind: kind, Doc: doc, Key: key}},
		Key:     key,
		Ignored: m.Ignored(),
	}, m.violations
}

// documentNames are the names in which an invoice and a credit note differ.
type documentNames struct {
	typeCode, line, quantity string
	// dueDate is the path of BT-9. projectCode is the cbc:DocumentTypeCode under which an additional document
	// reference is the project reference (BT-11); empty where cac:ProjectReference exists for it.
	dueDate, projectCode string
}

var (
	invoiceNames = documentNames{
		typeCode: "cbc:InvoiceTypeCode", line: "cac:InvoiceLine", quantity: "cbc:InvoicedQuantity",
		dueDate: "cbc:DueDate",
	}
	creditNoteNames = documentNames{
		typeCode: "cbc:CreditNoteTypeCode", line: "cac:CreditNoteLine", quantity: "cbc:CreditedQuantity",
		dueDate: "cac:PaymentMeans/cbc:PaymentDueDate", projectCode: "50",
	}
)
