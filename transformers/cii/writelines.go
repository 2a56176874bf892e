package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// line writes BG-25.
func (w *writer) line(in document.Value) {
	extended := w.Extended(in)
	w.Group("ram:IncludedSupplyChainTradeLineItem", func() {
		w.Around("ram:AssociatedDocumentLineDocument", func() {
			w.Value("ram:LineID", in.Get("id"))
			w.Value("ram:ParentLineID", extended.Get("parent"))
			w.Value("ram:LineStatusCode", extended.Get("statusCode"))
			w.Value("ram:LineStatusReasonCode", extended.Get("subtype"))
			w.note(in.Get("note"), extended.Get("noteSubjectCode"))
			for other := range extended.Get("otherNotes").Children() {
				w.note(other.Get("text"), other.Get("subjectCode"))
			}
		})
		w.product(in.Get("item"))
		w.Group("ram:SpecifiedLineTradeAgreement", func() {
			w.referencedLine("ram:SellerOrderReferencedDocument", extended.Get("salesOrderReference"), extended.Get("salesOrderLine"))
			w.referencedLine("ram:BuyerOrderReferencedDocument", extended.Get("purchaseOrderReference"), in.Get("purchaseOrderLine"))
			w.price(in.Get("price"))
			w.tradeParty("ram:ItemSellerTradeParty", extended.Get("seller"))
		})
		w.Group("ram:SpecifiedLineTradeDelivery", func() {
			w.Value("ram:BilledQuantity", in.Get("quantity"), canonical.Of("unitCode", in.Get("unit")))
			w.deliverTo(extended.Get("delivery"))
			w.referencedLine("ram:DespatchAdviceReferencedDocument", extended.Get("despatchAdviceReference"), extended.Get("despatchAdviceLine"))
			w.referencedLine("ram:ReceivingAdviceReferencedDocument", extended.Get("receivingAdviceReference"), extended.Get("receivingAdviceLine"))
		})
		w.Group("ram:SpecifiedLineTradeSettlement", func() {
			vat := in.Get("vat") // BG-30
			w.tax("ram:ApplicableTradeTax", vat.Get("category"), vat.Get("rate"), w.Extended(vat))
			w.period(in.Get("period"))                  // BG-26
			w.allowances(in.Get("allowances"), "false") // BG-27
			w.allowances(in.Get("charges"), "true")     // BG-28
			w.lineTotals(in.Get("netAmount"), extended.Get("totals"))
			w.precedingInvoices(extended.Get("precedingInvoices"))
			w.object(in.Get("object"))
			for object := range extended.Get("otherObjects").Children() {
				w.object(object)
			}
			w.inside("ram:ReceivableSpecifiedTradeAccountingAccount", "ram:ID", in.Get("buyerAccountingReference"))
		})
	})
}

// referencedLine writes the reference of a line to a document and a line of it.
func (w *writer) referencedLine(name string, document, line document.Value) {
	if !document.Exists() && !line.Exists() {
		return
	}
	w.Group(name, func() {
		w.Value("ram:IssuerAssignedID", document)
		w.Value("ram:LineID", line)
	})
}

// lineTotals writes BT-131 and, of the French extended profile, the VAT of the line and its amount with VAT.
func (w *writer) lineTotals(net, in document.Value) {
	w.Group("ram:SpecifiedTradeSettlementLineMonetarySummation", func() {
		w.Value("ram:LineTotalAmount", net)
		w.vatTotals(in)
		w.Value("ram:GrandTotalAmount", in.Get("withVat"))
	})
}

// product writes BG-31.
func (w *writer) product(in document.Value) {
	w.Group("ram:SpecifiedTradeProduct", func() {
		w.identifier("ram:GlobalID", in.Get("standardIdentifier"))
		w.Value("ram:SellerAssignedID", in.Get("sellerIdentifier"))
		w.Value("ram:BuyerAssignedID", in.Get("buyerIdentifier"))
		w.Value("ram:Name", in.Get("name"))
		w.Value("ram:Description", in.Get("description"))
		for attribute := range in.Get("attributes").Children() { // BG-32
			w.Group("ram:ApplicableProductCharacteristic", func() {
				extended := w.Extended(attribute)
				w.Value("ram:TypeCode", extended.Get("code"))
				w.Value("ram:Description", attribute.Get("name"))
				w.Value("ram:ValueMeasure", extended.Get("measure"), canonical.Of("unitCode", extended.Get("unit")))
				w.Value("ram:Value", attribute.Get("value"))
			})
		}
		for class := range in.Get("classifications").Children() {
			w.inside("ram:DesignatedProductClassification", "ram:ClassCode", class.Get("id"),
				canonical.Of("listID", class.Get("scheme")), canonical.Of("listVersionID", class.Get("schemeVersion")))
		}
		w.inside("ram:OriginTradeCountry", "ram:ID", in.Get("originCountry"))
	})
}

// discount writes a discount on a price, BT-147 or another.
func (w *writer) discount(amount, reasonCode, reason document.Value) {
	w.Group("ram:AppliedTradeAllowanceCharge", func() {
		w.chargeIndicator("false")
		w.Value("ram:ActualAmount", amount)
		w.Value("ram:ReasonCode", reasonCode)
		w.Value("ram:Reason", reason)
	})
}

// price writes BG-29.
func (w *writer) price(in document.Value) {
	if in.Get("gross").Exists() { // CII has no discount without the gross price
		w.Group("ram:GrossPriceProductTradePrice", func() {
			w.Value("ram:ChargeAmount", in.Get("gross"))
			extended, discount := w.Extended(in), in.Get("discount")
			if discount.Exists() {
				w.discount(discount, extended.Get("discountReasonCode"), extended.Get("discountReason"))
				for other := range extended.Get("otherDiscounts").Children() {
					w.discount(other.Get("amount"), other.Get("reasonCode"), other.Get("reason"))
				}
			}
		})
	}
	w.Group("ram:NetPriceProductTradePrice", func() {
		w.Value("ram:ChargeAmount", in.Get("net"))
		w.Value("ram:BasisQuantity", in.Get("baseQuantity"), canonical.Of("unitCode", in.Get("baseUnit")))
	})
}
