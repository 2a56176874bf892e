package ubl_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// TestRefused breaks a document in one place and expects one violation, with its place and both languages.
func TestRefused(t *testing.T) {
	const (
		invoice    = repository + "/examples/documents/ubl-invoice.xml"
		creditNote = repository + "/examples/documents/ubl-credit-note.xml"
	)
	twice := func(element string) string { return element + element }
	const (
		number    = `<cbc:ID>FA-2026-0418</cbc:ID>`
		issued    = `<cbc:IssueDate>2026-10-02</cbc:IssueDate>`
		due       = `<cbc:PaymentDueDate>2026-11-18</cbc:PaymentDueDate>`
		order     = `<cbc:ID>EJ-2026-004512</cbc:ID>`
		contract  = `<cac:ContractDocumentReference><cbc:ID>2026-MAPA-018</cbc:ID></cac:ContractDocumentReference>`
		orderLine = `</cac:OrderReference>`
		means     = `<cac:PaymentMeans>`
		legal     = `<cbc:CompanyID schemeID="0002">217609999</cbc:CompanyID>`
		vatID     = `<cac:PartyTaxScheme><cbc:CompanyID>FR1</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>`
		delivered = `<cac:Delivery>`
		payable   = `<cbc:PayableAmount currencyID="EUR">5776.74</cbc:PayableAmount>`
		vatTotal  = `<cbc:TaxAmount currencyID="EUR">688.74</cbc:TaxAmount>`
		price     = `<cbc:PriceAmount currencyID="EUR">18.90</cbc:PriceAmount>`
		itemName  = `<cbc:Name>Manuel de lecture CP</cbc:Name>`
		terms     = `<cac:PaymentTerms>`
	)
	tests := []struct {
		name, file, old, new        string
		code, term, pointer, source string // source without prefixes
	}{
		{"BT-1 twice", invoice, "\n  " + number, twice(number), "repeated_element", "BT-1", "/number", "/Invoice/ID[2]"},
		{"BT-2 twice", invoice, issued, twice(issued), "repeated_element", "BT-2", "/issueDate", "/Invoice/IssueDate[2]"},
		{"BT-9 of a credit note twice", creditNote, due, twice(due), "repeated_element", "BT-9", "/dueDate", "/CreditNote/PaymentMeans/PaymentDueDate[2]"},
		{"BT-13 twice", invoice, order, twice(order), "repeated_element", "BT-13", "/purchaseOrderReference", "/Invoice/OrderReference/ID[2]"},
		{
			"BT-12 in a second group", invoice, orderLine, orderLine + contract,
			"repeated_element", "BT-12", "/contractReference", "/Invoice/ContractDocumentReference[2]/ID",
		},
		{
			"BT-20 in a second group", invoice, terms, `<cac:PaymentTerms><cbc:Note>60 jours</cbc:Note></cac:PaymentTerms>` + terms,
			"repeated_element", "BT-20", "/paymentTerms", "/Invoice/PaymentTerms[2]/Note",
		},
		{"BT-47 twice", invoice, legal, twice(legal), "repeated_element", "BT-47", "/buyer/legalRegistration", "/Invoice/AccountingCustomerParty/Party/PartyLegalEntity/CompanyID[2]"},
		{
			"a second VAT identifier", invoice, `<cac:PartyTaxScheme>`, vatID + `<cac:PartyTaxScheme>`,
			"repeated_element", "BT-31", "/seller/vatIdentifier", "/Invoice/AccountingSupplierParty/Party/PartyTaxScheme[2]/CompanyID",
		},
		{"BG-13 twice", invoice, delivered, `<cac:Delivery/>` + delivered, "repeated_element", "BG-13", "/delivery", "/Invoice/Delivery[2]"},
		{"BT-115 twice", invoice, payable, twice(payable), "repeated_element", "BT-115", "/totals/payable", "/Invoice/LegalMonetaryTotal/PayableAmount[2]"},
		{"BT-153 twice", invoice, itemName, twice(itemName), "repeated_element", "BT-153", "/lines/1/item/name", "/Invoice/InvoiceLine[2]/Item/Name[2]"},
		{
			"a second invoiced object", invoice, delivered,
			twice(`<cac:AdditionalDocumentReference><cbc:ID>O</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>`) + delivered,
			"repeated_element", "BT-18", "/invoicedObject", "/Invoice/AdditionalDocumentReference[2]/ID",
		},
		{
			"a second project of a credit note", creditNote, means,
			twice(`<cac:AdditionalDocumentReference><cbc:ID>P</cbc:ID><cbc:DocumentTypeCode>50</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>`) + means,
			"repeated_element", "BT-11", "/projectReference", "/CreditNote/AdditionalDocumentReference[2]/ID",
		},
		{
			"a creditor identifier of seller and payee", invoice, delivered,
			`<cac:PayeeParty><cac:PartyIdentification><cbc:ID schemeID="SEPA">A</cbc:ID></cac:PartyIdentification><cac:PartyIdentification><cbc:ID schemeID="SEPA">B</cbc:ID></cac:PartyIdentification></cac:PayeeParty>` + delivered,
			"repeated_element", "BT-90", "/payment/directDebit/creditorIdentifier", "/Invoice/PayeeParty/PartyIdentification[2]/ID",
		},
		{
			"a second payee identifier", invoice, delivered,
			`<cac:PayeeParty>` + twice(`<cac:PartyIdentification><cbc:ID>A</cbc:ID></cac:PartyIdentification>`) + `</cac:PayeeParty>` + delivered,
			"repeated_element", "BT-60", "/payee/identifier", "/Invoice/PayeeParty/PartyIdentification[2]/ID",
		},
		{
			"a second VAT total in the invoice currency", invoice, `<cac:TaxTotal>`, `<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">1</cbc:TaxAmount></cac:TaxTotal><cac:TaxTotal>`,
			"repeated_element", "BT-110", "/totals/vat", "/Invoice/TaxTotal[2]",
		},
		{
			"another means of payment", invoice, means, `<cac:PaymentMeans><cbc:PaymentMeansCode>10</cbc:PaymentMeansCode></cac:PaymentMeans>` + means,
			"contradictory_element", "BT-81", "/payment/meansCode", "/Invoice/PaymentMeans[2]/PaymentMeansCode",
		},
		{
			"another payment reference", invoice, means, `<cac:PaymentMeans><cbc:PaymentID>X</cbc:PaymentID></cac:PaymentMeans>` + means,
			"contradictory_element", "BT-83", "/payment/remittanceInformation", "/Invoice/PaymentMeans[2]/PaymentID",
		},
		{
			"two cards", invoice, means, twice(`<cac:PaymentMeans><cac:CardAccount/></cac:PaymentMeans>`) + means,
			"repeated_element", "BG-18", "/payment/card", "/Invoice/PaymentMeans[2]/CardAccount",
		},
		{
			"another currency", invoice, payable, strings.Replace(payable, "EUR", "USD", 1),
			"currency_mismatch", "BT-115", "/totals/payable", "/Invoice/LegalMonetaryTotal/PayableAmount",
		},
		{
			"no currency", invoice, price, strings.Replace(price, ` currencyID="EUR"`, "", 1),
			"currency_mismatch", "BT-146", "/lines/1/price/net", "/Invoice/InvoiceLine[2]/Price/PriceAmount",
		},
		{
			"VAT total in another currency", invoice, vatTotal, strings.Replace(vatTotal, "EUR", "CHF", 1),
			"currency_mismatch", "BT-110", "/totals/vat", "/Invoice/TaxTotal/TaxAmount",
		},
		{
			"a second VAT total that is not in BT-6", invoice, `<cac:LegalMonetaryTotal>`,
			`<cac:TaxTotal><cbc:TaxAmount currencyID="CHF">1</cbc:TaxAmount></cac:TaxTotal><cac:LegalMonetaryTotal>`,
			"currency_mismatch", "BT-110", "/totals/vat", "/Invoice/TaxTotal[2]/TaxAmount",
		},
		{
			"a charge indicator of neither", invoice, `<cac:TaxTotal>`,
			`<cac:AllowanceCharge><cbc:ChargeIndicator>oui</cbc:ChargeIndicator></cac:AllowanceCharge><cac:TaxTotal>`,
			"charge_indicator", "BG-20 | BG-21", "", "/Invoice/AllowanceCharge",
		},
		{
			"no charge indicator in a line", invoice, `<cac:Item>`, `<cac:AllowanceCharge/><cac:Item>`,
			"charge_indicator", "BG-27 | BG-28", "", "/Invoice/InvoiceLine[1]/AllowanceCharge",
		},
		{
			"an element of UBL 1", invoice, delivered, `<ID xmlns="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-1.0">1</ID>` + delivered,
			"ubl_namespace", "", "", "/Invoice/ID",
		},
		{
			"a group of another version", invoice, `<cac:Item>`,
			`<cac:Item xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-3"/><cac:Item>`,
			"ubl_namespace", "", "", "/Invoice/InvoiceLine[1]/Item",
		},
		{"an element without its prefix", invoice, delivered, `<Delivery/>` + delivered, "ubl_namespace", "", "", "/Invoice/Delivery"},
		{"text in a group", invoice, `<cac:Item>`, `<cac:Item>Papier`, "ubl_structure", "", "", "/Invoice/InvoiceLine[1]/Item"},
		{
			"an element in a text", invoice, itemName, `<cbc:Name>Manuel <cbc:Note>CP</cbc:Note></cbc:Name>`,
			"ubl_structure", "", "", "/Invoice/InvoiceLine[2]/Item/Name/Note",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source := string(formattest.File(t, test.file))
			if !strings.Contains(source, test.old) {
				t.Fatalf("%s holds no %s", test.file, test.old)
			}
			_, result, violations := transform(t, []byte(strings.Replace(source, test.old, test.new, 1)))
			if len(result.Parts) != 1 || result.Key == "" {
				t.Errorf("no part and key beside the violations: %+v", result)
			}
			if len(violations) != 1 {
				t.Fatalf("violations %+v, want one", violations)
			}
			v := violations[0]
			if path := elementPrefix.Replace(v.Source); v.Code != test.code || v.Term != test.term || v.Pointer != test.pointer || path != test.source {
				t.Errorf("got %s %s %q %s\nwant %s %s %q %s", v.Code, v.Term, v.Pointer, path, test.code, test.term, test.pointer, test.source)
			}
			complete(t, v)
		})
	}
}

