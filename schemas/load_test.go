package schemas_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/schemas"
)

const (
	draft07     = `"$schema":"http://json-schema.org/draft-07/schema#",`
	draft201909 = `"$schema":"https://json-schema.org/draft/2019-09/schema",`
)

// faults returns what is wrong with a schema, one line a fault, and checks that each is said in both languages.
func faults(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var all *diag.Errors
	if !errors.As(err, &all) {
		t.Fatalf("%v has no positions", err)
	}
	var lines []string
	for _, d := range all.List.All() {
		if d.FR == "" || d.FR == d.EN || strings.Contains(d.FR+d.EN+d.HintFR+d.HintEN, "%!") {
			t.Errorf("texts of %s: %q, %q", d.Code, d.FR, d.EN)
		}
		lines = append(lines, fmt.Sprintf("%d:%d %s", d.Line, d.Column, strings.TrimPrefix(d.Code, "jsonschema_")))
	}
	return lines
}

func TestCompileRefuses(t *testing.T) {
	deep := func(n int, open, inside, end string) string {
		return strings.Repeat(open, n) + inside + strings.Repeat(end, n)
	}
	doubling := `{"$ref":"#/$defs/d0","$defs":{`
	for i := range 40 {
		doubling += fmt.Sprintf(`"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]},`, i, i+1, i+1)
	}
	doubling += `"d40":{}}}`
	chain := `{"$ref":"#/$defs/d0","$defs":{`
	for i := range 200 {
		chain += fmt.Sprintf(`"d%d":{"$ref":"#/$defs/d%d"},`, i, i+1)
	}
	chain += `"d200":{}}}`
	branches := func(n int) string { return strings.TrimSuffix(strings.Repeat("{          },", n), ",") }
	tests := []struct {
		name, schema string
		want         []string
	}{
		{"no JSON", `{"type":`, []string{"1:9 json"}},
		{"a member twice", `{"type":"string","type":"object"}`, []string{"1:25 json"}},
		{"a huge number", `{"minimum":1e1000001}`, []string{"1:12 json"}},
		{"no schema", `[]`, []string{"1:1 value"}},
		{"misspelt", "{\"é\":1,\n  \"typ\": \"string\"}", []string{"1:2 keyword", "2:3 keyword"}},
		{"a quote in a name", `{"a\"b" : 1}`, []string{"1:2 keyword"}},
		{"of draft-04", `{"id":"x"}`, []string{"1:2 keyword"}},
		{"of a later draft", `{` + draft07 + `"prefixItems":[{}],"dependentRequired":{},"$defs":{}}`, []string{"1:54 keyword", "1:73 keyword", "1:96 keyword"}},
		{"of an earlier draft", `{"additionalItems":{},"$recursiveRef":"#"}`, []string{"1:2 keyword", "1:23 keyword"}},
		{"a list of items", `{"items":[{}]}`, []string{"1:10 value"}},
		{"inside", `{"properties":{"a":{"anyOf":[{"not":{"foo":1}}]}}}`, []string{"1:38 keyword"}},
		{"everything at once", `{"type":"text","minLength":-1,"required":["a","a"],"properties":[],"allOf":[],"uniqueItems":1,"multipleOf":0,"if":3,"$anchor":"1"}`,
			[]string{"1:9 value", "1:28 value", "1:42 value", "1:65 value", "1:76 value", "1:93 value", "1:108 value", "1:115 value", "1:127 value"}},
		{"a count that no integer holds", `{"minLength":1e20,"maxItems":3000000000}`, []string{"1:14 value", "1:30 value"}},
		{"an unknown draft", `{"$schema":"http://json-schema.org/draft-04/schema#"}`, []string{"1:12 draft"}},
		{"another draft inside", `{"$defs":{"a":{"$id":"http://a.invalid/a","$schema":"http://json-schema.org/draft-07/schema#"}}}`, []string{"1:53 unsupported"}},
		{"an unknown format", `{"format":"dat"}`, []string{"1:11 format"}},
		{"an unknown encoding", `{"contentEncoding":"rot13","contentMediaType":"text/xml"}`, []string{"1:20 format", "1:47 format"}},
		{"a schema of contents", `{"contentMediaType":"application/json","contentSchema":{"minimum":1}}`, []string{"1:40 unsupported"}},
		{"a back reference", `{"pattern":"(a)\\1","patternProperties":{"(?=a)":{}}}`, []string{"1:12 pattern", "1:42 pattern"}},
		{"a pattern bomb", `{"pattern":"` + strings.Repeat("x{1000}", 6) + `"}`, []string{"1:12 size"}},
		{"many patterns", `{"allOf":[` + strings.TrimSuffix(strings.Repeat(`{"pattern":"x{900}"},`, 120), ",") + `]}`, []string{"0:0 size"}},
		{"many anchors", `{"$defs":{"a":{"$anchor":"a"}},"prefixItems":[` + strings.TrimSuffix(strings.Repeat(`{"items":{"items":{"$ref":"#a"}}},`, 900), ",") + `]}`, []string{"0:0 size"}},
		{"a pattern that Go refuses as too large", `{"pattern":"(x{1000}){1000}"}`, []string{"1:12 pattern"}},
		{"an empty enum", `{"enum":[]}`, []string{"1:9 unsupported"}},
		{"a file", `{"$ref":"file:///etc/passwd"}`, []string{"1:9 reference"}},
		{"a network", `{"$ref":"http://127.0.0.1/x"}`, []string{"1:9 reference"}},
		{"another file", `{"$ref":"other.json#/a"}`, []string{"1:9 reference"}},
		{"nothing there", `{"$ref":"#/$defs/b","$defs":{"a":{"$ref":"#b"}}}`, []string{"1:9 reference", "1:42 reference"}},
		{"no place for a schema", `{"$ref":"#/x-mine","x-mine":{"anything":1}}`, []string{"1:9 reference"}},
		{"two of one name", `{"$defs":{"a":{"$anchor":"n"},"b":{"$anchor":"n"},"c":{"$id":"http://a.invalid/"},"d":{"$id":"http://a.invalid/"}}}`, []string{"1:46 reference", "1:94 reference"}},
		{"to itself", `{"$ref":"#"}`, []string{"1:9 loop"}},
		{"to itself by others", `{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"if":{"$ref":"#/$defs/b"}}]},"b":{"not":{"$ref":"#/$defs/a"}}}}`, []string{"1:93 loop"}},
		{"1,001 branches", `{"anyOf":[` + branches(1001) + `]}`, []string{"1:2 size"}},
		{"100,000 branches", `{"anyOf":[` + branches(100_000) + `]}`, []string{"1:2 size"}},
		{"5,001 schemas", `{"$defs":{` + func() string {
			var b strings.Builder
			for i := range 5_001 {
				fmt.Fprintf(&b, `"%d":{},`, i)
			}
			return strings.TrimSuffix(b.String(), ",")
		}() + `}}`, []string{"1:48898 size"}},
		{"a chain", chain, []string{"1:2920 size"}},
		{"doubling", doubling, []string{"1:659 size"}},
		{"too deep", deep(101, `{"not":`, `{}`, `}`), []string{"1:701 json"}},
		{"too long", `{"$comment":"` + strings.Repeat("x", 4<<20) + `"}`, []string{"0:0 size"}},
		{"past an intermediate resource", `{"$id":"http://a.invalid/main","$ref":"item","$defs":{"bar":{"$id":"bar","$defs":{
"item":{"$id":"item","properties":{"content":{"$dynamicRef":"#content"}},"$defs":{"d":{"$dynamicAnchor":"content","type":"integer"}}},
"content":{"$dynamicAnchor":"content","type":"string"}}}}}`, []string{"2:61 unsupported"}},
		{"in then", `{"$id":"http://a.invalid/m","if":true,"then":{"$ref":"r"},"$defs":{"n":{"$dynamicAnchor":"n","type":"string"},
"r":{"$id":"r","$dynamicRef":"#n","$defs":{"n":{"$dynamicAnchor":"n","type":"integer"}}}}}`, []string{"2:30 unsupported"}},
		{"back at the first anchor", `{"$id":"http://a.invalid/m","$ref":"r","$defs":{"n":{"$dynamicAnchor":"n"},"s":{
"$dynamicRef":"#n"},"r":{"$id":"r","properties":{"a":{"$ref":"m#/$defs/s"}},"$defs":{"n":{"$dynamicAnchor":"n"}}}}}`, []string{"2:15 unsupported"}},
		{"entered below its anchor", `{` + draft201909 + `"$id":"http://a.invalid/m","$ref":"r#/$defs/s","$defs":{"r":{"$id":"r","$recursiveAnchor":true,"$defs":{"s":{"items":{"$ref":"q"}}}},
"q":{"$id":"q","$recursiveAnchor":true,"items":{"$recursiveRef":"#"}}}}`, []string{"2:65 unsupported"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := schemas.Compile("x.json", []byte(tt.schema))
			if diff := cmp.Diff(tt.want, faults(t, err)); diff != "" {
				t.Error(diff, err)
			}
		})
	}
}

