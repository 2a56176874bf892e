package kafka

import (
	"errors"
	"math"
	"time"
)

// What becomes of a batch after an attempt to write it.

// settle decides what becomes of a batch after an attempt. It runs in the loop.
func (s *sender) settle(p *outPart, err error) {
	b := p.batch
	if err == nil {
		p.producer.seq += int32(len(b.items))
		p.batch = nil
		if b.attempts == 0 { // nobody else is sending these bytes
			giveBuffer(b.bytes)
		}
		largest := 0
		for _, it := range b.items {
			largest = max(largest, it.size)
		}
		s.cfg.troubles.over(p.tp, largest)
		for _, it := range b.items {
			it.settle(nil)
		}
		return
	}
	act, code := retry, codeOf(err) // no answer: the outcome is unknown, and the same bytes again settle it
	if code != 0 {
		act = classify(code)
	}
	switch act {
	case retry, refresh:
		s.later(p, err)
	case tooLarge:
		s.split(p, err)
	case fence:
		// Our numbers and the broker's differ. What an earlier attempt of this batch did is unknown.
		s.unknown(p, err)
		if s.session == nil && code != codeOutOfOrderSequence {
			p.producer = noProducer // the broker does not take this identity any more, whatever the epoch
		}
	default:
		if b.attempts > 0 {
			s.unknown(p, err) // this attempt did nothing, an earlier one may have
			return
		}
		// The batch was refused and is not in the log: its numbers are free.
		s.fail(p, err)
	}
}

// later repeats the batch after a pause, or gives it up at its deadline.
func (s *sender) later(p *outPart, err error) {
	now := clock()
	b := p.batch
	b.last = err
	if errors.Is(err, ErrClosed) || now.After(b.deadline) || s.dead() != nil {
		s.giveUp(p)
		return
	}
	p.notYet = now.Add(backoff(b.attempts))
	if b.attempts >= 5 { // an election heals before
		s.cfg.troubles.note(p.tp, err)
	}
	if b.attempts == 5 || b.attempts%60 == 59 { // the same; then about once a minute
		s.c.log.Warn("records cannot be written, trying again", "topic", p.tp.topic, "partition", p.tp.partition, "error", err)
	}
	b.attempts++
}

func (s *sender) giveUp(p *outPart) {
	err := p.batch.last
	if dead := s.dead(); dead != nil {
		err = dead
	}
	if p.batch.sent {
		s.unknown(p, err)
		return
	}
	s.fail(p, err)
}

// unknown fails a batch that may be in the log. Its sequence numbers are never used again: a batch with the same
// numbers and other content is answered with success and thrown away. The next epoch shuts out a late arrival too.
// A transactional producer may not take an epoch by itself: its session ends instead.
func (s *sender) unknown(p *outPart, err error) {
	if s.session != nil {
		s.session.fail(err)
	} else {
		p.producer = p.producer.next()
	}
	s.fail(p, &UnknownOutcomeError{Topic: p.tp.topic, Partition: p.tp.partition, Err: err})
}

func (s *sender) fail(p *outPart, err error) {
	b := p.batch
	p.batch, p.notYet = nil, time.Time{}
	s.cfg.troubles.note(p.tp, err)
	for _, it := range b.items {
		it.settle(err)
	}
}

// split answers "too large": a record alone is refused, a batch is sent again record by record.
func (s *sender) split(p *outPart, err error) {
	b := p.batch
	if len(b.items) == 1 {
		it := b.items[0]
		s.fail(p, &RecordTooLargeError{Topic: p.tp.topic, Size: it.size})
		return
	}
	s.c.log.Debug("a batch was too large for its topic, sending its records one by one", "topic", p.tp.topic, "records", len(b.items), "error", err)
	for _, it := range b.items {
		it.alone = true
	}
	if b.attempts > 0 { // an earlier attempt may have passed under another limit
		if s.session != nil {
			s.unknown(p, err)
			return
		}
		p.producer = p.producer.next()
	}
	p.batch = nil
	s.mu.Lock()
	p.queue = append(b.items, p.queue...)
	s.mu.Unlock()
}

// next is the producer after its numbers became doubtful: the next epoch, with numbers from 0, which a producer
// without transactions may take by itself (KIP-360). After the last epoch it needs a new id.
func (s producerState) next() producerState {
	if s.id < 0 || s.epoch == math.MaxInt16 {
		return noProducer
	}
	return producerState{id: s.id, epoch: s.epoch + 1}
}
