package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/commande-publique/passerelle/internal/event"
)

func values(recs []Record) []string {
	var out []string
	for _, r := range recs {
		out = append(out, string(r.Value))
	}
	return out
}

// TestLostAnswerIsSettledByRepetition: the batch is written, its answer is lost, the repetition is recognised.
func TestLostAnswerIsSettledByRepetition(t *testing.T) {
	fake := newBroker(t)
	wire := &faults{}
	c := connect(t, fake, func(cfg *Config) { cfg.Dial = wire.dial })
	createTopic(t, c, "out", 1)
	p := newPublisher(t, c, PublisherConfig{})
	produceValues(t, p, "out", nil, "1")
	wire.swallow.Store(3)
	produceValues(t, p, "out", nil, "2")
	require.LessOrEqual(t, wire.swallow.Load(), int64(0), "answers were lost")
	produceValues(t, p, "out", nil, "3")
	require.Equal(t, []string{"1", "2", "3"}, values(readAll(t, c, "out")))
}

// TestUnknownOutcomeNeverReusesASequence: an answer is lost and time runs out. The next batch has as many records as
// the lost one; with the numbers of the lost one the broker would answer "done" and throw it away.
func TestUnknownOutcomeNeverReusesASequence(t *testing.T) {
	fake := newBroker(t)
	wire := &faults{}
	c := connect(t, fake, func(cfg *Config) { cfg.Dial = wire.dial })
	createTopic(t, c, "out", 1)
	p := newPublisher(t, c, PublisherConfig{DeliveryTimeout: 300 * time.Millisecond})
	epochs := watchProduce(fake)
	produceValues(t, p, "out", nil, "1")
	wire.swallow.Store(math.MaxInt32)
	err := p.Produce(t.Context(), []Record{{Topic: "out", Value: []byte("lost answer")}})
	var unknown *UnknownOutcomeError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "out", unknown.Topic)
	wire.swallow.Store(0)
	produceValues(t, p, "out", nil, "2", "3")
	require.Equal(t, []string{"1", "lost answer", "2", "3"}, values(readAll(t, c, "out")))
	var last [2]int32
	for _, e := range epochs() {
		last = e
	}
	require.Equal(t, [2]int32{1, 1}, last, "the third batch after the loss: epoch 1, sequence 1")
}

// watchProduce returns a function that returns epoch and first sequence of every batch that arrived.
func watchProduce(fake *kfake.Cluster) func() [][2]int32 {
	var mu sync.Mutex
	var seen [][2]int32
	fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		for _, t := range req.(*kmsg.ProduceRequest).Topics {
			for _, p := range t.Partitions {
				var b kmsg.RecordBatch
				if b.ReadFrom(p.Records) == nil {
					mu.Lock()
					seen = append(seen, [2]int32{int32(b.ProducerEpoch), b.FirstSequence})
					mu.Unlock()
				}
			}
		}
		return nil, nil, false
	})
	return func() [][2]int32 {
		mu.Lock()
		defer mu.Unlock()
		return append([][2]int32(nil), seen...)
	}
}

// answerProduce makes the broker answer the next n produce requests with the code, without writing.
func answerProduce(fake *kfake.Cluster, n int, code int16) {
	for range n {
		fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
			r := req.(*kmsg.ProduceRequest)
			resp := r.ResponseKind().(*kmsg.ProduceResponse)
			for _, t := range r.Topics {
				rt := kmsg.NewProduceResponseTopic()
				rt.Topic = t.Topic
				for _, p := range t.Partitions {
					rp := kmsg.NewProduceResponseTopicPartition()
					rp.Partition, rp.ErrorCode = p.Partition, code
					rt.Partitions = append(rt.Partitions, rp)
				}
				resp.Topics = append(resp.Topics, rt)
			}
			return resp, nil, true
		})
	}
}

