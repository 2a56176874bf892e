package structure_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/schemas/structure"
)

func check(t testing.TB, data []byte) []violation.Violation {
	t.Helper()
	doc, v := xmldoc.Parse(data)
	require.Nil(t, v)
	return structure.Check(doc.Root(), version(doc.Root()))
}

// version is one of those of an ESPD that its UBL version may stand for.
func version(root xmldoc.Element) string {
	if root.Child("urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2", "UBLVersionID").Text() == "2.2" {
		return "2.1.1"
	}
	return "4.1.0"
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return data
}

// The examples that come with the official rules are valid, and so are ours, which hold what those do not: signatures,
// other extensions, every type of value.
func TestValidDocuments(t *testing.T) {
	for _, d := range documents(t) {
		assert.Empty(t, check(t, d.data), d.name)
	}
}

func TestOfficialExamples(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		t.Skip("set CORPUS to the folder of real documents")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "en16931", "[uc][bi][li]", "*.[xX][mM][lL]"))
	require.NoError(t, err)
	require.Len(t, files, 34)
	espd, err := filepath.Glob(filepath.Join(corpus, "espd", "*.xml"))
	require.NoError(t, err)
	require.Len(t, espd, 6)
	for _, file := range append(files, espd...) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Empty(t, check(t, data), filepath.Base(file))
	}
}

