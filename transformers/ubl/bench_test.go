package ubl_test

import (
	"path/filepath"
	"testing"

	"github.com/commande-publique/passerelle/transformers/formattest"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

func BenchmarkTransform(b *testing.B) {
	b.Run("own", func(b *testing.B) { benchmark(b, examples[0]) })
	b.Run("corpus", func(b *testing.B) {
		for _, file := range formattest.Corpus(b, "en16931/ubl/*.[xX][mM][lL]") {
			if filepath.Base(file) == "ubl-tc434-example1.xml" {
				benchmark(b, file)
			}
		}
	})
}

// benchmark measures recognition and transformation of a parsed document; MB/s are of the source.
func benchmark(b *testing.B, file string) {
	data := formattest.File(b, file)
	content := parse(b, data)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		id, _, _ := ubl.Transformer{}.Recognise(content)
		if _, violations := (ubl.Transformer{}).Transform(content, id); len(violations) > 0 {
			b.Fatal(violations)
		}
	}
}
