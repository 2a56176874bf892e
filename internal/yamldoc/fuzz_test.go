package yamldoc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/diag"
)

// FuzzLoad holds that any bytes give diagnostics inside the file or values whose places are inside the
// file and show the text of the value.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("a: >\n  b\n   c\n\n  d\ne: |2-\n    f\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, list := Parse("f", data)
		lines := strings.Count(string(data), "\n") + 1
		inside := func(p diag.Position, what string) {
			if p.Line < 1 && len(data) <= MaxBytes || p.Line > lines+1 || p.Line > 0 && p.Column < 1 {
				t.Errorf("%s at %v of %d lines", what, p, lines)
			}
		}
		for _, d := range list.All() {
			inside(d.Position, d.EN)
		}
		if n == nil {
			if !list.HasErrors() {
				t.Error("no node and no error")
			}
			return
		}
		checkPlaces(t, n, inside)
		expanded := Expand(n, testResolver())
		expanded.Append(Decode(n, &target{}))
		for _, d := range expanded.All() {
			inside(d.Position, d.EN)
			if strings.Contains(d.EN+d.FR+d.HintEN+d.HintFR, "s3cret") && !strings.Contains(string(data), "s3cret") {
				t.Error("a secret in a diagnostic")
			}
		}
		var out strings.Builder
		if err := diag.Print(&out, expanded, func(string) []byte { return data }, diag.French); err != nil {
			t.Error(err)
		}
	})
}

// checkPlaces compares, for texts without escapes, each letter of a value with the file at its place.
func checkPlaces(t *testing.T, n *Node, inside func(diag.Position, string)) {
	inside(n.Pos, n.Path())
	for _, item := range n.Items {
		checkPlaces(t, item, inside)
	}
	for _, field := range n.Fields {
		checkPlaces(t, field.Key, inside)
		checkPlaces(t, field.Value, inside)
	}
	if n.Kind != Scalar || n.style == doubleQuoted || n.moved || n.broken || len(n.text) > 200 {
		return
	}
	for i, text := range strings.Split(n.text, "\n") {
		for j, r := range []rune(text) {
			at := n.positionAt(i+1, j+1)
			inside(at, n.Path())
			if found := n.source.line(at.Line); r != ' ' && r != '\t' && (at.Column > len(found) || found[at.Column-1] != r) {
				t.Errorf("%q: place (%d,%d) %q is at %v of %q", n.text, i+1, j+1, r, at, string(n.source.line(at.Line)))
				return
			}
		}
	}
}
