package cii

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// Format implements [transformers.Writer].
func (Transformer) Format() transformers.Format { return transformers.CII }

// Writes implements [transformers.Writer].
func (Transformer) Writes() []transformers.Kind {
	return []transformers.Kind{transformers.Invoice, transformers.CreditNote}
}

// Write returns a canonical invoice or credit note as CII D22B, and the JSON pointers of the values that CII has no place
// for. It is the way back of [Transformer.Transform]: elements stand in the order of the CII schemas, and whatever is
// written reads as the same canonical document. It judges nothing: a faulty invoice is written as it is.
func (Transformer) Write(doc *document.Doc) (xml []byte, losses []string) {
	in := doc.Root()
	w := &writer{
		Output:   canonical.NewOutput(doc),
		currency: canonical.Of("currencyID", in.Get("currency")),
		vat:      canonical.Of("currencyID", vatCurrency(in)),
	}
	if in.Get("kind").Text() == string(kindOf(in.Get("typeCode").Text())) {
		w.Carried(in.Get("kind"))
	}
	xml = w.Document("rsm:CrossIndustryInvoice", []canonical.Attr{
		canonical.Fixed("xmlns:rsm", rsm), canonical.Fixed("xmlns:ram", ram), canonical.Fixed("xmlns:udt", udt), canonical.Fixed("xmlns:qdt", qdt),
	}, func() { w.invoice(in) })
	return xml, w.Losses()
}

// writer writes one document.
type writer struct {
	*canonical.Output
	currency, vat canonical.Attr // of totals of VAT, and of those in the VAT accounting currency
}

func (w *writer) invoice(in document.Value) {
	w.Around("rsm:ExchangedDocumentContext", func() { // BG-2
		process := in.Get("process")
		w.inside("ram:BusinessProcessSpecifiedDocumentContextParameter", "ram:ID", process.Get("businessProcess"))
		w.inside("ram:GuidelineSpecifiedDocumentContextParameter", "ram:ID", process.Get("specification"))
	})
	w.Around("rsm:ExchangedDocument", func() {
		w.Value("ram:ID", in.Get("number"))
		w.Value("ram:TypeCode", in.Get("typeCode"))
		w.date("ram:IssueDateTime", "udt:DateTimeString", in.Get("issueDate"))
		for note := range in.Get("notes").Children() { // BG-1
			w.note(note.Get("text"), note.Get("subjectCode"))
		}
	})
	w.Around("rsm:SupplyChainTradeTransaction", func() {
		for line := range in.Get("lines").Children() {
			w.line(line)
		}
		w.Around("ram:ApplicableHeaderTradeAgreement", func() { w.agreement(in) })
		w.Around("ram:ApplicableHeaderTradeDelivery", func() { w.delivery(in) })
		w.Around("ram:ApplicableHeaderTradeSettlement", func() { w.settlement(in) })
	})
}

// note writes a note of the invoice or of a line.
func (w *writer) note(text, subjectCode document.Value) {
	w.Group("ram:IncludedNote", func() {
		w.Value("ram:Content", text)
		w.Value("ram:SubjectCode", subjectCode)
	})
}

// inside writes a value in an element that holds nothing else.
func (w *writer) inside(group, name string, v document.Value, attrs ...canonical.Attr) {
	w.Group(group, func() { w.Value(name, v, attrs...) })
}

// date writes an ISO 8601 date in format 102 (CCYYMMDD, UNTDID 2379).
func (w *writer) date(group, name string, v document.Value) {
	text := v.Text()
	if len(text) == len("2026-11-24") {
		text = strings.ReplaceAll(text, "-", "")
	}
	w.Group(group, func() { w.Derived(name, v, text, canonical.Fixed("format", "102")) })
}

// identifier writes an object of id and scheme.
func (w *writer) identifier(name string, v document.Value) {
	w.Value(name, v.Get("id"), canonical.Of("schemeID", v.Get("scheme")))
}

