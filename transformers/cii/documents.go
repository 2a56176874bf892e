package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// The types of referenced documents (UNTDID 1001) that the binding gives a term.
const (
	typeTender     = "50"  // validated priced tender: BT-17
	typeObject     = "130" // invoicing data sheet: BT-18, BT-128
	typeSupporting = "916" // related document: BG-24
)

// referencedDocuments writes BT-17, BT-18 and BG-24, which CII tells apart by the type of the reference. A reference
// of no type is a supporting document when it attaches or links one; what it is otherwise cannot be known, so it is
// not carried.
func (m *mapping) referencedDocuments(out document.Value, agreement xmldoc.Element) {
	supporting := out.Array("supportingDocuments", 0)
	for in := range m.each(agreement, ram, "AdditionalReferencedDocument") {
		code := m.one(in, ram, "TypeCode", "")
		switch code.Text() {
		case typeTender:
			m.w.Read(code)
			m.once(out, "tenderReference", m.one(in, ram, "IssuerAssignedID", "BT-17"), "BT-17")
		case typeObject:
			m.w.Read(code)
			m.object(out, "invoicedObject", "otherInvoicedObjects", in, "BT-18")
		case typeSupporting:
			m.w.Read(code)
			m.supportingDocument(supporting.Item(in.Ref()), in)
		case "":
			if in.Child(ram, "AttachmentBinaryObject").Exists() || in.Child(ram, "URIID").Exists() {
				m.supportingDocument(supporting.Item(in.Ref()), in)
			}
		}
	}
}

// supportingDocument writes one BG-24.
func (m *mapping) supportingDocument(out document.Value, in xmldoc.Element) {
	m.text(out, "reference", in, "IssuerAssignedID", "BT-122")
	m.text(out, "description", in, "Name", "BT-123")
	m.text(out, "location", in, "URIID", "BT-124")
	file := m.one(in, ram, "AttachmentBinaryObject", "BT-125")
	attachment := out.Object("attachment", file.Ref())
	m.w.Text(attachment, "content", file)
	m.w.Attr(attachment, "mimeCode", file, "mimeCode")
	m.w.Attr(attachment, "filename", file, "filename")
}

// object writes the invoiced object of the invoice (BT-18) or of a line (BT-128), once, and in the French extended profile
// the others.
func (m *mapping) object(out document.Value, name, others string, in xmldoc.Element, term string) {
	first := out.Get(name)
	if first.Exists() && !m.extended {
		m.report(canonical.RepeatedElement, in, first, term, in.Name().Local, in.Parent().Name().Local)
		return
	}
	id, scheme := m.one(in, ram, "IssuerAssignedID", term), m.one(in, ram, "ReferenceTypeCode", term+"-1")
	if id.Text() == "" {
		return
	}
	var object document.Value
	if first.Exists() {
		object = out.Array(others, in.Ref()).Item(in.Ref())
	} else {
		object = out.Object(name, in.Ref())
	}
	m.w.Text(object, "id", id)
	m.w.Text(object, "scheme", scheme)
}
