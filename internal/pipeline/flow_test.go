package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/schemas"
)

// twoForms publishes both forms of a document to one topic, and the original to a second, under a key of its own.
const twoForms = `
route: two-forms
from: [suppliers, buyers]
accept: [invoice, contract]
key: '"route key"'
to:
  - {topic: both}
  - {topic: both, form: original}
  - {topic: second, form: original}
`

// ownKey has destinations with a key of their own, beside that of the route.
const ownKey = `
route: own-key
from: [suppliers]
accept: [invoice]
key: '"route key"'
to:
  - {topic: both}
  - {topic: own, key: '"own key"'}
  - {topic: originals, form: original, key: '"own key"'}
`

// outputsOf gives the outputs of one message, receipt included.
func outputsOf(t *testing.T, p *Pipeline, m Message) []kafka.Record {
	t.Helper()
	out, err := newFlow(p, nil).outputs(nil, m, p.Judge(m))
	require.NoError(t, err)
	return out
}

// A canonical document carries the schema of its kind, unless it says another.
func TestOutputsSayTheirSchema(t *testing.T) {
	p := newPipeline(t)
	m := received("suppliers", example(t, "ubl-invoice.xml"))
	v := p.Judge(m)
	for said, want := range map[string]string{"": p.schemas.Schema("invoice").ID(), "urn:example:3": "urn:example:3"} {
		v.Parts[0].DataSchema = said
		out, err := newFlow(p, nil).outputs(nil, m, v)
		require.NoError(t, err)
		require.Equal(t, want, header(out[0], "ce_dataschema"))
	}
}

// A destination may ask for another syntax; what that cannot carry is told.
func TestOutputsInAnotherSyntax(t *testing.T) {
	p := newPipeline(t, `
route: converted
from: [suppliers]
accept: [invoice]
to:
  - topic: as-ubl
    form: ubl
  - topic: as-cii
    form: cii
  - topic: unwanted
    form: cii
    when: "false"
`)
	invoice := p.Judge(received("suppliers", example(t, "ubl-invoice.xml"))).Parts[0].Doc
	require.True(t, invoice.Lookup("/purchaseOrderReference").Exists())
	m := received("suppliers", bytes.Replace(invoice.AppendJSON(nil), []byte(`"purchaseOrderReference"`), []byte(`"salesOrderReference"`), 1))
	v := p.Judge(m)
	require.Equal(t, Delivered, v.Outcome(), "%v", v.Violations)
	out, err := newFlow(p, nil).outputs(nil, m, v)
	require.NoError(t, err)
	require.Len(t, out, 3) // and the receipt
	require.Equal(t, "as-ubl", out[0].Topic)
	require.Contains(t, string(out[0].Value), "<Invoice ")
	require.Equal(t, `["/salesOrderReference"]`, header(out[0], HeaderNotCarried))
	require.Equal(t, "application/xml", header(out[0], "content-type"))
	require.Empty(t, header(out[0], "ce_dataschema"))
	require.Equal(t, "as-cii", out[1].Topic)
	require.Contains(t, string(out[1].Value), "<ram:SellerOrderReferencedDocument>")
	require.Empty(t, header(out[1], HeaderNotCarried))
}

