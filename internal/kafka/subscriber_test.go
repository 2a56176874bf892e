package kafka

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
)

// newSubscriber returns a subscriber that reacts fast.
func newSubscriber(t testing.TB, c *Cluster, cfg SubscriberConfig) *Subscriber {
	t.Helper()
	cfg.HeartbeatInterval = 100 * time.Millisecond
	if cfg.CommitInterval == 0 {
		cfg.CommitInterval = 20 * time.Millisecond
	}
	if cfg.NackBackoff == 0 {
		cfg.NackBackoff = time.Millisecond
	}
	sub, err := c.NewSubscriber(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = sub.Close() })
	return sub
}

func subscribe(t testing.TB, sub *Subscriber, topic string) <-chan *message.Message {
	t.Helper()
	msgs, err := sub.Subscribe(t.Context(), topic)
	require.NoError(t, err)
	return msgs
}

func receive(t testing.TB, msgs <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case msg, ok := <-msgs:
		require.True(t, ok, "the channel was closed")
		return msg
	case <-time.After(20 * time.Second):
		require.Fail(t, "no message within 20 s")
		return nil
	}
}

func silent(t testing.TB, msgs <-chan *message.Message, d time.Duration) {
	t.Helper()
	select {
	case msg, ok := <-msgs:
		require.True(t, ok, "the channel was closed")
		require.Fail(t, "an unexpected message", "%s", Records(msg)[0].Value)
	case <-time.After(d):
	}
}

func produceValues(t testing.TB, p *Publisher, topic string, k []byte, values ...string) {
	t.Helper()
	for _, v := range values {
		require.NoError(t, p.Produce(t.Context(), []Record{{Topic: topic, Key: k, Value: []byte(v)}}))
	}
}

func TestMessageMapping(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 1)
	p := newPublisher(t, c, PublisherConfig{})
	sent := message.NewMessage("the-uuid", []byte("payload"))
	sent.Metadata = message.Metadata{"ce_id": "1", "a": "b", KeyMetadata: "the key"}
	require.NoError(t, p.Publish("in", sent))
	msgs := subscribe(t, newSubscriber(t, c, SubscriberConfig{}), "in")
	got := receive(t, msgs)
	require.True(t, sent.Equals(got))
	recs := Records(got)
	require.Len(t, recs, 1)
	require.Equal(t, []byte("the key"), recs[0].Key)
	require.Len(t, recs[0].Headers, 3, "the key is no header")
	require.Equal(t, uuidHeader, recs[0].Headers[0].Key)
	require.Nil(t, Records(message.NewMessage("", nil)))
	got.Ack()
	<-got.Context().Done()
}

func TestRefusedMessageComesAgainInPlace(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 1)
	p := newPublisher(t, c, PublisherConfig{})
	produceValues(t, p, "in", []byte("k"), "1", "2")
	sub := newSubscriber(t, c, SubscriberConfig{Group: "g"})
	msgs := subscribe(t, sub, "in")
	for range 5 {
		msg := receive(t, msgs)
		require.Equal(t, "1", string(msg.Payload))
		msg.Nack()
	}
	msg := receive(t, msgs)
	require.Equal(t, "1", string(msg.Payload))
	silent(t, msgs, 50*time.Millisecond)
	msg.Ack()
	msg = receive(t, msgs)
	require.Equal(t, "2", string(msg.Payload))
	msg.Ack()
}

