package expr

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
)

const sample = `{"kind": "invoice", "currency": "EUR", "seller": {"name": "A"},
	"totals": {"payable": "12.50", "lines": "10,5"}, "lines": [{"id": "1", "netAmount": "6"}, {"id": "2", "netAmount": "6.50"}],
	"whole": 3, "decimal": 12.5, "big": 12345678901234567890, "exponent": 1e3, "yes": true, "none": null, "mixed": ["a", 1, {"b": "c"}]}`

func parse(t testing.TB, text string) *document.Doc {
	t.Helper()
	doc, fault := jsondoc.Parse([]byte(text))
	if fault != nil {
		t.Fatal(fault.EN)
	}
	return doc
}

func invoiceShape(t testing.TB) *Shape {
	t.Helper()
	data, err := os.ReadFile("../../schemas/canonical/invoice.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return ShapeOfSchema(parse(t, string(data)))
}

// testEnv has the document with its shape (doc) and without (raw), and one fact of each type.
func testEnv(t testing.TB) *Env {
	t.Helper()
	env, err := NewEnv(Document("doc", invoiceShape(t)), Document("raw", nil), Text("topic"), Texts("tags"), Int("count"), Bool("test"), Time("at"), Text("unset"))
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func testValues(t testing.TB) Values {
	root := parse(t, sample).Root()
	return Values{"doc": root, "raw": root, "topic": "suppliers", "tags": []string{"a", "b"}, "count": int64(3), "test": true,
		"at": time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
}

func place(line, column int) diag.Position {
	return diag.Position{File: "f", Line: line, Column: column}
}

func TestConditions(t *testing.T) {
	env, values := testEnv(t), testValues(t)
	for text, want := range map[string]bool{
		`has(doc.seller.name)`:                                          true,
		`has(doc.buyer.address.country)`:                                false,
		`has(raw.seller.name.deeper)`:                                   false,
		`has(raw.none)`:                                                 true,
		`!has(doc.payee) && topic == "x"`:                               false,
		`doc.seller.name == "A"`:                                        true,
		`doc.?buyer.?name.orValue("") == ""`:                            true,
		`doc.?seller.?name.hasValue()`:                                  true,
		`doc["seller"]["name"] == "A"`:                                  true,
		`"seller" in doc`:                                               true,
		`size(doc.lines) == 2`:                                          true,
		`doc.lines[1].id == "2"`:                                        true,
		`size(items(doc.allowances)) == 0`:                              true,
		`items(doc.lines).all(l, has(l.id))`:                            true,
		`items(doc.lines).exists(l, money(l.netAmount) > money("6"))`:   true,
		`items(doc.lines).exists_one(l, l.id == "1")`:                   true,
		`items(doc.lines).filter(l, l.id != "1").map(l, l.id) == ["2"]`: true,
		`sum(items(doc.lines).map(l, money(l.netAmount))) == money(doc.totals.payable)`:                        true,
		`sum(items(doc.charges).map(c, money(c.amount))) == money("0")`:                                        true,
		`money(doc.totals.paid, "0") == money("0")`:                                                            true,
		`money(doc.totals.payable, "0") == money("12.5")`:                                                      true,
		`money("0.1") + money("0.2") == money("0.3")`:                                                          true,
		`money("3") * money("0.335") - money("1") == money("0.005")`:                                           true,
		`-money("1") < money("0") && money("1") >= money("1") && money("1") != money("2")`:                     true,
		`round(money("2.345"), 2) == money("2.35") && round(money("-2.345"), 2) == money("-2.35")`:             true,
		`abs(money("-1.5")) == money("1.5") && abs(money("2")) == money(2)`:                                    true,
		`string(money("1.50")) == "1.50"`:                                                                      true,
		`raw.whole == 3 && raw.yes == true && raw.yes && raw.none == null`:                                     true,
		`money(raw.decimal) == money("12.50") && money(raw.whole) == money("3")`:                               true,
		`money(raw.big) == money("12345678901234567890")`:                                                      true,
		`1 in raw.mixed && !("z" in raw.mixed)`:                                                                true,
		`raw.lines + [1] != []`:                                                                                true,
		`raw.seller.all(name, name == "name")`:                                                                 true,
		`topic.startsWith("sup") && topic.endsWith("s") && topic.contains("ppl") && topic.matches("^[a-z]+$")`: true,
		`"a" in tags && size(tags) == 2 && topic in ["suppliers", "buyers"]`:                                   true,
		`count > 2 && test && at > timestamp("2026-01-01T00:00:00Z")`:                                          true,
		`"2026-02-01" < "2026-03-02"`:                                                                          true,
		`true || doc.buyer.name == "x"`:                                                                        true,
		`doc.buyer.name == "x" || true`:                                                                        true,
		`has(doc.buyer.name) && doc.buyer.name == "x"`:                                                         false,
	} {
		p, list := env.Compile(Condition, text, place)
		if p == nil {
			t.Errorf("%s: %v", text, list.Err())
			continue
		}
		if got, err := p.Eval(values); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

// What is absent, malformed or of another type has no result, and the operand at fault is named.
func TestNotJudged(t *testing.T) {
	env, values := testEnv(t), testValues(t)
	for _, c := range []struct {
		text, read string
		absent     bool
	}{
		{`doc.buyer.name == "x"`, "doc/buyer/name", true},
		{`doc.buyer.name != "x"`, "doc/buyer/name", true},
		{`!(doc.buyer.name == "x")`, "doc/buyer/name", true},
		{`money(doc.totals.withVat) > money("0")`, "doc/totals/withVat", true},
		{`money(doc.totals.lines) > money("0")`, "doc/totals/lines", false},
		{`money(doc.totals.lines, "0") > money("0")`, "doc/totals/lines", false},
		{`items(doc.lines).all(l, l.note == "x")`, "doc/lines/*/note", true},
		{`doc.lines.map(l, money(l.price.net)) == []`, "doc/lines/*/price/net", true},
		{`raw.mixed[7] == "x"`, "raw/mixed/*", true},
		{`unset == "x"`, "unset", true},
		{`raw.exponent == 1000`, "raw/exponent", false},
		{`raw.seller == raw.seller`, "", false},
		{`raw.seller.name > 3`, "raw/seller/name", false},
		{`raw.seller.name.all(x, true)`, "", false},
		{`sum(raw.lines.map(l, raw.decimal)) == money("25") && money("1") == raw.seller`, "", false},
	} {
		p, list := env.Compile(Condition, c.text, place)
		if p == nil {
			if !strings.Contains(list.Err().Error(), "as a text") {
				t.Errorf("%s: %v", c.text, list.Err())
			}
			continue
		}
		got, err := p.Eval(values)
		var fault *Error
		if !errors.As(err, &fault) || fault.Kind != NotJudged || got {
			t.Errorf("%s: got %v, %v", c.text, got, err)
			continue
		}
		if fault.Read != c.read || fault.Absent != c.absent {
			t.Errorf("%s: read %q absent %v, want %q %v (%s)", c.text, fault.Read, fault.Absent, c.read, c.absent, fault.Detail)
		}
	}
}

func TestFaults(t *testing.T) {
	env := testEnv(t)
	for _, c := range []struct{ text, code, at, says, hint string }{
		{`topc == "x"`, CodeName, "f:1:1", `unknown name "topc"`, `did you mean "topic"?`},
		{`topic.startWith("x")`, CodeName, "f:1:16", `unknown name "startWith"`, `did you mean "startsWith"?`},
		{`doc.seler.name == ""`, CodeName, "f:1:10", `doc has no member "seler"`, `did you mean "seller"?`},
		{"topic == \"x\" &&\n  has(doc.seller.nme)", CodeName, "f:2:6", `doc.seller has no member "nme"`, `did you mean "name"?`},
		{`items(doc.lnes).all(l, true)`, CodeName, "f:1:6", `doc has no member "lnes"`, `did you mean "lines"?`},
		{`items(doc.lines).all(l, has(l.itm))`, CodeName, "f:1:28", `doc.lines.* has no member "itm"`, `did you mean "item"?`},
		{`items(doc.lines).filter(l, true).all(x, x.foo == "")`, CodeName, "f:1:42", `doc.lines.* has no member "foo"`, ""},
		{`doc.seller.name.first == ""`, CodeName, "f:1:16", `doc.seller.name has no member "first"`, ""},
		{`doc.totals.payable > "1"`, CodeText, "f:1:11", "doc.totals.payable would be taken as a text", "money(doc.totals.payable)"},
		{`money("1") == doc.seller.name`, CodeText, "f:1:25", "as a text", "money(doc.seller.name)"},
		{`doc.totals.lines + doc.totals.vat == "1"`, CodeText, "f:1:11", "as a text", "money"},
		{`1.5 > 2.0`, CodeFloat, "f:1:1", "floating-point", `money("12.50")`},
		{`double("1") == double("2")`, CodeFloat, "f:1:7", "floating-point", ""},
		{`topic`, CodeType, "f:1:1", "expected a condition (true or false), found a text", ""},
		{`doc.seller.name`, CodeType, "f:1:1", "found a value of the document", "has(...)"},
		{`topic > 3`, CodeType, "f:1:7", `">" cannot be applied to a text and an integer`, ""},
		{`money("1") + 3 > money("1")`, CodeType, "f:1:12", "money and an integer", "money combines with money"},
		{`sum(tags) == money("1")`, CodeType, "f:1:4", `"sum" cannot be applied to a list`, "sum(items(doc.lines)"},
		{`topic.all(x, true)`, CodeType, "f:1:1", "expected a list to iterate, found a text", "items("},
		{`topic.name == ""`, CodeType, "f:1:6", "a text has no members", ""},
		{`has(topic)`, CodeSyntax, "f:1:5", "has(): expected a path", ""},
		{`items(3).all(x, true)`, CodeSyntax, "f:1:7", "items(): expected a path", ""},
		{`topic == `, CodeSyntax, "f:1:10", "incorrect expression", "quotes"},
		{``, CodeSyntax, "f:1:1", "incorrect expression", ""},
		{`topic.matches(unset)`, CodePattern, "f:1:15", "must be a literal text", ""},
		{`topic.matches("(")`, CodePattern, "f:1:15", "incorrect pattern", "RE2"},
		{`topic.matches("` + strings.Repeat("a", maxPattern+1) + `")`, CodePattern, "f:1:15", "pattern too long", ""},
		{`topic == "` + strings.Repeat("a", maxBytes) + `"`, CodeSyntax, "f:1:1", "incorrect expression", ""},
		{strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200), CodeSyntax, "", "incorrect expression", ""},
	} {
		p, list := env.Compile(Condition, c.text, place)
		name := c.text[:min(len(c.text), 60)]
		if p != nil || list.Len() == 0 {
			t.Errorf("%s: accepted", name)
			continue
		}
		d := list.All()[0]
		if d.Code != c.code || c.at != "" && d.Position.String() != c.at || !strings.Contains(d.EN, c.says) || !strings.Contains(d.HintEN, c.hint) {
			t.Errorf("%s:\n got %s %s %q %q\nwant %s %s %q %q", name, d.Code, d.Position, d.EN, d.HintEN, c.code, c.at, c.says, c.hint)
		}
		if d.FR == "" || c.hint != "" && d.HintFR == "" {
			t.Errorf("%s: not in French", name)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, list := testEnv(t).Compile(Condition, `doc.seler.name == "" && doc.byer.name == "" && 1.5 > 1.0`, place)
	if list.Len() != 4 {
		t.Errorf("%d faults: %v", list.Len(), list.Err())
	}
}

func TestReads(t *testing.T) {
	for text, want := range map[string][]string{
		`topic == "x" && "a" in tags`:                          {"tags", "topic"},
		`doc.seller.name == topic`:                             {"doc/seller/name", "topic"},
		`items(doc.lines).all(l, l.vat.rate == l.id)`:          nil, // an amount as a text
		`items(doc.lines).all(l, l.vat.category == topic)`:     {"doc/lines", "doc/lines/*/vat/category", "topic"},
		`doc.lines[count].id == "1"`:                           {"count", "doc/lines/*/id"},
		`raw["a/b"].c == 1`:                                    {"raw/a~1b/c"},
		`raw[topic] == 1`:                                      {"raw/*", "topic"},
		`doc.?buyer.?name.orValue(topic) == ""`:                {"doc/buyer/name", "topic"},
		`money(doc.totals.paid, "0") > money("0")`:             {"doc/totals/paid"},
		`items(raw.a).filter(x, x.b == 1).exists(y, y.c == 2)`: {"raw/a", "raw/a/*", "raw/a/*/b", "raw/a/*/c"},
		`{"k": topic}["k"] == "x"`:                             {"topic"},
		`raw == 1`:                                             {"raw"},
	} {
		p, list := testEnv(t).Compile(Condition, text, place)
		if p == nil {
			if want != nil {
				t.Errorf("%s: %v", text, list.Err())
			}
			continue
		}
		if got := p.Reads(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// An expression that iterates stops at its bound; one that does not is not tracked.
func TestCost(t *testing.T) {
	env := testEnv(t)
	quadratic, list := env.Compile(Condition, `raw.lines.all(a, raw.lines.all(b, raw.lines.all(c, a.id != "x" && b.id != "y" && c.id != "z")))`, place)
	if quadratic == nil {
		t.Fatal(list.Err())
	}
	var b strings.Builder
	b.WriteString(`{"lines": [{"id": "0"}`)
	for i := range 300 {
		fmt.Fprintf(&b, `, {"id": "%d"}`, i)
	}
	b.WriteString(`]}`)
	got, err := quadratic.Eval(Values{"raw": parse(t, b.String()).Root()})
	var fault *Error
	if !errors.As(err, &fault) || fault.Kind != CostExceeded || got {
		t.Errorf("300^3 steps: %v, %v", got, err)
	}
	flat, _ := env.Compile(Condition, `has(doc.seller.name)`, place)
	if _, err := flat.Eval(testValues(t)); err != nil {
		t.Errorf("flat: %v", err)
	}
	long := strings.Repeat(`raw.a.contains(raw.b) || `, 20)
	if p, list := env.Compile(Condition, long+"true", place); p != nil || list.All()[0].Code != CodeCost {
		t.Errorf("20 searches of one text in another: %v", list.Err())
	}
}

// A program is shared by goroutines, also when it has no result: run with -race.
func TestConcurrentEval(t *testing.T) {
	p, list := testEnv(t).Compile(Condition, `raw.seller.name > 3 || items(raw.lines).all(l, money(l.netAmount) > money(l.id))`, place)
	if p == nil {
		t.Fatal(list.Err())
	}
	var wait sync.WaitGroup
	values := testValues(t)
	for range 4 {
		wait.Go(func() {
			for range 100 {
				if ok, err := p.Eval(values); !ok || err != nil {
					t.Errorf("%v, %v", ok, err)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestText(t *testing.T) {
	env, values := testEnv(t), testValues(t)
	for text, want := range map[string]string{
		`topic`: "suppliers", `count + 1`: "4", `money(doc.totals.payable) + money("0.001")`: "12.501", `doc.seller.name`: "A",
	} {
		p, list := env.Compile(Printable, text, place)
		if p == nil {
			t.Errorf("%s: %v", text, list.Err())
			continue
		}
		if got, err := p.Text(values); got != want || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	if p, _ := env.Compile(Printable, `tags`, place); p != nil {
		t.Error("a list is printable")
	}
	p, _ := env.Compile(Printable, `raw.seller`, place)
	if _, err := p.Text(values); err == nil {
		t.Error("an object was printed")
	}
}

func TestNewEnvRefuses(t *testing.T) {
	for _, vars := range [][]Variable{{Text("a"), Text("a")}, {Text("")}, {Text("a.b")}, {Text("in")}, {Text("money")}, {Text("1a")}} {
		if _, err := NewEnv(vars...); err == nil {
			t.Errorf("accepted %v", vars)
		}
	}
}

func TestShape(t *testing.T) {
	s := ShapeOfSchema(parse(t, `{"properties": {"a": {"x-term": "T-1", "type": "array", "items": {"$ref": "#/$defs/node"}}, "free": {"type": "object"},
		"pick": {"oneOf": [{"properties": {"x": {"type": "string"}}}, {"properties": {"y": {"type": "string"}}}]}}, "additionalProperties": false,
		"$defs": {"node": {"properties": {"amount": {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}, "nodes": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}}`))
	for pointer, want := range map[string]bool{
		"": true, "/a": true, "/a/*": true, "/a/7/amount": true, "/a/*/nodes/*/nodes/3/amount": true, "/free/any/thing": true, "/pick/x": true, "/pick/y": true,
		"/b": false, "/a/x": false, "/a/*/amount/x": false, "/pick/z": false, "a": false,
	} {
		if got := s.Known(pointer); got != want {
			t.Errorf("Known(%q) = %v", pointer, got)
		}
	}
	if !s.IsDecimal("/a/*/amount") || s.IsDecimal("/pick/x") || s.Term("/a") != "T-1" || !slices.Equal(s.TermPointers(), []string{"/a"}) {
		t.Error("decimal or term")
	}
	if !Union(s, invoiceShape(t)).Known("/totals/payable") {
		t.Error("union")
	}
}

func FuzzCompile(f *testing.F) {
	env := testEnv(f)
	for _, text := range []string{`has(doc.seller.name)`, `sum(items(doc.lines).map(l, money(l.netAmount))) == money("1")`, `doc.lines[0].id == "é"`, `raw.a.?b.orValue({}) == 1`, "a\n||"} {
		f.Add(text)
	}
	values := testValues(f)
	f.Fuzz(func(t *testing.T, text string) {
		p, list := env.Compile(Condition, text, place)
		if p == nil {
			if !list.HasErrors() {
				t.Fatal("no program and no error")
			}
			return
		}
		p.Reads()
		_, err := p.Eval(values)
		var fault *Error
		if errors.As(err, &fault) && fault.Kind == Internal {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	env, values := testEnv(b), testValues(b)
	for name, text := range map[string]string{
		"fact":  `topic == "suppliers" && "a" in tags`,
		"money": `money(doc.totals.payable) >= money("0")`,
		"sum":   `sum(items(doc.lines).map(l, money(l.netAmount))) == money(doc.totals.payable)`,
	} {
		p, _ := env.Compile(Condition, text, place)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := p.Eval(values); !ok || err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
