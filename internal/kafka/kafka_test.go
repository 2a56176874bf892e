package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(copyBroker) != "" {
		os.Exit(serveBroker())
	}
	// A subscriber of Watermill's suite hands messages on from goroutines that it does not stop.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(
		"github.com/ThreeDotsLabs/watermill/internal/subscriber.(*multiplier).Subscribe.func2"),
		goleak.IgnoreAnyFunction("github.com/ThreeDotsLabs/watermill/internal/subscriber.(*multiplier).Subscribe.func3"),
		goleak.IgnoreAnyFunction("github.com/ThreeDotsLabs/watermill/pubsub/tests.TestReconnect.func2"))
}

// newBroker starts a fake cluster for the test.
func newBroker(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	fake, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(fake.Close)
	return fake
}

// connect returns a Cluster on the fake one. LOG=debug shows what it logs.
func connect(t testing.TB, fake *kfake.Cluster, change ...func(*Config)) *Cluster {
	t.Helper()
	cfg := Config{Brokers: fake.ListenAddrs(), Logger: testLog()}
	for _, f := range change {
		f(&cfg)
	}
	c, err := NewCluster(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func testLog() *slog.Logger {
	level := slog.LevelError
	if os.Getenv("LOG") == "debug" {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

func withTimeout(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func createTopic(t testing.TB, c *Cluster, name string, partitions int, config ...string) {
	t.Helper()
	topic := Topic{Name: name, Partitions: partitions, Config: map[string]string{}}
	for i := 0; i+1 < len(config); i += 2 {
		topic.Config[config[i]] = config[i+1]
	}
	require.NoError(t, c.EnsureTopics(withTimeout(t, 20*time.Second), []Topic{topic}))
}

func newPublisher(t testing.TB, c *Cluster, cfg PublisherConfig) *Publisher {
	t.Helper()
	p := c.NewPublisher(cfg)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// readAll returns everything in the topic now, by this package's own consumer.
func readAll(t testing.TB, c *Cluster, topic string) []Record {
	t.Helper()
	var out []Record
	err := c.Consume(withTimeout(t, 30*time.Second), ConsumeOptions{Topics: []string{topic}, ToEnd: true}, func(r Record) error {
		out = append(out, r)
		return nil
	})
	require.NoError(t, err)
	return out
}

// kgoClient returns an independent client.
func kgoClient(t testing.TB, fake *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(fake.ListenAddrs()...)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(cl.Close)
	return cl
}

// kgoReadAll reads the whole topic with an independent client that sees committed records only.
func kgoReadAll(t testing.TB, fake *kfake.Cluster, c *Cluster, topic string, opts ...kgo.Opt) []*kgo.Record {
	t.Helper()
	ends, err := c.Offsets(t.Context(), topic)
	require.NoError(t, err)
	left := map[int32]int64{}
	for p, o := range ends {
		if o.Last > o.First {
			left[int32(p)] = o.Last
		}
	}
	cl := kgoClient(t, fake, append([]kgo.Opt{kgo.ConsumeTopics(topic), kgo.KeepControlRecords(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted())}, opts...)...)
	var out []*kgo.Record
	ctx := withTimeout(t, 30*time.Second)
	for len(left) > 0 {
		fs := cl.PollFetches(ctx)
		require.NoError(t, ctx.Err(), "read %d records, waiting for %v", len(out), left)
		fs.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				out = append(out, r)
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return out
}

func key(i int) []byte { return fmt.Appendf(nil, "key-%d", i) }

func manual() []kgo.Opt { return []kgo.Opt{kgo.RecordPartitioner(kgo.ManualPartitioner())} }

func kgoRecord(topic string, partition int32, value string) *kgo.Record {
	return &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)}
}
