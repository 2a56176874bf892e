package kafka

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/twmb/franz-go/pkg/kfake"
)

// suite runs Watermill's universal Pub/Sub tests on one shared fake cluster.
type suite struct {
	t       *testing.T
	cluster *Cluster
	cfg     SubscriberConfig
	keyed   bool
	batches bool // unpack batches through an adapter
}

func newSuite(t *testing.T, cfg SubscriberConfig) *suite {
	fake := newBroker(t, kfake.NumBrokers(3))
	// The suite refuses hundreds of messages in series, and starts and stops fifty members at once.
	cfg.NackBackoff, cfg.MaxNackBackoff = time.Millisecond, 5*time.Millisecond
	cfg.DrainTimeout, cfg.CommitTimeout = 300*time.Millisecond, time.Second
	cfg.HeartbeatInterval = 100 * time.Millisecond
	cfg.NewTopic = Topic{Partitions: 5, Replication: 1}
	return &suite{t: t, cluster: connect(t, fake), cfg: cfg}
}

func (s *suite) pubSub(t *testing.T) (message.Publisher, message.Subscriber) {
	return s.groupPubSub(t, "test")
}

func (s *suite) groupPubSub(t *testing.T, group string) (message.Publisher, message.Subscriber) {
	cfg := s.cfg
	cfg.Group = group
	sub, err := s.cluster.NewSubscriber(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = sub.Close() }) // the suite leaves some subscribers open
	return s.publisher(), s.adapt(sub)
}

func (s *suite) publisher() message.Publisher {
	own := s.cluster.NewPublisher(PublisherConfig{})
	s.t.Cleanup(func() { _ = own.Close() })
	var pub message.Publisher = own
	if s.keyed {
		pub = keyByPayload{pub}
	}
	return pub
}

func (s *suite) adapt(sub *Subscriber) message.Subscriber {
	if s.batches {
		return &unpacker{Subscriber: sub}
	}
	return sub
}

// keyByPayload gives messages a key, as an application that wants order does.
type keyByPayload struct{ message.Publisher }

func (k keyByPayload) Publish(topic string, msgs ...*message.Message) error {
	keyed := make([]*message.Message, len(msgs))
	for i, m := range msgs {
		keyed[i] = m.Copy()
		keyed[i].Metadata.Set(KeyMetadata, string(m.Payload))
	}
	return k.Publisher.Publish(topic, keyed...)
}

// unpacker turns each batch into single messages, in order, each after the one before is acknowledged, and
// acknowledges the batch when all are; a refused message refuses the batch.
type unpacker struct {
	*Subscriber
	running sync.WaitGroup
}

func (u *unpacker) Close() error {
	err := u.Subscriber.Close()
	u.running.Wait() // the suite wants the channel closed then
	return err
}

func (u *unpacker) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := u.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	u.running.Go(func() {
		defer close(out)
		var batches sync.WaitGroup
		for msg := range in {
			batches.Go(func() { u.unpack(msg, out) })
		}
		batches.Wait()
	})
	return out, nil
}

func (u *unpacker) unpack(msg *message.Message, out chan<- *message.Message) {
	for _, rec := range Records(msg) {
		for again := true; again; {
			single, end := newMessage(msg.Context(), []Record{rec}, true)
			select {
			case out <- single:
			case <-msg.Context().Done():
				end()
				msg.Nack()
				return
			}
			select {
			case <-single.Acked():
				again = false
			case <-single.Nacked():
			case <-msg.Context().Done():
				end()
				return
			}
			end()
		}
	}
	msg.Ack()
}

func TestWatermillKeyedPerRecord(t *testing.T) {
	s := newSuite(t, SubscriberConfig{Lanes: 64})
	s.keyed = true
	tests.TestPubSub(t, tests.Features{ConsumerGroups: true, GuaranteedOrder: true, Persistent: true}, s.pubSub, s.groupPubSub)
}

func TestWatermillStrictOrder(t *testing.T) {
	// One lane and one partition: the order of the whole topic, keys or not.
	s := newSuite(t, SubscriberConfig{Lanes: 1})
	s.cfg.NewTopic.Partitions = 1
	tests.TestPubSub(t, tests.Features{ConsumerGroups: true, GuaranteedOrder: true, Persistent: true}, s.pubSub, s.groupPubSub)
}

func TestWatermillUnkeyed(t *testing.T) {
	s := newSuite(t, SubscriberConfig{})
	tests.TestPubSub(t, tests.Features{ConsumerGroups: true, Persistent: true}, s.pubSub, s.groupPubSub)
}

func TestWatermillBatches(t *testing.T) {
	s := newSuite(t, SubscriberConfig{BatchSize: 16})
	s.keyed, s.batches = true, true
	tests.TestPubSub(t, tests.Features{ConsumerGroups: true, GuaranteedOrder: true, Persistent: true}, s.pubSub, s.groupPubSub)
}

// TestWatermillWithoutGroup runs the test of the suite that is about every subscriber reading everything.
func TestWatermillWithoutGroup(t *testing.T) {
	s := newSuite(t, SubscriberConfig{Lanes: 1})
	s.cfg.NewTopic.Partitions = 1
	tests.TestNewSubscriberReceivesOldMessages(t, tests.TestContext{
		TestID:   tests.TestID(watermill.NewUUID()),
		Features: tests.Features{NewSubscriberReceivesOldMessages: true, Persistent: true},
	}, func(t *testing.T) (message.Publisher, message.Subscriber) { return s.groupPubSub(t, "") })
}

func TestWatermillStress(t *testing.T) {
	if testing.Short() {
		t.Skip("stress test")
	}
	t.Setenv("STRESS_TEST_COUNT", "2")
	s := newSuite(t, SubscriberConfig{Lanes: 16})
	s.keyed = true
	tests.TestPubSubStressTest(t, tests.Features{ConsumerGroups: true, GuaranteedOrder: true, Persistent: true, ForceShort: true}, s.pubSub, s.groupPubSub)
}
