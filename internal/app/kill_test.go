package app_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
)

// chains produces the messages of every key in order: the next one of a key is sent once the one before is
// acknowledged, and one whose fate is unknown is sent again. So the log of a key holds its numbers in order of their
// first appearance, whatever happens to the broker.
type chains struct {
	client       *kgo.Client
	template     []byte
	acknowledged atomic.Int64
	retried      atomic.Int64
}

// produce sends the numbers from first to beyond of every key. The channel is closed when all are acknowledged.
func (p *chains) produce(ctx context.Context, keys, first, beyond int) <-chan struct{} {
	done := make(chan struct{})
	var left atomic.Int64
	left.Store(int64(keys))
	var send func(key, number int)
	send = func(key, number int) {
		if number == beyond {
			if left.Add(-1) == 0 {
				close(done)
			}
			return
		}
		value := bytes.Replace(p.template, []byte("@NUMBER@"), fmt.Appendf(nil, "N%05d", number), 1)
		record := &kgo.Record{Topic: "buyers", Key: fmt.Appendf(nil, "key-%03d", key), Value: value}
		p.client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			switch {
			case ctx.Err() != nil: // the test has failed
			case err != nil:
				p.retried.Add(1)
				send(key, number)
			default:
				p.acknowledged.Add(1)
				send(key, number+1)
			}
		})
	}
	for key := range keys {
		send(key, first)
	}
	return done
}

var numberInDocument = regexp.MustCompile(`"id":"N(\d{5})"`)

// TestKill kills the whole process, gateway and broker, ten times (PASSERELLE_KILLS) while messages flow. Every acknowledged message is
// delivered at least once, and the first deliveries of each key come in its order: repeats after a crash may follow,
// but no message ever appears for the first time after a later one of its key.
func TestKill(t *testing.T) {
	t.Parallel()
	keys, perKey, kills, seed := endurance(t, 500, 40, 10)
	total := keys * perKey
	began := time.Now()
	addr := freeAddr(t)
	file := writeConfig(t, addr, "", nil)
	gateway, list := app.Load(file)
	require.Zero(t, list.Len())
	_, verdict := gateway.Judge("buyers", example(t, "decp-contract.json"))
	template := verdict.Parts[0].Doc.AppendJSON(nil)
	template = bytes.Replace(template, []byte(`"id":"2026ECOLE07L1"`), []byte(`"id":"@NUMBER@"`), 1)
	require.Contains(t, string(template), "@NUMBER@")

	process := startChild(t, file)
	defer func() { process.kill() }()
	process.waitReady(t)
	ctx := within(t, time.Hour)
	producer := newClient(t, addr,
		// The log of a broker that was killed decides alone what it has: nothing is remembered across the crash.
		kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.MaxProduceRequestsInflightPerBroker(1),
		kgo.ProducerLinger(0), kgo.MetadataMinAge(50*time.Millisecond), kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
		kgo.RecordRetries(1<<30), kgo.UnknownTopicRetries(-1),
	)
	p := &chains{client: producer, template: template}
	// The moments are random, and the same in every run: after so many acknowledgements of a round, and some time more.
	// A round starts when the one before is acknowledged; the gateway may be far behind.
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range kills {
		before := p.acknowledged.Load()
		done := p.produce(ctx, keys, i*perKey/kills, (i+1)*perKey/kills)
		threshold := before + random.Int64N(int64(total/kills))
		for p.acknowledged.Load() < threshold {
			select {
			case <-ctx.Done():
				require.FailNow(t, "no progress", "%d of %d acknowledged", p.acknowledged.Load(), total)
			case <-process.exited:
				require.FailNow(t, "the gateway ended by itself", process.stderr.String())
			case <-time.After(time.Millisecond):
			}
		}
		if i%2 == 1 { // while the gateway works off what the round left; else in the midst of the producer's work
			select {
			case <-time.After(time.Duration(random.Int64N(int64(300 * time.Millisecond)))):
			case <-ctx.Done():
			}
		}
		t.Logf("kill %d at %v, %d acknowledged", i+1, time.Since(began).Round(time.Millisecond), p.acknowledged.Load())
		process.kill()
		process = startChild(t, file)
		process.waitReady(t)
		select {
		case <-done:
		case <-ctx.Done():
			require.FailNow(t, "not everything was acknowledged", "%d of %d", p.acknowledged.Load(), total)
		}
	}
	require.EqualValues(t, total, p.acknowledged.Load())
	t.Logf("all acknowledged at %v", time.Since(began).Round(time.Millisecond))
	settle(t, kadm.NewClient(producer), gateway)
	t.Logf("all handled at %v", time.Since(began).Round(time.Millisecond))

	check := newDeliveries(keys, perKey)
	each(t, addr, gateway.Outputs(), func(r *kgo.Record) { check.add(t, r) })
	check.report(t, p.retried.Load())

	process.stop(t)
}

// The streams that must be complete: a topic and the schema of what lies in it.
const (
	canonicals = "archive urn:passerelle:schema:contract:1"
	originals  = "archive "
	receipts   = "receipts urn:passerelle:schema:receipt:1"
)

// deliveries holds what arrived, stream by stream.
type deliveries struct {
	keys, perKey int
	next         map[string]int             // stream and key -> the number whose first appearance is due
	ids          map[string]map[string]bool // stream -> event ids
	repeats      map[string]int             // of the gateway: the same message once more
	resends      map[string]int             // of the producer: the same number under another message
}

func newDeliveries(keys, perKey int) *deliveries {
	return &deliveries{
		keys: keys, perKey: perKey, next: map[string]int{}, repeats: map[string]int{}, resends: map[string]int{},
		ids: map[string]map[string]bool{canonicals: {}, originals: {}, receipts: {}},
	}
}

func (d *deliveries) add(t *testing.T, r *kgo.Record) {
	t.Helper()
	stream, id := r.Topic+" "+header(t, r, "ce_dataschema"), header(t, r, "ce_id")
	ids := d.ids[stream]
	require.NotNil(t, ids, "nothing belongs there: %s", stream)
	again := ids[id]
	ids[id] = true
	if stream == receipts { // they carry no number: one for each message is enough
		if again {
			d.repeats[stream]++
		}
		return
	}
	found := numberInDocument.FindSubmatch(r.Value)
	require.NotNil(t, found, "a document without number")
	number, _ := strconv.Atoi(string(found[1]))
	key := stream + " " + string(r.Key)
	switch due := d.next[key]; {
	case number == due:
		d.next[key]++
	case number > due:
		assert.Fail(t, "out of order or lost", "%s: %d appears before %d", key, number, due)
		d.next[key] = number + 1
	case again:
		d.repeats[stream]++
	default:
		d.resends[stream]++
	}
}

func (d *deliveries) report(t *testing.T, retried int64) {
	t.Helper()
	t.Logf("%d messages of %d keys; %d had to be sent again", d.keys*d.perKey, d.keys, retried)
	for _, stream := range []string{canonicals, originals} {
		for k := range d.keys {
			key := fmt.Sprintf("%s key-%03d", stream, k)
			assert.Equal(t, d.perKey, d.next[key], "%s: messages delivered", key)
		}
	}
	for stream, ids := range d.ids {
		assert.GreaterOrEqual(t, len(ids), d.keys*d.perKey, stream)
		assert.Len(t, ids, len(d.ids[receipts]), "every message has the same outputs")
		t.Logf("%s: %d messages, %d repeated by the gateway, %d sent twice by the producer", stream, len(ids), d.repeats[stream], d.resends[stream])
	}
}
