package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// eos is a job under exactly once: members copy "in" to "out" and, under the same key, to "receipts".
type eos struct {
	topic   func(string) string // names on a cluster that is used again
	connect func(change ...func(*Config)) *Cluster
	seen    *kfake.Cluster // nil on a real cluster
	read    func(topic string) []*kgo.Record
}

func newEOS(t *testing.T, opts ...kfake.Opt) *eos {
	fake := newBroker(t, append([]kfake.Opt{kfake.NumBrokers(3)}, opts...)...)
	admin := connect(t, fake)
	return &eos{
		topic:   func(s string) string { return s },
		connect: func(change ...func(*Config)) *Cluster { return connect(t, fake, change...) },
		seen:    fake,
		read:    func(topic string) []*kgo.Record { return kgoReadAll(t, fake, admin, topic) },
	}
}

func exactlyOnce(group string) SubscriberConfig {
	return SubscriberConfig{Group: group, BatchSize: 16, Lanes: 8, ExactlyOnce: true, DrainTimeout: time.Second, CommitTimeout: 2 * time.Second}
}

// eosMember is one gateway: connections, subscriber and publisher of its own.
type eosMember struct {
	sub  *Subscriber
	pub  *Publisher
	wire *severed
	wg   sync.WaitGroup
}

// severed dials connections that can all be cut at once, as the death of a process cuts them; no new ones are made.
type severed struct {
	mu      sync.Mutex
	conns   []net.Conn
	joining sync.WaitGroup
	cut     bool
}

func (s *severed) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut {
		_ = c.Close()
		return nil, io.ErrClosedPipe
	}
	s.conns = append(s.conns, c)
	return &severedConn{Conn: c, of: s}, nil
}

// die does not come while a JoinGroup waits for its answer: kfake gives a member that is gone by then no session that
// could time out, and its partitions would wait for ever. A real Kafka does; there processes are killed at any moment.
func (s *severed) die() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joining.Wait()
	s.cut = true
	for _, c := range s.conns {
		_ = c.Close()
	}
}

type severedConn struct {
	net.Conn
	of      *severed
	joining bool
}

func (c *severedConn) Write(b []byte) (int, error) {
	if len(b) > 6 && binary.BigEndian.Uint16(b[4:]) == uint16(kmsg.JoinGroup) {
		c.of.mu.Lock()
		c.of.joining.Add(1)
		c.of.mu.Unlock()
		c.joining = true
	}
	return c.Conn.Write(b)
}

func (c *severedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.joining {
		c.joining = false
		c.of.joining.Done()
	}
	return n, err
}

// member starts one. before is called for each message ahead of its outputs, and may refuse it.
func (e *eos) member(t *testing.T, cfg SubscriberConfig, before func(msg *message.Message) error) *eosMember {
	t.Helper()
	m := &eosMember{wire: &severed{}}
	c := e.connect(func(cfg *Config) { cfg.Dial = m.wire.dial })
	m.sub, m.pub = newSubscriber(t, c, cfg), newPublisher(t, c, PublisherConfig{DeliveryTimeout: 5 * time.Second})
	msgs, err := m.sub.Subscribe(context.Background(), e.topic("in"))
	require.NoError(t, err)
	m.wg.Go(func() {
		for msg := range msgs {
			m.wg.Go(func() {
				var out []Record
				for _, r := range Records(msg) {
					out = append(out, Record{Topic: e.topic("out"), Key: r.Key, Value: r.Value}, Record{Topic: e.topic("receipts"), Key: r.Key, Value: r.Value})
				}
				if before != nil {
					if before(msg) != nil {
						msg.Nack()
						return
					}
				}
				if m.pub.Produce(msg.Context(), out) != nil {
					msg.Nack()
					return
				}
				msg.Ack()
			})
		}
	})
	return m
}

func (m *eosMember) stop(t *testing.T) {
	require.NoError(t, m.sub.Close())
	m.wg.Wait()
}

// feed produces n numbered records of each key, in order.
func (e *eos) feed(t *testing.T, keys, from, to int) {
	p := newPublisher(t, e.connect(), PublisherConfig{})
	for n := from; n < to; n++ {
		recs := make([]Record, keys)
		for k := range recs {
			recs[k] = Record{Topic: e.topic("in"), Key: key(k), Value: fmt.Append(nil, n)}
		}
		require.NoError(t, p.Produce(t.Context(), recs))
	}
}

// caughtUp waits until the group has committed everything.
func (e *eos) caughtUp(t *testing.T, group string) {
	t.Helper()
	c := e.connect()
	ends, err := c.Offsets(t.Context(), e.topic("in"))
	require.NoError(t, err)
	want, all := map[int32]int64{}, []int32(nil)
	for p, o := range ends {
		want[int32(p)], all = o.Last, append(all, int32(p))
	}
	require.Eventually(t, func() bool {
		at, err := c.committedOffsets(t.Context(), group, e.topic("in"), all)
		if err != nil {
			return false
		}
		for p, o := range want {
			if at[p] != o {
				return false
			}
		}
		return true
	}, time.Minute, 10*time.Millisecond, "everything is committed")
}

