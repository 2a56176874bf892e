package cii_test

import (
	"path/filepath"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

func BenchmarkTransformOwn(b *testing.B) { benchmark(b, "testdata/full.xml") }

func BenchmarkTransformCorpus(b *testing.B) {
	files := formattest.Corpus(b, "en16931/cii/*.xml")
	benchmark(b, filepath.Join(filepath.Dir(files[0]), "CII_example1.xml"))
}

func benchmark(b *testing.B, file string) {
	data := formattest.File(b, file)
	doc, malformed := xmldoc.Parse(data)
	if malformed != nil {
		b.Fatal(malformed)
	}
	content := transformers.Content{XML: doc}
	id, _, _ := cii.Transformer{}.Recognise(content)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, violations := (cii.Transformer{}).Transform(content, id); len(violations) > 0 {
			b.Fatal(violations)
		}
	}
}
