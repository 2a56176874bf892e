package mapping_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/transformers/mapping"
)

var update = flag.Bool("update", false, "rewrite the .want files")

// TestLoad compares everything that is said about each file of testdata, in both languages, with its .want file.
func TestLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			kinds, list := mapping.Load([]mapping.File{{Name: name, Data: data}},
				mapping.Options{Reserved: []string{"invoice"}, ReadFile: os.ReadFile, Compile: compile})
			if list.HasErrors() != (kinds == nil) {
				t.Errorf("%d kinds beside %d faults", len(kinds), list.Len())
			}
			want := strings.TrimSuffix(name, ".yaml") + ".want"
			got := printed(list)
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(expected), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// several loads kinds given as "name | conditions".
func several(t *testing.T, kinds ...string) diag.List {
	t.Helper()
	var files []mapping.File
	for _, k := range kinds {
		name, conditions, _ := strings.Cut(k, " | ")
		files = append(files, mapping.File{Name: name + ".yaml", Data: []byte("kind: " + name + "\nrecognise: " + conditions + "\nsource: {schema: any.json}\n")})
	}
	_, list := mapping.Load(files, mapping.Options{ReadFile: readOnly(map[string]string{"any.json": `{}`}), Compile: compile})
	return list
}

func TestAKindThatNoDocumentReachesIsAFault(t *testing.T) {
	for _, c := range []struct {
		kinds []string
		fault bool
	}{
		{[]string{"a | {/t: x}", "b | {/t: x}"}, true},
		{[]string{"a | {/t: [x, y]}", "b | {/t: x, /u: present}"}, true},
		{[]string{"a | {/t: present}", "b | {/t: x}"}, true},
		{[]string{"a | {/t: x}", "b | {/t: [x, y]}"}, false},
		{[]string{"a | {/t: x, /u: present}", "b | {/t: x}"}, false},
		{[]string{"a | {/t: x}", "b | {/t: present}"}, false},
		{[]string{"a | {/t: x}", "b | {/u: x}"}, false},
	} {
		list := several(t, c.kinds...)
		found := false
		for _, d := range list.All() {
			found = found || d.Code == mapping.CodeRecognise && d.File == "b.yaml"
		}
		if found != c.fault || list.Len() > 1 {
			t.Errorf("%v: %v", c.kinds, list.All())
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	list := several(t, "a | {/t: x}", "a | {/t: y}")
	if all := list.All(); len(all) != 1 || all[0].Code != mapping.CodeName || !strings.Contains(all[0].EN, "a.yaml:1:7") {
		t.Errorf("%v", all)
	}
}

func TestTooManyKinds(t *testing.T) {
	kinds, list := mapping.Load(make([]mapping.File, 201), mapping.Options{})
	if kinds != nil || list.Len() != 1 || list.All()[0].Code != mapping.CodeLimit {
		t.Errorf("%v", list.All())
	}
}
