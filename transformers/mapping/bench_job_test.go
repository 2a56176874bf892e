package mapping_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/mapping"
)

// compile is what the application injects.
func compile(name string, data []byte) (mapping.Judge, error) {
	s, err := schemas.Compile(name, data)
	if err != nil {
		return nil, err
	}
	return s.Validate, nil
}

func benchKind(tb testing.TB, judge func(string, []byte) (mapping.Judge, error)) *mapping.Kind {
	tb.Helper()
	name := filepath.Join("..", "..", "examples", "bench", "gw-invoice.yaml")
	data, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	kinds, list := mapping.Load([]mapping.File{{Name: name, Data: data}}, mapping.Options{ReadFile: os.ReadFile, Compile: judge})
	if list.Len() > 0 {
		tb.Fatal(printed(list))
	}
	return kinds[0]
}

func printed(list diag.List) string {
	var out strings.Builder
	for _, lang := range []string{diag.English, diag.French} {
		if err := diag.Print(&out, list, func(file string) []byte { data, _ := os.ReadFile(file); return data }, lang); err != nil {
			return err.Error()
		}
	}
	return out.String()
}

// invoice is one document of the benchmark's job, written independently of the kind. Every 50th breaks the schema.
func invoice(r *rand.Rand, seq int) (data []byte, valid bool) {
	types := []string{"invoice", "dume", "archive"}
	net := new(big.Rat)
	var lines []string
	for i := range 1 + r.IntN(8) {
		amount := fmt.Sprintf("%d.%0*d", r.IntN(100_000), 1+r.IntN(3), r.IntN(10))
		if r.IntN(5) == 0 {
			amount = fmt.Sprintf("-%d", 1+r.IntN(500))
		}
		value, _ := new(big.Rat).SetString(amount)
		net.Add(net, value)
		lines = append(lines, fmt.Sprintf(`{"no":%d,"description":"Prestation n° %d \"semaine\" %d","quantity":%d.0,"unitPrice":%s,"vatRate":20,"amount":%s}`,
			i+1, i+1, seq%52, 1+r.IntN(20), amount, amount))
	}
	service, attachments, lot := "", "", ""
	if r.IntN(3) > 0 {
		service = `"service":"D-ACHATS-01",`
	}
	if r.IntN(4) > 0 {
		var names []string
		for i := range r.IntN(3) {
			names = append(names, fmt.Sprintf(`{"name":"pièce %d.pdf","sha256":"%064x","size":%d}`, i, r.Uint64(), r.IntN(9999)))
		}
		attachments = `"attachments":[` + strings.Join(names, ",") + `],`
	}
	if r.IntN(2) == 0 {
		lot = `"lot":2,`
	}
	siret, currency := fmt.Sprintf("%014d", 73282932000000+seq%997), `"currency":"EUR",`
	if seq%50 == 49 {
		siret, currency = "BAD", ""
	}
	doc := fmt.Sprintf(`{%s"buyer":{"address":{"city":"Paris","country":"FR"},"name":"Ville de Sèvres",%s"siret":"13002526500013"},
 "contract":{%s"ref":"2026-MP-%05d"},%s"id":"INV-%09d","issuedAt":"2026-11-20T09:12:33Z","lines":[%s],"payment":{"bic":"AGRIFRPP"},"seq":%d,
 "supplier":{"address":{"city":"Lyon","country":"FR"},"name":"Société n° %d à é œ","siret":"%s","vat":"FR40303265045"},
 "totals":{"gross":12.00,"net":%s,"vat":2},"type":%q,"version":"1.2"}`,
		attachments, service, lot, seq, currency, seq, strings.Join(lines, ","), seq, seq, siret, net.FloatString(3), types[r.IntN(3)])
	return []byte(doc), seq%50 != 49
}

// expected computes the job from the table of the benchmark, with the standard library alone.
func expected(t *testing.T, data []byte) map[string]any {
	t.Helper()
	type object = map[string]any
	var in object
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	if err := d.Decode(&in); err != nil {
		t.Fatal(err)
	}
	buyer, supplier, contract := in["buyer"].(object), in["supplier"].(object), in["contract"].(object)
	total, scale := new(big.Rat), 0
	lines := []any{}
	for _, l := range in["lines"].([]any) {
		line := l.(object)
		amount := line["amount"].(json.Number).String()
		value, _ := new(big.Rat).SetString(amount)
		total.Add(total, value)
		if _, decimals, _ := strings.Cut(amount, "."); len(decimals) > scale {
			scale = len(decimals)
		}
		lines = append(lines, object{"no": line["no"], "label": line["description"], "qty": line["quantity"], "unitPrice": line["unitPrice"], "amount": line["amount"]})
	}
	out := object{
		"messageId": in["id"], "seq": in["seq"], "kind": in["type"], "issuedAt": in["issuedAt"], "currency": in["currency"],
		"buyerSiret": buyer["siret"], "buyerName": buyer["name"], "service": "",
		"supplierSiret": supplier["siret"], "supplierName": strings.ToUpper(supplier["name"].(string)), "supplierCountry": supplier["address"].(object)["country"],
		"contractRef": contract["ref"], "lines": lines, "linesTotal": json.Number(total.FloatString(scale)), "total": in["totals"], "routedBy": "gateway",
	}
	if service, ok := buyer["service"]; ok {
		out["service"] = service
	}
	if lot, ok := contract["lot"]; ok {
		out["lot"] = lot
	}
	if attachments, ok := in["attachments"]; ok {
		names := []any{}
		for _, a := range attachments.([]any) {
			names = append(names, a.(object)["name"])
		}
		out["attachments"] = names
	}
	return out
}

