package cii_test

import (
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// full returns full.xml with one change.
func full(t *testing.T, old, replacement string) []byte {
	t.Helper()
	data := formattest.File(t, "testdata/full.xml")
	if !strings.Contains(string(data), old) {
		t.Fatalf("full.xml has no %q", old)
	}
	return []byte(strings.Replace(string(data), old, replacement, 1))
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name, old, replacement string
		code, term, pointer    string
		source                 string // end of the plain path
		says                   string // in both languages
	}{
		{"amount in another currency", `<ram:LineTotalAmount currencyID="EUR">105.00`, `<ram:LineTotalAmount currencyID="USD">105.00`,
			"currency_mismatch", "BT-131", "/lines/0/netAmount", "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount", "USD"},
		{"payable in another currency", `<ram:DuePayableAmount>`, `<ram:DuePayableAmount currencyID="GBP">`,
			"currency_mismatch", "BT-115", "/totals/payable", "DuePayableAmount", "EUR"},
		{"VAT total in neither currency", `<ram:TaxTotalAmount currencyID="CHF">`, `<ram:TaxTotalAmount currencyID="USD">`,
			"currency_mismatch", "BT-111", "", "TaxTotalAmount", "CHF (BT-6)"},
		{"VAT total in another currency, no BT-6", `<ram:TaxCurrencyCode>CHF</ram:TaxCurrencyCode>`, ``,
			"currency_mismatch", "BT-110", "", "TaxTotalAmount", "CHF"},
		{"two VAT totals in the invoice currency", `<ram:TaxTotalAmount currencyID="CHF">`, `<ram:TaxTotalAmount>`,
			"repeated_element", "BT-110", "/totals/vat", "TaxTotalAmount", "TaxTotalAmount"},
		{"two numbers", `<ram:ID>F-2026-001</ram:ID>`, `<ram:ID>F-2026-001</ram:ID><ram:ID>F-2026-002</ram:ID>`,
			"repeated_element", "BT-1", "/number", "ExchangedDocument/ID", "ExchangedDocument"},
		{"the same number twice", `<ram:ID>F-2026-001</ram:ID>`, `<ram:ID>F-2026-001</ram:ID><ram:ID>F-2026-001</ram:ID>`,
			"repeated_element", "BT-1", "/number", "ExchangedDocument/ID", "ExchangedDocument"},
		{"two buyers", `</ram:BuyerTradeParty>`, `</ram:BuyerTradeParty><ram:BuyerTradeParty><ram:Name>Other</ram:Name></ram:BuyerTradeParty>`,
			"repeated_element", "BG-7", "", "BuyerTradeParty", "BuyerTradeParty"},
		{"two totals of lines", `<ram:LineTotalAmount>155.00`, `<ram:LineTotalAmount>1.00</ram:LineTotalAmount><ram:LineTotalAmount>155.00`,
			"repeated_element", "BT-106", "/totals/lines", "LineTotalAmount", "LineTotalAmount"},
		{"two settlements", `</ram:ApplicableHeaderTradeSettlement>`, `</ram:ApplicableHeaderTradeSettlement><ram:ApplicableHeaderTradeSettlement/>`,
			"repeated_element", "", "", "ApplicableHeaderTradeSettlement", "SupplyChainTradeTransaction"},
		{"two VAT identifiers", `schemeID="FC">local`, `schemeID="VA">local`,
			"repeated_element", "BT-31", "/seller/vatIdentifier", "SpecifiedTaxRegistration/ID", "SellerTradeParty"},
		{"two tenders", `<ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>AWV`, `<ram:TypeCode>50</ram:TypeCode><ram:ReferenceTypeCode>AWV`,
			"repeated_element", "BT-17", "/tenderReference", "AdditionalReferencedDocument/IssuerAssignedID", "IssuerAssignedID"},
		{"two invoiced objects", `<ram:IssuerAssignedID>tender (BT-17)</ram:IssuerAssignedID><ram:TypeCode>50`, `<ram:IssuerAssignedID>tender</ram:IssuerAssignedID><ram:TypeCode>130`,
			"repeated_element", "BT-18", "/invoicedObject", "AdditionalReferencedDocument", "AdditionalReferencedDocument"},
		{"two VAT of a line", `<ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S`, `<ram:ApplicableTradeTax><ram:CategoryCode>Z</ram:CategoryCode></ram:ApplicableTradeTax><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S`,
			"repeated_element", "BG-30", "/lines/0/vat", "SpecifiedLineTradeSettlement/ApplicableTradeTax", "ApplicableTradeTax"},
		{"two discounts on a price", `<ram:AppliedTradeAllowanceCharge>`, `<ram:AppliedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>0</udt:Indicator></ram:ChargeIndicator><ram:ActualAmount>1</ram:ActualAmount></ram:AppliedTradeAllowanceCharge><ram:AppliedTradeAllowanceCharge>`,
			"repeated_element", "BT-147", "/lines/0/price/discount", "AppliedTradeAllowanceCharge", "AppliedTradeAllowanceCharge"},
		{"two means of payment", `<ram:SpecifiedTradeSettlementPaymentMeans>
        <ram:TypeCode>30`, `<ram:SpecifiedTradeSettlementPaymentMeans>
        <ram:TypeCode>58`,
			"repeated_element", "BT-81", "/payment/meansCode", "SpecifiedTradeSettlementPaymentMeans/TypeCode", "TypeCode"},
		{"two due dates", `<ram:SpecifiedTradePaymentTerms>`, `<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">20261215</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms><ram:SpecifiedTradePaymentTerms>`,
			"repeated_element", "BT-9", "/dueDate", "DueDateDateTime/DateTimeString", "DateTimeString"},
		{"indicator neither true nor false", `<udt:Indicator>true</udt:Indicator>`, `<udt:Indicator>yes</udt:Indicator>`,
			"charge_indicator", "", "", "SpecifiedTradeAllowanceCharge", "yes"},
		{"no indicator", `<ram:ChargeIndicator><udt:Indicator>true</udt:Indicator></ram:ChargeIndicator>`, ``,
			"charge_indicator", "", "", "SpecifiedTradeAllowanceCharge", `""`},
		{"known element in a foreign namespace", `<ram:DuePayableAmount>100.00</ram:DuePayableAmount>`, `<x:DuePayableAmount xmlns:x="urn:example:x">100.00</x:DuePayableAmount>`,
			"unexpected_namespace", "", "", "DuePayableAmount", "urn:example:x"},
		{"known element in no namespace", `<ram:Name>Buyer (BT-44)</ram:Name>`, `<Name>Buyer</Name>`,
			"unexpected_namespace", "", "", "BuyerTradeParty/Name", "ReusableAggregateBusinessInformationEntity:100"},
		{"date in the namespace of texts", `<udt:DateTimeString format="102">20261102</udt:DateTimeString>`, `<ram:DateTimeString format="102">20261102</ram:DateTimeString>`,
			"unexpected_namespace", "", "", "IssueDateTime/DateTimeString", "UnqualifiedDataType:100"},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, violations := transform(t, full(t, test.old, test.replacement))
			if len(violations) != 1 || len(result.Parts) != 0 {
				t.Fatalf("%d violations, %d parts: %v", len(violations), len(result.Parts), violations)
			}
			v := violations[0]
			if v.Code != test.code || v.Term != test.term || v.Pointer != test.pointer || !v.IsFatal() {
				t.Errorf("%s %s %q", v.Code, v.Term, v.Pointer)
			}
			if path := plainPaths([]string{v.Source})[0]; !strings.HasSuffix(path, test.source) || v.Line == 0 {
				t.Errorf("source %q, line %d", v.Source, v.Line)
			}
			if !strings.Contains(v.FR, test.says) || !strings.Contains(v.EN, test.says) || v.Remedy == "" || v.RemedyEN == "" {
				t.Errorf("%s\n%s", v.FR, v.EN)
			}
		})
	}
}

