package xmldoc_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// attributes returns n attributes a0..an-1.
func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="v"`, i)
	}
	return b.String()
}

// prefixes returns n namespace declarations.
func prefixes(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` xmlns:p%d="u"`, from+i)
	}
	return b.String()
}

const laughs = `<!DOCTYPE a [<!ENTITY l0 "ha"><!ENTITY l1 "&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;"><!ENTITY l2 "&l1;&l1;&l1;&l1;">]><a>&l2;</a>`

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, in, code string
		line, column   int
	}{
		{"nothing", "", "xml_truncated", 1, 1},
		{"blanks", " \n ", "xml_truncated", 2, 2},
		{"a declaration only", `<?xml version="1.0"?>`, "xml_truncated", 1, 22},
		{"text", "hello", "xml_malformed", 1, 1},
		{"text before the root", "x<a/>", "xml_malformed", 1, 1},
		{"<", "<", "xml_truncated", 1, 2},
		{"truncated tag", "<a", "xml_truncated", 1, 3},
		{"truncated in an attribute", "<a b", "xml_truncated", 1, 5},
		{"truncated after =", "<a b=", "xml_truncated", 1, 6},
		{"truncated in a value", `<a b="c`, "xml_truncated", 1, 8},
		{"truncated empty tag", "<a/", "xml_truncated", 1, 4},
		{"truncated content", "<a>\n<b>text", "xml_truncated", 2, 8},
		{"truncated end tag", "<a></a", "xml_truncated", 1, 7},
		{"truncated comment", "<a><!-- x --", "xml_truncated", 1, 13},
		{"truncated CDATA", "<a><![CDATA[x]]", "xml_truncated", 1, 16},
		{"truncated opening of CDATA", "<a><![CD", "xml_truncated", 1, 9},
		{"truncated instruction", "<a><?x y", "xml_truncated", 1, 9},
		{"truncated declaration", `<?xml version="1.0"`, "xml_truncated", 1, 20},
		{"mismatched tags", "<a>\n <b></c></a>", "xml_mismatch", 2, 5},
		{"end tag of a prefix", "<a></aa>", "xml_mismatch", 1, 4},
		{"an end tag too many", "<a/></a>", "xml_trailing_data", 1, 5},
		{"two roots", "<a/>\n<b/>", "xml_two_roots", 2, 1},
		{"text after the root", "<a/>\n x", "xml_trailing_data", 2, 2},
		{"CDATA after the root", "<a/><![CDATA[]]>", "xml_malformed", 1, 5},
		{"DOCTYPE", "<!DOCTYPE a><a/>", "xml_doctype", 1, 1},
		{"DOCTYPE in small letters", "<!doctype a><a/>", "xml_doctype", 1, 1},
		{"external entity", `<?xml version="1.0"?>` + "\n" + `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, "xml_doctype", 2, 1},
		{"billion laughs", laughs, "xml_doctype", 1, 1},
		{"DOCTYPE in content", "<a><!DOCTYPE b></a>", "xml_doctype", 1, 4},
		{"other declaration", "<a><!ELEMENT b></a>", "xml_malformed", 1, 4},
		{"unknown entity", "<a>\n é&eacute;</a>", "xml_entity", 2, 4},
		{"unknown entity in an attribute", `<a b="x&nbsp;"/>`, "xml_entity", 1, 8},
		{"bare ampersand", "<a>R & D</a>", "xml_entity", 1, 6},
		{"bare ampersand at the end", "<a>R &</a>", "xml_entity", 1, 6},
		{"very long reference", "<a>&" + strings.Repeat("x", 100) + ";</a>", "xml_entity", 1, 4},
		{"character reference to NUL", "<a>&#0;</a>", "xml_character_reference", 1, 4},
		{"character reference to a control", "<a>\r\n&amp;&#x1F;</a>", "xml_character_reference", 2, 6},
		{"character reference to a surrogate", "<a>&#xD800;</a>", "xml_character_reference", 1, 4},
		{"character reference beyond Unicode", "<a>&#x110000;</a>", "xml_character_reference", 1, 4},
		{"character reference without digits", "<a>&#;</a>", "xml_character_reference", 1, 4},
		{"character reference with a sign", "<a>&#+65;</a>", "xml_character_reference", 1, 4},
		{"character reference with an underscore", "<a>&#x4_1;</a>", "xml_character_reference", 1, 4},
		{"character reference to U+FFFE", "<a>&#xFFFE;</a>", "xml_character_reference", 1, 4},
		{"control character", "<a>\x01</a>", "xml_character", 1, 4},
		{"NUL", "<a>\x00</a>", "xml_character", 1, 4},
		{"U+FFFF", "<a>\uffff</a>", "xml_character", 1, 4},
		{"end of CDATA in text", "<a>x]]>y</a>", "xml_malformed", 1, 5},
		{"< in an attribute", `<a b="<"/>`, "xml_malformed", 1, 7},
		{"an attribute without value", `<a b/>`, "xml_malformed", 1, 5},
		{"an attribute without quotes", `<a b=c/>`, "xml_malformed", 1, 6},
		{"attributes without a blank", `<a b="c"d="e"/>`, "xml_malformed", 1, 9},
		{"/ in a tag", `<a /b>`, "xml_malformed", 1, 4},
		{"a blank before the name", `< a/>`, "xml_malformed", 1, 2},
		{"a name that starts with a digit", `<1a/>`, "xml_malformed", 1, 2},
		{"a local name that starts with a digit", `<p:1 xmlns:p="u"/>`, "xml_name", 1, 1},
		{"two colons", `<p:a:b xmlns:p="u"/>`, "xml_name", 1, 1},
		{"a colon at the start", `<:a/>`, "xml_name", 1, 1},
		{"a colon at the end", `<a b:="x"/>`, "xml_name", 1, 1},
		{"-- in a comment", `<a><!-- x -- y --></a>`, "xml_malformed", 1, 11},
		{"an attribute twice", `<a b="1" b="2"/>`, "xml_duplicate_attribute", 1, 1},
		{"an attribute twice through its namespace", `<a xmlns:p="u" xmlns:q="u"><b p:x="1" q:x="2"/></a>`, "xml_duplicate_attribute", 1, 28},
		{"a prefix declared twice", `<a xmlns:p="u" xmlns:p="v"/>`, "xml_duplicate_attribute", 1, 16},
		{"a default namespace declared twice", `<a xmlns="u" xmlns="u"/>`, "xml_duplicate_attribute", 1, 14},
		{"undeclared prefix of an element", `<a><p:b/></a>`, "xml_prefix", 1, 4},
		{"undeclared prefix of an attribute", `<a p:b="c"/>`, "xml_prefix", 1, 1},
		{"a prefix out of scope", `<a><b xmlns:p="u"/><p:c/></a>`, "xml_prefix", 1, 20},
		{"a prefix undeclared", `<a xmlns:p=""/>`, "xml_namespace", 1, 4},
		{"xmlns declared", `<a xmlns:xmlns="u"/>`, "xml_namespace", 1, 4},
		{"xml bound to something else", `<a xmlns:xml="u"/>`, "xml_namespace", 1, 4},
		{"another prefix bound to that of xml", `<a xmlns:x="http://www.w3.org/XML/1998/namespace"/>`, "xml_namespace", 1, 4},
		{"the namespace of xmlns", `<a xmlns="http://www.w3.org/2000/xmlns/"/>`, "xml_namespace", 1, 4},
		{"declaration after a blank", " <?xml version=\"1.0\"?><a/>", "xml_instruction", 1, 2},
		{"declaration in content", `<a><?xml version="1.0"?></a>`, "xml_instruction", 1, 4},
		{"declaration in capitals", `<?XML version="1.0"?><a/>`, "xml_instruction", 1, 1},
		{"style sheet after the root", `<a/><?xml-stylesheet href="x"?>`, "xml_instruction", 1, 5},
		{"instruction without name", `<a><? x?></a>`, "xml_malformed", 1, 6},
		{"instruction with a bad name", `<a><?x"?></a>`, "xml_malformed", 1, 7},
		{"XML 1.1", `<?xml version="1.1"?><a/>`, "xml_version", 1, 1},
		{"no version", `<?xml encoding="UTF-8"?><a/>`, "xml_version", 1, 1},
		{"unknown word in the declaration", `<?xml version="1.0" charset="UTF-8"?><a/>`, "xml_declaration", 1, 1},
		{"bad standalone", `<?xml version="1.0" standalone="maybe"?><a/>`, "xml_declaration", 1, 1},
		{"invalid UTF-8", "<a>\n\xe9</a>", "xml_utf8", 2, 1},
		{"an encoded surrogate", "<a>\xed\xa0\x80</a>", "xml_utf8", 1, 4},
		{"overlong UTF-8", "<a>\xc0\xbc</a>", "xml_utf8", 1, 4},
		{"unknown encoding", `<?xml version="1.0" encoding="EBCDIC-FR"?><a/>`, "xml_encoding", 1, 1},
		{"UTF-16 declared and not true", `<?xml version="1.0" encoding="UTF-16"?><a/>`, "xml_encoding", 1, 1},
		{"UTF-16 little endian", "\xff\xfe<\x00a\x00/\x00>\x00", "xml_encoding", 1, 1},
		{"UTF-16 big endian", "\xfe\xff\x00<\x00a\x00/\x00>", "xml_encoding", 1, 1},
		{"UTF-16 without mark", "<\x00a\x00/\x00>\x00", "xml_encoding", 1, 1},
		{"UTF-32", "\x00\x00\xfe\xff\x00\x00\x00<", "xml_encoding", 1, 1},
		{"US-ASCII declared and not true", "<?xml version=\"1.0\" encoding=\"US-ASCII\"?>\n<a>é</a>", "xml_encoding", 2, 4},
		{"a UTF-8 mark and another encoding", "\ufeff<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", "xml_encoding", 1, 1},
		{"a euro of windows-1252 in ISO-8859-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a>\xe9\x80</a>", "xml_encoding", 2, 5},
		{"a byte that windows-1252 does not have", "<?xml version=\"1.0\" encoding=\"windows-1252\"?><a>\x81</a>", "xml_encoding", 1, 49},
		{"an error behind ISO-8859-1 letters", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a>\xe9\xe9</b></a>", "xml_mismatch", 2, 6},
		{"two byte-order marks", "\ufeff\ufeff<a/>", "xml_malformed", 1, 1},
		{"10,000 nested elements", strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000), "xml_depth", 1, 301},
		{"50,000 attributes", "<a" + attributes(50_000) + "/>", "xml_attributes", 1, 1},
		{"1 MB attribute", `<a b="` + strings.Repeat("x", 1_000_000) + `"/>`, "xml_attribute_length", 1, 7},
		{"a name of 300 bytes", "<" + strings.Repeat("n", 300) + "/>", "xml_name_length", 1, 2},
		{"a million elements", "<a>" + strings.Repeat("<b/>", 1_000_000) + "</a>", "xml_elements", 1, 0},
		{"too many prefixes in scope", "<a" + prefixes(0, 40) + "><b" + prefixes(40, 40) + "/></a>", "xml_namespaces", 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, v := xmldoc.Parse([]byte(tt.in))
			require.NotNil(t, v)
			assert.Nil(t, doc)
			assert.Equal(t, tt.code, v.Code, v.EN)
			assert.Equal(t, tt.line, v.Line)
			if tt.column != 0 {
				assert.Equal(t, tt.column, v.Column, v.EN)
			}
			assert.NotContains(t, v.FR+v.EN, "%!")
			assert.Equal(t, fmt.Sprintf("%d:%d", v.Line, v.Column), v.Source)
			assert.NotEmpty(t, v.Remedy)
			assert.NotEmpty(t, v.RemedyEN)
			assert.True(t, v.IsFatal())
		})
	}
}

