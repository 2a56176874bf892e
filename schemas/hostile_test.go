package schemas_test

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/schemas"
)

// hostileInvoice is the schema of an invoice whose lines are judged by the dearest keywords: branches, patterns and the
// comparison of all items.
const hostileInvoice = `{"type":"object","required":["number","lines"],"properties":{
"number":{"type":"string","pattern":"^[A-Z]{2}-[0-9]{4}$"},
"lines":{"type":"array","uniqueItems":true,"items":{"anyOf":[
{"type":"object","required":["id","amount"],"properties":{"id":{"type":"string"},"amount":{"$ref":"#/$defs/amount"}},"additionalProperties":false},
{"type":"object","required":["amount"],"properties":{"amount":{"$ref":"#/$defs/amount"}},"patternProperties":{"^[a-z]+$":{"type":"string"}}},
{"$ref":"#/$defs/amount"},
{"type":"array","uniqueItems":true,"items":{"oneOf":[{"type":"integer"},{"type":"string","pattern":"^(a|b)*c$"}]}}]}}},
"additionalProperties":{"anyOf":[{"$ref":"#/$defs/amount"},{"type":"object","propertyNames":{"pattern":"^[a-z]{1,20}$"}}]},
"$defs":{"amount":{"type":"string","pattern":"^-?[0-9]+(\\.[0-9]+)?$"}}}`

// repeated writes what one makes of 0, 1, 2... with commas between, up to a size.
func repeated(size int, one func(i int) string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(one(i))
	}
	return b.String()
}

// hostile are values of about a size, in JSON: each is the worst of its sort that the bounds of the parser let through, or
// just beyond them.
func hostile(size int) []struct{ name, value string } {
	list := func(one func(i int) string) string { return "[" + repeated(size, one) + "]" }
	members := repeated(size, func(i int) string { return fmt.Sprintf(`"k%07d":1`, i) })
	return []struct{ name, value string }{
		{"deep nesting, refused", strings.Repeat("[", size)},
		{"deep nesting", list(func(int) string {
			return strings.Repeat("[", 90) + `"` + strings.Repeat("a", 900) + `"` + strings.Repeat("]", 90)
		})},
		{"many members", "{" + members + "}"},
		{"many objects", list(func(i int) string { return fmt.Sprintf(`{"amount":"x%020d"}`, i) })},
		{"many objects, refused", list(func(int) string { return `{"a":1}` })},
		{"one text", `"` + strings.Repeat("a", size) + `"`},
		{"one text of digits", `"` + strings.Repeat("1", size) + `"`},
		{"escapes", `"` + strings.Repeat(`\n`, size/2) + `"`},
		{"escapes of four digits", `"` + strings.Repeat(`\u00e9`, size/6) + `"`},
		{"escaped texts", list(func(i int) string { return fmt.Sprintf(`"\n%07d"`, i) })},
		{"long numbers", list(func(i int) string { return fmt.Sprintf("1%039d", i) })},
		{"a number without end", list(func(int) string { return strings.Repeat("1", size) })},
		{"many numbers", list(func(i int) string { return fmt.Sprintf("1%010d", i) })},
		{"one number again and again", list(func(int) string { return "11111111111" })},
		{"many texts", list(func(i int) string { return fmt.Sprintf(`"%09d"`, i) })},
		{"many texts, faults at the end", "[" + repeated(size-10_000, func(i int) string { return fmt.Sprintf(`"%09d"`, i) }) + strings.Repeat(`,"x"`, 1000) + "]"},
		{"many members, faults at the end", "{" + repeated(size-10_000, func(i int) string { return fmt.Sprintf(`"k%07d":"1"`, i) }) + "," +
			repeated(10_000, func(i int) string { return fmt.Sprintf(`"x%07d":"x"`, i) }) + "}"},
		{"small arrays", list(func(i int) string { return fmt.Sprintf("[1,%d,%30s2]", i, "") })},
		{"small arrays, refused", list(func(int) string { return "[]" })},
		{"a key twice", "{" + members + `,"k0000000":1}`},
		{"one key again and again", "{" + repeated(size, func(int) string { return `"key000000":1` }) + "}"},
		{"invalid UTF-8 at the end", `"` + strings.Repeat("é", size/2) + "\xff\""},
		{"long keys", "{" + repeated(size, func(i int) string { return fmt.Sprintf(`"%0256d":1`, i) }) + "}"},
		{"a key without end", `{"` + strings.Repeat("k", size) + `":1}`},
		{"blanks", strings.Repeat(" ", size) + "1"},
		{"line breaks", strings.Repeat("\n", size) + "x"},
	}
}

