package rules

import (
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// A rule that looks for an element wherever it stands says which term of the standard it found, and finds it where the
// standard has none.
func TestTermsOfElementsAnywhere(t *testing.T) {
	const party = `<cac:Party><cac:PartyTaxScheme><cbc:CompanyID>109</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party>`
	tests := []struct{ name, inside, rule, term string }{
		{"seller", "<cac:AccountingSupplierParty>" + party + "</cac:AccountingSupplierParty>", "BR-CO-09", "BT-31"},
		{"buyer", "<cac:AccountingCustomerParty>" + party + "</cac:AccountingCustomerParty>", "BR-CO-09", "BT-48"},
		{"breakdown", "<cac:TaxTotal><cac:TaxSubtotal/></cac:TaxTotal>", "BR-48", "BT-119"},
		{"breakdown of a line", "<cac:InvoiceLine><cac:TaxTotal><cac:TaxSubtotal/></cac:TaxTotal></cac:InvoiceLine>", "BR-48", "BT-119"},
		{"means of payment", "<cac:PaymentMeans/>", "BR-49", "BT-81"},
		{"means of payment of an allowance", "<cac:AllowanceCharge><cac:PaymentMeans/></cac:AllowanceCharge>", "BR-49", "BT-81"},
		{"preceding invoice of a line", "<cac:InvoiceLine><cac:BillingReference/></cac:InvoiceLine>", "BR-55", "BT-25"},
	}
	pack := []*Pack{shippedPack(t)}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, refused := xmldoc.Parse([]byte(`<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"` +
				` xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"` +
				` xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">` + test.inside + `</Invoice>`))
			if refused != nil {
				t.Fatal(refused.EN)
			}
			places := 0
			for _, v := range Check(Subject{XML: doc.Root()}, pack) {
				if v.Code != test.rule {
					continue
				}
				if places++; v.Term != test.term {
					t.Errorf("%s names %s, not %s", v.Code, v.Term, test.term)
				}
			}
			if places != 1 {
				t.Errorf("%s fires at %d places, not at one", test.rule, places)
			}
		})
	}
}
