package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/pdfdoc/pdftest"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
)

// Routes beside the catalogue, so that every way to be refused by a route is there.
var refusingRoutes = map[string]string{
	"nobody.yaml": `
route: nobody
from: [extra]
accept: [invoice]
to:
  - {topic: archive, when: 'money(doc.totals.payable) < money("0")'}
  - {topic: invoicing, when: 'doc.currency == "USD"'}
`,
	"demanding.yaml": `
route: demanding
from: [extra]
accept: [credit-note]
to:
  - {topic: archive}
  - {topic: invoicing, required: true, when: 'money(doc.totals.payable) < money("0")'}
`,
	"unwilling.yaml": `
route: unwilling
from: [extra]
accept: [espd-response]
when: format == "json"
to:
  - {topic: archive}
`,
	"unable.yaml": `
route: unable
from: [extra]
accept: [espd-request]
to:
  - {topic: archive, when: 'doc.lots[400].id == "x"'}
`,
	"keyless.yaml": `
route: keyless
from: [extra]
accept: [contract]
key: doc.?idAccordCadre.orValue("")
to:
  - {topic: archive}
`,
}

const badInputConfig = `
sources: [{topic: suppliers}, {topic: buyers}, {topic: extra}]
routes:
  files: [nobody.yaml, demanding.yaml, unwilling.yaml, unable.yaml, keyless.yaml]
`

// badInput is a message that must not pass, or in spite of its look must.
type badInput struct {
	name    string
	to      string // suppliers when empty
	value   func() []byte
	headers []kgo.RecordHeader
	code    string // of the dead letter; empty: it is accepted
}

func text(s string) func() []byte { return func() []byte { return []byte(s) } }

// repeated builds a large document when it is needed only, so that the test does not hold them all.
func repeated(before, unit string, n int, after string) func() []byte {
	return func() []byte {
		var b bytes.Buffer
		b.Grow(len(before) + n*len(unit) + len(after))
		b.WriteString(before)
		for range n {
			b.WriteString(unit)
		}
		b.WriteString(after)
		return b.Bytes()
	}
}

func noise(n int) func() []byte {
	return func() []byte {
		random := rand.New(rand.NewPCG(1, 2))
		out := make([]byte, n)
		for i := range out {
			out[i] = byte(random.Uint32())
		}
		out[0] = 0x9c // the start of nothing known
		return out
	}
}

func attributes(n int) func() []byte {
	return func() []byte {
		b := []byte("<Invoice")
		for i := range n {
			b = fmt.Appendf(b, ` a%d="v"`, i)
		}
		return append(b, "/>"...)
	}
}

