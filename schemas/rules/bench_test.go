package rules

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// BenchmarkCheck judges typical invoices of the corpus by the shipped pack: facts and all rules.
func BenchmarkCheck(b *testing.B) {
	pack := packUnderTest(b)
	for _, name := range []string{"ubl/ubl-tc434-example1.xml", "ubl/guide-example2.xml", "cii/CII_example1.xml"} {
		data, err := os.ReadFile(filepath.Join(corpus(b, "en16931"), name))
		if err != nil {
			b.Fatal(err)
		}
		source, refused := xmldoc.Parse(data)
		if refused != nil {
			b.Fatal(refused.EN)
		}
		doc, _ := transform(b, source)
		subject := Subject{Doc: doc, XML: source.Root()}
		only := pack.only(func(*Rule) bool { return true })
		b.Run("facts/"+filepath.Base(name), func(b *testing.B) {
			var w walker
			var f facts
			for b.Loop() {
				w.read(only.vocabulary.bindings[bindingOf(only, source.Root())], &f, source.Root())
			}
			b.ReportMetric(float64(len(f.nodes)), "nodes")
			b.ReportMetric(float64(source.Len()), "elements")
		})
		b.Run("terms/"+filepath.Base(name), func(b *testing.B) {
			for b.Loop() {
				Check(subject, []*Pack{only})
			}
		})
		b.Run("canonical/"+filepath.Base(name), func(b *testing.B) {
			for b.Loop() {
				Check(Subject{Doc: doc}, []*Pack{only})
			}
		})
		b.Run("all/"+filepath.Base(name), func(b *testing.B) {
			for b.Loop() {
				Check(subject, []*Pack{pack})
			}
		})
	}
}

func bindingOf(p *Pack, root xmldoc.Element) int {
	for i, b := range p.vocabulary.bindings {
		if _, ok := b.roots[root.Name()]; ok {
			return i
		}
	}
	return -1
}

func BenchmarkLoad(b *testing.B) {
	shapes := shippedShapes(b)
	for b.Loop() {
		if _, list := Load(nil, shapes); list.HasErrors() {
			b.Fatal(list.Err())
		}
	}
}
