package kafka

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// maxSpan bounds the records of a partition between its committed offset and the last one given out. One record
// that is never acknowledged holds the watermark; without the bound the records done behind it, which a restart
// repeats, and the memory that remembers them would grow without end.
const maxSpan = 32768

// handoverGrace bounds how long a stopping flow waits for somebody to take a message from its channel: a router does at
// once, and a reader that has gone must not hold up the group.
const handoverGrace = 500 * time.Millisecond

// flow hands out the records of some partitions as Watermill messages, from given positions, until it is stopped;
// then it drains. A consumer group generation is one flow.
type flow struct {
	c    *Cluster
	log  *slog.Logger
	cfg  *SubscriberConfig
	out  chan<- *message.Message
	base context.Context // values for the messages' contexts

	poller *poller
	parts  []*flowPart

	stopping chan struct{}   // closed: hand out nothing any more, apart from what lane.hand says
	grace    context.Context // ends that exception; set before stopping is closed
	expired  context.Context // ended: messages not acknowledged by now go to the next owner
	lanes    sync.WaitGroup
}

// flowPart is one partition of a flow.
type flowPart struct {
	*polled
	flow *flow

	mu        sync.Mutex
	tracker   tracker
	lanes     map[uint32]*lane
	records   int // handed to lanes and not done
	bytes     int
	starved   bool  // the poller found no room
	offered   int64 // highest number that was on its way to the channel before the flow stopped, -1 for none
	committed int64
}

// newFlow prepares a flow over the partitions with their positions. A partition in fresh has no committed offset:
// its position is committed even when nothing is processed.
func newFlow(s *subscription, positions map[topicPartition]int64, fresh map[topicPartition]bool) *flow {
	f := &flow{c: s.c, log: s.log, cfg: s.cfg, out: s.out, base: context.WithoutCancel(s.ctx), stopping: make(chan struct{})}
	var polls []*polled
	for tp, next := range positions {
		fp := &flowPart{polled: newPolled(tp, next), flow: f, lanes: map[uint32]*lane{}, committed: next, offered: -1}
		fp.tracker.position = next
		if fresh[tp] {
			fp.committed = -1
		}
		fp.room, fp.take = fp.hasRoom, fp.accept
		f.parts, polls = append(f.parts, fp), append(polls, fp.polled)
	}
	f.poller = newPoller(s.c, s.log, polls)
	f.poller.onRange = s.outOfRange
	return f
}

// run works until the context ends or commit or watch return false, then drains: what is with a handler may still be
// acknowledged for DrainTimeout, then the last commit is made.
func (f *flow) run(ctx context.Context, commit commitFunc, watch func() bool) {
	expired, expire := context.WithCancel(f.base)
	defer expire()
	f.expired = expired

	fetching, stopFetching := context.WithCancel(ctx)
	fetched := make(chan struct{})
	go func() { f.poller.run(fetching); close(fetched) }()

	// A commit that is on its way is never given up: it could arrive after the last one and move the offset back.
	committing, stopCommitting := context.WithCancel(f.base)
	defer stopCommitting()
	over := make(chan struct{}) // the generation is over, or somebody says so
	committed := make(chan struct{})
	go func() {
		defer close(committed)
		f.commitOften(committing, commit, over)
	}()

	watches := time.NewTicker(f.cfg.PartitionWatchInterval)
	defer watches.Stop()
	for going := true; going; {
		select {
		case <-ctx.Done():
			going = false
		case <-over:
			going = false
		case <-watches.C:
			going = watch()
		}
	}
	stopFetching()
	stopCommitting()
	<-fetched
	grace, cancel := context.WithTimeout(f.base, min(handoverGrace, f.cfg.DrainTimeout))
	defer cancel()
	f.grace = grace
	close(f.stopping)
	drained := make(chan struct{})
	go func() { f.lanes.Wait(); close(drained) }()
	timer := time.NewTimer(f.cfg.DrainTimeout)
	defer timer.Stop()
	select {
	case <-drained:
	case <-timer.C:
		f.log.Warn("messages were not acknowledged before the partitions had to be given up; they will come again")
		expire()
		<-drained
	}
	<-committed
	f.commit(commit) // the generation's context has ended, but the coordinator takes commits until we join again
}

