package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/routes"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/mapping"
)

// BenchmarkSettle is one message of the benchmark's job without Kafka: read, judged by its schema, mapped, routed, and its
// output encoded.
func BenchmarkSettle(b *testing.B) {
	f := newFlow(jobPipeline(b), nil)
	f.receipts = ""
	m := received("in.invoices", jobInvoice)
	m.Key = []byte("73282932000074")
	var w work
	b.ReportAllocs()
	b.SetBytes(int64(len(m.Value)))
	for b.Loop() {
		w.outputs = w.outputs[:0]
		if err := f.settle(b.Context(), &w, m); err != nil || w.outputs[0].Topic != "out.invoicing" {
			b.Fatal(w.outputs, err)
		}
	}
}

// jobPipeline is the pipeline of the benchmark's configuration.
func jobPipeline(b *testing.B) *Pipeline {
	b.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile(name)
		require.NoError(b, err)
		return data
	}
	directory := filepath.Join("..", "..", "examples", "bench")
	kinds, list := mapping.Load(
		[]mapping.File{{Name: filepath.Join(directory, "gw-invoice.yaml"), Data: read(filepath.Join(directory, "gw-invoice.yaml"))}},
		mapping.Options{ReadFile: os.ReadFile, Compile: func(name string, data []byte) (mapping.Judge, error) {
			s, err := schemas.Compile(name, data)
			if err != nil {
				return nil, err
			}
			return s.Validate, nil
		}})
	require.Zero(b, list.Len())
	kind := kinds[0]
	canonical, err := schemas.Compile(kind.Schema().Name, kind.Schema().Data)
	require.NoError(b, err)
	set, err := schemas.Load()
	require.NoError(b, err)
	set = set.With(kind.Name(), canonical, kind.Schema().Derived)
	table, list := routes.Load(
		[]routes.File{{Name: "gw-invoices.yaml", Data: read(filepath.Join(directory, "routes", "gw-invoices.yaml"))}},
		routes.Options{
			Topics: []string{"in.invoices"}, Kinds: set.Kinds(), Formats: transformers.Formats(),
			Shapes: map[string]*expr.Shape{kind.Name(): expr.ShapeOfSchema(canonical.Document())},
		})
	require.False(b, list.HasErrors(), "%v", list)
	return New(transformers.NewRegistry(transformers.Limits{}, kind), set, nil, table)
}

var jobInvoice = func() []byte {
	var lines []string
	for i := range 5 {
		lines = append(lines, fmt.Sprintf(
			`{"no":%d,"description":"Prestation n° %d","quantity":3.0,"unitPrice":12.50,"vatRate":20,"amount":37.50}`, i+1, i+1))
	}
	return []byte(`{"attachments":[{"name":"pièce.pdf","sha256":"` + strings.Repeat("ab", 32) + `","size":4321}],
 "buyer":{"address":{"city":"Paris","country":"FR"},"name":"Ville de Sèvres","service":"D-ACHATS-01","siret":"13002526500013"},
 "contract":{"lot":2,"ref":"2026-MP-00007"},"currency":"EUR","id":"INV-000000007","issuedAt":"2026-11-20T09:12:33Z",
 "lines":[` + strings.Join(lines, ",") + `],"payment":{"bic":"AGRIFRPP"},"seq":7,
 "supplier":{"address":{"city":"Lyon","country":"FR"},"name":"Société à é œ","siret":"73282932000074","vat":"FR40303265045"},
 "totals":{"gross":225.00,"net":187.50,"vat":37.50},"type":"invoice","version":"1.2"}`)
}()
