package app_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// TestGroupedInvoice: an invoice whose lines are grouped is refused as one of EN 16931, and delivered when it says that it
// follows the French extended profile, whose rules judge it; a group whose amount is not that of its lines is refused.
func TestGroupedInvoice(t *testing.T) {
	gateway, list := app.Load("")
	require.Zero(t, list.Len())
	const (
		plain    = "urn:cen.eu:en16931:2017<"
		extended = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr<"
		line     = "  <cac:InvoiceLine>\n    <cbc:ID>1</cbc:ID>"
		group    = `<cac:InvoiceLine><cbc:ID>G</cbc:ID><cbc:LineExtensionAmount currencyID="EUR">900.00</cbc:LineExtensionAmount>` +
			`<cbc:TaxInclusiveLineExtensionAmount currencyID="EUR">1080.00</cbc:TaxInclusiveLineExtensionAmount>` +
			`<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>FA-2026-0418</cbc:ID><cbc:DocumentStatusCode>GROUP</cbc:DocumentStatusCode></cac:InvoiceDocumentReference></cac:BillingReference>` +
			`<cac:DocumentReference><cbc:ID schemeID="AFL">S-1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>` +
			`<cac:DocumentReference><cbc:ID schemeID="AVV">S1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:DocumentReference>` +
			`<cac:Item><cbc:Name>Fournitures</cbc:Name></cac:Item></cac:InvoiceLine>`
		amount = "900.00</cbc:LineExtensionAmount>\n"
		parent = `<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>FA-2026-0418</cbc:ID><cbc:DocumentStatusCode>DETAIL</cbc:DocumentStatusCode></cac:InvoiceDocumentReference>` +
			`<cac:BillingReferenceLine><cbc:ID>G</cbc:ID></cac:BillingReferenceLine></cac:BillingReference>`
	)
	grouped := altered(t, string(example(t, "ubl-invoice.xml")), amount, amount+parent, line, group+line)
	for _, tt := range []struct {
		name, data string
		fatal      []string // where nothing refuses it, it is delivered
		packs      []string
	}{
		{"of EN 16931", grouped, []string{
			"BR-22", "BR-23", "BR-26", "BR-27", "BR-CO-04", "BR-CO-10", "UBL-SR-48", "UBL-SR-52", "repeated_element", "structure_unknown_element",
		}, nil},
		{"of the extended profile", altered(t, grouped, plain, extended), nil, []string{"extended-ctc-fr", "fr-ctc", "fr-b2g"}},
		{"with a group of another amount", altered(t, grouped, plain, extended, `"EUR">900.00</cbc:LineExtensionAmount><cbc:Tax`, `"EUR">901.00</cbc:LineExtensionAmount><cbc:Tax`), []string{"BR-FREXT-08"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, verdict := gateway.Judge("suppliers", []byte(tt.data))
			var fatal []string
			for _, v := range verdict.Violations {
				if v.IsFatal() && v.Severity != violation.NotVerified {
					fatal = append(fatal, v.Code)
				}
			}
			slices.Sort(fatal)
			assert.Equal(t, tt.fatal, slices.Compact(fatal))
			assert.Equal(t, tt.fatal == nil, verdict.Outcome() == pipeline.Delivered)
			if tt.packs != nil {
				assert.Equal(t, tt.packs, verdict.Parts[0].Profile.Packs)
			}
		})
	}
}

