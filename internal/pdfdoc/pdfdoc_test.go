package pdfdoc_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/pdfdoc"
	"github.com/commande-publique/passerelle/internal/pdfdoc/pdftest"
)

const limit = 16 << 20

var invoice = pdftest.File{Name: "factur-x.xml", MediaType: "text#2Fxml", Relationship: "Data", Data: []byte("<a>" + strings.Repeat("x", 1000) + "</a>")}

func TestParse(t *testing.T) {
	files := []pdftest.File{invoice, {Name: `annex \(1\).pdf`, Data: []byte("annex")}}
	var w pdftest.Writer
	root := w.Hybrid("Page", "<x/>", files...)
	inputs := map[string][]byte{
		"table":                    w.Table(root, ""),
		"cross-reference stream":   w.Compressed(root),
		"a Length that is too low": bytes.Replace(w.Table(root, ""), []byte("/Length 4>>"), []byte("/Length 2>>"), 1),
	}
	for name, data := range inputs {
		t.Run(name, func(t *testing.T) {
			doc, fault := pdfdoc.Parse(data)
			require.Nil(t, fault)
			require.Len(t, doc.Attachments, 2)
			a := doc.Attachments[0]
			assert.Equal(t, "factur-x.xml text/xml Data 1007", fmt.Sprint(a.Name, " ", a.MediaType, " ", a.Relationship, " ", a.Size))
			assert.Equal(t, "annex (1).pdf", doc.Attachments[1].Name)
			content, fault := doc.Content(a, limit)
			require.Nil(t, fault)
			assert.Equal(t, invoice.Data, content)
			metadata, fault := doc.Metadata()
			require.Nil(t, fault)
			assert.Equal(t, "<x/>", string(metadata))

			_, fault = doc.Content(a, 1006)
			require.NotNil(t, fault)
			assert.Equal(t, "pdf_stream_size", fault.Code)
			_, fault = doc.Content(a, 1007)
			assert.Nil(t, fault, "the limit itself")
		})
	}
}

// An update of a file replaces objects: the newest version counts.
func TestUpdate(t *testing.T) {
	var w pdftest.Writer
	first := w.Table(w.Hybrid("Page", "", invoice), "")
	at := bytes.LastIndex(first, []byte("startxref"))
	var previous int
	_, err := fmt.Sscanf(string(first[at:]), "startxref\n%d", &previous)
	require.NoError(t, err)
	stream := pdftest.Deflate([]byte("<new/>"))
	var b bytes.Buffer
	b.Write(first)
	object := b.Len()
	fmt.Fprintf(&b, "1 0 obj\n<</Type /EmbeddedFile /Filter [/FlateDecode] /Length 99 0 R>>\nstream\r\n%s\nendstream\nendobj\n", stream)
	length := b.Len()
	fmt.Fprintf(&b, "99 0 obj %% an indirect length\n%d\nendobj\n", len(stream))
	table := b.Len()
	fmt.Fprintf(&b, "xref\n1 1\n%010d 00000 n\r\n99 1\n%010d 00000 n \ntrailer\n<</Size 100/Root 7 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF", object, length, previous, table)
	doc, fault := pdfdoc.Parse(b.Bytes())
	require.Nil(t, fault)
	content, fault := doc.Content(doc.Attachments[0], limit)
	require.Nil(t, fault)
	assert.Equal(t, "<new/>", string(content))
	assert.Equal(t, -1, doc.Attachments[0].Size)
}

func TestNames(t *testing.T) {
	tests := []struct{ written, want string }{
		{"(factur-x.xml)", "factur-x.xml"},
		{`(a\(b\)\\\101\n\
c)`, "a(b)\\A\nc"},
		{"(a(b)c)", "a(b)c"},
		{"<66 61 63>", "fac"},
		{"<FEFF00E90061>", "éa"},
		{"(\xef\xbb\xbfé)", "é"},
		{"(\xe9)", "é"},
		{"/factur-x.xml", ""},
	}
	for _, tt := range tests {
		var w pdftest.Writer
		w.Stream("", []byte("<a/>"))
		w.Add("<</UF " + tt.written + " /EF <</F 1 0 R>>>>")
		doc, fault := pdfdoc.Parse(w.Table(w.Add("<</AF [2 0 R]>>"), ""))
		require.Nil(t, fault, tt.written)
		require.Len(t, doc.Attachments, 1, tt.written)
		assert.Equal(t, tt.want, doc.Attachments[0].Name, tt.written)
	}
}