// Where a message goes, under which key and which id.
func TestOutputs(t *testing.T) {
	invoice, split := example(t, "ubl-invoice.xml"), twoContracts(t)
	withKey := func(m Message) Message {
		m.Key = []byte("incoming")
		return m
	}
	withEvent := func(m Message) Message {
		m.Headers = []event.Header{
			{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte("id-7")}, {Key: "ce_source", Value: []byte("urn:sender")},
			{Key: "ce_type", Value: []byte("fr.example.facture.deposee.v1")}, {Key: "ce_subject", Value: []byte("theirs")}, {Key: "ce_mandant", Value: []byte("x")},
			{Key: "traceparent", Value: []byte("00-1")},
		}
		return m
	}
	const buyer = "21350238800019"
	tests := []struct {
		name string
		p    *Pipeline
		m    Message
		want []string // topic, key, id, subject
	}{
		{"a null key stays null", newPipeline(t), received("suppliers", invoice), []string{
			"invoicing null suppliers-2-40 902100452/2026/FA-2026-0418", "archive null suppliers-2-40 902100452/2026/FA-2026-0418", "receipts null suppliers-2-40#receipt suppliers-2-40",
		}},
		{"the incoming key is kept", newPipeline(t), withKey(received("suppliers", invoice)), []string{
			"invoicing incoming suppliers-2-40 902100452/2026/FA-2026-0418", "archive incoming suppliers-2-40 902100452/2026/FA-2026-0418", "receipts incoming suppliers-2-40#receipt suppliers-2-40",
		}},
		{"the event's own id and subject are kept", newPipeline(t), withEvent(withKey(received("suppliers", invoice))), []string{
			"invoicing incoming id-7 theirs", "archive incoming id-7 theirs", "receipts incoming id-7#receipt id-7",
		}},
		{"a split file: parts under their keys, the original once", newPipeline(t), withKey(received("buyers", split)), []string{
			"archive " + buyer + "/2026ECOLE07L1 buyers-2-40#1 " + buyer + "/2026ECOLE07L1", "archive incoming buyers-2-40 ",
			"archive " + buyer + "/2026ECOLE07L2 buyers-2-40#2 " + buyer + "/2026ECOLE07L2", "receipts incoming buyers-2-40#receipt buyers-2-40",
		}},
		{"a split file without key: the original under that of the whole", newPipeline(t), received("buyers", split), []string{
			"archive " + buyer + "/2026ECOLE07L1 buyers-2-40#1 " + buyer + "/2026ECOLE07L1", "archive " + buyer + " buyers-2-40 ",
			"archive " + buyer + "/2026ECOLE07L2 buyers-2-40#2 " + buyer + "/2026ECOLE07L2", "receipts null buyers-2-40#receipt buyers-2-40",
		}},
		{"the key of the route", newPipeline(t, twoForms), withKey(received("suppliers", invoice)), []string{
			"both route key suppliers-2-40 902100452/2026/FA-2026-0418", "both route key suppliers-2-40 902100452/2026/FA-2026-0418", "second route key suppliers-2-40 902100452/2026/FA-2026-0418", "receipts incoming suppliers-2-40#receipt suppliers-2-40",
		}},
		{"the key of a destination, which the others do not have", newPipeline(t, ownKey), withKey(received("suppliers", invoice)), []string{
			"both route key suppliers-2-40 902100452/2026/FA-2026-0418", "own own key suppliers-2-40 902100452/2026/FA-2026-0418", "originals own key suppliers-2-40 902100452/2026/FA-2026-0418", "receipts incoming suppliers-2-40#receipt suppliers-2-40",
		}},
		{"the key of the route over a split file: the original has the file's", newPipeline(t, twoForms), withKey(received("buyers", split)), []string{
			"both route key buyers-2-40#1 " + buyer + "/2026ECOLE07L1", "both incoming buyers-2-40 ", "second incoming buyers-2-40 ",
			"both route key buyers-2-40#2 " + buyer + "/2026ECOLE07L2", "receipts incoming buyers-2-40#receipt buyers-2-40",
		}},
		{"a refused message", newPipeline(t), withKey(received("suppliers", []byte("?"))), []string{
			"dead-letter incoming  ", "receipts incoming suppliers-2-40#receipt suppliers-2-40",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range outputsOf(t, tt.p, tt.m) {
				got = append(got, fmt.Sprintf("%s %s %s %s", r.Topic, key(r), header(r, "ce_id"), header(r, "ce_subject")))
				for _, h := range tt.m.Headers {
					// The receipt is an event of its own: the sender's extensions are not said of it.
					if h.Key == "traceparent" || h.Key == "ce_mandant" && r.Topic != "receipts" {
						assert.Equal(t, string(h.Value), header(r, h.Key), "%s to %s", h.Key, r.Topic)
					}
				}
			}
			assert.Equal(t, tt.want, got)
			assert.Equal(t, outputsOf(t, tt.p, tt.m), outputsOf(t, tt.p, tt.m), "a repeat has the same outputs")
		})
	}
}

