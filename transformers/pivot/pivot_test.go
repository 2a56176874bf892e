package pivot_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/pdfdoc/pdftest"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/facturx"
	"github.com/commande-publique/passerelle/transformers/formattest"
	"github.com/commande-publique/passerelle/transformers/pivot"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

func registry(bytes int) *transformers.Registry {
	limits := transformers.Limits{DocumentBytes: bytes}
	hybrid := facturx.New(cii.Transformer{})
	return transformers.NewRegistry(limits, hybrid, ubl.Transformer{}, cii.Transformer{},
		pivot.New(limits, hybrid, ubl.Transformer{}, cii.Transformer{}))
}

func read(r *transformers.Registry, data []byte) (transformers.Identity, transformers.Result, []violation.Violation) {
	return formattest.Read(r, data, transformers.Hints{})
}

const (
	ublInvoice = `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>F1</cbc:ID><cbc:IssueDate>2026-11-18</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>Valmont</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">100</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="EUR">120.00</cbc:TaxInclusiveAmount><cbc:PayableAmount currencyID="EUR">120.00</cbc:PayableAmount></cac:LegalMonetaryTotal></Invoice>`
	ciiInvoice = `<CrossIndustryInvoice xmlns="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
<ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></ExchangedDocumentContext>
<ExchangedDocument><ram:ID>F1</ram:ID><ram:TypeCode>380</ram:TypeCode></ExchangedDocument></CrossIndustryInvoice>`
	fields = `<DonneesFacture><Id>F1</Id><Type>380</Type><DateEmissionFacture>2026-11-18</DateEmissionFacture><Devise>EUR</Devise>` +
		`<Montants><MontantHT>100.00</MontantHT><MontantTTC>120</MontantTTC><MontantNetAPayer>120.0</MontantNetAPayer></Montants></DonneesFacture>`
)

func facturX(data []byte) []byte {
	var w pdftest.Writer
	file := pdftest.File{Name: "factur-x.xml", Relationship: "Data", Data: data}
	return w.Table(w.Hybrid("Invoice", pdftest.Metadata("EN 16931", "factur-x.xml"), file), "")
}

// pj returns an attachment of a category.
func pj(category, name string, data []byte) string {
	return pjText(category, name, base64.StdEncoding.EncodeToString(data))
}

func pjText(category, name, content string) string {
	return "<PJ><Contenu>" + content + "</Contenu><NomPJ>" + name + "</NomPJ><CategoriePJ>" + category + "</CategoriePJ></PJ>"
}

func file(counter string, units ...string) []byte {
	var b strings.Builder
	for _, unit := range units {
		b.WriteString("<CPPFacturePivotUnitaire>" + unit + "</CPPFacturePivotUnitaire>")
	}
	return []byte("<CPPFacturePivot><CPPFactures" + counter + ">" + b.String() + "</CPPFactures></CPPFacturePivot>")
}

// A pivot without an invoice inside is what its own fields say.
func TestOwnFields(t *testing.T) {
	data, err := os.ReadFile("testdata/own.xml")
	require.NoError(t, err)
	identity, result, violations := read(registry(0), data)
	require.Empty(t, violations)
	assert.Equal(t, transformers.Identity{Format: transformers.Pivot, Version: "2.02", Kind: transformers.Invoice}, identity)
	assert.True(t, result.Split)
	assert.Equal(t, "22222222200022/M-2026-3", result.Key)
	var b strings.Builder
	for _, part := range result.Parts {
		fmt.Fprintf(&b, "%s %s\n%s\n", part.Kind, part.Key, part.Doc.AppendJSON(nil))
	}
	fmt.Fprintf(&b, "ignored:\n%s\n", strings.Join(result.Ignored, "\n"))
	formattest.Golden(t, "testdata/own.golden", b.String())
	assert.Equal(t, 37, result.Parts[0].Doc.Lookup("/issueDate").Source().Line)
}

