package document_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/commande-publique/passerelle/internal/document"
)

// lines is an origin that knows the line of a reference: the reference itself.
type lines struct{}

func (lines) Locate(ref document.Ref) document.Source {
	return document.Source{Path: "here", Line: int(ref)}
}

// sample is {"a/b":[1.50,{"c~":"é"}],"":null,"t":true,"0":{"x":"y"}}, with references 1, 2, 3.
func sample() *document.Doc {
	d := document.New(lines{}, 0)
	root := d.Root()
	list := root.Add("a/b", document.Array, "", 1)
	list.Add("", document.Number, "1.50", 2)
	list.Item(0).AddString("c~", "é", 3)
	root.Add("", document.Null, "", 0)
	root.AddBool("t", true, 0)
	root.Object("0", 0).AddString("x", "y", 0)
	return d
}

// The places of items are the same in whatever order they are asked for: those of a long array are remembered.
func TestPlacesInLongArrays(t *testing.T) {
	d := document.New(nil, 0)
	lists := []document.Value{d.Root().Array("a", 0), d.Root().Array("b", 0)}
	for i := range 1000 {
		for _, list := range lists {
			list.Item(0).AddString("n", strconv.Itoa(i), 0)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SampledFrom(lists).Draw(t, "list")
		i := rapid.IntRange(0, 999).Draw(t, "index")
		item := list.At(i)
		require.Equal(t, strconv.Itoa(i), item.Get("n").Text())
		require.Equal(t, fmt.Sprintf("/%s/%d", list.Name(), i), item.Pointer())
	})
}

// What is remembered of a long array is forgotten when its items move.
func TestPlacesAfterPrune(t *testing.T) {
	d := document.New(nil, 0)
	list := d.Root().Array("a", 0)
	for i := range 300 {
		if item := list.Item(0); i%2 == 1 {
			item.AddString("n", strconv.Itoa(i), 0)
		}
	}
	last := list.At(299)
	require.Equal(t, "/a/299", last.Pointer())
	d.Root().Prune()
	require.Equal(t, "/a/149", last.Pointer())
	require.Equal(t, last, list.At(149))
}

func TestLookup(t *testing.T) {
	d := sample()
	tests := []struct {
		pointer string
		typ     document.Type
		text    string
	}{
		{"", document.Object, ""},
		{"/", document.Null, ""},
		{"/t", document.Bool, "true"},
		{"/a~1b", document.Array, ""},
		{"/a~1b/0", document.Number, "1.50"},
		{"/a~1b/1/c~0", document.String, "é"},
		{"/0/x", document.String, "y"},
		{"a~1b", document.Absent, ""},
		{"/a/b", document.Absent, ""},
		{"/a~1b/2", document.Absent, ""},
		{"/a~1b/-1", document.Absent, ""},
		{"/a~1b/+1", document.Absent, ""},
		{"/a~1b/01", document.Absent, ""},
		{"/a~1b/-", document.Absent, ""},
		{"/a~1b/", document.Absent, ""},
		{"/a~1b/99999999999999999999", document.Absent, ""},
		{"/t/x", document.Absent, ""},
		{"/t/", document.Absent, ""},
		{"//", document.Absent, ""},
	}
	for _, tt := range tests {
		v := d.Lookup(tt.pointer)
		assert.Equal(t, tt.typ, v.Type(), tt.pointer)
		assert.Equal(t, tt.text, v.Text(), tt.pointer)
		assert.Equal(t, tt.typ != document.Absent, v.Exists(), tt.pointer)
		if v.Exists() {
			assert.Equal(t, tt.pointer, v.Pointer())
		}
	}
}

func TestAbsentValuesAreSafe(t *testing.T) {
	v := sample().Root().Get("x").Get("y").At(3)
	assert.Equal(t, document.Absent, v.Type())
	assert.Equal(t, "absent", v.Type().String())
	assert.Equal(t, "", v.Text()+v.Name()+v.Pointer())
	assert.Equal(t, 0, v.Len())
	assert.Equal(t, document.Source{}, v.Source())
	assert.Equal(t, document.Ref(0), v.Ref())
	assert.False(t, v.Parent().Exists())
	assert.Equal(t, "null", string(v.AppendJSON(nil)))
	for range v.Children() {
		t.Fatal("an absent value has children")
	}
	assert.False(t, sample().Root().Parent().Exists())
	assert.False(t, sample().At(-1).Exists())
	assert.False(t, sample().At(99).Exists())
}

func TestGetAndAtRespectTheType(t *testing.T) {
	d := sample()
	assert.False(t, d.Lookup("/a~1b").Get("").Exists(), "an array has no members")
	assert.False(t, d.Root().At(0).Exists(), "an object has no items")
	assert.False(t, d.Lookup("/a~1b").At(2).Exists())
}

