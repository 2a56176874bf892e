package schemas_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/examples"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cdar"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/decp"
	"github.com/commande-publique/passerelle/transformers/espd"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// mistakes are single changes of good documents, as people and their programs make them. An empty replacement of a whole
// element is something forgotten.
var mistakes = []struct{ name, file, old, new string }{
	{"invoice without number", "ubl-invoice.xml", "<cbc:ID>FA-2026-0418</cbc:ID>\n  <cbc:IssueDate>", "<cbc:IssueDate>"},
	{"invoice without date", "ubl-invoice.xml", "<cbc:IssueDate>2026-10-02</cbc:IssueDate>", ""},
	{"invoice without currency", "ubl-invoice.xml", "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", ""},
	{"invoice without type", "ubl-invoice.xml", "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>", ""},
	{"French date", "ubl-invoice.xml", "<cbc:IssueDate>2026-10-02", "<cbc:IssueDate>02/10/2026"},
	{"day that is none", "ubl-invoice.xml", "<cbc:DueDate>2026-11-01", "<cbc:DueDate>2026-11-31"},
	{"date with time", "ubl-invoice.xml", "<cbc:IssueDate>2026-10-02", "<cbc:IssueDate>2026-10-02T00:00:00"},
	{"amount with a comma", "ubl-invoice.xml", `currencyID="EUR">5776.74</cbc:PayableAmount>`, `currencyID="EUR">5776,74</cbc:PayableAmount>`},
	{"amount with thousands apart", "ubl-invoice.xml", `<cbc:TaxInclusiveAmount currencyID="EUR">5776.74`, `<cbc:TaxInclusiveAmount currencyID="EUR">5 776.74`},
	{"amount with its currency", "ubl-invoice.xml", `<cbc:PriceAmount currencyID="EUR">4.50`, `<cbc:PriceAmount currencyID="EUR">4.50 EUR`},
	{"quantity in words", "ubl-invoice.xml", `<cbc:InvoicedQuantity unitCode="C62">200`, `<cbc:InvoicedQuantity unitCode="C62">deux cents`},
	{"rate with its sign", "ubl-invoice.xml", "<cbc:Percent>5.5</cbc:Percent>\n        <cac:TaxScheme>\n          <cbc:ID>VAT</cbc:ID>\n        </cac:TaxScheme>\n      </cac:TaxCategory>", "<cbc:Percent>5,5 %</cbc:Percent>\n        <cac:TaxScheme>\n          <cbc:ID>VAT</cbc:ID>\n        </cac:TaxScheme>\n      </cac:TaxCategory>"},
	{"French date in CII", "cii-invoice.xml", "20261", "2026-1"},

	{"contract without amount", "decp-contract.json", `        "montant": 186450.50,` + "\n", ""},
	{"contract without object", "decp-contract.json", `        "objet": "Remplacement des menuiseries extérieures du groupe scolaire, lot 1",` + "\n", ""},
	{"SIRET of the buyer with blanks", "decp-contract.json", `"id": "21350238800019"`, `"id": "213 502 388 00019"`},
	{"SIREN for a SIRET", "decp-contract.json", `"id": "21350238800019"`, `"id": "213502388"`},
	{"unknown procedure", "decp-contract.json", `"Procédure adaptée"`, `"Procedure adaptée"`},
	{"unknown nature", "decp-contract.json", `"nature": "Marché"`, `"nature": "Commande"`},
	{"CPV in words", "decp-contract.json", `"45421000-4"`, `"Menuiserie"`},
	{"yes for true", "decp-contract.json", `"marcheInnovant": false`, `"marcheInnovant": "non"`},
	{"number in quotes", "decp-contract.json", `"offresRecues": 4`, `"offresRecues": "4"`},
	{"no offer", "decp-contract.json", `"offresRecues": 4`, `"offresRecues": 0`},
	{"half an offer", "decp-contract.json", `"offresRecues": 4`, `"offresRecues": 4.5`},
	{"rate in percent", "decp-contract.json", `"tauxAvance": 0.3`, `"tauxAvance": 30`},
	{"date of notification empty", "decp-contract.json", `"dateNotification": "2026-03-16"`, `"dateNotification": ""`},
	{"empty list of techniques", "decp-contract.json", "\"technique\": [\n            \"Sans objet\"\n          ]", `"technique": []`},
	{"technique twice", "decp-contract.json", "\"technique\": [\n            \"Sans objet\"\n          ]", `"technique": ["Concours", "Concours"]`},
	{"text for a list", "decp-contract.json", "\"typePrix\": [\n            \"Définitif révisable\"\n          ]", `"typePrix": "Définitif révisable"`},
	{"place without its type", "decp-contract.json", `,` + "\n" + `          "typeCode": "Code commune"`, ""},
	{"months in words", "decp-contract.json", "\"dureeMois\": 6", `"dureeMois": "six"`},
	{"negative amount", "decp-contract.json", `"montant": 186450.50`, `"montant": -186450.50`},
	{"null amount", "decp-contract.json", `"montant": 186450.50`, `"montant": null`},

	{"supplier without name", "supplier.json", `"name": "Atelier Duvernay SAS", `, ""},
	{"name of a field misspelt", "supplier.json", `"name"`, `"nmae"`},
	{"field that nobody knows", "supplier.json", `"name"`, `"capital": 40000, "name"`},
	{"SIRET with a wrong digit", "supplier.json", `90210045200017`, `90210045200018`},
	{"SIRET as a number", "supplier.json", `"90210045200017"`, `90210045200017`},
	{"SIREN of eight digits", "supplier.json", `"902100452"`, `"90210045"`},
	{"IBAN with a wrong digit", "supplier.json", `FR7630006000011234567890189`, `FR7630006000011234567890188`},
	{"IBAN with blanks", "supplier.json", `FR7630006000011234567890189`, `FR76 3000 6000 0112 3456 7890 189`},
	{"IBAN without BIC", "supplier.json", `, "bic": "AGRIFRPP"`, ""},
	{"country by name", "supplier.json", `"country": "FR"`, `"country": "France"`},
	{"region unknown", "supplier.json", `"FRC11"`, `"XX11"`},
	{"CPV with a wrong check digit", "supplier.json", `"30197630-1"`, `"30197630-2"`},
	{"address without @", "supplier.json", `facturation@atelier-duvernay.example`, `facturation.atelier-duvernay.example`},
	{"name too long", "supplier.json", `"Atelier Duvernay SAS"`, `"` + strings.Repeat("Atelier Duvernay ", 7) + `"`},
	{"name empty", "supplier.json", `"Atelier Duvernay SAS"`, `""`},
	{"currency by its sign", "supplier.json", `"EUR"`, `"€"`},
	{"currency in small letters", "supplier.json", `"EUR"`, `"eur"`},
	{"currency unknown", "supplier.json", `"EUR"`, `"XXZ"`},
	{"three decimals", "supplier.json", `40000.00`, `40000.005`},
	{"discount above the whole", "supplier.json", `"discount": 5`, `"discount": 105`},
	{"negative discount", "supplier.json", `"discount": 5`, `"discount": -5`},
	{"too many contacts", "supplier.json", `"contacts": [`, `"contacts": ["a@b.example", "c@d.example", `},
	{"no sector", "supplier.json", `["30197630-1", "22112000-8"]`, `[]`},
	{"sector twice", "supplier.json", `"22112000-8"`, `"30197630-1"`},
	{"neither way of payment", "supplier.json", `{"iban": "FR7630006000011234567890189", "bic": "AGRIFRPP"}`, `{}`},
	{"comma too many", "supplier.json", `"discount": 5`, `"discount": 5,`},
	{"field twice", "supplier.json", `"discount": 5`, `"discount": 5, "discount": 6`},
	{"file cut short", "supplier.json", `"discount": 5}`, `"discount": 5`},
}

