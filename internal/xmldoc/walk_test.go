package xmldoc_test

import (
	"strings"
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

func TestWritten(t *testing.T) {
	for _, tt := range []struct{ name, xml, text, written string }{
		{"no white space", "<a>380</a>", "380", "380"},
		{"before it", "<a> 380</a>", "380", " 380"},
		{"after it", "<a>380\n</a>", "380", "380\n"},
		{"on both sides", "<a>\t380 \r\n</a>", "380", "\t380 \n"},
		{"written as references", "<a>&#32;380&#10;</a>", "380", " 380\n"},
		{"in two pieces", "<a> 3<![CDATA[80 ]]></a>", "380", " 380 "},
		{"inside only", "<a>3 80</a>", "3 80", "3 80"},
		{"beside elements", "<a> 380<b/></a>", "380", "380"},
		{"nothing else", "<a>  </a>", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc, v := xmldoc.Parse([]byte("<r><x> y </x>" + tt.xml + "<z>1</z></r>"))
			require.Nil(t, v)
			a := doc.Root().First().Next()
			assert.Equal(t, tt.text, a.Text())
			assert.Equal(t, tt.written, a.Written())
			assert.Equal(t, "1", a.Next().Written())
			assert.True(t, doc.HasBlanks())
		})
	}
	wide := strings.Repeat(" ", 70_000)
	doc, v := xmldoc.Parse([]byte("<r>" + wide + "y" + wide + "</r>"))
	require.Nil(t, v)
	assert.Equal(t, "y", doc.Root().Text())
	assert.Equal(t, wide[:1<<16-1]+"y"+wide[:1<<16-1], doc.Root().Written())

	doc, v = xmldoc.Parse([]byte("<r>\n <x>y</x>\n</r>"))
	require.Nil(t, v)
	assert.False(t, doc.HasBlanks(), "between elements there is none that counts")
	assert.Empty(t, xmldoc.Element{}.Written())
}
