package ruletest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
)

// CodeTestSet is the code of the faults of a test set.
const CodeTestSet = "rule_test_set"

// vefa is the namespace of test sets.
const vefa = "http://difi.no/xsd/vefa/validator/1.0"

// parseTestSet reads a test set. Documents are cut out by their place in the file, so that they are judged byte for byte.
func parseTestSet(name string, data []byte) ([]Case, diag.List) {
	p := &testSet{file: name, data: data, decoder: xml.NewDecoder(bytes.NewReader(data))}
	p.read()
	if len(p.cases) == 0 && !p.list.HasErrors() {
		p.fault(0, "aucun test : attendu un testSet de l'espace %[1]s avec des éléments test", "no test: expected a testSet in the namespace %[1]s with test elements", vefa)
	}
	return p.cases, p.list
}

type testSet struct {
	file    string
	data    []byte
	decoder *xml.Decoder
	cases   []Case
	list    diag.List
}

func (p *testSet) fault(offset int64, fr, en string, args ...any) {
	p.list.Errorf(diag.Position{File: p.file, Line: p.line(offset), Column: 1}, CodeTestSet, fr, en, args...)
}

func (p *testSet) line(offset int64) int { return 1 + bytes.Count(p.data[:offset], []byte("\n")) }

// read visits the tests of the set; whatever stands between them is passed over.
func (p *testSet) read() {
	for {
		token, err := p.decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			p.fault(p.decoder.InputOffset(), "ce n'est pas du XML bien formé : %[1]v", "this is no well-formed XML: %[1]v", err)
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name != (xml.Name{Space: vefa, Local: "test"}) {
			continue
		}
		if err := p.test(); err != nil {
			p.fault(p.decoder.InputOffset(), "test illisible : %[1]v", "the test cannot be read: %[1]v", err)
			return
		}
	}
}

// assertion is what stands around the document of a test.
type assertion struct {
	Description string `xml:"description"`
	Expected    []struct {
		XMLName xml.Name
		Number  int    `xml:"number,attr"`
		Rule    string `xml:",chardata"`
	} `xml:",any"`
}

// test reads one test: an assert, and the document beside it.
func (p *testSet) test() error {
	var about assertion
	begin := p.decoder.InputOffset()
	for {
		at := p.decoder.InputOffset()
		token, err := p.decoder.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			p.fault(begin, "un test sans document", "a test without document")
			return nil
		case xml.StartElement:
			if t.Name.Space == vefa {
				if err := p.decoder.DecodeElement(&about, &t); err != nil {
					return err
				}
				continue
			}
			if err := p.decoder.Skip(); err != nil {
				return err
			}
			p.add(begin, about, p.data[at:p.decoder.InputOffset()])
			return p.decoder.Skip() // to the end of the test
		}
	}
}

func (p *testSet) add(begin int64, about assertion, document []byte) {
	before := len(p.cases)
	for _, e := range about.Expected {
		expect := Expectation(e.XMLName.Local)
		switch expect {
		case Success, Error, Warning:
		case "scope":
			continue
		default:
			p.fault(begin, "attendu success, error ou warning, trouvé %[1]q", "expected success, error or warning, found %[1]q", e.XMLName.Local)
			continue
		}
		p.cases = append(p.cases, Case{
			Name: strings.Join(strings.Fields(about.Description), " "), Line: p.line(begin), Rule: strings.TrimSpace(e.Rule),
			Expect: expect, Number: e.Number, Document: document,
		})
	}
	if len(p.cases) == before {
		p.fault(begin, "un test qui n'attend rien d'aucune règle", "a test that expects nothing of any rule")
	}
}