func badInputs(t *testing.T) []badInput {
	invoice, creditNote := string(example(t, "ubl-invoice.xml")), string(example(t, "ubl-credit-note.xml"))
	contract, request := string(example(t, "decp-contract.json")), string(example(t, "espd-request.xml"))
	status := string(example(t, "cdar-refused.xml"))
	const lot = `<cbc:ID schemeID="Criterion" schemeAgencyID="OP" schemeVersionID="4.1.0">LOT-0001</cbc:ID>
  </cac:ProcurementProjectLot>`
	require.Contains(t, request, lot)
	changed := func(document string, pairs ...string) func() []byte { return text(altered(t, document, pairs...)) }
	const declaration = `<?xml version="1.0" encoding="UTF-8"?>`
	body := strings.TrimPrefix(invoice, declaration)
	require.NotEqual(t, invoice, body)
	latin := func() []byte {
		var out []byte
		for _, r := range strings.NewReplacer("’", "'", declaration, `<?xml version="1.0" encoding="ISO-8859-1"?>`).Replace(invoice) {
			require.Less(t, r, rune(256))
			out = append(out, byte(r))
		}
		return out
	}
	return []badInput{
		{name: "null value", value: func() []byte { return nil }, code: "empty_document"},
		{name: "empty value", value: text(""), code: "empty_document"},
		{name: "blanks only", value: text(" \r\n\t"), code: "empty_document"},
		{name: "a byte-order mark only", value: text("\ufeff"), code: "empty_document"},
		{name: "random bytes", value: noise(4096), code: "unknown_format"},
		{name: "text", value: text("Veuillez trouver la facture ci-jointe."), code: "unknown_format"},
		{name: "truncated XML", value: text(invoice[:len(invoice)/2]), code: "xml_truncated"},
		{name: "DOCTYPE", value: text(declaration + "<!DOCTYPE Invoice>" + body), code: "xml_doctype"},
		{name: "external entity", value: text(`<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]><Invoice>&x;</Invoice>`), code: "xml_doctype"},
		{name: "billion laughs", value: text(`<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><l>&c;</l>`), code: "xml_doctype"},
		{name: "10,000 nested elements", value: text(strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000)), code: "xml_depth"},
		{name: "attribute of 1 MB", value: repeated(`<Invoice a="`, "x", 1<<20, `"/>`), code: "xml_attribute_length"},
		{name: "50,000 attributes", value: attributes(50_000), code: "xml_attributes"},
		{name: "an attribute twice", value: text(`<Invoice a="1" a="2"/>`), code: "xml_duplicate_attribute"},
		{name: "invalid UTF-8", value: changed(invoice, "Atelier", "Ateli\xe9r"), code: "xml_utf8"},
		{name: "ISO-8859-1 declared and honest", value: latin},
		{name: "UTF-8 with a byte-order mark", value: text("\ufeff" + invoice)},
		{name: "UTF-16 declared and not true", value: changed(invoice, `encoding="UTF-8"`, `encoding="UTF-16"`), code: "xml_encoding"},
		{name: "UTF-8 under the mark of UTF-16", value: text("\xff\xfe" + invoice), code: "xml_encoding"},
		{name: "unknown namespace", value: text(`<Order xmlns="urn:example:order"/>`), code: "unknown_format"},
		{name: "namespace of another UBL version", value: changed(invoice, "schema:xsd:Invoice-2", "schema:xsd:Invoice-3"), code: "ubl_namespace"},
		{name: "an element of another UBL version's namespace", value: changed(invoice, "<cbc:DueDate>", `<x:DueDate xmlns:x="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-1">`, "</cbc:DueDate>", "</x:DueDate>"), code: "ubl_namespace"},
		{name: "two roots", value: text(invoice + body), code: "xml_two_roots"},
		{name: "content after the root", value: text(invoice + "fin"), code: "xml_trailing_data"},
		{name: "HTML", value: text("<!DOCTYPE html><html><body>Session expir&eacute;e<br></body></html>"), code: "html_document"},
		{name: "SOAP envelope", value: text(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + body + `</s:Body></s:Envelope>`), code: "soap_envelope"},
		{name: "zip", value: text("PK\x03\x04\x14\x00\x00\x00"), code: "unsupported_archive"},
		{name: "half a PDF", value: func() []byte { return example(t, "facturx-invoice.pdf")[:1500] }, code: "pdf_malformed"},
		{name: "an empty PDF", value: text("%PDF-1.7\n%%EOF\n"), code: "pdf_malformed"},
		{name: "20 MB document", value: repeated(declaration+"<Invoice>", "x", 20_000_000, "</Invoice>"), code: "document_too_large"},

		{name: "JSON with duplicate keys", value: changed(contract, `"marches": {`, `"marches": {"marche": [], `), to: "buyers", code: "json_duplicate_key"},
		{name: "JSON with trailing data", value: text(contract + "{}"), to: "buyers", code: "json_trailing_data"},
		{name: "JSON of depth 10,000", value: text(strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)), code: "json_depth"},
		{name: "number 1e1000001", value: changed(contract, "186450.50", "1e1000001"), to: "buyers", code: "json_number_size"},
		{name: "lone surrogate", value: changed(contract, "Remplacement", `\ud800`), to: "buyers", code: "json_surrogate"},
		{name: "[]", value: text("[]"), code: "unknown_format"},
		{name: "null", value: text("null"), code: "unknown_format"},
		{name: "12", value: text("12"), code: "unknown_format"},
		{name: `{"hello":"world"}`, value: text(`{"hello":"world"}`), code: "unknown_format"},

		{name: "a mandatory field missing", value: changed(invoice, "<cbc:ID>FA-2026-0418</cbc:ID>", ""), code: "BR-02"},
		{name: "amount 12,50", value: changed(invoice, ">688.74<", ">12,50<"), code: "BR-FR-DEC-01_BT-110"},
		{name: "amount NaN", value: changed(invoice, ">5776.74</cbc:PayableAmount>", ">NaN</cbc:PayableAmount>"), code: "BR-FR-DEC-01_BT-115"},
		{name: "amount 1e400000", value: changed(invoice, ">5776.74</cbc:PayableAmount>", ">1e400000</cbc:PayableAmount>"), code: "BR-FR-DEC-01_BT-115"},
		{name: "wrong currency code", value: changed(invoice, ">EUR</cbc:DocumentCurrencyCode>", ">EURO</cbc:DocumentCurrencyCode>"), code: "BR-FR-CO-12_BT-5"},
		{name: "an amount in another currency", value: changed(invoice, `<cbc:PayableAmount currencyID="EUR">`, `<cbc:PayableAmount currencyID="USD">`), code: "currency_mismatch"},
		{name: "2026-02-30", value: changed(invoice, "2026-10-02", "2026-02-30"), code: "BR-FR-03_BT-2"},
		{name: "totals that do not add up", value: changed(invoice, ">5776.74</cbc:TaxInclusiveAmount>", ">5776.75</cbc:TaxInclusiveAmount>"), code: "BR-CO-15"},
		{name: "DECP buyer with SIRET 1234", value: changed(contract, "21350238800019", "1234"), to: "buyers", code: "schema_pattern"},
		{name: "DECP buyer without SIRET", value: changed(contract, `"id": "21350238800019"`, ""), to: "buyers", code: "schema_required"},
		{name: "DECP as a list", value: text(`[{"id": "2026ECOLE07L1", "acheteur": {"id": "21350238800019"}}]`), to: "buyers", code: "unknown_format"},
		{name: "an ESPD in a namespace that is not there yet", value: changed(request, "xsd:QualificationApplicationRequest-2", "xsd:QualificationApplicationRequest-3"), to: "buyers", code: "unknown_format"},
		{name: "ESPD 1", value: text(`<ESPDRequest xmlns="urn:grow:names:specification:ubl:schema:xsd:ESPDRequest-1"/>`), to: "buyers", code: "unsupported_version"},
		{name: "ESPD 5.0 alpha", value: changed(request, "ESPD-EDMv4.1.0", "ESPD-EDMv5.0.0-alpha.1"), to: "buyers", code: "unsupported_version"},
		{name: "the root of a request in the namespace of responses", value: changed(request, "xsd:QualificationApplicationRequest-2", "xsd:QualificationApplicationResponse-2"), to: "buyers", code: "unknown_format"},
		{name: "an ESPD with an element of invoices", value: changed(request, "</cbc:VersionID>", "</cbc:VersionID><cbc:DueDate>2026-10-01</cbc:DueDate>"), to: "buyers", code: "structure_misplaced_element"},
		{name: "an ESPD request of 10,000 lots", value: manyLots(t, request, 10_000), to: "buyers"},
		{name: "an ESPD request of 10,000 faulty lots", value: manyLots(t, strings.Replace(request, lot, strings.Replace(lot, ` schemeAgencyID="OP"`, "", 1), 1), 10_000), to: "buyers", code: "BR-OTH-02"},
		{name: "an ESPD response for 10,000 lots", value: manyLots(t, string(example(t, "espd-response.xml")), 10_000), code: "BR-LOT-10"},

		{name: "a status of an invoice that was never seen", value: changed(status, ">FA-2026-0418</ram:IssuerAssignedID>", ">FA-1999-0001</ram:IssuerAssignedID>"), to: "buyers"},
		{name: "a status before the one that was told", value: changed(status, ">210<", ">202<"), to: "buyers"},
		{name: "a status of an unknown code", value: changed(status, ">210<", ">777<"), to: "buyers"},
		{name: "a status with an unknown reason", value: changed(status, ">LIVR_INCOMP<", ">INCOMPLETE<"), to: "buyers", code: "BR-FR-CDV-CL-09_MDT-113"},
		{name: "a status with an amount 12,50", value: changed(status, "</ram:SpecifiedDocumentStatus>", `<ram:SpecifiedDocumentCharacteristic><ram:TypeCode>MEN</ram:TypeCode><ram:ValueAmount currencyID="EUR">12,50</ram:ValueAmount></ram:SpecifiedDocumentCharacteristic></ram:SpecifiedDocumentStatus>`), to: "buyers", code: "schema_pattern"},
		{name: "a status of no invoice", value: changed(status, "ReferenceReferencedDocument>", "OtherDocument>", "ReferenceReferencedDocument>", "OtherDocument>"), to: "buyers", code: "status_no_invoice"},
		{name: "a status in another version of CDAR", value: changed(status, "AndResponse:100", "AndResponse:2"), to: "buyers", code: "unsupported_version"},
		{name: "a header of 1 MB for 20 invoices", value: changed(status, "Refus de la facture", strings.Repeat("x", 1<<20),
			"</rsm:AcknowledgementDocument>", strings.Repeat("<ram:ReferenceReferencedDocument/>", 19)+"</rsm:AcknowledgementDocument>"), to: "buyers", code: "status_too_many"},
		{name: "a list of Chorus Pro with an unknown state", value: text(`{"listeFactures":[{"numeroFacture":"F-1","statut":"PEUT_ETRE"}]}`), to: "buyers"},
		{name: "an empty list of Chorus Pro", value: text(`{"listeFactures":[]}`), to: "buyers", code: "status_no_invoice"},

		{name: "a kind that no route takes", value: text(invoice), to: "buyers", code: "no_route"},
		{name: "a route whose every condition is false", value: text(invoice), to: "extra", code: "no_destination"},
		{name: "a required destination that does not want it", value: text(creditNote), to: "extra", code: "required_destination"},
		{name: "a route that does not want it", value: text(string(example(t, "espd-response.xml"))), to: "extra", code: "no_route"},
		{name: "a condition that has no result", value: text(string(example(t, "espd-request.xml"))), to: "extra", code: "condition_failed"},
		{name: "a key that has no result", value: text(contract), to: "extra", code: "key_failed"},

		{name: "content type of JSON on XML", value: text(invoice), headers: headers("content-type", "application/json"), code: "content_type_mismatch"},
		{name: "content type of PDF on JSON", value: text(contract), to: "buyers", headers: headers("content-type", "application/pdf"), code: "content_type_mismatch"},
		{name: "event type of a DUME on an invoice", value: text(invoice), headers: headers("ce_specversion", "1.0", "ce_id", "1", "ce_source", "urn:x", "ce_type", "fr.commandepublique.dume.oe.depose.v1"), code: "event_type_mismatch"},
		{name: "an event without id", value: text(invoice), headers: headers("ce_specversion", "1.0", "ce_source", "urn:x", "ce_type", "x"), code: "event_incomplete"},
		{name: "an event of another version", value: text(invoice), headers: headers("ce_specversion", "0.3", "ce_id", "1", "ce_source", "urn:x", "ce_type", "x"), code: "event_version"},
		{name: "an event without a true time", value: text(invoice), headers: headers("ce_specversion", "1.0", "ce_id", "1", "ce_source", "urn:x", "ce_type", "x", "ce_time", "2026-02-30T00:00:00Z"), code: "event_time"},
		{name: "a structured event", value: text("{}"), headers: headers("content-type", "application/cloudevents+json"), code: "event_structured"},
	}
}

