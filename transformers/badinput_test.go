package transformers_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cdar"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/decp"
	"github.com/commande-publique/passerelle/transformers/espd"
	"github.com/commande-publique/passerelle/transformers/facturx"
	"github.com/commande-publique/passerelle/transformers/pivot"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

func registry() *transformers.Registry {
	hybrid := facturx.New(cii.Transformer{})
	return transformers.NewRegistry(transformers.Limits{}, hybrid, ubl.Transformer{}, cii.Transformer{},
		pivot.New(transformers.Limits{}, hybrid, ubl.Transformer{}, cii.Transformer{}), cdar.Transformer{}, espd.New(), decp.New())
}

const (
	ublNamespaces = `xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" ` +
		`xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"`
	ublInvoice  = `<Invoice ` + ublNamespaces + `><cbc:ID>F1</cbc:ID></Invoice>`
	ublCredit   = `<CreditNote xmlns="urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"/>`
	pivotFile   = `<CPPFacturePivot><CPPFactures><CPPFacturePivotUnitaire><DonneesFacture><Type>381</Type></DonneesFacture></CPPFacturePivotUnitaire></CPPFactures></CPPFacturePivot>`
	cdarStatus  = `<CrossDomainAcknowledgementAndResponse xmlns="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"/>`
	ciiInvoice  = `<CrossIndustryInvoice xmlns="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>`
	espdRequest = `<QualificationApplicationRequest xmlns="urn:oasis:names:specification:ubl:schema:xsd:QualificationApplicationRequest-2" ` +
		`xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:ProfileExecutionID>ESPD-EDMv4.1.0</cbc:ProfileExecutionID></QualificationApplicationRequest>`
	decpContract = `{"marches":{"marche":[{"id":"1","acheteur":{"id":"12345678901234"}}]}}`
	declaration  = `<?xml version="1.0" encoding="UTF-8"?>`
)