// dump writes a document as one line: names with namespace, attributes are asked for one by one, texts.
func dump(e xmldoc.Element) string {
	var b strings.Builder
	name := e.Name()
	if name.Space != "" {
		fmt.Fprintf(&b, "{%s}", name.Space)
	}
	b.WriteString(name.Local)
	if e.Text() != "" {
		fmt.Fprintf(&b, "=%q", e.Text())
	}
	if value := e.Attr("x"); value != "" {
		fmt.Fprintf(&b, " x=%q", value)
	}
	b.WriteString("(")
	for c := range e.Children() {
		b.WriteString(dump(c))
	}
	return b.String() + ")"
}

func TestParseAccepts(t *testing.T) {
	decl := func(encoding string) string { return `<?xml version="1.0" encoding="` + encoding + `"?>` }
	tests := []struct{ name, in, want string }{
		{"the smallest", "<a/>", "a()"},
		{"blanks in tags", "<a\n x = 'v'\t></a >", `a x="v"()`},
		{"declaration", "<?xml version='1.0' encoding = 'utf-8' standalone=\"yes\" ?>\n<a/>\n", "a()"},
		{"byte-order mark", "\ufeff" + decl("UTF-8") + "<a>é</a>", `a="é"()`},
		{"text is trimmed", "<a>\n\t é\r\n </a>", `a="é"()`},
		{"no-break spaces are text", "<a>\u00a0</a>", `a="\u00a0"()`},
		{"entities", `<a x="&lt;&#xe9;&quot;">&amp;&lt;&gt;&apos;&#233;&#x1F600;</a>`, `a="&<>'é😀" x="<é\""()`},
		{"line ends", "<a>1\r\n2\r3\n4</a>", `a="1\n2\n3\n4"()`},
		{"line ends beside references", "<a>1\r\n2\r&amp;\n4</a>", `a="1\n2\n&\n4"()`},
		{"blanks in attributes become spaces", "<a x='1\t2\r\n3\n4&#10;5'/>", `a x="1 2 3 4\n5"()`},
		{"CDATA", "<a><![CDATA[<&é]]]]><![CDATA[>\r\n]]></a>", `a="<&é]]>"()`},
		{"CDATA beside text", "<a> 1 <![CDATA[2]]> 3 </a>", `a="1 2 3"()`},
		{"comments do not cut text", "<a>1<!-- - -->2<?pi x?>3</a>", `a="123"()`},
		{"mixed content", "<a> x <b>1</b> y <b>2</b>\n</a>", `a="x  y"(b="1"()b="2"())`},
		{"containers have no text", "<a>\n <b>\n  <c/>\n </b>\n</a>", "a(b(c()))"},
		{"texts of neighbours stay apart", "<a><b>1<c/>2</b><b>3<c/>4</b></a>", `a(b="12"(c())b="34"(c()))`},
		{"namespaces", `<a xmlns="u" xmlns:p="v" x="1"><p:b x="2" p:x="3"/><c xmlns="" xmlns:p="w"><p:d/></c><p:e/></a>`,
			`{u}a x="1"({v}b x="2"()c({w}d()){v}e())`},
		{"the prefix xml", `<a xml:lang="fr" xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:x="1"/>`, "a()"},
		{"the same local name in two namespaces", `<a xmlns:p="u" xmlns:q="v" p:x="1" q:x="2" x="3"/>`, `a x="3"()`},
		{"accents in names", "<élément/>", "élément()"},
		{"instructions", `<?xml-stylesheet href="x"?><?go?><a><?go on?></a><?end?>`, "a()"},
		{"> in text", "<a>1 > 0 ]] ></a>", `a="1 > 0 ]] >"()`},
		{"> in an attribute", `<a x="1>0"/>`, `a x="1>0"()`},
		{"US-ASCII", decl("us-ascii") + "<a>e</a>", `a="e"()`},
		{"ISO-8859-1", decl("ISO-8859-1") + "<a x='\xe0'>march\xe9</a>", `a="marché" x="à"()`},
		{"ISO-8859-15", decl("iso-8859-15") + "<a>\xa4\xbd</a>", `a="€œ"()`},
		{"windows-1252", decl("Windows-1252") + "<a>\x80\x9c</a>", `a="€œ"()`},
		{"64 attributes", "<a" + attributes(63) + " x='1'/>", `a x="1"()`},
		{"100 levels", strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), strings.Repeat("a(", 100) + strings.Repeat(")", 100)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, v := xmldoc.Parse([]byte(tt.in))
			require.Nil(t, v)
			assert.Equal(t, tt.want, dump(doc.Root()))
		})
	}
}