// Judging a document takes about eight times its size in memory, whatever it holds: 1 MiB of each sort, as it is, in an
// invoice with the dearest keywords, and in a canonical invoice. Run with -v to read the table.
func TestHostileJSON(t *testing.T) {
	const size, most = 1 << 20, 9.0 // eight, and an eighth for what the collector has not yet collected
	dear, err := schemas.Compile("invoice", []byte(hostileInvoice))
	if err != nil {
		t.Fatal(err)
	}
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-28s %-17s %6s %6s  %s", "", "", "ms", "x size", "")
	for _, c := range hostile(size) {
		for _, in := range []struct {
			name, before, after string
			schema              *schemas.Schema
		}{
			{"parsed", "", "", nil},
			{"as an invoice", "", "", dear},
			{"as lines", `{"number":"FA-0001","lines":`, "}", dear},
			{"in a canonical one", `{"kind":"invoice","number":"1","lines":`, "}", set.Schema("invoice")},
		} {
			data := []byte(in.before + c.value + in.after)
			took, held, verdict := measure(data, in.schema)
			for range 5 { // garbage that was not collected in time counts as held: the least of several is nearest
				if held <= most*uint64(len(data)) {
					break
				}
				_, again, _ := measure(data, in.schema)
				held = min(held, again)
			}
			times := float64(held) / float64(len(data))
			t.Logf("%-28s %-17s %6.1f %6.1f  %s", c.name, in.name, took.Seconds()*1000, times, verdict)
			if times > most {
				t.Errorf("%s, %s: %.1f times its size, at most %v", c.name, in.name, times, most)
			}
			if strings.HasPrefix(verdict, "json_") {
				break // no schema sees it
			}
		}
	}
}

// A schema that would never answer, or not soon, is not loaded; the largest that is loaded answers.
func TestHostileSchemas(t *testing.T) {
	branches := func(n int, one string) string {
		return `{"anyOf":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
	}
	for _, tt := range []struct{ name, schema, code string }{
		{"a reference to itself", `{"$ref":"#"}`, schemas.CodeSchemaLoop},
		{"a circle of references", `{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}}`, schemas.CodeSchemaLoop},
		{"100,000 branches", branches(100_000, `{          }`), schemas.CodeSchemaSize},
		{"1,000 branches of 1,000", branches(1000, `{"$ref":"#/$defs/a"}`)[:len(branches(1000, `{"$ref":"#/$defs/a"}`))-1] + `,"$defs":{"a":` + branches(1000, "{}") + `}}`, schemas.CodeSchemaSize},
		{"a pattern of a million steps", `{"pattern":"(x{1000}){1000}"}`, schemas.CodeSchemaPattern},
		{"a pattern of 6,000 steps", `{"pattern":"` + strings.Repeat("x{1000}", 6) + `"}`, schemas.CodeSchemaSize},
		{"a million names", `{"required":[` + repeated(8<<20, func(i int) string { return fmt.Sprintf(`"%d"`, i) }) + `]}`, schemas.CodeSchemaSize},
		{"1,000 branches", branches(1000, `{"type":"object","required":["a"],"properties":{"a":{"pattern":"^(a|b)*c$"}}}`), ""},
		{"a pattern that others take exponential time for", `{"type":"string","pattern":"^(a+)+$"}`, ""},
		{"recursion that doubles", `{"type":"array","items":{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			schema, err := schemas.Compile("x.json", []byte(tt.schema))
			code := ""
			if found := faults(t, err); len(found) > 0 {
				_, code, _ = strings.Cut(found[0], " ")
				code = "jsonschema_" + code
			}
			if code != tt.code {
				t.Fatalf("%q, want %q: %v", code, tt.code, err)
			}
			if schema == nil {
				return
			}
			for _, value := range []string{`"` + strings.Repeat("a", 1<<20) + `!"`, `{"a":"` + strings.Repeat("ab", 1<<19) + `"}`, strings.Repeat("[", 90) + `""` + strings.Repeat("]", 90)} {
				doc, start := parse(t, value), time.Now()
				vs := schema.Validate(doc)
				if len(vs) == 0 {
					t.Fatalf("%.20s... is valid", value)
				}
				t.Logf("%d bytes: %.1f ms, %s", len(value), time.Since(start).Seconds()*1000, vs[0].Code)
			}
		})
	}
}

// measure parses and judges a document: the least time of the processor of five, the collector's included, and the most memory in
// use beyond what was before.
func measure(data []byte, schema *schemas.Schema) (took time.Duration, held uint64, verdict string) {
	judge := func() string {
		doc, fault := jsondoc.Parse(data)
		if fault != nil {
			return fault.Code
		}
		if schema != nil {
			if vs := schema.Validate(doc); vs != nil {
				return fmt.Sprint(len(vs), " ", vs[0].Code)
			}
		}
		return "valid"
	}
	took = math.MaxInt64
	for range 5 {
		start := cpuTime()
		verdict = judge()
		took = min(took, cpuTime()-start)
	}
	// Garbage is collected as soon as it is a fiftieth of what is in use, so that it hardly counts.
	defer debug.SetGCPercent(debug.SetGCPercent(2))
	inUse := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	runtime.GC()
	metrics.Read(inUse)
	before, peak := inUse[0].Value.Uint64(), uint64(0)
	done := make(chan struct{})
	go func() {
		judge()
		close(done)
	}()
	for {
		select {
		case <-done:
			return took, peak - min(before, peak), verdict
		default:
			metrics.Read(inUse)
			peak = max(peak, inUse[0].Value.Uint64())
		}
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails for this process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
