package jsondoc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
)

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, in, code string
		line, column   int
	}{
		{"empty", "", "json_empty", 1, 1},
		{"blanks", " \n\t", "json_empty", 2, 2},
		{"a byte-order mark only", "\ufeff", "json_empty", 1, 1},
		{"a second byte-order mark", "\ufeff\ufeff1", "json_syntax", 1, 1},
		{"two values", `{} {}`, "json_trailing_data", 1, 4},
		{"a comma after the end", `1,`, "json_trailing_data", 1, 2},
		{"truncated object", `{"a":1`, "json_truncated", 1, 7},
		{"truncated after the brace", `{`, "json_truncated", 1, 2},
		{"truncated after the name", `{"a"`, "json_truncated", 1, 5},
		{"truncated after the colon", `{"a":`, "json_truncated", 1, 6},
		{"truncated after the comma", `{"a":1,`, "json_truncated", 1, 8},
		{"truncated array", `[1,`, "json_truncated", 1, 4},
		{"truncated string", `["ab`, "json_truncated", 1, 5},
		{"truncated escape", `"\`, "json_truncated", 1, 3},
		{"truncated unicode escape", `"\u12`, "json_truncated", 1, 6},
		{"truncated word", `tru`, "json_truncated", 1, 4},
		{"truncated number", `-`, "json_truncated", 1, 2},
		{"truncated exponent", `1e+`, "json_truncated", 1, 4},
		{"trailing comma in an object", `{"a":1,}`, "json_syntax", 1, 8},
		{"trailing comma in an array", `[1,]`, "json_syntax", 1, 4},
		{"missing comma", "[1\n 2]", "json_syntax", 2, 2},
		{"missing colon", `{"a" 1}`, "json_syntax", 1, 6},
		{"a name without quotes", `{a:1}`, "json_syntax", 1, 2},
		{"single quotes", `{'a':1}`, "json_syntax", 1, 2},
		{"a comment", `[/* */1]`, "json_syntax", 1, 2},
		{"wrong closing", `[1}`, "json_syntax", 1, 3},
		{"form feed as blank", "[\f1]", "json_syntax", 1, 2},
		{"NaN", `[NaN]`, "json_word", 1, 2},
		{"Infinity", `Infinity`, "json_word", 1, 1},
		{"minus Infinity", `-Infinity`, "json_number", 1, 1},
		{"True", `True`, "json_word", 1, 1},
		{"a word too long", `nulll`, "json_word", 1, 1},
		{"leading zero", `[012]`, "json_number", 1, 2},
		{"minus leading zero", `-01`, "json_number", 1, 1},
		{"no digit after the point", `[1.]`, "json_number", 1, 2},
		{"no digit before the point", `[.5]`, "json_syntax", 1, 2},
		{"a plus sign", `+1`, "json_syntax", 1, 1},
		{"hexadecimal", `0x10`, "json_number", 1, 1},
		{"decimal comma", `{"a":12,50}`, "json_syntax", 1, 9},
		{"two points", `1.2.3`, "json_number", 1, 1},
		{"exponent that validators compute", `1e1000001`, "json_number_size", 1, 1},
		{"amount 1e400000", `{"a":1e400000}`, "json_number_size", 1, 6},
		{"exponent beyond an int", `1e99999999999999999999`, "json_number_size", 1, 1},
		{"small exponent", `1e-31`, "json_number_size", 1, 1},
		{"41 digits", strings.Repeat("1", 41), "json_number_size", 1, 1},
		{"lone high surrogate", `["\ud800"]`, "json_surrogate", 1, 3},
		{"lone low surrogate", `["\udc00x"]`, "json_surrogate", 1, 3},
		{"two high surrogates", `"\ud800\ud800"`, "json_surrogate", 1, 2},
		{"lone surrogate in a name", `{"\udfff":1}`, "json_surrogate", 1, 3},
		{"unknown escape", `"\x41"`, "json_escape", 1, 2},
		{"bad unicode escape", `"\u12g4"`, "json_escape", 1, 2},
		{"line break in a string", "\"a\nb\"", "json_control_character", 1, 3},
		{"NUL in a string", "\"\x00\"", "json_control_character", 1, 2},
		{"invalid UTF-8", "{\"a\":\n\"\xff\"}", "json_utf8", 2, 2},
		{"ISO-8859-1", "\"march\xe9\"", "json_utf8", 1, 7},
		{"an encoded surrogate", "\"\xed\xa0\x80\"", "json_utf8", 1, 2},
		{"duplicate key", "{\"a\":1,\n\"a\":2}", "json_duplicate_key", 2, 5},
		{"duplicate key through an escape", `{"a":1,"\u0061":2}`, "json_duplicate_key", 1, 17},
		{"duplicate key below", `{"x":[{"b":{},"b":{}}]}`, "json_duplicate_key", 1, 19},
		{"duplicate key among many", "{" + members(100) + `,"k42":0}`, "json_duplicate_key", 1, 798},
		{"depth 10,000", strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "json_depth", 1, 101},
		{"depth 10,000 of objects, truncated", strings.Repeat(`{"a":`, 10_000), "json_depth", 1, 501},
		{"a name of 300 bytes", `{"` + strings.Repeat("n", 300) + `":1}`, "json_name_length", 1, 2},
		{"a million values", "[" + strings.Repeat("1,", 1_000_000) + "1]", "json_values", 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, v := jsondoc.Parse([]byte(tt.in))
			require.NotNil(t, v)
			assert.Nil(t, doc)
			assert.Equal(t, tt.code, v.Code, v.EN)
			assert.Equal(t, tt.line, v.Line)
			if tt.column != 0 {
				assert.Equal(t, tt.column, v.Column)
			}
			assert.NotContains(t, v.FR+v.EN, "%!")
			assert.NotEmpty(t, v.Source)
			assert.NotEmpty(t, v.Remedy)
			assert.NotEmpty(t, v.RemedyEN)
			assert.True(t, v.IsFatal())
		})
	}
}

