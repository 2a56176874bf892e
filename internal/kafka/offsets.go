package kafka

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go/protocol"
)

// Offsets are the bounds of one partition's log.
type Offsets struct {
	First int64 // offset of the first record
	Last  int64 // offset after the last record that a read_committed consumer sees
}

const (
	atEarliest int64 = -2 // timestamps with a meaning of their own in a ListOffsets request
	atLatest   int64 = -1
)

// Offsets returns the bounds of every partition of a topic, by partition.
func (c *Cluster) Offsets(ctx context.Context, topic string) ([]Offsets, error) {
	t, err := c.topic(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make([]Offsets, len(t.leaders))
	for p := range out {
		tp := topicPartition{topic, int32(p)}
		if out[p].First, err = c.offsetAt(ctx, tp, atEarliest); err != nil {
			return nil, err
		}
		if out[p].Last, err = c.offsetAt(ctx, tp, atLatest); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// offsetAt asks the partition's leader, and again while there is none, until the context ends.
func (c *Cluster) offsetAt(ctx context.Context, tp topicPartition, at int64) (int64, error) {
	var offset int64
	err := until(ctx, func() (bool, error) {
		t, err := c.topic(ctx, tp.topic)
		if err != nil {
			return false, err
		}
		var code int16
		offset, code, err = c.listOffset(ctx, tp, t.leader(tp.partition), at)
		if err == nil && code != 0 {
			err = protocolError(code, fmt.Sprintf("asking for offsets of %s/%d", tp.topic, tp.partition))
		}
		if err != nil && temporary(err) {
			_, _ = c.refreshTopic(ctx, tp.topic) // a failure here shows at the next attempt
			return true, err
		}
		return false, err
	})
	return offset, err
}

func (c *Cluster) listOffset(ctx context.Context, tp topicPartition, leader int32, at int64) (int64, int16, error) {
	if leader < 0 {
		return 0, codeLeaderNotAvailable, nil
	}
	r, err := c.ask(ctx, &exchange{key: protocol.ListOffsets, version: 5, node: leader, body: func(w *writer) {
		w.int32(-1) // replica: a client
		w.int8(readCommitted)
		w.array(1)
		w.string(tp.topic)
		w.array(1)
		w.int32(tp.partition)
		w.int32(-1) // leader epoch: not checked
		w.int64(at)
	}})
	if err != nil {
		return 0, 0, err
	}
	r.int32() // throttle time
	if r.array(6) != 1 {
		return 0, 0, fmt.Errorf("kafka: the answer on offsets names no topic, expected %q", tp.topic)
	}
	r.string()
	if r.array(26) != 1 {
		return 0, 0, fmt.Errorf("kafka: the answer on offsets names no partition, expected %s/%d", tp.topic, tp.partition)
	}
	r.int32() // partition
	code := r.int16()
	r.int64() // timestamp
	offset := r.int64()
	return offset, code, r.err
}