// check reads the outputs as an independent read_committed consumer: every record exactly once, in order for each key.
func (e *eos) check(t *testing.T, keys, perKey int) {
	t.Helper()
	for _, topic := range []string{"out", "receipts"} {
		next := map[string]int{}
		duplicates, disorder := 0, 0
		for _, r := range e.read(e.topic(topic)) {
			var n int
			_, err := fmt.Sscan(string(r.Value), &n)
			require.NoError(t, err)
			switch k := string(r.Key); {
			case n == next[k]:
				next[k]++
			case n < next[k]:
				duplicates++
			default:
				disorder++
				next[k] = n + 1
			}
		}
		lost := 0
		for k := range keys {
			lost += perKey - next[string(key(k))]
		}
		t.Logf("%s: %d records: %d lost, %d duplicates, %d out of order", topic, keys*perKey, lost, duplicates, disorder)
		require.Zero(t, lost)
		require.Zero(t, duplicates)
		require.Zero(t, disorder)
	}
}

func (e *eos) topics(t *testing.T, partitions int) {
	c := e.connect()
	for _, s := range []string{"in", "out", "receipts"} {
		createTopic(t, c, e.topic(s), partitions)
	}
}

func (e *eos) outputs() int { return len(e.read(e.topic("out"))) + len(e.read(e.topic("receipts"))) }

// TestExactlyOnceIsAtomic: outputs of both topics and offsets show together, at the commit.
func TestExactlyOnceIsAtomic(t *testing.T) {
	e := newEOS(t)
	e.topics(t, 2)
	e.feed(t, 10, 0, 3)
	hold, reached := make(chan struct{}), make(chan struct{}, 100)
	var once atomic.Bool
	m := e.member(t, exactlyOnce("g"), func(msg *message.Message) error {
		if once.CompareAndSwap(false, true) { // one message is slow, the others are published
			reached <- struct{}{}
			<-hold
		}
		return nil
	})
	<-reached
	time.Sleep(200 * time.Millisecond) // ten commit intervals
	require.Zero(t, e.outputs(), "nothing shows while a message of the transaction is at work")
	at, err := e.connect().committedOffsets(t.Context(), "g", "in", []int32{0, 1})
	require.NoError(t, err)
	require.Empty(t, at)
	close(hold)
	e.caughtUp(t, "g")
	e.check(t, 10, 3)
	m.stop(t)

	_, err = m.sub.c.NewSubscriber(SubscriberConfig{ExactlyOnce: true})
	require.ErrorContains(t, err, "needs a consumer group")
}

// TestExactlyOnceRefusal: a refused message takes the whole transaction with it; all of it comes again.
func TestExactlyOnceRefusal(t *testing.T) {
	e := newEOS(t)
	e.topics(t, 2)
	var refusals atomic.Int64
	m := e.member(t, exactlyOnce("g"), func(msg *message.Message) error {
		if rand.IntN(8) == 0 && refusals.Add(1) <= 10 {
			time.Sleep(time.Millisecond) // so that others of the transaction have been written
			return errors.New("refused")
		}
		return nil
	})
	e.feed(t, 20, 0, 50)
	e.caughtUp(t, "g")
	m.stop(t)
	require.GreaterOrEqual(t, refusals.Load(), int64(10))
	e.check(t, 20, 50)
}

// TestExactlyOnceCrash: members die in the midst of transactions, others take over.
func TestExactlyOnceCrash(t *testing.T) {
	e := newEOS(t, kfake.BrokerConfigs(map[string]string{"group.min.session.timeout.ms": "1000"}))
	e.topics(t, 4)
	cfg := exactlyOnce("g")
	cfg.DrainTimeout, cfg.CommitTimeout, cfg.SessionTimeout = 500*time.Millisecond, time.Second, 2*time.Second
	const keys, perKey, deaths = 20, 120, 3
	members := []*eosMember{e.member(t, cfg, nil), e.member(t, cfg, nil)}
	fed := make(chan struct{})
	go func() { defer close(fed); e.feed(t, keys, 0, perKey) }()
	for i := range deaths {
		time.Sleep(150 * time.Millisecond)
		m := members[i]
		m.wire.die()
		defer m.stop(t)
		members = append(members, e.member(t, cfg, nil))
	}
	<-fed
	e.caughtUp(t, "g")
	e.check(t, keys, perKey)
	for _, m := range members[deaths:] {
		m.stop(t)
	}
}

// TestExactlyOnceRebalance: members join and leave under load.
func TestExactlyOnceRebalance(t *testing.T) {
	e := newEOS(t)
	e.topics(t, 6)
	cfg := exactlyOnce("g")
	const keys, perKey = 20, 150
	fed := make(chan struct{})
	go func() { defer close(fed); e.feed(t, keys, 0, perKey) }()
	members := []*eosMember{e.member(t, cfg, nil)}
	for step := range 9 {
		time.Sleep(120 * time.Millisecond)
		if step%3 != 2 {
			members = append(members, e.member(t, cfg, nil))
			continue
		}
		members[0].stop(t)
		members = members[1:]
	}
	<-fed
	e.caughtUp(t, "g")
	for _, m := range members {
		m.stop(t)
	}
	e.check(t, keys, perKey)
}