// members returns n members k0..kn-1.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"k%d":%d`, i, i%10)
	}
	return b.String()
}

func TestDuplicateKeyNamesBothPlaces(t *testing.T) {
	_, v := jsondoc.Parse([]byte("{\"marches\":[{\n \"id\":1,\n \"id\":2}]}"))
	require.NotNil(t, v)
	assert.Equal(t, "/marches/0/id", v.Source)
	assert.Contains(t, v.EN, `"id"`)
	assert.Contains(t, v.EN, "line 2 column 7, and line 3 column 7")
	assert.Contains(t, v.FR, "ligne 2 colonne 7, et ligne 3 colonne 7")
}

func TestParseAccepts(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"null", "null", "null"},
		{"a scalar", " 12 ", "12"},
		{"an empty object", "{ }", "{}"},
		{"an empty array", "[\r\n]", "[]"},
		{"byte-order mark", "\ufeff{\"a\":1}", `{"a":1}`},
		{"numbers keep their literal", `[0,-0,1.50,1E+2,10e-30,0.0e0]`, `[0,-0,1.50,1E+2,10e-30,0.0e0]`},
		{"40 characters", strings.Repeat("9", 40), strings.Repeat("9", 40)},
		{"escapes", `"\"\\\/\b\f\n\r\té\u00C9\ud83d\ude00\u0000"`, "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\téÉ😀\\u0000\""},
		{"sorted members", `{"b":true,"a":[false,null,{}]}`, `{"a":[false,null,{}],"b":true}`},
		{"an empty name", `{"":1}`, `{"":1}`},
		{"many members", "{" + members(17) + "}", "{" + sorted(17) + "}"},
		{"depth 100", strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat("[", 100) + strings.Repeat("]", 100)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, v := jsondoc.Parse([]byte(tt.in))
			require.Nil(t, v)
			assert.Equal(t, tt.want, string(doc.AppendJSON(nil)))
		})
	}
}

func sorted(n int) string {
	m := map[string]int{}
	for i := range n {
		m[fmt.Sprintf("k%d", i)] = i % 10
	}
	b, _ := json.Marshal(m)
	return strings.Trim(string(b), "{}")
}

