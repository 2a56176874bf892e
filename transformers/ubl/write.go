package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// Format implements [transformers.Writer].
func (Transformer) Format() transformers.Format { return transformers.UBL }

// Writes implements [transformers.Writer].
func (Transformer) Writes() []transformers.Kind {
	return []transformers.Kind{transformers.Invoice, transformers.CreditNote}
}

// Write returns a canonical invoice or credit note as UBL 2.1, and the JSON pointers of the values that UBL has no place
// for. It is the way back of [Transformer.Transform]: elements stand in the order of the UBL schemas, and whatever is
// written reads as the same canonical document. It judges nothing: a faulty invoice is written as it is.
func (Transformer) Write(doc *document.Doc) (xml []byte, losses []string) {
	in := doc.Root()
	w := &writer{
		Output:     canonical.NewOutput(doc),
		creditNote: in.Get("kind").Text() == string(transformers.CreditNote),
		currency:   canonical.Of("currencyID", in.Get("currency")),
		vat:        canonical.Of("currencyID", in.Get("vatCurrency")),
		number:     in.Get("number"),
	}
	root, space := "Invoice", invoiceNS
	if w.creditNote {
		root, space = "CreditNote", creditNoteNS
	}
	xml = w.Document(root, []canonical.Attr{
		canonical.Fixed("xmlns", space), canonical.Fixed("xmlns:cac", aggregateNS), canonical.Fixed("xmlns:cbc", basicNS),
	}, func() { w.document(in) })
	return xml, w.Losses()
}

// writer writes one document.
type writer struct {
	*canonical.Output
	creditNote    bool
	currency, vat canonical.Attr // of amounts, and of those in the VAT accounting currency
	number        document.Value // BT-1
}

func (w *writer) amount(name string, v document.Value) { w.Value(name, v, w.currency) }

// identifier writes an object of id and scheme.
func (w *writer) identifier(name string, v document.Value) {
	w.Value(name, v.Get("id"), canonical.Of("schemeID", v.Get("scheme")))
}

func (w *writer) document(in document.Value) {
	w.Carried(in.Get("kind"))
	process := in.Get("process") // BG-2
	w.Value("cbc:CustomizationID", process.Get("specification"))
	w.Value("cbc:ProfileID", process.Get("businessProcess"))
	w.Value("cbc:ID", in.Get("number"))
	w.Value("cbc:IssueDate", in.Get("issueDate"))
	if w.creditNote {
		w.Value("cbc:TaxPointDate", in.Get("vatPointDate"))
		w.Value("cbc:CreditNoteTypeCode", in.Get("typeCode"))
		w.notes(in.Get("notes"))
	} else {
		w.Value("cbc:DueDate", in.Get("dueDate"))
		w.Value("cbc:InvoiceTypeCode", in.Get("typeCode"))
		w.notes(in.Get("notes"))
		w.Value("cbc:TaxPointDate", in.Get("vatPointDate"))
	}
	w.Value("cbc:DocumentCurrencyCode", in.Get("currency"))
	w.Value("cbc:TaxCurrencyCode", in.Get("vatCurrency"))
	w.Value("cbc:AccountingCost", in.Get("buyerAccountingReference"))
	w.Value("cbc:BuyerReference", in.Get("buyerReference"))
	w.period(in.Get("invoicingPeriod"), in.Get("vatPointDateCode"))
	w.references(in)
	w.parties(in)
	w.delivery(in.Get("delivery"))
	w.deliveryTerms(w.Extended(in.Get("deliveryTerms")))
	w.payment(in)
	w.Group("cac:PaymentTerms", func() { w.Value("cbc:Note", in.Get("paymentTerms")) })
	if w.creditNote {
		w.exchangeRate(w.Extended(in.Get("vatExchangeRate")))
		w.documentAllowances(in)
	} else {
		w.documentAllowances(in)
		w.exchangeRate(w.Extended(in.Get("vatExchangeRate")))
	}
	w.totals(in)
	for line := range in.Get("lines").Children() {
		w.line(line)
	}
}

// notes writes BG-1, the subject code before the text. A code that would be read as text there has no place.
func (w *writer) notes(in document.Value) {
	for note := range in.Children() {
		w.note(note.Get("subjectCode"), note.Get("text"))
	}
}