// The page about formats names every field of a pivot, as one that is carried or as one that is not.
func TestFormatsPage(t *testing.T) {
	_, result, _ := read(registry(0), formattest.File(t, "testdata/own.xml"))
	source, fault := xmldoc.Parse(formattest.File(t, "testdata/own.xml"))
	require.Nil(t, fault)
	const unit = "/CPPFacturePivot/CPPFactures/CPPFacturePivotUnitaire[1]/"
	fields, lost := map[string]bool{}, map[string]bool{}
	for i := range source.Len() {
		e := source.Element(document.Ref(i + 1))
		if field, found := strings.CutPrefix(e.Path(), unit); found && e.Text() != "" {
			fields[field] = true
			lost[field] = slices.Contains(result.Ignored, e.Path())
		}
	}
	maps.DeleteFunc(lost, func(_ string, yes bool) bool { return !yes })
	carried, notCarried := formattest.Listed(t, "pivot-carried"), formattest.Listed(t, "pivot-not-carried")
	assert.ElementsMatch(t, slices.Collect(maps.Keys(lost)), notCarried)
	assert.ElementsMatch(t, slices.Collect(maps.Keys(fields)), append(carried, notCarried...))
}

// The invoice inside is the invoice, and its places say where it lies.
func TestInvoiceInside(t *testing.T) {
	tests := []struct {
		category string
		data     []byte
		path     string
	}{
		{"Facture_UBL_AFNOR", []byte(ublInvoice), "#/Invoice/cbc:ID"},
		{"Facture_CII_AFNOR", []byte(ciiInvoice), "#/CrossIndustryInvoice/ExchangedDocument/ram:ID"},
		{"FACTURE_FACTUR-X_AFNOR", facturX([]byte(ciiInvoice)), "#factur-x.xml#/CrossIndustryInvoice/ExchangedDocument/ram:ID"},
	}
	const place = "/CPPFacturePivot/CPPFactures/CPPFacturePivotUnitaire[2]/PJ[2]/Contenu"
	for _, tt := range tests {
		t.Run(tt.category, func(t *testing.T) {
			second := fields + pj("Document annexe", "annex.txt", []byte("x")) + pj(tt.category, "facture", tt.data)
			identity, result, violations := read(registry(0), file(` Compteur="02"`, fields, second))
			require.Empty(t, violations)
			assert.Equal(t, transformers.Pivot, identity.Format)
			require.Len(t, result.Parts, 2)
			number := result.Parts[1].Doc.Lookup("/number")
			assert.Equal(t, "F1", number.Text())
			assert.Equal(t, place+tt.path, number.Source().Path)
			assert.Contains(t, result.Ignored, "/CPPFacturePivot/CPPFactures/CPPFacturePivotUnitaire[2]/PJ[1]/Contenu")
			assert.NotContains(t, result.Ignored, place)
		})
	}
}

