package cdar_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cdar"
	"github.com/commande-publique/passerelle/transformers/formattest"
)

// transform parses and transforms a message that must be recognised.
func transform(t testing.TB, data []byte) (transformers.Result, []violation.Violation) {
	t.Helper()
	xml, malformed := xmldoc.Parse(data)
	if malformed != nil {
		t.Fatal(malformed.EN)
	}
	content := transformers.Content{XML: xml}
	id, refused, ok := cdar.Transformer{}.Recognise(content)
	if !ok || refused != nil || id.Format != transformers.CDAR || id.Kind != transformers.InvoiceStatus {
		t.Fatalf("not recognised: %+v, %v", id, refused)
	}
	return cdar.Transformer{}.Transform(content, id)
}

func full(t testing.TB) string {
	t.Helper()
	return string(formattest.File(t, "testdata/full.xml"))
}

func TestOwnDocument(t *testing.T) {
	result, violations := transform(t, []byte(full(t)))
	if len(violations) > 0 {
		t.Fatal(violations)
	}
	if !result.Split || len(result.Parts) != 2 || result.Key != result.Parts[0].Key {
		t.Errorf("split %v, parts %d, key %q", result.Split, len(result.Parts), result.Key)
	}
	// The seller's SIREN, the year and the number; what the message does not say is empty.
	if first, second := result.Parts[0].Key, result.Parts[1].Key; first != "902100452/2026/F/1" || second != "//F/2" {
		t.Errorf("keys %q and %q", first, second)
	}
	var out bytes.Buffer
	for _, part := range result.Parts {
		if err := json.Indent(&out, part.Doc.AppendJSON(nil), "", "  "); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
	}
	formattest.Golden(t, "testdata/full.golden.json", out.String())
	if at := result.Parts[0].Doc.Lookup("/recipients/1/roleCode").Source(); at.Line == 0 || !strings.HasSuffix(at.Path, "ram:RecipientTradeParty[2]/ram:RoleCode") {
		t.Errorf("source %+v", at)
	}
}

// What is written reads as the same canonical document, and nothing is lost.
func TestWrite(t *testing.T) {
	result, _ := transform(t, []byte(full(t)))
	for i, part := range result.Parts {
		xml, losses := cdar.Transformer{}.Write(part.Doc)
		if len(losses) > 0 {
			t.Errorf("lost: %v", losses)
		}
		if i == 0 {
			formattest.Golden(t, "testdata/written.golden.xml", string(xml))
		}
		back, violations := transform(t, xml)
		if len(violations) > 0 || len(back.Parts) != 1 {
			t.Fatalf("read back: %d parts, %v\n%s", len(back.Parts), violations, xml)
		}
		if want, got := string(part.Doc.AppendJSON(nil)), string(back.Parts[0].Doc.AppendJSON(nil)); got != want {
			t.Errorf("read back:\n%s\nwant\n%s", got, want)
		}
	}
}

// What CDAR has no place for is named.
func TestWriteLosses(t *testing.T) {
	doc, fault := jsondoc.Parse([]byte(`{"kind": "invoice", "invoice": {"number": "F\u00011", "colour": "red"}, "status": "205", "issued": "2 November 2026", "sender": {"identifiers": [{"scheme": "0002"}]}}`))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	xml, losses := cdar.Transformer{}.Write(doc)
	if got := strings.Join(losses, " "); got != "/kind /invoice/number /invoice/colour /sender/identifiers/0/scheme" {
		t.Errorf("lost: %s\n%s", got, xml)
	}
	if !strings.Contains(string(xml), "<udt:DateTime>2 November 2026</udt:DateTime>") {
		t.Errorf("a faulty date is written as it is:\n%s", xml)
	}
}