func TestPlaces(t *testing.T) {
	in := "\ufeff{\n  \"a/b\": [1,\n   {\"c~\": \"é\", \"d\": null}]\n}"
	doc, v := jsondoc.Parse([]byte(in))
	require.Nil(t, v)
	tests := []struct {
		pointer              string
		line, column, offset int
	}{
		{"", 1, 1, 3},
		{"/a~1b", 2, 10, strings.Index(in, "[")},
		{"/a~1b/0", 2, 11, strings.Index(in, "1,")},
		{"/a~1b/1/c~0", 3, 11, strings.Index(in, `"é`)},
		{"/a~1b/1/d", 3, 22, strings.Index(in, "null")},
	}
	for _, tt := range tests {
		want := document.Source{Path: tt.pointer, Line: tt.line, Column: tt.column, Offset: tt.offset}
		assert.Equal(t, want, doc.Lookup(tt.pointer).Source(), tt.pointer)
	}
}

// Lines and columns are those of counting, also far from the start, in long lines and where a line ends with a block.
func TestPlacesInALongDocument(t *testing.T) {
	for name, in := range map[string]string{
		"one line":       "[" + strings.Repeat("1,", 9000) + "1]",
		"short lines":    "[" + strings.Repeat("1,\n", 5000) + "1]",
		"a long line":    "\ufeff[\n" + strings.Repeat("1, ", 5000) + "1\n,1]",
		"ends of blocks": "[" + strings.Repeat(strings.Repeat(" ", 4094)+"\n1,", 3) + strings.Repeat(strings.Repeat(" ", 4093)+"1,\n", 3) + "1]",
	} {
		doc, v := jsondoc.Parse([]byte(in))
		require.Nil(t, v)
		for i := range doc.Len() {
			got := doc.At(i).Source()
			before := strings.TrimPrefix(in[:got.Offset], "\ufeff")
			require.Equal(t, 1+strings.Count(before, "\n"), got.Line, "%s: line at %d", name, got.Offset)
			require.Equal(t, len(before)-strings.LastIndexByte(before, '\n'), got.Column, "%s: column at %d", name, got.Offset)
		}
	}
}

// A derived document keeps the references and so finds the places of its source.
func TestPlacesOfACopy(t *testing.T) {
	doc, v := jsondoc.Parse([]byte(`{"marches":[{"id":"1"},{"id":"2"}]}`))
	require.Nil(t, v)
	part := doc.Derive(0)
	part.Root().Copy("contract", doc.Lookup("/marches/1"))
	assert.Equal(t, "/marches/1/id", part.Lookup("/contract/id").Source().Path)
	assert.Equal(t, "/contract/id", part.Lookup("/contract/id").Pointer())
}

// Memory is bounded by the size of the input, whatever it holds; 1 MiB is the floor of small hostile inputs.
func TestMemoryIsBounded(t *testing.T) {
	const size = 2 << 20
	inputs := map[string]string{
		"dense values":      "[" + strings.Repeat("1,", size/2) + "1]",
		"dense objects":     "[" + strings.Repeat("{},", size/3) + "{}]",
		"commas in a text":  `"` + strings.Repeat(",", size) + `"`,
		"escapes":           `"` + strings.Repeat(`\n`, size/2) + `"`,
		"many members":      "{" + members(size/12) + "}",
		"allowed density":   "[" + strings.Repeat("11111111111,", size/12) + "1]",
		"escaped texts":     "[" + strings.Repeat(`"\n1234567",`, size/12) + "1]",
		"deep":              strings.Repeat("[", size),
		"never-ending text": `"` + strings.Repeat("a", size),
	}
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) {
			data := []byte(in)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = jsondoc.Parse(data)
			runtime.ReadMemStats(&after)
			used := after.TotalAlloc - before.TotalAlloc
			assert.LessOrEqual(t, used, uint64(9*len(data)+1<<20), "bytes allocated for %d", len(data))
		})
	}
}

func TestCorpus(t *testing.T) {
	for _, path := range corpus(t, "decp/*.json") {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		doc, v := jsondoc.Parse(data)
		require.Nil(t, v, path)
		sameAsStandard(t, data, doc)
		t.Logf("%s: %d bytes, %d values", filepath.Base(path), len(data), doc.Len())
	}
}

func corpus(tb testing.TB, pattern string) []string {
	tb.Helper()
	dir := os.Getenv("CORPUS")
	if dir == "" {
		tb.Skip("CORPUS is not set")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", "..", dir)
	}
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no corpus file %s", pattern)
	}
	return paths
}

