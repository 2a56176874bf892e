package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/segmentio/kafka-go/protocol"
)

const (
	// Metadata older than this is asked again at the next use: a topic may have got partitions since.
	topicTTL = 30 * time.Second
	// A topic that was just created is unknown to some brokers for a moment; after this it does not exist.
	topicWait = 5 * time.Second
	// Leaders are asked at most this often for one topic, whoever complains.
	minRefresh = 50 * time.Millisecond
)

// topicID tells a topic from one of the same name that was there before (KIP-516). It is zero when the topic is unknown.
type topicID [16]byte

// topicInfo is what a broker said about one topic.
type topicInfo struct {
	name    string
	id      topicID
	code    int16 // error of the whole topic
	leaders []int32
	at      time.Time
}

// leader returns the broker that leads the partition, or -1.
func (t *topicInfo) leader(partition int32) int32 {
	if partition < 0 || int(partition) >= len(t.leaders) {
		return -1
	}
	return t.leaders[partition]
}

// topicCache holds the last metadata of every topic in use.
type topicCache struct {
	mu     sync.Mutex
	topics map[string]*topicInfo
	flight singleflight.Group
}

func (tc *topicCache) get(topic string) *topicInfo {
	tc.mu.Lock()
	defer tc.mu.Unlock()
	return tc.topics[topic]
}

func (tc *topicCache) put(t *topicInfo) {
	tc.mu.Lock()
	defer tc.mu.Unlock()
	if tc.topics == nil {
		tc.topics = map[string]*topicInfo{}
	}
	tc.topics[t.name] = t
}

// metadata asks any broker about the topics; none (an empty slice, not nil) asks for the brokers only. The
// transport's own metadata requests are answered from its cache, this one is not.
func (c *Cluster) metadata(ctx context.Context, topics []string) ([]*topicInfo, error) {
	r, err := c.ask(ctx, &exchange{key: protocol.Metadata, version: 10, flexible: true, node: anyNode, body: func(w *writer) {
		w.metadataOf(topics, false)
	}})
	if err != nil {
		return nil, err
	}
	out := decodeMetadata(r)
	if r.err != nil {
		return nil, r.err
	}
	now := clock()
	for _, t := range out {
		t.at = now
	}
	return out, nil
}

// metadataOf writes a request for topics by name; operations asks what this client may do.
func (w *writer) metadataOf(topics []string, operations bool) {
	w.compactArray(len(topics))
	for _, t := range topics {
		w.b = append(w.b, make([]byte, len(topicID{}))...) // by name, not by id
		w.compactString(t)
		w.tags()
	}
	w.bool(false)      // allow_auto_topic_creation: topics are created explicitly
	w.bool(operations) // include_cluster_authorized_operations
	w.bool(operations) // include_topic_authorized_operations
	w.tags()
}

// maxPartitions bounds the partition numbers believed from a response; a cluster holds some hundred thousand
// partitions in all.
const maxPartitions = 1 << 20

func decodeMetadata(r *reader) []*topicInfo {
	r.int32() // throttle time
	for n := r.compactArray(11); n > 0 && r.err == nil; n-- {
		r.int32()         // node
		r.compactString() // host
		r.int32()         // port
		r.compactString() // rack
		r.tags()
	}
	r.compactString() // cluster id
	r.int32()         // controller
	var out []*topicInfo
	for n := r.compactArray(26); n > 0 && r.err == nil; n-- {
		t := &topicInfo{code: r.int16(), name: r.compactString()}
		copy(t.id[:], r.take(len(t.id)))
		r.int8() // internal
		for p := r.compactArray(18); p > 0 && r.err == nil; p-- {
			r.int16() // error: the leader is -1 then, or stale, and a request will say so
			index, leader := r.int32(), r.int32()
			r.int32() // leader epoch
			for lists := 0; lists < 3; lists++ {
				r.take(4 * r.compactArray(4)) // replicas, in-sync replicas, offline replicas
			}
			r.tags()
			if index < 0 || index >= maxPartitions {
				r.fail(fmt.Errorf("kafka: metadata of topic %q names partition %d", t.name, index))
				break
			}
			for int(index) >= len(t.leaders) {
				t.leaders = append(t.leaders, -1)
			}
			t.leaders[index] = leader
		}
		r.int32() // authorized operations
		r.tags()
		out = append(out, t)
	}
	return out
}

// refreshTopic asks for the metadata of one topic now and keeps it. Concurrent callers share one request, and one
// that comes right after another gets the same answer.
func (c *Cluster) refreshTopic(ctx context.Context, topic string) (*topicInfo, error) {
	if t := c.topics.get(topic); t != nil && clock().Sub(t.at) < minRefresh {
		return t, nil
	}
	// The shared request must not end with the context of the caller who happened to come first.
	ch := c.topics.flight.DoChan(topic, func() (any, error) {
		infos, err := c.metadata(context.WithoutCancel(ctx), []string{topic})
		if err != nil {
			return nil, err
		}
		for _, t := range infos {
			if t.name == topic {
				c.topics.put(t)
				return t, nil
			}
		}
		return nil, fmt.Errorf("kafka: the broker's metadata does not mention the topic %q that was asked for", topic)
	})
	select {
	case res := <-ch:
		if res.Err != nil {
			return nil, res.Err
		}
		t, _ := res.Val.(*topicInfo) // never another type
		return t, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// topic returns metadata of a topic that exists. It waits up to topicWait for a topic that is not known yet, then
// the error is an *UnknownTopicError; without any answer it is an *UnreachableError.
func (c *Cluster) topic(ctx context.Context, name string) (*topicInfo, error) {
	t := c.topics.get(name)
	if t != nil && t.code == 0 && len(t.leaders) > 0 && clock().Sub(t.at) < topicTTL {
		return t, nil
	}
	stale := t
	ctx, cancel := context.WithTimeout(ctx, topicWait)
	defer cancel()
	err := until(ctx, func() (bool, error) {
		var err error
		t, err = c.refreshTopic(ctx, name)
		if err != nil {
			return temporary(err), &UnreachableError{Brokers: c.cfg.Brokers, Err: err}
		}
		switch {
		case t.code == codeUnknownTopic:
			return true, &UnknownTopicError{Topic: name}
		case t.code != 0 || len(t.leaders) == 0:
			a := classify(t.code)
			return a != fatal, protocolError(t.code, fmt.Sprintf("asking for topic %q", name))
		}
		return false, nil
	})
	var unreachable *UnreachableError
	if errors.As(err, &unreachable) && stale != nil && stale.code == 0 {
		return stale, nil // the cluster is away: what was true is the best guess, and the request will wait for it
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Partitions returns the number of partitions of a topic. The error is an *UnknownTopicError when it does not exist.
func (c *Cluster) Partitions(ctx context.Context, topic string) (int, error) {
	t, err := c.topic(ctx, topic)
	if err != nil {
		return 0, err
	}
	return len(t.leaders), nil
}
