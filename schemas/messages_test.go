package schemas_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, file, got string) {
	t.Helper()
	name := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test ./schemas -update writes it; read the difference):\n%s", name, diff)
	}
}

// said writes a violation as a person reads it.
func said(v violation.Violation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %q", v.Code, v.Pointer)
	if v.Source != v.Pointer {
		fmt.Fprintf(&b, ", source %s", v.Source)
	}
	if v.Line > 0 {
		fmt.Fprintf(&b, ", %d:%d", v.Line, v.Column)
	}
	if v.Term != "" {
		fmt.Fprintf(&b, ", %s", v.Term)
	}
	fmt.Fprintf(&b, "\n  fr: %s\n      %s\n  en: %s\n      %s\n", v.FR, v.Remedy, v.EN, v.RemedyEN)
	return b.String()
}

// failures has a document that fails for each keyword that can: by itself, or through the schemas in it.
var failures = []struct{ keyword, schema, doc string }{
	{"type", `{"type":"integer"}`, `"12"`},
	{"type", `{"type":["string","null"]}`, `{"a":1}`},
	{"enum", `{"enum":["invoice","archive",3]}`, `"invoise"`},
	{"const", `{"const":{"a":[1]}}`, `[1,2]`},
	{"multipleOf", `{"multipleOf":0.01}`, `12.505`},
	{"multipleOf", `{"multipleOf":5}`, `12`},
	{"minimum", `{"minimum":0}`, `-12.50`},
	{"maximum", `{"maximum":100}`, `120`},
	{"exclusiveMinimum", `{"exclusiveMinimum":0}`, `0`},
	{"exclusiveMaximum", `{"exclusiveMaximum":1}`, `1.0`},
	{"minLength", `{"minLength":1}`, `""`},
	{"maxLength", `{"maxLength":4}`, `"éèàùî"`},
	{"pattern", `{"pattern":"^[A-Z]+$"}`, `"a\u0007b"`},
	{"pattern", `{"pattern":"^[A-Z]+$","x-expected":{"fr":"des capitales","en":"capitals"}}`, `"ab"`},
	{"format", `{"format":"siret"}`, `"12345678900011"`},
	{"contentEncoding", `{"contentEncoding":"base64"}`, `"é"`},
	{"contentMediaType", `{"contentMediaType":"application/json"}`, `"{"`},
	{"items", `{"items":{"minimum":1}}`, `[1,0]`},
	{"items", `{"items":false}`, `[1]`},
	{"additionalItems", `{"items":[true],"additionalItems":false}`, `[1,2,3]`},
	{"prefixItems", `{"prefixItems":[{"type":"string"}]}`, `[1]`},
	{"unevaluatedItems", `{"unevaluatedItems":false}`, `["a"]`},
	{"minItems", `{"minItems":2}`, `["a"]`},
	{"maxItems", `{"maxItems":1}`, `["a","b","c"]`},
	{"uniqueItems", `{"uniqueItems":true}`, `["a","b","a"]`},
	{"contains", `{"contains":{"const":"siret"}}`, `["siren","iban"]`},
	{"contains", `{"contains":{"required":["id"]}}`, `[]`},
	{"minContains", `{"contains":{"type":"string"},"minContains":2}`, `["a",1]`},
	{"maxContains", `{"contains":{"title":"main"},"maxContains":1}`, `[1,2]`},
	{"required", `{"required":["number"],"properties":{"number":{"title":"Invoice number"}}}`, `{}`},
	{"dependentRequired", `{"dependentRequired":{"iban":["bic"]}}`, `{"iban":"x"}`},
	{"dependencies", `{"dependencies":{"iban":["bic"]}}`, `{"iban":"x"}`},
	{"dependencies", `{"dependencies":{"iban":{"required":["bic"]}}}`, `{"iban":"x"}`},
	{"dependentSchemas", `{"dependentSchemas":{"iban":{"required":["bic"]}}}`, `{"iban":"x"}`},
	{"propertyNames", `{"propertyNames":{"maxLength":3}}`, `{"note":1}`},
	{"propertyNames", `{"propertyNames":false}`, `{"note":1}`},
	{"properties", `{"properties":{"type":false}}`, `{"type":1}`},
	{"patternProperties", `{"patternProperties":{"^n":{"type":"string"}}}`, `{"note":1}`},
	{"additionalProperties", `{"properties":{"name":{}},"patternProperties":{"^x":{}},"additionalProperties":false}`, `{"nme":1,"x1":2}`},
	{"additionalProperties", `{"additionalProperties":false}`, `{"a":1}`},
	{"unevaluatedProperties", `{"allOf":[{"properties":{"name":{}}}],"unevaluatedProperties":false}`, `{"naem":{"a":1}}`},
	{"minProperties", `{"minProperties":1}`, `{}`},
	{"maxProperties", `{"maxProperties":1}`, `{"a":1,"b":2}`},
	{"not", `{"not":{"required":["a"]}}`, `{"a":1}`},
	{"not", `{"not":{}}`, `"a"`},
	{"allOf", `{"allOf":[{"minimum":2}]}`, `1`},
	{"anyOf", `{"anyOf":[{"required":["siret"]},{"required":["siren"]}]}`, `{}`},
	{"anyOf", `{"anyOf":[{"type":"null"},{"type":"string","format":"date"}]}`, `"24/11/2026"`},
	{"anyOf", `{"anyOf":[{"properties":{"k":{"const":"a"}}},{"properties":{"k":{"const":"b"}},"required":["m","n"]}]}`, `{"k":"b"}`},
	{"oneOf", `{"oneOf":[{"type":"string"},{"type":"number"}]}`, `true`},
	{"oneOf", `{"oneOf":[{"minimum":1},{"title":"small","maximum":3}]}`, `2`},
	{"if", `{"if":{"type":"string"},"then":{"minLength":2}}`, `"a"`},
	{"then", `{"if":true,"then":false}`, `1`},
	{"else", `{"if":false,"else":{"type":"null"}}`, `1`},
	{"$ref", `{"$ref":"#/$defs/a","$defs":{"a":{"format":"iban"}}}`, `"FR7630006000011234567890180"`},
	{"$dynamicRef", `{"$dynamicRef":"#a","$defs":{"a":{"$dynamicAnchor":"a","writeOnly":true,"maxLength":3}}}`, `"secret"`},
	{"$ref", `{"$ref":"http://a.invalid/a","$defs":{"a":{"$id":"http://a.invalid/a","properties":{"b":{"maxLength":1}}}}}`, `{"b":"cd"}`},
	{"$recursiveRef", `{"$recursiveAnchor":true,"items":{"$recursiveRef":"#"},"maxItems":1}`, `[["a","b"]]`},
}