func TestRefused(t *testing.T) {
	inside := func(data string) string { return fields + pj("Facture_UBL_AFNOR", "f.xml", []byte(data)) }
	changed := func(from, to string) string { return strings.Replace(inside(ublInvoice), from, to, 1) }
	tests := []struct {
		name string
		in   []byte
		want []string
	}{
		{"no invoice", file(""), []string{"pivot_no_invoice"}},
		{"nothing at all", []byte("<CPPFacturePivot/>"), []string{"pivot_no_invoice"}},
		{"fewer than announced", file(` Compteur="3"`, fields), []string{"pivot_count"}},
		{"no number announced", file(` Compteur="x"`, fields), []string{"pivot_count"}},
		{"a field twice", file("", fields+fields), []string{"repeated_element"}},
		{"a group twice", file("", strings.Replace(fields, "<Montants>", "<Montants/><Montants>", 1)), []string{"repeated_element"}},

		{"another number", file("", changed("<Id>F1", "<Id>F2")), []string{"pivot_contradiction"}},
		{"another day", file("", changed("2026-11-18", "2026-11-19")), []string{"pivot_contradiction"}},
		{"another type", file("", changed("380", "381")), []string{"pivot_contradiction"}},
		{"another currency", file("", changed("EUR", "USD")), []string{"pivot_contradiction"}},
		{"another amount", file("", changed("120.0<", "120.01<")), []string{"pivot_contradiction"}},
		{"an amount that is none", file("", changed("120.0<", "120,0<")), []string{"pivot_contradiction"}},
		{"all of it", file("", strings.NewReplacer("F1", "F2", "100.00", "1", "120<", "2<", "120.0<", "2<").Replace(fields)+pj("Facture_UBL_AFNOR", "f", []byte(ublInvoice))),
			[]string{"pivot_contradiction", "pivot_contradiction", "pivot_contradiction", "pivot_contradiction"}},
		{"the time of day", file("", changed("2026-11-18<", "2026-11-18T10:00:00+01:00<")), nil},

		{"not base64", file("", fields+pjText("Facture PDF", "f.pdf", "a*b=")), []string{"pivot_base64"}},
		{"base64 cut off", file("", fields+pjText("Facture PDF", "f.pdf", "aGVsbG8")), []string{"pivot_base64"}},
		{"base64 that goes on", file("", fields+pjText("Facture PDF", "f.pdf", "aGVsbG8=aGVsbG8=")), []string{"pivot_base64"}},
		{"base64 of an invoice that is none", file("", fields+pjText("Facture_UBL_AFNOR", "f.xml", "<!---->é")), []string{"pivot_base64"}},
		{"a zip as attachment", file("", fields+pj("Document annexe", "a.zip", []byte("PK\x03\x04"))), nil},
		{"a zip that is none", file("", inside("PK\x03\x04")), []string{"unsupported_archive"}},
		{"a zip of the invoice", file("", inside(zipped(t, ublInvoice))), nil},
		{"a zip cut off", file("", inside(zipped(t, ublInvoice)[:200])), []string{"unsupported_archive"}},
		{"a zip whose file is damaged", file("", inside(zipped(t, ublInvoice)[:60]+"?"+zipped(t, ublInvoice)[61:])), []string{"unsupported_archive"}},
		{"an empty zip", file("", inside(zipped(t))), []string{"unsupported_archive"}},
		{"a zip of two files", file("", inside(zipped(t, ublInvoice, ublInvoice))), []string{"pivot_archive"}},
		{"a zip in a zip", file("", inside(zipped(t, zipped(t, ublInvoice)))), []string{"unsupported_archive"}},
		{"a zip of 10 MiB", file("", inside(zipped(t, strings.Repeat(" ", 10<<20-len(ublInvoice))+ublInvoice))), nil},
		{"a zip that inflates", file("", inside(zipped(t, strings.Repeat(" ", 10<<20+1)))), []string{"pivot_attachment_size"}},
		{"a hundred zips that inflate", file("", repeat(inside(zipped(t, strings.Repeat(" ", 9<<20)+ublInvoice)), 100)...), repeat("pivot_attachment_size", 10)},
		{"nothing as invoice", file("", inside("")), []string{"empty_document"}},
		{"two invoices", file("", inside(ublInvoice)+pj("facture_cii_afnor", "f.xml", []byte(ciiInvoice))), []string{"pivot_several_invoices"}},
		{"CII announced as UBL", file("", inside(ciiInvoice)), []string{"pivot_invoice_format"}},
		{"a canonical invoice", file("", inside(`{"kind":"invoice"}`)), []string{"pivot_invoice_format"}},
		{"a pivot in a pivot", file("", inside(string(file("", fields)))), []string{"unknown_format"}},
		{"an invoice in UTF-16", file("", inside("\xff\xfe<\x00")), []string{"xml_encoding"}},
		{"an invoice in another charset", file("", inside("<a>\xe9</a>")), []string{"xml_utf8"}},
		{"an invoice with an entity", file("", inside("<!DOCTYPE a><a/>")), []string{"xml_doctype"}},
		{"a PDF without invoice", file("", fields+pj("FACTURE_FACTUR-X_AFNOR", "f.pdf", []byte("%PDF-1.7"))), []string{"pdf_malformed"}},
		{"a bomb as invoice", file("", fields+pj("FACTURE_FACTUR-X_AFNOR", "f.pdf", pdftest.Bomb("factur-x.xml", 200))), []string{"pdf_stream_size"}},
		{"a hundred bombs", file("", repeat(fields+pj("FACTURE_FACTUR-X_AFNOR", "f.pdf", pdftest.Bomb("factur-x.xml", 17)), 100)...), repeat("pdf_stream_size", 10)},
		{"a name of 51 characters", file("", fields+pj("Facture PDF", strings.Repeat("é", 51), nil)), []string{"pivot_attachment_name: warning"}},
		{"a name of 50 characters", file("", fields+pj("Facture PDF", strings.Repeat("é", 50), nil)), nil},
		{"an attachment of 10 MiB", file("", fields+pj("Facture PDF", "f.pdf", make([]byte, 10<<20))), nil},
		{"an attachment that is larger", file("", fields+pj("Facture PDF", "f.pdf", make([]byte, 10<<20+1))), []string{"pivot_attachment_size"}},
	}
	r := registry(0)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, result, violations := read(r, tt.in)
			taken := time.Since(start)
			runtime.ReadMemStats(&after)
			t.Logf("%d KiB read in %v", len(tt.in)>>10, taken)
			assert.Equal(t, tt.want, formattest.Codes(violations))
			for _, v := range violations {
				assert.True(t, strings.HasPrefix(v.Source, "/CPPFacturePivot"), v.Source)
				assert.NotContains(t, v.FR+v.EN, "%!")
				assert.NotEmpty(t, v.Remedy)
				assert.NotEmpty(t, v.RemedyEN)
			}
			if !violation.AnyFatal(violations) {
				assert.NotEmpty(t, result.Parts)
			}
			// At most ten invoices inside, each of the limit of a document with the copies on the way there.
			assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(formattest.Slack*10*4*transformers.DefaultDocumentBytes+8*len(tt.in)))
		})
	}
}