// TestOutputsWithoutKeyKeepTheirOrder: deliveries, dead letters and receipts of a message without key name the partition
// that it came from; those with a key need no other place.
func TestOutputsWithoutKeyKeepTheirOrder(t *testing.T) {
	p := newPipeline(t)
	for _, value := range [][]byte{example(t, "ubl-invoice.xml"), []byte("?"), twoContracts(t)} {
		topic := "suppliers"
		for _, r := range outputsOf(t, p, received(topic, value)) {
			want := topic + "/2"
			if r.Key != nil {
				want = ""
			}
			assert.Equal(t, want, r.OrderBy, "%s %s", r.Topic, key(r))
		}
		m := received(topic, value)
		m.Key = []byte{}
		for _, r := range outputsOf(t, p, m) {
			assert.Empty(t, r.OrderBy, "%s %s", r.Topic, key(r))
		}
	}
}

// Every receipt is valid and says the same as the verdict, however many violations there are.
func TestReceipt(t *testing.T) {
	p := newPipeline(t)
	schema, err := schemas.Receipt()
	require.NoError(t, err)
	many := strings.Replace(string(example(t, "ubl-invoice.xml")), "</Invoice>", strings.Repeat(`<cac:InvoiceLine><cbc:ID>9</cbc:ID></cac:InvoiceLine>`, 400)+"</Invoice>", 1)
	tests := []struct {
		name, topic string
		value       []byte
		status      string
	}{
		{"accepted", "suppliers", example(t, "ubl-invoice.xml"), "accepted"},
		{"split", "buyers", twoContracts(t), "accepted"},
		{"not recognised", "suppliers", nil, "rejected"},
		{"refused by rules", "suppliers", example(t, "broken-totals.xml"), "rejected"},
		{"refused by no route", "buyers", example(t, "ubl-invoice.xml"), "rejected"},
		{"a thousand faults", "suppliers", []byte(many), "rejected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := received(tt.topic, tt.value)
			outputs := outputsOf(t, p, m)
			r := outputs[len(outputs)-1]
			require.Equal(t, "receipts", r.Topic)
			doc, fault := jsondoc.Parse(r.Value)
			require.Nil(t, fault)
			assert.Empty(t, schema.Validate(doc))
			get := func(name string) string { return doc.Root().Get(name).Text() }
			assert.Equal(t, tt.status, get("status"))
			assert.Equal(t, tt.topic, get("topic"))
			assert.Equal(t, "2", get("partition"))
			assert.Equal(t, "40", get("offset"))
			assert.Equal(t, noon.Format(time.RFC3339), get("time"))
			assert.Less(t, len(r.Value), 1<<20, "a receipt fits any topic")
		})
	}
}

func TestNoReceipts(t *testing.T) {
	p := newPipeline(t)
	f := newFlow(p, nil)
	f.receipts = ""
	m := received("suppliers", example(t, "ubl-invoice.xml"))
	out, err := f.outputs(nil, m, p.Judge(m))
	require.NoError(t, err)
	assert.Len(t, out, 2)
}

// The documents of a settled message are gone, and their memory belongs to later ones; its outputs stay what they were.
func TestOutputsOutliveTheirDocuments(t *testing.T) {
	p := newPipeline(t)
	f := newFlow(p, nil)
	var want []kafka.Record
	var got work
	for _, file := range []string{"ubl-invoice.xml", "cii-invoice.xml", "decp-contract.json", "broken-decp-siret.json", "ubl-invoice.xml"} {
		m := received("suppliers", example(t, file))
		var err error
		want, err = f.outputs(want, m, p.Judge(m))
		require.NoError(t, err)
		require.NoError(t, f.settle(t.Context(), &got, m))
	}
	assert.Equal(t, want, got.outputs)
}

