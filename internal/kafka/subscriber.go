package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// OutOfRange says what to do when the offset where consumption has to go on is not in the log.
type OutOfRange int

// What to do about an offset out of range.
const (
	StopPartition   OutOfRange = iota // stop that partition, log an error, show it in Status
	ResetToEarliest                   // go on with the first record there is, and log a warning
	ResetToLatest                     // go on with the next record to come, and log a warning
)

// SubscriberConfig says how topics are consumed. Zero fields take the defaults named here.
type SubscriberConfig struct {
	// Group is the consumer group. Without one the subscriber reads all partitions by itself, from Start, and
	// commits nothing.
	Group      string
	Start      Start      // where a group without committed offsets begins
	OutOfRange OutOfRange // what to do when committed records are gone
	// ExactlyOnce commits offsets and everything that Publisher.Produce was given the message's context for in one
	// transaction every CommitInterval. A refused message, or one not acknowledged in time, aborts the transaction and
	// the whole of it comes again. It needs a group; what is published shows to read_committed consumers only once it
	// is committed, and to others as if this were off.
	ExactlyOnce bool

	// BatchSize is how many records of one lane a message carries at most: 1 (default) is plain Watermill, one
	// message a record.
	BatchSize int
	// Lanes is how many records of one partition may be with handlers at the same time, in batches. Default 16: more
	// than the cores of a gateway, few enough that batches fill.
	Lanes int
	// MaxInFlightRecords and MaxInFlightBytes bound what is fetched and not acknowledged, shared evenly by the
	// partitions, which are fetched again when half of their share is free; one batch of a producer may exceed them.
	// Defaults 2048 and 32 MiB: what is more than handlers can take at once waits in memory instead of in the log.
	MaxInFlightRecords int
	MaxInFlightBytes   int

	CommitInterval time.Duration // default 100 ms: what a crash repeats at most
	DrainTimeout   time.Duration // default 3 s: how long handlers may finish before partitions are given up; below SessionTimeout
	CommitTimeout  time.Duration // default 2 s: how long a commit is tried while the coordinator moves
	NackBackoff    time.Duration // default 20 ms: pause before a refused message is handed out again, doubling
	MaxNackBackoff time.Duration // default 1 s

	HeartbeatInterval      time.Duration // default 500 ms: how soon a rebalance is noticed
	SessionTimeout         time.Duration // default 6 s: how soon a dead member's partitions move (the least a broker allows)
	RebalanceTimeout       time.Duration // default 7 s: how long the others wait for a member that drains, or that died while they joined
	PartitionWatchInterval time.Duration // default 5 s: how soon new partitions are noticed

	// NewTopic describes what SubscribeInitialize creates; its Name is not used. Default: 1 partition, the broker's
	// replication.
	NewTopic Topic
}

func (c *SubscriberConfig) setDefaults() error {
	c.BatchSize = cmp.Or(c.BatchSize, 1)
	c.Lanes = cmp.Or(c.Lanes, 16)
	c.MaxInFlightRecords = cmp.Or(c.MaxInFlightRecords, 2048)
	c.MaxInFlightBytes = cmp.Or(c.MaxInFlightBytes, 32<<20)
	c.CommitInterval = cmp.Or(c.CommitInterval, 100*time.Millisecond)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 3*time.Second)
	c.CommitTimeout = cmp.Or(c.CommitTimeout, 2*time.Second)
	c.NackBackoff = cmp.Or(c.NackBackoff, 20*time.Millisecond)
	c.MaxNackBackoff = cmp.Or(c.MaxNackBackoff, time.Second)
	c.HeartbeatInterval = cmp.Or(c.HeartbeatInterval, 500*time.Millisecond)
	c.SessionTimeout = cmp.Or(c.SessionTimeout, 6*time.Second)
	c.RebalanceTimeout = cmp.Or(c.RebalanceTimeout, 7*time.Second)
	c.PartitionWatchInterval = cmp.Or(c.PartitionWatchInterval, 5*time.Second)
	c.NewTopic.Partitions = cmp.Or(c.NewTopic.Partitions, 1)
	if c.BatchSize < 0 || c.Lanes < 0 || c.MaxInFlightRecords < 0 || c.MaxInFlightBytes < 0 {
		return errors.New("kafka: batch size, lanes and in-flight limits must be positive")
	}
	if c.ExactlyOnce && c.Group == "" {
		return errors.New("kafka: exactly once commits offsets, and that needs a consumer group")
	}
	// A member that cannot reach its coordinator drains before its session ends, and the last commit comes after that; one
	// that drains because of a rebalance holds the others up meanwhile.
	if c.DrainTimeout+c.CommitTimeout >= c.SessionTimeout || c.DrainTimeout+c.CommitTimeout >= c.RebalanceTimeout {
		return fmt.Errorf("kafka: draining (%v) and the last commit (%v) must be over before the session (%v) and the rebalance (%v) end",
			c.DrainTimeout, c.CommitTimeout, c.SessionTimeout, c.RebalanceTimeout)
	}
	return nil
}

