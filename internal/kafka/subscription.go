package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// troubleLasts is how long a trouble that heals by itself is not worth a line in the log.
const troubleLasts = 3 * time.Second

// subscription is one call of Subscribe: a sequence of flows, one a generation of the group.
type subscription struct {
	c      *Cluster
	cfg    *SubscriberConfig
	topic  string
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	out    chan *message.Message
	done   chan struct{}
	flow   atomic.Pointer[flow] // the one that runs, nil between generations

	troubles int       // failures in series
	tell     time.Time // when the next of them is logged
	known    int       // partitions at the first generation, 0 before; later ones are new and read from their beginning

	id       topicID     // of the topic that is consumed
	replaced atomic.Bool // another topic has the name now: offsets of the one before mean nothing
}

// outOfRange says where to go on. In a topic that replaced the one before, the flow ends instead and begins again.
func (s *subscription) outOfRange(ctx context.Context, e *OffsetOutOfRangeError) (int64, error) {
	if t, err := s.c.refreshTopic(ctx, s.topic); err == nil && s.isReplaced(t) {
		return 0, fmt.Errorf("kafka: the topic %q was deleted and created again", s.topic)
	}
	return outOfRange(s.log, s.cfg.OutOfRange, e)
}

// isReplaced says whether t is another topic than the one that is consumed.
func (s *subscription) isReplaced(t *topicInfo) bool {
	if s.id != (topicID{}) && t.code == 0 && t.id != s.id {
		s.replaced.Store(true)
	}
	return s.replaced.Load()
}

// runGroup works through generations of the group until the subscription's context ends.
func (s *subscription) runGroup() {
	g := &membership{c: s.c, cfg: s.cfg, topic: s.topic, log: s.log}
	g.live(s.ctx, s.generation, func(err error) {
		s.troubled("the consumer group cannot be joined, trying again", err)
	})
}

// troubled logs a failure that will be tried again: when it has lasted, since a restart or an election heals before, then
// once a minute.
func (s *subscription) troubled(what string, err error) {
	now := clock()
	if s.troubles == 0 {
		s.tell = now.Add(troubleLasts)
	}
	s.troubles++
	if now.Before(s.tell) {
		return
	}
	s.tell = now.Add(time.Minute)
	s.log.Warn(what, "error", err)
}

// generation consumes the partitions until the context ends or this member has to join again.
func (s *subscription) generation(ctx context.Context, m member, mine []int32) {
	for restarts := 0; s.flowOf(ctx, m, mine) && ctx.Err() == nil; restarts++ {
		_ = pause(ctx, restarts)
	}
}

// flowOf runs one flow over the partitions. It returns true when the next one may follow within the same generation:
// a transaction had to be given up, and its records come again.
func (s *subscription) flowOf(ctx context.Context, m member, mine []int32) (again bool) {
	var x *session
	if s.cfg.ExactlyOnce && len(mine) > 0 {
		var err error
		// First of all: from then on no earlier owner changes the offsets.
		if x, err = s.c.beginSession(ctx, m, s.topic, mine); err != nil {
			s.lost(ctx, "no transaction can be begun, joining again", err)
			return false
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.CommitTimeout)
			defer cancel()
			x.end(ctx)
		}()
	}
	count, positions, fresh, err := s.positions(ctx, mine)
	if err != nil {
		s.lost(ctx, "the committed offsets cannot be read, joining again", err)
		return false
	}
	s.troubles = 0
	s.log.Debug("a flow begins", "generation", m.generation, "member", m.id, "partitions", mine)
	f := newFlow(s, positions, fresh, x)
	s.flow.Store(f)
	defer s.flow.Store(nil)
	f.run(ctx, func(ctx context.Context, offsets map[topicPartition]int64) bool {
		if s.replaced.Load() {
			return false
		}
		if x != nil {
			return x.commit(ctx, offsets) == nil
		}
		err := s.c.commitOffsets(ctx, m, offsets)
		if err == nil {
			return true
		}
		if fenced(err) {
			s.log.Warn("the group went on without this member; unfinished messages go to another", "error", err)
			return false
		}
		// Nothing is lost: the watermark is committed at the next tick, or the records come again.
		s.log.Warn("offsets could not be committed", "error", err)
		return true
	}, func() bool { return s.partitionCount(ctx, count) == count })
	if x == nil || x.failure() == nil {
		return s.replaced.Load()
	}
	if fenced(x.failure()) {
		s.log.Warn("another member took over, and what this one had not committed is void; joining again", "error", x.failure())
		return false
	}
	s.log.Warn("a transaction was given up; its messages come again", "error", x.failure())
	return true
}

