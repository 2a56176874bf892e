package kafka

import (
	"context"
	"errors"
)

// Start says where consumption begins when there is no committed offset.
type Start int

// The places where consumption begins.
const (
	Earliest Start = iota // with the first record in the log
	Latest                // with the next record to come
)

func (s Start) timestamp() int64 {
	if s == Latest {
		return atLatest
	}
	return atEarliest
}

// ConsumeOptions says what Consume reads.
type ConsumeOptions struct {
	Topics []string
	From   Start
	ToEnd  bool // return once everything has been read that was there at the call
	// Ready is called when the positions have been found: what is produced from then on will be read. May be nil.
	Ready func()
	// AtEnd is called once, between two calls of fn, when everything has been read that was there at the call. May be nil.
	AtEnd func()
}

// Consume reads topics without a consumer group and calls fn for every committed record, one at a time, in order in
// each partition. It returns when the context ends (nil), when ToEnd is reached (nil), or with the first error of fn
// or of a topic that cannot be found. Leader changes and broker restarts are waited out.
func (c *Cluster) Consume(ctx context.Context, opts ConsumeOptions, fn func(Record) error) error {
	var parts []*polled
	var ends []int64
	for _, topic := range opts.Topics {
		n, err := c.Partitions(ctx, topic)
		if err != nil {
			return err
		}
		for p := range int32(n) {
			tp := topicPartition{topic, p}
			next, err := c.offsetAt(ctx, tp, opts.From.timestamp())
			if err != nil {
				return err
			}
			end, err := c.offsetAt(ctx, tp, atLatest)
			if err != nil {
				return err
			}
			parts, ends = append(parts, newPolled(tp, next)), append(ends, end)
		}
	}
	if len(parts) == 0 {
		return errors.New("kafka: no topic to read, expected at least one")
	}
	if opts.Ready != nil {
		opts.Ready()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	left := len(parts)
	atEnd := func() {
		if opts.AtEnd != nil {
			opts.AtEnd()
		}
		if opts.ToEnd {
			stop()
		}
	}
	po := newPoller(c, c.log, parts)
	for i, part := range parts {
		reached := part.next >= ends[i]
		if reached {
			left--
		}
		part.take = func(recs []Record, next int64) {
			for j := range recs {
				if failed != nil || ctx.Err() != nil || opts.ToEnd && recs[j].Offset >= ends[i] {
					break
				}
				if failed = fn(recs[j]); failed != nil {
					stop()
				}
			}
			if !reached && failed == nil && next >= ends[i] {
				reached = true
				if left--; left == 0 {
					atEnd()
				}
			}
		}
	}
	// A log that retention shortened meanwhile goes on with what there is: a reader without a group has no place to keep.
	po.onRange = func(_ context.Context, e *OffsetOutOfRangeError) (int64, error) {
		c.log.Warn("records were deleted before they were read", "error", e)
		return e.First, nil
	}
	if left == 0 {
		atEnd()
	}
	po.run(ctx)
	return failed
}
