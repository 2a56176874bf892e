package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/kafka"
)

const uniqueRoute = `
route: unique
from: [suppliers]
accept: [invoice]
validate:
  unique: numbers
to:
  - topic: invoicing
`

// numberOf is the number of the invoice of the examples.
const numberOf = "902100452/2026/FA-2026-0418"

// sent is a message with an event of its own.
func sent(id string, value []byte) kafka.Record {
	e := event.Event{ID: id, Source: "urn:portal", Type: "invoice"}
	return kafka.Record{Topic: "suppliers", Value: value, Headers: e.AppendHeaders(nil)}
}

// outcome handles a message and says how it ended, and what was written in the topic of numbers; it is read back at once.
func outcome(t *testing.T, f *Flow, p *publisher, r kafka.Record) string {
	t.Helper()
	before := len(p.calls)
	if err := f.handle(t.Context(), []kafka.Record{r}); err != nil {
		return "failed"
	}
	var said []string
	for _, call := range p.calls[before:] {
		for _, r := range call {
			switch {
			case r.Topic == "numbers" && r.Value == nil:
				said = append(said, "given back")
			case r.Topic == "numbers":
				said = append(said, "claimed")
			case r.Topic == "invoicing":
				said = append(said, "delivered")
			case r.Topic == "dead-letter":
				said = append(said, header(r, "passerelle-code"))
			}
			if r.Topic == "numbers" {
				require.Equal(t, numberOf, string(r.Key))
				f.claims.Read(r)
			}
		}
	}
	return strings.Join(said, ", ")
}

// A number is that of the document that had it first, however often that comes.
func TestNumberUsedOnce(t *testing.T) {
	invoice := example(t, "ubl-invoice.xml")
	other := bytes.Replace(invoice, []byte("</cbc:ID>"), []byte("</cbc:ID><!-- another -->"), 1)
	broken := bytes.Replace(invoice, []byte("<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"), nil, 1)
	require.NotEqual(t, invoice, other)
	require.NotEqual(t, invoice, broken)
	p := &publisher{}
	f := newFlow(newPipeline(t, uniqueRoute), p)
	for _, step := range []struct {
		name   string
		record kafka.Record
		want   string
	}{
		{"a refused document holds no number", sent("0", broken), "schema_required"},
		{"the first", sent("1", invoice), "claimed, delivered"},
		{"the same event again", sent("1", invoice), "claimed, delivered"},
		{"the same document in another event", sent("2", invoice), codeNumberUsed},
		{"another document", sent("3", other), codeNumberUsed},
		{"another document under the same event", sent("1", other), codeNumberUsed},
		{"the same event once more", sent("1", invoice), "claimed, delivered"},
	} {
		require.Equal(t, step.want, outcome(t, f, p, step.record), step.name)
	}
	f.claims.Read(kafka.Record{Topic: "numbers", Key: []byte(numberOf)})
	require.Equal(t, "claimed, delivered", outcome(t, f, p, sent("4", other)), "a number that was given back")
	require.Equal(t, codeNumberUsed, outcome(t, f, p, sent("1", invoice)))
}

// What is said names the invoice, the message that had the number, and whether it was the same.
func TestNumberUsedSays(t *testing.T) {
	invoice := example(t, "ubl-invoice.xml")
	p := &publisher{}
	f := newFlow(newPipeline(t, uniqueRoute), p)
	first := sent("1", invoice)
	first.Time = noon
	require.Equal(t, "claimed, delivered", outcome(t, f, p, first))
	for value, want := range map[string][2]string{
		string(invoice):       {"à l'identique", "Rien à faire"},
		string(invoice) + " ": {"avec un autre contenu", "Donnez à cette facture un numéro"},
	} {
		m := messageOf(&kafka.Record{Topic: "suppliers", Value: []byte(value)})
		v := f.pipeline.Judge(m)
		require.Empty(t, v.Violations, "offline nobody knows")
		f.claim(&work{}, &v)
		require.Len(t, v.Violations, 1)
		said := v.Violations[0]
		assert.Equal(t, "BT-1 /number", said.Term+" "+said.Pointer)
		assert.NotZero(t, said.Line)
		for _, part := range []string{numberOf, "urn:portal 1", "2026-11-24", want[0]} {
			assert.Contains(t, said.FR, part)
		}
		assert.Contains(t, said.Remedy, want[1])
		v.Release()
	}
}