func TestPlaces(t *testing.T) {
	utf8 := "\ufeff<?xml version=\"1.0\"?>\n<i:a xmlns:i=\"u\">\n <b/>é<b><c/></b>\n</i:a>"
	latin := "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<i:a xmlns:i=\"u\">\n <b/>\xe9<b><c/></b>\n</i:a>"
	tests := []struct {
		name, in string
		column   int
	}{{"UTF-8", utf8, 11}, {"ISO-8859-1", latin, 10}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, v := xmldoc.Parse([]byte(tt.in))
			require.Nil(t, v)
			root := doc.Root()
			assert.Equal(t, document.Source{Path: "/i:a", Line: 2, Column: 1, Offset: strings.Index(tt.in, "<i:a")}, doc.Locate(root.Ref()))
			var c xmldoc.Element
			for b := range root.All("", "b") {
				c = b.Child("", "c")
			}
			want := document.Source{Path: "/i:a/b[2]/c", Line: 3, Column: tt.column, Offset: strings.Index(tt.in, "<c/>")}
			assert.Equal(t, want, doc.Locate(c.Ref()))
			assert.Equal(t, document.Source{}, doc.Locate(0))
			assert.Equal(t, document.Source{}, doc.Locate(99))
			assert.Equal(t, 4, doc.Len())
		})
	}
}

