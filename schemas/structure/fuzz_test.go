package structure_test

import (
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas/structure"
)

// Whatever the document, the walk that accepts and the one that explains agree, no answer is longer than it may be, and
// every violation has its place.
func FuzzCheck(f *testing.F) {
	for _, d := range documents(f) {
		if len(d.data) < 20_000 {
			f.Add(d.data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, v := xmldoc.Parse(data)
		if v != nil || !structure.Knows(doc.Root().Name()) {
			return
		}
		for _, name := range structure.Tables {
			accepted, why := structure.Judge(name, doc.Root())
			if known := structure.Roots(name)[doc.Root().Name()]; known && accepted != (len(why) == 0) || !known && accepted {
				t.Fatalf("%s: accepted %v, but %v", name, accepted, why)
			}
			if len(why) > 200 {
				t.Fatalf("%d violations", len(why))
			}
			for _, v := range why {
				if v.Source == "" || v.Line == 0 || v.FR == "" || v.EN == "" {
					t.Fatalf("incomplete: %+v", v)
				}
			}
		}
	})
}
