package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// White space around a code or an identifier counts where the schema keeps it and the official artefact counts it: in some
// rules of EN 16931 on UBL, in nearly all of France on UBL, in none on CII.
func TestWhiteSpaceAroundCodes(t *testing.T) {
	const (
		ubl = `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">%s</Invoice>`
		cii = `<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">%s</rsm:CrossIndustryInvoice>`
	)
	for _, tt := range []struct {
		pack, root, body, code string // {} stands for the code
		fires, silent          string // the rules to look for where there is white space; without it, it is the other way round
		same, never            string // that fire, or do not, either way
	}{
		{
			"en16931", ubl, `<cbc:DocumentCurrencyCode>{}</cbc:DocumentCurrencyCode><cac:TaxTotal><cbc:TaxAmount currencyID="EUR">1</cbc:TaxAmount></cac:TaxTotal>
			 <cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount>1</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount>2</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal>`,
			"EUR", "BR-CO-15", "", "BR-01", "BR-CL-04 BR-05",
		},
		{"en16931", ubl, `<cbc:TaxCurrencyCode>{}</cbc:TaxCurrencyCode><cac:TaxTotal><cbc:TaxAmount currencyID="EUR">1</cbc:TaxAmount></cac:TaxTotal>`, "EUR", "BR-53", "", "", "BR-CL-05"},
		{
			"en16931", ubl, `<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode="{}" filename="a">AA==</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>`,
			"text/csv", "BR-CL-24", "", "", "UBL-SR-43",
		},
		{"en16931", ubl, `<cac:AdditionalDocumentReference><cbc:ID schemeID="x">1</cbc:ID><cbc:DocumentTypeCode>{}</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>`, "130", "UBL-SR-43 UBL-CR-665", "BR-CL-07", "", ""},
		{"en16931", ubl, `<cac:PaymentMeans><cbc:PaymentMeansCode>{}</cbc:PaymentMeansCode><cac:PayeeFinancialAccount><cbc:ID/></cac:PayeeFinancialAccount></cac:PaymentMeans>`, "30", "", "BR-50", "", "BR-CL-16 BR-61"},
		{"en16931", ubl, `<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode></cac:PaymentMeans><cac:PaymentMeans><cbc:PaymentMeansCode>{}</cbc:PaymentMeansCode></cac:PaymentMeans>`, "30", "UBL-SR-47", "", "BR-61", ""},
		{
			"en16931", ubl, `<cac:AccountingSupplierParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country></cac:PostalAddress></cac:Party></cac:AccountingSupplierParty>
			 <cac:TaxTotal><cac:TaxSubtotal><cac:TaxCategory><cbc:ID>{}</cbc:ID></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>`, "B", "", "BR-B-01", "", "BR-CL-17",
		},
		{"en16931", cii, `<rsm:ExchangedDocument><ram:TypeCode>{}</ram:TypeCode></rsm:ExchangedDocument>`, "380", "", "", "BR-01", "BR-CL-01 BR-04"},
		{"en16931", cii, `<rsm:ExchangedDocument><ram:IssueDateTime><udt:DateTimeString format="{}">20261002</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>`, "102", "BR-03", "", "", ""},
		{"fr-ctc", ubl, `<cbc:ID>F-1</cbc:ID><cbc:InvoiceTypeCode>{}</cbc:InvoiceTypeCode>`, "380", "BR-FR-04_BT-3", "", "", "BR-FR-01_BT-1-2"},
		{"fr-ctc", ubl, `<cbc:ID>{}</cbc:ID><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>`, "F-1", "BR-FR-01_BT-1-2 BR-FR-02_BT-1", "", "", "BR-FR-04_BT-3"},
		{"fr-ctc", cii, `<rsm:ExchangedDocument><ram:ID>F-1</ram:ID><ram:TypeCode>{}</ram:TypeCode></rsm:ExchangedDocument>`, "380", "", "", "", "BR-FR-04_BT-3 BR-FR-01_BT-1-2"},
	} {
		fire := func(code string) map[string]bool {
			text := fmt.Sprintf(tt.root, strings.Replace(tt.body, "{}", code, 1))
			ids := map[string]bool{}
			for _, v := range Check(Subject{XML: parseXML(t, text).Root()}, []*Pack{shippedSet(t).At(tt.pack, "")}) {
				ids[v.Code] = true
			}
			return ids
		}
		plain := fire(tt.code)
		for _, blank := range []string{" " + tt.code, tt.code + " ", "\n  " + tt.code + "\n"} {
			blanks := fire(blank)
			for _, want := range []struct {
				ids              string
				inPlain, inBlank bool
			}{{tt.fires, false, true}, {tt.silent, true, false}, {tt.same, true, true}, {tt.never, false, false}} {
				for id := range strings.FieldsSeq(want.ids) {
					if plain[id] != want.inPlain || blanks[id] != want.inBlank {
						t.Errorf("%s: %s fires on %q: %t, on %q: %t", tt.body, id, tt.code, plain[id], blank, blanks[id])
					}
				}
			}
		}
	}
}