// number returns n in a field of a cross-reference stream.
func number(n, width int) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return b[8-width:]
}

// crossReferenceStream returns a file whose cross-reference stream is what the argument says.
func crossReferenceStream(entries string, data []byte) []byte {
	head := "%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\nendobj\n"
	return fmt.Appendf(nil, "%s2 0 obj\n<</Type /XRef /Root 1 0 R %s /Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", head, entries, len(data), data, len(head))
}

// objectStreamFile returns a file whose catalogue is in an object stream.
func objectStreamFile(entries string, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	// The entries come first, so that a Length among them is the one that counts.
	fmt.Fprintf(&b, "2 0 obj\n<</Type /ObjStm %s /Length %d>>\nstream\n%s\nendstream\nendobj\n", entries, len(data), data)
	at := b.Len()
	var rows []byte
	for _, r := range [][3]int{{0, 0, 0}, {2, 2, 0}, {1, 9, 0}} {
		rows = append(append(append(rows, number(r[0], 1)...), number(r[1], 4)...), number(r[2], 2)...)
	}
	fmt.Fprintf(&b, "3 0 obj\n<</Type /XRef /Root 1 0 R /Size 3 /W [1 4 2] /Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(rows), rows, at)
	return b.Bytes()
}

// chain returns a file of n tables, each an update of the one before.
func chain(n int) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	previous := -1
	for range n {
		at := b.Len()
		fmt.Fprintf(&b, "xref\n0 0\ntrailer\n<</Root 1 0 R /Prev %d>>\n", previous)
		previous = at
	}
	fmt.Fprintf(&b, "startxref\n%d\n%%%%EOF\n", previous)
	return b.Bytes()
}

func catalogue(entries string, more ...string) []byte {
	var w pdftest.Writer
	w.Add("<<" + entries + ">>")
	for _, object := range more {
		w.Add(object)
	}
	return w.Table(1, "")
}

