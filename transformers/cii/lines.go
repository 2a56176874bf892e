package cii

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// lines writes BG-25.
func (m *mapping) lines(out document.Value, transaction xmldoc.Element) {
	lines := out.Array("lines", transaction.Ref())
	for in := range m.each(transaction, ram, "IncludedSupplyChainTradeLineItem") {
		m.line(lines.Item(in.Ref()), in)
	}
}

func (m *mapping) line(out document.Value, in xmldoc.Element) {
	about := m.one(in, ram, "AssociatedDocumentLineDocument", "BT-126")
	product := m.one(in, ram, "SpecifiedTradeProduct", "BG-31")
	agreement := m.one(in, ram, "SpecifiedLineTradeAgreement", "BG-29")
	delivery := m.one(in, ram, "SpecifiedLineTradeDelivery", "BT-129")
	settlement := m.one(in, ram, "SpecifiedLineTradeSettlement", "BG-30")

	m.text(out, "id", about, "LineID", "BT-126")
	if m.extended {
		m.lineNotes(out, about)
	} else {
		m.text(out, "note", m.one(about, ram, "IncludedNote", "BT-127"), "Content", "BT-127")
	}
	m.lineObject(out, settlement)
	quantity := m.one(delivery, ram, "BilledQuantity", "BT-129")
	m.w.Decimal(out, "quantity", quantity)
	m.w.Attr(out, "unit", quantity, "unitCode") // BT-130
	summation := m.one(settlement, ram, "SpecifiedTradeSettlementLineMonetarySummation", "BT-131")
	m.amount(out, "netAmount", summation, "LineTotalAmount", "BT-131")
	order := m.one(agreement, ram, "BuyerOrderReferencedDocument", "BT-132")
	m.text(out, "purchaseOrderLine", order, "LineID", "BT-132")
	if m.extended {
		m.text(out, "purchaseOrderReference", order, "IssuerAssignedID", "EXT-FR-FE-135")
	}
	m.account(out, settlement, "BT-133")
	m.period(out, "period", settlement, "BG-26", "BT-134", "BT-135")
	m.allowanceCharges(out, settlement, lineLevel)
	m.price(out, agreement)
	m.lineVAT(out, settlement)
	m.item(out.Object("item", product.Ref()), product)
	if m.extended {
		m.extendedLine(out, about, agreement, delivery, settlement, summation)
	}
}

// lineObject writes BT-128: a reference of type 130, or of no type, as a line can refer to nothing else.
func (m *mapping) lineObject(out document.Value, settlement xmldoc.Element) {
	for in := range m.each(settlement, ram, "AdditionalReferencedDocument") {
		code := m.one(in, ram, "TypeCode", "")
		switch code.Text() {
		case typeObject:
			m.w.Read(code)
			m.object(out, "object", "otherObjects", in, "BT-128")
		case "":
			m.object(out, "object", "otherObjects", in, "BT-128")
		}
	}
}

// price writes BG-29.
func (m *mapping) price(line document.Value, agreement xmldoc.Element) {
	net := m.one(agreement, ram, "NetPriceProductTradePrice", "BT-146")
	gross := m.one(agreement, ram, "GrossPriceProductTradePrice", "BT-148")
	out := line.Object("price", net.Ref())
	m.amount(out, "net", net, "ChargeAmount", "BT-146")
	for discount := range m.each(gross, ram, "AppliedTradeAllowanceCharge") {
		if charge, known := m.isCharge(discount); !known || charge {
			continue // EN 16931 has no charge on a price
		}
		first := out.Get("discount")
		if first.Exists() && !m.extended {
			m.report(canonical.RepeatedElement, discount, first, "BT-147", discount.Name().Local, gross.Name().Local)
			continue
		}
		if first.Exists() {
			m.furtherDiscount(out.Array("otherDiscounts", 0).Item(discount.Ref()), discount)
			continue
		}
		m.amount(out, "discount", discount, "ActualAmount", "BT-147")
		if m.extended && out.Get("discount").Exists() {
			m.text(out, "discountReason", discount, "Reason", "EXT-FR-FE-195")
			m.text(out, "discountReasonCode", discount, "ReasonCode", "EXT-FR-FE-196")
		}
	}
	m.amount(out, "gross", gross, "ChargeAmount", "BT-148")
	m.priceBase(out, m.one(net, ram, "BasisQuantity", "BT-149"), m.one(gross, ram, "BasisQuantity", "BT-149"))
}