func TestProduceCodes(t *testing.T) {
	for _, tc := range []struct {
		code    int16
		times   int
		want    string // of the error, "" for success
		unknown bool
	}{
		{code: 19, times: 2}, // NOT_ENOUGH_REPLICAS
		{code: 6, times: 2},  // NOT_LEADER
		{code: 3, times: 1},  // UNKNOWN_TOPIC_OR_PARTITION
		{code: 2, times: 1},  // CORRUPT_MESSAGE
		{code: 45, times: 1, want: "Out Of Order Sequence", unknown: true},
		{code: 47, times: 1, want: "Invalid Producer Epoch", unknown: true},
		{code: 29, times: 1, want: "Topic Authorization Failed"},
		{code: 87, times: 1, want: "Invalid Record"},
	} {
		t.Run(fmt.Sprint(tc.code), func(t *testing.T) {
			fake := newBroker(t)
			c := connect(t, fake)
			createTopic(t, c, "out", 1)
			p := newPublisher(t, c, PublisherConfig{})
			produceValues(t, p, "out", nil, "before")
			answerProduce(fake, tc.times, tc.code)
			err := p.Produce(t.Context(), []Record{{Topic: "out", Value: []byte("it")}})
			if tc.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tc.want)
				var u *UnknownOutcomeError
				require.Equal(t, tc.unknown, errors.As(err, &u))
			}
			produceValues(t, p, "out", nil, "after")
			got := values(readAll(t, c, "out"))
			require.Equal(t, "before", got[0])
			require.Equal(t, "after", got[len(got)-1])
		})
	}
}

func TestLargeRecords(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "out", 1, "max.message.bytes", "200000")
	createTopic(t, c, "big", 1, "max.message.bytes", "33554432")
	p := newPublisher(t, c, PublisherConfig{MaxRecordBytes: 20 << 20, Compression: map[string]Compression{"out": CompressNone, "big": CompressNone}})
	rec := func(topic string, n int, mark byte) Record {
		v := make([]byte, n)
		v[0] = mark
		return Record{Topic: topic, Key: []byte("k"), Value: v}
	}
	err := p.Produce(t.Context(), []Record{rec("out", 100_000, 'a'), rec("out", 300_000, 'b'), rec("out", 100_000, 'c'), rec("out", 21<<20, 'd')})
	var pe *ProduceError
	require.ErrorAs(t, err, &pe)
	require.Equal(t, 4, pe.Total)
	require.Len(t, pe.Failed, 2, "the records beside the large ones are written")
	var large *RecordTooLargeError
	require.Equal(t, 1, pe.Failed[0].Index)
	require.ErrorAs(t, pe.Failed[0].Err, &large)
	require.Zero(t, large.Limit, "refused by the broker")
	require.Equal(t, 3, pe.Failed[1].Index)
	require.ErrorAs(t, pe.Failed[1].Err, &large)
	require.Equal(t, 20<<20, large.Limit)
	got := readAll(t, c, "out")
	require.Len(t, got, 2)
	require.EqualValues(t, "ac", string(got[0].Value[0])+string(got[1].Value[0]), "in order")

	// 16 MiB is more than a fetch asks for at first.
	require.NoError(t, p.Produce(t.Context(), []Record{rec("big", 16<<20, 'x'), rec("big", 1, 'y')}))
	got = readAll(t, c, "big")
	require.Len(t, got, 2)
	require.Len(t, got[0].Value, 16<<20)
}

// TestLargeRecordHoldsBack: where the caller can only repeat a record that is too large, nothing overtakes it.
func TestLargeRecordHoldsBack(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "letters", 1, "max.message.bytes", "2000")
	p := newPublisher(t, c, PublisherConfig{MaxRecordBytes: 5000, HoldBack: []string{"letters"}})
	rec := func(n int, mark byte) Record {
		v := make([]byte, n)
		v[0] = mark
		return Record{Topic: "letters", Key: []byte("k"), Value: v}
	}
	for _, size := range []int{3000, 6000} { // refused by the broker, and before it is sent
		err := p.Produce(t.Context(), []Record{rec(1, 'a'), rec(size, 'b'), rec(1, 'c')})
		var pe *ProduceError
		require.ErrorAs(t, err, &pe)
		require.Len(t, pe.Failed, 2)
		require.Equal(t, 1, pe.Failed[0].Index)
		require.Equal(t, 2, pe.Failed[1].Index)
	}
	got := readAll(t, c, "letters")
	require.Len(t, got, 2)
	require.EqualValues(t, "aa", string(got[0].Value[0])+string(got[1].Value[0]))
}

