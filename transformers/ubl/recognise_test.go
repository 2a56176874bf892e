package ubl_test

import (
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

func TestRecognise(t *testing.T) {
	const (
		schema = "urn:oasis:names:specification:ubl:schema:xsd:"
		cbc    = ` xmlns:cbc="` + schema + `CommonBasicComponents-2"`
	)
	tests := []struct {
		name, source string
		ok           bool
		kind         transformers.Kind
		version      string
		refused      string // code
	}{
		{"invoice", `<Invoice xmlns="` + schema + `Invoice-2"/>`, true, transformers.Invoice, "", ""},
		{"credit note", `<CreditNote xmlns="` + schema + `CreditNote-2"/>`, true, transformers.CreditNote, "", ""},
		{
			"version and a prefixed root",
			`<u:Invoice xmlns:u="` + schema + `Invoice-2"` + cbc + `><cbc:UBLVersionID>2.1</cbc:UBLVersionID></u:Invoice>`,
			true, transformers.Invoice, "2.1", "",
		},
		{"UBL 1.0", `<Invoice xmlns="` + schema + `Invoice-1.0"/>`, true, transformers.Invoice, "", "ubl_namespace"},
		{"UBL 3", `<Invoice xmlns="` + schema + `Invoice-3"/>`, true, transformers.Invoice, "", "ubl_namespace"},
		{"UBL 0.7", `<Invoice xmlns="urn:oasis:names:tc:ubl:Invoice:1.0:0.70"/>`, true, transformers.Invoice, "", "ubl_namespace"},
		{"no namespace", `<CreditNote/>`, true, transformers.CreditNote, "", "ubl_namespace"},
		{"another vocabulary", `<Invoice xmlns="urn:example:invoice"/>`, true, transformers.Invoice, "", "ubl_namespace"},
		{"root of the other kind", `<Invoice xmlns="` + schema + `CreditNote-2"/>`, true, transformers.Invoice, "", "ubl_namespace"},
		{"order", `<Order xmlns="` + schema + `Order-2"/>`, true, "", "", "ubl_document_type"},
		{
			"left to ESPD", `<QualificationApplicationRequest xmlns="` + schema + `QualificationApplicationRequest-2"/>`,
			false, "", "", "",
		},
		{"CII", `<CrossIndustryInvoice xmlns="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>`, false, "", "", ""},
		{"anything", `<html/>`, false, "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			id, refused, ok := ubl.Transformer{}.Recognise(parse(t, []byte(test.source)))
			if ok != test.ok || id.Kind != test.kind || id.Version != test.version {
				t.Errorf("got %+v, ok %v; want kind %q, version %q, ok %v", id, ok, test.kind, test.version, test.ok)
			}
			if ok != (id.Format == transformers.UBL) {
				t.Errorf("format %q, ok %v", id.Format, ok)
			}
			switch {
			case refused == nil:
				if test.refused != "" {
					t.Errorf("not refused, want %s", test.refused)
				}
			case refused.Code != test.refused:
				t.Errorf("refused with %s, want %q", refused.Code, test.refused)
			case refused.Source == "" || !refused.IsFatal() || strings.Contains(refused.FR+refused.EN, "%!"):
				t.Errorf("refused with %+v", refused)
			}
		})
	}
}

func TestRecogniseNoXML(t *testing.T) {
	if _, _, ok := (ubl.Transformer{}).Recognise(transformers.Content{JSON: document.New(nil, 0)}); ok {
		t.Error("a JSON document was recognised as UBL")
	}
}