// A VAT identifier begins with its country, with nothing before it but one blank, which the artefact overlooks. The message
// shows white space.
func TestWhiteSpaceBeforeVATIdentifier(t *testing.T) {
	const invoice = `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
	 <cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID>%s</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party></cac:AccountingSupplierParty></Invoice>`
	for id, found := range map[string]string{
		"FR10902100452": "", "FR10902100452 \n": "", " FR10902100452": "", " 10902100452": "",
		"\nFR10902100452": `\nFR10902100452"`, "  FR10902100452 ": `"  FR10902100452 "`, "10902100452": "10902100452",
	} {
		got := ""
		for _, v := range Check(Subject{XML: parseXML(t, fmt.Sprintf(invoice, id)).Root()}, []*Pack{packUnderTest(t)}) {
			if v.Code == "BR-CO-09" {
				got = v.EN
			}
		}
		if (got != "") != (found != "") || !strings.Contains(got, found) {
			t.Errorf("%q: %q, want it to show %q", id, got, found)
		}
	}
}

// An invoice has codes and identifiers in elements and in attributes.
var (
	codeElements   = regexp.MustCompile(`<[\w:]*(?:ID|Code)(?:\s[^<>]*)?>([^<>&\s][^<>&]*)</`)
	codeAttributes = regexp.MustCompile(`\s(?:[a-wyz]\w*)="([^"<&]+)"`)
)

// blankMutant is an invoice that has white space too much around a code or an identifier, or in it.
type blankMutant struct {
	document []byte
	// counts says that the white space is a part of the value: the schema of UBL keeps it, that of CII takes it away around
	// a value, but for formats of dates, which are plain strings.
	counts bool
}

// blankMutants makes at most so many documents, each with one change; the seed says which.
func blankMutants(document []byte, seed uint64, count int) (all []blankMutant) {
	from := bytes.Index(document, []byte("?>")) + 1
	keeps := !bytes.Contains(document, []byte("CrossIndustryInvoice"))
	places := append(codeElements.FindAllSubmatchIndex(document[from:], -1), codeAttributes.FindAllSubmatchIndex(document[from:], -1)...)
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	for _, place := range places[:min(count, len(places))] {
		start, end := from+place[2], from+place[3]
		value := string(document[start:end])
		middle := (len(value) + 1) / 2
		changes := []string{" " + value, value + " ", "\n\t" + value + "\n", "  " + value, value + "\n", value[:middle] + " " + value[middle:]}
		kind := random.IntN(len(changes))
		all = append(all, blankMutant{
			document: bytes.Join([][]byte{document[:start], []byte(changes[kind]), document[end:]}, nil),
			counts:   keeps || kind == len(changes)-1 && len(value) > 1 || bytes.HasSuffix(document[:start], []byte(`format="`)),
		})
	}
	return all
}

// blankVerdicts returns the verdicts of the oracle on mutants of documents with white space. Where it is no part of a value, which
// the oracle does not know, the verdict is that on the document without it.
func blankVerdicts(t *testing.T, oracle, pack, name string, documents []string) (all []verdict) {
	t.Helper()
	seed, err1 := strconv.ParseUint(cmp.Or(os.Getenv("ORACLE_SEED"), "1"), 10, 64)
	count, err2 := strconv.Atoi(cmp.Or(os.Getenv("ORACLE_COUNT"), "30"))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	dir := filepath.Join(oracleCache(t), fmt.Sprintf("blanks-%d-%d", seed, count), name)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	var asked []string
	without := map[string][]string{} // the mutants by their document, where it decides
	for number, document := range documents {
		data, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range blankMutants(data, seed, count) {
			file := filepath.Join(dir, fmt.Sprintf("%03d.%04d.xml", number+1, i+1))
			if err := os.WriteFile(file, m.document, 0o600); err != nil {
				t.Fatal(err)
			}
			if m.counts {
				asked = append(asked, file)
			} else {
				without[document] = append(without[document], file)
			}
		}
	}
	asked = shard(t, asked)
	for _, document := range shard(t, documents) {
		if len(without[document]) > 0 {
			asked = append(asked, document)
		}
	}
	for _, v := range verdicts(t, oracle, pack, asked) {
		mutants := without[v.File]
		if mutants == nil {
			mutants = []string{v.File}
		}
		for _, v.File = range mutants {
			all = append(all, v)
		}
	}
	return all
}