// TestKept shows values that are wrong or unusual and no business of the transformer: the canonical document has them
// as the source wrote them, for schemas and rules to refuse with their place.
func TestKept(t *testing.T) {
	for _, test := range []struct{ name, old, replacement, pointer, want string }{
		{"comma", `<ram:DuePayableAmount>100.00`, `<ram:DuePayableAmount>12,50`, "/totals/payable", "12,50"},
		{"not a number", `<ram:DuePayableAmount>100.00`, `<ram:DuePayableAmount>NaN`, "/totals/payable", "NaN"},
		{"exponent", `<ram:DuePayableAmount>100.00`, `<ram:DuePayableAmount>1e400000`, "/totals/payable", "1e400000"},
		{"no such day", `20261102`, `20260230`, "/issueDate", "2026-02-30"},
		{"no format", ` format="102">20261102`, `>20261102`, "/issueDate", "2026-11-02"},
		{"another format", ` format="102">20261102`, ` format="203">202611020000`, "/issueDate", "202611020000"},
		{"8 digits of another format", ` format="102">20261102`, ` format="718">20261102`, "/issueDate", "20261102"},
		{"a word", `20261102`, `tomorrow`, "/issueDate", "tomorrow"},
		{"unknown type", `<ram:TypeCode>380`, `<ram:TypeCode>999`, "/typeCode", "999"},
		{"unknown code of the VAT date", `<ram:DueDateTypeCode>29</ram:DueDateTypeCode><ram:RateApplicablePercent>20`, `<ram:RateApplicablePercent>20`, "/vatPointDateCode", "35"},
		{"xs:boolean as a digit", `<udt:Indicator>true</udt:Indicator>`, `<udt:Indicator>1</udt:Indicator>`, "/lines/0/charges/0/amount", "10.00"},
		{"tax type in small letters", `<ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S`, `<ram:TypeCode>vat</ram:TypeCode><ram:CategoryCode>S`, "/lines/0/vat/category", "S"},
		{"no currency to compare with", `<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>`, ``, "/totals/vat", "20.80"},
		{"identifier without text", `3001234567892`, ``, "/lines/0/item/standardIdentifier/scheme", ""},
		{"class without code", `>30192000<`, `><`, "/lines/0/item/classifications/0/id", "0815"},
		{"object without identifier", `line object (BT-128)`, ``, "/lines/0/object/scheme", ""},
		{"bank without account", `<ram:PayeePartyCreditorFinancialAccount><ram:IBANID>account (BT-84)</ram:IBANID><ram:AccountName>account name (BT-85)</ram:AccountName></ram:PayeePartyCreditorFinancialAccount>`, ``, "/payment/creditTransfers/0/serviceProvider", "bank (BT-86)"},
		{"terms over several elements", `<ram:DirectDebitMandateID>`, `</ram:SpecifiedTradePaymentTerms><ram:SpecifiedTradePaymentTerms><ram:DirectDebitMandateID>`, "/payment/directDebit/mandateReference", "mandate (BT-89)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, violations := transform(t, full(t, test.old, test.replacement))
			if len(violations) > 0 {
				t.Fatal(violations)
			}
			if got := result.Parts[0].Doc.Lookup(test.pointer).Text(); got != test.want {
				t.Errorf("%s is %q, want %q", test.pointer, got, test.want)
			}
		})
	}
}