// TestTheSameExtendedInvoiceInAllForms: an invoice of the French extended profile gets the same verdict in all its forms, and so
// does each mistake in it, but where the published artefacts of UBL and CII differ.
func TestTheSameExtendedInvoiceInAllForms(t *testing.T) {
	gateway, list := app.Load("")
	require.NoError(t, list.Err())
	data, err := os.ReadFile(filepath.Join("testdata", "same", "extended.json"))
	require.NoError(t, err)
	invoice, fault := jsondoc.Parse(data)
	require.Nil(t, fault)
	for _, form := range []func(*document.Doc) ([]byte, []string){
		func(doc *document.Doc) ([]byte, []string) { return doc.AppendJSON(nil), nil }, ubl.Transformer{}.Write, cii.Transformer{}.Write,
	} {
		data, losses := form(invoice)
		_, verdict := gateway.Judge("suppliers", data)
		require.Equal(t, pipeline.Delivered, verdict.Outcome(), "%v", verdict.Violations)
		require.Empty(t, losses)
	}
	// Each entry of the breakdown is that of one reason for exemption among two.
	const always = "BR-FREXT-S-08ini*2"
	for _, c := range []struct {
		place, value string // nothing is put where there is no value
		want         string
		ubl, cii     string // where the syntax says something else, or "none"
	}{
		{"/number", "FA-26-0100", "", "", ""},
		{"/lines/1/precedingInvoices/0/number", "F 1", "BR-FR-02_EXT-FR-FE-136*1", "BR-FR-01_EXT-FR-FE-136-2*1 BR-FR-02_EXT-FR-FE-136*1", ""},
		{"/lines/1/precedingInvoices/0/number", strings.Repeat("N", 36), "BR-FR-01_EXT-FR-FE-136*1", "", ""},
		{"/lines/1/precedingInvoices/0/issueDate", "1999-09-01", "BR-FR-03_EXT-FR-FE-138*1", "", ""},
		{"/lines/1/precedingInvoices/0/typeCode", "326", "BR-FR-04_EXT-FR-FE-137*1", "", ""},
		{"/precedingInvoices/0/typeCode", "326", "BR-FR-04_EXT-FR-FE-02*1", "", ""},
		{"/lines/1/delivery/date", "1999-09-01", "BR-FR-03_EXT-FR-FE-158*1", "", ""},
		{"/lines/1/delivery/location/id", "9213002340002", "BR-FR-09_EXT-FR-FE-146*1", "none", ""},
		{"/buyerAgent/identifiers/0/id", "93440012600013", "BR-FR-09_EXT-FR-FE-06*1", "", ""},
		{"/payer/identifiers/0/id", "9455000160001", "BR-FR-09_EXT-FR-FE-46*1", "", ""},
		{"/sellerAgent/identifiers/0/id", "95660090800015", "BR-FR-09_EXT-FR-FE-69*1", "", ""},
		{"/invoicee/identifiers/0/id", "96770089900016", "BR-FR-09_EXT-FR-FE-92*1", "", ""},
		{"/invoicer/identifiers/0/id", "97880078000017", "BR-FR-09_EXT-FR-FE-115*1", "", ""},
		{"/payee/identifier/id", "98990067100018", "BR-FR-09_BT-60*1", "", ""},
		{"/buyerAgent/electronicAddress/id", "a b", "BR-FR-23_EXT-FR-FE-12*1", "", ""},
		{"/payee/electronicAddress/id", "a b", "BR-FR-23_EXT-FR-FE-29*1", "", ""},
		{"/payer/electronicAddress/id", "a b", "BR-FR-23_EXT-FR-FE-52*1", "", ""},
		{"/sellerAgent/electronicAddress/id", "a b", "BR-FR-23_EXT-FR-FE-75*1", "", ""},
		{"/invoicee/electronicAddress/id", "a b", "BR-FR-23_EXT-FR-FE-98*1", "", ""},
		{"/invoicer/electronicAddress/id", strings.Repeat("a", 126), "BR-FR-25_EXT-FR-FE-121*1", "", ""},
		{"/deliveryTerms/code", "ZZZ", "BR-FREXT-CL-27*1", "", ""},
		{"/lines/1/item/attributes/1/code", "???", "BR-FREXT-04*1", "", ""},
		{"/lines/1/item/attributes/0/name", "", "BR-FR-27_BG-32*1 BR-FREXT-54-1*1", "BR-FREXT-54-1*1", ""},
		{"/lines/1/item/attributes/1", `{"name": "Contenance", "measure": "2.5", "unit": "LTR"}`, "", "", ""},
		{"/lines/1/item/attributes/1", `{"name": "Contenance", "measure": "2.5"}`, "BR-FR-28-Value*1 BR-FREXT-54-2*1", "", ""},
		{"/lines/1/item/attributes/1", `{"name": "Contenance", "value": "2,5 l", "measure": "2.5", "unit": "LTR"}`, "BR-FR-28-Value*1 BR-FREXT-54-2*1", "", ""},
		{"/lines/1/item/attributes/0/value", "", "BR-FR-28-Value*1 BR-FREXT-54-2*1", "", ""},
		{"/lines/0/subtype", "", "BR-FR-MV-01_EXT-FR-FE-163*1 BR-FREXT-22*1 BR-FREXT-23*1 BR-FREXT-26*1 BR-FREXT-CO-10*1 BR-FREXT-CO-13*1 BR-FREXT-S-08*1 BR-FREXT-S-08rev*1", "", "BR-FREXT-22*1 BR-FREXT-23*1 BR-FREXT-26*1 BR-FREXT-CO-10*1 BR-FREXT-CO-13*1 BR-FREXT-S-08*1 BR-FREXT-S-08rev*1"},
		{"/lines/0/subtype", "DETAIL", "BR-FREXT-22*1 BR-FREXT-23*1 BR-FREXT-26*1 BR-FREXT-CO-10*1 BR-FREXT-CO-13*1 BR-FREXT-S-08*1 BR-FREXT-S-08rev*1", "", ""},
		{"/lines/1/parent", "9", "BR-FR-MV-05_EXT-FR-FE-BG-12*1 BR-FR-MV-06_EXT-FR-FE-167*1 BR-FR-MV-07_BT-128*1 BR-FREXT-08*1 BR-FREXT-11*1", "", ""},
		{"/lines/0/seller/name", "", "BR-FR-MV-03_EXT-FR-FE-164*1", "", ""},
		{"/lines/0/seller/legalRegistration", "", "BR-FR-MV-03_EXT-FR-FE-167*1 BR-FR-MV-06_EXT-FR-FE-167*2", "", ""},
		{"/lines/0/seller/address", "", "BR-FR-MV-03_EXT-FR-FE-177*1", "", ""},
		{"/lines/0/totals/vat", "", "BR-FR-MV-03_EXT-FR-FE-181*1 BR-FR-MV-09_EXT-FR-FE-181*1 BR-FR-MV-10_EXT-FR-FE-184*1", "", ""},
		{"/lines/0/totals/withVat", "121.00", "BR-FR-MV-10_EXT-FR-FE-184*1", "", ""},
		{"/lines/0/object", "", "BR-FR-MV-03_BT-128_AFL*1 BR-FR-MV-07_BT-128*2 BR-FR-MV-09_EXT-FR-FE-181*1 BR-FR-MV-11_BT-128*1", "", "BR-FR-MV-07_BT-128*2 BR-FR-MV-09_EXT-FR-FE-181*1 BR-FR-MV-11_BT-128*1"},
		{"/lines/0/object/id", "X-1", "BR-FR-MV-07_BT-128*1 BR-FR-MV-09_EXT-FR-FE-181*1 BR-FR-MV-11_BT-128*1", "", ""},
		{"/lines/0/otherObjects", "", "BR-FR-MV-03_BT-128_AVV*1", "", "none"},
		{"/lines/0/otherObjects/0/id", "S8", "BR-FR-MV-03_BT-128_AVV*1", "", ""},
		{"/lines/0/netAmount", "101.00", "BR-FR-MV-05_EXT-FR-FE-BG-12*1 BR-FR-MV-10_EXT-FR-FE-184*1 BR-FREXT-08*1", "", ""},
		{"/lines/3/seller/legalRegistration/id", "902100452", "BR-FR-MV-06_EXT-FR-FE-167*1", "", ""},
		{"/lines/1/vat/exemptionReason", "", "BR-FR-MV-08_BT-128*1 BR-FREXT-S-08*1 BR-FREXT-S-08rev*1", "", ""},
		{"/lines/1/vat/exemptionReason", "#X#", "BR-FR-MV-08_BT-128*1 BR-FREXT-S-08*1 BR-FREXT-S-08rev*1", "", ""},
		{"/typeCode", "384", "BR-FR-MV-14-EXT-FR-FE-136*2 BR-FR-MV-14-EXT-FR-FE-138*2", "", ""},
		{"/process/businessProcess", "S9", "BR-FR-BD-02_BT-47*1 BR-FR-BD-13_BT-3*1", "", ""},
		{"/process/businessProcess", "S1", "", "", ""},
		{"/vatBreakdown/0/taxableAmount", "101.00", "BR-FREXT-S-08*1 BR-FREXT-S-08rev*1 BR-FREXT-S-09*1", "", ""},
		{"/vatBreakdown/0/exemptionReason", "", "BR-FR-MV-09_EXT-FR-FE-181*1 BR-FREXT-S-08*1 BR-FREXT-S-08rev*1", "", ""},
		{"/lines/1/price/discountReasonCode", "zz", "BR-FREXT-CL-19-GP*1", "BR-CL-19*1", ""},
		{"/lines/2/object/id", "FA-26-0100", "BR-FR-MV-07_BT-128*1 BR-FR-MV-09_EXT-FR-FE-181*1 BR-FR-MV-12_BT-128*1", "", ""},
		{"/lines/1/object/id", "Z", "BR-FR-MV-07_BT-128*1 BR-FR-MV-08_BT-128*1", "", ""},
		{"/lines/1/object", "", "BR-FR-MV-07_BT-128*1 BR-FR-MV-08_BT-128*1", "", ""},
	} {
		t.Run(c.place+" "+c.value[:min(len(c.value), 20)], func(t *testing.T) {
			var root, value any
			require.NoError(t, json.Unmarshal(data, &root))
			switch {
			case strings.HasPrefix(c.value, "{"):
				require.NoError(t, json.Unmarshal([]byte(c.value), &value))
			case c.value != "":
				value = c.value
			}
			edited, err := json.Marshal(put(root, strings.Split(c.place, "/")[1:], value))
			require.NoError(t, err)
			doc, fault := jsondoc.Parse(edited)
			require.Nil(t, fault)
			says := extendedForms(t, gateway, doc)
			for form, said := range map[string]string{"canonical": "", "ubl": c.ubl, "cii": c.cii} {
				want := append(strings.Fields(strings.TrimPrefix(cmp.Or(said, c.want), "none")), always)
				require.ElementsMatch(t, want, strings.Fields(says[form]), form)
			}
		})
	}
}

