package pipeline

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/schemas/structure"
)

func fatalCodes(vs []violation.Violation) []string {
	var codes []string
	for _, v := range vs {
		if v.IsFatal() && !slices.Contains(codes, v.Code) {
			codes = append(codes, v.Code)
		}
	}
	slices.Sort(codes)
	return codes
}

// How far each message comes, stage by stage, and what is known of it there.
func TestJudge(t *testing.T) {
	p := newPipeline(t)
	invoice := example(t, "ubl-invoice.xml")
	replace := func(old, with string) []byte {
		require.Contains(t, string(invoice), old)
		return bytes.Replace(invoice, []byte(old), []byte(with), 1)
	}
	tests := []struct {
		name    string
		topic   string
		value   []byte
		headers []event.Header
		codes   []string
		kind    string
		parts   int
		route   string
		reached []string // topics
		outcome Outcome
	}{
		{name: "not recognised", topic: "suppliers", value: []byte("?"), codes: []string{"unknown_format"}, outcome: DeadLetter},
		{name: "recognised and contradicted", topic: "suppliers", value: invoice, headers: []event.Header{{Key: "content-type", Value: []byte("application/json")}}, codes: []string{"content_type_mismatch"}, kind: "invoice", outcome: DeadLetter},
		{name: "an incomplete event around a good document", topic: "suppliers", value: invoice, headers: []event.Header{{Key: "ce_id", Value: []byte("1")}}, codes: []string{"event_incomplete"}, kind: "invoice", parts: 1, route: "supplier-invoices", outcome: DeadLetter},
		{name: "refused by the schema, and by the rule on decimals", topic: "suppliers", value: replace(">688.74<", ">x<"), codes: []string{"BR-FR-DEC-01_BT-110"}, kind: "invoice", parts: 1, route: "supplier-invoices", outcome: DeadLetter},
		{name: "refused by a rule", topic: "suppliers", value: example(t, "broken-totals.xml"), codes: []string{"BR-CO-15"}, kind: "invoice", parts: 1, route: "supplier-invoices", outcome: DeadLetter},
		{name: "refused by schema and rules, all told", topic: "suppliers", value: bytes.Replace(replace(">688.74<", ">x<"), []byte("<cbc:ID>FA-2026-0418</cbc:ID>"), nil, 1), codes: []string{"BR-02", "BR-FR-DEC-01_BT-110"}, kind: "invoice", parts: 1, route: "supplier-invoices", outcome: DeadLetter},
		{name: "refused by the structure alone", topic: "suppliers", value: replace("<cbc:DueDate>", "<cbc:CopyIndicator>maybe</cbc:CopyIndicator><cbc:DueDate>"), codes: []string{"structure_misplaced_element", "structure_value"}, kind: "invoice", parts: 1, route: "supplier-invoices", outcome: DeadLetter},
		{name: "taken by no route", topic: "buyers", value: invoice, codes: []string{"no_route"}, kind: "invoice", parts: 1, outcome: DeadLetter},
		{name: "refused by the schema and taken by no route: the schema speaks", topic: "buyers", value: replace(">688.74<", ">x<"), codes: []string{"schema_pattern"}, kind: "invoice", parts: 1, outcome: DeadLetter},
		{name: "delivered", topic: "suppliers", value: invoice, kind: "invoice", parts: 1, route: "supplier-invoices", reached: []string{"invoicing", "archive"}, outcome: Delivered},
		{name: "split", topic: "buyers", value: twoContracts(t), kind: "contract", parts: 2, route: "contracts", reached: []string{"archive", "archive"}, outcome: Delivered},
		{name: "one bad part refuses the file", topic: "buyers", value: bytes.Replace(twoContracts(t), []byte("21350238800019"), []byte("1234"), 1), codes: []string{"schema_pattern"}, kind: "contract", parts: 2, route: "contracts", outcome: DeadLetter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := received(tt.topic, tt.value)
			m.Headers = tt.headers
			original := bytes.Clone(m.Value)
			v := p.Judge(m)
			assert.Equal(t, tt.codes, fatalCodes(v.Violations))
			assert.Equal(t, tt.outcome, v.Outcome())
			assert.Equal(t, tt.kind, string(v.Identity.Kind))
			require.Len(t, v.Parts, tt.parts)
			route := ""
			if v.Route() != nil {
				route = v.Route().Name()
			}
			assert.Equal(t, tt.route, route)
			if tt.outcome == Delivered {
				var topics []string
				for _, d := range v.Parts[0].Delivery.Destinations {
					if d.Taken {
						topics = append(topics, d.Topic)
					}
				}
				assert.Equal(t, tt.reached, topics)
			}
			assert.True(t, bytes.Equal(original, m.Value), "the original bytes were changed")
			assert.Equal(t, v, p.Judge(m), "the same message gets the same verdict")
		})
	}
}