// One fault gives one violation, with its code, its place and what was expected there.
func TestOneFault(t *testing.T) {
	const xsi = `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	tests := []struct {
		name, file string
		// old is replaced by new, once.
		old, new string
		code     string
		path     string
		fr, en   string // parts of the messages
	}{
		{
			"a misspelt name", "invoice.xml", "<cbc:DueDate>2026-10-01</cbc:DueDate>", "<cbc:DueDat>2026-10-01</cbc:DueDat>",
			"structure_unknown_element", "/Invoice/cbc:DueDat", "vouliez-vous dire « cbc:DueDate » ?", `has no element "cbc:DueDat"; did you mean "cbc:DueDate"?`,
		},
		{
			"a name of another namespace", "invoice.xml", "<cbc:DueDate>2026-10-01</cbc:DueDate>", `<x:Due xmlns:x="urn:x"/>`,
			"structure_unknown_element", "/Invoice/x:Due", "« {urn:x}Due »", "expected: cbc:IssueTime, cbc:DueDate, cbc:InvoiceTypeCode, cbc:Note, cbc:TaxPointDate, cbc:DocumentCurrencyCode, …",
		},
		{
			"an element of another place", "invoice.xml", "<cbc:Name>Entretien</cbc:Name>", "<cbc:Name>Entretien</cbc:Name><cbc:DueDate>2026-10-01</cbc:DueDate>",
			"structure_misplaced_element", "/Invoice/cac:InvoiceLine/cac:Item/cbc:DueDate", "n'a pas sa place ici, dans « cac:Item » ; attendu : cbc:HazardousRiskIndicator", "expected: cbc:HazardousRiskIndicator",
		},
		{
			"an element too late", "invoice.xml", "<cbc:ProfileID>S1</cbc:ProfileID>\n  <cbc:ID>F-2026-117</cbc:ID>", "<cbc:ID>F-2026-117</cbc:ID>\n  <cbc:ProfileID>S1</cbc:ProfileID>",
			"structure_misplaced_element", "/Invoice/cbc:ID", "le schéma le met après « cbc:ProfileExecutionID »", `the schema has it after "cbc:ProfileExecutionID"`,
		},
		{
			"an element twice, far apart", "invoice.xml", "<cbc:CustomizationID>", "<cbc:BuyerReference>A</cbc:BuyerReference><cbc:CustomizationID>",
			"structure_repeated_element", "/Invoice/cbc:BuyerReference[1]", "plus d'une fois", "more than one",
		},
		{
			"an element twice", "invoice.xml", "<cbc:DueDate>2026-10-01</cbc:DueDate>", "<cbc:DueDate>2026-10-01</cbc:DueDate><cbc:DueDate>2026-10-01</cbc:DueDate>",
			"structure_repeated_element", "/Invoice/cbc:DueDate[2]", "« cbc:DueDate » figure plus d'une fois dans « ubl:Invoice »", `more than one "cbc:DueDate" in "ubl:Invoice"`,
		},
		{
			"an element missing", "invoice.xml", "<cbc:ID>F-2026-117</cbc:ID>", "",
			"structure_missing_element", "/Invoice", "« cbc:ID » manque dans « ubl:Invoice »", `"cbc:ID" is missing in "ubl:Invoice"`,
		},
		{
			"text among elements", "invoice.xml", "<cac:Item>", "<cac:Item>some text",
			"structure_text", "/Invoice/cac:InvoiceLine/cac:Item", "contient le texte « some text »", `holds the text "some text"`,
		},
		{
			"elements in a value", "invoice.xml", "<cbc:Name>Entretien</cbc:Name>", "<cbc:Name>En<cbc:ID>1</cbc:ID>tretien</cbc:Name>",
			"structure_misplaced_element", "/Invoice/cac:InvoiceLine/cac:Item/cbc:Name/cbc:ID", "cet élément contient une valeur", "that element holds a value",
		},
		{
			"no number", "invoice.xml", `<cbc:PriceAmount currencyID="EUR">50.00<`, `<cbc:PriceAmount currencyID="EUR">50,00<`,
			"structure_value", "/Invoice/cac:InvoiceLine/cac:Price/cbc:PriceAmount", "« cbc:PriceAmount » vaut « 50,00 » ; attendu : un nombre décimal", `"cbc:PriceAmount" is "50,00"; expected: a decimal number`,
		},
		{
			"no date", "invoice.xml", "2026-10-01", "2026-02-30",
			"structure_value", "/Invoice/cbc:DueDate", "une date qui existe", "a date that exists",
		},
		{
			"an attribute too many", "invoice.xml", `<cbc:PriceAmount currencyID="EUR">`, `<cbc:PriceAmount currencyID="EUR" currencyId="EUR">`,
			"structure_unknown_attribute", "/Invoice/cac:InvoiceLine/cac:Price/cbc:PriceAmount", "vouliez-vous dire « currencyID » ?", `has no attribute "currencyId"; did you mean "currencyID"?`,
		},
		{
			"an attribute where there is none", "invoice.xml", "<cac:Item>", `<cac:Item lang="fr">`,
			"structure_unknown_attribute", "/Invoice/cac:InvoiceLine/cac:Item", "aucun attribut", "no attribute",
		},
		{
			"an attribute missing", "invoice.xml", `<cbc:PriceAmount currencyID="EUR">`, "<cbc:PriceAmount>",
			"structure_missing_attribute", "/Invoice/cac:InvoiceLine/cac:Price/cbc:PriceAmount", "n'a pas l'attribut obligatoire « currencyID »", `lacks the mandatory attribute "currencyID"`,
		},
		{
			"nil", "invoice.xml", "<cbc:Note>Travaux d'entretien</cbc:Note>", `<cbc:Note ` + xsi + ` xsi:nil="true"/>`,
			"structure_type", "/Invoice/cbc:Note", "« xsi:nil »", `attribute "xsi:nil"`,
		},
		{
			"another type", "invoice.xml", "<cbc:Note>Travaux d'entretien</cbc:Note>", `<cbc:Note ` + xsi + ` xsi:type="cbc:IDType">x</cbc:Note>`,
			"structure_type", "/Invoice/cbc:Note", "« cbc:IDType »", `"cbc:IDType"`,
		},
		{
			"within an extension, what the schema knows", "signed.xml", `<cbc:Amount currencyID="EUR">`, "<cbc:Amount>",
			"structure_missing_attribute", "/Invoice/ext:UBLExtensions/ext:UBLExtension[1]/ext:ExtensionContent/own:Anything/cbc:Amount", "« currencyID »", `"currencyID"`,
		},
		{
			"an identifier twice", "signed.xml", `<ds:SignatureValue Id="V1">`, `<ds:SignatureValue Id="S1">`,
			"structure_duplicate_id", "/Invoice/ext:UBLExtensions/ext:UBLExtension[2]/ext:ExtensionContent/sig:UBLDocumentSignatures/sac:SignatureInformation/ds:Signature/ds:SignatureValue", "« S1 »", `"S1"`,
		},
		{
			"both of a choice", "header.xml", `<udt:IndicatorString format="x">no</udt:IndicatorString>`, `<udt:IndicatorString format="x">no</udt:IndicatorString><udt:Indicator>true</udt:Indicator>`,
			"structure_misplaced_element", "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:CopyIndicator/udt:Indicator", "plus aucun élément n'est attendu", "no more elements are expected",
		},
		{
			"none of a choice", "header.xml", `<udt:IndicatorString format="x">no</udt:IndicatorString>`, "",
			"structure_missing_element", "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:CopyIndicator", "« udt:IndicatorString, udt:Indicator » manque", `"udt:IndicatorString, udt:Indicator" is missing`,
		},
		{
			"an attribute with another value", "header.xml", `listID="1001"`, `listID="1002"`,
			"structure_value", "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:TypeCode", "« ram:TypeCode/@listID » vaut « 1002 » ; attendu : « 1001 »", `expected: "1001"`,
		},
		{
			"an ESPD's element of another place", "request.xml", "<cbc:VersionID>2.1.1</cbc:VersionID>", "<cbc:VersionID>2.1.1</cbc:VersionID><cbc:DueDate>2026-10-01</cbc:DueDate>",
			"structure_misplaced_element", "/QualificationApplicationRequest/cbc:DueDate", "dans « qarq:QualificationApplicationRequest »", `in "qarq:QualificationApplicationRequest"`,
		},
		{
			"an ESPD's value", "response.xml", ">-1.50<", ">-1,50<",
			"structure_value", "/QualificationApplicationResponse/cac:TenderingCriterionResponse/cac:ResponseValue/cbc:ResponseAmount", "« cbc:ResponseAmount » vaut « ••• » ; attendu : un nombre décimal", `"cbc:ResponseAmount" is "•••"; expected: a decimal number`,
		},
		{
			"an unknown root", "invoice.xml", `"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"`, `"urn:example"`,
			"structure_unknown_root", "/Invoice", "« urn:example »", `"urn:example"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source := string(read(t, tt.file))
			require.Equal(t, 1, strings.Count(source, tt.old))
			changed := strings.Replace(source, tt.old, tt.new, 1)
			vs := check(t, []byte(changed))
			require.Len(t, vs, 1)
			v := vs[0]
			assert.Equal(t, tt.code, v.Code)
			assert.Equal(t, tt.path, v.Source)
			assert.Contains(t, v.FR, tt.fr)
			assert.Contains(t, v.EN, tt.en)
			assert.True(t, v.IsFatal())
			assert.Positive(t, v.Line)
			assert.Positive(t, v.Column)
			assert.NotEmpty(t, v.Remedy)
			assert.NotEmpty(t, v.RemedyEN)
			assert.NotContains(t, v.FR+v.EN, "%!")
		})
	}
}

