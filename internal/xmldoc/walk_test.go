package xmldoc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

func TestWalk(t *testing.T) {
	doc, v := xmldoc.Parse([]byte("<a><b/>text<c><d/></c></a>"))
	require.Nil(t, v)
	b := doc.Root().First()
	assert.Equal(t, "b", b.Name().Local)
	assert.False(t, b.First().Exists())
	c := b.Next()
	assert.Equal(t, "c", c.Name().Local)
	assert.False(t, c.Next().Exists())
	assert.Equal(t, "d", c.First().Name().Local)
	assert.False(t, c.First().Next().Exists(), "the last child has none after it")
	assert.False(t, xmldoc.Element{}.First().Exists())
	assert.False(t, xmldoc.Element{}.Next().Exists())
}

func TestNamespace(t *testing.T) {
	doc, v := xmldoc.Parse([]byte(`<p:a xmlns="urn:d" xmlns:p='urn:p' xmlns:q="urn:q"><b x="xmlns:q" xmlns:q = "urn:r&amp;s"><c xmlns=""/></b></p:a>`))
	require.Nil(t, v)
	a := doc.Root()
	b := a.First()
	c := b.First()
	for _, tt := range []struct {
		at           xmldoc.Element
		prefix, want string
		ok           bool
	}{
		{a, "", "urn:d", true},
		{a, "p", "urn:p", true},
		{a, "q", "urn:q", true},
		{b, "q", "urn:r&s", true},
		{c, "q", "urn:r&s", true},
		{c, "p", "urn:p", true},
		{c, "", "", true},
		{b, "", "urn:d", true},
		{c, "x", "", false},
		{c, "xml", "http://www.w3.org/XML/1998/namespace", true},
		{xmldoc.Element{}, "", "", true},
		{xmldoc.Element{}, "p", "", false},
	} {
		got, ok := tt.at.Namespace(tt.prefix)
		assert.Equal(t, tt.want, got, "%s of %s", tt.prefix, tt.at.Path())
		assert.Equal(t, tt.ok, ok, "%s of %s", tt.prefix, tt.at.Path())
	}
}