// TestExtendedSeedsInAllForms: the verdict of a French invoice of the extended profile is that of its canonical document, and of
// what it is converted to.
func TestExtendedSeedsInAllForms(t *testing.T) {
	oracle := os.Getenv("ORACLE")
	if oracle == "" {
		t.Skip("ORACLE is not set: make test-oracle sets it")
	}
	files, err := filepath.Glob(filepath.Join(oracle, "fr-seeds", "written", "*.xml"))
	require.NoError(t, err)
	gateway, list := app.Load("")
	require.NoError(t, list.Err())
	extended := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		if !strings.Contains(string(data), ":extended-ctc-fr<") {
			continue
		}
		extended++
		codes, doc := counted(gateway, data)
		for form, says := range extendedForms(t, gateway, doc) {
			require.Equal(t, codes, says, "%s as %s", filepath.Base(file), form)
		}
	}
	require.NotZero(t, extended)
}

// extendedForms says what each form of a canonical invoice is found to break, as codes with how often: the document itself, and
// what it is written as in UBL and in CII.
func extendedForms(t *testing.T, gateway *app.Gateway, doc *document.Doc) map[string]string {
	t.Helper()
	forms := map[string][]byte{"canonical": doc.AppendJSON(nil)}
	for name, writer := range map[string]transformers.Writer{"ubl": ubl.Transformer{}, "cii": cii.Transformer{}} {
		forms[name], _ = writer.Write(doc)
	}
	says := map[string]string{}
	for name, data := range forms {
		says[name], _ = counted(gateway, data)
	}
	return says
}

