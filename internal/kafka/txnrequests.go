package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// transactionTimeout is when a broker aborts a transaction whose producer has gone and that nobody took over. It is
// the Java client's default, and longer than a record is tried.
const transactionTimeout = time.Minute

// txnProducer is a producer with a transactional id, as its coordinator knows it.
type txnProducer struct {
	name  string // the transactional id
	id    int64
	epoch int16
}

func (p *txnProducer) write(w *writer) {
	w.string(p.name)
	w.int64(p.id)
	w.int16(p.epoch)
}

// atTransactions is atCoordinatorOf a transactional id.
func (c *Cluster) atTransactions(ctx context.Context, name string, try func(node int32) error) error {
	return c.atCoordinatorOf(ctx, coordinated{1, name}, try)
}

// initTransactions makes this client the producer of the transactional id: an open transaction of an earlier one is
// aborted, and whatever the earlier one still sends is refused from now on.
func (c *Cluster) initTransactions(ctx context.Context, name string) (txnProducer, error) {
	p := txnProducer{name: name}
	err := c.atTransactions(ctx, name, func(node int32) error {
		r, err := c.ask(ctx, &exchange{key: protocol.InitProducerId, version: 1, node: node, body: func(w *writer) {
			w.string(name)
			w.int32(int32(transactionTimeout / time.Millisecond))
		}})
		if err != nil {
			return err
		}
		r.int32() // throttle time
		code := r.int16()
		p.id, p.epoch = r.int64(), r.int16()
		return answer(r, code, fmt.Sprintf("becoming the producer of transactional id %q", name))
	})
	return p, err
}

// addPartitions makes partitions part of the open transaction, or opens one with them.
func (c *Cluster) addPartitions(ctx context.Context, p txnProducer, parts []topicPartition) error {
	return c.atTransactions(ctx, p.name, func(node int32) error {
		r, err := c.ask(ctx, &exchange{key: protocol.AddPartitionsToTxn, version: 1, node: node, body: func(w *writer) {
			p.write(w)
			topics := byTopic(parts, func(tp *topicPartition) string { return tp.topic })
			w.array(len(topics))
			for _, group := range topics {
				w.string(group[0].topic)
				w.array(len(group))
				for _, tp := range group {
					w.int32(tp.partition)
				}
			}
		}})
		if err != nil {
			return err
		}
		r.int32() // throttle time
		return answer(r, firstOfPartitions(r), fmt.Sprintf("adding partitions to the transaction of %q", p.name))
	})
}

// addOffsets announces that the open transaction commits offsets of the group.
func (c *Cluster) addOffsets(ctx context.Context, p txnProducer, group string) error {
	return c.atTransactions(ctx, p.name, func(node int32) error {
		r, err := c.ask(ctx, &exchange{key: protocol.AddOffsetsToTxn, version: 1, node: node, body: func(w *writer) {
			p.write(w)
			w.string(group)
		}})
		if err != nil {
			return err
		}
		r.int32() // throttle time
		return answer(r, r.int16(), fmt.Sprintf("adding the offsets of group %q to the transaction of %q", group, p.name))
	})
}

// commitOffsetsInTransaction stores offsets that count once the transaction is committed. The group's coordinator
// refuses them from a member of an earlier generation.
func (c *Cluster) commitOffsetsInTransaction(ctx context.Context, p txnProducer, m member, offsets map[topicPartition]int64) error {
	return c.atCoordinator(ctx, m.group, func(node int32) error {
		r, err := c.ask(ctx, &exchange{key: protocol.TxnOffsetCommit, version: 3, flexible: true, node: node, body: func(w *writer) {
			w.compactString(p.name)
			w.compactString(m.group)
			w.int64(p.id)
			w.int16(p.epoch)
			w.int32(m.generation)
			w.compactString(m.id)
			w.compactNull() // group instance: no static membership
			topics := byTopic(slices.Collect(maps.Keys(offsets)), func(tp *topicPartition) string { return tp.topic })
			w.compactArray(len(topics))
			for _, group := range topics {
				w.compactString(group[0].topic)
				w.compactArray(len(group))
				for _, tp := range group {
					w.int32(tp.partition)
					w.int64(offsets[tp])
					w.int32(-1) // leader epoch: unknown, see commitOffsets
					w.compactString("")
					w.tags()
				}
				w.tags()
			}
			w.tags()
		}})
		if err != nil {
			return err
		}
		r.int32() // throttle time
		var first int16
		for n := r.compactArray(3); n > 0 && r.err == nil; n-- {
			r.compactString()
			for m := r.compactArray(7); m > 0 && r.err == nil; m-- {
				r.int32()
				if code := r.int16(); code != 0 && first == 0 {
					first = code
				}
				r.tags()
			}
			r.tags()
		}
		return answer(r, first, fmt.Sprintf("committing offsets of group %q in the transaction of %q", m.group, p.name))
	})
}

// commitTransaction ends the open transaction. Repeating it after a lost answer does no harm.
func (c *Cluster) commitTransaction(ctx context.Context, p txnProducer) error {
	return c.atTransactions(ctx, p.name, func(node int32) error {
		r, err := c.ask(ctx, &exchange{key: protocol.EndTxn, version: 1, node: node, body: func(w *writer) {
			p.write(w)
			w.bool(true)
		}})
		if err != nil {
			return err
		}
		r.int32() // throttle time
		return answer(r, r.int16(), fmt.Sprintf("committing the transaction of %q", p.name))
	})
}

// firstOfPartitions reads what a response says of the partitions of topics and returns the first error. Where one partition is
// refused, the others of a transaction are said not to have been attempted: that is no reason.
func firstOfPartitions(r *reader) (first int16) {
	for n := r.array(6); n > 0 && r.err == nil; n-- {
		r.string()
		for m := r.array(6); m > 0 && r.err == nil; m-- {
			r.int32()
			if code := r.int16(); code != 0 && code != codeNotAttempted && first == 0 {
				first = code
			}
		}
	}
	return first
}

// answer is the end of reading a response whose outcome is one code.
func answer(r *reader, code int16, doing string) error {
	if r.err != nil {
		return r.err
	}
	if code != 0 {
		return protocolError(code, doing)
	}
	return nil
}
