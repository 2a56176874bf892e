package transformers_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/jsondoc"
)

// edit is a change in a document of one syntax: the first occurrence of from becomes to.
type edit struct{ from, to string }

// ofAnotherProfile makes an ordinary invoice of one of the French extended profile.
var ofAnotherProfile = edit{"#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", ""}

// extended returns an example of the French extended profile in a syntax, with edits.
func extended(t *testing.T, syntax, name string, edits ...edit) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(syntax, "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, e := range edits {
		if !strings.Contains(text, e.from) {
			t.Fatalf("%s of %s has no %s", name, syntax, e.from)
		}
		text = strings.Replace(text, e.from, e.to, 1)
	}
	return []byte(text)
}

// An invoice of the French extended profile may have several invoiced objects and several notes of a line where EN 16931 has one,
// and lines that belong to others; what was read is written again.
func TestExtendedProfile(t *testing.T) {
	edits := map[string][]edit{
		"ubl": {
			{"</cbc:DocumentCurrencyCode>", `</cbc:DocumentCurrencyCode>
				<cac:AdditionalDocumentReference><cbc:ID schemeID="AFL">S-1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>
				<cac:AdditionalDocumentReference><cbc:ID schemeID="AVV">B1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>`},
			{"<cbc:ID>1.1</cbc:ID>", "<cbc:ID>1.1</cbc:ID><cbc:Note/><cbc:Note>Mate</cbc:Note><cbc:Note>#AAI#Lessivable</cbc:Note>"},
			{"</cac:BillingReference>\n    <cac:Item>\n      <cbc:Name>Peinture bleue", `</cac:BillingReference>
				<cac:DocumentReference><cbc:ID schemeID="AFL">S-1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>
				<cac:DocumentReference><cbc:ID schemeID="AVV">B1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>
				<cac:Item><cbc:Name>Peinture bleue`},
		},
		"cii": {
			{"<ram:ApplicableHeaderTradeAgreement/>", `<ram:ApplicableHeaderTradeAgreement>
				<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>S-1</ram:IssuerAssignedID><ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>AFL</ram:ReferenceTypeCode></ram:AdditionalReferencedDocument>
				<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>B1</ram:IssuerAssignedID><ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>AVV</ram:ReferenceTypeCode></ram:AdditionalReferencedDocument>
				</ram:ApplicableHeaderTradeAgreement>`},
			{"<ram:LineStatusReasonCode>DETAIL</ram:LineStatusReasonCode>", `<ram:LineStatusReasonCode>DETAIL</ram:LineStatusReasonCode>
				<ram:IncludedNote/><ram:IncludedNote><ram:Content>Mate</ram:Content></ram:IncludedNote>
				<ram:IncludedNote><ram:Content>Lessivable</ram:Content><ram:SubjectCode>AAI</ram:SubjectCode></ram:IncludedNote>`},
			{"<ram:Name>Peinture bleue</ram:Name></ram:SpecifiedTradeProduct>", `<ram:Name>Peinture bleue</ram:Name></ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeSettlement>
				<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>S-1</ram:IssuerAssignedID><ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>AFL</ram:ReferenceTypeCode></ram:AdditionalReferencedDocument>
				<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>B1</ram:IssuerAssignedID><ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>AVV</ram:ReferenceTypeCode></ram:AdditionalReferencedDocument>
				</ram:SpecifiedLineTradeSettlement>`},
		},
	}
	for _, s := range syntaxes {
		t.Run(s.name, func(t *testing.T) {
			result, violations := s.transform(t, extended(t, s.name, "extended.xml", edits[s.name]...))
			if len(violations) > 0 || len(result.Ignored) > 0 {
				t.Fatalf("%v, ignored: %v", violations, result.Ignored)
			}
			doc := result.Parts[0].Doc
			for pointer, want := range map[string]string{
				"/invoicedObject/id": "S-1", "/otherInvoicedObjects/0/id": "B1", "/otherInvoicedObjects/0/scheme": "AVV",
				"/lines/1/object/id": "S-1", "/lines/1/otherObjects/0/id": "B1", "/lines/1/otherObjects/0/scheme": "AVV",
				"/lines/1/note": "Mate", "/lines/1/noteSubjectCode": "", "/lines/1/otherNotes/0/text": "Lessivable", "/lines/1/otherNotes/0/subjectCode": "AAI",
				"/lines/1/parent": "1", "/lines/1/subtype": "DETAIL",
			} {
				if got := doc.Lookup(pointer).Text(); got != want {
					t.Errorf("%s is %q, want %q", pointer, got, want)
				}
			}
			written, losses := s.Write(doc)
			if again := s.read(t, written); len(losses) > 0 || again == nil || !bytes.Equal(again.AppendJSON(nil), doc.AppendJSON(nil)) {
				t.Errorf("written again: losses %v\n%s", losses, written)
			}

			_, violations = s.transform(t, extended(t, s.name, "extended.xml", append(edits[s.name], ofAnotherProfile)...))
			var repeated []string
			for _, v := range violations {
				repeated = append(repeated, v.Code+" "+v.Term)
			}
			slices.Sort(repeated)
			if diff := cmp.Diff([]string{"repeated_element BT-127", "repeated_element BT-128", "repeated_element BT-18"}, slices.Compact(repeated)); diff != "" {
				t.Errorf("of another profile: %s", diff)
			}
		})
	}
}