// neverFail are the keywords that describe, or that only help others to fail.
var neverFail = []string{
	"$schema", "$id", "$anchor", "$comment", "$vocabulary", "$defs", "definitions", "$dynamicAnchor", "$recursiveAnchor",
	"title", "description", "default", "examples", "readOnly", "writeOnly", "deprecated",
	"contentSchema", // refused when the schema is loaded
}

var drafts = map[schemas.Draft]string{
	schemas.Draft07:     draft07,
	schemas.Draft201909: draft201909,
	schemas.Draft202012: `"$schema":"https://json-schema.org/draft/2020-12/schema",`,
}

func TestEveryKeywordHasItsOwnMessage(t *testing.T) {
	texts := ""
	spoken := map[string]bool{}
	for _, f := range failures {
		spoken[f.keyword] = true
		loads := 0
		before := ""
		for _, draft := range []schemas.Draft{schemas.Draft07, schemas.Draft201909, schemas.Draft202012} {
			if !slices.Contains(schemas.Keywords(draft), f.keyword) {
				continue
			}
			schema, err := schemas.Compile("x", []byte("{"+drafts[draft]+strings.TrimPrefix(f.schema, "{")))
			if err != nil {
				continue // the other keywords of the schema are not in this draft
			}
			if draft == schemas.Draft07 && strings.HasPrefix(f.schema, `{"$ref"`) {
				continue
			}
			vs := schema.Validate(parse(t, f.doc))
			if len(vs) == 0 {
				continue // a keyword beside it is not in this draft
			}
			loads++
			got := ""
			for _, v := range vs {
				got += said(v)
				if v.Code == "schema_other" || v.Code == "schema_failure" {
					t.Errorf("%s %s has no message of its own: %s", draft, f.schema, v.EN)
				}
				if v.FR == "" || v.FR == v.EN || v.Remedy == "" || v.Remedy == v.RemedyEN || strings.Contains(v.FR+v.EN, "%!") {
					t.Errorf("%s %s: texts %q, %q", draft, f.schema, v.FR, v.EN)
				}
			}
			if before != "" && got != before {
				t.Errorf("%s says other things of %s than an earlier draft:\n%s\n%s", draft, f.schema, got, before)
			}
			before = got
		}
		if loads == 0 {
			t.Errorf("no draft refuses %s by %s", f.doc, f.schema)
		}
		texts += fmt.Sprintf("%s: %s of %s\n%s\n", f.keyword, f.doc, f.schema, before)
	}
	golden(t, "keywords.txt", texts)
	for draft := range drafts {
		for _, keyword := range schemas.Keywords(draft) {
			if !spoken[keyword] && !slices.Contains(neverFail, keyword) {
				t.Errorf("%s: nothing here fails by %s", draft, keyword)
			}
		}
	}
}

