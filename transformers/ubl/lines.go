package ubl

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// lines maps BG-25 to BG-32.
func (m *mapper) lines(root document.Value, e xmldoc.Element, names documentNames) {
	each(e, names.line, func(line xmldoc.Element) bool {
		m.line(root.Array("lines", line.Ref()).Item(line.Ref()), line, names)
		return true
	})
}

// BG-25 Invoice line
func (m *mapper) line(out document.Value, e xmldoc.Element, names documentNames) {
	m.text(out, "id", e, "cbc:ID", "BT-126")
	if m.extended {
		m.lineNotes(out, e)
	} else {
		m.text(out, "note", e, "cbc:Note", "BT-127")
	}
	m.lineObject(out, e)
	quantity := m.number(out, "quantity", e, names.quantity, "BT-129")
	m.Attr(out, "unit", quantity, "unitCode") // BT-130
	m.amount(out, "netAmount", e, "cbc:LineExtensionAmount", "BT-131")
	m.text(out, "purchaseOrderLine", e, "cac:OrderLineReference/cbc:LineID", "BT-132")
	m.text(out, "buyerAccountingReference", e, "cbc:AccountingCost", "BT-133")
	// BG-26 Invoice line period
	m.period(out, "period", e, periodTerms{"BG-26", "BT-134", "BT-135"})
	// BG-27 Invoice line allowances, BG-28 Invoice line charges
	m.allowancesAndCharges(out, e, lineAllowance, lineCharge)
	m.price(out, e)
	itemOut, item := m.group(out, "item", e, "cac:Item", "BG-31")
	m.lineVAT(out, item)
	m.item(itemOut, item)
	if m.extended {
		m.extendedLine(out, e)
	}
}

// lineObject writes BT-128: the document reference under the type code of objects. The first editions of the binding
// knew no type code here, so a reference without one is an object identifier too.
func (m *mapper) lineObject(out document.Value, e xmldoc.Element) {
	var object xmldoc.Element
	for reference := range e.All(aggregateNS, "DocumentReference") {
		code := reference.Child(basicNS, "DocumentTypeCode")
		if code.Text() != "" && code.Text() != objectCode {
			continue
		}
		m.Read(code)
		each(reference, "cbc:ID", func(id xmldoc.Element) bool {
			return m.object(&object, id, out, "object", "otherObjects", "BT-128")
		})
	}
	m.Identifier(out, "object", object, "schemeID")
}

// BG-29 Price details
func (m *mapper) price(line document.Value, e xmldoc.Element) {
	out, price := m.group(line, "price", e, "cac:Price", "BG-29")
	m.amount(out, "net", price, "cbc:PriceAmount", "BT-146")
	discount := m.one(out, "discount", price, "cac:AllowanceCharge", "BT-147")
	if indicator := discount.Child(basicNS, "ChargeIndicator"); indicator.Text() == "false" || indicator.Text() == "0" {
		m.Read(indicator) // a price has discounts only; a charge on it is no term and stays unread
		m.amount(out, "discount", discount, "cbc:Amount", "BT-147")
		if m.extended {
			m.text(out, "discountReason", discount, "cbc:AllowanceChargeReason", "EXT-FR-FE-195")
			m.text(out, "discountReasonCode", discount, "cbc:AllowanceChargeReasonCode", "EXT-FR-FE-196")
		}
		m.amount(out, "gross", discount, "cbc:BaseAmount", "BT-148")
	}
	base := m.number(out, "baseQuantity", price, "cbc:BaseQuantity", "BT-149")
	m.Attr(out, "baseUnit", base, "unitCode") // BT-150
}

// BG-30 Line VAT information
func (m *mapper) lineVAT(line document.Value, item xmldoc.Element) {
	category := m.vatCategory(line, "vat", item, "cac:ClassifiedTaxCategory", "BG-30")
	out := line.Object("vat", category.Ref())
	m.text(out, "category", category, "cbc:ID", "BT-151")
	m.number(out, "rate", category, "cbc:Percent", "BT-152")
	if m.extended {
		m.text(out, "exemptionReason", category, "cbc:TaxExemptionReason", "EXT-FR-FE-178")
		m.text(out, "exemptionReasonCode", category, "cbc:TaxExemptionReasonCode", "EXT-FR-FE-179")
	}
}

// BG-31 Item information
func (m *mapper) item(out document.Value, e xmldoc.Element) {
	m.text(out, "name", e, "cbc:Name", "BT-153")
	m.text(out, "description", e, "cbc:Description", "BT-154")
	m.text(out, "sellerIdentifier", e, "cac:SellersItemIdentification/cbc:ID", "BT-155")
	m.text(out, "buyerIdentifier", e, "cac:BuyersItemIdentification/cbc:ID", "BT-156")
	m.identifier(out, "standardIdentifier", e, "cac:StandardItemIdentification/cbc:ID", "BT-157")
	each(e, "cac:CommodityClassification/cbc:ItemClassificationCode", func(code xmldoc.Element) bool {
		item := out.Array("classifications", code.Ref()).Item(code.Ref())
		m.Text(item, "id", code)                             // BT-158
		m.Attr(item, "scheme", code, "listID")               // BT-158-1
		m.Attr(item, "schemeVersion", code, "listVersionID") // BT-158-2
		return true
	})
	m.text(out, "originCountry", e, "cac:OriginCountry/cbc:IdentificationCode", "BT-159")
	// BG-32 Item attributes
	for property := range e.All(aggregateNS, "AdditionalItemProperty") {
		item := out.Array("attributes", property.Ref()).Item(property.Ref())
		m.text(item, "name", property, "cbc:Name", "BT-160")
		m.text(item, "value", property, "cbc:Value", "BT-161")
		if m.extended {
			m.extendedAttribute(item, property)
		}
	}
}