// In CII an invoice of the profile may have several discounts on a price, which are kept; UBL has one.
func TestSeveralDiscountsOnPrice(t *testing.T) {
	second := edit{"</ram:AppliedTradeAllowanceCharge>", `</ram:AppliedTradeAllowanceCharge>
		<ram:AppliedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator></ram:ChargeIndicator>
		<ram:ActualAmount>0.50</ram:ActualAmount><ram:ReasonCode>100</ram:ReasonCode><ram:Reason>Fidélité</ram:Reason></ram:AppliedTradeAllowanceCharge>`}
	inUBL, inCII := syntaxes[0], syntaxes[1]
	doc := inCII.read(t, extended(t, "cii", "extended-terms.xml", second))
	if doc == nil {
		t.Fatal("refused")
	}
	const other = "/lines/0/price/otherDiscounts/0/"
	if amount, reason := doc.Lookup(other+"amount").Text(), doc.Lookup(other+"reason").Text(); amount != "0.50" || reason != "Fidélité" {
		t.Errorf("the second discount is %q for %q", amount, reason)
	}
	if losses, fault := converted(t, doc, inCII); len(losses) > 0 || fault != "" {
		t.Errorf("losses %v; %s", losses, fault)
	}
	losses, fault := converted(t, doc, inUBL)
	if diff := cmp.Diff([]string{other + "amount", other + "reason", other + "reasonCode", "/lines/0/statusCode"}, losses); diff != "" || fault != "" {
		t.Errorf("%s; %s", diff, fault)
	}
	_, violations := inCII.transform(t, extended(t, "cii", "extended-terms.xml", second, ofAnotherProfile))
	if len(violations) != 1 || violations[0].Code != "repeated_element" || violations[0].Term != "BT-147" {
		t.Errorf("of another profile: %v", violations)
	}
}

