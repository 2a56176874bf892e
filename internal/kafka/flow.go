package kafka

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// maxSpan bounds the records of a partition between its committed offset and the last one given out. One record
// that is never acknowledged holds the watermark; without the bound the records done behind it, which a restart
// repeats, and the memory that remembers them would grow without end.
const maxSpan = 32768

// commitEarly is how many records, done and not committed, a crash may repeat before a commit comes ahead of its interval.
// It is far above what a commit costs at any rate: one in 20 ms at most. Transactions are not cut shorter.
const commitEarly = 500

// handoverGrace bounds how long a stopping flow waits for somebody to take a message from its channel: a router does at
// once, and a reader that has gone must not hold up the group.
const handoverGrace = 500 * time.Millisecond

// Why a session ends although no broker refused anything.
var (
	errUnfinished = errors.New("kafka: messages were not acknowledged before the partitions had to be given up")
	errRefused    = errors.New("kafka: a message was refused, and what was written for it must not be seen")
)

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

	phase    atomic.Pointer[phase]
	stopping chan struct{}   // closed with the last phase
	grace    context.Context // ends the last phase; set before it begins
	expired  context.Context // ended: messages not acknowledged by now go to the next owner
	lanes    sync.WaitGroup

	session *session      // of exactly once, nil otherwise
	settled chan struct{} // with a session: a message was acknowledged or withdrawn
}

// phase is a time in which lanes may hand out everything (free), or only records that come before one already offered,
// so that the watermark passes all that was done: between transactions, and when the flow stops.
type phase struct {
	free bool
	last bool          // the flow is stopping
	over chan struct{} // closed with the end of the phase
}

// shift begins the next phase.
func (f *flow) shift(free, last bool) {
	if old := f.phase.Swap(&phase{free: free, last: last, over: make(chan struct{})}); old != nil {
		close(old.over)
	}
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
	average   int   // bytes of a record of the last fetch, 0 before it
	starved   bool  // the poller found no room
	offered   int64 // highest number that was on its way to the channel in a free phase, -1 for none
	out       int   // messages with handlers or on their way to one
	committed int64
}

// newFlow prepares a flow over the partitions with their positions. A partition in fresh has no committed offset:
// its position is committed even when nothing is processed.
// With a session the messages belong to its transactions.
func newFlow(s *subscription, positions map[topicPartition]int64, fresh map[topicPartition]bool, x *session) *flow {
	f := &flow{
		c: s.c, log: s.log, cfg: s.cfg, out: s.out, base: context.WithoutCancel(s.ctx), stopping: make(chan struct{}),
		session: x, settled: make(chan struct{}, 1),
	}
	if x != nil {
		f.base = context.WithValue(f.base, sessionKey{}, x)
	}
	f.shift(true, false)
	var polls []*polled
	for tp, next := range positions {
		fp := &flowPart{polled: newPolled(tp, next), flow: f, lanes: map[uint32]*lane{}, committed: next, offered: -1}
		fp.tracker.position = next
		if fresh[tp] {
			fp.committed = -1
		}
		fp.room, fp.take = fp.takes, fp.accept
		f.parts, polls = append(f.parts, fp), append(polls, fp.polled)
	}
	f.poller = newPoller(s.c, s.log, polls)
	f.poller.onRange = s.outOfRange
	return f
}

// run works until the context ends, the session fails, or commit or watch return false, then drains: what is with a
// handler may still be acknowledged for DrainTimeout, then the last commit is made. With a session nothing is committed
// that is not complete.
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
	var failed <-chan struct{}
	if f.session != nil {
		failed = f.session.failed
	}
	for going := true; going; {
		select {
		case <-ctx.Done():
			going = false
		case <-failed:
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
	f.shift(false, true)
	drained := make(chan struct{})
	go func() { f.lanes.Wait(); close(drained) }()
	timer := time.NewTimer(f.cfg.DrainTimeout)
	defer timer.Stop()
	select {
	case <-drained:
	case <-failed: // what the handlers still do is in vain
		expire()
		<-drained
	case <-timer.C:
		f.log.Warn("messages were not acknowledged before the partitions had to be given up; they will come again")
		if f.session != nil {
			f.session.fail(errUnfinished)
		}
		expire()
		<-drained
	}
	<-committed
	if f.session != nil && !f.isSettled() { // nobody took what had to be handed out yet
		f.session.fail(errUnfinished)
	}
	f.commit(commit) // the generation's context has ended, but the coordinator takes commits until we join again
}

// commitOften commits the watermarks at every interval, and earlier when many records are done, until the context ends.
// It closes over when a commit says that the generation is over.
func (f *flow) commitOften(ctx context.Context, commit commitFunc, over chan<- struct{}) {
	const looks = 5 // in an interval
	ticker := time.NewTicker(f.cfg.CommitInterval / looks)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if n%looks != 0 && (f.session != nil || f.uncommitted() < commitEarly) {
				continue
			}
			if !f.settle(ctx) {
				continue // nothing to commit, or the flow is about to stop
			}
			if !f.commit(commit) {
				close(over)
				return
			}
			if f.session != nil {
				f.resume()
			}
		}
	}
}