func TestRefusals(t *testing.T) {
	number := "<ram:IssuerAssignedID>F/1</ram:IssuerAssignedID>"
	for _, tt := range []struct{ name, old, replacement, code, source, says string }{
		{"a repeated value", number, number + number, "repeated_element", "ram:IssuerAssignedID[2]", "ReferenceReferencedDocument"},
		{"a repeated value of the header", "<ram:ID>message</ram:ID>", "<ram:ID>message</ram:ID><ram:ID>other</ram:ID>", "repeated_element", "ram:ID[2]", "ExchangedDocument"},
		{"two headers", "<rsm:AcknowledgementDocument>", "<rsm:ExchangedDocument/><rsm:AcknowledgementDocument>", "repeated_element", "rsm:ExchangedDocument[2]", "CrossDomain"},
		{"a known element in a foreign namespace", number, `<x:IssuerAssignedID xmlns:x="urn:x">F/1</x:IssuerAssignedID>`, "unexpected_namespace", "x:IssuerAssignedID", "urn:x"},
		{"a reference in the namespace of the message", "<ram:ReferenceReferencedDocument>\n      <ram:IssuerAssignedID>F/2", "<rsm:ReferenceReferencedDocument/><ram:ReferenceReferencedDocument>\n      <ram:IssuerAssignedID>F/2", "unexpected_namespace", "rsm:ReferenceReferencedDocument", "ReusableAggregate"},
		{"a date in the namespace of qualified types", `<udt:DateTimeString format="203">202611011530</udt:DateTimeString>`, `<qdt:DateTimeString format="203">202611011530</qdt:DateTimeString>`, "unexpected_namespace", "ram:ReceiptDateTime/qdt:DateTimeString", "UnqualifiedDataType:100"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Count(full(t), tt.old) == 0 {
				t.Fatalf("full.xml has no %q", tt.old)
			}
			result, violations := transform(t, []byte(strings.Replace(full(t), tt.old, tt.replacement, 1)))
			if len(result.Parts) != 0 || len(violations) != 1 {
				t.Fatalf("%d parts, %v", len(result.Parts), violations)
			}
			v := violations[0]
			if v.Code != tt.code || !strings.HasSuffix(v.Source, tt.source) || v.Line == 0 || !v.IsFatal() || v.Remedy == "" || v.RemedyEN == "" {
				t.Errorf("%+v", v)
			}
			if !strings.Contains(v.FR, tt.says) || !strings.Contains(v.EN, tt.says) {
				t.Errorf("%q and %q do not say %q", v.FR, v.EN, tt.says)
			}
		})
	}
}

// empty is a message whose content is given.
func empty(content string) []byte {
	return []byte(`<r:CrossDomainAcknowledgementAndResponse xmlns:r="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100" ` +
		`xmlns:a="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">` + content + `</r:CrossDomainAcknowledgementAndResponse>`)
}

func TestMessagesOfNoUse(t *testing.T) {
	// A header of 1 MiB for twenty invoices would become twenty.
	many := `<r:ExchangedDocument><a:Name>` + strings.Repeat("x", 1<<20) + `</a:Name></r:ExchangedDocument><r:AcknowledgementDocument>` +
		strings.Repeat(`<a:ReferenceReferencedDocument/>`, 20) + `</r:AcknowledgementDocument>`
	wrong := `<r:AcknowledgementDocument><a:ReferenceReferencedDocument>` + strings.Repeat(`<a:Name>x</a:Name>`, 40) + `</a:ReferenceReferencedDocument></r:AcknowledgementDocument>`
	for name, tt := range map[string]struct {
		content, code   string
		entries, places int
	}{
		"no invoice at all":   {"", "status_no_invoice", 1, 1},
		"no invoice":          {"<r:AcknowledgementDocument/>", "status_no_invoice", 1, 1},
		"a header too large":  {many, "status_too_many", 1, 1},
		"faults beyond count": {wrong, "repeated_element", 20, 39},
	} {
		result, violations := transform(t, empty(tt.content))
		places := 0
		for _, v := range violations {
			places += max(v.Count, 1)
			if v.Code != tt.code || v.Line == 0 {
				t.Errorf("%s: %+v", name, v)
			}
		}
		if len(result.Parts) != 0 || len(violations) != tt.entries || places != tt.places {
			t.Errorf("%s: %d parts, %d violations, %d places", name, len(result.Parts), len(violations), places)
		}
	}
}