func TestAttributes(t *testing.T) {
	doc, v := xmldoc.Parse([]byte(`<a xmlns:p="u" xmlns="v" p:x="1" x="2" empty=""/>`))
	require.Nil(t, v)
	var got []string
	for name, value := range doc.Root().Attributes() {
		got = append(got, fmt.Sprintf("{%s}%s=%q", name.Space, name.Local, value))
	}
	assert.Equal(t, []string{`{u}x="1"`, `{}x="2"`, `{}empty=""`}, got)
	for range (xmldoc.Element{}).Attributes() {
		t.Fatal("an absent element has attributes")
	}
}

// What lies inside another document says so in every path and place.
func TestParseWithin(t *testing.T) {
	doc, v := xmldoc.ParseWithin("factur-x.xml#", []byte("<a>\n<b/></a>"))
	require.Nil(t, v)
	b := doc.Root().Child("", "b")
	assert.Equal(t, document.Source{Path: "factur-x.xml#/a/b", Line: 2, Column: 1, Offset: 4}, doc.Locate(b.Ref()))
	_, v = xmldoc.ParseWithin("factur-x.xml#", []byte("<a>\n</b>"))
	require.NotNil(t, v)
	assert.Equal(t, "factur-x.xml#2:1", v.Source)
}

func TestAbsentElements(t *testing.T) {
	doc, v := xmldoc.Parse([]byte("<a/>"))
	require.Nil(t, v)
	absent := doc.Root().Child("", "x").Child("u", "y")
	assert.False(t, absent.Exists())
	assert.Equal(t, "", absent.Text()+absent.Attr("x")+absent.Path())
	assert.Equal(t, xmldoc.Name{}, absent.Name())
	assert.Equal(t, document.Ref(0), absent.Ref())
	assert.False(t, absent.Parent().Exists())
	assert.False(t, doc.Root().Parent().Exists())
	assert.Nil(t, absent.Doc())
	assert.Equal(t, doc, doc.Root().Doc())
	for range absent.Children() {
		t.Fatal("an absent element has children")
	}
}

