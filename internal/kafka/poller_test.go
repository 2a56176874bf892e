package kafka

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// watchFetches returns the numbers of partitions of the fetch requests that a broker gets.
func watchFetches(fake *kfake.Cluster) <-chan int {
	seen := make(chan int, 1000)
	fake.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		n := 0
		for _, t := range req.(*kmsg.FetchRequest).Topics {
			n += len(t.Partitions)
		}
		seen <- n
		return nil, nil, false
	})
	return seen
}

// openPart is a partition that takes a fetch whenever open is set.
type openPart struct {
	*polled
	open atomic.Bool
	got  chan int // records of each answer
}

func newOpenPart(topic string, partition int32) *openPart {
	p := &openPart{polled: newPolled(topicPartition{topic, partition}, 0), got: make(chan int, 1000)}
	p.room = func() int32 {
		if p.open.Load() {
			return minPartitionBytes
		}
		return 0
	}
	p.take = func(recs []Record, _ int64) {
		if len(recs) > 0 {
			p.open.Store(false)
		}
		p.got <- len(recs)
	}
	return p
}

// startPoller runs a poller whose requests wait that long, until the test ends.
func startPoller(t *testing.T, c *Cluster, wait time.Duration, parts []*polled) *poller {
	po := newPoller(c, testLog(), parts)
	po.wait = wait
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); po.run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return po
}

// TestPollerReadsBesideWaiting: a partition with more records is read while as many requests as may be wait for records of
// others.
func TestPollerReadsBesideWaiting(t *testing.T) {
	fake := newBroker(t, kfake.SeedTopics(requestsPerLeader+1, "in"))
	c := connect(t, fake)
	_, err := c.refreshTopic(t.Context(), "in")
	require.NoError(t, err)
	busy := newOpenPart("in", requestsPerLeader)
	cl := kgoClient(t, fake, manual()...)
	for range 40 { // batches of one record, for seven fetches
		require.NoError(t, cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Partition: requestsPerLeader, Value: make([]byte, 10_000)}).FirstErr())
	}
	parts := []*polled{busy.polled}
	var idle []*openPart
	for i := range requestsPerLeader {
		idle = append(idle, newOpenPart("in", int32(i)))
		parts = append(parts, idle[i].polled)
	}
	fetches := watchFetches(fake)
	po := startPoller(t, c, time.Minute, parts)
	open := func(part *openPart) {
		part.open.Store(true)
		po.wake()
		require.Equal(t, 1, <-fetches)
	}
	open(busy)
	require.NotZero(t, <-busy.got)
	for _, part := range idle {
		open(part)
	}
	for range 3 {
		open(busy)
		require.NotZero(t, <-busy.got)
	}
	for _, part := range idle {
		require.Empty(t, part.got, "a request that waits has ended, so this test shows nothing")
	}
}

// TestPollerRegroups: partitions that wait in several requests come to share one.
func TestPollerRegroups(t *testing.T) {
	fake := newBroker(t, kfake.SeedTopics(requestsPerLeader, "in"))
	c := connect(t, fake)
	_, err := c.refreshTopic(t.Context(), "in")
	require.NoError(t, err)
	fetches := watchFetches(fake)
	var idle []*openPart
	var parts []*polled
	for i := range requestsPerLeader {
		idle = append(idle, newOpenPart("in", int32(i)))
		parts = append(parts, idle[i].polled)
	}
	po := startPoller(t, c, 300*time.Millisecond, parts)
	for i := range idle {
		idle[i].open.Store(true)
		po.wake()
		require.LessOrEqual(t, <-fetches, i+1)
	}
	late := time.After(30 * time.Second)
	for n := 0; n < len(idle); {
		select {
		case n = <-fetches:
		case <-late:
			require.Fail(t, "the partitions go on in several requests")
		}
	}
}