// Subscriber implements Watermill's message.Subscriber and message.SubscribeInitializer. It is safe for concurrent
// use; every Subscribe is a member of the group of its own.
type Subscriber struct {
	c   *Cluster
	cfg SubscriberConfig

	mu     sync.Mutex
	closed bool
	subs   map[*subscription]struct{}
}

// NewSubscriber returns a Subscriber on the cluster.
func (c *Cluster) NewSubscriber(cfg SubscriberConfig) (*Subscriber, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	return &Subscriber{c: c, cfg: cfg, subs: map[*subscription]struct{}{}}, nil
}

// SubscribeInitialize creates the topic when it does not exist.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	t := s.cfg.NewTopic
	t.Name = topic
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	return s.c.EnsureTopics(ctx, []Topic{t})
}

// Subscribe starts consuming the topic, which must exist. The channel is closed when the context ends or the
// subscriber is closed, after the messages handed out have been acknowledged or DrainTimeout has passed.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	if _, err := s.c.topic(ctx, topic); err != nil {
		return nil, fmt.Errorf("kafka: subscribing: %w", err)
	}
	sub := &subscription{
		c: s.c, cfg: &s.cfg, topic: topic, out: make(chan *message.Message), done: make(chan struct{}),
		log: s.c.log.With("topic", topic, "group", s.cfg.Group),
	}
	sub.ctx, sub.cancel = context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		sub.cancel()
		return nil, ErrClosed
	}
	work := sub.runAlone
	if s.cfg.Group != "" {
		work = sub.runGroup
	}
	s.subs[sub] = struct{}{}
	go func() {
		work()
		close(sub.out)
		close(sub.done)
		sub.cancel()
		s.mu.Lock()
		delete(s.subs, sub)
		s.mu.Unlock()
	}()
	return sub.out, nil
}

// Close ends every subscription, leaves the group and waits for both. Closing again does nothing.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	subs := make([]*subscription, 0, len(s.subs))
	for sub := range s.subs {
		sub.cancel()
		subs = append(subs, sub)
	}
	s.mu.Unlock()
	for _, sub := range subs {
		<-sub.done
	}
	return nil
}

// Status returns how far each partition held at the moment has come, ordered by topic and partition.
func (s *Subscriber) Status() []PartitionStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []PartitionStatus
	for sub := range s.subs {
		if f := sub.flow.Load(); f != nil {
			for _, p := range f.parts {
				out = append(out, p.status())
			}
		}
	}
	slices.SortFunc(out, func(a, b PartitionStatus) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}

func outOfRange(log *slog.Logger, policy OutOfRange, e *OffsetOutOfRangeError) (int64, error) {
	switch policy {
	case ResetToEarliest:
		log.Warn("consumption goes on with the first record there is", "error", e)
		return e.First, nil
	case ResetToLatest:
		log.Warn("consumption goes on with the next record to come", "error", e)
		return e.Last, nil
	default:
		return 0, e
	}
}