// TestExactlyOnceZombie: a producer with the same transactional id, and a member of an earlier generation, are refused;
// the flow that was fenced says so, joins again and goes on.
func TestExactlyOnceZombie(t *testing.T) {
	e := newEOS(t)
	e.topics(t, 1)
	c := e.connect()
	ctx := withTimeout(t, 20*time.Second)
	m := member{group: "g", id: "", generation: -1}
	old, err := c.beginSession(ctx, m, "in", []int32{0})
	require.NoError(t, err)
	p := newPublisher(t, c, PublisherConfig{})
	inOld := context.WithValue(ctx, sessionKey{}, old)
	require.NoError(t, p.Produce(inOld, []Record{{Topic: "out", Value: []byte("of the zombie")}}))
	young, err := c.beginSession(ctx, m, "in", []int32{0})
	require.NoError(t, err)
	err = p.Produce(inOld, []Record{{Topic: "out", Value: []byte("of the zombie")}})
	require.Error(t, err)
	require.True(t, fenced(err), "%v", err)
	require.True(t, fenced(old.commit(ctx, map[topicPartition]int64{{"in", 0}: 7})))
	var given *TransactionError
	require.ErrorAs(t, p.Produce(inOld, []Record{{Topic: "out"}}), &given)
	old.end(ctx)
	require.NoError(t, p.Produce(context.WithValue(ctx, sessionKey{}, young), []Record{{Topic: "out", Value: []byte("of the successor")}}))
	require.NoError(t, young.commit(ctx, map[topicPartition]int64{{"in", 0}: 0}))
	got := e.read("out")
	require.Len(t, got, 1)
	require.Equal(t, "of the successor", string(got[0].Value))

	// A member of another generation may not commit, whoever the producer is.
	young.member = member{group: "g", id: "nobody", generation: 99}
	require.NoError(t, p.Produce(context.WithValue(ctx, sessionKey{}, young), []Record{{Topic: "out", Value: []byte("void")}}))
	require.True(t, fenced(young.commit(ctx, map[topicPartition]int64{{"in", 0}: 9})))
	young.end(ctx)

	mem := e.member(t, exactlyOnce("g"), nil)
	e.feed(t, 5, 0, 10)
	for range 3 { // somebody takes the id over and leaves
		time.Sleep(100 * time.Millisecond)
		_, err := c.initTransactions(ctx, transactionalID("g", "in", 0))
		require.NoError(t, err)
		require.NoError(t, p.Produce(ctx, []Record{{Topic: "in", Key: []byte("other"), Value: []byte("0")}}))
	}
	e.caughtUp(t, "g")
	mem.stop(t)
	var keyed int
	for _, r := range e.read("out") {
		require.NotEqual(t, "void", string(r.Value))
		if string(r.Key) != "" && string(r.Key) != "other" {
			keyed++
		}
	}
	require.Equal(t, 50, keyed)
}

// TestExactlyOnceRetries: the coordinators answer that they are loading, moving, or still writing the last transaction.
func TestExactlyOnceRetries(t *testing.T) {
	e := newEOS(t)
	e.topics(t, 2)
	var refused atomic.Int64
	for _, k := range []kmsg.Key{kmsg.InitProducerID, kmsg.AddPartitionsToTxn, kmsg.AddOffsetsToTxn, kmsg.EndTxn} {
		codes := []int16{51, 14, 15, 16, 51}
		e.seen.ControlKey(int16(k), func(req kmsg.Request) (kmsg.Response, error, bool) {
			e.seen.KeepControl()
			if len(codes) == 0 {
				return nil, nil, false
			}
			code := codes[0]
			codes = codes[1:]
			refused.Add(1)
			resp := req.ResponseKind()
			switch r := resp.(type) {
			case *kmsg.InitProducerIDResponse:
				r.ErrorCode = code
			case *kmsg.AddOffsetsToTxnResponse:
				r.ErrorCode = code
			case *kmsg.EndTxnResponse:
				r.ErrorCode = code
			case *kmsg.AddPartitionsToTxnResponse:
				for _, t := range req.(*kmsg.AddPartitionsToTxnRequest).Topics {
					rt := kmsg.NewAddPartitionsToTxnResponseTopic()
					rt.Topic = t.Topic
					for _, p := range t.Partitions {
						rp := kmsg.NewAddPartitionsToTxnResponseTopicPartition()
						rp.Partition, rp.ErrorCode = p, code
						rt.Partitions = append(rt.Partitions, rp)
					}
					r.Topics = append(r.Topics, rt)
				}
			}
			return resp, nil, true
		})
	}
	m := e.member(t, exactlyOnce("g"), nil)
	e.feed(t, 10, 0, 10)
	e.caughtUp(t, "g")
	m.stop(t)
	require.EqualValues(t, 20, refused.Load())
	e.check(t, 10, 10)
}
