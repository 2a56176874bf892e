package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// How long a broker holds a fetch that finds nothing. It costs no latency (the first record ends it) and bounds
	// how long a closed connection may linger.
	fetchWait = 500 * time.Millisecond
	// Bytes asked for a partition in one fetch where nobody knows better: several dozen documents.
	partitionBytes = 128 << 10
	// The most asked for a partition: larger fetches cost no less a record.
	maxPartitionBytes = 1 << 20
	// Bytes asked for in one request over all its partitions, and the least for each: the response is in memory
	// at once.
	requestBytes      = 16 << 20
	minPartitionBytes = 64 << 10
	// Requests in flight to one broker, of each kind: those that wait for records and those that find some. Partitions
	// share one request whenever they are free together; a second one is for those that become free meanwhile, and
	// beyond four they wait.
	requestsPerLeader = 4
	// Requests that wait end together, and their partitions go on in one after this time, in which the answers come in.
	regroupTime = 3 * time.Millisecond
)

// group is what may share a request: the partitions that one broker leads and where more records are known to be, or those
// where none are known. One of the latter would hold up the others for as long as a broker waits.
type group struct {
	leader int32
	behind bool
}

// polled is one partition that a poller fetches. Only the poller's loop touches the fields without a lock.
type polled struct {
	tp   topicPartition
	next int64 // offset to fetch from

	// room says how many bytes of records can be taken now. When it says 0, somebody calls wake once it would say more.
	room func() int32
	// take receives what a fetch brought, in order, never concurrently for one poller.
	take func(recs []Record, next int64)

	busy     bool
	notYet   time.Time // a failure before: not fetched until then
	attempts int
	maxBytes int32
	free     int32 // what room said
	inflated int32 // how many times larger the records of the last fetch were than what came, at least 1
	stopped  bool

	end atomic.Int64          // end of the log as last seen, -1 unknown
	err atomic.Pointer[error] // why it does not advance, nil when it does
}

func newPolled(tp topicPartition, next int64) *polled {
	p := &polled{tp: tp, next: next, inflated: 1, room: func() int32 { return partitionBytes }}
	p.end.Store(-1)
	return p
}

// poller fetches many partitions: one request for all those of a broker. Its loop owns all state; requests run in
// goroutines of their own and report back.
type poller struct {
	c       *Cluster
	log     *slog.Logger
	parts   []*polled
	onRange func(context.Context, *OffsetOutOfRangeError) (int64, error) // what to do about an offset out of range

	poke    chan struct{}
	results chan func() // run in the loop
	flying  map[group]int
	running int
	turn    int

	wait    time.Duration // fetchWait
	began   time.Time
	regroup time.Time // no request that waits is sent before
}

func newPoller(c *Cluster, log *slog.Logger, parts []*polled) *poller {
	return &poller{
		c: c, log: log, parts: parts,
		onRange: func(_ context.Context, e *OffsetOutOfRangeError) (int64, error) { return 0, e },
		poke:    make(chan struct{}, 1), results: make(chan func()), flying: map[group]int{},
		wait: fetchWait, began: clock(),
	}
}

// wake makes the loop look again at partitions that had no room.
func (p *poller) wake() {
	select {
	case p.poke <- struct{}{}:
	default:
	}
}

// run fetches until the context ends, and returns when no request is left.
func (p *poller) run(ctx context.Context) {
	for ctx.Err() == nil {
		timer := time.NewTimer(p.start(ctx))
		select {
		case <-ctx.Done():
		case <-p.poke:
		case done := <-p.results:
			done()
		case <-timer.C:
		}
		timer.Stop()
	}
	for p.running > 0 { // their context has ended, they return at once; what they bring is dropped
		<-p.results
		p.running--
	}
}

// spawn runs work outside the loop, and what it returns inside.
func (p *poller) spawn(work func() func()) {
	p.running++
	go func() {
		done := work()
		p.results <- func() { p.running--; done() }
	}()
}

// start sends the requests that can be sent and returns how long to wait for a partition that is pausing.
func (p *poller) start(ctx context.Context) time.Duration {
	now := clock()
	soonest := time.Hour
	groups := map[group][]*polled{}
	p.turn++
	for i := range p.parts {
		// The order rotates: a broker serves an over-large batch only to the first partition that has records.
		part := p.parts[(i+p.turn)%len(p.parts)]
		if part.busy || part.stopped {
			continue
		}
		if d := part.notYet.Sub(now); d > 0 {
			soonest = min(soonest, d)
			continue
		}
		if part.free = part.room(); part.free == 0 {
			continue
		}
		leader := int32(-1)
		if t := p.c.topics.get(part.tp.topic); t != nil {
			leader = t.leader(part.tp.partition)
		}
		if leader < 0 {
			p.findLeader(ctx, part)
			continue
		}
		g := group{leader, part.next < part.end.Load()}
		groups[g] = append(groups[g], part)
	}
	for g, parts := range groups {
		if d := p.regroup.Sub(now); d > 0 && !g.behind {
			soonest = min(soonest, d)
			continue
		}
		if p.flying[g] < requestsPerLeader {
			p.fetch(ctx, g, parts)
		}
	}
	return soonest
}

// patience is how long a broker may hold a request that finds nothing: until the time when all of them end.
func (p *poller) patience() time.Duration {
	d := p.wait - clock().Sub(p.began)%p.wait
	if d < 2*regroupTime {
		return p.wait
	}
	return d
}

