package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// objectCode is the document type (UNTDID 1001, invoicing data sheet) under which the binding writes an invoiced object
// identifier as a document reference.
const objectCode = "130"

// references maps the references to other documents (BT-11 to BT-18), BG-3 and BG-24.
func (m *mapper) references(out document.Value, e xmldoc.Element, names documentNames) {
	m.text(out, "contractReference", e, "cac:ContractDocumentReference/cbc:ID", "BT-12")
	m.text(out, "purchaseOrderReference", e, "cac:OrderReference/cbc:ID", "BT-13")
	m.text(out, "salesOrderReference", e, "cac:OrderReference/cbc:SalesOrderID", "BT-14")
	m.text(out, "receivingAdviceReference", e, "cac:ReceiptDocumentReference/cbc:ID", "BT-15")
	m.text(out, "despatchAdviceReference", e, "cac:DespatchDocumentReference/cbc:ID", "BT-16")
	m.text(out, "tenderReference", e, "cac:OriginatorDocumentReference/cbc:ID", "BT-17")
	m.precedingInvoices(out, e)
	m.additionalDocuments(out, e, names)
}

// BG-3 Preceding invoice reference
func (m *mapper) precedingInvoices(out document.Value, e xmldoc.Element) {
	for billing := range e.All(aggregateNS, "BillingReference") {
		item := out.Array("precedingInvoices", billing.Ref()).Item(billing.Ref())
		m.precedingInvoice(item, billing, precedingTerms{"BT-25", "BT-26", "EXT-FR-FE-02"})
	}
}

// precedingTerms are the terms of a reference to a preceding invoice, of the document or of a line.
type precedingTerms struct{ number, issueDate, typeCode string }

func (m *mapper) precedingInvoice(out document.Value, billing xmldoc.Element, terms precedingTerms) {
	m.text(out, "number", billing, "cac:InvoiceDocumentReference/cbc:ID", terms.number)
	m.date(out, "issueDate", billing, "cac:InvoiceDocumentReference/cbc:IssueDate", terms.issueDate)
	if m.extended {
		m.text(out, "typeCode", billing, "cac:InvoiceDocumentReference/cbc:DocumentTypeCode", terms.typeCode)
	}
}

// additionalDocuments sorts the additional document references by their type code into the invoiced object (BT-18),
// the project of a credit note (BT-11) and supporting documents (BG-24).
func (m *mapper) additionalDocuments(out document.Value, e xmldoc.Element, names documentNames) {
	project := m.one(out, "projectReference", e, "cac:ProjectReference/cbc:ID", "BT-11")
	var object xmldoc.Element
	for reference := range e.All(aggregateNS, "AdditionalDocumentReference") {
		code := reference.Child(basicNS, "DocumentTypeCode")
		switch {
		case code.Text() == objectCode:
			m.Read(code)
			each(reference, "cbc:ID", func(id xmldoc.Element) bool {
				return m.object(&object, id, out, "invoicedObject", "otherInvoicedObjects", "BT-18")
			})
		case code.Text() == names.projectCode && code.Text() != "":
			m.Read(code)
			each(reference, "cbc:ID", func(id xmldoc.Element) bool {
				return m.single(&project, id, out, "projectReference", "BT-11")
			})
		default:
			m.supportingDocument(out.Array("supportingDocuments", reference.Ref()).Item(reference.Ref()), reference)
		}
	}
	m.Text(out, "projectReference", project)
	m.Identifier(out, "invoicedObject", object, "schemeID")
}

// object takes an identifier of an invoiced object: the first, or one of the others that the French extended profile has.
func (m *mapper) object(first *xmldoc.Element, found xmldoc.Element, out document.Value, name, others, term string) bool {
	if !m.extended || !first.Exists() {
		return m.single(first, found, out, name, term)
	}
	m.IdentifierItem(out.Array(others, found.Ref()), found, "schemeID")
	return true
}

// BG-24 Additional supporting document
func (m *mapper) supportingDocument(out document.Value, e xmldoc.Element) {
	m.text(out, "reference", e, "cbc:ID", "BT-122")
	m.text(out, "description", e, "cbc:DocumentDescription", "BT-123")
	m.text(out, "location", e, "cac:Attachment/cac:ExternalReference/cbc:URI", "BT-124")
	attached := m.one(out, "attachment", e, "cac:Attachment/cbc:EmbeddedDocumentBinaryObject", "BT-125")
	if attached.Exists() {
		attachment := out.Object("attachment", attached.Ref())
		m.Text(attachment, "content", attached)
		m.Attr(attachment, "mimeCode", attached, "mimeCode") // BT-125-1
		m.Attr(attachment, "filename", attached, "filename") // BT-125-2
	}
}