// note writes a note of the document or of a line.
func (w *writer) note(code, text document.Value) {
	prefix := "#" + code.Text() + "#"
	switch read, _ := splitNote(prefix); {
	case read == "":
		w.Value("cbc:Note", text)
	case text.Exists():
		w.Derived("cbc:Note", text, prefix+text.Text())
		w.Carried(code)
	default:
		w.Derived("cbc:Note", code, prefix)
	}
}

// period writes BG-14 with BT-8, or BG-26.
func (w *writer) period(in, vatPointDateCode document.Value) {
	w.Group("cac:InvoicePeriod", func() {
		w.Value("cbc:StartDate", in.Get("start"))
		w.Value("cbc:EndDate", in.Get("end"))
		w.Value("cbc:DescriptionCode", vatPointDateCode)
	})
}

// references writes BT-11 to BT-18, BG-3 and BG-24.
func (w *writer) references(in document.Value) {
	w.order(in)
	for preceding := range in.Get("precedingInvoices").Children() { // BG-3
		w.Group("cac:BillingReference", func() { w.precedingInvoice(preceding) })
	}
	reference := func(name, member string) {
		w.Group(name, func() { w.Value("cbc:ID", in.Get(member)) })
	}
	reference("cac:DespatchDocumentReference", "despatchAdviceReference")
	reference("cac:ReceiptDocumentReference", "receivingAdviceReference")
	if w.creditNote {
		reference("cac:ContractDocumentReference", "contractReference")
		w.additionalDocuments(in)
		w.typedReference(in.Get("projectReference"), creditNoteNames.projectCode)
		reference("cac:OriginatorDocumentReference", "tenderReference")
	} else {
		reference("cac:OriginatorDocumentReference", "tenderReference")
		reference("cac:ContractDocumentReference", "contractReference")
		w.additionalDocuments(in)
		reference("cac:ProjectReference", "projectReference")
	}
}

// order writes the orders of the invoice or of a line. UBL has no sales order without a purchase order.
func (w *writer) order(in document.Value) {
	if order := in.Get("purchaseOrderReference"); order.Exists() {
		w.Group("cac:OrderReference", func() {
			w.Value("cbc:ID", order)
			w.Value("cbc:SalesOrderID", in.Get("salesOrderReference"))
		})
	}
}

// precedingInvoice writes what refers to a preceding invoice, of the document or of a line.
func (w *writer) precedingInvoice(in document.Value) {
	w.Group("cac:InvoiceDocumentReference", func() {
		w.Value("cbc:ID", in.Get("number"))
		w.Value("cbc:IssueDate", in.Get("issueDate"))
		w.Value("cbc:DocumentTypeCode", w.Extended(in.Get("typeCode")))
	})
}

func (w *writer) additionalDocuments(in document.Value) {
	object := in.Get("invoicedObject")
	w.typedReference(object.Get("id"), objectCode, canonical.Of("schemeID", object.Get("scheme")))
	for object := range w.Extended(in.Get("otherInvoicedObjects")).Children() {
		w.typedReference(object.Get("id"), objectCode, canonical.Of("schemeID", object.Get("scheme")))
	}
	for document := range in.Get("supportingDocuments").Children() { // BG-24
		w.Group("cac:AdditionalDocumentReference", func() {
			w.Value("cbc:ID", document.Get("reference"))
			w.Value("cbc:DocumentDescription", document.Get("description"))
			w.Group("cac:Attachment", func() {
				attachment := document.Get("attachment")
				w.Value("cbc:EmbeddedDocumentBinaryObject", attachment.Get("content"),
					canonical.Of("mimeCode", attachment.Get("mimeCode")), canonical.Of("filename", attachment.Get("filename")))
				w.Group("cac:ExternalReference", func() { w.Value("cbc:URI", document.Get("location")) })
			})
		})
	}
}

// typedReference writes an identifier as a document reference of a type.
func (w *writer) typedReference(id document.Value, code string, attrs ...canonical.Attr) {
	w.Group("cac:AdditionalDocumentReference", func() {
		w.Value("cbc:ID", id, attrs...)
		w.Fixed("cbc:DocumentTypeCode", code)
	})
}