// numbered writes a text n times, with another number each time.
func numbered(text string, n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, text, i)
	}
	return all.String()
}

// Memory is bounded by the size of the input, whatever it holds; 1 MiB is the floor of small hostile inputs.
func TestMemoryIsBounded(t *testing.T) {
	const size = 4 << 20
	root := func(content string) string { return "<a>" + content + "</a>" }
	inputs := map[string]string{
		"dense elements":      root(strings.Repeat("<b/>", size/4)),
		"allowed density":     root(strings.Repeat("<b>1234567890123</b>", size/20)),
		"attributes":          root(strings.Repeat(`<b c=""/>`, size/9)),
		"allowed attributes":  root(strings.Repeat(`<b c="3456789012345678901234567890123"/>`, size/40)),
		"namespaces":          root(strings.Repeat(`<b xmlns="u"/>`, size/14)),
		"one text":            root(strings.Repeat("x", size)),
		"references":          root(strings.Repeat("&lt;", size/4)),
		"cut text":            root(strings.Repeat("xy<!---->", size/9)),
		"less and equal":      root("<![CDATA[" + strings.Repeat("<=", size/2) + "]]>"),
		"mixed content":       root(strings.Repeat("x<b>y<c/>z</b>", size/14)),
		"latin-1":             `<?xml version="1.0" encoding="ISO-8859-1"?>` + root(strings.Repeat("\xe9", size)),
		"latin-1 of elements": `<?xml version="1.0" encoding="ISO-8859-1"?>` + root(strings.Repeat("<\xe9/>", size/4)),
		"deep":                strings.Repeat("<a>", size/3),
		"white space":         root(strings.Repeat("<b> 12345678901 </b>", size/20)),
		"names":               root(numbered("<b%07x>       </b%07[1]x>", size/28)),
		"names, white space":  root(numbered("<b%06x> x </b%06[1]x>", size/20)),
		"scopes":              root(numbered(`<b xmlns="%06x"> x </b>`, size/23)),
	}
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) {
			data := []byte(in)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = xmldoc.Parse(data)
			runtime.ReadMemStats(&after)
			used := after.TotalAlloc - before.TotalAlloc
			t.Logf("%.1f times the size", float64(used)/float64(len(data)))
			assert.LessOrEqual(t, used, uint64(8*len(data)+1<<20), "bytes allocated for %d", len(data))
		})
	}
}

