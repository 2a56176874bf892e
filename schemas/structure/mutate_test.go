package structure_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// element is where an element lies in the bytes of a document.
type element struct {
	qname                      string
	start, open, closing, stop int // of its start tag, behind it, of its end tag, behind it
	parent                     int // -1 for the root
	children                   []int
}

// elements finds the elements of a document.
func elements(t testing.TB, data []byte) []element {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	var all []element
	open := []int{-1}
	for {
		before := int(d.InputOffset())
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		after := int(d.InputOffset())
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			if e.Name.Space != "" {
				name = e.Name.Space + ":" + name
			}
			parent := open[len(open)-1]
			if parent >= 0 {
				all[parent].children = append(all[parent].children, len(all))
			}
			open = append(open, len(all))
			all = append(all, element{qname: name, start: before, open: after, parent: parent})
		case xml.EndElement:
			last := &all[open[len(open)-1]]
			open = open[:len(open)-1]
			last.closing, last.stop = before, after
		}
	}
}

// texts are values of every type, right and wrong.
var texts = []string{
	"", "x", "0", "-0", "+1", "1.", ".5", ".", "-", "1e3", "1,5", "12 3", " 12.5 ", "INF", "00012.500", "123456789012345678901234567890.12",
	"2026-02-30", "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2024-02-29Z", "2024-02-29+02:00", "2024-02-29+14:01", "20240229",
	"2024-2-29", "24-02-29", "0000-01-01", "-0044-03-15", "12024-01-01", "02024-01-01", "2024-13-01", "2024-00-10", "2024-04-31", "2024-06-15T10:00:00",
	"10:00:00", "24:00:00", "24:00:01", "23:59:60", "10:00", "10:00:00.123", "10:00:00.", "10:00:00+01:00", "10:00:00Z",
	"true", "false", "TRUE", "1", "yes", "QUJD", "QUI=", "QQ==", "QR==", "QUJ=", "QUJ", "Q Q = =", "=QQQ", "QUJD====",
	"fr", "fr-FR", "fr_FR", "toolonglang", "f1-x", "a:b", "%zz", "%41", "http://x y/", "http://[::1]/", ":x", "a b", "mailto:", "x[1]", "#a#b", "é€",
}

