package app_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/xmldoc/xmltest"
)

const convertingRoute = `
route: converting
from: [suppliers]
accept: [invoice, credit-note]
validate: {rules: [en16931]}
to:
  - {topic: in-ubl, form: ubl}
  - {topic: in-cii, form: cii}
`

// What the gateway delivers in another syntax it would take itself: an invoice that breaks no rule breaks none, and has the
// right structure, once it is written as UBL or as CII. That is so for the examples, for the corpus and for what is left of
// them after a change. An element that is emptied counts as there for some rules (BR-42), but nothing is in it to be carried.
func TestConvertedIsAccepted(t *testing.T) {
	t.Parallel()
	gateway := load(t, writeConfig(t, "127.0.0.1:0", "sources: [{topic: suppliers}]\nroutes: {catalog: false, files: [converting.yaml]}\n",
		map[string]string{"converting.yaml": convertingRoute}))
	t.Run("examples", func(t *testing.T) {
		for _, name := range []string{"ubl-invoice.xml", "ubl-credit-note.xml", "cii-invoice.xml"} {
			convertMutants(t, gateway, name, example(t, name), 50)
		}
	})
	t.Run("corpus", func(t *testing.T) {
		for _, file := range corpus(t) {
			if strings.HasPrefix(file.name, "en16931/") {
				convertMutants(t, gateway, file.name, file.data, 5)
			}
		}
	})
}

// convertMutants judges a document and mutants of it, and again what they become in another syntax.
func convertMutants(t *testing.T, gateway *app.Gateway, name string, data []byte, mutants int) {
	t.Helper()
	m := xmltest.NewMutator(t, data)
	delivered, atFirst := 0, empty(data)
	for n := range mutants {
		if n > 0 {
			if data = m.Mutant(uint64(n)); empty(data) > atFirst {
				continue
			}
		}
		_, verdict := gateway.Judge("suppliers", data)
		if verdict.Outcome() != pipeline.Delivered {
			continue
		}
		delivered++
		for form, written := range verdict.Parts[0].Written {
			_, again := gateway.Judge("suppliers", written.Data)
			for _, v := range again.Violations {
				if v.IsFatal() {
					t.Errorf("mutant %d of %s as %s, without %v: %s at %s", n, name, form, written.NotCarried, v.Code, v.Source)
				}
			}
		}
	}
	if delivered == 0 {
		t.Errorf("%s: nothing was delivered", name)
	}
}

// empty counts the elements without content.
func empty(data []byte) int { return len(emptyElement.FindAll(data, -1)) }

var emptyElement = regexp.MustCompile(`<[^/>]+></|/>`)