// Only an invoice that says that it follows the profile has its terms: in any other they are ignored, and none is refused.
func TestExtendedTermsOfAnotherProfile(t *testing.T) {
	for _, s := range syntaxes {
		of, _ := s.transform(t, extended(t, s.name, "extended-terms.xml"))
		plain, violations := s.transform(t, extended(t, s.name, "extended-terms.xml", ofAnotherProfile))
		if len(violations) > 0 || len(of.Ignored) > 0 || len(plain.Ignored) < 130 {
			t.Errorf("%s: %v, ignored: %v", s.name, violations, plain.Ignored)
		}
		for _, pointer := range []string{
			"/sellerAgent", "/invoicer", "/buyerAgent", "/invoicee", "/payer", "/payee/address", "/deliveryTerms", "/vatExchangeRate", "/precedingInvoices/0/typeCode",
			"/allowances/0/exemptionReason", "/charges/0/exemptionReasonCode",
			"/lines/0/subtype", "/lines/0/noteSubjectCode", "/lines/0/purchaseOrderReference", "/lines/0/salesOrderLine", "/lines/0/receivingAdviceLine",
			"/lines/0/precedingInvoices", "/lines/0/totals", "/lines/0/delivery", "/lines/0/seller", "/lines/0/vat/exemptionReason", "/lines/0/price/discountReason",
		} {
			if plain.Parts[0].Doc.Lookup(pointer).Exists() || !of.Parts[0].Doc.Lookup(pointer).Exists() {
				t.Errorf("%s: %s is not where it should be", s.name, pointer)
			}
		}
	}
}

// What the profile has once and an invoice repeats is refused, under its term or that of its group.
func TestExtendedTermsTwice(t *testing.T) {
	for name, c := range map[string]struct {
		syntax, file string
		edit         edit
		code, term   string
	}{
		"two invoicers in UBL": {"ubl", "extended-terms.xml", edit{"<cac:ServiceProviderParty>", "<cac:ServiceProviderParty><cac:Party/></cac:ServiceProviderParty><cac:ServiceProviderParty>"},
			"repeated_element", "EXT-FR-FE-BG-05"},
		"two invoicers in CII":  {"cii", "extended-terms.xml", edit{"<ram:InvoicerTradeParty>", "<ram:InvoicerTradeParty/><ram:InvoicerTradeParty>"}, "repeated_element", "EXT-FR-FE-BG-05"},
		"two deliveries in UBL": {"ubl", "extended-terms.xml", edit{"    <cac:Delivery>", "    <cac:Delivery/><cac:Delivery>"}, "repeated_element", "EXT-FR-FE-BG-10"},
		"two deliveries in CII": {"cii", "extended-terms.xml", edit{"<ram:ShipToTradeParty>", "<ram:ShipToTradeParty/><ram:ShipToTradeParty>"}, "repeated_element", "EXT-FR-FE-BG-10"},
		"two orders in UBL": {"ubl", "extended-terms.xml", edit{"<cac:DespatchLineReference>", "<cac:OrderLineReference><cac:OrderReference><cbc:ID>A</cbc:ID></cac:OrderReference></cac:OrderLineReference><cac:DespatchLineReference>"},
			"repeated_element", "EXT-FR-FE-135"},
		"two sales orders in CII": {"cii", "extended-terms.xml", edit{"<ram:BuyerOrderReferencedDocument>", "<ram:SellerOrderReferencedDocument/><ram:BuyerOrderReferencedDocument>"}, "repeated_element", "EXT-FR-FE-144"},
		"two rates in UBL":        {"ubl", "extended-terms.xml", edit{"<cac:TaxExchangeRate>", "<cac:TaxExchangeRate/><cac:TaxExchangeRate>"}, "repeated_element", "BT-6"},
		"two rates in CII": {"cii", "extended-terms.xml", edit{"<ram:TaxApplicableTradeCurrencyExchange>", "<ram:TaxApplicableTradeCurrencyExchange/><ram:TaxApplicableTradeCurrencyExchange>"},
			"repeated_element", "BT-6"},
		"another currency in UBL": {"ubl", "extended-terms.xml", edit{`TaxAmount currencyID="CHF"`, `TaxAmount currencyID="USD"`}, "currency_mismatch", "EXT-FR-FE-181"},
		"another currency in CII": {"cii", "extended-terms.xml", edit{`TaxTotalAmount currencyID="EUR"`, `TaxTotalAmount currencyID="USD"`}, "currency_mismatch", "EXT-FR-FE-182"},
		// Of two references to its own invoice neither is chosen.
		"two references of a line to its own invoice": {"ubl", "extended.xml", edit{"<cac:BillingReferenceLine>",
			"</cac:BillingReference><cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>FA-26-0013</cbc:ID></cac:InvoiceDocumentReference><cac:BillingReferenceLine>"},
			"repeated_element", "EXT-FR-FE-163"},
	} {
		for _, s := range syntaxes {
			if s.name != c.syntax {
				continue
			}
			if _, violations := s.transform(t, extended(t, s.name, c.file, c.edit)); len(violations) != 1 || violations[0].Code != c.code || violations[0].Term != c.term {
				t.Errorf("%s: %v", name, violations)
			}
		}
	}
}

