package xmldoc_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// node is an element as both parsers see it.
type node struct {
	name     xmldoc.Name
	text     string
	children []*node
}

// standard reads data with encoding/xml, which checks less but independently.
func standard(data []byte) (*node, error) {
	dec := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	dec.CharsetReader = func(name string, in io.Reader) (io.Reader, error) {
		switch {
		case strings.Contains(strings.ToLower(name), "15"), strings.Contains(strings.ToLower(name), "9"):
			return charmap.ISO8859_15.NewDecoder().Reader(in), nil
		case strings.Contains(name, "1252"):
			return charmap.Windows1252.NewDecoder().Reader(in), nil
		case strings.Contains(strings.ToLower(name), "ascii"), strings.HasPrefix(strings.ToLower(name), "utf"):
			return in, nil
		default:
			return charmap.ISO8859_1.NewDecoder().Reader(in), nil
		}
	}
	top := &node{}
	open := []*node{top}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return top, nil
		}
		if err != nil {
			return nil, err
		}
		current := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			child := &node{name: xmldoc.Name(t.Name)}
			current.children = append(current.children, child)
			open = append(open, child)
		case xml.EndElement:
			current.text = strings.Trim(current.text, " \t\r\n")
			open = open[:len(open)-1]
		case xml.CharData:
			current.text += string(t)
		case xml.Directive:
			return nil, errors.New("directive")
		}
	}
}

func ours(e xmldoc.Element) *node {
	n := &node{name: e.Name(), text: e.Text()}
	for c := range e.Children() {
		n.children = append(n.children, ours(c))
	}
	return n
}

// sameAsStandard fails when encoding/xml refuses data or sees other names or texts.
func sameAsStandard(t *testing.T, data []byte, doc *xmldoc.Doc) {
	t.Helper()
	want, err := standard(data)
	require.NoError(t, err)
	require.Len(t, want.children, 1)
	require.Equal(t, want.children[0], ours(doc.Root()))
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`<?xml version="1.0" encoding="UTF-8"?><a xmlns="u" xmlns:p="v" x="1"><p:b y='&lt;'>t&#233;<![CDATA[<]]></p:b><!-- c --><?pi x?></a>`,
		"\ufeff<a/>", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>", "<!DOCTYPE a><a>&b;</a>", "<a><b></a></b>", "<a/><b/>",
		"<a b='1' b='2'/>", "<p:a/>", "<a>\r\n]]></a>", "\xff\xfe<\x00", `<?xml version="1.1"?><a/>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, v := xmldoc.Parse(data)
		if v != nil {
			if doc != nil || v.Code == "" || v.Line < 1 || v.Column < 1 {
				t.Fatalf("refused without a place: %+v", v)
			}
			return
		}
		// encoding/xml follows the fourth edition of XML 1.0, which has fewer letters.
		if !hasForeignNames(doc.Root()) {
			sameAsStandard(t, data, doc)
		}
		for i := 1; i <= min(doc.Len(), 100); i++ { // each search costs the length of the document
			place := doc.Locate(document.Ref(i))
			if place.Offset >= len(data) || data[place.Offset] != '<' || place.Line < 1 || place.Column < 1 {
				t.Fatalf("element %d is not at %+v", i, place)
			}
		}
	})
}

func hasForeignNames(e xmldoc.Element) bool {
	for _, r := range e.Path() {
		if r > 0xff {
			return true
		}
	}
	for c := range e.Children() {
		if hasForeignNames(c) {
			return true
		}
	}
	return false
}

func TestCorpus(t *testing.T) {
	for _, path := range append(corpus(t, "en16931/*/*.xml"), append(corpus(t, "espd/*.xml"), corpus(t, "cdar/*.xml")...)...) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		doc, v := xmldoc.Parse(data)
		require.Nil(t, v, path)
		sameAsStandard(t, data, doc)
		deepest, nodes := 0, doc.Len()
		var walk func(xmldoc.Element, int)
		walk = func(e xmldoc.Element, depth int) {
			deepest = max(deepest, depth)
			for c := range e.Children() {
				walk(c, depth+1)
			}
		}
		walk(doc.Root(), 1)
		t.Logf("%s: %d bytes, %d elements, depth %d, %d bytes an element", filepath.Base(path), len(data), nodes, deepest, len(data)/nodes)
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

// BenchmarkParse reads a real invoice of about 10 KB.
func BenchmarkParse(b *testing.B) {
	var data []byte
	for _, path := range corpus(b, "en16931/ubl/*.xml") {
		candidate, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		if data == nil || abs(len(candidate)-10_000) < abs(len(data)-10_000) {
			data = candidate
		}
	}
	b.Run("xmldoc", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if _, v := xmldoc.Parse(data); v != nil {
				b.Fatal(v)
			}
		}
	})
	b.Run("encoding/xml", func(b *testing.B) { // tokens only, for comparison
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			dec := xml.NewDecoder(bytes.NewReader(data))
			for {
				if _, err := dec.RawToken(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func abs(n int) int { return max(n, -n) }
