package kafka

import "time"

// What goes into a request, and when it leaves.

// maxRequestBytes is where a produce request is closed, so that many partitions' batches stay well below what a
// broker reads (100 MiB, the embedded one 64 MiB); one larger batch travels alone.
const maxRequestBytes = 8 << 20

// When many records have queued at the answer of a request, and faster than a few thousand a second, more are on their way, and
// the next request gathers them: what a batch costs the broker and us does not depend on its size. Otherwise nothing waits.
const (
	gatherFrom    = 32                     // records: fewer are no load
	gatherEach    = 200 * time.Microsecond // a record of them: what queued up more slowly did so behind a hiccup
	gatherEnough  = 1024                   // records that are worth a request: half of what is in flight by default
	gatherQuiet   = 3 * time.Millisecond   // nothing came for so long: everybody waits for us
	gatherLongest = 20 * time.Millisecond  // below what a record waits for its turn when so many are in flight
)

// outBroker is a broker to write to.
type outBroker struct {
	sending  bool      // a request is in flight
	sent     time.Time // when the last one was
	answered time.Time // and its answer came
	fresh    bool      // and nobody has looked since
	gathers  bool      // many records had queued by then, and fast
}

// weigh decides, once after each answer, whether the next request gathers, by the records that had queued by then.
func (b *outBroker) weigh(records int) {
	if b.fresh {
		b.fresh, b.gathers = false, records >= gatherFrom && b.answered.Sub(b.sent) <= time.Duration(records)*gatherEach
	}
}

// gather returns how long the next request still waits for more records, 0 or less when it does not.
func (b *outBroker) gather(parts []*outPart, now time.Time) time.Duration {
	if !b.gathers || queueing(parts) >= gatherEnough {
		return 0
	}
	var came time.Time
	for _, p := range parts {
		if p.batch != nil { // it waited long enough
			return 0
		}
		if p.came.After(came) {
			came = p.came
		}
	}
	return min(b.answered.Add(gatherLongest).Sub(now), came.Add(gatherQuiet).Sub(now))
}

func queueing(parts []*outPart) (records int) {
	for _, p := range parts {
		records += len(p.queue)
	}
	return records
}

// fill returns the partitions of one request, each with its batch.
func (s *sender) fill(parts []*outPart, now time.Time) (ready []*outPart) {
	bytes := 0
	for _, p := range parts {
		if p.batch == nil {
			p.batch = s.collect(p, now)
		}
		if p.batch == nil {
			continue
		}
		size := 0
		for _, it := range p.batch.items {
			size += it.size
		}
		if bytes > 0 && bytes+size > maxRequestBytes {
			continue // goes with the next request
		}
		bytes += size
		ready = append(ready, p)
	}
	return ready
}

// collect makes the next batch of what has queued. The caller holds the lock.
func (s *sender) collect(p *outPart, now time.Time) *outBatch {
	if err := s.dead(); err != nil {
		for _, it := range p.queue {
			it.settle(err)
		}
		p.queue = nil
		return nil
	}
	var items []*item
	bytes := batchHeaderSize
	taken := 0
	for _, it := range p.queue {
		if err := it.call.obstacle(p.tp); err != nil {
			it.settle(err)
			taken++
			continue
		}
		if len(items) > 0 && (bytes+it.size > s.cfg.BatchBytes || it.alone || items[0].alone) {
			break
		}
		items = append(items, it)
		bytes += it.size
		taken++
	}
	p.queue = p.queue[taken:]
	if len(p.queue) == 0 {
		p.queue = nil
	}
	if len(items) == 0 {
		return nil
	}
	return &outBatch{items: items, deadline: now.Add(s.cfg.DeliveryTimeout)}
}