// settle brings a session to the point where its transaction can be committed: nothing is with a handler, and all that
// was done lies before the watermarks. It returns false when there is nothing to commit, and when there will not be.
// Without a session every moment is good.
func (f *flow) settle(ctx context.Context) bool {
	if f.session == nil {
		return true
	}
	if !f.session.open() && len(f.moved()) == 0 {
		return false
	}
	f.pause()
	for !f.isSettled() {
		select {
		case <-f.settled:
		case <-f.session.failed:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// pause and resume change the phase, unless it is the last.
func (f *flow) pause()  { f.turn(false) }
func (f *flow) resume() { f.turn(true) }

func (f *flow) turn(free bool) {
	old := f.phase.Load()
	if old.free == free || old.last {
		return
	}
	if f.phase.CompareAndSwap(old, &phase{free: free, over: make(chan struct{})}) {
		close(old.over)
	}
}

func (f *flow) isSettled() bool {
	for _, p := range f.parts {
		p.mu.Lock()
		settled := p.out == 0 && p.tracker.first >= p.offered
		p.mu.Unlock()
		if !settled {
			return false
		}
	}
	return true
}

// commitFunc stores offsets; it returns false when the generation is over. nil when there is no group.
type commitFunc func(context.Context, map[topicPartition]int64) bool

// commit commits the watermarks that moved. It returns false when the generation is over.
func (f *flow) commit(commit commitFunc) bool {
	if commit == nil {
		return true
	}
	moved := f.moved()
	if len(moved) == 0 && (f.session == nil || !f.session.open()) {
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

// moved returns the watermarks that are not committed.
func (f *flow) moved() map[topicPartition]int64 {
	moved := map[topicPartition]int64{}
	for _, p := range f.parts {
		p.mu.Lock()
		if w := p.tracker.watermark(); w != p.committed {
			moved[p.tp] = w
		}
		p.mu.Unlock()
	}
	return moved
}

// uncommitted returns how many offsets the watermarks are ahead of what is committed.
func (f *flow) uncommitted() (n int64) {
	for _, p := range f.parts {
		p.mu.Lock()
		n += p.tracker.watermark() - max(p.committed, 0)
		p.mu.Unlock()
	}
	return n
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

// takes implements polled.room: each partition has its share of what may be in flight, so that a stuck one does not
// stop the others.
func (p *flowPart) takes() int32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	bytes := p.roomLocked()
	p.starved = bytes == 0
	return bytes
}

// roomLocked returns how many bytes of records may come: what is free of the share, once that is half of it, as a fetch
// costs nearly the same whatever it brings.
func (p *flowPart) roomLocked() int32 {
	n := len(p.flow.parts)
	records, bytes := max(p.flow.cfg.MaxInFlightRecords/n, p.flow.cfg.BatchSize), max(p.flow.cfg.MaxInFlightBytes/n, minPartitionBytes)
	freeRecords, freeBytes := records-p.records, bytes-p.bytes
	if freeRecords < (records+1)/2 || freeBytes < bytes/2 || p.tracker.span() >= maxSpan {
		return 0
	}
	if p.average == 0 {
		return partitionBytes
	}
	return int32(min(max(min(freeBytes, freeRecords*p.average), minPartitionBytes), maxPartitionBytes))
}

// accept implements polled.take: it sorts records into lanes.
func (p *flowPart) accept(recs []Record, next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.bytes
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
		l.push(queued{rec: &recs[i], number: number})
	}
	if len(recs) > 0 {
		p.average = (p.bytes - before) / len(recs)
	}
	p.tracker.position = next
}

// offer returns the leading items that may be handed out in this phase, and which phase that is. They count as out
// until they are finished or withdrawn.
func (p *flowPart) offer(items []queued) ([]queued, *phase) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ph := p.flow.phase.Load()
	n := len(items)
	if ph.free {
		p.offered = max(p.offered, items[n-1].number)
	} else {
		for n = 0; n < len(items) && items[n].number < p.offered; n++ {
		}
	}
	if n > 0 {
		p.out++
	}
	return items[:n], ph
}

// withdraw takes a message back that was not handed out, or not acknowledged.
func (p *flowPart) withdraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leave()
}

// leave ends the time out of one message. The caller holds the lock.
func (p *flowPart) leave() {
	p.out--
	if p.flow.session != nil {
		select {
		case p.flow.settled <- struct{}{}:
		default:
		}
	}
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
	p.leave()
	if p.starved && p.roomLocked() > 0 {
		p.starved = false
		p.flow.poller.wake()
	}
}

// PartitionStatus is how far consumption of one partition has come.
type PartitionStatus struct {
	Topic     string
	Partition int32
	Committed int64 // offset of the first record not done
	End       int64 // end of the log at the last fetch, -1 when unknown
	InFlight  int   // records with handlers or waiting in lanes
	Err       error // why it does not advance, nil when it does
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
		s.Err = *e
	}
	return s
}
