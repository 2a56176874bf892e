package schemas_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/schemas"
)

// sample is a document with its schema.
type sample struct {
	name   string
	schema *schemas.Schema
	data   []byte
	faulty func(string) string // breaks the document in several places
}

// samples are the invoice of the benchmark as it arrives, and a canonical invoice.
func samples(tb testing.TB) []sample {
	tb.Helper()
	read := func(path ...string) []byte {
		data, err := os.ReadFile(filepath.Join(path...))
		if err != nil {
			tb.Fatal(err)
		}
		return data
	}
	bench, err := schemas.Compile("invoice.schema.json", read("..", "examples", "bench", "invoice.schema.json"))
	if err != nil {
		tb.Fatal(err)
	}
	set, err := schemas.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return []sample{
		{"bench", bench, read("testdata", "bench-invoice.json"), strings.NewReplacer(
			`,"currency":"EUR"`, ``, `"siret":"73282932000381"`, `"siret":"BAD"`, `"quantity":10`, `"quantity":0`, `"vatRate":20,"amount":12761.92`, `"vatRate":"20"`, `"lot":2`, `"lots":2`).Replace},
		{"canonical", set.Schema("invoice"), read("..", "transformers", "ubl", "testdata", "ubl-invoice.golden.json"), strings.NewReplacer(
			`"currency": "EUR"`, `"currency": "EURO"`, `"issueDate": "2026`, `"issueDate": "26`).Replace},
	}
}

// BenchmarkAccept is the verdict on a valid document that is parsed already, BenchmarkAuthority the same by
// jsonschema/v5 on what encoding/json makes of it.
func BenchmarkAccept(b *testing.B) {
	for _, s := range samples(b) {
		b.Run(s.name, func(b *testing.B) {
			doc := parse(b, string(s.data))
			if !s.schema.Accepts(doc) {
				b.Fatal("the acceptor asks the authority")
			}
			b.ReportAllocs()
			for b.Loop() {
				if s.schema.Validate(doc) != nil {
					b.Fatal("invalid")
				}
			}
		})
	}
}

func BenchmarkAuthority(b *testing.B) {
	for _, s := range samples(b) {
		b.Run(s.name, func(b *testing.B) {
			v, authority := schemas.ToAny(parse(b, string(s.data))), s.schema.Compiled()
			b.ReportAllocs()
			for b.Loop() {
				if err := authority.Validate(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParseAndVerdict reads the bytes strictly and judges them, BenchmarkEncodingJSON only reads them.
func BenchmarkParseAndVerdict(b *testing.B) {
	for _, s := range samples(b) {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(s.data)))
			b.ReportAllocs()
			for b.Loop() {
				doc, fault := jsondoc.Parse(s.data)
				if fault != nil || s.schema.Validate(doc) != nil {
					b.Fatal("invalid")
				}
			}
		})
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	for _, s := range samples(b) {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(s.data)))
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal(s.data, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPattern is the automaton of a pattern and the regexp that it stands for.
func BenchmarkPattern(b *testing.B) {
	for _, c := range [][2]string{{`^[0-9]{14}$`, "73282932000381"}, {`^-?[0-9]+(\.[0-9]+)?$`, "12761.92"}, {`^[0-9]{4}-[0-9]{2}-[0-9]{2}T`, "2026-11-20T09:12:33Z"}} {
		re := regexp.MustCompile(c[0])
		matches, automaton := schemas.Pattern(re)
		if !automaton {
			b.Fatalf("%s has no automaton", re)
		}
		for name, match := range map[string]func(string) bool{"automaton": matches, "regexp": re.MatchString} {
			b.Run(name+"/"+c[0], func(b *testing.B) {
				for b.Loop() {
					if !match(c[1]) {
						b.Fatal("no match")
					}
				}
			})
		}
	}
}

// BenchmarkRefuse explains every fault of a document in two languages; BenchmarkAuthorityDetailed is what jsonschema/v5
// has to say of it, in English.
func BenchmarkRefuse(b *testing.B) {
	for _, s := range samples(b) {
		b.Run(s.name, func(b *testing.B) {
			doc := parse(b, s.faulty(string(s.data)))
			b.ReportMetric(float64(len(s.schema.Validate(doc))), "violations")
			b.ReportAllocs()
			for b.Loop() {
				if s.schema.Validate(doc) == nil {
					b.Fatal("valid")
				}
			}
		})
	}
}

func BenchmarkAuthorityDetailed(b *testing.B) {
	for _, s := range samples(b) {
		b.Run(s.name, func(b *testing.B) {
			v, authority := schemas.ToAny(parse(b, s.faulty(string(s.data)))), s.schema.Compiled()
			b.ReportAllocs()
			for b.Loop() {
				err, ok := authority.Validate(v).(*jsonschema.ValidationError) //nolint:errorlint // what it always returns
				if !ok {
					b.Fatal("valid")
				}
				_ = err.DetailedOutput()
			}
		})
	}
}
