package kafka

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// copyBroker is the environment variable that makes the test binary a broker for BenchmarkCopyRatio.
const copyBroker = "PASSERELLE_TEST_BROKER"

// serveBroker runs a fake broker until the input ends.
func serveBroker() int {
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(6, "in", "ours", "ours-once", "theirs"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer fake.Close()
	fmt.Println(fake.ListenAddrs()[0])
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails for this process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCopyRatio copies the same 200,000 records of 1.5 KB three times with the Subscriber, a Watermill router and
// the Publisher, and with a plain franz-go poll-produce-flush-commit loop, from a broker in a process of its own, and
// compares the CPU of this process for each message. Neither side compresses.
func BenchmarkCopyRatio(b *testing.B) {
	addr := startBroker(b)
	const n = 200_000
	c, err := NewCluster(Config{Brokers: []string{addr}, Logger: testLog()})
	require.NoError(b, err)
	defer func() { _ = c.Close() }()
	none := map[string]Compression{"in": CompressNone, "ours": CompressNone, "ours-once": CompressNone}
	p := newPublisher(b, c, PublisherConfig{Compression: none})
	fill(b, p, n)
	var ours, once, theirs time.Duration
	rounds := 0
	for b.Loop() {
		theirs += measure(func() { copyWithFranz(b, addr, fmt.Sprint("theirs-", rounds), n) })
		ours += measure(func() { copyWithRouter(b, c, p, SubscriberConfig{Group: fmt.Sprint("ours-", rounds)}, "ours", n) })
		once += measure(func() {
			copyWithRouter(b, c, p, SubscriberConfig{Group: fmt.Sprint("once-", rounds), ExactlyOnce: true}, "ours-once", n)
		})
		rounds++
	}
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(rounds*n) / 1000 }
	b.ReportMetric(each(theirs), "us-franz/msg")
	b.ReportMetric(each(ours), "us-ours/msg")
	b.ReportMetric(each(once), "us-once/msg")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(once)/float64(theirs), "ratio-once")
}

// startBroker starts a broker in a process of its own, which ends with the benchmark, and returns its address. With
// KAFKA_BROKERS it is that cluster, which must be new: what was copied before would be copied again.
func startBroker(b *testing.B) string {
	if list := os.Getenv("KAFKA_BROKERS"); list != "" {
		addr, _, _ := strings.Cut(list, ",")
		c, err := NewCluster(Config{Brokers: []string{addr}, Logger: testLog()})
		require.NoError(b, err)
		defer func() { _ = c.Close() }()
		for _, topic := range []string{"in", "ours", "ours-once", "theirs"} {
			createTopic(b, c, topic, 6)
		}
		return addr
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), copyBroker+"=1")
	stdin, err := cmd.StdinPipe()
	require.NoError(b, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(b, err)
	return strings.TrimSpace(addr)
}

// fill writes n records of 1.5 KB with 1,000 keys to the topic in.
func fill(b *testing.B, p *Publisher, n int) {
	for i := 0; i < n; i += 2000 {
		recs := make([]Record, 2000)
		for j := range recs {
			recs[j] = Record{Topic: "in", Key: key(j % 1000), Value: make([]byte, 1490)}
		}
		require.NoError(b, p.Produce(b.Context(), recs))
	}
}

func measure(work func()) time.Duration {
	before := cpu()
	work()
	return cpu() - before
}

// copyWithRouter copies n records with our own parts and returns the time from the first that was copied to the last.
func copyWithRouter(b *testing.B, c *Cluster, p *Publisher, cfg SubscriberConfig, to string, n int) time.Duration {
	cfg.BatchSize = 64
	cfg.MaxInFlightRecords = 8192 // franz-go's loop has 10,000 at once
	sub, err := c.NewSubscriber(cfg)
	require.NoError(b, err)
	router, err := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	require.NoError(b, err)
	counted, done := make(chan int, 1024), make(chan struct{})
	router.AddConsumerHandler("copy", "in", sub, func(msg *message.Message) error {
		in := Records(msg)
		out := make([]Record, len(in))
		for i, r := range in {
			out[i] = Record{Topic: to, Key: r.Key, Value: r.Value, Headers: r.Headers}
		}
		if err := p.Produce(msg.Context(), out); err != nil {
			return err
		}
		counted <- len(in)
		return nil
	})
	go func() {
		defer close(done)
		_ = router.Run(context.Background())
	}()
	var first time.Time
	for left := n; left > 0; {
		select {
		case k := <-counted:
			if left == n {
				first = time.Now()
			}
			left -= k
		case <-time.After(30 * time.Second):
			b.Fatal("nothing moves")
		}
	}
	took := time.Since(first)
	require.NoError(b, router.Close())
	<-done
	require.NoError(b, sub.Close())
	return took
}