func TestEveryFormatHasWords(t *testing.T) {
	for name := range schemas.Formats() {
		schema, err := schemas.Compile("x", []byte(`{"format":"`+name+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		vs := schema.Validate(parse(t, `"\\ {["`))
		if len(vs) != 1 || strings.Contains(vs[0].FR, "attendu :  ;") || vs[0].FR == vs[0].EN {
			t.Errorf("%s: %+v", name, vs)
		}
	}
}

func TestSecretsAreNotTold(t *testing.T) {
	const iban, digits = "FR7630006000011234567890189", "3000600001123456789"
	for schema, doc := range map[string]string{
		`{"format":"iban"}`:                       `"FR7630006000011234567890180"`,
		`{"format":"iban","maxLength":3}`:         `"` + iban + `"`,
		`{"maxLength":3}`:                         `"IBAN: ` + iban + `."`,
		`{"enum":["a"]}`:                          `"FR76 3000 6000 0112 3456 7890 189"`,
		`{"pattern":"^[a-z]+$","writeOnly":true}`: `"` + iban + `"`,
		`{"writeOnly":true,"$ref":"#/$defs/a","$defs":{"a":{"pattern":"^[a-z]+$"}}}`:                            `"3000600001123456789"`,
		`{"properties":{"a":{"writeOnly":true,"items":{"maxLength":3}}}}`:                                       `{"a":["3000600001123456789"]}`,
		`{"x-personal-data":true,"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"pattern":"^[a-z]+$"}}}`: `{"a":"3000600001123456789"}`,
		`{"items":{"x-personal-data":true,"type":"boolean"}}`:                                                   `[3000600001123456789]`,
		`{"type":"integer"}`:                                     `"` + iban + `"`,
		`{"propertyNames":{"maxLength":3}}`:                      `{"` + iban + `":1}`,
		`{"uniqueItems":true,"items":{"format":"iban"}}`:         `["` + iban + `","` + iban + `"]`,
		`{"anyOf":[{"const":"a"},{"const":"b"}]}`:                `"` + iban + `"`,
		`{"items":{"properties":{"a":{"maxLength":3}}}}`:         `[{"a":"` + iban + `"}]`,
		`{"properties":{"x":{}},"propertyNames":{"enum":["x"]}}`: `{"` + iban + `":1}`,
	} {
		s, err := schemas.Compile("x", []byte(schema))
		if err != nil {
			t.Fatal(err)
		}
		vs := s.Validate(parse(t, doc))
		if len(vs) == 0 {
			t.Errorf("%s accepts %s", schema, doc)
		}
		for _, v := range vs {
			for _, text := range []string{v.FR, v.EN} {
				if bare := strings.ReplaceAll(text, " ", ""); strings.Contains(bare, digits[:8]) || strings.Contains(bare, digits[8:]) {
					t.Errorf("%s tells %s", schema, text)
				}
			}
		}
	}
}