// manyLots gives an ESPD n lots more, each with a number of its own.
func manyLots(t *testing.T, espd string, n int) func() []byte {
	const end = "</cac:ProcurementProjectLot>"
	from, to := strings.Index(espd, "<cac:ProcurementProjectLot>"), strings.Index(espd, end)
	require.Positive(t, from)
	to += len(end)
	var lots strings.Builder
	for i := range n {
		lots.WriteString(strings.Replace(espd[from:to], "LOT-0001", fmt.Sprintf("LOT-%05d", i+2), 1))
	}
	return text(espd[:to] + lots.String() + espd[to:])
}

// largeInputs are documents that cost the most of what a sender may make the gateway do.
func largeInputs(t *testing.T) []badInput {
	invoice := string(example(t, "ubl-invoice.xml"))
	large := strings.Replace(invoice, "Papier recyclé A4", strings.Repeat("x", 15_000_000), 1)
	require.Greater(t, len(large), 15_000_000)
	return []badInput{
		{name: "20 MB of JSON", value: repeated("[", "1,", 10_000_000, "1]"), code: "document_too_large"},
		{name: "20 MB of random bytes", value: noise(20_000_000), code: "document_too_large"},
		{name: "15 MB of elements", value: repeated("<Invoice>", "<a/>", 3_750_000, "</Invoice>"), code: "xml_elements"},
		{name: "15 MB of JSON values", value: repeated("[", "1,", 7_500_000, "1]"), code: "json_values"},
		{name: "15 MB of text in one field", value: text(large)}, // a document like any other
		{name: "a PDF of 200 KB that inflates to 200 MB", value: func() []byte { return pdftest.Bomb("factur-x.xml", 200) }, code: "pdf_stream_size"},
	}
}