// commitOften commits the watermarks at every interval until the context ends. It closes over when a commit says that
// the generation is over.
func (f *flow) commitOften(ctx context.Context, commit commitFunc, over chan<- struct{}) {
	ticker := time.NewTicker(f.cfg.CommitInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if !f.commit(commit) {
				close(over)
				return
			}
		}
	}
}

// commitFunc stores offsets; it returns false when the generation is over. nil when there is no group.
type commitFunc func(context.Context, map[topicPartition]int64) bool

// commit commits the watermarks that moved. It returns false when the generation is over.
func (f *flow) commit(commit commitFunc) bool {
	if commit == nil {
		return true
	}
	moved := map[topicPartition]int64{}
	for _, p := range f.parts {
		p.mu.Lock()
		if w := p.tracker.watermark(); w != p.committed {
			moved[p.tp] = w
		}
		p.mu.Unlock()
	}
	if len(moved) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(f.base, f.cfg.CommitTimeout)
	defer cancel()
	if !commit(ctx, moved) {
		return false
	}
	for _, p := range f.parts {
		if w, ok := moved[p.tp]; ok {
			p.mu.Lock()
			p.committed = w
			p.mu.Unlock()
		}
	}
	return true
}

// positions returns the watermarks.
func (f *flow) positions() map[topicPartition]int64 {
	out := make(map[topicPartition]int64, len(f.parts))
	for _, p := range f.parts {
		p.mu.Lock()
		out[p.tp] = p.tracker.watermark()
		p.mu.Unlock()
	}
	return out
}

// hasRoom implements polled.room: each partition has its share of what may be in flight, so that a stuck one does
// not stop the others.
func (p *flowPart) hasRoom() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starved = !p.roomLocked()
	return !p.starved
}

func (p *flowPart) roomLocked() bool {
	n := len(p.flow.parts)
	return p.records < max(p.flow.cfg.MaxInFlightRecords/n, p.flow.cfg.BatchSize) &&
		p.bytes < max(p.flow.cfg.MaxInFlightBytes/n, minPartitionBytes) &&
		p.tracker.span() < maxSpan
}

// accept implements polled.take: it sorts records into lanes.
func (p *flowPart) accept(recs []Record, next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range recs {
		number := p.tracker.add(recs[i].Offset)
		id := laneOf(recs[i].Key, p.flow.cfg.Lanes)
		l := p.lanes[id]
		if l == nil {
			l = &lane{part: p}
			p.lanes[id] = l
		}
		p.records++
		p.bytes += recs[i].size()
		l.push(queued{rec: recs[i], number: number})
	}
	p.tracker.position = next
}

// offer notes that a message with these records is about to be handed out, unless the flow is stopping.
func (p *flowPart) offer(items []queued) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flow.stopping:
	default:
		p.offered = max(p.offered, items[len(items)-1].number)
	}
}

// beforeOffered returns the leading items that come before some record already offered.
func (p *flowPart) beforeOffered(items []queued) []queued {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(items) && items[n].number < p.offered {
		n++
	}
	return items[:n]
}

// finished notes that the records of a message are done.
func (p *flowPart) finished(items []queued) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range items {
		p.tracker.done(items[i].number)
		p.records--
		p.bytes -= items[i].rec.size()
	}
	if p.starved && p.roomLocked() {
		p.starved = false
		p.flow.poller.wake()
	}
}

// PartitionStatus is how far consumption of one partition has come.
type PartitionStatus struct {
	Topic     string
	Partition int32
	Committed int64  // offset of the first record not done
	End       int64  // end of the log at the last fetch, -1 when unknown
	InFlight  int    // records with handlers or waiting in lanes
	Error     string // why it does not advance, empty when it does
}

// Lag returns how many records wait behind the committed offset, 0 when the end is unknown. Control records count.
func (s PartitionStatus) Lag() int64 { return max(0, s.End-s.Committed) }

func (p *flowPart) status() PartitionStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := PartitionStatus{
		Topic: p.tp.topic, Partition: p.tp.partition, Committed: p.tracker.watermark(), End: p.end.Load(), InFlight: p.records,
	}
	if e := p.err.Load(); e != nil {
		s.Error = *e
	}
	return s
}
