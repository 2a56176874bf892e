// Package formattest is what the tests of several formats share: the documents of the corpus, golden files and the page
// about formats, reading as the gateway reads, and codes to compare. Paths are those of a package below transformers.
package formattest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// repository is the way from a package below transformers to the root of the repository.
const repository = "../.."

var update = flag.Bool("update", false, "rewrite the golden files, the page about formats and the examples")

// Updating reports whether the files that tests compare with are to be rewritten (-update).
func Updating() bool { return *update }

// Corpus returns the files of the corpus that match a pattern below it, sorted. Where CORPUS names no corpus the test is
// skipped; a pattern that matches nothing there fails.
func Corpus(t testing.TB, pattern string) []string {
	t.Helper()
	root := os.Getenv("CORPUS")
	if root == "" {
		t.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(root) {
		root = filepath.Join(repository, root)
	}
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing in the corpus matches %s: %v", pattern, err)
	}
	return files
}

// File returns what a file holds.
func File(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Golden compares a text with a golden file, or rewrites the file.
func Golden(t testing.TB, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(File(t, file)) {
		t.Errorf("%s differs (rewrite it with -update and read the difference):\n%s", file, got)
	}
}

const page = repository + "/docs/formats.md"

// part cuts the page about formats around the part between the comments <!-- name --> and <!-- /name -->.
func part(t testing.TB, name string) (before, text, after string) {
	t.Helper()
	start, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, found := strings.Cut(string(File(t, page)), start)
	text, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no part %s", page, name)
	}
	return before + start, text, end + after
}

// Page compares a part of the page about formats with what a test found, or rewrites it.
func Page(t testing.TB, name, got string) {
	t.Helper()
	before, _, after := part(t, name)
	Golden(t, page, before+got+after)
}

// Listed returns the first column of the table in a part of the page about formats, as far as it is code.
func Listed(t testing.TB, name string) []string {
	t.Helper()
	_, text, _ := part(t, name)
	var listed []string
	for row := range strings.Lines(text) {
		if cell, found := strings.CutPrefix(row, "| `"); found {
			cell, _, _ = strings.Cut(cell, "`")
			listed = append(listed, cell)
		}
	}
	return listed
}

// Read identifies and transforms a document.
func Read(r *transformers.Registry, data []byte, hints transformers.Hints) (transformers.Identity, transformers.Result, []violation.Violation) {
	content, identity, violations := r.Identify(data, hints)
	if violation.AnyFatal(violations) {
		return identity, transformers.Result{}, violations
	}
	result, more := r.Transform(content, identity)
	return identity, result, append(violations, more...)
}

// Codes returns the codes of violations; those of warnings say so.
func Codes(violations []violation.Violation) []string {
	var out []string
	for _, v := range violations {
		code := v.Code
		if !v.IsFatal() {
			code += ": warning"
		}
		out = append(out, code)
	}
	return out
}
