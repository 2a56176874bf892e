package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// faults dials connections that lose the answers to produce requests, as a network does: the broker has written.
type faults struct{ swallow atomic.Int64 }

func (f *faults) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &faultConn{Conn: c, f: f}, nil
}

type faultConn struct {
	net.Conn
	f       *faults
	produce bool
}

func (c *faultConn) Write(b []byte) (int, error) {
	// This package writes a request at once: size, API key, version ...
	c.produce = len(b) > 6 && binary.BigEndian.Uint16(b[4:]) == uint16(kmsg.Produce)
	return c.Conn.Write(b)
}

func (c *faultConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && c.produce && c.f.swallow.Add(-1) >= 0 {
		_ = c.Close()
		return 0, errors.New("the answer was lost")
	}
	return n, err
}

// load produces numbered records of some keys until stopped and returns how many were acknowledged for each key. A
// failed record is repeated until it is acknowledged, as the pipeline does.
type load struct {
	t     *testing.T
	p     *Publisher
	topic string
	wg    sync.WaitGroup
	stop  chan struct{}
	acked []atomic.Int64
}

func startLoad(t *testing.T, p *Publisher, topic string, keys int) *load {
	l := &load{t: t, p: p, topic: topic, stop: make(chan struct{}), acked: make([]atomic.Int64, keys)}
	for k := range keys {
		l.wg.Go(func() {
			for n := int64(0); ; {
				select {
				case <-l.stop:
					return
				default:
				}
				rec := Record{Topic: topic, Key: key(k), Value: fmt.Append(nil, n)}
				if err := p.Produce(context.Background(), []Record{rec}); err != nil {
					continue
				}
				n++
				l.acked[k].Store(n)
				time.Sleep(time.Millisecond)
			}
		})
	}
	return l
}

func (l *load) finish() {
	close(l.stop)
	l.wg.Wait()
}

func (l *load) total() (n int64) {
	for i := range l.acked {
		n += l.acked[i].Load()
	}
	return n
}

// sink notes what arrives, from any number of subscribers: per key the values must grow by one, apart from repetitions.
type sink struct {
	mu         sync.Mutex
	next       map[string]int64
	seen       int64
	duplicates int64
	disorder   []string
}

func newSink() *sink { return &sink{next: map[string]int64{}} }

func (s *sink) note(r Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int64
	_, _ = fmt.Sscan(string(r.Value), &n)
	k := string(r.Key)
	switch {
	case n == s.next[k]:
		s.next[k]++
		s.seen++
	case n < s.next[k]:
		s.duplicates++
	default:
		s.disorder = append(s.disorder, fmt.Sprintf("%s: %d came, expected %d", k, n, s.next[k]))
		s.next[k] = n + 1
	}
}

func (s *sink) count() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// drain acknowledges everything from the channel into the sink, with a handler for each message as a router has.
func (s *sink) drain(msgs <-chan *message.Message, wg *sync.WaitGroup) {
	wg.Go(func() {
		for msg := range msgs {
			wg.Go(func() {
				for _, r := range Records(msg) {
					s.note(r)
				}
				msg.Ack()
			})
		}
	})
}

func (s *sink) check(t *testing.T, l *load) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Empty(t, s.disorder)
	for k := range l.acked {
		require.GreaterOrEqual(t, s.next[string(key(k))], l.acked[k].Load(), "records of key %d are lost", k)
	}
	t.Logf("%d records, 0 lost, 0 out of order, %d duplicates", s.seen, s.duplicates)
}

// TestRebalance: members join and leave under load; nothing is lost, keys stay in order.
func TestRebalance(t *testing.T) {
	fake := newBroker(t, kfake.NumBrokers(3))
	c := connect(t, fake)
	createTopic(t, c, "in", 6)
	p := newPublisher(t, c, PublisherConfig{})
	l := startLoad(t, p, "in", 40)
	s := newSink()
	var wg sync.WaitGroup
	cfg := SubscriberConfig{Group: "g", BatchSize: 64, Lanes: 8}
	var members []*Subscriber
	join := func() {
		sub := newSubscriber(t, c, cfg)
		msgs, err := sub.Subscribe(context.Background(), "in")
		require.NoError(t, err)
		s.drain(msgs, &wg)
		members = append(members, sub)
	}
	join()
	for step := range 12 {
		time.Sleep(150 * time.Millisecond)
		if step%3 != 2 {
			join()
			continue
		}
		require.NoError(t, members[0].Close())
		members = members[1:]
	}
	l.finish()
	require.Eventually(t, func() bool { return s.count() >= l.total() }, 30*time.Second, 20*time.Millisecond)
	for _, m := range members {
		require.NoError(t, m.Close())
	}
	wg.Wait()
	s.check(t, l)
	require.Zero(t, s.duplicates, "every member drains and commits before it gives partitions up")
}

