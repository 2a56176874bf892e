package mapping_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/mapping"
)

// accept judges nothing, so that fuzzing reaches the mapping.
func accept(string, []byte) (mapping.Judge, error) {
	return func(*document.Doc) []violation.Violation { return nil }, nil
}

var documents = []string{
	`{}`, `[]`, `"x"`, `null`,
	`{"id":"a","type":"invoice","paid":true,"supplier":{"siret":"1","name":"é"},"buyer":{"service":null},"lines":[{"no":1,"amount":1.50,"taxes":[{"rate":20}]},{"amount":-0.1e1}],"extra":{"1":[]}}`,
	`{"id":7,"supplier":[1],"lines":{"no":1},"buyer":"x","currency":["EUR"]}`,
	`{"id":{},"lines":[[1,2],"x",null,{"amount":"12.50"},{"amount":1e30}]}`,
}

// checkTransform holds of every kind and every document: the result is whole or refused, is JSON, and is what the
// derived schema says.
func checkTransform(t *testing.T, kind *mapping.Kind, data string, derived *schemas.Schema) {
	t.Helper()
	in, fault := jsondoc.Parse([]byte(data))
	if fault != nil {
		return
	}
	content := transformers.Content{JSON: in}
	kind.Recognise(content)
	before := string(in.AppendJSON(nil))
	result, violations := kind.Transform(content, transformers.Identity{Kind: "x"})
	if after := string(in.AppendJSON(nil)); after != before {
		t.Errorf("the source changed from %s to %s", before, after)
	}
	if (len(result.Parts) == 0) != violation.AnyFatal(violations) {
		t.Fatalf("%d parts beside %v", len(result.Parts), violations)
	}
	for _, v := range violations {
		if v.Code == "" || v.FR == "" || v.EN == "" || v.Remedy == "" {
			t.Errorf("incomplete violation %+v", v)
		}
	}
	for _, part := range result.Parts {
		out := part.Doc.AppendJSON(nil)
		if !json.Valid(out) {
			t.Fatalf("not JSON: %s", out)
		}
		if limit := 1<<17 + 64*len(data); len(out) > limit {
			t.Errorf("%d bytes became %d", len(data), len(out))
		}
		if derived != nil {
			if vs := derived.Validate(part.Doc); len(vs) > 0 {
				t.Errorf("the derived schema refuses %s: %+v", out, vs)
			}
		}
		for i := range part.Doc.Len() {
			part.Doc.At(i).Source()
		}
	}
}

func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, name := range append(files, filepath.Join("..", "..", "examples", "bench", "gw-invoice.yaml")) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, false)
		f.Add(data, true)
	}
	source, err := os.ReadFile("testdata/invoice.schema.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, open bool) {
		read := func(string) ([]byte, error) { return source, nil }
		if open {
			read = func(string) ([]byte, error) { return []byte(`true`), nil }
		}
		kinds, list := mapping.Load([]mapping.File{{Name: "k.yaml", Data: data}}, mapping.Options{ReadFile: read, Compile: accept})
		if list.HasErrors() != (len(kinds) == 0) {
			t.Fatalf("%d kinds, %v", len(kinds), list.All())
		}
		for _, d := range list.All() {
			if d.File == "" || d.FR == "" || d.EN == "" || d.Code == "" {
				t.Errorf("incomplete diagnostic: code %q at %q: %q, %q", d.Code, d.Position, d.FR, d.EN)
			}
		}
		for _, k := range kinds {
			if _, err := schemas.Compile("derived", k.Schema().Data); k.Schema().Derived && err != nil {
				t.Fatalf("derived schema: %v\n%s", err, k.Schema().Data)
			}
			for _, doc := range documents {
				checkTransform(t, k, doc, nil) // the source was not judged, so the derived schema need not hold
			}
		}
	})
}

func FuzzTransform(f *testing.F) {
	const body = `
kind: x
recognise: {/id: present, /type: [invoice, credit]}
source: {schema: any.json}
key: [/id, /type]
mapping:
  a: /id
  b: {from: /supplier/name, upper: true, default: ""}
  c: {sum: /lines/*/amount}
  d: /lines/*/taxes/*/rate
  e: {each: /lines, to: {no: ./no, item: ., who: /supplier, s: {sum: ./taxes/*/rate, default: 0}, taxes: {each: ./taxes, to: {r: ./rate, c: /currency}}}}
  f: {from: /buyer, to: {service: {from: ./service, trim: true, lower: true}, k: {value: [1.50, null, x]}}}
  g: {to: {extra: /extra, first: /lines/0}}
  h: {value: gateway}
`
	kinds, list := mapping.Load([]mapping.File{{Name: "k.yaml", Data: []byte(body)}}, mapping.Options{ReadFile: readOnly(map[string]string{"any.json": `{}`}), Compile: accept})
	if list.HasErrors() {
		f.Fatal(list.Err())
	}
	derived, err := schemas.Compile("derived", kinds[0].Schema().Data)
	if err != nil {
		f.Fatal(err)
	}
	for _, doc := range documents {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, data string) { checkTransform(t, kinds[0], data, derived) })
}
