package rules

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/diag"
)

var update = flag.Bool("update", false, "write the golden files")

// Every fault of a file is reported at once, in both languages, with its place and what to do.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/load/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		l := newLoader(shippedShapes(t))
		for _, f := range shippedSource(t) { // without packs and lists: what is known must not change with them
			if strings.HasPrefix(f.Name, "bindings/") {
				l.file(f, true)
			}
		}
		l.file(File{"codes.yaml", []byte(codes)}, true)
		l.file(File{filepath.Base(file), data}, false)
		set, list := l.load()
		if set != nil {
			t.Errorf("%s: accepted", file)
		}
		var got bytes.Buffer
		for _, lang := range []string{diag.French, diag.English} {
			if err := diag.Print(&got, list, func(string) []byte { return data }, lang); err != nil {
				t.Fatal(err)
			}
		}
		golden := strings.TrimSuffix(file, ".yaml") + ".golden"
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got.String()); d != "" {
			t.Errorf("%s (-golden +got):\n%s", file, d)
		}
	}
}
