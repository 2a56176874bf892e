package structure_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas/structure"
)

// invoice returns our UBL invoice with lines enough to have a size.
func invoice(t testing.TB, size int) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/invoice.xml")
	require.NoError(t, err)
	from, to := bytes.Index(data, []byte("<cac:InvoiceLine>")), bytes.LastIndex(data, []byte("</Invoice>"))
	line := string(data[from:to])
	more := max(0, (size-len(data))/len(line))
	return []byte(string(data[:to]) + strings.Repeat(line, more) + "</Invoice>")
}

func BenchmarkCheck(b *testing.B) {
	for name, size := range map[string]int{"10KB": 10_000, "3.3MB": 3_300_000} {
		data := invoice(b, size)
		b.Run(name, func(b *testing.B) {
			doc, v := xmldoc.Parse(data)
			require.Nil(b, v)
			require.Empty(b, structure.Check(doc.Root(), ""))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				structure.Check(doc.Root(), "")
			}
		})
	}
}

func BenchmarkReadTable(b *testing.B) {
	data, err := os.ReadFile("tables/ubl21.txt")
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, structure.ReadTable(string(data)))
	}
}