// sameAsStandard fails when encoding/json refuses data or understands another document.
func sameAsStandard(t *testing.T, data []byte, doc *document.Doc) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	dec.UseNumber()
	var want any
	require.NoError(t, dec.Decode(&want))
	require.Equal(t, want, plain(doc.Root()))
}

// plain turns a value into what encoding/json decodes.
func plain(v document.Value) any {
	switch v.Type() {
	case document.Object:
		m := map[string]any{}
		for c := range v.Children() {
			m[c.Name()] = plain(c)
		}
		return m
	case document.Array:
		a := []any{}
		for c := range v.Children() {
			a = append(a, plain(c))
		}
		return a
	case document.String:
		return v.Text()
	case document.Number:
		return json.Number(v.Text())
	case document.Bool:
		return v.Text() == "true"
	default:
		return nil
	}
}

func TestEverythingThatJSONMarshalWritesIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var value func(depth int) any
		value = func(depth int) any {
			n := 6
			if depth == 0 {
				n = 4
			}
			switch rapid.IntRange(0, n-1).Draw(t, "type") {
			case 0:
				return nil
			case 1:
				return rapid.Bool().Draw(t, "bool")
			case 2:
				return rapid.Int().Draw(t, "number")
			case 3:
				return rapid.String().Draw(t, "string")
			case 4:
				a := make([]any, rapid.IntRange(0, 4).Draw(t, "items"))
				for i := range a {
					a[i] = value(depth - 1)
				}
				return a
			default:
				m := map[string]any{}
				for range rapid.IntRange(0, 20).Draw(t, "members") {
					m[rapid.StringN(0, 8, -1).Draw(t, "name")] = value(depth - 1)
				}
				return m
			}
		}
		data, err := json.Marshal(value(3))
		require.NoError(t, err)
		doc, v := jsondoc.Parse(data)
		require.Nil(t, v)
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		require.NoError(t, enc.Encode(plain(doc.Root())))
		var a, b any
		require.NoError(t, json.Unmarshal(data, &a))
		require.NoError(t, json.Unmarshal(doc.AppendJSON(nil), &b))
		require.Equal(t, a, b)
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e3,"x\u00e9\ud83d\ude00",true,null],"b":{}}`, "\ufeff[]", `{"a":1,"a":2}`, `"\ud800"`, `[1e31]`, `{"a":12,50}`, "\"\xff\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, v := jsondoc.Parse(data)
		if v != nil {
			if doc != nil || v.Code == "" || v.Line < 1 || v.Column < 1 {
				t.Fatalf("refused without a place: %+v", v)
			}
			return
		}
		sameAsStandard(t, data, doc)
		once := doc.AppendJSON(nil)
		again, v := jsondoc.Parse(once)
		if v != nil {
			t.Fatalf("own output refused: %v", v)
		}
		if twice := again.AppendJSON(nil); !bytes.Equal(once, twice) {
			t.Fatalf("%s became %s", once, twice)
		}
		for i := range min(doc.Len(), 100) { // each search costs the length of the document
			value := doc.At(i)
			if source := value.Source(); source.Path != value.Pointer() || source.Line < 1 || source.Column < 1 {
				t.Fatalf("%q is at %+v", value.Pointer(), source)
			}
		}
	})
}

// BenchmarkParse reads a contract of the usual size, 1.5 KB.
func BenchmarkParse(b *testing.B) {
	contract := `{"id":"2026-0001","acheteur":{"id":"12345678901234"},"nature":"Marché","objet":"Travaux de rénovation du groupe scolaire, lot 2 : menuiseries extérieures",` +
		`"codeCPV":"45421000-4","procedure":"Procédure adaptée","dureeMois":12,"dateNotification":"2026-03-02","montant":125000.50,"lieuExecution":{"code":"33063","typeCode":"Code commune"},` +
		`"titulaires":[{"titulaire":{"typeIdentifiant":"SIRET","id":"12345678901234"}},{"titulaire":{"typeIdentifiant":"SIRET","id":"98765432109876"}}],"sousTraitanceDeclaree":true}`
	data := []byte(`{"marches":{"marche":[` + contract + "," + contract + `]}}`)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, v := jsondoc.Parse(data); v != nil {
			b.Fatal(v)
		}
	}
}