// batch is three messages with their outputs.
func batch(t *testing.T, f *Flow) work {
	t.Helper()
	var w work
	for i := range int64(3) {
		m := received("suppliers", example(t, "ubl-invoice.xml"))
		w.records = append(w.records, kafka.Record{Topic: m.Topic, Partition: m.Partition, Offset: i, Time: m.Time, Value: m.Value})
		require.NoError(t, f.settle(t.Context(), &w, messageOf(&w.records[i])))
		w.ends = append(w.ends, len(w.outputs))
	}
	return w
}

// An output that its topic does not take makes a dead letter of its message; the others are left alone.
func TestPublishOversized(t *testing.T) {
	to := &publisher{answer: func(call int, records []kafka.Record) error {
		if call > 0 {
			return nil
		}
		large := &kafka.RecordTooLargeError{Topic: "invoicing", Size: 2_000_000}
		return &kafka.ProduceError{Total: len(records), Failed: []kafka.RecordError{{Index: 3, Err: large}, {Index: 4, Err: large}}}
	}}
	f := newFlow(newPipeline(t), to)
	w := batch(t, f)
	require.Equal(t, "invoicing", w.outputs[3].Topic, "the first output of the second message")
	require.NoError(t, f.publish(t.Context(), w))
	require.Len(t, to.calls, 2)
	letters := to.calls[1]
	require.Len(t, letters, 2, "one dead letter and its receipt, however many outputs failed")
	letter, receipt := letters[0], letters[1]
	assert.Equal(t, "dead-letter", letter.Topic)
	assert.Equal(t, "output_too_large", header(letter, "passerelle-code"))
	assert.Equal(t, "1", header(letter, "passerelle-source-offset"))
	assert.Equal(t, "supplier-invoices", header(letter, "passerelle-route"))
	assert.Equal(t, example(t, "ubl-invoice.xml"), letter.Value)
	assert.Contains(t, header(letter, "passerelle-violations"), "2000000")
	assert.Contains(t, string(receipt.Value), `"status":"rejected"`)
}

// Exactly once, what was published beside the output that is too large has to be taken back: the batch fails, and the
// message is a dead letter when it comes again, however often.
func TestPublishOversizedExactlyOnce(t *testing.T) {
	large := &kafka.RecordTooLargeError{Topic: "invoicing", Size: 2_000_000}
	to := &publisher{answer: func(int, []kafka.Record) error {
		return &kafka.ProduceError{Total: 9, Failed: []kafka.RecordError{{Index: 3, Err: large}, {Index: 4, Err: large}}}
	}}
	f := NewFlow(newPipeline(t), to, FlowConfig{Receipts: "receipts", DeadLetters: "dead-letter", Now: func() time.Time { return noon }, ExactlyOnce: true})
	w := batch(t, f)
	require.Error(t, f.publish(t.Context(), w))
	require.Len(t, to.calls, 1, "no dead letter beside what has to be taken back")
	for range 2 {
		again := batch(t, f).outputs
		require.Len(t, again, len(w.outputs)-1, "a dead letter and a receipt instead of two deliveries and a receipt")
		assert.Equal(t, "dead-letter", again[3].Topic)
		assert.Equal(t, "output_too_large", header(again[3], "passerelle-code"))
		assert.Equal(t, "1", header(again[3], "passerelle-source-offset"))
	}
}