// period writes BG-14 or BG-26.
func (w *writer) period(in document.Value) {
	w.Group("ram:BillingSpecifiedPeriod", func() {
		w.date("ram:StartDateTime", "udt:DateTimeString", in.Get("start"))
		w.date("ram:EndDateTime", "udt:DateTimeString", in.Get("end"))
	})
}

func (w *writer) agreement(in document.Value) {
	w.Value("ram:BuyerReference", in.Get("buyerReference"))
	w.tradeParty("ram:SellerTradeParty", in.Get("seller"))
	w.tradeParty("ram:BuyerTradeParty", in.Get("buyer"))
	w.tradeParty("ram:SalesAgentTradeParty", w.Extended(in.Get("sellerAgent")))
	w.tradeParty("ram:SellerTaxRepresentativeTradeParty", in.Get("taxRepresentative"))
	w.Group("ram:ApplicableTradeDeliveryTerms", func() {
		terms := w.Extended(in.Get("deliveryTerms"))
		w.Value("ram:DeliveryTypeCode", terms.Get("code"))
		w.inside("ram:RelevantTradeLocation", "ram:Name", terms.Get("location"))
	})
	w.inside("ram:SellerOrderReferencedDocument", "ram:IssuerAssignedID", in.Get("salesOrderReference"))
	w.inside("ram:BuyerOrderReferencedDocument", "ram:IssuerAssignedID", in.Get("purchaseOrderReference"))
	w.inside("ram:ContractReferencedDocument", "ram:IssuerAssignedID", in.Get("contractReference"))
	for supporting := range in.Get("supportingDocuments").Children() { // BG-24
		w.Group("ram:AdditionalReferencedDocument", func() {
			w.Value("ram:IssuerAssignedID", supporting.Get("reference"))
			w.Value("ram:URIID", supporting.Get("location"))
			w.Fixed("ram:TypeCode", typeSupporting)
			w.Value("ram:Name", supporting.Get("description"))
			attachment := supporting.Get("attachment")
			w.Value("ram:AttachmentBinaryObject", attachment.Get("content"),
				canonical.Of("mimeCode", attachment.Get("mimeCode")), canonical.Of("filename", attachment.Get("filename")))
		})
	}
	w.Group("ram:AdditionalReferencedDocument", func() {
		w.Value("ram:IssuerAssignedID", in.Get("tenderReference"))
		w.Fixed("ram:TypeCode", typeTender)
	})
	w.object(in.Get("invoicedObject"))
	for object := range w.Extended(in.Get("otherInvoicedObjects")).Children() {
		w.object(object)
	}
	w.tradeParty("ram:BuyerAgentTradeParty", w.Extended(in.Get("buyerAgent")))
	w.Group("ram:SpecifiedProcuringProject", func() {
		w.Value("ram:ID", in.Get("projectReference"))
		w.Fixed("ram:Name", "Project reference") // the schema demands a name, and the binding gives this one
	})
}

// object writes BT-18 or BT-128.
func (w *writer) object(in document.Value) {
	w.Group("ram:AdditionalReferencedDocument", func() {
		w.Value("ram:IssuerAssignedID", in.Get("id"))
		w.Fixed("ram:TypeCode", typeObject)
		w.Value("ram:ReferenceTypeCode", in.Get("scheme"))
	})
}

func (w *writer) delivery(in document.Value) {
	w.deliverTo(in.Get("delivery")) // BG-13
	w.inside("ram:DespatchAdviceReferencedDocument", "ram:IssuerAssignedID", in.Get("despatchAdviceReference"))
	w.inside("ram:ReceivingAdviceReferencedDocument", "ram:IssuerAssignedID", in.Get("receivingAdviceReference"))
}

// deliverTo writes the delivery of the invoice or of a line.
func (w *writer) deliverTo(in document.Value) {
	w.Group("ram:ShipToTradeParty", func() {
		w.partyIdentifier(in.Get("location"))
		w.Value("ram:Name", in.Get("partyName"))
		w.address(in.Get("address"))
	})
	w.Group("ram:ActualDeliverySupplyChainEvent", func() {
		w.date("ram:OccurrenceDateTime", "udt:DateTimeString", in.Get("date"))
	})
}
