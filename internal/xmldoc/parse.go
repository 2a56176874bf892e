package xmldoc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
)

var malformed = violation.Spec{
	Code: "xml_malformed",
	FR:   "XML mal formé : %s", EN: "malformed XML: %s",
	RemedyFR: "Corrigez le document puis renvoyez-le.", RemedyEN: "Correct the document and send it again.",
}

// Parse reads one XML document.
func Parse(data []byte) (*Doc, *violation.Violation) {
	d := &Doc{elements: make([]element, 1, 256)}
	dec := xml.NewDecoder(bytes.NewReader(data))
	var stack, last []int32
	var text []strings.Builder
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			v := malformed.New(violation.At{}, err)
			return nil, &v
		}
		switch t := tok.(type) {
		case xml.StartElement:
			line, col := dec.InputPos()
			e := element{name: Name(t.Name), line: int32(line), col: int32(col), offset: int32(dec.InputOffset())}
			e.attrs[0] = int32(len(d.attrs))
			for _, a := range t.Attr {
				d.attrs = append(d.attrs, attr{Name(a.Name), a.Value})
			}
			e.attrs[1] = int32(len(d.attrs))
			i := int32(len(d.elements))
			if k := len(stack); k > 0 {
				e.up = stack[k-1]
				if last[k-1] == 0 {
					d.elements[e.up].first = i
				} else {
					d.elements[last[k-1]].next = i
				}
				last[k-1] = i
			}
			d.elements = append(d.elements, e)
			stack, last, text = append(stack, i), append(last, 0), append(text, strings.Builder{})
		case xml.EndElement:
			k := len(stack) - 1
			d.elements[stack[k]].text = strings.TrimSpace(text[k].String())
			stack, last, text = stack[:k], last[:k], text[:k]
		case xml.CharData:
			if k := len(text); k > 0 {
				text[k-1].Write(t)
			}
		}
	}
	if len(d.elements) == 1 {
		v := malformed.New(violation.At{}, "no root element")
		return nil, &v
	}
	return d, nil
}