// What an ESPD says of persons is in no message, wherever it stands, though each place is wrong here.
func TestPersonalValuesAreNotShown(t *testing.T) {
	const xsi = `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	source := string(read(t, "response.xml"))
	for _, change := range [][2]string{
		{"<cbc:BirthDate>1980-02-29", "<cbc:BirthDate>privé"},
		{"<cbc:ResponseIndicator>true", "<cbc:ResponseIndicator>privé"},
		{"<cac:PowerOfAttorney>", "<cac:PowerOfAttorney>privé"},
		{`<cbc:ResponseAmount currencyID="EUR">`, `<cbc:ResponseAmount currencyID="EUR" currencyCodeListVersionID="">privé`},
		{`<cbc:ResponseID schemeID="SIRET">`, `<cbc:ResponseID schemeURI="%privé">`},
		{"<cbc:FamilyName>", "<cbc:FamilyName " + xsi + ` xsi:type="privé">`},
		{"<cbc:FirstName>Claude</cbc:FirstName>", "<cbc:FirstName>privé<cbc:ID>privé</cbc:ID></cbc:FirstName><cbc:Prénom>privé</cbc:Prénom>"},
	} {
		require.Equal(t, 1, strings.Count(source, change[0]), change[0])
		source = strings.Replace(source, change[0], change[1], 1)
	}
	vs := check(t, []byte(source))
	assert.GreaterOrEqual(t, len(vs), 8)
	for _, v := range vs {
		assert.NotContains(t, v.FR+v.EN+v.Remedy+v.RemedyEN+v.Source, "privé", v.Code)
	}
}

// Faults that are apart are told apart, in the order of the document.
func TestSeveralFaults(t *testing.T) {
	source := string(read(t, "invoice.xml"))
	source = strings.Replace(source, "2026-09-01", "01/09/2026", 1)
	source = strings.Replace(source, "<cbc:CityName>Lyon</cbc:CityName>", "<cbc:City>Lyon</cbc:City>", 1)
	source = strings.Replace(source, "<cac:Price>", "<cac:Price>text", 1)
	var codes []string
	for _, v := range check(t, []byte(source)) {
		codes = append(codes, v.Code)
	}
	assert.Equal(t, []string{"structure_value", "structure_unknown_element", "structure_text"}, codes)
}

// What XSD does not look at changes nothing.
func TestWhatDoesNotMatter(t *testing.T) {
	source := string(read(t, "invoice.xml"))
	for _, change := range [][2]string{
		{"<cac:Item>", "<cac:Item><!-- c --><?p i?><![CDATA[ ]]>&#32;\n"},
		{"<cbc:DueDate>2026-10-01", "<cbc:DueDate>\n  2026<!-- c -->-10<![CDATA[-01]]>&#x20;"},
		{"<cac:Price>", `<cac:Price xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">`},
		{"<cbc:Note>", `<cbc:Note xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:q="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" xsi:type=" q:NoteType ">`},
		{"cbc:CustomizationID", "b:CustomizationID"},
	} {
		changed := strings.ReplaceAll(source, change[0], change[1])
		changed = strings.Replace(changed, "<Invoice ", `<Invoice xmlns:b="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" `, 1)
		assert.Empty(t, check(t, []byte(changed)), change[1])
	}
}

