package cii

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// line writes BG-25.
func (w *writer) line(in document.Value) {
	w.Group("ram:IncludedSupplyChainTradeLineItem", func() {
		w.Around("ram:AssociatedDocumentLineDocument", func() {
			w.Value("ram:LineID", in.Get("id"))
			w.Value("ram:ParentLineID", w.Extended(in.Get("parent")))
			w.Value("ram:LineStatusReasonCode", w.Extended(in.Get("subtype")))
			w.inside("ram:IncludedNote", "ram:Content", in.Get("note"))
		})
		w.product(in.Get("item"))
		w.Group("ram:SpecifiedLineTradeAgreement", func() {
			w.inside("ram:BuyerOrderReferencedDocument", "ram:LineID", in.Get("purchaseOrderLine"))
			w.price(in.Get("price"))
		})
		w.Group("ram:SpecifiedLineTradeDelivery", func() {
			w.Value("ram:BilledQuantity", in.Get("quantity"), canonical.Of("unitCode", in.Get("unit")))
		})
		w.Group("ram:SpecifiedLineTradeSettlement", func() {
			w.tax("ram:ApplicableTradeTax", in.Get("vat").Get("category"), in.Get("vat").Get("rate")) // BG-30
			w.period(in.Get("period"))                                                                // BG-26
			w.allowances(in.Get("allowances"), "false")                                               // BG-27
			w.allowances(in.Get("charges"), "true")                                                   // BG-28
			w.inside("ram:SpecifiedTradeSettlementLineMonetarySummation", "ram:LineTotalAmount", in.Get("netAmount"))
			w.object(in.Get("object"))
			for object := range w.Extended(in.Get("otherObjects")).Children() {
				w.object(object)
			}
			w.inside("ram:ReceivableSpecifiedTradeAccountingAccount", "ram:ID", in.Get("buyerAccountingReference"))
		})
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
				w.Value("ram:Description", attribute.Get("name"))
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

// price writes BG-29.
func (w *writer) price(in document.Value) {
	if in.Get("gross").Exists() { // CII has no discount without the gross price
		w.Group("ram:GrossPriceProductTradePrice", func() {
			w.Value("ram:ChargeAmount", in.Get("gross"))
			w.Group("ram:AppliedTradeAllowanceCharge", func() {
				w.chargeIndicator("false")
				w.Value("ram:ActualAmount", in.Get("discount"))
			})
		})
	}
	w.Group("ram:NetPriceProductTradePrice", func() {
		w.Value("ram:ChargeAmount", in.Get("net"))
		w.Value("ram:BasisQuantity", in.Get("baseQuantity"), canonical.Of("unitCode", in.Get("baseUnit")))
	})
}
