package facturx_test

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/pdfdoc/pdftest"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// TestFormatsPage keeps the page about formats: what it says to have no place in an invoice changes nothing, whatever stands
// there, and is ignored with a word where the page says so.
func TestFormatsPage(t *testing.T) {
	hybrid := func(page, metadata string, files ...pdftest.File) []byte {
		var w pdftest.Writer
		return w.Table(w.Hybrid(page, metadata, files...), "")
	}
	xmp, invoice := pdftest.Metadata("EN 16931", "factur-x.xml"), invoice("factur-x.xml", identifier)
	plain := hybrid("Invoice", xmp, invoice)
	annex := pdftest.File{Name: "heures.pdf", MediaType: "application#2Fpdf", Data: []byte("hours")}
	inside := pdftest.Deflate(annex.Data)
	title := `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Invoice F2</dc:title></rdf:Description></rdf:RDF>`
	changed := map[string]struct {
		pdf     []byte
		ignored []string
	}{
		"Pages":               {hybrid("Invoice F2 of 1,000,000 EUR", xmp, invoice), nil},
		"Names/EmbeddedFiles": {bytes.Replace(hybrid("Invoice", xmp, invoice, annex), inside, make([]byte, len(inside)), 1), []string{"heures.pdf (application/pdf, 5)"}},
		"Metadata":            {hybrid("Invoice", strings.Replace(xmp, "</rdf:RDF>", title, 1), invoice), nil},
		"AcroForm":            {signed(plain), nil},
	}
	listed := formattest.Listed(t, "facturx-not-carried")
	assert.ElementsMatch(t, slices.Collect(maps.Keys(changed)), listed)

	identity, want, violations := read(registry(), plain)
	require.Empty(t, violations)
	require.Equal(t, transformers.FacturX, identity.Format)
	for name, c := range changed {
		require.NotEqual(t, plain, c.pdf, name)
		id, got, violations := read(registry(), c.pdf)
		require.Empty(t, violations, name)
		assert.Equal(t, identity, id, name)
		assert.Equal(t, string(want.Parts[0].Doc.AppendJSON(nil)), string(got.Parts[0].Doc.AppendJSON(nil)), name)
		assert.Equal(t, append(slices.Clone(want.Ignored), c.ignored...), got.Ignored, name)
	}
}

var (
	catalogue = regexp.MustCompile(`(\d+) 0 obj\n(<</Type /Catalog .*)>>\nendobj`)
	table     = regexp.MustCompile(`startxref\n(\d+)`)
)

// signed adds a field with a signature to a PDF as signing programs do: behind its end, the catalogue once more (ISO 32000-1
// section 7.5.6).
func signed(pdf []byte) []byte {
	root, previous := catalogue.FindSubmatch(pdf), table.FindSubmatch(pdf)[1]
	var b bytes.Buffer
	b.Write(pdf)
	object := b.Len()
	fmt.Fprintf(&b, "%s 0 obj\n%s /AcroForm <</SigFlags 3 /Fields [<</FT /Sig /T (Seal) /V <</Type /Sig /Contents <00>>>>>]>>>>\nendobj\n", root[1], root[2])
	at := b.Len()
	fmt.Fprintf(&b, "xref\n%s 1\n%010d 00000 n \ntrailer\n<</Size 100 /Root %s 0 R /Prev %s>>\nstartxref\n%d\n%%%%EOF\n", root[1], object, root[1], previous, at)
	return b.Bytes()
}
