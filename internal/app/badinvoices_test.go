package app_test

import (
	"bytes"
	"encoding/base64"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/pdfdoc/pdftest"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// altered returns a document with some of its texts changed; that each is there is checked, lest a case tests nothing.
func altered(t *testing.T, document string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, document, pairs[i])
		document = strings.Replace(document, pairs[i], pairs[i+1], 1)
	}
	return document
}

// badInvoice is an invoice that must be refused, and the codes of all its fatal violations, each once. Without codes it is
// delivered, with a warning of the code.
type badInvoice struct {
	name    string
	data    []byte
	fatal   []string
	warning string
}

func badInvoices(t *testing.T) []badInvoice {
	ubl, cii, pivot := string(example(t, "ubl-invoice.xml")), string(example(t, "cii-invoice.xml")), string(example(t, "pivot-invoice.xml"))
	const extended = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"

	inUBL := func(pairs ...string) []byte { return []byte(altered(t, ubl, pairs...)) }
	attached := func(content string) []byte {
		return inUBL("<cac:AccountingSupplierParty>", `<cac:AdditionalDocumentReference><cbc:ID>BL-1</cbc:ID><cac:Attachment>`+
			`<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="bl.pdf">`+content+`</cbc:EmbeddedDocumentBinaryObject>`+
			`</cac:Attachment></cac:AdditionalDocumentReference><cac:AccountingSupplierParty>`)
	}
	before, rest, _ := strings.Cut(pivot, "<Contenu>")
	_, after, found := strings.Cut(rest, "</Contenu>")
	require.True(t, found)
	inPivot := func(content string) []byte { return []byte(before + "<Contenu>" + content + "</Contenu>" + after) }

	facturX := func(name, xml string) pdftest.File {
		return pdftest.File{Name: name, Relationship: "Data", MediaType: "text#2Fxml", Data: []byte(xml)}
	}
	invoice := facturX("factur-x.xml", cii)
	inPDF := func(level string, files ...pdftest.File) []byte {
		var w pdftest.Writer
		return w.Table(w.Hybrid("Facture", pdftest.Metadata(level, "factur-x.xml"), files...), "")
	}
	var locked pdftest.Writer
	encrypted := locked.Table(locked.Hybrid("Facture", "", invoice), "/Encrypt 1 0 R")
	withoutLines := cutOut(t, cii, "<ram:IncludedSupplyChainTradeLineItem>", "<ram:ApplicableHeaderTradeAgreement>")
	partial := func(specification, process string) string {
		return altered(t, withoutLines, "<ram:ID>urn:cen.eu:en16931:2017</ram:ID>", "<ram:ID>"+specification+"</ram:ID>", "<ram:ID>S1</ram:ID>", "<ram:ID>"+process+"</ram:ID>",
			"\"0002\">999981731<", "\"0002\">99998173100014<") // the historic channel knows a supplier by its SIRET
	}

	// Amounts of 30 digits that add up exactly; in binary floating point a cent would not count. The framework is none of
	// France, which allows 19 digits.
	const net, vat, gross = "100000000000000000000000000000.00", "20000000000000000000000000000.00", "120000000000000000000000000000.00"
	long := func(payable string) []byte {
		oneLine := cutOut(t, ubl, "<cac:InvoiceLine>\n    <cbc:ID>2", "</Invoice>")
		return []byte(altered(t, cutOut(t, oneLine, "<cac:TaxSubtotal>\n      <cbc:TaxableAmount currencyID=\"EUR\">2268", "</cac:TaxTotal>"),
			">M1<", ">urn:example<", ">688.74<", ">"+vat+"<", ">2820.00<", ">"+net+"<", ">564.00<", ">"+vat+"<", ">5088.00<", ">"+net+"<", ">5088.00<", ">"+net+"<",
			">5776.74<", ">"+gross+"<", ">5776.74<", ">"+payable+"<", ">900.00<", ">"+net+"<", ">4.50<", ">500000000000000000000000000.00<"))
	}
	return []badInvoice{
		{name: "a PDF of 200 KB that inflates to 200 MB", data: pdftest.Bomb("factur-x.xml", 200), fatal: []string{"pdf_stream_size"}},
		{name: "an encrypted PDF", data: encrypted, fatal: []string{"pdf_encrypted"}},
		{name: "a PDF without attachment", data: inPDF("EN 16931"), fatal: []string{"facturx_no_attachment"}},
		{name: "a PDF with two invoices", data: inPDF("EN 16931", invoice, invoice), fatal: []string{"facturx_several_invoices"}},
		{name: "a PDF with an invoice of another name", data: inPDF("EN 16931", facturX("facture.xml", cii)), fatal: []string{"facturx_attachment_name"}},
		{name: "a PDF that ends in the middle", data: encrypted[:len(encrypted)/2], fatal: []string{"pdf_malformed"}},
		{name: "a PDF with a zip as invoice", data: inPDF("EN 16931", facturX("factur-x.xml", "PK\x03\x04")), fatal: []string{"unsupported_archive"}},
		{name: "a PDF with UBL as invoice", data: inPDF("EN 16931", facturX("factur-x.xml", ubl)), fatal: []string{"facturx_not_cii"}},
		{name: "a zip", data: []byte("PK\x03\x04\x14\x00\x00\x00"), fatal: []string{"unsupported_archive"}},
		{name: "a zip inside a pivot, as the invoice", data: inPivot(base64.StdEncoding.EncodeToString([]byte("PK\x03\x04"))), fatal: []string{"unsupported_archive"}},

		{name: "an attachment that is not base64 (UBL)", data: attached("a*b="), fatal: []string{"structure_value"}},
		{name: "an attachment that is not base64 (pivot)", data: inPivot("a*b="), fatal: []string{"pivot_base64"}},

		{name: "a million lines", data: []byte(altered(t, ubl, "</Invoice>", strings.Repeat("<cac:InvoiceLine/>", 1_000_000)+"</Invoice>")), fatal: []string{"document_too_large"}},
		{name: "a million lines, short", data: []byte(altered(t, ubl, "</Invoice>", strings.Repeat("<Ligne/>", 1_000_000)+"</Invoice>")), fatal: []string{"xml_elements"}},
		{name: "a million lines in a PDF", data: inPDF("EN 16931", facturX("factur-x.xml", altered(t, cii, "</rsm:CrossIndustryInvoice>", strings.Repeat("<L/>", 1_000_000)+"</rsm:CrossIndustryInvoice>"))), fatal: []string{"xml_elements"}},

		{name: "ISO-8859-1 that says UTF-8", data: inUBL("Atelier", "Ateli\xe9r"), fatal: []string{"xml_utf8"}},
		{name: "a charset that is not read", data: inUBL(`encoding="UTF-8"`, `encoding="KOI8-R"`), fatal: []string{"xml_encoding"}},
		{name: "UTF-16", data: utf16LE(ubl), fatal: []string{"xml_encoding"}},
		{name: "UTF-16 that is not", data: inUBL(`encoding="UTF-8"`, `encoding="UTF-16"`), fatal: []string{"xml_encoding"}},

		{name: "amounts of 30 digits, a cent wrong", data: long("120000000000000000000000000000.01"), fatal: []string{"BR-CO-16"}},
		{name: "an amount with a comma", data: inUBL(">688.74<", ">688,74<"), fatal: []string{"BR-FR-DEC-01_BT-110"}},
		{name: "30 February (UBL)", data: inUBL("2026-10-02", "2026-02-30"), fatal: []string{"BR-FR-03_BT-2"}},
		{name: "30 February (CII)", data: []byte(altered(t, cii, `<udt:DateTimeString format="102">20261005`, `<udt:DateTimeString format="102">20260230`)), fatal: []string{"BR-FR-03_BT-2"}},
		{name: "an unknown VAT category", data: inUBL("<cac:TaxCategory>\n        <cbc:ID>S<", "<cac:TaxCategory>\n        <cbc:ID>X<"), fatal: []string{"BR-CL-17", "BR-FR-15_BT-118"}},

		{name: "XMP and BT-24 of two profiles", data: inPDF("EXTENDED", invoice), fatal: []string{"facturx_profile_mismatch"}},
		{name: "BT-23 and BT-24 of two channels", data: inUBL(">urn:cen.eu:en16931:2017<", ">"+extended+"<", ">M1<", ">A1<"), fatal: []string{"profile_contradiction"}},
		{name: "an AFNOR framework on a profile without lines", data: inPDF("MINIMUM", facturX("factur-x.xml", partial("urn:factur-x.eu:1p0:minimum", "S1"))), fatal: []string{"profile_contradiction"}},
		{name: "a pivot that contradicts its invoice", data: []byte(altered(t, pivot, "<Id>FA-2026-0418<", "<Id>FA-2026-0419<")), fatal: []string{"pivot_contradiction"}},

		{name: "Factur-X MINIMUM, a part of an invoice", data: inPDF("MINIMUM", facturX("factur-x.xml", partial("urn:factur-x.eu:1p0:minimum", "A1"))), warning: "facturx_partial"},
		{name: "Factur-X BASIC WL, a part of an invoice", data: inPDF("BASIC WL", facturX("factur-x.xml", partial("urn:factur-x.eu:1p0:basicwl", "A1"))), warning: "facturx_partial"},
		{name: "the data of MINIMUM without their PDF", data: []byte(partial("urn:factur-x.eu:1p0:minimum", "A1")), fatal: []string{"facturx_partial"}},
		{name: "an invoice of EN 16931 without lines", data: []byte(withoutLines), fatal: []string{"BR-16", "BR-S-08", "BR-CO-10"}},
	}
}

