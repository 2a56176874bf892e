package archtest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/archtest"
)

// repository returns the root of the module that this test is part of.
func repository(t *testing.T) fs.FS {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return os.DirFS(dir)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}

func TestArchitectureHolds(t *testing.T) {
	packages, err := archtest.ReadTree(repository(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 15 {
		t.Fatalf("only %d packages found: the test does not see the program", len(packages))
	}
	for _, fault := range archtest.Check(archtest.Rules(), packages) {
		t.Error(fault)
	}
}

// TestCheck breaks each rule once, in a small tree, to show that the checker sees it.
func TestCheck(t *testing.T) {
	const module = archtest.Module + "/"
	long := "package kafka\n" + strings.Repeat("// line\n", archtest.MaxLines)
	tests := map[string]struct {
		tree map[string]string
		want []string // beginnings of the faults
	}{
		"a sound tree": {
			tree: map[string]string{
				"cmd/passerelle/main.go":       `package main; import "` + module + `internal/app"; import "github.com/spf13/cobra"`,
				"internal/app/app.go":          `package app; import "` + module + `transformers/ubl"; import "` + module + `internal/kafka"`,
				"transformers/ubl/ubl.go":      `package ubl; import "` + module + `transformers"; import "` + module + `internal/xmldoc"`,
				"transformers/transformers.go": `package transformers; import "` + module + `internal/document"`,
				"internal/kafka/kafka.go":      `package kafka; import "fmt"; import "github.com/segmentio/kafka-go/protocol"`,
			},
		},
		"an adapter imports an adapter": {
			tree: map[string]string{"internal/kafka/a.go": `package kafka; import "` + module + `internal/embedded"`},
			want: []string{"internal/kafka/a.go:1: internal/kafka (adapter) must not import internal/embedded"},
		},
		"its tests may": {
			tree: map[string]string{"internal/kafka/a_test.go": `package kafka; import "` + module + `internal/embedded"`},
		},
		"a stage imports an adapter": {
			tree: map[string]string{
				"routes/a.go":           `package routes; import "` + module + `internal/kafka"`,
				"schemas/a.go":          `package schemas; import "` + module + `internal/kafka"`,
				"transformers/ubl/a.go": `package ubl; import "` + module + `internal/kafka"`,
			},
			want: []string{"routes/a.go:1: routes (routes)", "schemas/a.go:1: schemas (schemas)", "transformers/ubl/a.go:1: transformers/ubl (format)"},
		},
		"a format imports another": {
			tree: map[string]string{"transformers/cii/a.go": `package cii; import "` + module + `transformers/ubl"`},
			want: []string{"transformers/cii/a.go:1: transformers/cii (format) must not import transformers/ubl"},
		},
		"the canonical form imports a format's registry": {
			tree: map[string]string{"transformers/canonical/a.go": `package canonical; import "` + module + `transformers"`},
			want: []string{"transformers/canonical/a.go:1: transformers/canonical (canonical forms)"},
		},
		"configuration, embedded broker and telemetry are the application's": {
			tree: map[string]string{"internal/pipeline/a.go": "package pipeline\nimport (\n\t\"" + module + "config\"\n\t\"" + module + "internal/embedded\"\n\t\"" + module + "internal/telemetry\"\n)"},
			want: []string{
				"internal/pipeline/a.go:3: internal/pipeline (pipeline) must not import config",
				"internal/pipeline/a.go:4: internal/pipeline (pipeline) must not import internal/embedded",
				"internal/pipeline/a.go:5: internal/pipeline (pipeline) must not import internal/telemetry",
			},
		},
		"an import upwards": {
			tree: map[string]string{"internal/document/a.go": `package document; import "` + module + `internal/jsondoc"`},
			want: []string{"internal/document/a.go:1: internal/document (leaf) must not import internal/jsondoc"},
		},
		"a library outside its owner": {
			tree: map[string]string{"routes/a.go": `package routes; import "cel.dev/cel-go/cel"`},
			want: []string{"routes/a.go:1: routes must not import cel.dev/cel-go/cel: only internal/expr may"},
		},
		"a library without an owner": {
			tree: map[string]string{"schemas/a.go": `package schemas; import "example.org/clever"`},
			want: []string{"schemas/a.go:1: schemas imports example.org/clever, a library without an owner"},
		},
		"a package without a layer": {
			tree: map[string]string{"internal/novelty/a.go": `package novelty`},
			want: []string{"package internal/novelty is in no layer"},
		},
		"a name that says nothing": {
			tree: map[string]string{"internal/kafka/a.go": `package util`, "pkg/a.go": `package pkg`},
			want: []string{`package internal/kafka: the name "util"`, `package pkg: the name "pkg"`, "package pkg is in no layer"},
		},
		"a long file": {
			tree: map[string]string{
				"internal/kafka/long.go":      long,
				"internal/kafka/long_test.go": long,
				"internal/kafka/table.go":     "// Code generated by a test. DO NOT EDIT.\n\n" + long,
			},
			want: []string{"internal/kafka/long.go has 601 lines, expected at most 600"},
		},
		"what the go command does not read": {
			tree: map[string]string{
				"internal/kafka/testdata/a.go": `package util`,
				"tools/go.mod":                 "module tools",
				"tools/a.go":                   `package util`,
				"_old/a.go":                    `package util`,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for file, text := range tt.tree {
				tree[file] = &fstest.MapFile{Data: []byte(text)}
			}
			packages, err := archtest.ReadTree(tree)
			if err != nil {
				t.Fatal(err)
			}
			got := archtest.Check(archtest.Rules(), packages)
			for i := range got {
				if i < len(tt.want) && strings.HasPrefix(got[i], tt.want[i]) {
					got[i] = tt.want[i]
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRulesAreNotStale keeps the table from naming packages and libraries that are gone.
func TestRulesAreNotStale(t *testing.T) {
	packages, err := archtest.ReadTree(repository(t))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]archtest.Package{}
	for _, p := range packages {
		found[p.Path] = p
	}
	for _, l := range archtest.Rules().Layers {
		for _, p := range append(append([]string{}, l.Packages...), l.May...) {
			if _, ok := found[p]; !ok && !strings.Contains(p, "*") {
				t.Errorf("layer %s names package %s, which does not exist", l.Name, p)
			}
		}
	}
	for _, o := range archtest.Rules().Owners {
		for _, owner := range o.Packages {
			if owner != "*" && !found[owner].Uses(o.Library) {
				t.Errorf("package %s is an owner of %s and does not import it", owner, o.Library)
			}
		}
	}
}
