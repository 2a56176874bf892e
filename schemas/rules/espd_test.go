package rules

import (
	"path/filepath"
	"testing"
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
			source := parseFile(t, file)
			for _, v := range Check(Subject{XML: source.Root()}, []*Pack{set.At("espd-"+version, "")}) {
				t.Errorf("%s: %s %s at %s (%d): %s", filepath.Base(file), v.Severity, v.Code, v.Source, v.Count, v.EN)
			}
		}
	}
}