// elementPrefix removes the prefixes of a path, which are the choice of the source.
var elementPrefix = strings.NewReplacer("cbc:", "", "cac:", "")

// complete checks that a violation says everything that an operator needs.
func complete(t *testing.T, v violation.Violation) {
	t.Helper()
	if !v.IsFatal() || v.Line == 0 || v.FR == "" || v.EN == "" || v.Remedy == "" || v.RemedyEN == "" ||
		strings.Contains(v.FR+v.EN, "%!") {
		t.Errorf("incomplete violation: %+v", v)
	}
}

// TestKeptForTheSchema keeps values that are wrong in themselves as the source wrote them.
func TestKeptForTheSchema(t *testing.T) {
	for _, amount := range []string{"12,50", "NaN", "1e400000", "1 000.00", "--1", "0x10"} {
		source := bytes.Replace(formattest.File(t, repository+"/examples/documents/ubl-invoice.xml"), []byte(">5776.74</cbc:PayableAmount>"),
			[]byte(">"+amount+"</cbc:PayableAmount>"), 1)
		_, result, violations := transform(t, source)
		payable := result.Parts[0].Doc.Lookup("/totals/payable")
		if len(violations) != 0 || payable.Text() != amount || !strings.HasSuffix(payable.Source().Path, "PayableAmount") {
			t.Errorf("%s became %q at %s, with %v", amount, payable.Text(), payable.Source().Path, violations)
		}
	}
	for date, want := range map[string]string{
		"2026-02-30": "2026-02-30", "02/10/2026": "02/10/2026", "2026-10-02T00:00:00Z": "2026-10-02T00:00:00Z",
		"2026-10-02+1:00": "2026-10-02+1:00", "2026-10-02-03:00": "2026-10-02", "2026-10-02Z": "2026-10-02",
	} {
		source := bytes.Replace(formattest.File(t, repository+"/examples/documents/ubl-invoice.xml"), []byte("<cbc:IssueDate>2026-10-02<"),
			[]byte("<cbc:IssueDate>"+date+"<"), 1)
		_, result, _ := transform(t, source)
		if got := result.Parts[0].Doc.Lookup("/issueDate").Text(); got != want {
			t.Errorf("date %s became %s, want %s", date, got, want)
		}
	}
}

