package rules

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// The official examples are clean.
func TestESPDExamples(t *testing.T) {
	set := shippedSet(t)
	for _, version := range []string{"2.1.1", "3.3.0", "4.1.0"} {
		files, err := filepath.Glob(filepath.Join(corpus(t, "espd"), "*"+version+".xml"))
		if err != nil || len(files) != 2 {
			t.Fatalf("%d examples of %s: %v", len(files), version, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, refused := xmldoc.Parse(data)
			if refused != nil {
				t.Fatalf("%s: %s", file, refused.EN)
			}
			for _, v := range Check(Subject{XML: source.Root()}, []*Pack{set.At("espd-"+version, "")}) {
				t.Errorf("%s: %s %s at %s (%d): %s", filepath.Base(file), v.Severity, v.Code, v.Source, v.Count, v.EN)
			}
		}
	}
}
