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
