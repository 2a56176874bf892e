// Package schemas judges the shape of documents by JSON Schema (draft-07, 2019-09, 2020-12) and explains every fault in
// French and English, with the place in the document, the place in the source, and the EN 16931 term.
//
// jsonschema/v5 compiles the schemas and is the authority on every verdict; this package is its only owner. In front of
// it stand a loader, which refuses what it would misjudge, not understand or never end, and an acceptor, which passes
// most valid documents at a small part of its cost. A schema never reaches a file or a network. The package must not know
// transformers, routes or Kafka; the business rules are in its sub-package rules.
package schemas

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
)

//go:embed canonical/*.schema.json receipt.schema.json
var embedded embed.FS

// files names the schema of each kind.
var files = map[string]string{
	"invoice":        "canonical/invoice.schema.json",
	"credit-note":    "canonical/invoice.schema.json",
	"invoice-status": "canonical/invoice-status.schema.json",
	"espd-request":   "canonical/espd.schema.json",
	"espd-response":  "canonical/espd.schema.json",
	"contract":       "canonical/contract.schema.json",
	"concession":     "canonical/concession.schema.json",
}

// Set holds the schemas of all kinds. It is read-only and may be used by any number of goroutines.
type Set struct {
	byKind map[string]source
	// proven holds the kinds whose documents satisfy their schema by construction.
	proven map[string]bool
}

// source is the schema of a kind, which is compiled when it is first asked for.
type source struct {
	document *document.Doc
	compiled func() *Schema
}

// Schema is one compiled schema with its source, which messages quote.
type Schema struct {
	id       string
	compiled *jsonschema.Schema
	accept   *acceptor
	raw      *document.Doc
	dynamic  bool // a reference depends on the way to it, so that no part can be judged apart from the others
}

// Load reads the schemas in the binary. Each is compiled when a document of its kind is first judged, because that costs
// most of a start. An error is a fault of the build; that the schemas compile is tested.
func Load() (*Set, error) {
	set := &Set{byKind: map[string]source{}}
	byFile := map[string]source{}
	for kind, file := range files {
		if byFile[file].document == nil {
			data, err := embedded.ReadFile(file)
			if err != nil {
				return nil, err
			}
			raw, fault := jsondoc.Parse(data)
			if fault != nil {
				return nil, fmt.Errorf("schemas/%s: %s", file, fault.EN)
			}
			byFile[file] = source{raw, sync.OnceValue(func() *Schema {
				s, err := load(file)
				if err != nil {
					panic(err) //nolint:forbidigo // a fault of the build, which a test excludes: nothing is accepted unjudged
				}
				return s
			})}
		}
		set.byKind[kind] = byFile[file]
	}
	return set, nil
}

// With returns a set that has the schema of one more kind. Proven says that every document of the kind satisfies the
// schema by the way it is made, so that judging it again would tell nothing.
func (s *Set) With(kind string, schema *Schema, proven bool) *Set {
	more := &Set{byKind: maps.Clone(s.byKind), proven: maps.Clone(s.proven)}
	more.byKind[kind] = source{schema.raw, func() *Schema { return schema }}
	if proven {
		if more.proven == nil {
			more.proven = map[string]bool{}
		}
		more.proven[kind] = true
	}
	return more
}

// Receipt compiles the schema of the receipts that senders get.
func Receipt() (*Schema, error) { return load("receipt.schema.json") }

func load(file string) (*Schema, error) {
	data, err := embedded.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s, err := Compile(path.Base(file), data)
	if err != nil {
		return nil, fmt.Errorf("schemas/%s: %w", file, err)
	}
	return s, nil
}

// Schema returns the schema of a kind, nil when there is none. It panics where one in the binary has a fault.
func (s *Set) Schema(kind string) *Schema {
	if schema, known := s.byKind[kind]; known {
		return schema.compiled()
	}
	return nil
}

// Document returns the schema of a kind as it is written, for those who ask which places a document may have; nil when there
// is none. It must not be changed.
func (s *Set) Document(kind string) *document.Doc { return s.byKind[kind].document }

// ID returns the schema's identifier, which events carry as dataschema.
func (s *Schema) ID() string { return s.id }

// Kinds returns the kinds that have a schema, sorted.
func (s *Set) Kinds() []string { return slices.Sorted(maps.Keys(s.byKind)) }

// Document returns the schema itself, for those who ask which places a document may have. It must not be changed.
func (s *Schema) Document() *document.Doc { return s.raw }
