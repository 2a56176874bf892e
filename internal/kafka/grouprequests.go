package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// rangeProtocol is the one assignment strategy offered: every client knows it, and each member gets neighbouring
// partitions.
const rangeProtocol = "range"

// groupSubscription is what a member joins with.
type groupSubscription struct {
	group, id, topic   string // id: empty to be given one
	session, rebalance time.Duration
}

// joinedGroup is the answer to a join.
type joinedGroup struct {
	id, leader string
	generation int32
	members    map[string][]string // topics of each member; filled for the leader only
}

// atGroup sends one request to the group's coordinator and returns the rest of the answer and its error code, which all
// requests of the group protocol have in the same place. It does not repeat.
func (c *Cluster) atGroup(ctx context.Context, limit time.Duration, group string, x *exchange) (*reader, int16, error) {
	of := coordinated{0, group}
	node, err := c.coordinator(ctx, of)
	if err != nil {
		return nil, 0, err
	}
	x.node = node
	r, err := c.askWithin(ctx, limit, x)
	if err != nil {
		c.coordinators.forget(of)
		return nil, 0, err
	}
	r.int32() // throttle time
	code := r.int16()
	if classify(code) == refresh {
		c.coordinators.forget(of)
	}
	return r, code, r.err
}

// joinGroup asks to take part in the next generation. The answer comes when all members have asked or have been given
// up. The id is returned beside the error too when the coordinator gives one first: MEMBER_ID_REQUIRED.
func (c *Cluster) joinGroup(ctx context.Context, limit time.Duration, s groupSubscription) (joinedGroup, error) {
	r, code, err := c.atGroup(ctx, limit, s.group, &exchange{key: protocol.JoinGroup, version: 5, body: func(w *writer) {
		w.string(s.group)
		w.int32(int32(s.session / time.Millisecond))
		w.int32(int32(s.rebalance / time.Millisecond))
		w.string(s.id)
		w.nullString() // group instance: no static membership
		w.string("consumer")
		w.array(1)
		w.string(rangeProtocol)
		w.bytes(encodeTopics(s.topic))
	}})
	if err != nil {
		return joinedGroup{}, err
	}
	j := joinedGroup{members: map[string][]string{}}
	j.generation = r.int32()
	r.string() // protocol: there is only one
	j.leader, j.id = r.string(), r.string()
	for n := r.array(8); n > 0 && r.err == nil; n-- {
		id := r.string()
		r.string() // group instance
		j.members[id] = decodeTopics(r.bytes())
	}
	return j, answer(r, code, fmt.Sprintf("joining group %q", s.group))
}

// syncGroup tells the coordinator who gets which partitions, which only the leader of the generation knows, and returns
// this member's share by topic.
func (c *Cluster) syncGroup(ctx context.Context, limit time.Duration, m member, assignments map[string]map[string][]int32) (map[string][]int32, error) {
	r, code, err := c.atGroup(ctx, limit, m.group, &exchange{key: protocol.SyncGroup, version: 3, body: func(w *writer) {
		w.string(m.group)
		w.int32(m.generation)
		w.string(m.id)
		w.nullString()
		w.array(len(assignments))
		for _, id := range slices.Sorted(maps.Keys(assignments)) {
			w.string(id)
			w.bytes(encodeAssignment(assignments[id]))
		}
	}})
	if err != nil {
		return nil, err
	}
	mine := &reader{b: r.bytes()}
	if err := answer(r, code, fmt.Sprintf("getting the partitions of a member of group %q", m.group)); err != nil {
		return nil, err
	}
	return decodeAssignment(mine)
}

// heartbeat says that the member lives. The error REBALANCE_IN_PROGRESS says that it should finish and join again.
func (c *Cluster) heartbeat(ctx context.Context, limit time.Duration, m member) error {
	r, code, err := c.atGroup(ctx, limit, m.group, &exchange{key: protocol.Heartbeat, version: 3, body: func(w *writer) {
		w.string(m.group)
		w.int32(m.generation)
		w.string(m.id)
		w.nullString()
	}})
	if err != nil {
		return err
	}
	return answer(r, code, fmt.Sprintf("staying a member of group %q", m.group))
}

// leaveGroup gives up the membership. It is repeated while the coordinator moves.
func (c *Cluster) leaveGroup(ctx context.Context, group, id string) error {
	return until(ctx, func() (bool, error) {
		r, code, err := c.atGroup(ctx, leaveTimeout, group, &exchange{key: protocol.LeaveGroup, version: 2, body: func(w *writer) {
			w.string(group)
			w.string(id)
		}})
		if err == nil && code != codeUnknownMember { // not known any more: then it has left
			err = answer(r, code, fmt.Sprintf("leaving group %q", group))
		}
		return temporary(err), err
	})
}

// The consumer protocol, version 0, travels inside the group protocol: a version, topics, and data that the strategy
// range does not use.

func encodeTopics(topic string) []byte {
	w := &writer{}
	w.int16(0)
	w.array(1)
	w.string(topic)
	w.int32(-1)
	return w.b
}

// decodeTopics returns the topics of a subscription of any version; none when it cannot be read: such a member gets
// nothing, and the others go on.
func decodeTopics(b []byte) []string {
	r := &reader{b: b}
	r.int16()
	var topics []string
	for n := r.array(2); n > 0 && r.err == nil; n-- {
		topics = append(topics, r.string())
	}
	if r.err != nil {
		return nil
	}
	return topics
}

func encodeAssignment(topics map[string][]int32) []byte {
	w := &writer{}
	w.int16(0)
	w.array(len(topics))
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		w.string(topic)
		w.array(len(topics[topic]))
		for _, p := range topics[topic] {
			w.int32(p)
		}
	}
	w.int32(-1)
	return w.b
}

// decodeAssignment reads an assignment of any version. No bytes at all are an empty one.
func decodeAssignment(r *reader) (map[string][]int32, error) {
	topics := map[string][]int32{}
	if len(r.b) == 0 {
		return topics, nil
	}
	r.int16()
	for n := r.array(6); n > 0 && r.err == nil; n-- {
		topic := r.string()
		for m := r.array(4); m > 0 && r.err == nil; m-- {
			topics[topic] = append(topics[topic], r.int32())
		}
	}
	return topics, r.err
}

// assignRanges is Kafka's strategy "range": of each topic its members get neighbouring partitions, in the order of
// their ids, the first ones one more when it does not come out even.
func assignRanges(members map[string][]string, partitions map[string]int) map[string]map[string][]int32 {
	takers := map[string][]string{}
	assignments := make(map[string]map[string][]int32, len(members))
	for _, id := range slices.Sorted(maps.Keys(members)) {
		assignments[id] = map[string][]int32{}
		for _, topic := range members[id] {
			takers[topic] = append(takers[topic], id)
		}
	}
	for topic, ids := range takers {
		next := int32(0)
		for i, id := range ids {
			share := partitions[topic] / len(ids)
			if i < partitions[topic]%len(ids) {
				share++
			}
			for range share {
				assignments[id][topic] = append(assignments[id][topic], next)
				next++
			}
		}
	}
	return assignments
}
