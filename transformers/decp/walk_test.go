package decp

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// Contracts that are read one by one are those of the file read as a whole: same documents, same order, same places.
func TestWalkGivesTheContractsOfTheFile(t *testing.T) {
	for _, file := range []string{"../../examples/documents/decp-contract.json", "testdata/mixed.json", "testdata/flat.json"} {
		data := read(t, file)
		whole, faults := New().Transform(parse(t, data), transformers.Identity{})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		n := 0
		refused, err := Walk(bytes.NewReader(data), 1<<20, func(s Single) error {
			content := parse(t, s.Data)
			res, faults := New().Transform(content, transformers.Identity{})
			if len(faults) > 0 || len(res.Parts) != 1 || s.Twice != nil {
				t.Fatalf("%s: %v %v", file, faults, s.Twice)
			}
			got, want := res.Parts[0], whole.Parts[n]
			if got.Kind != want.Kind || got.Key != want.Key || !bytes.Equal(got.Doc.AppendJSON(nil), want.Doc.AppendJSON(nil)) {
				t.Errorf("%s: contract %d differs", file, n)
			}
			if n++; s.Number != n {
				t.Errorf("%s: number %d for %d", file, s.Number, n)
			}
			for name := range map[string]bool{"id": true, "objet": true} {
				at, place := got.Doc.Root().Get(name).Source(), want.Doc.Root().Get(name).Source()
				v := s.Place(violation.Violation{Source: at.Path, Line: at.Line, Column: at.Column, FR: at.Path, EN: at.Path})
				if v.Source != place.Path || v.Line != place.Line || v.Column != place.Column || v.FR != place.Path || v.EN != place.Path {
					t.Errorf("%s: %+v, want %+v", file, v, place)
				}
			}
			return nil
		})
		if refused != nil || err != nil || n != len(whole.Parts) {
			t.Errorf("%s: %v %v, %d of %d", file, refused, err, n, len(whole.Parts))
		}
	}
}

func TestWalkNamesWhatIsWrong(t *testing.T) {
	one := `{"id":"1","acheteur":{"id":"2"}}`
	for _, c := range []struct{ name, json, code, source string }{
		{"cut", `{"marches":{"marche":[` + one + `,`, "json_truncated", "1:56"},
		{"cut inside", `{"marches":{"marche":[{"id":"1`, "json_truncated", "1:31"},
		{"no comma", "{\"marches\":{\"marche\":[" + one + "\n" + one, "json_syntax", "2:1"},
		{"two values", `{"marches":{"marche":[` + one + `]}} {}`, "json_trailing_data", "1:59"},
		{"a list twice", `{"marches":{"marche":[],"marche":[]}}`, "json_duplicate_key", "1:25"},
		{"a word beside", `{"marches":{},"x":nil}`, "json_word", "1:19"},
		{"no name", `{"marches":{1`, "json_syntax", "1:13"},
		{"too large", `{"marches":{"marche":["` + strings.Repeat("x", 200) + `"]}}`, "json_value_size", "1:23"},
		{"nothing in it", `{"marches":{"marche":[]}}`, "decp_no_contract", ""},
	} {
		refused, err := Walk(strings.NewReader(c.json), 200, func(Single) error { return nil })
		if err != nil || refused == nil || refused.Code != c.code || refused.Source != c.source {
			t.Errorf("%s: %+v %v", c.name, refused, err)
		}
	}
	for _, other := range []string{`[]`, `{"kind":"contract"}`, `{"x":nil}`, `<x/>`, ``} {
		if refused, err := Walk(strings.NewReader(other), 200, nil); !errors.Is(err, ErrNoMarches) || refused != nil {
			t.Errorf("%s: %v %v", other, refused, err)
		}
	}
	stop := errors.New("stop")
	if _, err := Walk(strings.NewReader(`{"marches":{"marche":[`+one+`]}}`), 200, func(Single) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("not stopped: %v", err)
	}
	var twice []string
	_, _ = Walk(strings.NewReader(`{"marches":{"marche":[`+one+`,{},`+one+`]}}`), 200, func(s Single) error {
		if s.Twice != nil {
			twice = append(twice, fmt.Sprint(s.Number, s.Twice.Source, s.Twice.EN))
		}
		return nil
	})
	if len(twice) != 1 || !strings.HasPrefix(twice[0], "3/marches/marche/2/marches/marche/2: the uid 21 is already that of /marches/marche/0") {
		t.Error(twice)
	}
}

// What a walk accepts is JSON when each contract is, and what it refuses our parser refuses, but for its own bounds.
func FuzzWalk(f *testing.F) {
	for _, file := range []string{"testdata/mixed.json", "testdata/flat.json"} {
		f.Add(read(f, file))
	}
	f.Add([]byte(`{"marches":{"marche":[{"a":"\\\""},7,"x",[]],"contrat-concession":null}, "b" : -1 }`))
	f.Fuzz(func(t *testing.T, data []byte) {
		good := true
		refused, err := Walk(bytes.NewReader(data), len(data)+100, func(s Single) error {
			doc, fault := jsondoc.Parse(s.Data)
			good = good && fault == nil
			if doc != nil {
				doc.Release()
			}
			return nil
		})
		if err != nil {
			return
		}
		doc, fault := jsondoc.Parse(data)
		switch {
		case refused != nil && fault == nil && refused.Code != noContract.Code && refused.Code != "json_values":
			t.Errorf("refused with %s at %s: %s", refused.Code, refused.Source, refused.EN)
		case refused == nil && good && fault != nil && fault.Code != "json_values":
			t.Errorf("accepted, and the parser says %s at %s: %s", fault.Code, fault.Source, fault.EN)
		}
		if doc != nil {
			doc.Release()
		}
	})
}
