package kafka

import (
	"hash/fnv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// batchBytes bounds the bytes of one message in batch mode: large documents come in smaller batches, so that the
// work between two acknowledgements stays bounded.
const batchBytes = 1 << 20

// queued is a record in a lane with its number in the tracker.
type queued struct {
	rec    *Record
	number int64
}

// lane holds the records of one partition whose keys hash together. They are handed out in order, the next message
// only after the one before has been acknowledged. Its fields are guarded by the partition's lock.
type lane struct {
	part    *flowPart
	waiting []queued
	active  bool // a goroutine empties it
}

// laneOf chooses the lane of a key. Records with the null key share lane 0.
func laneOf(key []byte, lanes int) uint32 {
	if key == nil || lanes <= 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write(key) // never fails
	return h.Sum32() % uint32(lanes)
}

// push appends a record. The caller holds the partition's lock.
func (l *lane) push(q queued) {
	l.waiting = append(l.waiting, q)
	if !l.active {
		l.active = true
		l.part.flow.lanes.Go(l.run)
	}
}

// run hands out what waits and ends when nothing does: an idle lane has no goroutine.
func (l *lane) run() {
	for {
		items := l.next()
		if items == nil {
			return
		}
		if !l.deliver(items) {
			return // the flow is stopping; what waits stays uncommitted
		}
	}
}

// next takes the records of the next message, or nil after it has marked the lane idle.
func (l *lane) next() []queued {
	l.part.mu.Lock()
	defer l.part.mu.Unlock()
	if len(l.waiting) == 0 {
		l.active, l.waiting = false, nil
		return nil
	}
	n, bytes := 0, 0
	for n < len(l.waiting) && n < l.part.flow.cfg.BatchSize {
		bytes += l.waiting[n].rec.size()
		if n > 0 && bytes > batchBytes {
			break
		}
		n++
	}
	items := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return items
}

// deliver hands out the items, as one message unless the phase changes, until they are acknowledged. It returns false
// when the flow stops first. A refused message comes again after a pause; in a transaction all of it has to.
func (l *lane) deliver(items []queued) bool {
	f := l.part.flow
	for nacks := 0; len(items) > 0; {
		msg, end, handed := l.hand(items)
		if len(handed) == 0 {
			return false
		}
		ok := await(msg, f.expired.Done())
		end()
		if ok {
			l.part.finished(handed)
			items, nacks = items[len(handed):], 0
			continue
		}
		l.part.withdraw()
		if f.session != nil {
			f.session.fail(errRefused)
			return false
		}
		timer := time.NewTimer(min(f.cfg.NackBackoff<<min(nacks, 20), f.cfg.MaxNackBackoff))
		nacks++
		select {
		case <-timer.C:
		case <-f.stopping:
			timer.Stop()
			return false
		}
	}
	return true
}

// hand gives the next message to the reader of the channel and returns the records it carries, none when the flow is
// stopping. Which of the items may be handed out depends on the phase.
func (l *lane) hand(items []queued) (msg *message.Message, end func(), handed []queued) {
	f := l.part.flow
	for {
		allowed, ph := l.part.offer(items)
		var grace <-chan struct{}
		if ph.last {
			if len(allowed) == 0 {
				return nil, nil, nil
			}
			grace = f.grace.Done()
		}
		if len(allowed) == 0 {
			<-ph.over
			continue
		}
		msg, end = newMessage(f.expired, recordsIn(allowed), f.cfg.BatchSize == 1)
		select {
		case f.out <- msg:
			return msg, end, allowed
		case <-ph.over:
			end()
			l.part.withdraw()
		case <-grace:
			end()
			l.part.withdraw()
			return nil, nil, nil
		}
	}
}

func recordsIn(items []queued) []Record {
	recs := make([]Record, len(items))
	for i := range items {
		recs[i] = *items[i].rec
	}
	return recs
}

// await returns true when the message is acknowledged, false when it is refused or time is up.
func await(msg *message.Message, up <-chan struct{}) bool {
	select {
	case <-msg.Acked():
		return true
	case <-msg.Nacked():
		return false
	case <-up:
	}
	select {
	case <-msg.Acked(): // both at once: the work is done, so say so
		return true
	default:
		return false
	}
}
