package schemas_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
)

func parse(t testing.TB, text string) *document.Doc {
	t.Helper()
	doc, fault := jsondoc.Parse([]byte(text))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	return doc
}

const invoice = `{"kind":"invoice","number":"F-1","issueDate":"2026-11-24","typeCode":"380","currency":"EUR",
"seller":{"name":"A"},"buyer":{"name":"B"},"totals":{"payable":"12.50"},
"lines":[{"id":"1","netAmount":"12.50","item":{"name":"x","classifications":[{"id":"65434568","scheme":"STI"}]}}]}`

func TestValidate(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		old, new string // change of the valid invoice
		want     []string
	}{
		{"valid", "", "", nil},
		{"missing", `"number":"F-1",`, ``, []string{"schema_required /number BT-1"}},
		{"two missing", `"issueDate":"2026-11-24","typeCode":"380",`, ``, []string{"schema_required /issueDate BT-2", "schema_required /typeCode BT-3"}},
		{"an amount with a comma", `"payable":"12.50"`, `"payable":"12,50"`, []string{"schema_pattern /totals/payable BT-115"}},
		{"an amount that is a number", `"payable":"12.50"`, `"payable":12.50`, []string{"schema_type /totals/payable BT-115"}},
		{"NaN", `"payable":"12.50"`, `"payable":"NaN"`, []string{"schema_pattern /totals/payable BT-115"}},
		{"an exponent", `"payable":"12.50"`, `"payable":"1e400000"`, []string{"schema_pattern /totals/payable BT-115"}},
		{"an endless amount", `"payable":"12.50"`, `"payable":"` + strings.Repeat("9", 41) + `"`, []string{"schema_max_length /totals/payable BT-115"}},
		{"a day that is none", `2026-11-24`, `2026-02-30`, []string{"schema_format /issueDate BT-2"}},
		{"a currency that is none", `EUR`, `EURO`, []string{"schema_format /currency BT-5"}},
		{"an unknown currency", `EUR`, `XXZ`, []string{"schema_format /currency BT-5"}},
		{"an unknown member", `"name":"A"`, `"name":"A","nom":"A"`, []string{"schema_unknown_member /seller/nom "}},
		{"no line", `"lines":[{"id":"1","netAmount":"12.50","item":{"name":"x","classifications":[{"id":"65434568","scheme":"STI"}]}}]`, `"lines":[]`, []string{"schema_min_items /lines "}},
		{"a place deep inside", `"id":"65434568"`, `"id":7`, []string{"schema_type /lines/0/item/classifications/0/id BT-158"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(invoice, tt.old) {
				t.Fatalf("%q is not in the invoice", tt.old)
			}
			var got []string
			for _, v := range set.Validate("invoice", parse(t, strings.Replace(invoice, tt.old, tt.new, 1))) {
				got = append(got, strings.TrimSuffix(v.Code+" "+v.Pointer+" "+v.Term, "\n"))
				if v.FR == "" || v.EN == "" || v.FR == v.EN || v.Remedy == "" || v.RemedyEN == "" || strings.Contains(v.FR+v.EN, "%!") {
					t.Errorf("texts of %s: %q, %q", v.Code, v.FR, v.EN)
				}
				if v.Line == 0 || v.Column == 0 {
					t.Errorf("%s has no position", v.Code)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateTellsWhatWasFound(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	vs := set.Validate("invoice", parse(t, strings.Replace(invoice, "12.50", "12,50", 1)))
	want := violation.Violation{
		Code: "schema_pattern", Severity: violation.Fatal, Pointer: "/totals/payable", Source: "/totals/payable", Line: 2, Column: 64, Term: "BT-115",
		FR:     "attendu : un nombre décimal avec un point, par exemple 1234.50 ; trouvé : \"12,50\"",
		EN:     "expected: a decimal number with a point, for example 1234.50; found: \"12,50\"",
		Remedy: "Corrigez la valeur dans le document source puis renvoyez-le.", RemedyEN: "Correct the value in the source document and send it again.",
	}
	if diff := cmp.Diff([]violation.Violation{want}, vs); diff != "" {
		t.Error(diff)
	}
}

// A fault in each of very many places: the first ones are explained, always the same, and a warning says that there are more.
func TestValidateIsBounded(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	var members, items strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&members, `"m%d":"",`, i)
	}
	for i := range 1000 {
		fmt.Fprintf(&items, `{"id":%d},`, i)
	}
	for name, lines := range map[string]string{
		"items of another type": strings.Repeat(`"no line at all",`, 50_000),
		"items":                 items.String(),
		"members":               "{" + members.String() + `"id":"1"},`,
	} {
		t.Run(name, func(t *testing.T) {
			doc := parse(t, `{"kind":"invoice","lines":[`+lines+`"the last"]}`)
			vs := set.Validate("invoice", doc)
			if len(vs) != 200 || vs[0].Code != schemas.CodeRequired || vs[0].Pointer != "/buyer" {
				t.Errorf("%d violations, the first is %s at %s", len(vs), vs[0].Code, vs[0].Pointer)
			}
			last := vs[len(vs)-1]
			if last.Code != "schema_stopped" || last.IsFatal() || !strings.HasSuffix(last.FR, "s'arrête aux 199 premières") || !strings.HasSuffix(last.EN, "stops at the first 199") {
				t.Errorf("%+v", last)
			}
			for _, v := range vs[:len(vs)-1] {
				if !v.IsFatal() || v.Count != 0 {
					t.Errorf("%+v", v)
				}
			}
			if again := set.Validate("invoice", doc); !reflect.DeepEqual(vs, again) {
				t.Error("the same document got another answer")
			}
		})
	}
}

// jsonschema/v5 leaves the member "" out of the places that it tells: what is missing there is there in the object
// around it.
func TestValidateOfAMemberWithoutName(t *testing.T) {
	s, err := schemas.Compile("x", []byte(`{"properties":{"":{"required":["a"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if vs := s.Validate(parse(t, `{"":{},"a":1}`)); len(vs) != 1 || !vs[0].IsFatal() {
		t.Errorf("%+v", vs)
	}
}

func TestValidateRefusesWhatItDoesNotKnow(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	if vs := set.Validate("order", parse(t, `{}`)); len(vs) != 1 || vs[0].Code != "schema_missing" || !vs[0].IsFatal() {
		t.Errorf("%+v", vs)
	}
}

func TestCompileReadsNoFileAndNoNetwork(t *testing.T) {
	for _, ref := range []string{"file:///etc/passwd", "http://127.0.0.1/x", "other.json"} {
		if _, err := schemas.Compile("x", []byte(`{"$ref":"`+ref+`"}`)); err == nil {
			t.Errorf("%s was accepted", ref)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	set, err := schemas.Load()
	if err != nil {
		b.Fatal(err)
	}
	doc := parse(b, invoice)
	b.ReportAllocs()
	for b.Loop() {
		if vs := set.Validate("invoice", doc); vs != nil {
			b.Fatal(vs)
		}
	}
}

// Every schema in the binary compiles: it is only done when a document of its kind comes.
func TestShippedSchemasCompile(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range set.Kinds() {
		if s := set.Schema(kind); s.ID() == "" || s.Document() == nil {
			t.Errorf("%s has no id or document", kind)
		}
	}
	if set.Schema("poem") != nil || set.Document("poem") != nil {
		t.Error("a kind that does not exist has a schema")
	}
}

// What a document must have is named in both languages, as "mandatory data missing" names it.
func TestMandatoryDataHasAFrenchName(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range set.Kinds() {
		doc := set.Document(kind)
		named := 0
		for i := range doc.Len() {
			schema := doc.At(i)
			for name := range schema.Get("required").Children() {
				property := schema.Get("properties").Get(name.Text())
				if !property.Exists() || property.Get("$ref").Exists() && !property.Get("title").Exists() {
					continue // named where it is declared
				}
				named++
				if title := property.Get("title").Text(); title == "" || !property.Get("x-title-fr").Exists() && !sameInFrench[title] {
					t.Errorf("%s: %s has no French title", kind, property.Pointer())
				}
			}
		}
		if named == 0 {
			t.Errorf("%s: nothing mandatory was found", kind)
		}
	}
}

var sameInFrench = map[string]bool{"Nature": true, "Modification": true, "Code": true, "Description": true}

// What a dynamic reference means depends on the way to it, also where the acceptor leaves the schema to the authority.
func TestValidateFollowsDynamicReferences(t *testing.T) {
	s, err := schemas.Compile("x", []byte(`{"$id":"https://a.invalid/root","$ref":"list","$defs":{"text":{"$dynamicAnchor":"item","type":"string"},
"list":{"$id":"list","items":{"$dynamicRef":"#item"},"unevaluatedItems":{"type":["integer","string"]},"$defs":{"any":{"$dynamicAnchor":"item"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	vs := s.Validate(parse(t, `["foo",42]`))
	if len(vs) != 1 || vs[0].Code != "schema_type" || vs[0].Pointer != "/1" {
		t.Error(vs)
	}
}