// TestFailureHoldsBackWhatFollows: a record that failed must not be overtaken by a later one of the same call.
func TestFailureHoldsBackWhatFollows(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "out", 1)
	p := newPublisher(t, c, PublisherConfig{BatchBytes: 1000})
	produceValues(t, p, "out", nil, "first")
	answerProduce(fake, 1, 29)
	var recs []Record
	for i := range 5 {
		recs = append(recs, Record{Topic: "out", Value: fmt.Appendf(nil, "%d%s", i, strings.Repeat(".", 900))})
	}
	err := p.Produce(t.Context(), recs)
	var pe *ProduceError
	require.ErrorAs(t, err, &pe)
	require.Len(t, pe.Failed, 5)
	require.Len(t, readAll(t, c, "out"), 1)
	require.NoError(t, p.Produce(t.Context(), recs))
	require.Len(t, readAll(t, c, "out"), 6)
}

func TestProduceContextAndClose(t *testing.T) {
	fake := newBroker(t)
	wire := &faults{}
	c := connect(t, fake, func(cfg *Config) { cfg.Dial = wire.dial })
	createTopic(t, c, "out", 1)
	p := newPublisher(t, c, PublisherConfig{DeliveryTimeout: time.Second})
	require.NoError(t, p.Produce(t.Context(), nil))
	wire.swallow.Store(math.MaxInt32)
	require.ErrorIs(t, p.Produce(withTimeout(t, 50*time.Millisecond), []Record{{Topic: "out", Value: []byte("x")}}), context.DeadlineExceeded)
	wire.swallow.Store(0)
	require.NoError(t, p.Close())
	require.NoError(t, p.Close())
	require.ErrorIs(t, p.Produce(t.Context(), []Record{{Topic: "out", Value: []byte("y")}}), ErrClosed)
	require.Equal(t, []string{"x"}, values(readAll(t, c, "out")))

	var unknown *UnknownTopicError
	p = newPublisher(t, c, PublisherConfig{})
	require.ErrorAs(t, p.Produce(withTimeout(t, 300*time.Millisecond), []Record{{Topic: "nowhere"}}), &unknown)
}