// TestIgnored shows contents that have no term: each is reported, none is a violation.
func TestIgnored(t *testing.T) {
	for _, test := range []struct{ name, old, replacement, ignored string }{
		{"unknown element", `<ram:BuyerReference>`, `<ram:Unknown>x</ram:Unknown><ram:BuyerReference>`, "Unknown"},
		{"unknown foreign element", `<ram:BuyerReference>`, `<x:Extension xmlns:x="urn:example:x">x</x:Extension><ram:BuyerReference>`, "Extension"},
		{"charge on a price", `<udt:Indicator>false</udt:Indicator></ram:ChargeIndicator><ram:ActualAmount>2.00`, `<udt:Indicator>true</udt:Indicator></ram:ChargeIndicator><ram:ActualAmount>2.00`, "AppliedTradeAllowanceCharge/ActualAmount"},
		{"tax number of another scheme", `schemeID="FC"`, `schemeID="XX"`, "SpecifiedTaxRegistration/ID"},
		{"base of the gross price", `>1.0</ram:BasisQuantity>`, `>10</ram:BasisQuantity>`, "GrossPriceProductTradePrice/BasisQuantity"},
		{"line reference of another type", `<ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>ABZ`, `<ram:TypeCode>916</ram:TypeCode><ram:ReferenceTypeCode>ABZ`, "SpecifiedLineTradeSettlement/AdditionalReferencedDocument/TypeCode"},
		{"text beside elements", `<ram:BuyerTradeParty>`, `<ram:BuyerTradeParty>stray`, "BuyerTradeParty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, violations := transform(t, full(t, test.old, test.replacement))
			if len(violations) > 0 {
				t.Fatal(violations)
			}
			before, _ := transform(t, full(t, test.old, test.old))
			if len(result.Ignored) <= len(before.Ignored) {
				t.Errorf("nothing more is ignored: %v", result.Ignored)
			}
			found := false
			for _, path := range plainPaths(result.Ignored) {
				found = found || strings.HasSuffix(path, test.ignored)
			}
			if !found {
				t.Errorf("%s is not in %v", test.ignored, result.Ignored)
			}
		})
	}
}

