package reference

import (
	"bytes"
	"testing"
)

// FuzzRead: whatever a file holds, there is a table or there are faults with a place and words in both languages.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"room;open;names;heated\n101;oui;nord|sud;non\n", "room,names\n101,\"a, \"\"b\"\"|c\"\n", "\ufeffroom\n", "room;open\n101;\"oui\n",
		`[{"room": "101", "open": true, "names": ["a"]}]`, "[{\"room\": \"101\"}, {\"room\": \"101\"}]", `[1, {}, null]`, "[",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"rooms.csv", "rooms.json"} {
			s, list := rooms.Read(name, bytes.NewReader(data), day)
			if (s == nil) != list.HasErrors() {
				t.Fatalf("%s %q: a table: %v, faults: %v", name, data, s != nil, list.Err())
			}
			for _, d := range list.All() {
				if d.FR == "" || d.EN == "" || d.File != name || d.Line > 1+bytes.Count(data, []byte("\n")) {
					t.Errorf("%s %q: %+v", name, data, d)
				}
			}
			if s == nil {
				continue
			}
			rows := 0
			for _, shard := range s.rows.shards {
				for key := range shard {
					rows++
					if seen(viewOf(s), key) == seen(viewOf(s), "none") {
						t.Errorf("%s %q: %s is not known", name, data, key)
					}
				}
			}
			if rows != s.Len() {
				t.Errorf("%s %q: %d rows, said to be %d", name, data, rows, s.Len())
			}
		}
	})
}
