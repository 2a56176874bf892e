package jsondoc_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
)

// tree is a JSON value apart from how it is written.
type tree struct {
	name     string
	typ      document.Type
	text     string // of a string; the literal of what is no container
	children []tree
}

func drawTree(t *rapid.T, name string, depth int) tree {
	last := document.Object
	if depth == 0 {
		last = document.String
	}
	v := tree{name: name, typ: document.Type(rapid.IntRange(int(document.Null), int(last)).Draw(t, "type"))}
	switch v.typ {
	case document.Null:
	case document.Bool:
		v.text = rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool")
	case document.Number:
		v.text = rapid.StringMatching(`-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?([eE][+-]?[0-9])?`).Draw(t, "number")
	case document.String:
		v.text = rapid.String().Draw(t, "text")
	case document.Array:
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			v.children = append(v.children, drawTree(t, "", depth-1))
		}
	default:
		for _, name := range rapid.SliceOfNDistinct(rapid.String(), 0, 5, rapid.ID).Draw(t, "names") {
			v.children = append(v.children, drawTree(t, name, depth-1))
		}
	}
	return v
}

// writer writes a tree in one of the ways that JSON allows.
type writer struct {
	t *rapid.T
	strings.Builder
}

func (w *writer) space() { w.WriteString(rapid.StringMatching(`[ \t\r\n]{0,3}`).Draw(w.t, "space")) }

func (w *writer) value(v tree) {
	w.space()
	defer w.space()
	switch v.typ {
	case document.Null:
		w.WriteString("null")
	case document.Bool, document.Number:
		w.WriteString(v.text)
	case document.String:
		w.quote(v.text)
	case document.Array:
		w.children('[', ']', v.children)
	default:
		w.children('{', '}', rapid.Permutation(v.children).Draw(w.t, "order"))
	}
}

func (w *writer) children(open, end byte, children []tree) {
	w.WriteByte(open)
	w.space()
	for i, c := range children {
		if i > 0 {
			w.WriteByte(',')
		}
		if open == '{' {
			w.space()
			w.quote(c.name)
			w.space()
			w.WriteByte(':')
		}
		w.value(c)
	}
	w.WriteByte(end)
}

// quote writes a string, escaping what must be and some of what may be.
func (w *writer) quote(s string) {
	all := rapid.Bool().Draw(w.t, "escaped")
	w.WriteByte('"')
	for _, r := range s {
		switch {
		case all || r < ' ' || r == '"' || r == '\\':
			for _, unit := range utf16.Encode([]rune{r}) {
				_, _ = fmt.Fprintf(w, `\u%04x`, unit)
			}
		default:
			w.WriteRune(r)
		}
	}
	w.WriteByte('"')
}

// treeOf reads what was parsed, members by name.
func treeOf(v document.Value) tree {
	t := tree{name: v.Name(), typ: v.Type(), text: v.Text()}
	for c := range v.Children() {
		t.children = append(t.children, treeOf(c))
	}
	return t.sorted()
}

// sorted returns the tree with the members of its objects by name: their order means nothing.
func (v tree) sorted() tree {
	if v.typ == document.Object {
		slices.SortFunc(v.children, func(a, b tree) int { return cmp.Compare(a.name, b.name) })
	}
	for i := range v.children {
		v.children[i] = v.children[i].sorted()
	}
	return v
}

// TestParseAndEncode: parsing gives what was written, to the digit; encoding and parsing again changes nothing; and two
// writings of the same document are encoded to the same bytes.
func TestParseAndEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawTree(t, "", 3)
		var encoded []string
		for range 2 {
			w := &writer{t: t}
			w.value(want)
			doc, fault := jsondoc.Parse([]byte(w.String()))
			require.Nil(t, fault, w.String())
			require.Equal(t, want.sorted(), treeOf(doc.Root()))

			out := doc.AppendJSON(nil)
			again, fault := jsondoc.Parse(out)
			require.Nil(t, fault, "%s", out)
			require.Equal(t, want.sorted(), treeOf(again.Root()))
			require.Equal(t, string(out), string(again.AppendJSON(nil)))
			encoded = append(encoded, string(out))
		}
		require.Equal(t, encoded[0], encoded[1])
	})
}