// zipped is a zip of files.
func zipped(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, text := range files {
		f, err := w.Create(fmt.Sprintf("f%d.xml", i))
		require.NoError(t, err)
		_, err = io.WriteString(f, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

func repeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// The attachments of an invoice have 120 MiB together, and one byte more is refused there.
func TestAllAttachments(t *testing.T) {
	large := pj("Facture PDF", "f.pdf", make([]byte, 10<<20))
	_, _, violations := read(registry(200<<20), file("", fields+strings.Repeat(large, 12)+pj("Facture PDF", "f.pdf", []byte("x"))))
	assert.Equal(t, []string{"pivot_attachment_size"}, formattest.Codes(violations))
	assert.Equal(t, "/CPPFacturePivot/CPPFactures/CPPFacturePivotUnitaire/PJ[13]/Contenu", violations[0].Source)
}

// Invoices in PDF that are small until they are opened fill the memory of one document, not of many.
func TestInvoicesThatInflate(t *testing.T) {
	padded := strings.Replace(ciiInvoice, "<ExchangedDocument>", "<!--"+strings.Repeat(" ", 3<<20)+"--><ExchangedDocument>", 1)
	unit := fields + pj("FACTURE_FACTUR-X_AFNOR", "f.pdf", facturX([]byte(padded)))
	data := file("", repeat(unit, 50)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, violations := read(registry(0), data)
	runtime.ReadMemStats(&after)
	assert.Equal(t, repeat("pdf_stream_size", 10), formattest.Codes(violations), "five of 3 MiB fit into 16 MiB")
	assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(formattest.Slack*15*4*transformers.DefaultDocumentBytes))
}

// Many faults do not hide that a file is refused.
func TestManyWarnings(t *testing.T) {
	long := repeat(fields+pj("Facture PDF", strings.Repeat("x", 51), nil), 300)
	_, _, violations := read(registry(0), file("", append(long, fields+pjText("Facture PDF", "f", "*"))...))
	assert.Len(t, violations, 201)
	assert.True(t, violation.AnyFatal(violations))
}

// The example is the UBL example as an administration gets it from Chorus Pro.
func TestExample(t *testing.T) {
	const path = "../../examples/documents/pivot-invoice.xml"
	inside, err := os.ReadFile("../../examples/documents/ubl-invoice.xml")
	require.NoError(t, err)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	if formattest.Updating() {
		before, rest, _ := bytes.Cut(got, []byte("<Contenu>"))
		_, after, _ := bytes.Cut(rest, []byte("</Contenu>"))
		content := base64.StdEncoding.EncodeToString(inside)
		got = fmt.Appendf(nil, "%s<Contenu>%s</Contenu>%s", before, content, after)
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	r := registry(0)
	_, alone, violations := read(r, inside)
	require.Empty(t, violations)
	_, result, violations := read(r, got)
	require.Empty(t, violations)
	require.Len(t, result.Parts, 1)
	assert.Equal(t, string(alone.Parts[0].Doc.AppendJSON(nil)), string(result.Parts[0].Doc.AppendJSON(nil)))
	assert.Equal(t, alone.Key, result.Key)
}

func BenchmarkPivot(b *testing.B) {
	data, err := os.ReadFile("../../examples/documents/pivot-invoice.xml")
	require.NoError(b, err)
	r := registry(0)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, violations := read(r, data); len(violations) > 0 {
			b.Fatal(violations)
		}
	}
}

func FuzzPivot(f *testing.F) {
	own, err := os.ReadFile("testdata/own.xml")
	require.NoError(f, err)
	f.Add(own)
	f.Add(file("", fields+pj("Facture_UBL_AFNOR", "f.xml", []byte(ublInvoice))))
	f.Add(file(` Compteur="1"`, fields+pj("FACTURE_FACTUR-X_AFNOR", "f.pdf", facturX([]byte(ciiInvoice)))))
	r := registry(1 << 20)
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
