package kafka

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// troubleMemory is how long a failure to write counts that neither a success nor another failure follows: whoever wrote
// there may have lost the partition it read. The slowest repetition (a request and a question for the leader that both
// time out) is well inside.
const troubleMemory = 30 * time.Second

// WriteStatus is a place that records cannot be written to at the moment.
type WriteStatus struct {
	Topic     string
	Partition int32 // -1: the topic as a whole
	Err       error // what the last attempt met, as in a RecordError
}

// troubles remembers where writing fails, for all senders of a publisher. A nil one remembers nothing.
type troubles struct {
	mu    sync.Mutex
	known map[trouble]failure
}

// trouble names a place. A record that is too large says nothing about smaller ones, and their success nothing about it.
type trouble struct {
	tp       topicPartition
	tooLarge bool
}

type failure struct {
	err error
	at  time.Time
}

// note remembers a failure. What the caller or this side has broken off is none.
func (t *troubles) note(tp topicPartition, err error) {
	var ended *TransactionError
	if t == nil || errors.Is(err, context.Canceled) || errors.Is(err, ErrClosed) || errors.As(err, &ended) {
		return
	}
	var large *RecordTooLargeError
	key := trouble{tp, errors.As(err, &large)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[trouble]failure{}
	}
	t.known[key] = failure{err, clock()}
}

// over forgets the failures of a place that took records, the largest of that size.
func (t *troubles) over(tp topicPartition, largest int) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.known, trouble{tp: tp})
	var large *RecordTooLargeError
	if errors.As(t.known[trouble{tp, true}].err, &large) && largest >= large.Size {
		delete(t.known, trouble{tp, true})
	}
}

func (t *troubles) list() []WriteStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []WriteStatus
	for key, f := range t.known {
		if clock().Sub(f.at) > troubleMemory {
			delete(t.known, key)
			continue
		}
		out = append(out, WriteStatus{Topic: key.tp.topic, Partition: key.tp.partition, Err: f.err})
	}
	slices.SortFunc(out, func(a, b WriteStatus) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}

// Status returns where records cannot be written at the moment, ordered by topic and partition, nil when all is well. A
// place appears when some attempts in series have failed or a record was refused; it disappears with the next record
// that is acknowledged there (of the same size, if one was too large), and half a minute after the last failure.
func (p *Publisher) Status() []WriteStatus { return p.cfg.troubles.list() }