// The largest document that the gateway takes, 16 MiB, fits in the memory that it has.
func TestLargestDocument(t *testing.T) {
	line := `<cac:InvoiceLine><cbc:ID schemeID="0001">12345</cbc:ID><cbc:Note>Travaux de voirie, lot 2</cbc:Note></cac:InvoiceLine>` + "\n"
	in := `<Invoice xmlns:cac="urn:cac" xmlns:cbc="urn:cbc">` + strings.Repeat(line, (16<<20-100)/len(line)) + "</Invoice>"
	doc, v := xmldoc.Parse([]byte(in))
	require.Nil(t, v)
	last := xmldoc.Element{}
	for c := range doc.Root().Children() {
		last = c
	}
	n := (doc.Len() - 1) / 3
	assert.Equal(t, fmt.Sprintf("/Invoice/cac:InvoiceLine[%d]", n), last.Path())
	assert.Equal(t, n, doc.Locate(last.Ref()).Line)
}

// A character that XML does not allow is found wherever it stands: eight bytes are looked at together.
func TestForbiddenCharacters(t *testing.T) {
	for at := range 20 {
		for _, c := range []string{"\x00", "\x01", "\x1f", "\ufffe", "\uffff"} {
			_, refused := xmldoc.Parse([]byte("<a>" + strings.Repeat("é", at/2) + strings.Repeat("x", at-at/2*2) + c + strings.Repeat("y", 9) + "</a>"))
			require.NotNil(t, refused, "%q at %d", c, at)
			require.Equal(t, "xml_character", refused.Code)
			require.Equal(t, 4+at, refused.Column, "%q", c)
			_, refused = xmldoc.Parse([]byte("<a>" + strings.Repeat("\t", at) + "x" + c + "</a>"))
			require.NotNil(t, refused, "%q after %d tabs", c, at)
			require.Equal(t, 5+at, refused.Column, "%q", c)
		}
		for _, c := range []string{"\t", "\n", " ", "\x7f", "\ufffd", "\uf000", "\uefff", "ï"} {
			_, refused := xmldoc.Parse([]byte("<a>" + strings.Repeat("x", at) + c + "</a>"))
			require.Nil(t, refused, "%q at %d", c, at)
		}
	}
}
