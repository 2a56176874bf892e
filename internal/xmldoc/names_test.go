package xmldoc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// A name is that of the declarations in force, also where the same prefix means something else further in or later on.
func TestNamesByScope(t *testing.T) {
	doc, v := xmldoc.Parse([]byte(`<p:a xmlns:p="urn:1"><p:b/><p:b xmlns:p="urn:2"><p:b/><b/></p:b><p:b/><p:a xmlns:p="urn:1"/><b xmlns="urn:1"/></p:a>`))
	require.Nil(t, v)
	var names []string
	for ref := range document.Ref(doc.Len()) {
		name := doc.Element(ref + 1).Name()
		names = append(names, name.Space+" "+name.Local)
	}
	assert.Equal(t, []string{"urn:1 a", "urn:1 b", "urn:2 b", "urn:2 b", " b", "urn:1 b", "urn:1 a", "urn:1 b"}, names)
}

// Every number stands for the name of its elements, whatever the number of names; what is repeated shares it.
func TestNumbers(t *testing.T) {
	var in strings.Builder
	in.WriteString(`<a xmlns:p="urn:p">`)
	for range 2 {
		for i := range 3000 {
			fmt.Fprintf(&in, "<p:n%04d/>", i)
		}
	}
	in.WriteString("</a>")
	doc, v := xmldoc.Parse([]byte(in.String()))
	require.Nil(t, v)
	for i := range 6000 {
		e := doc.Element(document.Ref(i + 2))
		want := xmldoc.Name{Space: "urn:p", Local: fmt.Sprintf("n%04d", i%3000)}
		require.Equal(t, want, e.Name())
		require.Equal(t, want, doc.Named(e.Number()))
	}

	doc, v = xmldoc.Parse([]byte(`<a><b x="1"/><b>2</b><c/><b/></a>`))
	require.Nil(t, v)
	assert.Equal(t, 3, doc.Names())
	b := doc.Root().First()
	assert.Equal(t, b.Number(), b.Next().Number())
	assert.NotEqual(t, b.Number(), b.Next().Next().Number())
	assert.Zero(t, xmldoc.Element{}.Number())
}

func TestLexicon(t *testing.T) {
	var l xmldoc.Lexicon
	a, b, other := xmldoc.Name{Space: "urn:1", Local: "a"}, xmldoc.Name{Space: "urn:1", Local: "b"}, xmldoc.Name{Space: "urn:2", Local: "a"}
	assert.Zero(t, l.Number(a))
	assert.Equal(t, []int32{1, 2, 1, 3}, []int32{l.Add(a), l.Add(other), l.Add(a), l.Add(b)})
	assert.Equal(t, []xmldoc.Name{a, other, b}, l.Names())
	doc, v := xmldoc.Parse([]byte(`<a xmlns="urn:2"><x:b xmlns:x="urn:1"/><b/><a/></a>`))
	require.Nil(t, v)
	numbers := l.Translate(doc, nil)
	for ref, want := range []int32{2, 3, 0, 2} {
		e := doc.Element(document.Ref(ref + 1))
		assert.Equal(t, want, numbers[e.Number()], e.Path())
	}
}