// A document whose publication failed keeps its number while it is tried again; one that ends as a dead letter after all gives
// it back, and only then.
func TestNumberOfFailedPublication(t *testing.T) {
	invoice := example(t, "ubl-invoice.xml")
	p := &publisher{}
	f := newFlow(newPipeline(t, uniqueRoute), p)
	p.answer = func(int, []kafka.Record) error { return errors.New("away") }
	require.Equal(t, "failed", outcome(t, f, p, sent("1", invoice)))
	p.answer = nil
	require.Equal(t, codeNumberUsed, outcome(t, f, p, sent("2", invoice)))
	p.answer = func(_ int, records []kafka.Record) error {
		if records[0].Topic == "invoicing" {
			return &kafka.ProduceError{Total: len(records), Failed: []kafka.RecordError{{Index: 0, Err: &kafka.RecordTooLargeError{Topic: "invoicing", Size: 1, Limit: 1}}}}
		}
		return nil
	}
	require.Equal(t, "claimed, delivered, given back, output_too_large", outcome(t, f, p, sent("1", invoice)), "each try is told")
	p.answer = nil
	require.Equal(t, "claimed, delivered", outcome(t, f, p, sent("2", invoice)))
}

// A status frees the number of its invoice where its route says so, and never that of an invoice which is younger than itself.
func TestStatusFreesNumber(t *testing.T) {
	const freeing = `
route: statuses
from: [buyers]
accept: [invoice-status]
frees:
  topic: numbers
  when: doc.status == "210"
to:
  - topic: invoicing
`
	refused := example(t, refusal)
	inFlow := bytes.Replace(refused, []byte(">210<"), []byte(">208<"), 1)
	require.NotEqual(t, refused, inFlow)
	at := func(hours int, r kafka.Record) kafka.Record {
		r.Time = noon.Add(time.Duration(hours) * time.Hour)
		return r
	}
	invoice := func(hours int, id string) kafka.Record {
		return at(hours, sent(id, example(t, "ubl-invoice.xml")))
	}
	status := func(hours int, value []byte) kafka.Record {
		return at(hours, kafka.Record{Topic: "buyers", Value: value})
	}
	p := &publisher{}
	f := newFlow(newPipeline(t, uniqueRoute, freeing), p)
	for _, step := range []struct {
		name   string
		record kafka.Record
		want   string
	}{
		{"of an invoice that nobody has seen", status(0, refused), "given back, delivered"},
		{"the invoice", invoice(1, "1"), "claimed, delivered"},
		{"a status that is no refusal", status(2, inFlow), "delivered"},
		{"another invoice", invoice(3, "2"), codeNumberUsed},
		{"a status of before the invoice", status(0, refused), "delivered"},
		{"another invoice", invoice(3, "2"), codeNumberUsed},
		{"the refusal", status(4, refused), "given back, delivered"},
		{"the invoice once more", invoice(5, "2"), "claimed, delivered"},
		{"the refusal again, as after a crash", status(4, refused), "delivered"},
		{"yet another", invoice(6, "3"), codeNumberUsed},
	} {
		require.Equal(t, step.want, outcome(t, f, p, step.record), step.name)
	}

	v := f.pipeline.Judge(messageOf(&kafka.Record{Topic: "buyers", Value: refused, Time: noon}))
	defer v.Release()
	require.Equal(t, Claim{"numbers", numberOf}, v.Parts[0].Frees)
	require.Empty(t, v.Violations, "offline nobody knows")
	f.free(&work{}, &v)
	require.Len(t, v.Violations, 1)
	said := v.Violations[0]
	assert.Equal(t, "invoice_number_kept warning MDT-87 /invoice/number", strings.Join([]string{said.Code, string(said.Severity), said.Term, said.Pointer}, " "))
	assert.NotZero(t, said.Line)
	for _, part := range []string{numberOf, "urn:portal 2", "2026-11-24"} {
		assert.Contains(t, said.FR, part)
	}
}