// TestCommitIsContiguous: what is done behind a record that is not is repeated after a restart; nothing is lost.
func TestCommitIsContiguous(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 1)
	p := newPublisher(t, c, PublisherConfig{})
	for i := range 20 {
		produceValues(t, p, "in", key(i), fmt.Sprint(i))
	}
	cfg := SubscriberConfig{Group: "g", Lanes: 64, DrainTimeout: 100 * time.Millisecond}
	sub := newSubscriber(t, c, cfg)
	msgs := subscribe(t, sub, "in")
	done := make(chan struct{})
	go func() { // a busy machine may lose the membership for a moment: what comes twice is acknowledged twice
		defer close(done)
		for msg := range msgs {
			if Records(msg)[0].Offset != 7 {
				msg.Ack()
			}
		}
	}()
	require.Eventually(t, func() bool {
		st := sub.Status()
		behind := 0 // those that wait in the lane of the one that is held
		for i := 8; i < 20; i++ {
			if laneOf(key(i), cfg.Lanes) == laneOf(key(7), cfg.Lanes) {
				behind++
			}
		}
		return len(st) == 1 && st[0].Committed == 7 && st[0].End == 20 && st[0].Lag() == 13 && st[0].InFlight == 1+behind
	}, time.Minute, 5*time.Millisecond)
	require.NoError(t, sub.Close())
	<-done
	at, err := c.committedOffsets(t.Context(), "g", "in", []int32{0})
	require.NoError(t, err)
	require.Equal(t, map[int32]int64{0: 7}, at)
	offsets, err := kadm.NewClient(kgoClient(t, fake)).FetchOffsets(t.Context(), "g")
	require.NoError(t, err)
	o, _ := offsets.Lookup("in", 0)
	require.EqualValues(t, 7, o.At)
	require.EqualValues(t, -1, o.LeaderEpoch, "0 would make other clients believe that the log was truncated")

	msgs = subscribe(t, newSubscriber(t, c, cfg), "in")
	seen := map[int64]bool{}
	for len(seen) < 13 {
		msg := receive(t, msgs)
		seen[Records(msg)[0].Offset] = true
		msg.Ack()
	}
	for o := int64(7); o < 20; o++ {
		require.True(t, seen[o], "offset %d", o)
	}
}

func TestInFlightIsBounded(t *testing.T) {
	for name, how := range map[string]Compression{"plain": CompressNone, "zstd": CompressZstd} {
		t.Run(name, func(t *testing.T) {
			fake := newBroker(t)
			c := connect(t, fake)
			createTopic(t, c, "in", 1)
			p := newPublisher(t, c, PublisherConfig{Compression: map[string]Compression{"in": how}})
			var recs []Record
			for i := range 3000 {
				recs = append(recs, Record{Topic: "in", Key: key(i), Value: make([]byte, 1000)})
			}
			for i := 0; i < len(recs); i += 10 { // small batches, so that a fetch is not one batch
				require.NoError(t, p.Produce(t.Context(), recs[i:i+10]))
			}
			sub := newSubscriber(t, c, SubscriberConfig{MaxInFlightRecords: 100})
			msgs := subscribe(t, sub, "in")
			first := receive(t, msgs)
			time.Sleep(200 * time.Millisecond)
			inFlight := sub.Status()[0].InFlight
			require.Less(t, inFlight, 100+partitionBytes/1000, "the bound and the first fetch, before which nobody knows how large records are")
			first.Ack()
			for range 3000 - 1 {
				receive(t, msgs).Ack()
			}
		})
	}
}

func TestOffsetOutOfRange(t *testing.T) {
	for name, tc := range map[string]struct {
		policy OutOfRange
		want   string // the first value that comes, "" for none
	}{
		"stop": {StopPartition, ""}, "earliest": {ResetToEarliest, "10"}, "latest": {ResetToLatest, "new"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newBroker(t)
			c := connect(t, fake)
			createTopic(t, c, "in", 1)
			p := newPublisher(t, c, PublisherConfig{})
			for i := range 20 {
				produceValues(t, p, "in", []byte("k"), fmt.Sprint(i))
			}
			cfg := SubscriberConfig{Group: "g", OutOfRange: tc.policy}
			sub := newSubscriber(t, c, cfg)
			msgs := subscribe(t, sub, "in")
			for range 3 {
				receive(t, msgs).Ack()
			}
			require.Eventually(t, func() bool {
				at, err := c.committedOffsets(t.Context(), "g", "in", []int32{0})
				return err == nil && at[0] >= 3
			}, 10*time.Second, 10*time.Millisecond)
			require.NoError(t, sub.Close())

			adm := kadm.NewClient(kgoClient(t, fake))
			var to kadm.Offsets
			to.Add(kadm.Offset{Topic: "in", Partition: 0, At: 10})
			_, err := adm.DeleteRecords(t.Context(), to)
			require.NoError(t, err)

			sub = newSubscriber(t, c, cfg)
			msgs = subscribe(t, sub, "in")
			require.Eventually(t, func() bool {
				st := sub.Status()
				return len(st) == 1 && (tc.want != "" && st[0].End >= 0 || st[0].Err != nil)
			}, 10*time.Second, 10*time.Millisecond)
			produceValues(t, p, "in", []byte("k"), "new")
			if tc.want == "" {
				silent(t, msgs, 300*time.Millisecond)
				require.ErrorContains(t, sub.Status()[0].Err, "is not in the log (10 to 20)")
				return
			}
			require.Equal(t, tc.want, string(receive(t, msgs).Payload))
		})
	}
}