// counted lists the codes that a document gets, each with how often, and returns it as it was read. Rules about a syntax itself
// and its structure are its own.
func counted(gateway *app.Gateway, data []byte) (string, *document.Doc) {
	_, verdict := gateway.Judge("suppliers", data)
	count := map[string]int{}
	for _, v := range verdict.Violations {
		if !strings.HasPrefix(v.Code, "UBL-") && !strings.HasPrefix(v.Code, "CII-") && !strings.HasPrefix(v.Code, "structure_") {
			count[v.Code]++
		}
	}
	var codes []string
	for _, code := range slices.Sorted(maps.Keys(count)) {
		codes = append(codes, fmt.Sprintf("%s*%d", code, count[code]))
	}
	if len(verdict.Parts) == 0 {
		return strings.Join(codes, " "), nil
	}
	return strings.Join(codes, " "), verdict.Parts[0].Doc
}

// put returns a JSON value with another one at a pointer; nothing there takes the member or the item away.
func put(value any, steps []string, to any) any {
	if len(steps) == 0 {
		return to
	}
	switch v := value.(type) {
	case map[string]any:
		if below := put(v[steps[0]], steps[1:], to); below != nil {
			v[steps[0]] = below
		} else {
			delete(v, steps[0])
		}
	case []any:
		i, _ := strconv.Atoi(steps[0])
		v[i] = put(v[i], steps[1:], to)
	}
	return value
}