// TestMistakes tells what people read of each mistake: the words, the place in their document, and what to do.
func TestMistakes(t *testing.T) {
	all, err := examples.All()
	if err != nil {
		t.Fatal(err)
	}
	documents := map[string]string{}
	for _, e := range all {
		documents[e.File] = string(e.Data)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	documents["supplier.json"] = string(read("supplier.json"))
	supplier, err := schemas.Compile("supplier.schema.json", read("supplier.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	registry := transformers.NewRegistry(transformers.Limits{}, ubl.Transformer{}, cii.Transformer{}, cdar.Transformer{}, espd.New(), decp.New())
	judge := func(file, text string) []violation.Violation {
		if file == "supplier.json" {
			doc, fault := jsondoc.Parse([]byte(text))
			if fault != nil {
				return []violation.Violation{*fault}
			}
			return supplier.Validate(doc)
		}
		content, identity, vs := registry.Identify([]byte(text), transformers.Hints{})
		if violation.AnyFatal(vs) {
			return vs
		}
		result, vs := registry.Transform(content, identity)
		for _, part := range result.Parts {
			vs = append(vs, set.Validate(string(part.Kind), part.Doc)...)
		}
		return vs
	}
	texts := ""
	for _, m := range mistakes {
		good := documents[m.file]
		if !strings.Contains(good, m.old) {
			t.Errorf("%s: %q is not in %s", m.name, m.old, m.file)
			continue
		}
		if vs := judge(m.file, good); len(vs) > 0 {
			t.Fatalf("%s is not good: %+v", m.file, vs)
		}
		vs := judge(m.file, strings.Replace(good, m.old, m.new, 1))
		if !violation.AnyFatal(vs) {
			t.Errorf("%s is not noticed", m.name)
		}
		texts += fmt.Sprintf("%s (%s)\n", m.name, m.file)
		for _, v := range vs {
			texts += said(v)
			if v.Line == 0 && v.Source == "" {
				t.Errorf("%s: %s has no place in the document", m.name, v.Code)
			}
		}
		texts += "\n"
	}
	golden(t, "mistakes.txt", texts)
}