func TestStartLatestLosesNothingAfterwards(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 1)
	p := newPublisher(t, c, PublisherConfig{})
	produceValues(t, p, "in", nil, "old")
	cfg := SubscriberConfig{Group: "g", Start: Latest, PartitionWatchInterval: 50 * time.Millisecond}
	sub := newSubscriber(t, c, cfg)
	_ = subscribe(t, sub, "in")
	require.Eventually(t, func() bool { // the position is committed before anything has come
		at, err := c.committedOffsets(t.Context(), "g", "in", []int32{0})
		return err == nil && at[0] == 1
	}, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, sub.Close())
	produceValues(t, p, "in", nil, "while nobody reads")
	sub = newSubscriber(t, c, cfg)
	msgs := subscribe(t, sub, "in")
	msg := receive(t, msgs)
	require.Equal(t, "while nobody reads", string(msg.Payload))
	msg.Ack()

	// New partitions are picked up, from their beginning.
	_, err := kadm.NewClient(kgoClient(t, fake)).CreatePartitions(t.Context(), 3, "in")
	require.NoError(t, err)
	cl := kgoClient(t, fake, manual()...)
	for part := range int32(4) {
		require.NoError(t, cl.ProduceSync(t.Context(), kgoRecord("in", part, fmt.Sprint("p", part))).FirstErr())
	}
	got := map[string]bool{}
	for range 4 {
		msg := receive(t, msgs)
		got[string(msg.Payload)] = true
		msg.Ack()
	}
	require.Equal(t, map[string]bool{"p0": true, "p1": true, "p2": true, "p3": true}, got)
}

func TestSubscribeErrors(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	sub := newSubscriber(t, c, SubscriberConfig{Group: "g"})
	var unknown *UnknownTopicError
	_, err := sub.Subscribe(withTimeout(t, 300*time.Millisecond), "nowhere")
	require.ErrorAs(t, err, &unknown)
	createTopic(t, c, "in", 1)
	require.NoError(t, sub.Close())
	_, err = sub.Subscribe(t.Context(), "in")
	require.ErrorIs(t, err, ErrClosed)
	_, err = c.NewSubscriber(SubscriberConfig{DrainTimeout: 6 * time.Second})
	require.ErrorContains(t, err, "must be over before the session")
	_, err = c.NewSubscriber(SubscriberConfig{Lanes: -1})
	require.Error(t, err)
}

// TestLeavesTheGroup: partitions move at once when a member closes, not at its session's end.
func TestLeavesTheGroup(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 2)
	p := newPublisher(t, c, PublisherConfig{})
	a, b := newSubscriber(t, c, SubscriberConfig{Group: "g"}), newSubscriber(t, c, SubscriberConfig{Group: "g"})
	inA, inB := subscribe(t, a, "in"), subscribe(t, b, "in")
	require.Eventually(t, func() bool { return len(a.Status()) == 1 && len(b.Status()) == 1 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, a.Close())
	_, open := <-inA
	require.False(t, open)
	start := time.Now()
	require.Eventually(t, func() bool { return len(b.Status()) == 2 }, 4*time.Second, 10*time.Millisecond, "sooner than the session of 6 s")
	t.Logf("the other member had the partition after %v", time.Since(start))
	produceValues(t, p, "in", nil, "1", "2")
	receive(t, inB).Ack()
	receive(t, inB).Ack()
}