func repeat(s string, n int) string { return strings.Repeat(s, n) }

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="v"`, i)
	}
	return b.String()
}

// noise returns n random bytes that are not the start of anything.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(random.Uint32())
	}
	out[0] = 0x9c
	return string(out)
}

// The bad inputs that parsing and recognition refuse. The codes are part of the contract with operators.
func TestBadInputs(t *testing.T) {
	deepXML := `<Invoice ` + ublNamespaces + `>` + repeat("<cbc:ID>", 10_000) + repeat("</cbc:ID>", 10_000) + `</Invoice>`
	tests := []struct{ name, in, code string }{
		{"empty value", "", "empty_document"},
		{"blanks only", " \r\n\t ", "empty_document"},
		{"byte-order mark only", "\ufeff", "empty_document"},
		{"byte-order mark and blanks", "\ufeff \n", "empty_document"},
		{"random bytes", noise(4096), "unknown_format"},
		{"a megabyte of random bytes", noise(1 << 20), "unknown_format"},
		{"NUL bytes", "\x00\x00\x00\x00", "unknown_format"},
		{"text", "Bonjour, veuillez trouver la facture ci-jointe.", "unknown_format"},
		{"text that starts with a digit", "12 rue de la Paix", "unknown_format"},
		{"CSV", "id;montant\n1;12,50\n", "unknown_format"},
		{"YAML", "kind: invoice\n", "unknown_format"},
		{"JSON lines of words", "NaN", "unknown_format"},
		{"an amount with a comma", "12,50", "unknown_format"},
		{"truncated XML", ublInvoice[:len(ublInvoice)-20], "xml_truncated"},
		{"truncated in the declaration", `<?xml version="1.0"`, "xml_truncated"},
		{"XML with DOCTYPE", declaration + `<!DOCTYPE Invoice>` + ublInvoice, "xml_doctype"},
		{"external entity", `<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]><Invoice>&x;</Invoice>`, "xml_doctype"},
		{"external DTD", `<!DOCTYPE Invoice SYSTEM "http://example.org/x.dtd">` + ublInvoice, "xml_doctype"},
		{"billion laughs", `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><l>&c;</l>`, "xml_doctype"},
		{"undeclared entity", `<Invoice>&x;</Invoice>`, "xml_entity"},
		{"10,000 nested elements", deepXML, "xml_depth"},
		{"200,000 open elements", repeat("<a>", 200_000), "xml_depth"},
		{"1 MB attribute", `<Invoice a="` + repeat("x", 1<<20) + `"/>`, "xml_attribute_length"},
		{"50,000 attributes", "<Invoice" + manyAttributes(50_000) + "/>", "xml_attributes"},
		{"an attribute twice", `<Invoice a="1" a="2"/>`, "xml_duplicate_attribute"},
		{"an attribute twice through namespaces", `<Invoice xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"/>`, "xml_duplicate_attribute"},
		{"a million elements", "<Invoice>" + repeat("<a/>", 1_000_000) + "</Invoice>", "xml_elements"},
		{"undeclared prefix", `<Invoice><cbc:ID/></Invoice>`, "xml_prefix"},
		{"mismatched tags", `<Invoice><a></b></Invoice>`, "xml_mismatch"},
		{"invalid UTF-8", declaration + "<Invoice>\xff</Invoice>", "xml_utf8"},
		{"ISO-8859-1 that is not declared", declaration + "<Invoice>march\xe9</Invoice>", "xml_utf8"},
		{"a control character", "<Invoice>\x02</Invoice>", "xml_character"},
		{"a reference to a control character", "<Invoice>&#2;</Invoice>", "xml_character_reference"},
		{"unknown encoding", `<?xml version="1.0" encoding="KOI8-R"?><Invoice/>`, "xml_encoding"},
		{"UTF-16 declared and not true", `<?xml version="1.0" encoding="UTF-16"?><Invoice/>`, "xml_encoding"},
		{"UTF-16", "\xff\xfe<\x00a\x00/\x00>\x00", "xml_encoding"},
		{"UTF-16 without mark", "<\x00a\x00/\x00>\x00", "xml_encoding"},
		{"two XML roots", ublInvoice + ublInvoice, "xml_two_roots"},
		{"text after the root", ublInvoice + "\nfin", "xml_trailing_data"},
		{"declaration after a line break", "\n" + declaration + ublInvoice, "xml_instruction"},
		{"XML 1.1", `<?xml version="1.1"?><Invoice/>`, "xml_version"},
		{"unknown namespace", `<Order xmlns="urn:example:order"/>`, "unknown_format"},
		{"no namespace", `<Commande/>`, "unknown_format"},
		{"an invoice of an unknown namespace", `<Invoice xmlns="urn:example:invoice"/>`, "ubl_namespace"},
		{"HTML", "<!DOCTYPE html><html><body><p>Session expir&eacute;e<br></body></html>", "html_document"},
		{"HTML without DOCTYPE", "<HTML><p>x<br></HTML>", "html_document"},
		{"HTML behind a comment", "\ufeff<!-- x -->\n<html lang=fr>", "html_document"},
		{"XHTML", declaration + `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html xmlns="http://www.w3.org/1999/xhtml"/>`, "html_document"},
		{"XHTML with a prefix", `<h:html xmlns:h="http://www.w3.org/1999/xhtml"/>`, "html_document"},
		{"SOAP 1.1", `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + ublInvoice + `</s:Body></s:Envelope>`, "soap_envelope"},
		{"SOAP 1.2", `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></Envelope>`, "soap_envelope"},
		{"zip", "PK\x03\x04" + noise(200), "unsupported_archive"},
		{"empty zip", "PK\x05\x06" + repeat("\x00", 18), "unsupported_archive"},
		{"gzip", "\x1f\x8b\x08" + noise(200), "unsupported_archive"},
		{"an empty PDF", "%PDF-1.7\n%%EOF\n", "pdf_malformed"},
		{"20 MB of XML", declaration + "<Invoice>" + repeat("x", 20_000_000) + "</Invoice>", "document_too_large"},
		{"20 MB of blanks", repeat(" ", 20_000_000), "document_too_large"},
		{"20 MB of JSON", "[" + repeat("1,", 10_000_000) + "1]", "document_too_large"},
		{"JSON with duplicate keys", `{"marches":{},"marches":{}}`, "json_duplicate_key"},
		{"JSON with duplicate keys below", `{"marches":{"marche":[{"id":"1","id":"2"}]}}`, "json_duplicate_key"},
		{"trailing data", decpContract + decpContract, "json_trailing_data"},
		{"JSON lines", "{\"a\":1}\n{\"a\":2}\n", "json_trailing_data"},
		{"truncated JSON", decpContract[:len(decpContract)-3], "json_truncated"},
		{"depth 10,000", repeat("[", 10_000) + repeat("]", 10_000), "json_depth"},
		{"depth 10,000 of objects", repeat(`{"a":`, 10_000) + "1" + repeat("}", 10_000), "json_depth"},
		{"five million open arrays", repeat("[", 5_000_000), "json_depth"},
		{"number 1e1000001", `1e1000001`, "json_number_size"},
		{"amount 1e1000001", `{"marches":{"marche":[{"montant":1e1000001}]}}`, "json_number_size"},
		{"amount 1e400000", `{"montant":1e400000}`, "json_number_size"},
		{"a number of a megabyte", repeat("9", 1<<20), "json_number_size"},
		{"amount NaN", `{"montant":NaN}`, "json_word"},
		{"amount with a decimal comma", `{"montant":12,50}`, "json_syntax"},
		{"leading zero", `{"id":012}`, "json_number"},
		{"lone surrogate", `{"objet":"\ud800"}`, "json_surrogate"},
		{"lone surrogate as document", `"\udfff"`, "json_surrogate"},
		{"invalid UTF-8 in JSON", "{\"objet\":\"march\xe9\"}", "json_utf8"},
		{"control character in JSON", "{\"objet\":\"a\x00\"}", "json_control_character"},
		{"a million values", "[" + repeat("1,", 1_000_000) + "1]", "json_values"},
		{"[]", "[]", "unknown_format"},
		{"null", "null", "unknown_format"},
		{"12", "12", "unknown_format"},
		{"a JSON string", `"hello"`, "unknown_format"},
		{"an unknown object", `{"hello":"world"}`, "unknown_format"},
		{"an unknown kind", `{"kind":"order"}`, "unknown_format"},
		{"a kind that is no text", `{"kind":["invoice"]}`, "unknown_format"},
		{"an array of canonical documents", `[{"kind":"invoice"}]`, "unknown_format"},
	}
	r := registry()
	seen := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := []byte(tt.in)
			original := bytes.Clone(data)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, violations := r.Identify(data, transformers.Hints{})
			runtime.ReadMemStats(&after)
			require.Len(t, violations, 1)
			v := violations[0]
			assert.Equal(t, tt.code, v.Code, v.EN)
			assert.True(t, v.IsFatal())
			assert.NotEmpty(t, v.Remedy)
			assert.NotEmpty(t, v.RemedyEN)
			assert.NotContains(t, v.FR+v.EN, "%!")
			assert.Less(t, len(v.FR)+len(v.EN), 1200, "a message must not carry the document")
			assert.True(t, bytes.Equal(original, data), "the original bytes were changed")
			// Memory is bounded by the size of the document; 1 MiB is the floor of small ones.
			assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(max(8*len(data), 1<<20)))
		})
		seen[tt.code] = true
	}
	t.Logf("%d inputs, %d codes", len(tests), len(seen))
}

func codes(violations []violation.Violation) []string {
	var out []string
	for _, v := range violations {
		out = append(out, v.Code)
	}
	return out
}
