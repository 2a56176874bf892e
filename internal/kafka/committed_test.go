package kafka

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestReadCommitted interleaves committed, aborted and plain batches of several producers, by an independent client,
// and compares with an independent read_committed consumer.
func TestReadCommitted(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 2)
	var txns []*kgo.Client
	for i := range 3 {
		txns = append(txns, kgoClient(t, fake, kgo.TransactionalID(fmt.Sprint("txn-", i)), kgo.DefaultProduceTopic("in"),
			kgo.RecordPartitioner(kgo.ManualPartitioner())))
	}
	plain := kgoClient(t, fake, kgo.DefaultProduceTopic("in"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	produce := func(cl *kgo.Client, value string) {
		for p := range int32(2) {
			require.NoError(t, cl.ProduceSync(t.Context(), &kgo.Record{Partition: p, Value: []byte(value)}).FirstErr())
		}
	}
	want := 0
	for round := range 30 {
		for _, cl := range txns {
			require.NoError(t, cl.BeginTransaction())
		}
		for step := range 3 {
			for i, cl := range txns {
				produce(cl, fmt.Sprintf("txn %d round %d step %d", i, round, step))
			}
			produce(plain, fmt.Sprintf("plain round %d step %d", round, step))
			want += 2
		}
		for i, cl := range txns {
			how := kgo.TryAbort
			if (round+i)%3 == 0 {
				how = kgo.TryCommit
				want += 6
			}
			require.NoError(t, cl.EndTransaction(t.Context(), how))
		}
	}
	// An open transaction holds back what comes after it.
	require.NoError(t, txns[0].BeginTransaction())
	produce(txns[0], "open")
	produce(plain, "behind an open transaction")

	place := func(p int32, o int64, v []byte) string { return fmt.Sprint(p, "/", o, ": ", string(v)) }
	var got, independent []string
	for _, r := range readAll(t, c, "in") {
		got = append(got, place(r.Partition, r.Offset, r.Value))
	}
	for _, r := range kgoReadAll(t, fake, c, "in") {
		independent = append(independent, place(r.Partition, r.Offset, r.Value))
	}
	require.Len(t, got, want)
	require.ElementsMatch(t, independent, got)

	// Our group reads the same, and commits past the control records at the end.
	require.NoError(t, txns[0].EndTransaction(t.Context(), kgo.TryAbort))
	sub := newSubscriber(t, c, SubscriberConfig{Group: "g", BatchSize: 64})
	msgs := subscribe(t, sub, "in")
	n := 0
	for n < want+2 {
		msg := receive(t, msgs)
		n += len(Records(msg))
		for _, r := range Records(msg) {
			require.NotContains(t, string(r.Value), "open transaction and more")
			require.NotEqual(t, "open", string(r.Value))
		}
		msg.Ack()
	}
	require.Equal(t, want+2, n)
	require.NoError(t, sub.Close())
	ends, err := c.Offsets(t.Context(), "in")
	require.NoError(t, err)
	at, err := c.committedOffsets(t.Context(), "g", "in", []int32{0, 1})
	require.NoError(t, err)
	require.Equal(t, map[int32]int64{0: ends[0].Last, 1: ends[1].Last}, at)
}

// TestAbortFilter covers the order in which lists may come and a transaction whose data compaction removed.
func TestAbortFilter(t *testing.T) {
	marker := func(producer, offset int64, kind byte) []byte {
		raw := appendBatch(nil, []*Record{{Key: []byte{0, 0, 0, kind}, Value: make([]byte, 6)}},
			producerState{id: producer, epoch: 0, seq: -1}, attrControl|attrTransactional, someTime)
		return atOffset(raw, offset)
	}
	data := func(producer, offset int64, v string) []byte {
		return atOffset(appendBatch(nil, []*Record{{Value: []byte(v)}}, producerState{id: producer}, attrTransactional, someTime), offset)
	}
	var raw []byte
	for _, b := range [][]byte{
		data(1, 0, "aborted 1"), data(2, 1, "committed"), marker(1, 2, 0), data(1, 3, "kept"), marker(1, 4, 1),
		marker(2, 5, 1), data(2, 6, "aborted 2"), data(3, 7, "kept too"), marker(2, 8, 0), marker(3, 9, 1), marker(4, 10, 0), data(4, 11, "last"),
	} {
		raw = append(raw, b...)
	}
	f := fetched{raw: raw, aborted: []aborted{{4, 10}, {2, 6}, {1, 0}}}
	recs, next, err := f.records(0, partitionBytes)
	require.NoError(t, err)
	require.EqualValues(t, 12, next)
	var got []string
	for _, r := range recs {
		got = append(got, string(r.Value))
	}
	require.Equal(t, []string{"committed", "kept", "kept too", "last"}, got)
}

func atOffset(batch []byte, offset int64) []byte {
	w := &writer{}
	w.int64(offset)
	copy(batch, w.b)
	return batch
}

// TestConsumeStops covers the ends of Consume: the caller's error, the end of the log, the context, a missing topic.
func TestConsumeStops(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 2)
	p := newPublisher(t, c, PublisherConfig{})
	require.NoError(t, c.Consume(t.Context(), ConsumeOptions{Topics: []string{"in"}, ToEnd: true}, nil), "nothing to read")
	for i := range 10 {
		require.NoError(t, p.Produce(t.Context(), []Record{{Topic: "in", Key: key(i), Value: key(i)}}))
	}
	boom := fmt.Errorf("boom")
	n := 0
	require.ErrorIs(t, c.Consume(t.Context(), ConsumeOptions{Topics: []string{"in"}}, func(Record) error {
		n++
		return boom
	}), boom)
	require.Equal(t, 1, n, "nothing is handed out after an error")

	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	require.NoError(t, c.Consume(ctx, ConsumeOptions{Topics: []string{"in"}}, func(Record) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	}))
	require.Equal(t, 10, n)

	// AtEnd comes once, behind what was there at the call, and what is produced from then on follows.
	ctx, cancel = context.WithCancel(t.Context())
	n, ends := 0, 0
	require.NoError(t, c.Consume(ctx, ConsumeOptions{Topics: []string{"in"}, AtEnd: func() {
		require.Equal(t, 10, n)
		ends++
		require.NoError(t, p.Produce(t.Context(), []Record{{Topic: "in", Value: []byte("later")}}))
	}}, func(Record) error {
		if n++; n == 11 {
			cancel()
		}
		return nil
	}))
	require.Equal(t, 1, ends)

	// Latest reads only what comes after Ready.
	ctx, cancel = context.WithCancel(t.Context())
	var got []string
	require.NoError(t, c.Consume(ctx, ConsumeOptions{Topics: []string{"in"}, From: Latest, Ready: func() {
		require.NoError(t, p.Produce(t.Context(), []Record{{Topic: "in", Value: []byte("new")}}))
	}}, func(r Record) error {
		got = append(got, string(r.Value))
		cancel()
		return nil
	}))
	require.Equal(t, []string{"new"}, got)

	var unknown *UnknownTopicError
	short := withTimeout(t, 300e6)
	require.ErrorAs(t, c.Consume(short, ConsumeOptions{Topics: []string{"nowhere"}}, nil), &unknown)
	require.Equal(t, "nowhere", unknown.Topic)
}
