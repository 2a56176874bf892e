package mapping_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/mapping"
)

// readOnly serves schemas by name.
func readOnly(files map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
}

// kindOf compiles a kind whose documents may hold anything.
func kindOf(t *testing.T, body string) *mapping.Kind {
	t.Helper()
	text := "kind: test\nrecognise: {/id: present}\nsource: {schema: any.json}\n" + body
	kinds, list := mapping.Load([]mapping.File{{Name: "kind.yaml", Data: []byte(text)}},
		mapping.Options{ReadFile: readOnly(map[string]string{"any.json": `{}`}), Compile: compile})
	if list.HasErrors() {
		t.Fatal(list.Err())
	}
	return kinds[0]
}

// mapped runs a mapping: the mapped document, and the violations as "code pointer source".
func mapped(t *testing.T, kind *mapping.Kind, source string) (doc string, refused []string) {
	t.Helper()
	in, fault := jsondoc.Parse([]byte(source))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	result, violations := kind.Transform(transformers.Content{JSON: in}, transformers.Identity{Kind: "test"})
	for _, v := range violations {
		refused = append(refused, strings.TrimSpace(fmt.Sprintf("%s %s %s", v.Code, v.Pointer, v.Source)))
	}
	for _, part := range result.Parts {
		doc += string(part.Doc.AppendJSON(nil))
	}
	return doc, refused
}