// TestViolationsAreBounded folds a fault that repeats in every line.
func TestViolationsAreBounded(t *testing.T) {
	const lines = 1000
	var source strings.Builder
	source.WriteString(`<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
		xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
		xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
		<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>`)
	for i := range lines {
		fmt.Fprintf(&source, `<cac:InvoiceLine><cbc:ID>%d</cbc:ID><cbc:ID>x</cbc:ID>
			<cbc:LineExtensionAmount currencyID="USD">1</cbc:LineExtensionAmount></cac:InvoiceLine>`, i)
	}
	source.WriteString(`</Invoice>`)
	_, _, violations := transform(t, []byte(source.String()))
	total := map[string]int{}
	for _, v := range violations {
		total[v.Code] += max(v.Count, 1)
	}
	if len(violations) != 200 || total["repeated_element"] != lines || total["currency_mismatch"] != lines {
		t.Errorf("%d violations, places %v; want 200 with %d places of each code", len(violations), total, lines)
	}
	if !slices.IsSortedFunc(violations, func(a, b violation.Violation) int { return a.Line - b.Line }) {
		t.Error("violations are not in the order of the document")
	}
}

// TestGroupsKnowTheirPlace lets a missing term be reported at the group of the source that lacks it.
func TestGroupsKnowTheirPlace(t *testing.T) {
	_, result, _ := transform(t, formattest.File(t, repository+"/examples/documents/ubl-invoice.xml"))
	for pointer, want := range map[string]string{
		"/seller":        "/Invoice/AccountingSupplierParty/Party",
		"/buyer/address": "/Invoice/AccountingCustomerParty/Party/PostalAddress",
		"/payment":       "/Invoice/PaymentMeans",
		"/totals":        "/Invoice/LegalMonetaryTotal",
		"/lines/1":       "/Invoice/InvoiceLine[2]",
		"/lines/1/price": "/Invoice/InvoiceLine[2]/Price",
		"/lines/2/vat":   "/Invoice/InvoiceLine[3]/Item/ClassifiedTaxCategory",
	} {
		value := result.Parts[0].Doc.Lookup(pointer)
		if got := elementPrefix.Replace(value.Source().Path); got != want {
			t.Errorf("%s comes from %q, want %q", pointer, got, want)
		}
	}
}