// TestRouter runs a Watermill router with a batch handler and a publisher that the router closes.
func TestRouter(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 3)
	createTopic(t, c, "out", 3)
	p := newPublisher(t, c, PublisherConfig{})
	var recs []Record
	for i := range 2000 {
		recs = append(recs, Record{Topic: "in", Key: key(i % 50), Value: fmt.Append(nil, i)})
	}
	require.NoError(t, p.Produce(t.Context(), recs))
	router, err := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	require.NoError(t, err)
	sub := newSubscriber(t, c, SubscriberConfig{Group: "g", BatchSize: 64})
	var mu sync.Mutex
	seen, largest := 0, 0
	done := make(chan struct{})
	router.AddHandler("copy", "in", sub, "unused", p.Unclosable(), func(msg *message.Message) ([]*message.Message, error) {
		var out []Record
		for _, r := range Records(msg) {
			out = append(out, Record{Topic: "out", Key: r.Key, Value: r.Value, Headers: r.Headers})
		}
		if err := p.Produce(msg.Context(), out); err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		largest = max(largest, len(out))
		if seen += len(out); seen == 2000 {
			close(done)
		}
		return nil, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- router.Run(ctx) }()
	<-done
	require.NoError(t, router.Close())
	cancel()
	require.NoError(t, <-ran)
	require.Greater(t, largest, 1, "records come in batches")
	next := map[string]int{}
	got := readAll(t, c, "out")
	require.Len(t, got, 2000)
	for _, r := range got {
		k := string(r.Key)
		require.Equal(t, fmt.Sprint(next[k]*50+keyNumber(t, r.Key)), string(r.Value), "order of %s", k)
		next[k]++
	}
	produceValues(t, p, "out", nil, "the router did not close the publisher")
	at, err := c.committedOffsets(t.Context(), "g", "in", []int32{0, 1, 2})
	require.NoError(t, err)
	require.EqualValues(t, 2000, at[0]+at[1]+at[2], "everything is committed at the close")
}

// TestTopicCreatedAgain: a topic that is deleted and created again under the same name, and is longer already than the
// position in the one before, is read from its beginning.
func TestTopicCreatedAgain(t *testing.T) {
	for name, cfg := range map[string]SubscriberConfig{
		"group": {Group: "g"}, "exactly once": {Group: "g", ExactlyOnce: true}, "alone": {}, "latest": {Group: "g", Start: Latest},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newBroker(t)
			c := connect(t, fake)
			createTopic(t, c, "in", 2)
			cfg.PartitionWatchInterval = 50 * time.Millisecond
			sub := newSubscriber(t, c, cfg)
			msgs := subscribe(t, sub, "in")
			require.Eventually(t, func() bool { return len(sub.Status()) == 2 }, 10*time.Second, time.Millisecond)
			produce := func(word string, n int) {
				p := newPublisher(t, connect(t, fake), PublisherConfig{})
				for i := range n {
					produceValues(t, p, "in", key(i), fmt.Sprint(word, i))
				}
			}
			done := func() (n int64) {
				for _, s := range sub.Status() {
					n += s.Committed
				}
				return n
			}
			produce("before ", 20)
			for range 20 {
				receive(t, msgs).Ack()
			}
			require.Eventually(t, func() bool { return done() == 20 }, 10*time.Second, time.Millisecond)

			_, err := kadm.NewClient(kgoClient(t, fake)).DeleteTopics(t.Context(), "in")
			require.NoError(t, err)
			createTopic(t, connect(t, fake), "in", 2)
			produce("after ", 40)
			seen := map[string]bool{}
			for len(seen) < 40 {
				msg := receive(t, msgs)
				seen[string(msg.Payload)] = true
				msg.Ack()
			}
			for i := range 40 {
				require.True(t, seen[fmt.Sprint("after ", i)], i)
			}
			go func() { // what was handed out before the change was noticed comes again
				for msg := range msgs {
					msg.Ack()
				}
			}()
			require.Eventually(t, func() bool { return done() == 40 }, 10*time.Second, time.Millisecond)
		})
	}
}