// heapBound is what the gateway and its broker, in one process, may hold at any moment, whatever is sent to them.
const heapBound = 256 << 20

// sent is what the test remembers of a message: enough to recognise its bytes.
type sent struct {
	input    *badInput // nil: a good document sent behind a bad one
	record   *kgo.Record
	digest   string
	null     bool
	letters  int
	receipts int
	archived int
}

// Every bad input gets a dead letter with its own code, its own bytes and everything that is known about it, and a
// receipt that says no; the good document behind it is delivered; memory stays bounded, garbage and all.
func TestBadInputs(t *testing.T) {
	heap, _ := refuseAll(t, badInputs(t))
	assert.Less(t, heap, uint64(heapBound))
}

// The largest and most costly documents, one upon the other: of each, no more is held than what the broker's log keeps of
// it, in the source and in the dead letters, and a copy on its way in and one on its way out. How much garbage lies about
// beside it is the collector's choice (GOGC, GOMEMLIMIT).
func TestLargeInputs(t *testing.T) {
	inputs := largeInputs(t)
	bytes := 0
	for _, input := range inputs {
		bytes += len(input.value())
	}
	const itself = 48 << 20 // the rules and schemas that its routes can need, compiled, and what it is built of
	_, live := refuseAll(t, inputs)
	assert.Less(t, live, uint64(4*bytes+itself))
}

