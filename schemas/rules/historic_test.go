package rules

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

func hasCode(found []violation.Violation, code string) bool {
	return slices.ContainsFunc(found, func(v violation.Violation) bool { return v.Code == code })
}

// Chorus Pro asks for the payment means of whatever is deposited; a pivot, which it has written itself, is judged as a canonical
// document and may lack it.
func TestHistoricPaymentMeans(t *testing.T) {
	pack := shippedSet(t).At("chorus-historic", "")
	data, err := os.ReadFile("../../transformers/cii/testdata/historic-credit-note.xml")
	if err != nil {
		t.Fatal(err)
	}
	const settlement = "<a:InvoiceCurrencyCode>EUR</a:InvoiceCurrencyCode>"
	const means = "<a:SpecifiedTradeSettlementPaymentMeans><a:TypeCode>30</a:TypeCode></a:SpecifiedTradeSettlementPaymentMeans>"
	for text, fires := range map[string]bool{
		string(data): true,
		strings.Replace(string(data), settlement, settlement+means, 1):                                    false,
		strings.Replace(string(data), settlement, settlement+strings.Replace(means, ">30<", "> <", 1), 1): true,
	} {
		doc, refused := xmldoc.Parse([]byte(text))
		if refused != nil {
			t.Fatal(refused.EN)
		}
		found := Check(Subject{XML: doc.Root(), References: buyers(t)}, []*Pack{pack})
		if hasCode(found, "CHORUS-03") != fires {
			t.Errorf("CHORUS-03 fires: %v, want %v", !fires, fires)
		}
		for _, v := range found {
			if v.Code != "CHORUS-03" && v.IsFatal() {
				t.Errorf("%s fires on an invoice as AIFE writes them: %s", v.Code, v.EN)
			}
		}
	}
	if hasCode(Check(Subject{Doc: parseDoc(t, validDocument(t, "historic"))}, []*Pack{pack}), "CHORUS-03") {
		t.Error("CHORUS-03 fires on a canonical document")
	}
}

// An attachment may have 10 MB, which are 13,981,014 characters of base64 and a little.
func TestHistoricAttachmentSize(t *testing.T) {
	pack := shippedSet(t).At("chorus-historic", "")
	for size, fires := range map[int]bool{13_981_014: false, 13_981_015: true} {
		root := edit(validDocument(t, "historic"), strings.Split("supportingDocuments/0/attachment/content", "/"), strings.Repeat("A", size)).(map[string]any)
		if got := hasCode(Check(Subject{Doc: parseDoc(t, root)}, []*Pack{pack}), "CHORUS-10"); got != fires {
			t.Errorf("an attachment of %d characters: CHORUS-10 fires: %v", size, got)
		}
	}
}

// What the buyer demands is verified in the directory, by the SIRET in either of its places, and not of a pivot.
func TestHistoricDirectory(t *testing.T) {
	pack := shippedSet(t).At("chorus-historic", "")
	data, err := os.ReadFile("../../transformers/cii/testdata/historic-credit-note.xml")
	if err != nil {
		t.Fatal(err)
	}
	const (
		buyer      = `<a:SpecifiedLegalOrganization><a:ID schemeID="1">21690123100011</a:ID></a:SpecifiedLegalOrganization></a:BuyerTradeParty>`
		service    = "<a:BuyerReference>SERVICE-01</a:BuyerReference>"
		engagement = "<a:BuyerOrderReferencedDocument><a:IssuerAssignedID>ENG-42</a:IssuerAssignedID></a:BuyerOrderReferencedDocument>"
		unverified = "CHORUS-13 CHORUS-14 CHORUS-15 CHORUS-16 not_verified"
	)
	for _, tt := range []struct {
		siret   string
		without []string
		want    string
	}{
		{"21350238800019", []string{service, engagement}, ""},
		{"21350238800027", []string{engagement}, ""},
		{"21350238800027", []string{service}, "CHORUS-13 fatal"},
		{"21350238800035", []string{service}, ""},
		{"21350238800035", []string{engagement}, "CHORUS-14 fatal"},
		{"21350238800043", []string{engagement}, ""},
		{"21350238800043", []string{service}, ""},
		{"21350238800043", []string{service, engagement}, "CHORUS-15 fatal"},
		{"21350238800050", nil, "CHORUS-16 fatal"},
		{"21690123100011", nil, unverified},
	} {
		for _, place := range []string{
			`<a:SpecifiedLegalOrganization><a:ID schemeID="1">` + tt.siret + `</a:ID></a:SpecifiedLegalOrganization></a:BuyerTradeParty>`,
			`<a:GlobalID schemeID="0009">` + tt.siret + `</a:GlobalID></a:BuyerTradeParty>`,
		} {
			text := strings.Replace(string(data), buyer, place, 1)
			for _, part := range tt.without {
				text = strings.Replace(text, part, "", 1)
			}
			doc, refused := xmldoc.Parse([]byte(text))
			if refused != nil {
				t.Fatal(refused.EN)
			}
			var codes []string
			severity := ""
			for _, v := range Check(Subject{XML: doc.Root(), References: buyers(t)}, []*Pack{pack}) {
				if v.Code > "CHORUS-12" {
					codes, severity = append(codes, v.Code), " "+string(v.Severity)
				}
				if strings.Contains(v.FR+v.EN, "?") || v.Code == CodeNotJudged {
					t.Errorf("%+v", v)
				}
			}
			slices.Sort(codes)
			if got := strings.Join(codes, " ") + severity; got != tt.want {
				t.Errorf("%s without %v: %q, want %q", place, tt.without, got, tt.want)
			}
		}
	}
	for _, v := range Check(Subject{Doc: parseDoc(t, validDocument(t, "historic"))}, []*Pack{pack}) {
		t.Errorf("of a canonical document: %+v", v)
	}
}
