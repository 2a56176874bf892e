package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// reader consumes the output topics of a run from their beginning and gives each record to the checker.
type reader struct {
	client  *kgo.Client
	checker *checker
	now     func() time.Time
	records atomic.Int64                // read so far
	found   atomic.Int64                // different messages among them
	arrived func(seq int, at time.Time) // of each message's first copy; may be nil
}

func (r *run) newReader(messages int) (*reader, error) {
	client, err := r.newClient(kgo.ConsumeTopics(r.topics()[1:]...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMinBytes(1), kgo.FetchMaxWait(100*time.Millisecond), kgo.FetchMaxPartitionBytes(4<<20), kgo.FetchMaxBytes(16<<20))
	if err != nil {
		return nil, err
	}
	return &reader{client: client, checker: newChecker(r.prefix, messages), now: r.opts.Now}, nil
}

// readTo reads until so many records have been read, or nothing came for stallTimeout, or the context ends. The target
// may still change while it reads.
func (rd *reader) readTo(ctx context.Context, target *atomic.Int64) error {
	last := rd.now()
	for rd.records.Load() < target.Load() {
		poll, cancel := context.WithTimeout(ctx, 200*time.Millisecond) // the target may have come nearer meanwhile
		fetches := rd.client.PollFetches(poll)
		cancel()
		now := rd.now()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, e := range fetches.Errors() {
			if !errors.Is(e.Err, context.DeadlineExceeded) {
				return fmt.Errorf("reading %s: %w", e.Topic, e.Err)
			}
		}
		fetches.EachRecord(func(record *kgo.Record) {
			if seq, first := rd.checker.add(record.Topic, record.Key, record.Value); first {
				rd.found.Add(1)
				if rd.arrived != nil {
					rd.arrived(seq, now)
				}
			}
		})
		switch n := fetches.NumRecords(); {
		case n > 0:
			rd.records.Add(int64(n))
			last = now
		case now.Sub(last) > stallTimeout && target.Load() != unknownTarget:
			return errors.New("the broker does not deliver the outputs that it holds")
		}
	}
	return nil
}

// unknownTarget is that of a reader that is to go on until it is told more.
const unknownTarget = int64(1) << 62