// refuseAll sends the inputs, and a good document behind each, to a gateway in a process of its own, holds all that
// comes out against them, and returns the largest heap of that process in bytes, with and without garbage.
func refuseAll(t *testing.T, inputs []badInput) (heap, live uint64) {
	addr := freeAddr(t)
	file := writeConfig(t, addr, badInputConfig, refusingRoutes)
	good := example(t, "ubl-invoice.xml")
	process := startChild(t, file)
	process.waitReady(t)
	s := newStand(t, load(t, file), addr)
	all := map[string]*sent{}
	for i := range inputs {
		in := &inputs[i]
		topic := in.to
		if topic == "" {
			topic = "suppliers"
		}
		key := fmt.Appendf(nil, "key %d", i)
		bad := &kgo.Record{Topic: topic, Key: key, Value: in.value(), Headers: append(headers("file", in.name, "x-own", "kept"), in.headers...)}
		after := &kgo.Record{Topic: "suppliers", Key: key, Value: good, Headers: headers("file", "after "+in.name)}
		for _, r := range []*kgo.Record{bad, after} {
			s.publish(t, r)
			name := header(t, r, "file")
			all[name] = &sent{record: r, digest: digest(r.Value), null: r.Value == nil}
			r.Value = nil
		}
		require.Len(t, all, 2*(i+1), "names are unique")
		all[in.name].input = in
	}
	s.settle(t)

	schema, err := schemas.Receipt()
	require.NoError(t, err)
	each(t, s.addr, s.outputTopics(t), func(r *kgo.Record) {
		name := header(t, r, "file")
		m := all[name]
		require.NotNil(t, m, "from nothing that was sent: %s", name)
		refused := m.input != nil && m.input.code != ""
		switch {
		case r.Topic == "dead-letter":
			m.letters++
			if assert.True(t, refused, "%s: refused: %s", name, header(t, r, "passerelle-violations")) {
				checkLetter(t, m, r)
			}
		case r.Topic == "receipts":
			m.receipts++
			doc, fault := jsondoc.Parse(r.Value)
			require.Nil(t, fault)
			assert.Empty(t, schema.Validate(doc), name)
			status := map[bool]string{true: "rejected", false: "accepted"}[refused]
			assert.Equal(t, status, doc.Root().Get("status").Text(), name)
			assert.Equal(t, m.digest, doc.Root().Get("sha256").Text(), name)
			assert.Equal(t, m.record.Key, r.Key, name)
			if refused {
				assert.Contains(t, receiptCodes(t, r.Value), m.input.code, name)
			}
		default:
			assert.False(t, refused, "%s reached %s", name, r.Topic)
			if r.Topic == "archive" {
				m.archived++
				assert.Equal(t, m.digest, digest(r.Value), name)
			}
		}
	})
	process.stop(t)
	require.NotZero(t, process.live)
	t.Logf("%d inputs; heap of the gateway and its broker: at most %d MiB, %d MiB without garbage", len(inputs), process.heap>>20, process.live>>20)
	for name, m := range all {
		assert.Equal(t, 1, m.receipts, "receipts of %s", name)
		if m.input != nil && m.input.code != "" {
			assert.Equal(t, 1, m.letters, "dead letters of %s", name)
			assert.Zero(t, m.archived, name)
		} else {
			assert.Equal(t, 1, m.archived, "deliveries of %s", name)
		}
	}
	return process.heap, process.live
}