func (p *poller) findLeader(ctx context.Context, part *polled) {
	part.busy = true
	p.spawn(func() func() {
		t, err := p.c.refreshTopic(ctx, part.tp.topic)
		return func() {
			part.busy = false
			switch {
			case err != nil:
				p.failed(part, err)
			case t.leader(part.tp.partition) < 0:
				p.failed(part, fmt.Errorf("kafka: %s/%d has no leader (code %d)", part.tp.topic, part.tp.partition, t.code))
			}
		}
	})
}

// outcome is what became of one partition of a request.
type outcome struct {
	part *polled
	recs []Record
	next int64
	end  int64
	err  error

	inflated int32
}

func (p *poller) fetch(ctx context.Context, g group, parts []*polled) {
	share := max(requestBytes/int32(len(parts)), minPartitionBytes)
	asks := make([]fetchAsk, len(parts))
	for i, part := range parts {
		part.busy = true
		asks[i] = fetchAsk{tp: part.tp, offset: part.next, maxBytes: max(min(share, part.free)/part.inflated, minPartitionBytes, part.maxBytes)}
	}
	p.flying[g]++
	wait := p.patience()
	p.spawn(func() func() {
		outs := p.request(ctx, g.leader, parts, asks, wait)
		return func() {
			p.flying[g]--
			empty := true
			for i := range outs {
				empty = empty && outs[i].err == nil && len(outs[i].recs) == 0
				p.finish(&outs[i], asks[i].maxBytes)
			}
			if empty && !g.behind && p.flying[g] > 0 {
				p.regroup = clock().Add(regroupTime)
			}
		}
	})
}

// request runs outside the loop: it sends one fetch, verifies and decodes the answer.
func (p *poller) request(ctx context.Context, leader int32, parts []*polled, asks []fetchAsk, wait time.Duration) []outcome {
	outs := make([]outcome, len(parts))
	byName := make(map[topicPartition]*outcome, len(parts))
	for i, part := range parts {
		outs[i] = outcome{part: part, next: asks[i].offset, end: -1, err: errMissing}
		byName[part.tp] = &outs[i]
	}
	answers, err := p.c.fetch(ctx, leader, asks, wait)
	for i := range outs {
		if err != nil {
			outs[i].err = err
		}
	}
	moved := map[string]bool{}
	for i := range answers {
		f := &answers[i]
		if out := byName[f.tp]; out != nil {
			p.read(ctx, f, out)
			if f.code != 0 && classify(f.code) == refresh {
				moved[f.tp.topic] = true
			}
		}
	}
	if err != nil && ctx.Err() == nil { // perhaps the broker died and another one leads now
		for _, a := range asks {
			moved[a.tp.topic] = true
		}
	}
	for topic := range moved {
		_, _ = p.c.refreshTopic(ctx, topic) // a failure shows at the next fetch
	}
	return outs
}

var errMissing = errors.New("kafka: the broker's answer leaves this partition out")

func (p *poller) read(ctx context.Context, f *fetched, out *outcome) {
	from := out.next
	switch f.code {
	case 0:
		out.end = f.lastSeen
		out.recs, out.next, out.err = f.records(from, int(out.part.free))
		out.inflated = int32(min(f.inflation, partitionBytes))
	case codeOffsetOutOfRange:
		e := &OffsetOutOfRangeError{Topic: f.tp.topic, Partition: f.tp.partition, Offset: from}
		var err error
		if e.First, err = p.c.offsetAt(ctx, f.tp, atEarliest); err == nil {
			e.Last, err = p.c.offsetAt(ctx, f.tp, atLatest)
		}
		if err != nil {
			out.err = err
			return
		}
		out.next, out.err = p.onRange(ctx, e)
	default:
		out.err = protocolError(f.code, fmt.Sprintf("fetching %s/%d", f.tp.topic, f.tp.partition))
	}
}

// finish runs inside the loop.
func (p *poller) finish(out *outcome, asked int32) {
	part := out.part
	part.busy = false
	if out.end >= 0 {
		part.end.Store(out.end)
	}
	if out.err == nil || len(out.recs) > 0 {
		part.next, part.attempts = out.next, 0
		part.take(out.recs, out.next)
	}
	if out.inflated > 0 {
		part.inflated = out.inflated
	}
	var outOfRange *OffsetOutOfRangeError
	switch {
	case out.err == nil:
		part.maxBytes = 0
		part.err.Store(nil)
	case errors.Is(out.err, errGrow) && asked < maxResponse/2:
		part.maxBytes = asked * 2
	case errors.As(out.err, &outOfRange):
		part.stopped = true
		part.fail(out.err)
		p.log.Error("consumption of a partition has stopped", "topic", part.tp.topic, "partition", part.tp.partition, "error", out.err)
	default:
		p.failed(part, out.err)
	}
}

// failed makes the partition pause. Nothing is skipped whatever the fault is: a batch that cannot be read is asked
// for again until an operator has acted.
func (p *poller) failed(part *polled, err error) {
	if errors.Is(err, context.Canceled) {
		return // the poller is ending
	}
	part.notYet = clock().Add(backoff(part.attempts))
	if part.attempts == 2 || part.attempts%60 == 59 { // a leader change heals before; then about once a minute
		p.log.Warn("a partition cannot be read, trying again", "topic", part.tp.topic, "partition", part.tp.partition, "error", err)
	}
	part.attempts++
	part.fail(err)
}

func (p *polled) fail(err error) { p.err.Store(&err) }