func TestMapping(t *testing.T) {
	cases := []struct {
		name, mapping, source, want string
		refused                     []string
	}{
		// One value.
		{name: "a value moves as it is", mapping: "a: /x", source: `{"x":{"b":[1,null,true,"t"],"a":{}}}`, want: `{"a":{"a":{},"b":[1,null,true,"t"]}}`},
		{name: "numbers keep their literal", mapping: "a: /x", source: `{"x":[1.00,-0.0,1E3,10.500,123456789012345678901234567890]}`, want: `{"a":[1.00,-0.0,1E3,10.500,123456789012345678901234567890]}`},
		{name: "an absent value stays absent", mapping: "a: /x\nb: /y/z", source: `{"y":1}`, want: `{}`},
		{name: "null is a value", mapping: "a: /x", source: `{"x":null}`, want: `{"a":null}`},
		{name: "an empty list is a value", mapping: "a: /x", source: `{"x":[]}`, want: `{"a":[]}`},
		{name: "an item of a list", mapping: "a: /x/1/y", source: `{"x":[{"y":1},{"y":2}]}`, want: `{"a":2}`},
		{name: "a digit is a name in an object", mapping: "a: /x/1", source: `{"x":{"1":"one"}}`, want: `{"a":"one"}`},
		{name: "escaped names", mapping: `a: /x~1y~0z`, source: `{"x/y~z":1}`, want: `{"a":1}`},
		{name: "an empty name", mapping: `a: /`, source: `{"":1}`, want: `{"a":1}`},
		{name: "a name of the target is any text", mapping: `"é/~ .": /x`, source: `{"x":1}`, want: `{"é/~ .":1}`},
		{name: "the whole document", mapping: `a: .`, source: `{"x":1}`, want: `{"a":{"x":1}}`},
		{name: "relative to the document outside lists", mapping: `a: ./x`, source: `{"x":1}`, want: `{"a":1}`},

		// Defaults and constants.
		{name: "a default stands in for what is absent", mapping: `a: {from: /x, default: ""}`, source: `{}`, want: `{"a":""}`},
		{name: "a default stands in for null", mapping: `a: {from: /x, default: FR}`, source: `{"x":null}`, want: `{"a":"FR"}`},
		{name: "a default does not replace an empty text", mapping: `a: {from: /x, default: FR}`, source: `{"x":""}`, want: `{"a":""}`},
		{name: "a default is not folded", mapping: `a: {from: /x, default: none, upper: true}`, source: `{}`, want: `{"a":"none"}`},
		{name: "constants of all types", mapping: `{a: {value: text}, b: {value: 1.50}, c: {value: true}, d: {value: null}, e: {value: "1.50"}, f: {value: [a, 2, []]}, g: {value: 2026-01-02}, h: {value: -x}}`,
			source: `{}`, want: `{"a":"text","b":1.50,"c":true,"d":null,"e":"1.50","f":["a",2,[]],"g":"2026-01-02","h":"-x"}`},
		{name: "an empty list by default", mapping: `{a: {from: /x/*/y, default: []}, b: {each: /x, to: {y: ./y}, default: []}, c: {sum: /x/*/y, default: 0}}`, source: `{}`, want: `{"a":[],"b":[],"c":0}`},

		// Texts.
		{name: "upper", mapping: `a: {from: /x, upper: true}`, source: `{"x":"Société œuvre ß 1"}`, want: `{"a":"SOCIÉTÉ ŒUVRE ß 1"}`},
		{name: "lower and trim", mapping: `a: {from: /x, lower: true, trim: true}`, source: `{"x":" \t ÀB\u00a0"}`, want: `{"a":"àb"}`},
		{name: "null is not folded", mapping: `a: {from: /x, upper: true}`, source: `{"x":null}`, want: `{"a":null}`},
		{name: "only a text is folded", mapping: `a: {from: /x, upper: true}`, source: `{"x":[1]}`, refused: []string{"mapping_text /a /x"}},
		{name: "each text of a list is folded", mapping: `a: {from: /x/*/n, upper: true}`, source: `{"x":[{"n":"a"},{"n":"b"}]}`, want: `{"a":["A","B"]}`},

		// Lists of values.
		{name: "names of a list", mapping: `a: /x/*/n`, source: `{"x":[{"n":"a"},{},{"n":null},{"n":2}]}`, want: `{"a":["a",null,2]}`},
		{name: "an empty list gives an empty list", mapping: `a: /x/*/n`, source: `{"x":[]}`, want: `{"a":[]}`},
		{name: "an absent list, or null, gives nothing", mapping: "a: /x/*/n\nb: /y/*", source: `{"x":null}`, want: `{}`},
		{name: "lists in lists come out flat", mapping: `a: /x/*/y/*/z`, source: `{"x":[{"y":[{"z":1},{"z":2}]},{},{"y":null},{"y":[{"z":3}]}]}`, want: `{"a":[1,2,3]}`},
		{name: "what is no list is refused", mapping: `a: /x/*/y/*`, source: `{"x":[{"y":1}]}`, refused: []string{"mapping_list /a /x/0/y"}},

		// Lists of objects.
		{name: "each", mapping: `a: {each: /l, to: {n: ./no, c: /cur, k: {value: K}}}`, source: `{"cur":"EUR","l":[{"no":1},{}]}`, want: `{"a":[{"c":"EUR","k":"K","n":1},{"c":"EUR","k":"K"}]}`},
		{name: "each of lists in lists", mapping: `a: {each: /l/*/m, to: {n: ./n}}`, source: `{"l":[{"m":[{"n":1}]},{"m":[]},{"m":[{"n":2}]}]}`, want: `{"a":[{"n":1},{"n":2}]}`},
		{name: "each inside each", mapping: `a: {each: /l, to: {n: ./n, s: {sum: ./m/*/v}, m: {each: ./m, to: {v: ./v, top: /t}}}}`, source: `{"t":"T","l":[{"n":1,"m":[{"v":2},{"v":3.5}]},{"n":2}]}`,
			want: `{"a":[{"m":[{"top":"T","v":2},{"top":"T","v":3.5}],"n":1,"s":5.5},{"n":2}]}`},
		{name: "items that are values", mapping: `a: {each: /l, to: {n: .}}`, source: `{"l":["x",2,null]}`, want: `{"a":[{"n":"x"},{"n":2},{"n":null}]}`},
		{name: "items that are lists", mapping: `a: {each: /l, to: {n: ./0, m: ./1}}`, source: `{"l":[[1,2],[3]]}`, want: `{"a":[{"m":2,"n":1},{"n":3}]}`},
		{name: "an item of another kind is refused, not emptied", mapping: `a: {each: /l, to: {n: ./n, k: {value: K}}}`, source: `{"l":[{"n":1},"x"]}`, refused: []string{"mapping_object /a /l/1"}},
		{name: "an object is no list", mapping: `a: {each: /l, to: {n: ./n}}`, source: `{"l":{"n":1}}`, refused: []string{"mapping_list /a /l"}},

		// Objects.
		{name: "a group of members from anywhere", mapping: `a: {to: {x: /x, y: /y/z}}`, source: `{"x":1,"y":{"z":2}}`, want: `{"a":{"x":1,"y":2}}`},
		{name: "a group without members is left out", mapping: `a: {to: {x: /x, b: {to: {y: /y/*/z}}}}`, source: `{"y":null}`, want: `{}`},
		{name: "an object from an object", mapping: `a: {from: /p, to: {n: ./name, c: {from: ./country, default: FR}}}`, source: `{"p":{"name":"N"}}`, want: `{"a":{"c":"FR","n":"N"}}`},
		{name: "an absent object takes its constants with it", mapping: `a: {from: /p, to: {c: {value: FR}}}`, source: `{}`, want: `{}`},
		{name: "an object from a text is refused", mapping: `a: {from: /p, to: {n: ./name}}`, source: `{"p":"N"}`, refused: []string{"mapping_object /a /p"}},

		// Sums.
		{name: "a sum has the decimals of its longest operand", mapping: `a: {sum: /l/*/v}`, source: `{"l":[{"v":0.10},{"v":0.2},{"v":3}]}`, want: `{"a":3.30}`},
		{name: "no float: 0.1 + 0.2", mapping: `a: {sum: /l/*}`, source: `{"l":[0.1,0.2]}`, want: `{"a":0.3}`},
		{name: "negative, and below one", mapping: `a: {sum: /l/*}`, source: `{"l":[-0.05,0.02]}`, want: `{"a":-0.03}`},
		{name: "zero has no sign", mapping: `a: {sum: /l/*}`, source: `{"l":[-0.00]}`, want: `{"a":0.00}`},
		{name: "an empty sum is zero", mapping: `a: {sum: /l/*/v}`, source: `{"l":[]}`, want: `{"a":0}`},
		{name: "an absent list has no sum", mapping: `a: {sum: /l/*/v}`, source: `{}`, want: `{}`},
		{name: "absent operands add nothing", mapping: `a: {sum: /l/*/v}`, source: `{"l":[{"v":1.5},{},{"v":null}]}`, want: `{"a":1.5}`},
		{name: "decimals written as texts", mapping: `a: {sum: /l/*}`, source: `{"l":["12.50","007",1]}`, want: `{"a":20.50}`},
		{name: "a text without power of ten", mapping: `a: {sum: /l/*}`, source: `{"l":["1e3","e5"]}`, refused: []string{"mapping_number /a /l/0", "mapping_number /a /l/1"}},
		{name: "powers of ten", mapping: `a: {sum: /l/*}`, source: `{"l":[1.5e3,25e-2,-1E+1]}`, want: `{"a":1490.25}`},
		{name: "beyond 64 bits", mapping: `a: {sum: /l/*}`, source: `{"l":[9223372036854775807,9223372036854775807,0.000000000000000000000000000001,-1]}`, want: `{"a":18446744073709551613.000000000000000000000000000001}`},
		{name: "many of 18 digits", mapping: `a: {sum: /l/*}`, source: `{"l":[` + strings.Repeat(`999999999999999999,`, 19) + `0.5]}`, want: `{"a":18999999999999999981.5}`},
		{name: "one value", mapping: `a: {sum: /v}`, source: `{"v":1.20}`, want: `{"a":1.20}`},
		{name: "what is no number is refused", mapping: `a: {sum: /l/*/v}`, source: `{"l":[{"v":"12,50"},{"v":true},{"v":[]},{"v":1}]}`,
			refused: []string{"mapping_number /a /l/0/v", "mapping_number /a /l/1/v", "mapping_number /a /l/2/v"}},
		{name: "a number too long to add is refused", mapping: `a: {sum: /l/*}`, source: `{"l":[1e30, 12345678901e30]}`, refused: []string{"mapping_number /a /l/1"}},
		{name: "a sum of what is no list", mapping: `a: {sum: /l/*}`, source: `{"l":7}`, refused: []string{"mapping_list /a /l"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			body := "mapping:\n  " + strings.ReplaceAll(c.mapping, "\n", "\n  ")
			got, refused := mapped(t, kindOf(t, body), c.source)
			if diff := cmp.Diff(c.refused, refused); diff != "" {
				t.Errorf("violations: %s", diff)
			}
			if got != c.want {
				t.Errorf("mapped\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestWithoutMappingTheDocumentPasses(t *testing.T) {
	kind := kindOf(t, "key: [/id, /n]")
	in, _ := jsondoc.Parse([]byte(`{"id":"a","n":7}`))
	result, violations := kind.Transform(transformers.Content{JSON: in}, transformers.Identity{Kind: "test"})
	if len(violations) > 0 || len(result.Parts) != 1 || result.Parts[0].Doc != in || result.Key != "a/7" {
		t.Errorf("%+v %v", result, violations)
	}
	if s := kind.Schema(); s.Name != "any.json" || s.Derived || string(s.Data) != `{}` {
		t.Errorf("schema %+v", s)
	}
	in, _ = jsondoc.Parse([]byte(`{"id":"a"}`))
	if result, _ := kind.Transform(transformers.Content{JSON: in}, transformers.Identity{}); result.Key != "" {
		t.Errorf("half a key: %q", result.Key)
	}
}

func TestRecognise(t *testing.T) {
	for _, c := range []struct {
		conditions, source string
		want               bool
	}{
		{"{/a: present}", `{"a":""}`, true},
		{"{/a: present}", `{"a":{}}`, true},
		{"{/a: present}", `{"a":null}`, false},
		{"{/a: present}", `{"b":1}`, false},
		{"{/a: [present]}", `{"a":"x"}`, false},
		{"{/a: [present]}", `{"a":"present"}`, true},
		{"{/a: x}", `{"a":"x"}`, true},
		{"{/a: x}", `{"a":"X"}`, false},
		{"{/a: x}", `{"a":["x"]}`, false},
		{"{/a: ''}", `{"a":[]}`, false},
		{"{/a: ''}", `{"a":""}`, true},
		{"{/a/0/b: [x, y]}", `{"a":[{"b":"y"}]}`, true},
		{"{/a: 1.2}", `{"a":"1.2"}`, true},
		{"{/a: 1.2}", `{"a":1.2}`, true},
		{"{/a: 1.2}", `{"a":1.20}`, false},
		{"{/a: true}", `{"a":true}`, true},
		{"{/a: x, /b: y}", `{"a":"x"}`, false},
		{"{/a: x, /b: y}", `{"a":"x","b":"y"}`, true},
		{"{/a: present}", `["a"]`, false},
	} {
		text := "kind: test\nrecognise: " + c.conditions + "\nsource: {schema: any.json}\n"
		kinds, list := mapping.Load([]mapping.File{{Name: "kind.yaml", Data: []byte(text)}},
			mapping.Options{ReadFile: readOnly(map[string]string{"any.json": `{}`}), Compile: compile})
		if list.HasErrors() {
			t.Fatal(c.conditions, list.Err())
		}
		in, _ := jsondoc.Parse([]byte(c.source))
		if _, _, ok := kinds[0].Recognise(transformers.Content{JSON: in}); ok != c.want {
			t.Errorf("%s of %s: %v", c.conditions, c.source, ok)
		}
	}
}

func TestAXMLDocumentIsNoneOfOurs(t *testing.T) {
	if _, _, ok := kindOf(t, "").Recognise(transformers.Content{}); ok {
		t.Error("recognised")
	}
}

func TestASmallDocumentDoesNotBecomeALargeOne(t *testing.T) {
	kind := kindOf(t, "mapping:\n  l: {each: /l, to: {all: /text}}\n")
	source := `{"text":"` + strings.Repeat("x", 1000) + `","l":[` + strings.TrimSuffix(strings.Repeat("{},", 5000), ",") + `]}`
	doc, refused := mapped(t, kind, source)
	if diff := cmp.Diff([]string{"mapping_size"}, refused); diff != "" || doc != "" {
		t.Error(diff, len(doc))
	}
	small := `{"text":"` + strings.Repeat("x", 1000) + `","l":[{},{},{}]}`
	if doc, refused := mapped(t, kind, small); len(refused) > 0 || len(doc) < 3000 {
		t.Error(refused, len(doc))
	}
}

func TestViolationsOfOneDocumentAreBounded(t *testing.T) {
	kind := kindOf(t, "mapping:\n  s: {sum: /l/*}\n")
	in, _ := jsondoc.Parse([]byte(`{"l":[` + strings.TrimSuffix(strings.Repeat("true,", 250), ",") + `]}`))
	_, violations := kind.Transform(transformers.Content{JSON: in}, transformers.Identity{})
	if len(violations) != 100 || violations[99].Count != 151 || violations[99].Severity != violation.Fatal {
		t.Errorf("%d violations, the last counts %d", len(violations), violations[len(violations)-1].Count)
	}
}

func TestMessagesNeverShowTexts(t *testing.T) {
	kind := kindOf(t, "mapping:\n  s: {sum: /iban}\n  u: {from: /n, upper: true}\n")
	in, _ := jsondoc.Parse([]byte(`{"iban":"FR7630006000011234567890189","n":12}`))
	_, violations := kind.Transform(transformers.Content{JSON: in}, transformers.Identity{})
	var got []string
	for _, v := range violations {
		got = append(got, v.FR, v.EN)
	}
	want := []string{
		"un nombre décimal de 40 caractères au plus est attendu dans la somme « s », trouvé : un texte",
		`expected a decimal number of at most 40 characters in the sum "s", found: a text`,
		"un texte est attendu pour « u », trouvé : le nombre 12",
		`expected a text for "u", found: the number 12`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