// Whatever else fails is not the document's fault: the batch comes again, and nothing is refused in its stead.
func TestPublishFailure(t *testing.T) {
	broken := errors.New("no broker")
	large := &kafka.RecordTooLargeError{Topic: "dead-letter", Size: 40_000_000}
	tests := []struct {
		name   string
		first  error
		second error
		calls  int
	}{
		{"no broker", broken, nil, 1},
		{"one record not acknowledged", &kafka.ProduceError{Total: 9, Failed: []kafka.RecordError{{Index: 2, Err: broken}}}, nil, 1},
		{"one too large and one not acknowledged", &kafka.ProduceError{Total: 9, Failed: []kafka.RecordError{{Index: 0, Err: &kafka.RecordTooLargeError{Topic: "invoicing"}}, {Index: 5, Err: broken}}}, nil, 1},
		{"the dead letter is not acknowledged", &kafka.ProduceError{Total: 9, Failed: []kafka.RecordError{{Index: 0, Err: &kafka.RecordTooLargeError{Topic: "invoicing"}}}}, broken, 2},
		{"the dead letter is too large", &kafka.ProduceError{Total: 9, Failed: []kafka.RecordError{{Index: 0, Err: &kafka.RecordTooLargeError{Topic: "invoicing"}}}}, &kafka.ProduceError{Total: 2, Failed: []kafka.RecordError{{Index: 0, Err: large}}}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to := &publisher{answer: func(call int, _ []kafka.Record) error {
				if call == 0 {
					return tt.first
				}
				return tt.second
			}}
			f := newFlow(newPipeline(t), to)
			w := batch(t, f)
			require.Error(t, f.publish(t.Context(), w))
			assert.Len(t, to.calls, tt.calls)
		})
	}
}

// The handler takes batches of a lane, publishes the outputs in the order of the inputs, and after a failure gets the
// same batch again, before anything that comes later.
func TestHandle(t *testing.T) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "suppliers"))
	require.NoError(t, err)
	defer broker.Close()
	cluster, err := kafka.NewCluster(kafka.Config{Brokers: broker.ListenAddrs()})
	require.NoError(t, err)
	defer func() { require.NoError(t, cluster.Close()) }()
	producer := cluster.NewPublisher(kafka.PublisherConfig{})
	defer func() { require.NoError(t, producer.Close()) }()
	const n = 150
	invoice := example(t, "ubl-invoice.xml")
	var inputs []kafka.Record
	for i := range n {
		value := invoice
		if i%7 == 3 {
			value = []byte("?")
		}
		inputs = append(inputs, kafka.Record{Topic: "suppliers", Key: []byte("k"), Value: value})
	}
	require.NoError(t, producer.Produce(t.Context(), inputs))

	enough := make(chan struct{})
	handled := 0
	to := &publisher{}
	to.answer = func(call int, records []kafka.Record) error {
		if call%3 == 1 {
			return errors.New("no broker for a moment")
		}
		for _, r := range records {
			if r.Topic == "receipts" {
				handled++
			}
		}
		if handled == n {
			close(enough)
		}
		return nil
	}
	subscriber, err := cluster.NewSubscriber(kafka.SubscriberConfig{Group: "g", BatchSize: 64})
	require.NoError(t, err)
	flow := newFlow(newPipeline(t), to)
	router, err := NewRouter(flow.log)
	require.NoError(t, err)
	router.Add("suppliers", subscriber, flow)
	served := make(chan error, 1)
	go func() { served <- router.Run(t.Context()) }()
	select {
	case <-enough:
	case <-time.After(30 * time.Second):
		t.Error("not everything was handled")
	}
	require.NoError(t, router.Close())
	require.NoError(t, <-served)
	require.NoError(t, subscriber.Close())

	var order []string
	failures := 0
	for i, call := range to.calls {
		if i%3 == 1 {
			failures++
			require.Greater(t, len(to.calls), i+1)
			assert.Equal(t, ids(call), ids(to.calls[i+1]), "what failed comes again at once")
			continue
		}
		order = append(order, ids(call)...)
	}
	assert.NotZero(t, failures)
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("suppliers-0-%d", i))
	}
	assert.Equal(t, want, order)
	assert.Less(t, len(to.calls), n, "batches")
}

// ids names the messages that the receipts of a call answer, in order.
func ids(records []kafka.Record) []string {
	var out []string
	for _, r := range records {
		if r.Topic == "receipts" {
			out = append(out, header(r, "ce_subject"))
		}
	}
	return out
}

// A panic outside of the verdict is a failure to publish: nothing is acknowledged.
func TestPanicWhilePublishing(t *testing.T) {
	_, err := recoverer(func(*message.Message) ([]*message.Message, error) { panic("fault") })(nil)
	require.ErrorContains(t, err, "panic while publishing: fault")
}