func TestSource(t *testing.T) {
	d := sample()
	assert.Equal(t, 2, d.Lookup("/a~1b/0").Source().Line)
	assert.Equal(t, 1, d.Lookup("/a~1b/1").Source().Line, "the nearest ancestor with a place")
	assert.Equal(t, 3, d.Lookup("/a~1b/1/c~0").Source().Line)
	assert.Equal(t, 0, d.Lookup("/0/x").Source().Line)
	assert.Equal(t, document.Source{}, document.New(nil, 0).Root().Source())
	assert.Equal(t, document.Ref(3), d.Lookup("/a~1b/1/c~0").Ref())
}

func TestBuild(t *testing.T) {
	d := document.New(nil, 0)
	root := d.Root()
	root.AddString("empty", "", 1)
	assert.Equal(t, 0, root.Len(), "an empty text is not added")
	first := root.Object("o", 1)
	assert.Equal(t, first, root.Object("o", 2), "the member that is there")
	list := root.Array("l", 1)
	assert.Equal(t, list, root.Array("l", 2))
	for range 1000 { // the document moves while it grows; values stay valid
		list.Item(0).AddBool("b", false, 0)
	}
	first.AddString("s", "t", 0)
	assert.Equal(t, 1000, list.Len())
	assert.Equal(t, "t", root.Get("o").Get("s").Text())
	assert.Equal(t, `{"b":false}`, string(list.At(999).AppendJSON(nil)))
	assert.Equal(t, 3+2*1000+1, d.Len())
	assert.Equal(t, list, list.At(5).Parent())
}

func TestSetRoot(t *testing.T) {
	d := document.New(lines{}, 0)
	d.SetRoot(document.Number, "12", 7)
	assert.Equal(t, "12", string(d.AppendJSON(nil)))
	assert.Equal(t, 7, d.Root().Source().Line)
}

func TestDerive(t *testing.T) {
	d := sample()
	derived := d.Derive(0)
	derived.Root().Copy("copy", d.Lookup("/a~1b"))
	assert.Equal(t, `{"copy":[1.50,{"c~":"é"}]}`, string(derived.AppendJSON(nil)))
	assert.Equal(t, 3, derived.Lookup("/copy/1/c~0").Source().Line)
	assert.Equal(t, `{"":null,"0":{"x":"y"},"a/b":[1.50,{"c~":"é"}],"t":true}`, string(d.AppendJSON(nil)), "the original is unchanged")
}

func TestCopyWithinADocument(t *testing.T) {
	d := sample()
	d.Root().Copy("again", d.Lookup("/a~1b"))
	assert.Equal(t, string(d.Lookup("/a~1b").AppendJSON(nil)), string(d.Lookup("/again").AppendJSON(nil)))
}

func TestPrune(t *testing.T) {
	tests := []struct {
		name, want string
		empty      bool
		build      func(root document.Value)
	}{
		{"nothing", "{}", true, func(document.Value) {}},
		{"a text", `{"a":"x"}`, false, func(root document.Value) { root.AddString("a", "x", 0) }},
		{"null is content", `{"a":null}`, false, func(root document.Value) { root.Add("a", document.Null, "", 0) }},
		{"empty groups at every place", `{"b":"x","d":"y"}`, false, func(root document.Value) {
			root.Object("a", 0).Object("aa", 0)
			root.AddString("b", "x", 0)
			root.Array("c", 1)
			root.AddString("d", "y", 0)
			root.Array("e", 0).Item(0)
		}},
		{"items of a list", `{"l":[{"x":"1"},{"x":"2"}]}`, false, func(root document.Value) {
			list := root.Array("l", 0)
			list.Item(0)
			list.Item(0).AddString("x", "1", 0)
			list.Item(0).Array("n", 0)
			list.Item(0).AddString("x", "2", 0)
			list.Item(0)
		}},
		{"an empty group of the source stays", `{"a":{},"l":[{}]}`, false, func(root document.Value) {
			root.Object("a", 1)
			root.Array("l", 0).Item(2)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := document.New(nil, 0)
			tt.build(d.Root())
			assert.Equal(t, tt.empty, d.Root().Prune())
			assert.Equal(t, tt.want, string(d.AppendJSON(nil)))
			before := d.Root().Len()
			d.Root().AddString("z", "added after", 0)
			require.Equal(t, before+1, d.Root().Len(), "the list of members is intact")
			assert.Equal(t, "added after", d.Lookup("/z").Text())
		})
	}
}

func TestEscapeToken(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "a/b": "a~1b", "~": "~0", "~1": "~01", "/~": "~1~0"} {
		assert.Equal(t, want, document.EscapeToken(in))
	}
}

func TestFirstAndNextVisitTheChildren(t *testing.T) {
	d := sample()
	for i := range d.Len() {
		var want, got []document.Value
		for c := range d.At(i).Children() {
			want = append(want, c)
		}
		for c := d.At(i).First(); c.Exists(); c = c.Next() {
			got = append(got, c)
		}
		assert.Equal(t, want, got, d.At(i).Pointer())
	}
	assert.False(t, document.Value{}.First().Exists())
	assert.False(t, document.Value{}.Next().Exists())
}
