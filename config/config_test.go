package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

func resolver(env map[string]string) yamldoc.Resolver {
	return yamldoc.Resolver{
		Env:  func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		File: os.ReadFile,
	}
}

func text(list diag.List) string {
	var out bytes.Buffer
	_ = diag.Print(&out, list, func(string) []byte { return nil }, "en")
	return out.String()
}

// The reference file says the truth: it loads without a warning and changes nothing.
func TestReferenceIsTheDefault(t *testing.T) {
	c, list := config.Parse("passerelle.yaml", config.Reference, resolver(nil))
	if list.Len() > 0 {
		t.Fatal(text(list))
	}
	ignore := cmp.FilterPath(func(p cmp.Path) bool {
		name := p.Last().String()
		return name == ".Pos" || name == ".node" || name == ".dir" || name == ".Reference"
	}, cmp.Ignore())
	if diff := cmp.Diff(config.Default(), c, ignore, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// Every key of the configuration is in the reference file, so that an operator finds it.
func TestReferenceNamesEveryKey(t *testing.T) {
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
			if name == "" {
				continue
			}
			if !bytes.Contains(config.Reference, []byte(name+":")) {
				t.Errorf("key %s of %s is not in the reference file", name, typ.Name())
			}
			field := typ.Field(i).Type
			if strings.HasPrefix(field.Name(), "List[") {
				field = field.Field(0).Type.Elem()
			}
			if field.PkgPath() == typ.PkgPath() {
				walk(field)
			}
		}
	}
	walk(reflect.TypeFor[config.Config]())
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       []string // each in the report
	}{
		{"unknown key", "kafak:\n  brokers: []\n", []string{"c.yaml:1:1:", "kafka"}},
		{"all at once", "log:\n  level: loud\nlimits:\n  document: big\n", []string{"c.yaml:2:10:", "c.yaml:4:13:"}},
		{"a source twice", "sources:\n  - topic: a\n  - topic: a\n", []string{"c.yaml:3:12:", "defined already"}},
		{"a directory from two places", "directory:\n  file: a.csv\n  topic: a\n", []string{"c.yaml:3:10:", "not from both"}},
		{"a directory that is a source", "directory:\n  topic: suppliers\n", []string{"c.yaml:2:10:", "a topic of its own"}},
		{"requests from the topic of the directory", "directory:\n  topic: a\nrequests:\n  topic: a\n", []string{"c.yaml:4:10:", "config_requests", "another table"}},
		{"a directory for a minute", "directory:\n  file: a.csv\n  max_age: 1m\n", []string{"c.yaml:3:12:", "between 1h0m0s and 8784h0m0s"}},
		{"no source", "sources: []\n", []string{"c.yaml:1:10:"}},
		{"a group for two", "sources:\n  - topic: a\n    group: g\n  - topic: b\n    group: g\n", []string{"c.yaml:5:12:", "own"}},
		{"a loop", "sources:\n  - topic: dead-letter\n", []string{"c.yaml:2:12:", "both a source and an output"}},
		{"a topic name", "dead_letters: a b\n", []string{"c.yaml:1:15:", "Kafka topic"}},
		{"an empty topic name", "dead_letters: \"\"\n", []string{"c.yaml:1:15:", "Kafka topic"}},
		{"a topic named like a folder", "sources:\n  - topic: ..\n", []string{"c.yaml:2:12:", "Kafka topic"}},
		{"receipts among dead letters", "sources:\n  - topic: a\n    receipts: dead-letter\n", []string{"c.yaml:3:15:", "both receipts and dead letters"}},
		{"a limit out of range", "limits:\n  document: 1GiB\n", []string{"c.yaml:2:13:", "between"}},
		{"a reserve too small", "embedded:\n  reserve: 1MiB\n", []string{"c.yaml:2:12:", "between"}},
		{"an address without port", "telemetry:\n  listen: localhost\n", []string{"c.yaml:2:11:", "host:port"}},
		{"no address", "telemetry:\n  listen: \"\"\n", []string{"c.yaml:2:11:", "host:port"}},
		{"a port out of range", "telemetry:\n  listen: 127.0.0.1:70000\n", []string{"c.yaml:2:11:", "host:port"}},
		{"a reference to nothing", "kafka:\n  client_id: ${env:NOPE}\n", []string{"c.yaml:2:14:", "NOPE"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, list := config.Parse("c.yaml", []byte(tt.yaml), resolver(nil))
			if c != nil || !list.HasErrors() {
				t.Fatal("accepted")
			}
			got := text(list)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in:\n%s", want, got)
				}
			}
		})
	}
}

// What is switched off on purpose loads; giving up the reserve is worth a warning.
func TestSwitchedOff(t *testing.T) {
	c, list := config.Parse("c.yaml", []byte("embedded:\n  reserve: 0\ntelemetry:\n  listen: none\n"), resolver(nil))
	if c == nil || c.Embedded.Reserve.Value != 0 || c.Telemetry.Listen.Value != config.NoTelemetry {
		t.Fatal(text(list))
	}
	if got := text(list); list.Len() != 1 || !strings.Contains(got, "c.yaml:2:12:") || !strings.Contains(got, "full disk") {
		t.Error(got)
	}
}

func TestReferencesToTheEnvironment(t *testing.T) {
	c, list := config.Parse("c.yaml", []byte("kafka:\n  brokers: [\"${env:BROKER}\"]\n"), resolver(map[string]string{"BROKER": "kafka:9092"}))
	if list.HasErrors() {
		t.Fatal(text(list))
	}
	if got := c.Kafka.Brokers.Items[0].Value; got != "kafka:9092" {
		t.Errorf("broker = %q", got)
	}
}

func TestLoadNamesTheFileThatIsMissing(t *testing.T) {
	_, list := config.Load(filepath.Join(t.TempDir(), "none.yaml"), resolver(nil))
	if got := text(list); !strings.Contains(got, "none.yaml") || !strings.Contains(got, "no such file") {
		t.Error(got)
	}
}

func TestRouteFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.yaml", "a.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "passerelle.yaml.conf")
	c, list := config.Parse(file, []byte("routes:\n  files: ['[ab].yaml', none.yaml]\n"), resolver(nil))
	if list.HasErrors() {
		t.Fatal(text(list))
	}
	files, list := c.RouteFiles()
	if diff := cmp.Diff([]string{filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")}, files); diff != "" {
		t.Error(diff)
	}
	if got := text(list); !strings.Contains(got, ":2:24:") || !strings.Contains(got, "none.yaml") {
		t.Error(got)
	}
}