func TestRecognise(t *testing.T) {
	const ns = "urn:un:unece:uncefact:data:standard:"
	invoice := func(code string) string {
		return `<r:CrossIndustryInvoice xmlns:r="` + ns + `CrossIndustryInvoice:100" xmlns:a="` + ns + `ReusableAggregateBusinessInformationEntity:100"><r:ExchangedDocument><a:TypeCode>` + code + `</a:TypeCode></r:ExchangedDocument></r:CrossIndustryInvoice>`
	}
	for _, test := range []struct {
		name, source string
		ok           bool
		kind         transformers.Kind
		version      string
		refused      string
	}{
		{"invoice", invoice("380"), true, transformers.Invoice, "", ""},
		{"corrected invoice", invoice("384"), true, transformers.Invoice, "", ""},
		{"no type", invoice(""), true, transformers.Invoice, "", ""},
		{"credit note", invoice("381"), true, transformers.CreditNote, "", ""},
		{"self-billed credit note", invoice("261"), true, transformers.CreditNote, "", ""},
		{"prepayment credit note", invoice("503"), true, transformers.CreditNote, "", ""},
		{"ZUGFeRD 1", `<r:CrossIndustryDocument xmlns:r="urn:ferd:CrossIndustryDocument:invoice:1p0"/>`, true, transformers.Invoice, "1p0", "unsupported_version"},
		{"CII D13B", `<r:CrossIndustryInvoice xmlns:r="` + ns + `CrossIndustryInvoice:13"/>`, true, transformers.Invoice, "13", "unsupported_version"},
		{"CII 1", `<r:CrossIndustryInvoice xmlns:r="` + ns + `CrossIndustryInvoice:1"/>`, true, transformers.Invoice, "1", "unsupported_version"},
		{"unknown namespace", `<CrossIndustryInvoice xmlns="urn:example:x"/>`, false, "", "", ""},
		{"no namespace", `<CrossIndustryInvoice/>`, false, "", "", ""},
		{"UBL", `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>`, false, "", "", ""},
		{"another message of the same library", `<r:CrossDomainAcknowledgementAndResponse xmlns:r="` + ns + `CrossDomainAcknowledgementAndResponse:100"/>`, false, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc, malformed := xmldoc.Parse([]byte(test.source))
			if malformed != nil {
				t.Fatal(malformed)
			}
			id, refused, ok := cii.Transformer{}.Recognise(transformers.Content{XML: doc})
			if ok != test.ok || id.Kind != test.kind || id.Version != test.version || ok && id.Format != transformers.CII {
				t.Errorf("%v %+v", ok, id)
			}
			if (refused == nil) != (test.refused == "") || refused != nil && (refused.Code != test.refused || refused.Source == "") {
				t.Errorf("refused: %+v", refused)
			}
		})
	}
	if _, _, ok := (cii.Transformer{}).Recognise(transformers.Content{}); ok {
		t.Error("recognised a content that is not XML")
	}
}

// TestViolationsAreBounded: what one document can cost and say is bounded, and nothing is forgotten in the count.
func TestViolationsAreBounded(t *testing.T) {
	const times = 5000
	repeated := strings.Repeat(`<ram:ID>F</ram:ID>`, times)
	_, violations := transform(t, full(t, `<ram:ID>F-2026-001</ram:ID>`, repeated))
	total := 0
	for _, v := range violations {
		total += max(v.Count, 1)
	}
	if len(violations) > 100 || total != times-1 {
		t.Errorf("%d entries, %d violations", len(violations), total)
	}
	if !violation.AnyFatal(violations) {
		t.Error("not fatal")
	}
}