// Files from strangers: each is refused by name, in bounded memory.
func TestHostile(t *testing.T) {
	zeros := pdftest.Zeros(200) // 200 KB that inflate to 200 MB
	var good, locked pdftest.Writer
	whole := good.Table(good.Hybrid("Page", "", invoice), "")
	tests := []struct {
		name string
		data []byte
		code string
	}{
		{"nothing", nil, "pdf_malformed"},
		{"only the start", []byte("%PDF-1.7\n%%EOF\n"), "pdf_malformed"},
		{"cut in half", whole[:len(whole)/2], "pdf_malformed"},
		{"no table where it should be", bytes.Replace(whole, []byte("\nxref\n"), []byte("\nxxxx\n"), 1), "pdf_malformed"},
		{"objects that are elsewhere", bytes.ReplaceAll(whole, []byte(" 0 obj"), []byte(" 0 ob_")), "pdf_malformed"},
		{"a number too many in the table", bytes.Replace(whole, []byte("\n0 "), []byte("\n0 9"), 1), "pdf_malformed"},
		{"encrypted", locked.Table(locked.Hybrid("Page", "", invoice), "/Encrypt 1 0 R"), "pdf_encrypted"},
		{"no catalogue", catalogueless(), "pdf_malformed"},
		{"startxref far away", []byte("%PDF-1.7\nstartxref\n99999999\n%%EOF"), "pdf_malformed"},
		{"startxref without bound", []byte("%PDF-1.7\nstartxref\n99999999999999999999\n%%EOF"), "pdf_malformed"},
		{"two billion objects", []byte("%PDF-1.7\nxref\n0 2000000000\ntrailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF"), "pdf_malformed"},
		{"a table that updates itself", []byte("%PDF-1.7\nxref\n0 0\ntrailer\n<</Root 1 0 R /Prev 9>>\nstartxref\n9\n%%EOF"), "pdf_limits"},
		{"100,000 updates", chain(100_000), "pdf_limits"},
		{"a million sections", []byte("%PDF-1.7\nxref\n" + strings.Repeat("0 0\n", 1<<20) + "trailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF"), "pdf_limits"},
		{"a bomb as cross-reference stream", crossReferenceStream("/Size 3 /W [1 4 2] /Filter /FlateDecode", zeros), "pdf_stream_size"},
		{"a cross-reference stream of wide fields", crossReferenceStream("/Size 3 /W [1 400 2]", []byte("x")), "pdf_malformed"},
		{"a cross-reference stream of empty rows", crossReferenceStream("/Size 2000000000 /W [0 0 0]", []byte("x")), "pdf_malformed"},
		{"a cross-reference stream that is too short", crossReferenceStream("/Size 9 /W [1 4 2]", []byte("x")), "pdf_malformed"},
		{"a cross-reference stream of another filter", crossReferenceStream("/Size 3 /W [1 4 2] /Filter [/ASCIIHexDecode /FlateDecode]", []byte("x")), "pdf_filter"},
		{"a wide predictor", crossReferenceStream("/Size 3 /W [1 4 2] /Filter /FlateDecode /DecodeParms <</Predictor 15 /Columns 2000000000>>", pdftest.Deflate([]byte("x"))), "pdf_filter"},
		{"a bomb as object stream", objectStreamFile("/N 1 /First 4 /Filter /FlateDecode", zeros), "pdf_stream_size"},
		{"an object stream of two billion objects", objectStreamFile("/N 2000000000 /First 4", []byte("1 0 null")), "pdf_malformed"},
		{"an object stream that points behind itself", objectStreamFile("/N 1 /First 4", []byte("1 9 null")), "pdf_malformed"},
		{"an object stream whose length lies in itself", objectStreamFile("/N 1 /First 4 /Length 1 0 R", []byte("1 0 8")), "pdf_malformed"},
		{"200,000 open arrays", catalogue("/AF " + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000)), "pdf_malformed"},
		{"a million values", catalogue("/AF [" + strings.Repeat("1 ", 1_000_000) + "]"), "pdf_limits"},
		{"references in a circle", catalogue("/Names 2 0 R", "3 0 R", "2 0 R"), "pdf_malformed"},
		{"a tree in a circle", catalogue("/Names <</EmbeddedFiles 2 0 R>>", "<</Kids [2 0 R]>>"), "pdf_limits"},
		{"a tree that fans out", catalogue("/Names <</EmbeddedFiles 2 0 R>>", "<</Kids ["+strings.Repeat("3 0 R ", 500)+"]>>", "<</Kids ["+strings.Repeat("4 0 R ", 500)+"]>>", "<</Names []>>"), "pdf_limits"},
		{"2,000 attachments", many(2000), "pdf_limits"},
		{"an attachment that is no stream", catalogue("/AF [<</F (a) /EF <</F 2 0 R>>>>]", "<</Type /EmbeddedFile>>"), "pdf_malformed"},
		{"an attachment that is elsewhere", catalogue("/AF [<</F (a) /FS /URL>>]"), ""},
		{"a name without end", catalogue("/AF [<</F (" + strings.Repeat("(", 1<<20) + ">>]"), "pdf_malformed"},
		{"a stream that ends nowhere", []byte(strings.ReplaceAll(string(crossReferenceStream("/Size 3 /W [1 4 2]", []byte("x"))), "endstream", "")), "pdf_malformed"},
		{"15 MB of spaces", append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte(" "), 15<<20)...), "pdf_malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			doc, fault := pdfdoc.Parse(tt.data)
			taken := time.Since(start)
			runtime.ReadMemStats(&after)
			used := after.TotalAlloc - before.TotalAlloc
			t.Logf("%d KiB read in %v, %d KiB allocated", len(tt.data)>>10, taken, used>>10)
			assert.LessOrEqual(t, used, uint64(slack*64<<20), "bytes allocated") // 16 MiB inflated, and the copies on the way there
			if tt.code == "" {
				require.Nil(t, fault)
				return
			}
			require.Nil(t, doc)
			require.NotNil(t, fault)
			assert.Equal(t, tt.code, fault.Code, fault.EN)
			assert.True(t, strings.HasPrefix(fault.Source, "@"))
			assert.NotContains(t, fault.FR+fault.EN, "%!")
			assert.NotEmpty(t, fault.Remedy+fault.RemedyEN)
		})
	}
}