func copyWithFranz(b *testing.B, addr, group string, n int) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumerGroup(group), kgo.ConsumeTopics("in"), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(0))
	require.NoError(b, err)
	defer cl.Close()
	ctx := withTimeout(b, 2*time.Minute)
	for left := n; left > 0; {
		fs := cl.PollRecords(ctx, 10_000)
		require.NoError(b, ctx.Err())
		fs.EachRecord(func(r *kgo.Record) {
			left--
			cl.Produce(ctx, &kgo.Record{Topic: "theirs", Key: r.Key, Value: r.Value, Headers: r.Headers}, func(_ *kgo.Record, err error) {
				if err != nil {
					b.Error(err)
				}
			})
		})
		require.NoError(b, cl.Flush(ctx))
		require.NoError(b, cl.CommitUncommittedOffsets(ctx))
	}
}

// BenchmarkCopyRate compares the rate of the same copy, messages a second of wall time, with that of the usual shape of
// a Watermill subscriber: a message of each partition goes to the router, and the next one follows its ack. That side
// copies a tenth of the records and has kafka-go's Reader and Writer (1 ms of batch time-out) without a group, which
// spares it the commits.
func BenchmarkCopyRate(b *testing.B) {
	addr := startBroker(b)
	c, err := NewCluster(Config{Brokers: []string{addr}, Logger: testLog()})
	require.NoError(b, err)
	defer func() { _ = c.Close() }()
	p := newPublisher(b, c, PublisherConfig{Compression: map[string]Compression{"in": CompressNone, "ours": CompressNone}})
	const n, few = 200_000, 20_000
	fill(b, p, n)
	var ours, theirs time.Duration
	rounds := 0
	for b.Loop() {
		theirs += copyOneByOne(b, addr, few)
		ours += copyWithRouter(b, c, p, SubscriberConfig{Group: fmt.Sprint("rate-", rounds)}, "ours", n)
		rounds++
	}
	rate, usual := float64(rounds*n)/ours.Seconds(), float64(rounds*few)/theirs.Seconds()
	b.ReportMetric(rate, "msg/s-ours")
	b.ReportMetric(usual, "msg/s-one-by-one")
	b.ReportMetric(rate/usual, "ratio")
}

// oneByOne is a Watermill subscriber that waits for the ack of each message before the next of its partition.
type oneByOne struct{ addr string }

func (s oneByOne) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	var partitions sync.WaitGroup
	for partition := range 6 {
		reader := kafkago.NewReader(kafkago.ReaderConfig{Brokers: []string{s.addr}, Topic: topic, Partition: partition, MaxWait: 50 * time.Millisecond})
		partitions.Go(func() {
			defer func() { _ = reader.Close() }()
			for {
				record, err := reader.ReadMessage(ctx)
				if err != nil {
					return
				}
				msg := message.NewMessage(watermill.NewULID(), record.Value)
				msg.Metadata.Set("key", string(record.Key))
				select {
				case out <- msg:
				case <-ctx.Done():
					return
				}
				select {
				case <-msg.Acked():
				case <-ctx.Done():
					return
				}
			}
		})
	}
	go func() {
		partitions.Wait()
		close(out)
	}()
	return out, nil
}

func (s oneByOne) Close() error { return nil }

// copyOneByOne copies n records with the usual parts and returns the time from the first that was copied to the last.
func copyOneByOne(b *testing.B, addr string, n int) time.Duration {
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	writer := &kafkago.Writer{Transport: transport, Addr: kafkago.TCP(addr), Topic: "theirs", Balancer: kafkago.Murmur2Balancer{}, BatchTimeout: time.Millisecond, RequiredAcks: kafkago.RequireAll}
	defer func() { _ = writer.Close() }()
	router, err := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var copied atomic.Int64
	var first, last time.Time
	router.AddConsumerHandler("copy", "in", oneByOne{addr}, func(msg *message.Message) error {
		err := writer.WriteMessages(msg.Context(), kafkago.Message{Key: []byte(msg.Metadata.Get("key")), Value: msg.Payload})
		switch {
		case err != nil:
			return err
		case copied.Add(1) == 1:
			first = time.Now()
		case copied.Load() == int64(n):
			last = time.Now()
			cancel()
		}
		return nil
	})
	require.NoError(b, router.Run(ctx))
	return last.Sub(first)
}