// TestGroupCommit: many small calls at once travel in few requests.
func TestGroupCommit(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "out", 2)
	var requests atomic.Int64
	fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		requests.Add(1)
		return nil, nil, false
	})
	p := newPublisher(t, c, PublisherConfig{})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			for j := range 10 {
				err := p.Produce(t.Context(), []Record{{Topic: "out", Key: key(i), Value: fmt.Append(nil, j), Headers: []event.Header{{Key: "h"}}}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := readAll(t, c, "out")
	require.Len(t, got, 2000)
	require.Less(t, requests.Load(), int64(1000))
	next := map[string]int{}
	for _, r := range got {
		require.Equal(t, fmt.Sprint(next[string(r.Key)]), string(r.Value))
		next[string(r.Key)]++
	}
}

// TestSequenceWrap: a new epoch begins before the numbers wrap, which Kafka and kfake count differently.
// TestWeigh: only records that queued up fast announce more, and what comes after the answer decides nothing.
func TestWeigh(t *testing.T) {
	for name, tc := range map[string]struct {
		records int
		took    time.Duration
		want    bool
	}{
		"few":              {gatherFrom - 1, 0, false},
		"many":             {gatherFrom, gatherFrom * gatherEach, true},
		"behind a hiccup":  {gatherFrom, gatherFrom*gatherEach + 1, false},
		"nothing had come": {0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			sent := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
			b := &outBroker{sent: sent, answered: sent.Add(tc.took), fresh: true}
			b.weigh(tc.records)
			require.Equal(t, tc.want, b.gathers)
			b.weigh(10 * gatherFrom)
			require.Equal(t, tc.want, b.gathers)
		})
	}
}

// TestGather: a request waits for more records only when many had queued at the answer of the one before.
func TestGather(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	part := func(records int, came time.Duration) *outPart {
		return &outPart{queue: make([]*item, records), came: now.Add(-came)}
	}
	repeated := part(20, time.Millisecond)
	repeated.batch = &outBatch{}
	for name, tc := range map[string]struct {
		gathers  bool
		answered time.Duration // ago
		parts    []*outPart
		want     time.Duration
	}{
		"few had queued":              {false, 0, []*outPart{part(5, 0)}, 0},
		"many had queued":             {true, time.Millisecond, []*outPart{part(20, time.Millisecond), part(1, 0)}, gatherQuiet},
		"nobody comes any more":       {true, 5 * time.Millisecond, []*outPart{part(20, gatherQuiet)}, 0},
		"long enough":                 {true, gatherLongest, []*outPart{part(20, 0)}, 0},
		"soon long enough":            {true, gatherLongest - time.Millisecond, []*outPart{part(20, 0)}, time.Millisecond},
		"enough":                      {true, 0, []*outPart{part(gatherEnough-20, 0), part(20, 0)}, 0},
		"a batch is to be sent again": {true, 0, []*outPart{part(20, 0), repeated}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := &outBroker{gathers: tc.gathers, answered: now.Add(-tc.answered)}
			require.Equal(t, tc.want, b.gather(tc.parts, now))
		})
	}
}

func TestSequenceWrap(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "out", 1)
	s := newSender(c, PublisherConfig{})
	part := &outPart{tp: topicPartition{"out", 0}, producer: producerState{id: 7, epoch: 3, seq: math.MaxInt32 - 1}}
	part.batch = &outBatch{items: []*item{{rec: &Record{}}}}
	require.NoError(t, s.encode(part, someTime))
	require.Equal(t, producerState{7, 3, math.MaxInt32 - 1}, part.producer, "the last number is still used")
	part.batch = &outBatch{items: []*item{{rec: &Record{}}, {rec: &Record{}}}}
	require.NoError(t, s.encode(part, someTime))
	require.Equal(t, producerState{7, 4, 0}, part.producer)
	require.Equal(t, noProducer, producerState{id: 7, epoch: math.MaxInt16}.next(), "after the last epoch a new id")
	s.cancel()
}

func TestClassify(t *testing.T) {
	for code, want := range map[int16]action{
		0: proceed, 46: proceed, -1: retry, 2: retry, 7: retry, 14: retry, 19: retry, 20: retry, 27: retry, 51: retry, 88: retry,
		3: refresh, 5: refresh, 6: refresh, 15: refresh, 16: refresh, 41: refresh, 56: refresh, 74: refresh,
		22: fence, 25: fence, 45: fence, 47: fence, 48: fence, 49: fence, 59: fence, 90: fence, 10: tooLarge, 18: tooLarge,
		1: fatal, 17: fatal, 29: fatal, 30: fatal, 35: fatal, 87: fatal, 999: fatal,
	} {
		require.Equal(t, want, classify(code), "code %d", code)
	}
}

// TestMemoryOfRepeatedBatch: the memory of a batch that was sent more than once is not used again when it is written, as a
// connection that was given up may still be sending it.
func TestMemoryOfRepeatedBatch(t *testing.T) {
	s, p := &sender{}, &outPart{batch: &outBatch{bytes: make([]byte, 0, maxBuffer), attempts: 1}}
	batch := p.batch.bytes
	s.settle(p, nil)
	for range 100 { // a pool may hold others
		require.NotSame(t, unsafe.SliceData(batch), unsafe.SliceData(takeBuffer(maxBuffer)))
	}
}