// attributes are attributes that most elements do not have, and values of those that some have.
var attributes = []string{
	`schemeID="X"`, `schemeURI="%zz"`, `schemeURI="http://x/[1]"`, `schemeURI="a b"`, `schemeURI=":x"`, `schemeURI="a:"`, `schemeURI="abc:"`, `schemeURI="#a#b"`,
	`schemeDataURI="1a:b"`, `schemeDataURI="é"`, `languageID="fr-FR"`, `languageID="fr_FR"`, `languageID=""`, `currencyID="EUR"`, `unitCode="C62"`, `mimeCode="a/b"`,
	`filename="x"`, `format="102"`, `listID="X"`, `listURI="x"`, `name="x"`, `unknown="1"`, `xml:lang="fr"`, `x:a="1" xmlns:x="urn:x"`,
	`xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, `xsi:nil="false" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	`xsi:schemaLocation="a b" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, `xsi:other="a" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	`xsi:type="xs:string" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	`xsi:type="xs:date" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	`xsi:type="IDType" xmlns="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	`xsi:type="q:IdentifierType" xmlns:q="urn:oasis:names:specification:ubl:schema:xsd:UnqualifiedDataTypes-2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	`xsi:type="q:IDType" xmlns:q="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	`xsi:type="q:AmountType" xmlns:q="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
	`xsi:type="q:none" xmlns:q="urn:none" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, `xsi:type="" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
}

// pieces are what may stand anywhere between or in elements.
var pieces = []string{"<!-- c -->", "<?p i?>", "<![CDATA[]]>", "<![CDATA[ ]]>", "&#32;", "\n\t", "text", "<![CDATA[t]]>", "&#x31;"}

// mutant changes a document in one place, or two, so that it stays well-formed. It says what it did.
func mutant(t testing.TB, r *rand.Rand, data []byte) (kind string, changed []byte) {
	t.Helper()
	all := elements(t, data)
	i := 1 + r.IntN(len(all)-1)
	if r.IntN(8) == 0 {
		i = 0
	}
	e := all[i]
	cut := func(from, to int, text string) []byte {
		return []byte(string(data[:from]) + text + string(data[to:]))
	}
	whole := func(e element) string { return string(data[e.start:e.stop]) }
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	other := func() element { return all[1+r.IntN(len(all)-1)] }
	isLeaf := len(e.children) == 0
	tag := string(data[e.start:e.open])
	insert := e.start + 1 + len(e.qname)
	switch n := r.IntN(16); {
	case n == 0 && i > 0:
		return "delete", cut(e.start, e.stop, "")
	case n == 1 && i > 0:
		return "duplicate", cut(e.stop, e.stop, whole(e))
	case n == 2 && len(e.children) > 1:
		k := r.IntN(len(e.children) - 1)
		a, b := all[e.children[k]], all[e.children[k+1]]
		return "swap", cut(a.start, b.stop, whole(b)+string(data[a.stop:b.start])+whole(a))
	case n == 3 && i > 0:
		o := other()
		return "copy " + o.qname, cut(e.start, e.start, whole(o))
	case n == 4 && len(e.children) > 1:
		a, b := all[e.children[0]], all[e.children[len(e.children)-1]]
		return "move first behind last", cut(a.start, b.stop, string(data[a.stop:b.stop])+whole(a))
	case n == 5 && e.stop > e.closing:
		name := pick([]string{e.qname + "X", other().qname, strings.Replace(e.qname, "cbc:", "cac:", 1), strings.Replace(e.qname, "ram:", "udt:", 1), e.qname[:len(e.qname)-1] + "x"})
		return "rename " + name, cut(e.start, e.stop, "<"+name+string(data[insert:e.closing])+"</"+name+">")
	case n == 6 && e.stop > e.closing:
		piece := pick(pieces)
		at := e.open
		if r.IntN(2) == 0 {
			at = e.closing
		}
		return "piece " + piece, cut(at, at, piece)
	case n == 7 || n == 8 || n == 9:
		if isLeaf && e.stop > e.closing {
			text := pick(texts)
			return "text " + text, cut(e.open, e.closing, text)
		}
	case n == 10 || n == 11:
		attr := pick(attributes)
		if name, _, _ := strings.Cut(attr, "="); !strings.Contains(tag, " "+name+"=") {
			return "attribute " + attr, cut(insert, insert, " "+attr)
		}
	case n == 12:
		if from, to, ok := attributeSpan(data, e); ok {
			return "drop attributes", cut(from, to, "")
		}
	case n == 13:
		if q := bytes.IndexByte(data[e.start:e.open], '"'); q >= 0 && !strings.Contains(tag, "xmlns") {
			from := e.start + q + 1
			to := from + bytes.IndexByte(data[from:], '"')
			text := strings.ReplaceAll(pick(texts), "\"", "")
			return "attribute value " + text, cut(from, to, text)
		}
	case n == 14 && e.stop > e.closing && i > 0:
		return "empty", cut(e.open, e.closing, "")
	case n == 15 && i > 0:
		return "wrap", cut(e.start, e.stop, "<"+all[e.parent].qname+">"+whole(e)+"</"+all[e.parent].qname+">")
	}
	return mutant(t, r, data)
}

// attributeSpan finds the attributes of an element that declares no namespace.
func attributeSpan(data []byte, e element) (from, to int, ok bool) {
	tag := string(data[e.start:e.open])
	space := strings.IndexAny(tag, " \n\t")
	if space < 0 || strings.Contains(tag, "xmlns") || !strings.Contains(tag, "=") {
		return 0, 0, false
	}
	end := len(tag) - 1
	if strings.HasSuffix(tag, "/>") {
		end--
	}
	return e.start + space, e.start + end, true
}

// name makes a file name of what a mutant is.
func mutantName(n int) string { return fmt.Sprintf("m%05d.xml", n) }