// lost notes that a generation cannot be used.
func (s *subscription) lost(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		s.troubled(what, err)
		_ = pause(ctx, 5)
	}
}

// positions finds where to go on in the partitions. Those without a committed offset are fresh.
func (s *subscription) positions(ctx context.Context, mine []int32) (count int, at map[topicPartition]int64, fresh map[topicPartition]bool, err error) {
	at, fresh = map[topicPartition]int64{}, map[topicPartition]bool{}
	if count, err = s.identify(ctx); err != nil {
		return 0, nil, nil, err
	}
	if len(mine) == 0 {
		return count, at, fresh, nil
	}
	committed := map[int32]int64{}
	if !s.replaced.Load() {
		if committed, err = s.c.committedOffsets(ctx, s.cfg.Group, s.topic, mine); err != nil {
			return 0, nil, nil, err
		}
	}
	for _, p := range mine {
		tp := topicPartition{s.topic, p}
		if offset, ok := committed[p]; ok {
			at[tp] = offset
			continue
		}
		if at[tp], err = s.c.offsetAt(ctx, tp, s.startOf(p).timestamp()); err != nil {
			return 0, nil, nil, err
		}
		fresh[tp] = true
	}
	s.replaced.Store(false)
	return count, at, fresh, nil
}

// identify returns how many partitions the topic has, and notes which topic it is. When another one has its name now, it
// is read from its beginning: all that it holds came while we consumed.
func (s *subscription) identify(ctx context.Context) (count int, err error) {
	t, err := s.c.topic(ctx, s.topic)
	if err != nil {
		return 0, err
	}
	if s.isReplaced(t) {
		s.log.Warn("the topic was deleted and created again; it is read from its beginning")
		s.known = -1
	}
	if s.known == 0 {
		s.known = len(t.leaders)
	}
	s.id = t.id
	return len(t.leaders), nil
}

// startOf says where a partition without a committed offset begins. One that was added while we consumed begins with
// its first record even at Latest: what it got before we noticed came after we started.
func (s *subscription) startOf(partition int32) Start {
	if int(partition) >= s.known {
		return Earliest
	}
	return s.cfg.Start
}

// partitionCount asks how many partitions the topic has; last is the answer while nobody can say, and none when another
// topic has the name now.
func (s *subscription) partitionCount(ctx context.Context, last int) int {
	ctx, cancel := context.WithTimeout(ctx, time.Second) // heartbeats go on meanwhile, commits do not
	defer cancel()
	t, err := s.c.refreshTopic(ctx, s.topic)
	if err != nil || t.code != 0 || len(t.leaders) == 0 {
		return last
	}
	if s.isReplaced(t) {
		return -1
	}
	return len(t.leaders)
}

// runAlone reads all partitions without a group until the subscription's context ends.
func (s *subscription) runAlone() {
	at := map[topicPartition]int64{}
	for s.ctx.Err() == nil {
		count, err := s.identify(s.ctx)
		if err == nil && s.replaced.Swap(false) {
			clear(at)
		}
		for p := int32(0); err == nil && int(p) < count; p++ {
			tp := topicPartition{s.topic, p}
			if _, ok := at[tp]; !ok {
				var offset int64
				if offset, err = s.c.offsetAt(s.ctx, tp, s.startOf(p).timestamp()); err == nil {
					at[tp] = offset
				}
			}
		}
		if err != nil {
			if s.ctx.Err() == nil {
				s.troubled("the topic cannot be read, trying again", err)
				_ = pause(s.ctx, s.troubles)
			}
			continue
		}
		s.troubles = 0
		f := newFlow(s, at, nil, nil)
		s.flow.Store(f)
		f.run(s.ctx, nil, func() bool { return s.partitionCount(s.ctx, count) == count })
		s.flow.Store(nil)
		at = f.positions()
	}
}