func TestRecognise(t *testing.T) {
	for xml, want := range map[string]string{
		string(empty("")): "cdar ",
		`<CrossDomainAcknowledgementAndResponse xmlns="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:1"/>`: "cdar 1 unsupported_version",
		`<CrossDomainAcknowledgementAndResponse/>`: "",
		`<CrossIndustryInvoice xmlns="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"/>`: "",
	} {
		doc, malformed := xmldoc.Parse([]byte(xml))
		if malformed != nil {
			t.Fatal(malformed.EN)
		}
		got := ""
		if id, refused, ok := (cdar.Transformer{}).Recognise(transformers.Content{XML: doc}); ok {
			got = string(id.Format) + " " + id.Version
			if refused != nil {
				got += " " + refused.Code
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", xml, got, want)
		}
	}
	if _, _, ok := (cdar.Transformer{}).Recognise(transformers.Content{}); ok {
		t.Error("a document that is no XML is recognised")
	}
}

// TestCorpus pins real messages by digest and holds that each is written as it was read. The golden holds no text of them.
func TestCorpus(t *testing.T) {
	var b strings.Builder
	for _, file := range formattest.Corpus(t, "cdar/*.xml") {
		result, violations := transform(t, formattest.File(t, file))
		if len(violations) > 0 {
			t.Errorf("%s: %v", filepath.Base(file), violations)
			continue
		}
		for _, part := range result.Parts {
			canonical := part.Doc.AppendJSON(nil)
			fmt.Fprintf(&b, "%s ignored=%d sha256=%x\n", filepath.Base(file), len(result.Ignored), sha256.Sum256(canonical))
			xml, losses := cdar.Transformer{}.Write(part.Doc)
			back, violations := transform(t, xml)
			if len(losses) > 0 || len(violations) > 0 || !bytes.Equal(back.Parts[0].Doc.AppendJSON(nil), canonical) {
				t.Errorf("%s is not written as it was read: %v %v", filepath.Base(file), losses, violations)
			}
		}
	}
	formattest.Golden(t, "testdata/corpus.golden", b.String())
}

// FuzzTransform: whatever parses as XML either gives documents or violations, never both, and what is read is written and read
// again as the same.
func FuzzTransform(f *testing.F) {
	for _, body := range []string{
		`<r:AcknowledgementDocument><a:ReferenceReferencedDocument><a:IssuerAssignedID>1</a:IssuerAssignedID></a:ReferenceReferencedDocument></r:AcknowledgementDocument>`,
		`<r:ExchangedDocument><a:IssueDateTime><u:DateTimeString>20261102</u:DateTimeString></a:IssueDateTime></r:ExchangedDocument><r:AcknowledgementDocument><a:ReferenceReferencedDocument><a:SpecifiedDocumentStatus><a:Reason>a</a:Reason><a:Reason>b</a:Reason><a:SequenceNumeric>.5</a:SequenceNumeric></a:SpecifiedDocumentStatus></a:ReferenceReferencedDocument></r:AcknowledgementDocument>`,
		`<r:AcknowledgementDocument><a:ReferenceReferencedDocument><a:IssuerTradeParty><a:GlobalID schemeID="0002">1</a:GlobalID></a:IssuerTradeParty><a:AttachmentBinaryObject>QQ==</a:AttachmentBinaryObject></a:ReferenceReferencedDocument></r:AcknowledgementDocument>`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		root := strings.TrimSuffix(string(empty("")), `></r:CrossDomainAcknowledgementAndResponse>`) + ` xmlns:u="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100" xmlns:q="urn:un:unece:uncefact:data:standard:QualifiedDataType:100">`
		doc, malformed := xmldoc.Parse([]byte(root + body + `</r:CrossDomainAcknowledgementAndResponse>`))
		if malformed != nil {
			return
		}
		result, violations := cdar.Transformer{}.Transform(transformers.Content{XML: doc}, transformers.Identity{})
		if (len(result.Parts) > 0) == (len(violations) > 0) {
			t.Fatalf("%d parts, %d violations", len(result.Parts), len(violations))
		}
		for _, v := range violations {
			if !v.IsFatal() || v.Code == "" || v.Source == "" || v.FR == "" || v.EN == "" || v.Remedy == "" {
				t.Fatalf("incomplete violation %+v", v)
			}
		}
		for _, part := range result.Parts {
			xml, losses := cdar.Transformer{}.Write(part.Doc)
			back, _ := transform(t, xml)
			if len(back.Parts) != 1 || len(losses) > 0 {
				t.Fatalf("%d parts read back, lost %v\n%s", len(back.Parts), losses, xml)
			}
			again, _ := cdar.Transformer{}.Write(back.Parts[0].Doc)
			if !bytes.Equal(xml, again) {
				t.Fatalf("written again:\n%s\nfirst:\n%s", again, xml)
			}
		}
	})
}

func BenchmarkTransform(b *testing.B) {
	data := []byte(full(b))
	doc, malformed := xmldoc.Parse(data)
	if malformed != nil {
		b.Fatal(malformed.EN)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, violations := (cdar.Transformer{}).Transform(transformers.Content{XML: doc}, transformers.Identity{}); len(violations) > 0 {
			b.Fatal(violations)
		}
	}
}
