package facturx_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/pdfdoc/pdftest"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/facturx"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

func registry() *transformers.Registry {
	return transformers.NewRegistry(transformers.Limits{}, facturx.New(cii.Transformer{}), cii.Transformer{})
}

const (
	identifier = "urn:cen.eu:en16931:2017"
	factur     = identifier + "#conformant#urn:factur-x.eu:1p0:extended"
)

// xml returns a CII invoice with that specification identifier (BT-24).
func xml(specification string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
 <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>` + specification + `</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
 <rsm:ExchangedDocument><ram:ID>F1</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:Unknown>x</ram:Unknown></rsm:ExchangedDocument>
</rsm:CrossIndustryInvoice>`)
}

func invoice(name, specification string) pdftest.File {
	return pdftest.File{Name: name, Relationship: "Data", MediaType: "text#2Fxml", Data: xml(specification)}
}

func pdf(metadata string, files ...pdftest.File) []byte {
	var w pdftest.Writer
	return w.Table(w.Hybrid("Invoice", metadata, files...), "")
}

// read reads a document that is announced as a PDF.
func read(r *transformers.Registry, data []byte) (transformers.Identity, transformers.Result, []violation.Violation) {
	return formattest.Read(r, data, transformers.Hints{ContentType: "application/pdf"})
}

func TestPlaces(t *testing.T) {
	annex := pdftest.File{Name: "heures.pdf", MediaType: "application#2Fpdf", Data: []byte("annex")}
	identity, result, violations := read(registry(), pdf(pdftest.Metadata("EN 16931", "factur-x.xml"), invoice("factur-x.xml", identifier), annex))
	require.Empty(t, violations)
	assert.Equal(t, transformers.Identity{Format: transformers.FacturX, Version: "EN 16931", Kind: transformers.Invoice}, identity)
	require.Len(t, result.Parts, 1)
	source := result.Parts[0].Doc.Root().Get("number").Source()
	assert.Equal(t, "factur-x.xml#/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:ID", source.Path)
	assert.Equal(t, 4, source.Line)
	assert.Equal(t, []string{"factur-x.xml#/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:Unknown", "heures.pdf (application/pdf, 5)"}, result.Ignored)
}

func TestMarks(t *testing.T) {
	good := pdftest.Metadata("EN 16931", "factur-x.xml")
	with := func(file pdftest.File, relationship string) pdftest.File {
		file.Relationship = relationship
		return file
	}
	plain := invoice("factur-x.xml", identifier)
	minimum := invoice("factur-x.xml", "urn:factur-x.eu:1p0:minimum")
	tests := []struct {
		name     string
		metadata string
		files    []pdftest.File
		want     []string
	}{
		{"as it should be", good, []pdftest.File{plain}, nil},
		{"Alternative", good, []pdftest.File{with(plain, "Alternative")}, nil},
		{"Source", good, []pdftest.File{with(plain, "Source")}, nil},
		{"a profile of another generation", strings.Replace(pdftest.Metadata("BASIC", "zugferd-invoice.xml"), "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#", "urn:zugferd:pdfa:CrossIndustryDocument:invoice:2p0#", 1),
			[]pdftest.File{invoice("zugferd-invoice.xml", identifier+"#compliant#urn:zugferd.de:2p0:basic")}, nil},
		{"XRechnung", pdftest.Metadata("XRECHNUNG", "xrechnung.xml"), []pdftest.File{invoice("xrechnung.xml", identifier+"#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0")}, nil},
		{"the French reform", pdftest.Metadata("EXTENDED", "factur-x.xml"), []pdftest.File{invoice("factur-x.xml", identifier+"#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr")}, nil},
		{"a level written otherwise", pdftest.Metadata("en16931", "factur-x.xml"), []pdftest.File{plain}, nil},
		{"properties as attributes", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#" fx:DocumentType="INVOICE" fx:DocumentFileName="factur-x.xml" fx:Version="1.0" fx:ConformanceLevel="EXTENDED"/></rdf:RDF>`,
			[]pdftest.File{plain}, []string{"facturx_profile_mismatch"}},

		{"no attachment", good, nil, []string{"facturx_no_attachment"}},
		{"another name", good, []pdftest.File{invoice("invoice.xml", identifier)}, []string{"facturx_attachment_name"}},
		{"an order", good, []pdftest.File{invoice("order-x.xml", identifier)}, []string{"facturx_attachment_name"}},
		{"another case", good, []pdftest.File{invoice("Factur-X.XML", identifier)}, []string{"facturx_attachment_name: warning"}},
		{"two attachments", good, []pdftest.File{plain, plain}, []string{"facturx_several_invoices"}},
		{"two of two names", good, []pdftest.File{plain, invoice("zugferd-invoice.xml", identifier)}, []string{"facturx_several_invoices"}},
		{"metadata that name another attachment", pdftest.Metadata("EN 16931", "annex.xml"), []pdftest.File{plain, {Name: "annex.xml"}}, []string{"facturx_several_invoices"}},
		{"metadata that name nothing there is", pdftest.Metadata("EN 16931", "cii.xml"), []pdftest.File{plain}, []string{"facturx_metadata: warning"}},

		{"no relationship", good, []pdftest.File{with(plain, "")}, []string{"facturx_relationship: warning"}},
		{"an unknown relationship", good, []pdftest.File{with(plain, "Supplement")}, []string{"facturx_relationship: warning"}},
		{"MINIMUM", pdftest.Metadata("MINIMUM", "factur-x.xml"), []pdftest.File{minimum}, []string{"facturx_partial: warning"}},
		{"BASIC WL", pdftest.Metadata("BASIC WL", "factur-x.xml"), []pdftest.File{invoice("factur-x.xml", "urn:factur-x.eu:1p0:basicwl")}, []string{"facturx_partial: warning"}},
		{"MINIMUM is not all of the invoice", pdftest.Metadata("MINIMUM", "factur-x.xml"), []pdftest.File{with(minimum, "Alternative")}, []string{"facturx_partial: warning", "facturx_relationship: warning"}},

		{"more than it follows", pdftest.Metadata("EXTENDED", "factur-x.xml"), []pdftest.File{plain}, []string{"facturx_profile_mismatch"}},
		{"less than it follows", pdftest.Metadata("EN 16931", "factur-x.xml"), []pdftest.File{invoice("factur-x.xml", factur)}, []string{"facturx_profile_mismatch"}},
		{"two levels", strings.Replace(good, "</rdf:Description>", "<fx:ConformanceLevel>BASIC</fx:ConformanceLevel></rdf:Description>", 1), []pdftest.File{plain}, []string{"facturx_profile_mismatch"}},
		{"a profile of others", good, []pdftest.File{invoice("factur-x.xml", identifier+"#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0")}, []string{"facturx_profile_unknown: warning"}},
		{"no profile", good, []pdftest.File{invoice("factur-x.xml", "")}, []string{"facturx_profile_unknown: warning"}},
		{"metadata of an order", strings.Replace(good, ">INVOICE<", ">ORDER<", 1), []pdftest.File{plain}, []string{"facturx_document_type"}},
		{"an unknown version", strings.Replace(good, ">1.0<", ">9<", 1), []pdftest.File{plain}, []string{"facturx_metadata: warning"}},
		{"no metadata", "", []pdftest.File{plain}, []string{"facturx_metadata: warning"}},
		{"metadata without description", "<x/>", []pdftest.File{plain}, []string{"facturx_metadata: warning"}},
		{"a description of half", strings.Replace(good, "<fx:Version>1.0</fx:Version>", "", 1), []pdftest.File{plain}, []string{"facturx_metadata: warning"}},
		{"unreadable metadata", good[:200], []pdftest.File{plain}, []string{"facturx_metadata: warning"}},

		{"UBL inside", good, []pdftest.File{{Name: "factur-x.xml", Data: []byte(`<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>`)}}, []string{"facturx_not_cii"}},
		{"ZUGFeRD 1", good, []pdftest.File{{Name: "ZUGFeRD-invoice.xml", Data: []byte(`<CrossIndustryDocument xmlns="urn:ferd:CrossIndustryDocument:invoice:1p0"/>`)}}, []string{"unsupported_version"}},
		{"UTF-16 inside", good, []pdftest.File{{Name: "factur-x.xml", Data: []byte("\xff\xfe<\x00a\x00/\x00>\x00")}}, []string{"xml_encoding"}},
		{"another charset inside", good, []pdftest.File{{Name: "factur-x.xml", Data: []byte("<a>\xe9</a>")}}, []string{"xml_utf8"}},
		{"an entity inside", good, []pdftest.File{{Name: "factur-x.xml", Data: []byte(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`)}}, []string{"xml_doctype"}},
		{"a zip inside", good, []pdftest.File{{Name: "factur-x.xml", Data: []byte("PK\x03\x04")}}, []string{"unsupported_archive"}},
		{"nothing inside", good, []pdftest.File{{Name: "factur-x.xml"}}, []string{"empty_document"}},
		{"JSON inside", good, []pdftest.File{{Name: "factur-x.xml", Data: []byte("{}")}}, []string{"unknown_format"}},
		{"a million elements inside", good, []pdftest.File{{Name: "factur-x.xml", Data: []byte("<a>" + strings.Repeat("<b/>", 1_000_000) + "</a>")}}, []string{"xml_elements"}},
	}
	r := registry()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			identity, result, violations := read(r, pdf(tt.metadata, tt.files...))
			assert.Equal(t, tt.want, formattest.Codes(violations))
			for _, v := range violations {
				assert.NotContains(t, v.FR+v.EN, "%!")
				assert.NotEmpty(t, v.Remedy)
				assert.NotEmpty(t, v.RemedyEN)
			}
			if !violation.AnyFatal(violations) {
				assert.Equal(t, transformers.FacturX, identity.Format)
				assert.Len(t, result.Parts, 1)
			}
		})
	}
}

// The data of a PDF that is the invoice are no invoice without it; those of any other profile are one.
func TestDataWithoutPDF(t *testing.T) {
	for specification, want := range map[string][]string{
		"urn:factur-x.eu:1p0:minimum":                       {"facturx_partial"},
		"urn:zugferd.de:2p0:minimum":                        {"facturx_partial"},
		"urn:factur-x.eu:1p0:basicwl":                       {"facturx_partial"},
		"urn:zugferd.de:2p0:basicwl":                        {"facturx_partial"},
		identifier + "#compliant#urn:factur-x.eu:1p0:basic": nil,
		identifier: nil,
		factur:     nil,
		"":         nil,
	} {
		content, identity, violations := registry().Identify(xml(specification), transformers.Hints{})
		require.Empty(t, violations)
		_, violations = registry().Transform(content, identity)
		assert.Equal(t, want, formattest.Codes(violations), specification)

		_, _, hybrid := read(registry(), pdf("", invoice("factur-x.xml", specification)))
		assert.Equal(t, want != nil, slices.Contains(formattest.Codes(hybrid), "facturx_partial: warning"), specification)
	}
}

// A file of 200 KB whose invoice inflates to 200 MB costs the limit of a document, and no more.
func TestBomb(t *testing.T) {
	data := pdftest.Bomb("factur-x.xml", 200)
	r := registry()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	_, _, violations := read(r, data)
	t.Logf("%d KiB refused in %v", len(data)>>10, time.Since(start))
	runtime.ReadMemStats(&after)
	assert.Equal(t, []string{"pdf_stream_size"}, formattest.Codes(violations))
	assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(formattest.Slack*4*transformers.DefaultDocumentBytes))
}

// The original bytes stay as they came, and blanks before a PDF do no harm.
func TestLeadingBlanks(t *testing.T) {
	data := append([]byte("\r\n"), pdf(pdftest.Metadata("EN 16931", "factur-x.xml"), invoice("factur-x.xml", identifier))...)
	original := bytes.Clone(data)
	_, _, violations := read(registry(), data)
	assert.Empty(t, violations)
	assert.Equal(t, original, data)
}

// The example is what a supplier sends: the CII example as Factur-X.
func TestExample(t *testing.T) {
	const page = "Facture / invoice FA-2026-0420\n\nThe data of this invoice are in the attachment factur-x.xml.\n"
	inside, err := os.ReadFile("../../examples/documents/cii-invoice.xml")
	require.NoError(t, err)
	var w pdftest.Writer
	want := w.Table(w.Hybrid(page, pdftest.Metadata("EN 16931", "factur-x.xml"), pdftest.File{
		Name: "factur-x.xml", MediaType: "text#2Fxml", Relationship: "Alternative", Data: inside,
	}), "")
	const path = "../../examples/documents/facturx-invoice.pdf"
	if formattest.Updating() {
		require.NoError(t, os.WriteFile(path, want, 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	content, identity, violations := registry().Identify(inside, transformers.Hints{})
	require.Empty(t, violations)
	alone, violations := registry().Transform(content, identity)
	require.Empty(t, violations)
	_, hybrid, violations := read(registry(), got)
	require.Empty(t, violations)
	assert.Equal(t, string(alone.Parts[0].Doc.AppendJSON(nil)), string(hybrid.Parts[0].Doc.AppendJSON(nil)))
	assert.Equal(t, alone.Key, hybrid.Key)
}

// What the invoices of the corpus become, as counts and codes.
func TestCorpus(t *testing.T) {
	r := registry()
	var lines strings.Builder
	for _, path := range formattest.Corpus(t, "facturx/*.pdf") {
		identity, result, violations := read(r, formattest.File(t, path))
		values := 0
		for _, part := range result.Parts {
			values += part.Doc.Len()
		}
		list, err := json.Marshal(formattest.Codes(violations))
		require.NoError(t, err)
		fmt.Fprintf(&lines, "%s: %s, %s, %d values, %d ignored, %s\n", filepath.Base(path), identity.Kind, identity.Version, values, len(result.Ignored), list)
	}
	formattest.Golden(t, "testdata/corpus.golden", lines.String())
}

func BenchmarkFacturX(b *testing.B) {
	data, err := os.ReadFile("../../examples/documents/facturx-invoice.pdf")
	require.NoError(b, err)
	documents := map[string][]byte{"example": data}
	if dir := os.Getenv("CORPUS"); dir != "" {
		documents["corpus"], err = os.ReadFile(filepath.Join(dir, "facturx", "EN16931_Rabatte.pdf"))
		require.NoError(b, err)
	}
	r := registry()
	for name, data := range documents {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, violations := read(r, data); len(violations) > 0 {
					b.Fatal(violations)
				}
			}
		})
	}
}

func FuzzFacturX(f *testing.F) {
	f.Add(pdf(pdftest.Metadata("EN 16931", "factur-x.xml"), invoice("factur-x.xml", identifier)))
	f.Add(pdf("<x/>", invoice("Factur-X.xml", ""), pdftest.File{Name: "x"}))
	f.Add(pdf(""))
	var plain pdftest.Writer // not deflated, so that changes reach the XML and do not end at its checksum
	plain.Stream("", xml(identifier))
	plain.Stream("", []byte(pdftest.Metadata("EN 16931", "factur-x.xml")))
	f.Add(plain.Table(plain.Add("<</AF [<</F (factur-x.xml) /EF <</F 1 0 R>>>>] /Metadata 2 0 R>>"), ""))
	r := registry()
	f.Fuzz(func(t *testing.T, data []byte) {
		_, result, violations := read(r, data)
		for _, v := range violations {
			if v.Code == "" || v.Code == "internal_error" {
				t.Fatalf("%+v", v)
			}
		}
		if len(result.Parts) == 0 && !violation.AnyFatal(violations) {
			t.Fatal("neither part nor violation")
		}
	})
}