func TestTheJobOfTheBenchmark(t *testing.T) {
	kind := benchKind(t, compile)
	derived, err := schemas.Compile("derived", kind.Schema().Data)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for seq := range 1000 {
		data, valid := invoice(r, seq)
		doc, fault := jsondoc.Parse(data)
		if fault != nil {
			t.Fatal(fault.EN, string(data))
		}
		content := transformers.Content{JSON: doc}
		id, violated, ok := kind.Recognise(content)
		if !ok || violated != nil || id != (transformers.Identity{Format: transformers.JSON, Kind: "gw-invoice"}) {
			t.Fatalf("%d is not recognised: %v %v", seq, id, violated)
		}
		result, violations := kind.Transform(content, id)
		if !valid {
			refused++
			if len(result.Parts) != 0 || len(violations) != 2 {
				t.Fatalf("%d: %d parts, violations %v", seq, len(result.Parts), violations)
			}
			continue
		}
		if len(violations) > 0 || len(result.Parts) != 1 || result.Parts[0].Kind != "gw-invoice" {
			t.Fatalf("%d: %v", seq, violations)
		}
		if want := doc.Lookup("/supplier/siret").Text(); result.Key != want || result.Parts[0].Key != want {
			t.Fatalf("%d: key %q, want %q", seq, result.Key, want)
		}
		var got map[string]any
		d := json.NewDecoder(strings.NewReader(string(result.Parts[0].Doc.AppendJSON(nil))))
		d.UseNumber()
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expected(t, data), got); diff != "" {
			t.Fatalf("%d: %s", seq, diff)
		}
		if vs := derived.Validate(result.Parts[0].Doc); len(vs) > 0 {
			t.Fatalf("%d: the derived schema refuses what the mapping made: %v", seq, vs)
		}
	}
	if refused != 20 {
		t.Errorf("%d of 1,000 were refused, want 20", refused)
	}
}

func TestAnInvalidSourceIsRefusedAtItsPlace(t *testing.T) {
	kind := benchKind(t, compile)
	data, _ := invoice(rand.New(rand.NewPCG(1, 2)), 49)
	doc, _ := jsondoc.Parse(data)
	_, violations := kind.Transform(transformers.Content{JSON: doc}, transformers.Identity{})
	var sources []string
	for _, v := range violations {
		if v.Pointer != "" || v.Line == 0 {
			t.Errorf("violation %+v", v)
		}
		sources = append(sources, v.Source)
	}
	if diff := cmp.Diff([]string{"", "/supplier/siret"}, sources); diff != "" {
		t.Error(diff)
	}
}

func TestPlacesOfTheMappedDocumentAreThoseOfTheSource(t *testing.T) {
	kind := benchKind(t, compile)
	data, _ := invoice(rand.New(rand.NewPCG(1, 2)), 1)
	doc, _ := jsondoc.Parse(data)
	result, violations := kind.Transform(transformers.Content{JSON: doc}, transformers.Identity{})
	if len(violations) > 0 {
		t.Fatal(violations)
	}
	for pointer, want := range map[string]string{
		"":               "",
		"/messageId":     "/id",
		"/supplierName":  "/supplier/name",
		"/lines":         "/lines",
		"/lines/0":       "/lines/0",
		"/lines/0/label": "/lines/0/description",
		"/linesTotal":    "/lines",
		"/total/net":     "/totals/net",
		"/routedBy":      "",
	} {
		v := result.Parts[0].Doc.Lookup(pointer)
		if got := v.Source(); !v.Exists() || got != doc.Lookup(want).Source() {
			t.Errorf("%s is at %+v", pointer, got)
		}
	}
}

func BenchmarkTransform(b *testing.B) {
	kind := benchKind(b, func(string, []byte) (mapping.Judge, error) {
		return func(*document.Doc) []violation.Violation { return nil }, nil
	})
	data, _ := invoice(rand.New(rand.NewPCG(3, 4)), 7)
	doc, _ := jsondoc.Parse(data)
	content := transformers.Content{JSON: doc}
	id, _, _ := kind.Recognise(content)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, _, ok := kind.Recognise(content); !ok {
			b.Fatal("not recognised")
		}
		if _, vs := kind.Transform(content, id); len(vs) > 0 {
			b.Fatal(vs)
		}
	}
}
