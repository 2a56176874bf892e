package app_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/violation"
)

// TestGroupedInvoice: an invoice whose lines are grouped is refused as one of EN 16931, and delivered when it says that it
// follows the French extended profile, whose rules judge it; a group whose amount is not that of its lines is refused.
func TestGroupedInvoice(t *testing.T) {
	gateway, list := app.Load("")
	require.Zero(t, list.Len())
	const (
		plain    = "urn:cen.eu:en16931:2017<"
		extended = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr<"
		line     = "  <cac:InvoiceLine>\n    <cbc:ID>1</cbc:ID>"
		group    = `<cac:InvoiceLine><cbc:ID>G</cbc:ID><cbc:LineExtensionAmount currencyID="EUR">900.00</cbc:LineExtensionAmount>` +
			`<cbc:TaxInclusiveLineExtensionAmount currencyID="EUR">1080.00</cbc:TaxInclusiveLineExtensionAmount>` +
			`<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>FA-2026-0418</cbc:ID><cbc:DocumentStatusCode>GROUP</cbc:DocumentStatusCode></cac:InvoiceDocumentReference></cac:BillingReference>` +
			`<cac:DocumentReference><cbc:ID schemeID="AFL">S-1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>` +
			`<cac:DocumentReference><cbc:ID schemeID="AVV">S1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>` +
			`<cac:Item><cbc:Name>Fournitures</cbc:Name></cac:Item></cac:InvoiceLine>`
		amount = "900.00</cbc:LineExtensionAmount>\n"
		parent = `<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>FA-2026-0418</cbc:ID><cbc:DocumentStatusCode>DETAIL</cbc:DocumentStatusCode></cac:InvoiceDocumentReference>` +
			`<cac:BillingReferenceLine><cbc:ID>G</cbc:ID></cac:BillingReferenceLine></cac:BillingReference>`
	)
	grouped := altered(t, string(example(t, "ubl-invoice.xml")), amount, amount+parent, line, group+line)
	for _, tt := range []struct {
		name, data string
		fatal      []string // where nothing refuses it, it is delivered
		packs      []string
	}{
		{"of EN 16931", grouped, []string{
			"BR-22", "BR-23", "BR-26", "BR-27", "BR-CO-04", "BR-CO-10", "UBL-SR-48", "UBL-SR-52", "repeated_element", "structure_unknown_element",
		}, nil},
		{"of the extended profile", altered(t, grouped, plain, extended), nil, []string{"extended-ctc-fr", "fr-ctc", "fr-b2g"}},
		{"with a group of another amount", altered(t, grouped, plain, extended, `"EUR">900.00</cbc:LineExtensionAmount><cbc:Tax`, `"EUR">901.00</cbc:LineExtensionAmount><cbc:Tax`), []string{"BR-FREXT-08"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, verdict := gateway.Judge("suppliers", []byte(tt.data))
			var fatal []string
			for _, v := range verdict.Violations {
				if v.IsFatal() && v.Severity != violation.NotVerified {
					fatal = append(fatal, v.Code)
				}
			}
			slices.Sort(fatal)
			assert.Equal(t, tt.fatal, slices.Compact(fatal))
			assert.Equal(t, tt.fatal == nil, verdict.Outcome() == pipeline.Delivered)
			if tt.packs != nil {
				assert.Equal(t, tt.packs, verdict.Parts[0].Profile.Packs)
			}
		})
	}
}
