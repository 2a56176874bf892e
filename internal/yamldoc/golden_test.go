package yamldoc

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
)

var update = flag.Bool("update", false, "rewrite the .want files")

// target has a field of each kind that can be decoded into.
type target struct {
	Pos      diag.Position     `yaml:",pos"`
	Name     String            `yaml:"name,required"`
	Version  string            `yaml:"version"`
	Answer   String            `yaml:"answer"`
	Port     Int               `yaml:"port"`
	Count    int               `yaml:"count"`
	Small    int8              `yaml:"small"`
	Unsigned uint16            `yaml:"unsigned"`
	Enabled  Bool              `yaml:"enabled"`
	Strict   bool              `yaml:"strict"`
	Wait     Duration          `yaml:"wait"`
	Pause    time.Duration     `yaml:"pause"`
	Size     Bytes             `yaml:"size"`
	Form     String            `yaml:"form,oneof=canonical|original"`
	Forms    []string          `yaml:"forms,oneof=canonical|original"`
	From     List[String]      `yaml:"from,required"`
	Labels   Map[String]       `yaml:"labels"`
	Plain    map[string]string `yaml:"plain"`
	Nested   inner             `yaml:"nested"`
	Optional *inner            `yaml:"optional"`
	Items    []inner           `yaml:"items"`
	Receipts receipts          `yaml:"receipts"`
	Raw      *Node             `yaml:"raw"`
	Ignored  chan int
}

type inner struct {
	Pos  diag.Position `yaml:",pos"`
	When String        `yaml:"when,required"`
}

// receipts is a union, as a hook decodes it: the word none, or a topic.
type receipts struct {
	None  bool
	Topic String
}

func (r *receipts) UnmarshalYAMLNode(n *Node) diag.List {
	if n.Kind != Scalar || n.IsNull() {
		var list diag.List
		list.Add(n.WrongType("none ou un topic", "none or a topic"))
		return list
	}
	r.None = n.Text() == "none"
	return Decode(n, &r.Topic)
}

func testResolver() Resolver {
	return Resolver{
		Env: func(name string) (string, bool) {
			value, ok := map[string]string{"PASSWORD": "s3cret", "EMPTY": "", "PORT": "8080", "ON": "true", "REF": "${env:PASSWORD}"}[name]
			return value, ok
		},
		File: func(path string) ([]byte, error) {
			switch path {
			case filepath.Join("testdata", "secret.txt"), "/etc/secret.txt":
				return []byte("from a file\r\n"), nil
			case filepath.Join("testdata", "binary"):
				return []byte{0xff, 0}, nil
			case filepath.Join("testdata", "broken"):
				return nil, errors.New("disk on fire")
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	}
}

// load does all that a reader of a file does.
func load(file string, data []byte, into any) diag.List {
	n, list := Parse(file, data)
	if n == nil {
		return list
	}
	list.Append(Expand(n, testResolver()))
	list.Append(Decode(n, into))
	return list
}

func TestGoldenDiagnostics(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d cases (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			list := load(file, data, &target{})
			var got strings.Builder
			source := func(string) []byte { return data }
			if err := diag.Print(&got, list, source, diag.English); err != nil {
				t.Fatal(err)
			}
			got.WriteString("\n")
			if err := diag.Print(&got, list, nil, diag.French); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(got.String(), "s3cret") {
				t.Error("a secret is printed")
			}
			want := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(want, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if string(expected) != got.String() {
				t.Errorf("got\n%s\nwant\n%s", got.String(), expected)
			}
		})
	}
}