func record(number, source, id string, at time.Time) kafka.Record {
	value := fmt.Sprintf(`{"source":%q,"id":%q,"sha256":"%064x","time":"2026-11-24T12:00:00Z"}`, source, id, 1)
	return kafka.Record{Topic: "numbers", Partition: 1, Offset: int64(len(id)), Key: []byte(number), Value: []byte(value), Time: at}
}

// A second owner in the topic is a conflict, unless the first had given the number back, or is the same.
func TestClaimsConflict(t *testing.T) {
	for _, c := range []struct {
		name    string
		records []kafka.Record
		want    string
	}{
		{"one", []kafka.Record{record("n", "s", "1", noon)}, "[]"},
		{"the same twice", []kafka.Record{record("n", "s", "1", noon), record("n", "s", "1", noon)}, "[]"},
		{"two numbers", []kafka.Record{record("n", "s", "1", noon), record("m", "s", "2", noon)}, "[]"},
		{"given back", []kafka.Record{record("n", "s", "1", noon), {Topic: "numbers", Key: []byte("n")}, record("n", "s", "2", noon)}, "[]"},
		{"two", []kafka.Record{record("n", "s", "1", noon), record("n", "s", "22", noon)}, "[n numbers/1/2: s 1, s 22]"},
		{"what cannot be read is somebody's", []kafka.Record{record("n", "s", "1", noon), {Topic: "numbers", Key: []byte("n"), Value: []byte("{}"), Time: noon}}, "[n numbers/0/0: s 1, numbers/0/0]"},
		{"long ago", []kafka.Record{record("n", "s", "1", noon), record("n", "s", "2", noon.Add(-time.Hour))}, "[]"},
	} {
		claims := NewClaims()
		claims.Begin()
		for i, r := range c.records {
			if i == 1 { // the rest comes later
				claims.Whole()
			}
			claims.Read(r)
		}
		said := []string{}
		for _, conflict := range claims.Status(noon.Add(-time.Minute), noon).Conflicts {
			said = append(said, fmt.Sprintf("%s %s: %s, %s", conflict.Number, conflict.Place, conflict.First.Message, conflict.Second.Message))
		}
		assert.Equal(t, c.want, fmt.Sprint(said), c.name)
	}
}

func want(number string, owner string) []wanted {
	return []wanted{{Claim: Claim{"numbers", number}, hash: hashOf("numbers", number), owner: Owner{Message: owner}}}
}

// Of all who want a number at once one gets it.
func TestClaimsAtOnce(t *testing.T) {
	claims := NewClaims()
	var got sync.Map
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if _, free, _ := claims.take(want("n", fmt.Sprint(i)), noon); free {
				got.Store(i, true)
			}
		})
	}
	wg.Wait()
	n := 0
	got.Range(func(any, any) bool { n++; return true })
	require.Equal(t, 1, n)
}

// A message gets all of its numbers or none, and its own documents may not share one.
func TestClaimsOfOneMessage(t *testing.T) {
	claims := NewClaims()
	free := func(all ...[]wanted) bool {
		var of []wanted
		for _, one := range all {
			of = append(of, one...)
		}
		_, free, _ := claims.take(of, noon)
		return free
	}
	require.True(t, free(want("b", "1")))
	require.False(t, free(want("a", "2#1"), want("b", "2#2")))
	require.True(t, free(want("a", "3")), "nothing is left of the one refused")
	require.False(t, free(want("c", "4#1"), want("c", "4#2")))
}

// Whoever took a number gives way to a claim that came from elsewhere, unless its own is in the topic too: then it is half
// delivered.
func TestClaimsFromElsewhere(t *testing.T) {
	for _, claimed := range []bool{false, true} {
		claims := NewClaims()
		claims.take(want("a", "1"), noon)
		if claimed {
			claims.claimed(want("a", "1"))
		}
		claims.Read(record("a", "s", "2", noon))
		_, free, _ := claims.take(want("a", "1"), noon)
		require.Equal(t, claimed, free)
		require.Empty(t, claims.held(want("a", "1")), "the claim that is there is not its own")
		_, free, _ = claims.take(want("a", "3"), noon)
		require.False(t, free)
	}
}

