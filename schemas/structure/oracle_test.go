package structure_test

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas/structure"
)

// TestOracle compares the verdict with that of the validator of the JDK on mutants of real and of our own documents, as many
// of each family. It runs where PASSERELLE_XSD names the folder that `go -C tools run ./structure -xsd FOLDER` wrote;
// PASSERELLE_MUTANTS is how many there are (5000), PASSERELLE_SEED which (1). PASSERELLE_MORE names a folder of further documents.
func TestOracle(t *testing.T) {
	xsd := os.Getenv("PASSERELLE_XSD")
	if xsd == "" {
		t.Skip("set PASSERELLE_XSD to the folder of the official schemas")
	}
	count, seed := number(t, "PASSERELLE_MUTANTS", 5000), number(t, "PASSERELLE_SEED", 1)
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	families := map[string][]document{}
	for _, d := range documents(t) {
		families[d.family] = append(families[d.family], d)
	}
	names := slices.Sorted(maps.Keys(families))
	dir := t.TempDir()
	what := map[string]string{}
	var files []string
	for n := range count {
		seeds := families[names[n%len(names)]]
		from := seeds[r.IntN(len(seeds))]
		kind, data := mutant(t, r, from.data)
		if r.IntN(4) == 0 {
			more, twice := mutant(t, r, data)
			kind, data = kind+", "+more, twice
		}
		file := filepath.Join(dir, mutantName(n))
		require.NoError(t, os.WriteFile(file, data, 0o600))
		files = append(files, file)
		what[file] = from.name + ": " + kind
	}
	if more := os.Getenv("PASSERELLE_MORE"); more != "" {
		found, err := filepath.Glob(filepath.Join(more, "*.xml"))
		require.NoError(t, err)
		files = append(files, found...)
	}
	agree, valid, differ := 0, 0, 0
	verdicts := map[string]int{} // of each table
	for _, line := range judged(t, xsd, files) {
		verdict, table, file, why := line[0], line[1], line[2], line[3]
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		doc, refused := xmldoc.Parse(data)
		if refused != nil {
			continue // the bounds of the parser, which XSD knows nothing of
		}
		if !structure.Roots(table)[doc.Root().Name()] {
			continue
		}
		verdicts[table]++
		accepted, reasons := structure.Judge(table, doc.Root())
		require.Equal(t, accepted, len(reasons) == 0, "%s: both walks agree: %v", what[file], reasons)
		if accepted == (verdict == "valid") {
			agree++
			if accepted {
				valid++
			}
			continue
		}
		differ++
		t.Logf("%s %s (%s): %s %s; ours %v", table, what[file], filepath.Base(file), verdict, why, reasons)
	}
	t.Logf("seed %d: %d verdicts agree (%d valid, %d not), %d differ; by table: %v", seed, agree, valid, agree-valid, differ, verdicts)
	if differ*1000 > agree+differ {
		t.Errorf("more than one verdict in a thousand differs")
	}
}

func number(t *testing.T, variable string, otherwise int) int {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// judged asks the JDK for the verdict of every table on every file: verdict, table, file and reason.
func judged(t *testing.T, xsd string, files []string) [][]string {
	args := []string{"-Xmx1g", filepath.Join("..", "..", "tools", "structure", "Judge.java")}
	for _, name := range structure.Tables {
		args = append(args, filepath.Join(xsd, name))
	}
	java := exec.Command("java", args...)
	java.Stdin = strings.NewReader(strings.Join(files, "\n") + "\n")
	var out, errs bytes.Buffer
	java.Stdout, java.Stderr = &out, &errs
	require.NoError(t, java.Run(), errs.String())
	var lines [][]string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4))
	}
	require.Len(t, lines, len(files)*len(structure.Tables))
	return lines
}

type document struct {
	name   string
	family string // ubl, cii, cdar, espd
	data   []byte
}

// documents are the seeds: ours, and real ones where there are any. Very large ones would only be slow.
func documents(t testing.TB) []document {
	patterns := []string{
		filepath.Join("testdata", "*.xml"), filepath.Join("..", "..", "examples", "documents", "espd-*.xml"),
		filepath.Join("..", "..", "transformers", "cdar", "testdata", "*.xml"),
	}
	if corpus := os.Getenv("CORPUS"); corpus != "" {
		patterns = append(patterns, filepath.Join(corpus, "en16931", "[uc][bi][li]", "*.[xX][mM][lL]"), filepath.Join(corpus, "cdar", "*.xml"))
	}
	var docs []document
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		require.NoError(t, err)
		for _, f := range files {
			data, err := os.ReadFile(f)
			require.NoError(t, err)
			if len(data) < 100_000 {
				docs = append(docs, document{filepath.Base(f), family(data), data})
			}
		}
	}
	return docs
}

// family says what sort of document it is, by its root element.
func family(data []byte) string {
	switch {
	case bytes.Contains(data, []byte("<QualificationApplication")):
		return "espd"
	case bytes.Contains(data, []byte("CrossIndustryInvoice>")):
		return "cii"
	case bytes.Contains(data, []byte("CrossDomainAcknowledgementAndResponse>")):
		return "cdar"
	}
	return "ubl"
}