// longSchema has more members than a list of schemas may have branches.
func longSchema() string {
	var b strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&b, `"x-note%d":"a note",`, i)
	}
	return b.String() + `"type":"null"`
}

func TestCompileAccepts(t *testing.T) {
	for name, schema := range map[string]string{
		"annotations":           `{"title":"a","description":"b","$comment":"c","default":{"foo":1},"examples":[{"foo":1}],"deprecated":true,"readOnly":true,"writeOnly":false}`,
		"values are no schemas": `{"const":{"foo":1},"enum":[{"typ":1}],"x-mine":{"foo":{"pattern":"("}}}`,
		"draft-07":              `{` + draft07 + `"definitions":{"a":{"$id":"#a"}},"items":[{"$ref":"#a"}],"additionalItems":false,"dependencies":{"a":["b"],"c":{}}}`,
		"beside $ref":           `{` + draft07 + `"$ref":"#/definitions/a","definitions":{"a":{"type":"string"}}}`,
		"2019-09":               `{` + draft201909 + `"$recursiveAnchor":true,"items":{"$recursiveRef":"#"},"unevaluatedItems":false,"minContains":0}`,
		"one dynamic anchor":    `{"$dynamicAnchor":"n","items":{"$dynamicRef":"#n"},"if":true,"then":{"properties":{"a":{"$dynamicRef":"#n"}}}}`,
		"extended":              `{"$id":"http://a.invalid/m","$ref":"r","$defs":{"n":{"$dynamicAnchor":"n"},"r":{"$id":"r","items":{"$dynamicRef":"#n"},"$defs":{"n":{"$dynamicAnchor":"n"}}}}}`,
		"recursion":             `{"properties":{"left":{"$ref":"#"},"right":{"$ref":"#"}},"additionalProperties":false}`,
		"a metaschema":          `{"$ref":"https://json-schema.org/draft/2020-12/schema"}`,
		"a relative $id":        `{"$id":"/schemas/a.json","$ref":"#/$defs/b","$defs":{"b":{"$id":"b.json"},"c":{"$ref":"b.json"}}}`,
		"a whole number":        `{"minLength":2.0,"maxLength":1e2}`,
		"true":                  `true`,
		"a long schema":         `{"not":{` + longSchema() + `}}`,
		"blanks around":         "\ufeff {\n} ",
	} {
		if _, err := schemas.Compile(name, []byte(schema)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The examples of docs and the bench are read as strictly as what operators write.
func TestCompileOfTheExamples(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "examples", "bench", "invoice.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schemas.Compile("invoice.schema.json", data); err != nil {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	const unknown = `{"foo":1,"format":"bar","properties":{"a":{"format":"date"},"b":{"contentEncoding":"base64"},"c":{"contentEncoding":"rot13"}}}`
	tests := []struct {
		name, schema, doc string
		options           schemas.Options
		loads, valid      bool
	}{
		{"unknown words are annotations", unknown, `{"a":"no","b":"no","c":"no"}`, schemas.Options{Annotate: true}, true, true},
		{"unless they refuse", unknown, `{}`, schemas.Options{}, false, false},
		{"formats are annotations", `{"format":"date"}`, `"no"`, schemas.Options{}, true, true},
		{"also in a resource", `{"$ref":"http://a.invalid/b"}`, `"no"`, schemas.Options{Resources: map[string][]byte{"http://a.invalid/b": []byte(`{"format":"date"}`)}}, true, true},
		{"formats assert", `{"format":"date"}`, `"no"`, schemas.Options{AssertFormat: true}, true, false},
		{"contents assert", `{"contentEncoding":"base64"}`, `"no!"`, schemas.Options{AssertFormat: true}, true, false},
		{"formats assert in draft-07", `{` + draft07 + `"format":"date"}`, `"no"`, schemas.Options{}, true, false},
		{"without $schema", `{"format":"date"}`, `"no"`, schemas.Options{Draft: schemas.Draft07}, true, false},
		{"a resource", `{"$ref":"http://a.invalid/b"}`, `1`, schemas.Options{Resources: map[string][]byte{"http://a.invalid/b": []byte(`{"type":"string"}`)}}, true, false},
		{"a resource with a fault", `{"$ref":"http://a.invalid/b"}`, `1`, schemas.Options{Resources: map[string][]byte{"http://a.invalid/b": []byte(`{"typ":"string"}`)}}, false, false},
		{"a word that only jsonschema/v5 knows", `{"regexProperties":true}`, `{}`, schemas.Options{Annotate: true}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := tt.options.Compile("x", []byte(tt.schema))
			if loads := err == nil; loads != tt.loads {
				t.Fatal(err)
			}
			if s != nil && (s.Validate(parse(t, tt.doc)) == nil) != tt.valid {
				t.Errorf("valid: %v", !tt.valid)
			}
		})
	}
}

// A recursive schema whose branches double with every level is judged while that takes a while, and refused beyond.
func TestValidateIsAffordable(t *testing.T) {
	s, err := schemas.Compile("x", []byte(`{"type":"object","oneOf":[{"$ref":"#/$defs/and"},{"$ref":"#/$defs/or"}],"$defs":{
"and":{"properties":{"and":{"items":{"$ref":"#"}},"or":{"items":{"$ref":"#"}}}},"or":{"properties":{"and":{"items":{"$ref":"#"}},"or":{"items":{"$ref":"#"}}},"required":["or"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for depth, want := range map[int]string{3: "", 45: "schema_cost"} {
		doc := parse(t, strings.Repeat(`{"and":[`, depth)+`{"and":[]}`+strings.Repeat(`]}`, depth))
		got := ""
		if vs := s.Validate(doc); len(vs) > 0 {
			got = vs[0].Code
		}
		if got != want {
			t.Errorf("depth %d: %q, want %q", depth, got, want)
		}
	}
}
