package rules

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// BenchmarkESPD judges the largest official response by its pack: 1.3 MB, 9,000 elements.
func BenchmarkESPD(b *testing.B) {
	pack := shippedSet(b).At("espd-3.3.0", "")
	data, err := os.ReadFile(filepath.Join(corpus(b, "espd"), "ESPD-Response-3.3.0.xml"))
	if err != nil {
		b.Fatal(err)
	}
	source, refused := xmldoc.Parse(data)
	if refused != nil {
		b.Fatal(refused.EN)
	}
	subject := Subject{XML: source.Root()}
	b.Run("facts", func(b *testing.B) {
		var w walker
		var f facts
		for b.Loop() {
			w.read(pack.vocabulary.bindings[0], &f, source.Root())
		}
		b.ReportMetric(float64(len(f.nodes)), "nodes")
		b.ReportMetric(float64(source.Len()), "elements")
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			Check(subject, []*Pack{pack})
		}
	})
}