// What only an invoice of the profile can say is lost in any other; and in one of the profile what a syntax has no place for, or
// would say otherwise than it is meant: a payer without means of payment, a line that refers to its own invoice as a preceding
// one, an order or an advice without its line.
func TestExtendedLosses(t *testing.T) {
	const (
		members = `"number": "N", "typeCode": "380", "payee": {"name": "P", "role": "R"}, "payer": {"name": "Y"}, "sellerAgent": {"name": "A"}, "deliveryTerms": {"code": "DAP"},
			"vatExchangeRate": {"from": "CHF", "to": "EUR", "date": "2026-10-02"},
			"lines": [{"noteSubjectCode": "AAI", "otherNotes": [{"text": "T"}], "statusCode": "NEW", "subtype": "GROUP", "vat": {"category": "E", "exemptionReason": "F"}, "totals": {"withVat": "2"},
				"seller": {"name": "S"}, "delivery": {"date": "2026-10-02"}, "precedingInvoices": [{"number": "N"}, {"number": "M", "typeCode": "380"}],
				"price": {"net": "1", "discount": "1", "gross": "2", "discountReasonCode": "95"}},
				{"purchaseOrderReference": "O", "salesOrderLine": "1", "receivingAdviceReference": "R", "despatchAdviceLine": "2"}]`
		plain = `{"kind": "invoice", ` + members + `}`
		own   = `{"kind": "invoice", "process": {"specification": "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"}, ` + members + `}`
	)
	all := []string{
		"/payee/role", "/payer/name", "/sellerAgent/name", "/deliveryTerms/code", "/vatExchangeRate/from", "/vatExchangeRate/to", "/vatExchangeRate/date",
		"/lines/0/noteSubjectCode", "/lines/0/otherNotes/0/text", "/lines/0/statusCode", "/lines/0/subtype", "/lines/0/vat/exemptionReason", "/lines/0/totals/withVat",
		"/lines/0/seller/name", "/lines/0/delivery/date", "/lines/0/precedingInvoices/0/number", "/lines/0/precedingInvoices/1/number", "/lines/0/precedingInvoices/1/typeCode",
		"/lines/0/price/discountReasonCode", "/lines/1/purchaseOrderReference", "/lines/1/salesOrderLine", "/lines/1/receivingAdviceReference", "/lines/1/despatchAdviceLine",
	}
	for _, c := range []struct {
		text     string
		ubl, cii []string
	}{
		{plain, all, all},
		{
			own,
			[]string{"/payer/name", "/lines/0/statusCode", "/lines/0/precedingInvoices/0/number", "/lines/1/purchaseOrderReference", "/lines/1/salesOrderLine", "/lines/1/receivingAdviceReference"},
			[]string{"/vatExchangeRate/from", "/vatExchangeRate/to", "/vatExchangeRate/date"}, // a rate without its number
		},
	} {
		doc, fault := jsondoc.Parse([]byte(c.text))
		if fault != nil {
			t.Fatal(fault.EN)
		}
		for i, want := range [][]string{c.ubl, c.cii} {
			xml, losses := syntaxes[i].Write(doc)
			if diff := cmp.Diff(want, losses); diff != "" {
				t.Errorf("%s: %s\n%s", syntaxes[i].name, diff, xml)
			}
		}
	}
}
