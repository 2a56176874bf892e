package kafka

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Faults on a real Apache Kafka; realkafka_test.go says what enables them.

// TestRealReconnect is the suite's test of reconnection: the broker is killed twice and comes back on its log.
func TestRealReconnect(t *testing.T) {
	k := newRealKafka(t)
	if len(k.brokers) > 1 {
		t.Skip("one of several brokers is not missed: the test would be over before it is back; TestRealLeaderKill is for them")
	}
	k.dev(t, "status")
	for name, batch := range map[string]int{"per record": 1, "batches": 16} {
		t.Run(name, func(t *testing.T) {
			s := k.suite(t, SubscriberConfig{BatchSize: batch})
			s.batches = batch > 1
			features := k.features(false)
			features.RestartServiceCommand = []string{"bash", "-c", `"$0" kill 1 && "$0" restart 1`, k.script}
			tests.TestReconnect(t, tests.TestContext{TestID: tests.NewTestID(), Features: features}, func(t *testing.T) (message.Publisher, message.Subscriber) {
				pub, sub := s.pubSub(t)
				return pub, lateLast{sub.(initializingSubscriber)}
			})
		})
	}
}

// lateLast hands on the last message of the suite's test of reconnection a second late. That test ends with the message
// read and compares it with those whose Publish has returned, which may be an instant later.
type lateLast struct{ initializingSubscriber }

type initializingSubscriber interface {
	message.Subscriber
	message.SubscribeInitializer
}

func (s lateLast) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	const all = 10_000 // what the suite publishes
	msgs, err := s.initializingSubscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		seen := map[string]bool{}
		for m := range msgs {
			if seen[m.UUID] = true; len(seen) == all {
				time.Sleep(time.Second)
			}
			select {
			case out <- m:
			case <-m.Context().Done(): // closed
			}
		}
	}()
	return out, nil
}

// TestRealLeaderKill: brokers of three are killed and come back under load, while records are copied from a topic to
// another. An independent reader finds everything that was acknowledged in both, in order by key; under exactly once the
// copy holds nothing that its source does not.
func TestRealLeaderKill(t *testing.T) {
	t.Run("at least once", func(t *testing.T) { leaderKill(t, false) })
	t.Run("exactly once", func(t *testing.T) { leaderKill(t, true) })
}

func leaderKill(t *testing.T, once bool) {
	k := newRealKafka(t)
	if len(k.brokers) < 3 {
		t.Skip("killing a leader needs three brokers")
	}
	k.dev(t, "status")
	const keys = 1000
	in, out := k.topic(t, "in", 6), k.topic(t, "out", 6)
	p := newPublisher(t, k.Cluster, PublisherConfig{})
	sub := newSubscriber(t, k.Cluster, SubscriberConfig{Group: k.name("g"), BatchSize: 64, ExactlyOnce: once})
	var copies sync.WaitGroup
	copying := newSink()
	msgs := subscribe(t, sub, in)
	copies.Go(func() { copyAll(p, msgs, out, copying) })

	kills, seed := number(t, "KAFKA_KILLS", 3), number(t, "KAFKA_SEED", 1)
	rnd := rand.New(rand.NewPCG(uint64(seed), 0))
	adm := kadm.NewClient(k.kgo(t))
	l := startLoad(t, p, in, keys)
	for n := range kills {
		time.Sleep(2 * time.Second)
		victim := k.leader(t, in, int32(rnd.IntN(6)))
		before, copied := l.total(), copying.count()
		k.dev(t, "kill", victim)
		start := time.Now()
		require.Eventually(t, func() bool { return l.total() > before+2000 && copying.count() > copied+2000 }, time.Minute, 20*time.Millisecond,
			"work goes on without broker %s", victim)
		t.Logf("kill %d: broker %s, 2,000 records later after %v", n+1, victim, time.Since(start).Round(time.Millisecond))
		k.dev(t, "restart", victim)
		require.Eventually(t, func() bool {
			topics, err := adm.ListTopics(t.Context(), in, out)
			return err == nil && inSync(topics)
		}, time.Minute, 100*time.Millisecond, "broker %s catches up", victim)
	}
	l.finish()
	require.Eventually(t, func() bool { return copying.count() >= l.total() }, time.Minute, 20*time.Millisecond, "everything is copied")
	require.NoError(t, sub.Close())
	copies.Wait()
	read := map[string]*sink{in: newSink(), out: newSink()}
	for _, topic := range []string{in, out} {
		k.readAll(t, topic, func(r *kgo.Record) { read[topic].note(Record{Key: r.Key, Value: r.Value}) })
		t.Logf("topic %s, seed %d:", topic, seed)
		read[topic].check(t, l)
	}
	if once { // what a producer had to send again is in the source twice
		require.Equal(t, read[in].duplicates, read[out].duplicates)
	}
}

// copyAll copies every message's records and acknowledges it when they are acknowledged, as the pipeline does. It
// returns when the channel is closed and all are settled.
func copyAll(p *Publisher, msgs <-chan *message.Message, out string, done *sink) {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for msg := range msgs {
		handlers.Go(func() {
			var recs []Record
			for _, r := range Records(msg) {
				recs = append(recs, Record{Topic: out, Key: r.Key, Value: r.Value})
			}
			if err := p.Produce(context.WithoutCancel(msg.Context()), recs); err != nil {
				msg.Nack()
				return
			}
			for _, r := range recs {
				done.note(r)
			}
			msg.Ack()
		})
	}
}

func inSync(topics kadm.TopicDetails) bool {
	for _, topic := range topics {
		for _, p := range topic.Partitions {
			if p.Leader < 0 || len(p.ISR) < len(p.Replicas) {
				return false
			}
		}
	}
	return true
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	require.NoError(t, err, "%s must be a number", name)
	return n
}
