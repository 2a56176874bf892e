package espd

import (
	"encoding/json"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/transformers"
)

// Format implements [transformers.Writer]: of a request, what it asks for is written.
func (*Transformer) Format() transformers.Format { return transformers.Summary }

// Writes implements [transformers.Writer].
func (*Transformer) Writes() []transformers.Kind {
	return []transformers.Kind{transformers.ESPDRequest}
}

// Write returns what a canonical request asks for, as a row of the register of requests: the identifiers of its lots, also of
// those that only its criteria name, and of its criteria, each once in the order of the document. Nothing else of the
// request is in it, no person among that, and nothing counts as lost.
func (*Transformer) Write(doc *document.Doc) (data []byte, losses []string) {
	row := struct {
		Lots     []string `json:"lots"`
		Criteria []string `json:"criteria"`
	}{[]string{}, []string{}}
	lots, criteria := map[string]bool{}, map[string]bool{}
	add := func(to *[]string, seen map[string]bool, v document.Value) {
		if id := v.Text(); id != "" && !seen[id] {
			seen[id] = true
			*to = append(*to, id)
		}
	}
	for lot := range doc.Root().Get("lots").Children() {
		add(&row.Lots, lots, lot.Get("id"))
	}
	for criterion := range doc.Root().Get("criteria").Children() {
		add(&row.Criteria, criteria, criterion.Get("id"))
		for lot := range criterion.Get("lots").Children() {
			add(&row.Lots, lots, lot)
		}
	}
	data, _ = json.Marshal(row) // texts always have a form
	return data, nil
}
