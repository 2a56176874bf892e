package app_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/pdfdoc/pdftest"
	"github.com/commande-publique/passerelle/internal/violation"
)

// An invoice gets the same verdict alone and inside another document: what its rules say of the XML that the supplier
// wrote, and not only of the canonical form, with places that lead into the document inside.
func TestVerdictInside(t *testing.T) {
	gateway, list := app.Compile(config.Default())
	require.False(t, list.HasErrors())
	judge := func(data []byte) []violation.Violation {
		_, v := gateway.Judge("suppliers", data)
		return v.Violations
	}
	codes := func(violations []violation.Violation) map[string]int {
		count := map[string]int{}
		for _, v := range violations {
			count[v.Code]++
		}
		return count
	}
	inPivot := func(data []byte) []byte {
		before, rest, _ := bytes.Cut(example(t, "pivot-invoice.xml"), []byte("<Contenu>"))
		_, after, _ := bytes.Cut(rest, []byte("</Contenu>"))
		return fmt.Appendf(nil, "%s<Contenu>%s</Contenu>%s", before, base64.StdEncoding.EncodeToString(data), after)
	}
	inPDF := func(data []byte) []byte {
		var w pdftest.Writer
		file := pdftest.File{Name: "factur-x.xml", Relationship: "Data", Data: data}
		return w.Table(w.Hybrid("Invoice", pdftest.Metadata("EN 16931", "factur-x.xml"), file), "")
	}
	tests := []struct {
		name, file, from, to, place string
		inside                      func([]byte) []byte
	}{
		// A delivery of a line has no place in the canonical form: only rules on the XML see that its country is missing.
		{"a pivot, what only the XML says", "ubl-invoice.xml", "<cac:Item>", "<cac:Delivery><cac:DeliveryLocation><cac:Address><cbc:CityName>Valcombe</cbc:CityName></cac:Address></cac:DeliveryLocation></cac:Delivery><cac:Item>",
			"/Contenu#/Invoice", inPivot},
		{"a pivot, a wrong total", "ubl-invoice.xml", ">5088.00</cbc:LineExtensionAmount>", ">5089.00</cbc:LineExtensionAmount>", "/Contenu#/Invoice", inPivot},
		{"a PDF, a wrong total", "cii-invoice.xml", "<ram:LineTotalAmount>", "<ram:LineTotalAmount>1", "factur-x.xml#/rsm:CrossIndustryInvoice", inPDF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole := example(t, tt.file)
			require.Contains(t, string(whole), tt.from)
			broken := bytes.Replace(whole, []byte(tt.from), []byte(tt.to), 1)
			alone, inside := judge(broken), judge(tt.inside(broken))
			require.NotEqual(t, codes(judge(whole)), codes(alone), "the change must matter")
			assert.Equal(t, codes(alone), codes(inside))
			for _, v := range inside {
				assert.Contains(t, v.Source, tt.place, v.Code)
			}
		})
	}
}
