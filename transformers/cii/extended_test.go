package cii_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// An invoice of the French extended profile may have several invoiced objects where EN 16931 has one, and lines that belong
// to others; what was read is written again.
func TestExtendedProfile(t *testing.T) {
	const object = `<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>S-1</ram:IssuerAssignedID><ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>AFL</ram:ReferenceTypeCode></ram:AdditionalReferencedDocument>`
	two := object + strings.NewReplacer("AFL", "AVV", "S-1", "B1").Replace(object)
	const product = "<ram:Name>Peinture bleue</ram:Name></ram:SpecifiedTradeProduct>"
	data := string(formattest.File(t, "testdata/extended.xml"))
	data = strings.Replace(data, product, product+"<ram:SpecifiedLineTradeSettlement>"+two+"</ram:SpecifiedLineTradeSettlement>", 1)
	data = strings.Replace(data, "<ram:ApplicableHeaderTradeAgreement/>", "<ram:ApplicableHeaderTradeAgreement>"+two+"</ram:ApplicableHeaderTradeAgreement>", 1)
	result, violations := transform(t, []byte(data))
	if len(violations) > 0 || len(result.Ignored) > 0 {
		t.Fatalf("%v, ignored: %v", violations, result.Ignored)
	}
	doc := result.Parts[0].Doc
	for pointer, want := range map[string]string{
		"/invoicedObject/id": "S-1", "/otherInvoicedObjects/0/id": "B1", "/lines/1/object/id": "S-1",
		"/lines/1/otherObjects/0/id": "B1", "/lines/1/otherObjects/0/scheme": "AVV", "/lines/1/parent": "1", "/lines/1/subtype": "DETAIL",
	} {
		if got := doc.Lookup(pointer).Text(); got != want {
			t.Errorf("%s is %q, want %q", pointer, got, want)
		}
	}
	written, losses := cii.Transformer{}.Write(doc)
	again, violations := transform(t, written)
	if len(losses) > 0 || len(violations) > 0 || !bytes.Equal(again.Parts[0].Doc.AppendJSON(nil), doc.AppendJSON(nil)) {
		t.Errorf("written again: losses %v, %v\n%s", losses, violations, written)
	}
	_, violations = transform(t, []byte(strings.Replace(data, "#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "", 1)))
	if len(violations) != 2 || violations[0].Code != "repeated_element" {
		t.Errorf("of another profile: %v", violations)
	}
}

// Only an invoice that says that it follows the profile has its terms: in any other they are ignored, and none is refused.
func TestExtendedTermsOfAnotherProfile(t *testing.T) {
	data := string(formattest.File(t, "testdata/extended-terms.xml"))
	extended, _ := transform(t, []byte(data))
	plain, violations := transform(t, []byte(strings.Replace(data, "#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "", 1)))
	if len(violations) > 0 || len(extended.Ignored) != 1 || len(plain.Ignored) < 120 {
		t.Errorf("%v, ignored: %v", violations, plain.Ignored)
	}
	for _, pointer := range []string{
		"/sellerAgent", "/invoicer", "/buyerAgent", "/invoicee", "/payer", "/payee/address", "/deliveryTerms", "/precedingInvoices/0/typeCode",
		"/lines/0/subtype", "/lines/0/precedingInvoices", "/lines/0/totals", "/lines/0/delivery", "/lines/0/seller", "/lines/0/vat/exemptionReason",
	} {
		if plain.Parts[0].Doc.Lookup(pointer).Exists() || !extended.Parts[0].Doc.Lookup(pointer).Exists() {
			t.Errorf("%s is not where it should be", pointer)
		}
	}
}

// What the profile has once and an invoice repeats is refused under the term of the group.
func TestExtendedTermsTwice(t *testing.T) {
	data := string(formattest.File(t, "testdata/extended-terms.xml"))
	for name, c := range map[string]struct{ from, to, code, term string }{
		"two invoicers":    {"<ram:InvoicerTradeParty>", "<ram:InvoicerTradeParty/><ram:InvoicerTradeParty>", "repeated_element", "EXT-FR-FE-BG-05"},
		"two deliveries":   {"<ram:ShipToTradeParty>", "<ram:ShipToTradeParty/><ram:ShipToTradeParty>", "repeated_element", "EXT-FR-FE-BG-10"},
		"another currency": {`TaxTotalAmount currencyID="EUR"`, `TaxTotalAmount currencyID="USD"`, "currency_mismatch", "EXT-FR-FE-182"},
	} {
		_, violations := transform(t, []byte(strings.Replace(data, c.from, c.to, 1)))
		if len(violations) != 1 || violations[0].Code != c.code || violations[0].Term != c.term {
			t.Errorf("%s: %v", name, violations)
		}
	}
}
