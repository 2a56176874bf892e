package routes

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// FuzzLoad holds that loading never panics, that a table comes out exactly when there is no error, and that what comes
// out decides about a message without panic.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/*/*.yaml", "catalog/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files (%v)", pattern, len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	opts := options(f)
	m := invoice(f, `{"number": "1", "seller": {"country": "FR"}, "totals": {"payable": "1.00"}, "lines": [{"net": "1.00"}]}`)
	f.Fuzz(func(t *testing.T, data []byte) {
		table, list := Load([]File{{Name: "a.yaml", Data: data}, {Name: "b.yaml", Data: []byte(rest)}}, opts)
		if (table == nil) != list.HasErrors() {
			t.Fatalf("table is nil: %v, errors: %v", table == nil, list.HasErrors())
		}
		for _, d := range list.All() {
			if d.FR == "" || d.EN == "" || !utf8.ValidString(d.FR+d.EN+d.HintFR+d.HintEN) {
				t.Errorf("%+v", d)
			}
		}
		if table == nil {
			return
		}
		s := table.Select(m)
		if (s.Route == nil) != (len(s.Violations) > 0) || len(s.Considered) != len(table.Routes()) {
			t.Errorf("%+v", s)
		}
		for _, r := range table.Routes() {
			d := r.Deliver(m)
			taken := 0
			for _, to := range d.Destinations {
				if to.Taken {
					taken++
				}
			}
			if len(d.Destinations) != len(r.destinations) || taken == 0 && len(d.Violations) == 0 {
				t.Errorf("%s: %+v", r.Name(), d)
			}
		}
	})
}