func catalogueless() []byte {
	var w pdftest.Writer
	return w.Table(w.Add("(hello)"), "")
}

func many(n int) []byte {
	var w pdftest.Writer
	var list strings.Builder
	for range n {
		fmt.Fprintf(&list, "<</F (a) /EF <</F %d 0 R>>>> ", w.Stream("", []byte("x")))
	}
	return w.Table(w.Add("<</AF ["+list.String()+"]>>"), "")
}

// An attachment that inflates without end costs the limit and no more.
func TestBombAttached(t *testing.T) {
	data := pdftest.Bomb("factur-x.xml", 200)
	t.Logf("%d KiB", len(data)>>10)
	doc, fault := pdfdoc.Parse(data)
	require.Nil(t, fault)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	_, fault = doc.Content(doc.Attachments[0], limit)
	t.Logf("refused in %v", time.Since(start))
	runtime.ReadMemStats(&after)
	require.NotNil(t, fault)
	assert.Equal(t, "pdf_stream_size", fault.Code)
	assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(slack*4*limit))
}

func TestBrokenContent(t *testing.T) {
	deflated := pdftest.Deflate(invoice.Data)
	tests := []struct {
		name, entries string
		data          []byte
		code          string
	}{
		{"cut", "/Filter /FlateDecode", deflated[:len(deflated)/2], "pdf_malformed"},
		{"a wrong checksum", "/Filter /FlateDecode", append(bytes.Clone(deflated[:len(deflated)-1]), deflated[len(deflated)-1]^1), "pdf_malformed"},
		{"no zlib", "/Filter /FlateDecode", []byte("hello, world"), "pdf_malformed"},
		{"empty", "/Filter /FlateDecode", nil, "pdf_malformed"},
		{"another filter", "/Filter /LZWDecode", deflated, "pdf_filter"},
		{"encrypted by itself", "/Filter [/Crypt /FlateDecode]", deflated, "pdf_filter"},
		{"no filter", "", []byte("<a/>"), ""},
		{"an empty list of filters", "/Filter []", []byte("<a/>"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w pdftest.Writer
			w.Stream(tt.entries, tt.data)
			doc, fault := pdfdoc.Parse(w.Table(w.Add("<</AF [<</F (a) /EF <</F 1 0 R>>>>] /Metadata 1 0 R>>"), ""))
			require.Nil(t, fault)
			data, fault := doc.Content(doc.Attachments[0], limit)
			if tt.code == "" {
				require.Nil(t, fault)
				assert.Equal(t, "<a/>", string(data))
				return
			}
			require.NotNil(t, fault)
			assert.Equal(t, tt.code, fault.Code, fault.EN)
			_, fault = doc.Metadata()
			require.NotNil(t, fault)
			assert.Equal(t, tt.code, fault.Code)
		})
	}
}

func FuzzParse(f *testing.F) {
	var table, compressed pdftest.Writer
	f.Add(table.Table(table.Hybrid("Page", "<x/>", invoice), ""))
	f.Add(compressed.Compressed(compressed.Hybrid("Page", "<x/>", invoice)))
	f.Add(chain(3))
	f.Add(catalogue("/Names 2 0 R /AF [(a) <41> -1.5 true null /N#41]", "<</EmbeddedFiles <</Kids [2 0 R]>>>>"))
	f.Add(crossReferenceStream("/Size 3 /W [1 4 2]", []byte("x")))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, fault := pdfdoc.Parse(data)
		if (doc == nil) == (fault == nil) {
			t.Fatal("neither document nor fault, or both")
		}
		if fault != nil {
			return
		}
		for _, a := range doc.Attachments {
			if content, fault := doc.Content(a, 1<<16); fault == nil && len(content) > 1<<16 {
				t.Fatal("beyond the limit")
			}
		}
		_, _ = doc.Metadata()
	})
}
