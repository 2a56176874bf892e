package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// Topic describes a topic to create.
type Topic struct {
	Name        string
	Partitions  int               // at least 1; 0 takes the broker's default
	Replication int               // at least 1; 0 takes the broker's default
	Config      map[string]string // "retention.ms", "max.message.bytes" ...
}

// EnsureTopics creates the topics that do not exist and waits until every partition of all of them has a leader. A
// topic that exists is left as it is: its partitions and configuration are the operator's.
func (c *Cluster) EnsureTopics(ctx context.Context, topics []Topic) error {
	var missing []Topic
	err := until(ctx, func() (bool, error) {
		var err error
		missing, err = c.missing(ctx, topics)
		return err != nil && temporary(err), err
	})
	if err != nil {
		return fmt.Errorf("kafka: looking for topics: %w", err)
	}
	if len(missing) > 0 {
		if err := until(ctx, func() (bool, error) { return c.createTopics(ctx, missing) }); err != nil {
			return err
		}
	}
	for _, t := range topics {
		if err := c.waitUsable(ctx, t.Name); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) missing(ctx context.Context, topics []Topic) ([]Topic, error) {
	names := make([]string, len(topics))
	for i := range topics {
		names[i] = topics[i].Name
	}
	infos, err := c.metadata(ctx, names)
	if err != nil {
		return nil, err
	}
	var out []Topic
	for _, t := range infos {
		if t.code != codeUnknownTopic {
			continue
		}
		if i := slices.Index(names, t.name); i >= 0 {
			out = append(out, topics[i])
		}
	}
	return out, nil
}

func (c *Cluster) createTopics(ctx context.Context, topics []Topic) (again bool, err error) {
	r, err := c.ask(ctx, &exchange{key: protocol.CreateTopics, version: 4, node: controllerNode, body: func(w *writer) {
		w.array(len(topics))
		for _, t := range topics {
			w.string(t.Name)
			w.int32(orDefault(t.Partitions))
			w.int16(int16(orDefault(t.Replication)))
			w.array(0) // assignments: the cluster chooses
			w.array(len(t.Config))
			for k, v := range t.Config {
				w.string(k)
				w.string(v)
			}
		}
		w.int32(int32(requestTimeout / time.Millisecond))
		w.bool(false) // validate only
	}})
	if err != nil {
		return temporary(err), fmt.Errorf("kafka: creating topics: %w", err)
	}
	r.int32() // throttle time
	var errs []error
	for n := r.array(6); n > 0 && r.err == nil; n-- {
		name, code, text := r.string(), r.int16(), r.string()
		if code == 0 || code == codeTopicAlreadyExists { // somebody else was faster
			continue
		}
		again = again || classify(code) == retry || classify(code) == refresh
		errs = append(errs, protocolError(code, fmt.Sprintf("creating topic %q (%s)", name, text)))
	}
	if r.err != nil {
		return true, r.err
	}
	return again, errors.Join(errs...)
}

func orDefault(n int) int32 {
	if n <= 0 {
		return -1
	}
	return int32(n)
}

// waitUsable waits until every partition has a leader; until then brokers answer 3, 5 or 6.
func (c *Cluster) waitUsable(ctx context.Context, topic string) error {
	return until(ctx, func() (bool, error) {
		t, err := c.refreshTopic(ctx, topic)
		if err != nil {
			return temporary(err), err
		}
		if t.code != 0 {
			return classify(t.code) != fatal, protocolError(t.code, fmt.Sprintf("waiting for topic %q", topic))
		}
		if len(t.leaders) == 0 || slices.Contains(t.leaders, -1) {
			return true, fmt.Errorf("kafka: a partition of topic %q has no leader", topic)
		}
		return false, nil
	})
}