// The id of a message without one comes from its place: a repeat has the same.
func TestJudgeGivesAnID(t *testing.T) {
	v := newPipeline(t).Judge(received("suppliers", []byte("?")))
	assert.Equal(t, "suppliers-2-40", v.Event.ID)
	assert.Equal(t, "urn:passerelle:topic:suppliers", v.Event.Source)
}

// What goes wrong inside refuses the message.
func TestJudgeFailsClosed(t *testing.T) {
	p := newPipeline(t)
	p.schemas = nil
	v := p.Judge(received("suppliers", example(t, "ubl-invoice.xml")))
	assert.Equal(t, DeadLetter, v.Outcome())
	assert.Equal(t, []string{"internal_error"}, fatalCodes(v.Violations))
	assert.NotEqual(t, [32]byte{}, v.SHA256)
}

// Each fault is told once, in the words of who knows best.
func TestMerge(t *testing.T) {
	at := func(code, pointer string) violation.Violation {
		return violation.Spec{Code: code}.New(violation.At{Pointer: pointer})
	}
	in := func(code, pointer string) violation.Violation {
		return violation.Spec{Code: code}.New(violation.At{Pointer: pointer, Source: "/R"})
	}
	lacks := func(element string) violation.Violation {
		return violation.Spec{Code: structure.CodeMissing, EN: `"cbc:` + element + `" is missing in "R"`}.New(violation.At{Source: "/R"})
	}
	warning := violation.Spec{Code: "BR-99", Severity: violation.Warning}.New(violation.At{Pointer: "/number"})
	pack := &rules.Pack{Rules: []*rules.Rule{
		{ID: "BR-1", Terms: []string{"BT-1"}}, {ID: "BR-2", Terms: []string{"BT-2"}}, {ID: "BR-CO-1", Terms: []string{"BT-1", "BT-2"}},
	}}
	tests := []struct {
		name            string
		shape, business []violation.Violation
		want            []string
	}{
		{"nothing", nil, nil, nil},
		{"both, about different things", []violation.Violation{at("schema_pattern", "/a")}, []violation.Violation{at("BR-1", "/b")}, []string{"schema_pattern /a", "BR-1 /b"}},
		{"a rule names what the schema misses", []violation.Violation{at(schemas.CodeRequired, "/number")}, []violation.Violation{at("BR-02", "/number")}, []string{"BR-02 /number"}},
		{"a warning does not speak for the schema", []violation.Violation{at(schemas.CodeRequired, "/number")}, []violation.Violation{warning}, []string{"schema_required /number", "BR-99 /number"}},
		{"a rule of several values does not say which is malformed", []violation.Violation{at(schemas.CodePattern, "/a")}, []violation.Violation{at("BR-CO-1", "/a")}, []string{"schema_pattern /a", "BR-CO-1 /a"}},
		{"a rule says how a value is written", []violation.Violation{at(schemas.CodePattern, "/a"), at(schemas.CodeFormat, "/b")}, []violation.Violation{at("BR-1", "/a"), at("BR-2", "/b")}, []string{"BR-1 /a", "BR-2 /b"}},
		{"a rule about the syntax has no term", []violation.Violation{violation.Spec{Code: schemas.CodeFormat}.New(violation.At{Pointer: "/b", Term: "BT-2"})}, []violation.Violation{at("CII-1", "/b")}, []string{"schema_format /b", "CII-1 /b"}},
		{"a rule does not speak for a value that is wrong otherwise", []violation.Violation{at("schema_max_length", "/number")}, []violation.Violation{at("BR-02", "/number")}, []string{"schema_max_length /number", "BR-02 /number"}},
		{"not judged because the schema refuses the value", []violation.Violation{at("schema_pattern", "/a")}, []violation.Violation{at(rules.CodeNotJudged, "/a")}, []string{"schema_pattern /a"}},
		{"not judged below what the schema refuses", []violation.Violation{at("schema_type", "/a")}, []violation.Violation{at(rules.CodeNotJudged, "/a/b")}, []string{"schema_type /a"}},
		{"not judged for its own reason", nil, []violation.Violation{at(rules.CodeNotJudged, "/a")}, []string{"rule_not_judged /a"}},
		{"the structure names what the schema misses", []violation.Violation{lacks("A"), in("schema_required", "/r/a")}, nil, []string{"structure_missing_element "}},
		{"a rule speaks for the structure, not for the schema", []violation.Violation{lacks("A"), in("schema_required", "/r/a")}, []violation.Violation{in("BR-1", "/r/b")}, []string{"schema_required /r/a", "BR-1 /r/b"}},
		{"the structure misses something else", []violation.Violation{lacks("B"), in("schema_required", "/r/a")}, nil, []string{"structure_missing_element ", "schema_required /r/a"}},
		{"the structure misses it elsewhere", []violation.Violation{lacks("a"), at("schema_required", "/a")}, nil, []string{"structure_missing_element ", "schema_required /a"}},
		{"not judged does not hide what is missing", []violation.Violation{at(schemas.CodeRequired, "/a")}, []violation.Violation{at(rules.CodeNotJudged, "/a")}, []string{"schema_required /a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, v := range merge(tt.shape, tt.business, []*rules.Pack{pack}) {
				got = append(got, v.Code+" "+v.Pointer)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

// What a document lacks is told once, by the structure where the canonical form lacks the same.
func TestMissingIsToldOnce(t *testing.T) {
	p := newPipeline(t)
	for lacks, want := range map[string][]string{
		"<cbc:IssueDate>":       {"structure_missing_element"},
		"<cbc:ContractFolderID": {"structure_missing_element"},
	} {
		request, found := string(example(t, "espd-request.xml")), ""
		if before, after, ok := strings.Cut(request, lacks); ok {
			_, after, _ = strings.Cut(after, "\n")
			found = before + after
		}
		require.NotEmpty(t, found, lacks)
		assert.Equal(t, want, fatalCodes(p.Judge(received("buyers", []byte(found))).Violations), lacks)
	}
}

// Every version of the ESPD that is read is judged by a table of its structure and by rules: a version without a pack by that of
// its major version.
func TestESPDVersions(t *testing.T) {
	request, p := string(example(t, "espd-request.xml")), newPipeline(t)
	for version, pack := range map[string]string{
		"2.1.0-REGULATED": "espd-2.1.1", "2.1.1-BASIC": "espd-2.1.1", "3.0.0": "espd-3.3.0", "3.0.1": "espd-3.3.0", "3.1.0": "espd-3.3.0",
		"3.2.0": "espd-3.3.0", "3.3.0": "espd-3.3.0", "4.0.0": "espd-4.1.0", "4.1.0": "espd-4.1.0",
	} {
		v := p.Judge(received("buyers", []byte(strings.ReplaceAll(request, "4.1.0", version))))
		require.Len(t, v.Parts, 1, version)
		require.Len(t, v.Parts[0].Packs, 1, version)
		assert.Equal(t, pack, v.Parts[0].Packs[0].Name, version)
		assert.NotContains(t, fatalCodes(v.Violations), "structure_unknown_root", version)
		if strings.HasPrefix(version, "4.") {
			assert.Equal(t, Delivered, v.Outcome(), "%s: %v", version, fatalCodes(v.Violations))
		}
	}
}

// A malformed total is told as such beside the sum that it does not fit into, in whatever state the other terms of the sum are.
func TestMalformedTotal(t *testing.T) {
	invoice := string(example(t, "ubl-invoice.xml"))
	total := regexp.MustCompile(`(<cbc:TaxInclusiveAmount[^>]*>)[^<]*`).ReplaceAllString(invoice, "${1}12O.00")
	withoutVAT := regexp.MustCompile(`(?s)(<cac:TaxTotal>\s*)<cbc:TaxAmount.*?</cbc:TaxAmount>`).ReplaceAllString(total, "$1")
	p := newPipeline(t, "route: all\nfrom: [suppliers]\naccept: [invoice]\nvalidate: {rules: [en16931]}\nto:\n  - topic: invoicing\n")
	for _, data := range []string{total, withoutVAT} {
		v := p.Judge(received("suppliers", []byte(data)))
		told := slices.ContainsFunc(v.Violations, func(v violation.Violation) bool {
			return v.Code == schemas.CodePattern && v.Term == "BT-112" && strings.Contains(v.FR, "12O.00")
		})
		assert.True(t, told, "%v", fatalCodes(v.Violations))
	}
	assert.NotEqual(t, total, withoutVAT)
}

// Without routes a document is refused for its structure as the gateway refuses it.
func TestShapeChecksStructure(t *testing.T) {
	invoice := string(example(t, "ubl-invoice.xml"))
	p := newPipeline(t)
	for _, data := range []string{
		strings.Replace(invoice, "<cbc:IssueDate>", "<cbc:Nota>x</cbc:Nota><cbc:IssueDate>", 1),
		strings.Replace(invoice, "</Invoice>", "<cbc:Nota/></Invoice>", 1),
	} {
		require.NotEqual(t, invoice, data)
		want := []string(nil)
		for _, v := range p.Judge(received("suppliers", []byte(data))).Violations {
			if strings.HasPrefix(v.Code, "structure_") {
				want = append(want, v.Code+" "+v.Source)
			}
		}
		require.NotEmpty(t, want)
		var got []string
		for _, v := range p.Shape([]byte(data), "") {
			if strings.HasPrefix(v.Code, "structure_") {
				got = append(got, v.Code+" "+v.Source)
			}
		}
		assert.Equal(t, want, got)
	}
	assert.False(t, violation.AnyFatal(p.Shape([]byte(invoice), "")))
}

// BenchmarkJudge is the whole verdict of one document: recognised, read, made canonical, judged by schema, structure and rules,
// and routed. cpu-ns/op is the time of the processor, the collector's included, which other work on the machine leaves alone.
func BenchmarkJudge(b *testing.B) {
	p := newPipeline(b)
	ubl := example(b, "ubl-invoice.xml")
	files := map[string][]byte{"ubl-example": ubl, "cii-example": example(b, "cii-invoice.xml"), "facturx-example": example(b, "facturx-invoice.pdf"), "ubl-4000-lines": manyLines(ubl, 4000), "cdar-example": example(b, refusal)}
	if root := os.Getenv("CORPUS"); root != "" {
		if !filepath.IsAbs(root) {
			root = filepath.Join("..", "..", root)
		}
		for name, file := range map[string]string{"ubl-real": "en16931/ubl/ubl-tc434-example1.xml", "cii-real": "en16931/cii/CII_example1.xml", "espd-real": "espd/ESPD-Response-4.1.0.xml", "espd-1.3MB": "espd/ESPD-Response-3.3.0.xml"} {
			data, err := os.ReadFile(filepath.Join(root, file))
			require.NoError(b, err)
			files[name] = data
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data := files[name]
		b.Run(name, func(b *testing.B) {
			m := received("suppliers", data)
			p.Judge(m).Release() // what judges it is compiled now
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			before := cpuTime()
			for b.Loop() {
				v := p.Judge(m)
				if v.Outcome() != Delivered {
					b.Fatal(strings.Join(fatalCodes(v.Violations), " "))
				}
				v.Release()
			}
			b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkExamples is the whole verdict of each complete invoice of EN 16931 in the corpus in turn. median-ns and p90-ns are of
// one document, which is what the oracle prints of itself with ORACLE_TIMES=1: the two can be compared on one machine.
func BenchmarkExamples(b *testing.B) {
	root := os.Getenv("CORPUS")
	if root == "" {
		b.Skip("CORPUS is not set")
	}
	p := newPipeline(b)
	var messages []Message
	for _, syntax := range []string{"ubl", "cii"} {
		directory := filepath.Join(root, "en16931", syntax)
		files, err := os.ReadDir(directory)
		require.NoError(b, err)
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(directory, f.Name()))
			require.NoError(b, err)
			messages = append(messages, received("suppliers", data))
		}
	}
	var took []time.Duration
	for b.Loop() {
		for _, m := range messages {
			start := time.Now()
			v := p.Judge(m)
			took = append(took, time.Since(start))
			if v.Outcome() != Delivered {
				b.Fatal(strings.Join(fatalCodes(v.Violations), " "))
			}
			v.Release()
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "median-ns")
	b.ReportMetric(float64(took[len(took)*9/10].Nanoseconds()), "p90-ns")
}

// manyLines adds lines without amount to an invoice, so that its totals stay right.
func manyLines(invoice []byte, n int) []byte {
	text := string(invoice)
	start, end := strings.LastIndex(text, "  <cac:InvoiceLine>"), strings.LastIndex(text, "</Invoice>")
	line := regexp.MustCompile(`(Amount currencyID="EUR">)[0-9.]+`).ReplaceAllString(text[start:end], "${1}0.00")
	var more strings.Builder
	for i := range n {
		more.WriteString(regexp.MustCompile(`<cbc:ID>[0-9]+</cbc:ID>`).ReplaceAllString(line, fmt.Sprintf("<cbc:ID>%d</cbc:ID>", 100+i)))
	}
	return []byte(text[:end] + more.String() + text[end:])
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails for this process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A file with faults without number is refused in bounded time and words, and says what was not examined.
func TestJudgeEndsWhereNobodyReadsOn(t *testing.T) {
	file := `{"marches":{"marche":[` + strings.Repeat(`{},`, 4999) + `{}]}}`
	v := newPipeline(t).Judge(Message{Topic: "buyers", Value: []byte(file)})
	require.Equal(t, DeadLetter, v.Outcome())
	require.Less(t, len(v.Violations), 300)
	last := v.Violations[len(v.Violations)-1]
	require.Equal(t, "parts_not_judged", last.Code)
	require.Contains(t, last.EN, strconv.Itoa(5000-len(v.Parts)))
}
