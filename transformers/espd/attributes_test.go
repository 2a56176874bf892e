package espd

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/document"
)

// notCarriedAttributes says why an attribute of the official samples is not carried, or not everywhere. Attributes
// that are not here must be in the canonical document with every value.
var notCarriedAttributes = map[string]string{
	"listID":          "carried for codes of open lists (ExpectedCode, ResponseCode); elsewhere the ESPD version fixes the list",
	"listName":        "another name of listID",
	"listAgencyID":    "fixed with the list",
	"listAgencyName":  "fixed with the list",
	"listVersionID":   "fixed with the list",
	"schemeID":        "carried for parties, endpoints and identifiers answered; elsewhere taxonomy or UUID, by the element's meaning",
	"schemeAgencyID":  "carried with schemeID",
	"schemeVersionID": "repeats the ESPD version",
	"schemaLocation":  "a hint for XML tools",
}

func TestAttributes(t *testing.T) {
	dir := corpus(t)
	counts := map[string]int{}
	for _, file := range corpusFiles {
		data := read(t, filepath.Join(dir, file))
		_, res := transform(t, parse(t, data))
		texts := map[string]bool{}
		var gather func(document.Value)
		gather = func(v document.Value) {
			texts[v.Text()] = true
			for c := range v.Children() {
				gather(c)
			}
		}
		gather(res.Parts[0].Doc.Root())
		dec := xml.NewDecoder(strings.NewReader(data))
		for {
			token, err := dec.Token()
			if err != nil {
				break
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			for _, a := range start.Attr {
				if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
					continue
				}
				counts[a.Name.Local]++
				if _, explained := notCarriedAttributes[a.Name.Local]; !explained && !texts[a.Value] {
					t.Errorf("%s: attribute %s of %s is not carried and has no reason", file, a.Name.Local, start.Name.Local)
				}
			}
		}
	}
	var out bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		reason := notCarriedAttributes[name]
		if reason == "" {
			reason = "carried"
		}
		fmt.Fprintf(&out, "%s %d: %s\n", name, counts[name], reason)
	}
	golden(t, "attributes.golden", out.Bytes())
}
