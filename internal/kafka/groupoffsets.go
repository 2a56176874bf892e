package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/segmentio/kafka-go/protocol"
)

// coordinated names what a coordinator keeps: a group or a transactional id.
type coordinated struct {
	kind int8 // key type of FindCoordinator: 0 a group, 1 a transactional id
	name string
}

// coordinatorCache remembers which broker coordinates what.
type coordinatorCache struct {
	mu    sync.Mutex
	nodes map[coordinated]int32
}

func (cc *coordinatorCache) get(of coordinated) (int32, bool) {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	n, ok := cc.nodes[of]
	return n, ok
}

func (cc *coordinatorCache) put(of coordinated, node int32) {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if cc.nodes == nil {
		cc.nodes = map[coordinated]int32{}
	}
	cc.nodes[of] = node
}

func (cc *coordinatorCache) forget(of coordinated) {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	delete(cc.nodes, of)
}

// coordinator returns the broker that keeps the group's offsets or the state of the transactions. kafka-go looks it up
// for every request, and sends the request to any broker when the answer was an error.
func (c *Cluster) coordinator(ctx context.Context, of coordinated) (int32, error) {
	if n, ok := c.coordinators.get(of); ok {
		return n, nil
	}
	r, err := c.ask(ctx, &exchange{key: protocol.FindCoordinator, version: 2, node: anyNode, body: func(w *writer) {
		w.string(of.name)
		w.int8(of.kind)
	}})
	if err != nil {
		return 0, err
	}
	r.int32() // throttle time
	code := r.int16()
	r.string() // error message
	node := r.int32()
	if r.err != nil {
		return 0, r.err
	}
	if code != 0 {
		return 0, protocolError(code, fmt.Sprintf("looking for the coordinator of %q", of.name))
	}
	c.coordinators.put(of, node)
	return node, nil
}

// atCoordinator is atCoordinatorOf a group.
func (c *Cluster) atCoordinator(ctx context.Context, group string, try func(node int32) error) error {
	return c.atCoordinatorOf(ctx, coordinated{0, group}, try)
}

// atCoordinatorOf runs one request at the coordinator until it succeeds, fails for good or the context ends, and finds
// the coordinator again unless it said itself that the request is only early.
func (c *Cluster) atCoordinatorOf(ctx context.Context, of coordinated, try func(node int32) error) error {
	return until(ctx, func() (bool, error) {
		node, err := c.coordinator(ctx, of)
		if err == nil {
			err = try(node)
		}
		if err == nil {
			return false, nil
		}
		if !early(err) {
			c.coordinators.forget(of)
		}
		return temporary(err), err
	})
}

// member is one member of a group in one generation; only it may commit offsets.
type member struct {
	group      string
	id         string
	generation int32
}

// commitOffsets stores where the group goes on in each partition. It retries while the coordinator moves, for as
// long as the context lasts. An error of class fence says that the generation is over.
func (c *Cluster) commitOffsets(ctx context.Context, m member, offsets map[topicPartition]int64) error {
	if len(offsets) == 0 {
		return nil
	}
	return c.atCoordinator(ctx, m.group, func(node int32) error {
		r, err := c.ask(ctx, &exchange{key: protocol.OffsetCommit, version: 7, node: node, body: func(w *writer) {
			w.string(m.group)
			w.int32(m.generation)
			w.string(m.id)
			w.nullString() // group instance: no static membership
			topics := byTopic(slices.Collect(maps.Keys(offsets)), func(tp *topicPartition) string { return tp.topic })
			w.array(len(topics))
			for _, group := range topics {
				w.string(group[0].topic)
				w.array(len(group))
				for _, tp := range group {
					w.int32(tp.partition)
					w.int64(offsets[tp])
					w.int32(-1) // leader epoch: unknown. 0 makes franz-go and Java believe that the log was truncated
					w.string("")
				}
			}
		}})
		if err != nil {
			return err
		}
		r.int32() // throttle time
		return answer(r, firstOfPartitions(r), fmt.Sprintf("committing offsets of group %q", m.group))
	})
}

// committedOffsets returns the committed offset of the partitions of one topic that have one. It asks for stable
// offsets (KIP-447): right after a transaction has ended its offsets may not be visible yet, and going on from the
// old ones would process records twice. kafka-go's own request cannot ask that.
func (c *Cluster) committedOffsets(ctx context.Context, group, topic string, partitions []int32) (map[int32]int64, error) {
	out := make(map[int32]int64, len(partitions))
	err := c.atCoordinator(ctx, group, func(node int32) error {
		r, err := c.ask(ctx, &exchange{key: protocol.OffsetFetch, version: 7, flexible: true, node: node, body: func(w *writer) {
			w.compactString(group)
			w.compactArray(1)
			w.compactString(topic)
			w.compactArray(len(partitions))
			for _, p := range partitions {
				w.int32(p)
			}
			w.tags()
			w.bool(true) // require stable
			w.tags()
		}})
		if err != nil {
			return err
		}
		clear(out)
		code := decodeCommitted(r, out)
		if r.err != nil {
			return r.err
		}
		if code != 0 {
			return protocolError(code, fmt.Sprintf("reading the offsets of group %q", group))
		}
		return nil
	})
	return out, err
}

// decodeCommitted returns the first error code that the response carries.
func decodeCommitted(r *reader, out map[int32]int64) int16 {
	var first int16
	note := func(code int16) {
		if first == 0 {
			first = code
		}
	}
	r.int32() // throttle time
	for n := r.compactArray(3); n > 0 && r.err == nil; n-- {
		r.compactString()
		for p := r.compactArray(20); p > 0 && r.err == nil; p-- {
			partition, offset := r.int32(), r.int64()
			r.int32()         // leader epoch
			r.compactString() // metadata
			note(r.int16())
			r.tags()
			if offset >= 0 { // -1: nothing committed
				out[partition] = offset
			}
		}
		r.tags()
	}
	note(r.int16())
	r.tags()
	return first
}