// A document that follows D22B where D16B has nothing is right, and its faults are told by D22B.
func TestNewerVersion(t *testing.T) {
	source := string(read(t, "header.xml"))
	const old, newer = ` listID="1001" listAgencyID="6"`, `<ram:CountryID>FR</ram:CountryID><ram:TypeCode>1</ram:TypeCode>`
	require.Contains(t, source, old)
	source = strings.Replace(source, old, "", 1)
	source = strings.Replace(source, "<ram:CountryID>FR</ram:CountryID>", newer, 1)
	assert.Empty(t, check(t, []byte(source)))

	source = strings.Replace(source, "2026-09-01T10:00:00", "2026-09-01", 1)
	vs := check(t, []byte(source))
	require.Len(t, vs, 1)
	assert.Equal(t, "structure_value", vs[0].Code)
}

// An ESPD is judged by the UBL version of the ESPD version that it says it is of.
func TestVersionOfESPD(t *testing.T) {
	const after, added = "<cbc:CriterionTypeCode>CRITERION.SELECTION.X</cbc:CriterionTypeCode>", "<cbc:Name>since UBL 2.3 a criterion may have several</cbc:Name>"
	source := string(read(t, "request.xml"))
	doc, v := xmldoc.Parse([]byte(strings.Replace(source, after, after+added, 1)))
	require.Nil(t, v)
	for version, want := range map[string]string{
		"2.1.0": "structure_repeated_element", "2.1.1": "structure_repeated_element", "3.0.1": "", "4.1.0": "", "5.0.0": "structure_unknown_root", "": "structure_unknown_root",
	} {
		got := ""
		for _, v := range structure.Check(doc.Root(), version) {
			got += v.Code
		}
		assert.Equal(t, want, got, version)
	}
}

// What UBL 2.3 added is for an invoice that says that it follows the French extended profile, and for no other.
func TestExtendedProfile(t *testing.T) {
	data := string(read(t, "extended.xml"))
	assert.Empty(t, check(t, []byte(data)))
	vs := check(t, []byte(strings.Replace(data, "#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "", 1)))
	require.Len(t, vs, 1)
	assert.Equal(t, "structure_unknown_element /CreditNote/cac:CreditNoteLine/cbc:TaxInclusiveLineExtensionAmount", vs[0].Code+" "+vs[0].Source)
}

// However many faults there are, two hundred are told; where there are more the answer says so.
func TestManyFaults(t *testing.T) {
	faults := func(n int) []violation.Violation {
		data, _ := strings.CutSuffix(string(invoice(t, 1)), "</Invoice>")
		return check(t, []byte(data+strings.Repeat("<cbc:Nota/>", n)+"</Invoice>"))
	}
	stopped := func(vs []violation.Violation) bool {
		return slices.ContainsFunc(vs, func(v violation.Violation) bool { return v.Code == "structure_stopped" && !v.IsFatal() })
	}
	assert.Len(t, faults(200), 200)
	assert.False(t, stopped(faults(200)))
	for _, n := range []int{201, 20_000} {
		vs := faults(n)
		assert.Len(t, vs, 200)
		assert.True(t, stopped(vs), n)
	}
}

func TestKnows(t *testing.T) {
	for file, want := range map[string]bool{
		"invoice.xml": true, "header.xml": true, "request.xml": true, "response.xml": true, "../../../transformers/cdar/testdata/full.xml": true,
	} {
		doc, _ := xmldoc.Parse(read(t, file))
		assert.Equal(t, want, structure.Knows(doc.Root().Name()))
	}
	assert.False(t, structure.Knows(xmldoc.Name{Space: "urn:oasis:names:specification:ubl:schema:xsd:Order-2", Local: "Order"}))
}
