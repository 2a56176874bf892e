// Package archtest keeps the architecture true: which package may import which, which one owns a third-party library,
// how packages are named and how long files get. [Rules] is the table, and the documentation; docs/architecture.md
// says why it is so. A second test keeps the Markdown pages true: their links, commands and verbs exist.
//
// The package reads source text only; it must not import anything it judges.
package archtest

// Module is the import path that every package of the program begins with.
const Module = "github.com/commande-publique/passerelle"

// MaxLines bounds a source file: one concept is read in one sitting. Tests and generated files may be longer.
const MaxLines = 600

// Layer is a set of packages with one right to import. Patterns are import paths below the module, or "a/*" for every
// package below a; the most specific pattern decides.
type Layer struct {
	Name     string
	Packages []string
	// May lists what the non-test files of these packages may import of the program: patterns of packages.
	May []string
	// Why says what the packages of the layer must not know.
	Why string
}

// Owner is a third-party library and the packages whose non-test files may import it, so that replacing it is a
// change in one place. Tests may use what they need as an independent witness.
type Owner struct {
	Library  string // import path prefix
	Packages []string
}

// Architecture is the table that the program is held to.
type Architecture struct {
	Layers []Layer
	Owners []Owner
	// Banned are names that say nothing about what a package is for.
	Banned []string
}

// leaves are the packages that every other may import: they know no format, no route and no broker.
var leaves = []string{
	"internal/diag", "internal/document", "internal/event", "internal/expr", "internal/jsondoc", "internal/money",
	"internal/pdfdoc", "internal/reference", "internal/violation", "internal/xmldoc", "internal/yamldoc",
}