// Beyond the bound nothing is refused and nothing is known; what is known stays so.
func TestClaimsFull(t *testing.T) {
	claims := NewClaims()
	claims.most = 2
	for _, number := range []string{"a", "b", "c"} {
		claims.Read(record(number, "s", "1", noon))
	}
	require.True(t, claims.Status(noon, noon).Full)
	_, free, room := claims.take(want("c", "x"), noon)
	require.True(t, free && !room)
	_, free, _ = claims.take(want("a", "x"), noon)
	require.False(t, free)
	claims.Read(kafka.Record{Topic: "numbers", Key: []byte("a")})
	require.False(t, claims.Status(noon, noon).Full)
	_, free, room = claims.take(want("c", "x"), noon)
	require.True(t, free && room)

	f := newFlow(newPipeline(t, uniqueRoute), &publisher{})
	f.claims.most = 0
	v := f.pipeline.Judge(received("suppliers", example(t, "ubl-invoice.xml")))
	defer v.Release()
	f.claim(&work{}, &v)
	require.Equal(t, Delivered, v.Outcome())
	require.Equal(t, codeNumberUsed+" not_verified", v.Violations[0].Code+" "+string(v.Violations[0].Severity))
}

// A number of a message that never came back is free after a while, but not when it was published.
func TestClaimsForgotten(t *testing.T) {
	claims := NewClaims()
	claims.take(want("a", "1"), noon)
	claims.take(want("b", "1"), noon)
	claims.published(want("b", "1"))
	free := func(number string, at time.Time) bool {
		claims.Status(at, at)
		_, free, _ := claims.take(want(number, "2"), at)
		return free
	}
	require.False(t, free("a", noon.Add(keptTaken)))
	require.True(t, free("a", noon.Add(keptTaken+1)))
	require.False(t, free("b", noon.Add(keptTaken+1)))
}

// An owner is the same when it was written and read, whatever the sender calls its event.
func TestOwnerWrittenAndRead(t *testing.T) {
	p := newPipeline(t, uniqueRoute)
	for _, id := range []string{"1", "é \"<&>\\ \x00", "\xff\xfe", strings.Repeat("é", 500), strings.Repeat("x", 5000)} {
		r := sent(id, example(t, "ubl-invoice.xml"))
		r.Time = time.UnixMilli(1 << 60) // no calendar has it
		v := p.Judge(messageOf(&r))
		all, records := claimsOf(v)
		require.Len(t, all, 1)
		read, ok := parseOwner(records[0].Value)
		require.True(t, ok)
		assert.True(t, all[0].owner.is(read), "%q %q", all[0].owner.Message, read.Message)
		assert.Less(t, len(records[0].Value), 2000)
		v.Release()
	}
}

// A number that no topic would take as a key is cut, and stays another than one that begins like it.
func TestLongNumber(t *testing.T) {
	p := newPipeline(t, uniqueRoute)
	seen := map[string]bool{}
	for _, end := range []string{"a", "b", "b"} {
		long := bytes.Replace(example(t, "ubl-invoice.xml"), []byte("FA-2026-0418"), []byte(strings.Repeat("é", 100_000)+end), 1)
		v := p.Judge(received("suppliers", long))
		require.Equal(t, Delivered, v.Outcome())
		require.Less(t, len(v.Parts[0].Claim.Number), maxNumber)
		seen[v.Parts[0].Claim.Number] = true
		v.Release()
	}
	require.Len(t, seen, 2)
}

// BenchmarkClaims is what a million numbers take, in memory and to read.
func BenchmarkClaims(b *testing.B) {
	for b.Loop() {
		claims := NewClaims()
		claims.Begin()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range maxClaims {
			claims.Read(record(fmt.Sprintf("732829320/2026/F%08d", i), "urn:portal:invoices", fmt.Sprintf("0195f0a4-6b7c-7d1e-9a55-%012d", i), noon))
		}
		claims.Whole()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		runtime.KeepAlive(claims)
	}
}
