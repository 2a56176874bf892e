package cii_test

import (
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
)

// FuzzTransform: whatever parses as XML and is recognised either gives one document or at least one violation, never
// both, never a panic, and the same twice.
func FuzzTransform(f *testing.F) {
	// The root is fixed and the seeds are short, so that mutations fall on the content.
	const root = `<r:CrossIndustryInvoice xmlns:r="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:a="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" xmlns:u="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">`
	for _, body := range []string{
		`<r:ExchangedDocument><a:ID>1</a:ID><a:TypeCode>381</a:TypeCode><a:IssueDateTime><u:DateTimeString format="102">20261102</u:DateTimeString></a:IssueDateTime></r:ExchangedDocument>`,
		`<r:SupplyChainTradeTransaction><a:ApplicableHeaderTradeAgreement><a:SellerTradeParty><a:ID>1</a:ID><a:SpecifiedTaxRegistration><a:ID schemeID="VA">FR</a:ID></a:SpecifiedTaxRegistration></a:SellerTradeParty></a:ApplicableHeaderTradeAgreement></r:SupplyChainTradeTransaction>`,
		`<r:SupplyChainTradeTransaction><a:ApplicableHeaderTradeSettlement><a:InvoiceCurrencyCode>EUR</a:InvoiceCurrencyCode><a:SpecifiedTradeSettlementHeaderMonetarySummation><a:TaxTotalAmount currencyID="EUR">.5</a:TaxTotalAmount></a:SpecifiedTradeSettlementHeaderMonetarySummation></a:ApplicableHeaderTradeSettlement></r:SupplyChainTradeTransaction>`,
		`<r:SupplyChainTradeTransaction><a:IncludedSupplyChainTradeLineItem><a:SpecifiedLineTradeSettlement><a:SpecifiedTradeAllowanceCharge><a:ChargeIndicator><u:Indicator>true</u:Indicator></a:ChargeIndicator></a:SpecifiedTradeAllowanceCharge></a:SpecifiedLineTradeSettlement></a:IncludedSupplyChainTradeLineItem></r:SupplyChainTradeTransaction>`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		doc, malformed := xmldoc.Parse([]byte(root + body + `</r:CrossIndustryInvoice>`))
		if malformed != nil {
			return
		}
		content := transformers.Content{XML: doc}
		id, refused, ok := cii.Transformer{}.Recognise(content)
		if !ok || refused != nil {
			return
		}
		result, violations := cii.Transformer{}.Transform(content, id)
		if (len(result.Parts) == 1) == (len(violations) > 0) {
			t.Fatalf("%d parts, %d violations", len(result.Parts), len(violations))
		}
		for _, v := range violations {
			if !v.IsFatal() || v.Code == "" || v.Source == "" || v.FR == "" || v.EN == "" || v.Remedy == "" {
				t.Fatalf("incomplete violation %+v", v)
			}
		}
		if len(violations) > 0 {
			return
		}
		again, _ := cii.Transformer{}.Transform(content, id)
		if string(result.Parts[0].Doc.AppendJSON(nil)) != string(again.Parts[0].Doc.AppendJSON(nil)) {
			t.Fatal("two runs differ")
		}
	})
}
