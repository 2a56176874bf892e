package document_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/commande-publique/passerelle/internal/document"
)

func TestAppendJSONEscapes(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "marché", `"marché"`},
		{"quotes", `a"b\c/d`, `"a\"b\\c/d"`},
		{"line ends", "a\nb\rc\td", `"a\nb\rc\td"`},
		{"controls", "\x00\x1f\x7f", "\"\\u0000\\u001f\x7f\""},
		{"markup", "<a&b>", `"<a&b>"`},
		{"line separators", "\u2028", "\"\u2028\""},
		{"beyond the basic plane", "😀", `"😀"`},
		{"text that is not UTF-8", "a\xffb\xc3", `"a` + "\ufffd" + "b\ufffd" + `"`},
		{"an escape at both ends", "\"x\"", `"\"x\""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := document.New(nil, 0)
			d.SetRoot(document.String, tt.in, 0)
			got := d.AppendJSON([]byte("x"))
			assert.Equal(t, "x"+tt.want, string(got), "appended to what is there")
			assert.True(t, json.Valid(got[1:]))
		})
	}
}

func TestAppendJSONSortsByBytes(t *testing.T) {
	d := document.New(nil, 0)
	for _, name := range []string{"é", "b", "a", "B", "aa", ""} {
		d.Root().AddBool(name, true, 0)
	}
	assert.Equal(t, `{"":true,"B":true,"a":true,"aa":true,"b":true,"é":true}`, string(d.AppendJSON(nil)))
}

// fill adds random children to a value and returns what encoding/json would decode from it.
func fill(t *rapid.T, v document.Value, depth int) any {
	names := rapid.SliceOfNDistinct(rapid.String(), 0, 6, rapid.ID[string]).Draw(t, "names")
	if v.Type() == document.Array {
		items := []any{}
		for range names {
			items = append(items, child(t, v, "", depth))
		}
		return items
	}
	members := map[string]any{}
	for _, name := range names {
		members[name] = child(t, v, name, depth)
	}
	return members
}

func child(t *rapid.T, v document.Value, name string, depth int) any {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	ref := document.Ref(rapid.IntRange(0, 3).Draw(t, "ref"))
	switch rapid.IntRange(1, kinds).Draw(t, "type") {
	case 1:
		v.Add(name, document.Null, "", ref)
		return nil
	case 2:
		b := rapid.Bool().Draw(t, "bool")
		v.AddBool(name, b, ref)
		return b
	case 3:
		literal := fmt.Sprintf("%d.%02d", rapid.IntRange(-1000, 1000).Draw(t, "whole"), rapid.IntRange(0, 99).Draw(t, "cents"))
		v.Add(name, document.Number, literal, ref)
		return json.Number(literal)
	case 4:
		text := rapid.String().Draw(t, "text")
		v.Add(name, document.String, text, ref)
		return text
	case 5:
		return fill(t, v.Add(name, document.Array, "", ref), depth-1)
	default:
		return fill(t, v.Add(name, document.Object, "", ref), depth-1)
	}
}

func decode(t require.TestingT, data []byte) any {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	require.NoError(t, dec.Decode(&v))
	return v
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := document.New(lines{}, 0)
		want := fill(t, d.Root(), 3)
		encoded := d.AppendJSON(nil)

		// encoding/json reads what was built.
		require.Equal(t, want, decode(t, encoded))

		// The pointer of every value finds that value, and values are numbered parents first.
		for i := range d.Len() {
			v := d.At(i)
			require.Equal(t, v, d.Lookup(v.Pointer()), v.Pointer())
			if i > 0 {
				require.True(t, v.Parent().Exists())
			}
		}

		// A copy is equal and leaves the original alone.
		derived := d.Derive(0)
		derived.Root().Copy("copy", d.Root())
		require.Equal(t, encoded, derived.Lookup("/copy").AppendJSON(nil))
		require.Equal(t, encoded, d.AppendJSON(nil))

		// Pruning twice changes nothing more, and removes no leaf.
		leaves := count(d.Root())
		empty := d.Root().Prune()
		pruned := d.AppendJSON(nil)
		require.Equal(t, leaves, count(d.Root()))
		require.Equal(t, empty, d.Root().Prune())
		require.Equal(t, pruned, d.AppendJSON(nil))
		require.Equal(t, empty, d.Root().Len() == 0)
	})
}

// count returns the number of leaves below v.
func count(v document.Value) int {
	if v.Type() != document.Object && v.Type() != document.Array {
		return 1
	}
	n := 0
	for c := range v.Children() {
		n += count(c)
	}
	return n
}