// Rules returns the architecture of the gateway, from the top down.
func Rules() Architecture {
	return Architecture{
		Layers: []Layer{
			{
				Name: "command", Packages: []string{"cmd/passerelle"}, May: []string{"*"},
				Why: "a verb reads its arguments and prints; what it asks for is done below",
			},
			{
				Name: "application", Packages: []string{"internal/app"},
				May: join(leaves, []string{
					"config", "internal/deadletter", "internal/doctor", "internal/embedded", "internal/kafka", "internal/pipeline", "internal/telemetry",
					"routes", "schemas", "schemas/*", "transformers", "transformers/*",
				}),
				Why: "it is the only package that knows all others, except the terminal",
			},
			{
				Name: "benchmark", Packages: []string{"internal/bench"}, May: []string{"examples/bench", "internal/embedded"},
				Why: "it judges the gateway from outside, as a process and through a broker; it knows no part of it",
			},
			{
				Name: "doctor", Packages: []string{"internal/doctor"}, May: join(leaves, []string{"internal/kafka"}),
				Why: "it asks a cluster what it is; it knows neither the configuration nor the gateway",
			},
			{
				Name: "pipeline", Packages: []string{"internal/pipeline"},
				May: join(leaves, []string{"internal/deadletter", "internal/kafka", "routes", "schemas", "schemas/rules", "schemas/structure", "transformers"}),
				Why: "it knows the stages and their order, but no configuration, no format and no particular broker",
			},

			// Adapters: the outside world. They never import each other.
			{
				Name: "adapter", Packages: []string{"internal/deadletter", "internal/embedded", "internal/kafka", "internal/telemetry"},
				May: leaves,
				Why: "an adapter carries bytes and words; it knows neither another adapter nor what a document means",
			},
			{
				Name: "configuration", Packages: []string{"config"}, May: leaves,
				Why: "it says what the operator wrote, not how it is carried out",
			},

			// The stages: pure, each a package that knows leaves and nothing beside itself.
			{
				Name: "routes", Packages: []string{"routes"}, May: leaves,
				Why: "a route decides on facts and a document; it never touches a broker or a schema",
			},
			{
				Name: "schemas", Packages: []string{"schemas"}, May: leaves,
				Why: "a shape is judged on the canonical document, whatever format it came in",
			},
			{
				Name: "rules", Packages: []string{"schemas/rules"}, May: join(leaves, []string{"schemas", "schemas/rules/syntax"}),
				Why: "a rule is data about a canonical document; it knows no format, no route",
			},
			{
				Name: "rule tests", Packages: []string{"schemas/rules/ruletest"}, May: leaves,
				Why: "what a test expects of a rule, whatever judges",
			},
			{
				Name: "rules of a syntax", Packages: []string{"schemas/rules/syntax"}, May: leaves,
				Why: "a rule about the elements of a syntax knows no term, no canonical document and no other rule",
			},
			{
				Name: "structure", Packages: []string{"schemas/structure"}, May: leaves,
				Why: "a structure is that of an XML document; it knows no canonical document, no rule",
			},
			{
				Name: "transformers", Packages: []string{"transformers"}, May: join(leaves, []string{"transformers/canonical"}),
				Why: "the registry knows that formats exist, not which",
			},
			{
				Name: "canonical forms", Packages: []string{"transformers/canonical"}, May: leaves,
				Why: "the vocabulary of canonical documents, for all formats",
			},
			{
				Name: "format", Packages: []string{"transformers/*"}, May: join(leaves, []string{"transformers", "transformers/canonical"}),
				Why: "a format knows itself and the canonical form; never another format, a schema or a rule",
			},
			{
				Name: "examples", Packages: []string{"examples", "examples/bench"}, May: nil,
				Why: "documents and configurations, embedded",
			},

			// Leaves, in the order in which they may rest on each other.
			{Name: "leaf", Packages: []string{"internal/violation", "internal/diag", "internal/money", "internal/document"}, Why: "a word of the domain"},
			{Name: "leaf on violation", Packages: []string{"internal/event"}, May: []string{"internal/violation"}, Why: "attributes, no broker"},
			{
				Name: "parser", Packages: []string{"internal/jsondoc", "internal/pdfdoc", "internal/xmldoc"},
				May: []string{"internal/document", "internal/violation"}, Why: "syntax only: no format, no kind",
			},
			{Name: "a writer for tests", Packages: []string{"internal/pdfdoc/pdftest", "internal/xmldoc/xmltest"}, Why: "it must not share the mistakes of what reads its files"},
			{Name: "operators' files", Packages: []string{"internal/yamldoc"}, May: []string{"internal/diag"}, Why: "syntax only: no setting has a name here"},
			{
				Name: "reference tables", Packages: []string{"internal/reference"},
				May: []string{"internal/diag", "internal/document", "internal/jsondoc"}, Why: "rows by key, whatever they mean and wherever records come from",
			},
			{
				Name: "expressions", Packages: []string{"internal/expr"},
				May: []string{"internal/diag", "internal/document", "internal/money"}, Why: "no route, no rule",
			},
			{Name: "this test", Packages: []string{"internal/archtest"}, Why: "it must not import what it judges"},
		},
		Owners: []Owner{
			{"github.com/segmentio/kafka-go", []string{"internal/kafka"}},
			{"github.com/klauspost/compress", []string{"internal/kafka"}},
			{"github.com/ThreeDotsLabs/watermill", []string{"internal/kafka", "internal/pipeline"}},
			// A benchmark that measured the gateway through the gateway's own client would not see that client's faults.
			{"github.com/twmb/franz-go", []string{"internal/embedded", "internal/bench"}},
			{"github.com/santhosh-tekuri/jsonschema/v5", []string{"schemas"}},
			{"cel.dev/cel-go", []string{"internal/expr"}},
			{"go.yaml.in/yaml/v4", []string{"internal/yamldoc"}},
			{"github.com/sirupsen/logrus", []string{"internal/telemetry"}},
			{"github.com/spf13/cobra", []string{"cmd/passerelle"}},
			{"github.com/shopspring/decimal", []string{"internal/money"}},
			{"golang.org/x/text/encoding", []string{"internal/xmldoc"}},
			{"golang.org/x/text/width", []string{"internal/diag"}},
			{"golang.org/x/sync", []string{"*"}}, // a supplement to the standard library, like it
		},
		Banned: []string{"util", "utils", "common", "helper", "helpers", "pkg", "misc", "shared", "base"},
	}
}

func join(lists ...[]string) []string {
	var out []string
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}
