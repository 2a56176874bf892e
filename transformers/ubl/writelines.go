package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// line writes BG-25.
func (w *writer) line(in document.Value) {
	name, quantity := "cac:InvoiceLine", "cbc:InvoicedQuantity"
	if w.creditNote {
		name, quantity = "cac:CreditNoteLine", "cbc:CreditedQuantity"
	}
	extended := w.Extended(in)
	w.Group(name, func() {
		w.Value("cbc:ID", in.Get("id"))
		w.note(extended.Get("noteSubjectCode"), in.Get("note"))
		for other := range extended.Get("otherNotes").Children() {
			w.note(other.Get("subjectCode"), other.Get("text"))
		}
		w.Value(quantity, in.Get("quantity"), canonical.Of("unitCode", in.Get("unit")))
		w.amount("cbc:LineExtensionAmount", in.Get("netAmount"))
		w.amount("cbc:TaxInclusiveLineExtensionAmount", extended.Get("totals").Get("withVat"))
		w.Value("cbc:AccountingCost", in.Get("buyerAccountingReference"))
		w.period(in.Get("period"), document.Value{}) // BG-26
		w.orders(in.Get("purchaseOrderLine"), extended)
		w.lineReferences(extended)
		w.lineObject(in.Get("object"))
		for object := range extended.Get("otherObjects").Children() {
			w.lineObject(object)
		}
		w.delivery(extended.Get("delivery"))
		if w.creditNote {
			w.lineVATTotals(extended.Get("totals"))
		}
		w.allowances(in.Get("allowances"), "false") // BG-27
		w.allowances(in.Get("charges"), "true")     // BG-28
		if !w.creditNote {
			w.lineVATTotals(extended.Get("totals"))
		}
		w.item(in.Get("item"), in.Get("vat"), extended.Get("seller"))
		w.price(in.Get("price"))
	})
}

// orders writes BT-132 and, of the French extended profile, the orders of a line and its advices of despatch and of receipt.
// UBL has none of them without the line of that document, and no sales order without a purchase order.
func (w *writer) orders(line, in document.Value) {
	if line.Exists() {
		w.Group("cac:OrderLineReference", func() {
			w.Value("cbc:LineID", line)
			w.Value("cbc:SalesOrderLineID", in.Get("salesOrderLine"))
			w.order(in)
		})
	}
	w.advice("cac:DespatchLineReference", in.Get("despatchAdviceReference"), in.Get("despatchAdviceLine"))
	w.advice("cac:ReceiptLineReference", in.Get("receivingAdviceReference"), in.Get("receivingAdviceLine"))
}

func (w *writer) advice(name string, document, line document.Value) {
	if !line.Exists() {
		return
	}
	w.Group(name, func() {
		w.Value("cbc:LineID", line)
		w.Group("cac:DocumentReference", func() { w.Value("cbc:ID", document) })
	})
}

// lineReferences writes the references of a line to its own invoice, which say its place among the lines, and to preceding
// ones (EXT-FR-FE-BG-06). One that has the number of its own invoice would be read as the former and is not written.
func (w *writer) lineReferences(in document.Value) {
	w.Group("cac:BillingReference", func() {
		subtype, parent := in.Get("subtype"), in.Get("parent")
		if subtype.Exists() || parent.Exists() {
			w.Group("cac:InvoiceDocumentReference", func() {
				w.Value("cbc:ID", w.number)
				w.Value("cbc:DocumentStatusCode", subtype)
			})
		}
		w.Group("cac:BillingReferenceLine", func() { w.Value("cbc:ID", parent) })
	})
	for preceding := range in.Get("precedingInvoices").Children() {
		if preceding.Get("number").Text() == w.number.Text() {
			continue
		}
		w.Group("cac:BillingReference", func() {
			w.precedingInvoice(preceding)
			w.Group("cac:BillingReferenceLine", func() { w.Value("cbc:ID", preceding.Get("line")) })
		})
	}
}

// lineVATTotals writes EXT-FR-FE-181 and EXT-FR-FE-182.
func (w *writer) lineVATTotals(in document.Value) {
	w.Group("cac:TaxTotal", func() { w.amount("cbc:TaxAmount", in.Get("vat")) })
	w.Group("cac:TaxTotal", func() { w.Value("cbc:TaxAmount", in.Get("vatInAccountingCurrency"), w.vat) })
}

// lineObject writes an object identifier of a line, BT-128 or another.
func (w *writer) lineObject(in document.Value) {
	w.Group("cac:DocumentReference", func() {
		w.identifier("cbc:ID", in)
		w.Fixed("cbc:DocumentTypeCode", objectCode)
	})
}

// item writes BG-31 with the VAT and the seller of the line, which UBL keeps in the item.
func (w *writer) item(in, vat, seller document.Value) {
	w.Group("cac:Item", func() {
		w.Value("cbc:Description", in.Get("description"))
		w.Value("cbc:Name", in.Get("name"))
		w.Group("cac:BuyersItemIdentification", func() { w.Value("cbc:ID", in.Get("buyerIdentifier")) })
		w.Group("cac:SellersItemIdentification", func() { w.Value("cbc:ID", in.Get("sellerIdentifier")) })
		w.Group("cac:StandardItemIdentification", func() { w.identifier("cbc:ID", in.Get("standardIdentifier")) })
		w.Group("cac:OriginCountry", func() { w.Value("cbc:IdentificationCode", in.Get("originCountry")) })
		for class := range in.Get("classifications").Children() {
			w.Group("cac:CommodityClassification", func() {
				w.Value("cbc:ItemClassificationCode", class.Get("id"),
					canonical.Of("listID", class.Get("scheme")), canonical.Of("listVersionID", class.Get("schemeVersion")))
			})
		}
		w.category("cac:ClassifiedTaxCategory", vat.Get("category"), vat.Get("rate"), w.Extended(vat))
		for attribute := range in.Get("attributes").Children() { // BG-32
			w.Group("cac:AdditionalItemProperty", func() {
				extended := w.Extended(attribute)
				w.Value("cbc:Name", attribute.Get("name"))
				w.Value("cbc:NameCode", extended.Get("code"))
				w.Value("cbc:Value", attribute.Get("value"))
				w.Value("cbc:ValueQuantity", extended.Get("measure"), canonical.Of("unitCode", extended.Get("unit")))
			})
		}
		w.partyAlone("cac:ManufacturerParty", seller)
	})
}

// price writes BG-29.
func (w *writer) price(in document.Value) {
	w.Group("cac:Price", func() {
		w.amount("cbc:PriceAmount", in.Get("net"))
		w.Value("cbc:BaseQuantity", in.Get("baseQuantity"), canonical.Of("unitCode", in.Get("baseUnit")))
		if in.Get("discount").Exists() { // UBL has no gross price without a discount
			w.Group("cac:AllowanceCharge", func() {
				w.Fixed("cbc:ChargeIndicator", "false")
				extended := w.Extended(in)
				w.Value("cbc:AllowanceChargeReasonCode", extended.Get("discountReasonCode"))
				w.Value("cbc:AllowanceChargeReason", extended.Get("discountReason"))
				w.amount("cbc:Amount", in.Get("discount"))
				w.amount("cbc:BaseAmount", in.Get("gross"))
			})
		}
	})
}