// priceBase writes BT-149 and BT-150. CII can give each price a base quantity, EN 16931 has one for both: that of the
// net price, else that of the gross price. The official examples write different ones, so that of a gross price that
// differs is not a violation; it is not carried.
func (m *mapping) priceBase(out document.Value, net, gross xmldoc.Element) {
	base := net
	if base.Text() == "" {
		base = gross
	}
	m.w.Decimal(out, "baseQuantity", base)
	m.w.Attr(out, "baseUnit", base, "unitCode") // BT-150
	unit := gross.Attr("unitCode")
	if gross.Exists() && (unit == "" || unit == base.Attr("unitCode")) && sameNumber(base.Text(), gross.Text()) {
		m.w.Read(gross)
	}
}

// lineVAT writes BG-30.
func (m *mapping) lineVAT(out document.Value, settlement xmldoc.Element) {
	for tax := range m.each(settlement, ram, "ApplicableTradeTax") {
		if !m.vat(tax) {
			continue
		}
		if first := out.Get("vat"); first.Exists() {
			m.report(canonical.RepeatedElement, tax, first, "BG-30", tax.Name().Local, settlement.Name().Local)
			continue
		}
		vat := out.Object("vat", tax.Ref())
		m.text(vat, "category", tax, "CategoryCode", "BT-151")
		m.decimal(vat, "rate", tax, "RateApplicablePercent", "BT-152")
		if m.extended {
			m.text(vat, "exemptionReason", tax, "ExemptionReason", "EXT-FR-FE-178")
			m.text(vat, "exemptionReasonCode", tax, "ExemptionReasonCode", "EXT-FR-FE-179")
		}
	}
}

// item writes BG-31 and BG-32.
func (m *mapping) item(out document.Value, product xmldoc.Element) {
	m.text(out, "name", product, "Name", "BT-153")
	m.text(out, "description", product, "Description", "BT-154")
	m.text(out, "sellerIdentifier", product, "SellerAssignedID", "BT-155")
	m.text(out, "buyerIdentifier", product, "BuyerAssignedID", "BT-156")
	m.identifier(out, "standardIdentifier", product, "GlobalID", "BT-157")
	classifications := out.Array("classifications", 0)
	for in := range m.each(product, ram, "DesignatedProductClassification") {
		class := m.one(in, ram, "ClassCode", "BT-158")
		if class.Text() == "" {
			continue
		}
		item := classifications.Item(class.Ref())
		m.w.Text(item, "id", class)
		m.w.Attr(item, "scheme", class, "listID")
		m.w.Attr(item, "schemeVersion", class, "listVersionID")
	}
	m.text(out, "originCountry", m.one(product, ram, "OriginTradeCountry", "BT-159"), "ID", "BT-159")
	attributes := out.Array("attributes", 0) // BG-32
	for in := range m.each(product, ram, "ApplicableProductCharacteristic") {
		item := attributes.Item(in.Ref())
		m.text(item, "name", in, "Description", "BT-160")
		m.text(item, "value", in, "Value", "BT-161")
		if m.extended {
			m.extendedAttribute(item, in)
		}
	}
}

// sameNumber reports whether two decimals have the same value, whatever zeros their fractions end in.
func sameNumber(a, b string) bool {
	wholeA, fractionA, _ := strings.Cut(canonical.Decimal(a), ".")
	wholeB, fractionB, _ := strings.Cut(canonical.Decimal(b), ".")
	return wholeA == wholeB && strings.TrimRight(fractionA, "0") == strings.TrimRight(fractionB, "0")
}