// cutOut removes what lies from one text up to another.
func cutOut(t *testing.T, document, from, to string) string {
	t.Helper()
	start := strings.Index(document, from)
	require.NotEqual(t, -1, start, from)
	length := strings.Index(document[start:], to)
	require.NotEqual(t, -1, length, to)
	return document[:start] + document[start+length:]
}

func utf16LE(text string) []byte {
	out := []byte("\xff\xfe")
	for _, c := range []byte(text) {
		out = append(out, c, 0)
	}
	return out
}

// TestBadInvoices is the list of what goes wrong with invoices: each has a verdict of its own, with what to do about it,
// and costs no more than a few documents of the largest size.
func TestBadInvoices(t *testing.T) {
	gateway, list := app.Load("")
	require.Zero(t, list.Len())
	for _, tt := range badInvoices(t) {
		t.Run(tt.name, func(t *testing.T) {
			original := bytes.Clone(tt.data)
			var start, end runtime.MemStats
			runtime.ReadMemStats(&start)
			_, verdict := gateway.Judge("suppliers", tt.data)
			runtime.ReadMemStats(&end)
			assert.True(t, bytes.Equal(original, tt.data), "the original bytes were changed")
			assert.LessOrEqual(t, end.TotalAlloc-start.TotalAlloc, uint64(8*transformers.DefaultDocumentBytes+10*len(tt.data)))

			var fatal, warnings []string
			for _, v := range verdict.Violations {
				assert.NotContains(t, v.FR+v.EN, "%!")
				assert.NotEmpty(t, v.Remedy)
				assert.NotEmpty(t, v.RemedyEN)
				switch {
				case v.Severity == violation.NotVerified: // there is no directory
				case !v.IsFatal():
					warnings = append(warnings, v.Code)
				case !slices.Contains(fatal, v.Code):
					fatal = append(fatal, v.Code)
				}
			}
			assert.Equal(t, tt.fatal, fatal)
			if tt.fatal != nil {
				assert.Equal(t, pipeline.DeadLetter, verdict.Outcome())
				return
			}
			assert.Equal(t, pipeline.Delivered, verdict.Outcome())
			assert.Equal(t, []string{tt.warning}, warnings)
			assert.NotEmpty(t, verdict.Parts[0].Profile.Name)
		})
	}
}