// checkLetter holds a dead letter against the message: bytes, key, own headers, and what the gateway adds.
func checkLetter(t *testing.T, m *sent, r *kgo.Record) {
	name, in := m.input.name, m.input
	assert.Equal(t, in.code, header(t, r, "passerelle-code"), "%s: %s", name, header(t, r, "passerelle-violations"))
	assert.Equal(t, m.digest, digest(r.Value), name)
	assert.Equal(t, m.null, r.Value == nil, "%s: null and empty are two things", name)
	assert.Equal(t, m.record.Key, r.Key, name)
	own := m.record.Headers
	if assert.Greater(t, len(r.Headers), len(own), name) {
		assert.Equal(t, own, r.Headers[:len(own)], "%s: the message's own headers, as they came", name)
	}
	assert.Equal(t, m.record.Topic, header(t, r, "passerelle-source-topic"), name)
	assert.Equal(t, strconv.Itoa(int(m.record.Partition)), header(t, r, "passerelle-source-partition"), name)
	assert.Equal(t, strconv.FormatInt(m.record.Offset, 10), header(t, r, "passerelle-source-offset"), name)
	assert.Equal(t, m.record.Timestamp.UTC().Format(time.RFC3339Nano), header(t, r, "passerelle-source-timestamp"), name)
	assert.Equal(t, "1", header(t, r, "passerelle-attempt"), name)
	_, err := time.Parse(time.RFC3339Nano, header(t, r, "passerelle-time"))
	assert.NoError(t, err, name)
	routed := []string{"BR-02", "schema_pattern", "schema_format", "schema_required", "currency_mismatch", "BR-CO-15", "no_destination", "required_destination", "key_failed"}
	if slices.Contains(routed, in.code) {
		assert.NotEmpty(t, header(t, r, "passerelle-route"), name)
		assert.NotEmpty(t, header(t, r, "passerelle-route-version"), name)
	}
	var list []violation.Violation
	require.NoError(t, json.Unmarshal([]byte(header(t, r, "passerelle-violations")), &list), name)
	require.NotEmpty(t, list, name)
	assert.Less(t, len(header(t, r, "passerelle-violations")), 64<<10, name)
	for _, v := range list {
		assert.NotEmpty(t, v.FR, name)
		assert.NotEmpty(t, v.EN, name)
		assert.NotEmpty(t, v.Remedy, name)
		assert.NotContains(t, v.FR+v.EN, "%!", name)
	}
}

func receiptCodes(t *testing.T, value []byte) []string {
	var receipt struct {
		Violations []violation.Violation `json:"violations"`
	}
	require.NoError(t, json.Unmarshal(value, &receipt))
	var codes []string
	for _, v := range receipt.Violations {
		codes = append(codes, v.Code)
	}
	return codes
}
