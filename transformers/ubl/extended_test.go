package ubl_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/transformers/formattest"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// An invoice of the French extended profile may have several invoiced objects where EN 16931 has one, and lines that refer
// to their own invoice; what was read is written again.
func TestExtendedProfile(t *testing.T) {
	const (
		object = `<cac:DocumentReference><cbc:ID schemeID="AFL">S-1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>`
		of     = "</cac:BillingReference>\n    <cac:Item>\n      <cbc:Name>Peinture bleue"
		header = `<cac:AdditionalDocumentReference><cbc:ID>O-1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>`
	)
	data := string(formattest.File(t, "testdata/extended.xml"))
	data = strings.Replace(data, of, strings.Replace(of, "<cac:Item>", object+strings.NewReplacer("AFL", "AVV", "S-1", "B1").Replace(object)+"<cac:Item>", 1), 1)
	data = strings.Replace(data, "</cbc:DocumentCurrencyCode>", "</cbc:DocumentCurrencyCode>"+header+strings.Replace(header, "O-1", "O-2", 1), 1)
	_, result, violations := transform(t, []byte(data))
	if len(violations) > 0 || len(result.Ignored) > 0 {
		t.Fatalf("%v, ignored: %v", violations, result.Ignored)
	}
	doc := result.Parts[0].Doc
	for pointer, want := range map[string]string{
		"/invoicedObject/id": "O-1", "/otherInvoicedObjects/0/id": "O-2", "/lines/1/object/id": "S-1",
		"/lines/1/otherObjects/0/id": "B1", "/lines/1/otherObjects/0/scheme": "AVV", "/lines/1/parent": "1", "/lines/1/subtype": "DETAIL",
	} {
		if got := doc.Lookup(pointer).Text(); got != want {
			t.Errorf("%s is %q, want %q", pointer, got, want)
		}
	}
	written, losses := ubl.Transformer{}.Write(doc)
	_, again, violations := transform(t, written)
	if len(losses) > 0 || len(violations) > 0 || !bytes.Equal(again.Parts[0].Doc.AppendJSON(nil), doc.AppendJSON(nil)) {
		t.Errorf("written again: losses %v, %v\n%s", losses, violations, written)
	}

	// For any other invoice there is one object, and a line that refers to its invoice says nothing by it.
	_, plain, violations := transform(t, []byte(strings.Replace(data, "#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "", 1)))
	if len(violations) != 2 || violations[0].Code != "repeated_element" || plain.Parts[0].Doc.Lookup("/lines/1/subtype").Exists() {
		t.Errorf("of another profile: %v", violations)
	}
	// Of two references to its own invoice neither is chosen.
	_, _, violations = transform(t, []byte(strings.Replace(data, "<cac:BillingReferenceLine>", "</cac:BillingReference><cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>FA-26-0013</cbc:ID></cac:InvoiceDocumentReference><cac:BillingReferenceLine>", 1)))
	if len(violations) != 1 || violations[0].Code != "repeated_element" || violations[0].Term != "EXT-FR-FE-163" {
		t.Errorf("two references of a line to its own invoice: %v", violations)
	}
}

// Only an invoice that says that it follows the profile has its terms: in any other they are ignored, and none is refused.
func TestExtendedTermsOfAnotherProfile(t *testing.T) {
	data := string(formattest.File(t, "testdata/extended-terms.xml"))
	_, extended, _ := transform(t, []byte(data))
	_, plain, violations := transform(t, []byte(strings.Replace(data, "#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "", 1)))
	if len(violations) > 0 || len(extended.Ignored) > 0 || len(plain.Ignored) < 120 {
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
		"two invoicers":    {"<cac:ServiceProviderParty>", "<cac:ServiceProviderParty><cac:Party/></cac:ServiceProviderParty><cac:ServiceProviderParty>", "repeated_element", "EXT-FR-FE-BG-05"},
		"two deliveries":   {"    <cac:Delivery>", "    <cac:Delivery/><cac:Delivery>", "repeated_element", "EXT-FR-FE-BG-10"},
		"another currency": {`TaxAmount currencyID="CHF"`, `TaxAmount currencyID="USD"`, "currency_mismatch", "EXT-FR-FE-181"},
	} {
		_, _, violations := transform(t, []byte(strings.Replace(data, c.from, c.to, 1)))
		if len(violations) != 1 || violations[0].Code != c.code || violations[0].Term != c.term {
			t.Errorf("%s: %v", name, violations)
		}
	}
}