// TestLeaderChanges: partitions move between brokers under load.
func TestLeaderChanges(t *testing.T) {
	fake := newBroker(t, kfake.NumBrokers(3))
	c := connect(t, fake)
	createTopic(t, c, "in", 4)
	p := newPublisher(t, c, PublisherConfig{})
	l := startLoad(t, p, "in", 20)
	s := newSink()
	var wg sync.WaitGroup
	sub := newSubscriber(t, c, SubscriberConfig{Group: "g", BatchSize: 64})
	s.drain(subscribe(t, sub, "in"), &wg)
	for i := range 24 {
		time.Sleep(40 * time.Millisecond)
		require.NoError(t, fake.MoveTopicPartition("in", int32(i%4), int32((i/4+i)%3)))
	}
	l.finish()
	require.Eventually(t, func() bool { return s.count() >= l.total() }, 30*time.Second, 20*time.Millisecond)
	require.NoError(t, sub.Close())
	wg.Wait()
	s.check(t, l)
}

// TestBrokerRestart: the only broker goes away under load and comes back on its data and address.
func TestBrokerRestart(t *testing.T) {
	dir := t.TempDir()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := ln.Addr().(*net.TCPAddr).Port
	require.NoError(t, ln.Close())
	start := func() *kfake.Cluster {
		fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(dir))
		require.NoError(t, err)
		return fake
	}
	fake := start()
	c, err := NewCluster(Config{Brokers: []string{fmt.Sprint("127.0.0.1:", port)}, Logger: testLog()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	createTopic(t, c, "in", 3)
	p := newPublisher(t, c, PublisherConfig{})
	l := startLoad(t, p, "in", 20)
	s := newSink()
	var wg sync.WaitGroup
	sub := newSubscriber(t, c, SubscriberConfig{Group: "g", BatchSize: 64})
	s.drain(subscribe(t, sub, "in"), &wg)
	for range 2 {
		time.Sleep(400 * time.Millisecond)
		before := l.total()
		require.NotZero(t, before)
		fake.Close()
		time.Sleep(300 * time.Millisecond)
		fake = start()
		require.Eventually(t, func() bool { return l.total() > before+200 }, 20*time.Second, 20*time.Millisecond, "producing goes on")
	}
	t.Cleanup(fake.Close)
	l.finish()
	require.Eventually(t, func() bool { return s.count() >= l.total() }, 30*time.Second, 20*time.Millisecond)
	require.NoError(t, sub.Close())
	wg.Wait()
	s.check(t, l)
}

func TestUnreachable(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := ln.Addr().String()
	require.NoError(t, ln.Close())
	c, err := NewCluster(Config{Brokers: []string{address}})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	var unreachable *UnreachableError
	require.ErrorAs(t, c.Ping(withTimeout(t, 5*time.Second)), &unreachable)
	require.Equal(t, []string{address}, unreachable.Brokers)
	require.ErrorContains(t, unreachable, "connection refused")
	p := c.NewPublisher(PublisherConfig{})
	require.ErrorAs(t, p.Produce(withTimeout(t, 200*time.Millisecond), []Record{{Topic: "out"}}), &unreachable)
	require.NoError(t, p.Close())

	for _, brokers := range [][]string{nil, {"no port"}} {
		_, err := NewCluster(Config{Brokers: brokers})
		require.Error(t, err)
	}
}

func TestEnsureTopics(t *testing.T) {
	fake := newBroker(t, kfake.NumBrokers(3))
	c := connect(t, fake)
	require.NoError(t, c.Ping(t.Context()))
	topics := []Topic{{Name: "a", Partitions: 2}, {Name: "b", Partitions: 5, Config: map[string]string{"retention.bytes": "1000"}}}
	var wg sync.WaitGroup
	for range 5 { // several gateways start at once
		wg.Go(func() {
			if err := c.EnsureTopics(t.Context(), topics); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	topics[0].Partitions = 9
	require.NoError(t, c.EnsureTopics(t.Context(), topics))
	n, err := c.Partitions(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, 2, n, "a topic that exists is left as it is")
	require.ErrorContains(t, c.EnsureTopics(withTimeout(t, time.Second), []Topic{{Name: "too much", Partitions: 1, Replication: 9}}), "too much")
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.Ping(t.Context()), ErrClosed)
}
