package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/embedded"
)

// childRole is the environment variable that makes the test binary a gateway, of one sort or another.
const childRole = "PASSERELLE_BENCH_TEST_CHILD"

func TestMain(m *testing.M) {
	file := os.Args[len(os.Args)-1]
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch os.Getenv(childRole) {
	case "":
		os.Exit(m.Run())
	case "gateway":
		end(serve(ctx, file))
	case "faulty":
		end(faultyGateway(ctx, file))
	case "exits":
		end(errors.New("no licence to route"))
	}
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

func serve(ctx context.Context, file string) error {
	gateway, list := app.Load(file)
	if gateway == nil {
		return fmt.Errorf("%d faults in %s", list.Len(), file)
	}
	running, err := app.Start(ctx, gateway, app.Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), Now: time.Now})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return running.Stop()
}

// faultyGateway forwards what it reads and commits it, with faults: message 10 is lost, 11 comes twice, 12 goes astray,
// and message 0 is held back until a later one of its supplier has gone to the same topic.
func faultyGateway(ctx context.Context, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	topic := regexp.MustCompile(`topic: (\S+in\.invoices)`).FindSubmatch(data)
	if topic == nil {
		return errors.New("no source topic in the configuration")
	}
	in := string(topic[1])
	client, err := kgo.NewClient(kgo.SeedBrokers(os.Getenv("BROKER")), kgo.ConsumerGroup("passerelle-"+in), kgo.ConsumeTopics(in),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	if err != nil {
		return err
	}
	defer client.Close()
	prefix := in[:len(in)-len(input)]
	put := func(to string, r *kgo.Record) {
		client.Produce(ctx, &kgo.Record{Topic: prefix + to, Key: r.Key, Value: r.Value}, nil)
	}
	var held *kgo.Record // the first of supplier 0
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		fetches.EachRecord(func(r *kgo.Record) {
			seq, _ := sequence(r.Value)
			switch to := destination(seq); {
			case seq == 0:
				held = r
			case seq == 10:
			case seq == 11:
				put(to, r)
				put(to, r)
			case seq == 12:
				put(refused, r)
			case held != nil && supplier(seq) == 0 && to == destination(0):
				put(to, r)
				put(to, held)
				held = nil
			default:
				put(to, r)
			}
		})
		if err := client.Flush(ctx); err == nil {
			_ = client.CommitUncommittedOffsets(ctx)
		}
	}
	return nil
}

// open returns a Bench whose gateway plays a role, and a context that ends well before the test's own limit.
func open(t *testing.T, role, broker string) (context.Context, *Bench) {
	t.Helper()
	t.Setenv(childRole, role)
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	t.Cleanup(cancel)
	b, err := Open(ctx, Options{Command: []string{os.Args[0]}, Broker: broker, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, b.Close())
		left, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
		assert.NoError(t, err)
		assert.Empty(t, left, "the temporary folder is removed")
	})
	return ctx, b
}

func TestGatewayPasses(t *testing.T) {
	ctx, b := open(t, "gateway", "")
	result, err := b.Throughput(ctx, 2000)
	require.NoError(t, err)
	assert.Equal(t, Check{Delivered: perTopic(2000)}, result.Check)
	assert.True(t, result.Check.Passed())
	assert.False(t, result.GaveUp)
	assert.Equal(t, "embedded", result.Broker)
	assert.Positive(t, result.Throughput.FirstOutputMs)
	assert.InDelta(t, 1500, result.MessageBytes, 50)
	if runtime.GOOS == "linux" {
		assert.Positive(t, result.Gateway.CPUMicros)
		assert.Positive(t, result.Gateway.PeakMiB)
	}

	result, err = b.Latency(ctx, 200, 1)
	require.NoError(t, err)
	total := 1 + 200*(1+WarmUp)
	assert.Equal(t, Check{Delivered: perTopic(total)}, result.Check)
	assert.Equal(t, total, result.Messages)
	assert.Positive(t, result.Latency.P50)
	assert.LessOrEqual(t, result.Latency.P50, result.Latency.P99)
	assert.LessOrEqual(t, result.Latency.P99, result.Latency.Max)
	assert.LessOrEqual(t, result.Latency.RateReached, 201.)
}

func perTopic(messages int) map[string]int {
	count := map[string]int{}
	for seq := range messages {
		count[destination(seq)]++
	}
	return count
}

func TestFaultyGatewayFails(t *testing.T) {
	ctx, b := open(t, "faulty", "")
	result, err := b.Throughput(ctx, 5*suppliers+1)
	require.NoError(t, err)
	result.Check.Delivered = nil
	assert.Equal(t, Check{Lost: 1, Duplicates: 1, Misrouted: 1, OrderBreaks: 1}, result.Check)
	assert.False(t, result.Check.Passed())
	assert.False(t, result.GaveUp, "what is committed and not there will not come: no need to wait")

	result, err = b.Latency(ctx, 200, 1) // too few for supplier 0 to come again: its message stays held back
	require.NoError(t, err)
	result.Check.Delivered = nil
	assert.Equal(t, Check{Lost: 2, Duplicates: 1, Misrouted: 1}, result.Check)
	assert.False(t, result.GaveUp)
}

func TestGatewayThatEnds(t *testing.T) {
	ctx, b := open(t, "exits", "")
	for name, measure := range map[string]func() (*Result, error){
		"throughput": func() (*Result, error) { return b.Throughput(ctx, 100) },
		"latency":    func() (*Result, error) { return b.Latency(ctx, 100, 1) },
	} {
		_, err := measure()
		var problem *Problem
		require.ErrorAs(t, err, &problem, name)
		assert.Contains(t, problem.EN, "no licence to route", name)
		assert.Contains(t, problem.FR, "no licence to route", name)
	}
}

func TestProgramThatDoesNotExist(t *testing.T) {
	ctx, b := open(t, "exits", "")
	b.opts.Command = []string{filepath.Join(t.TempDir(), "nothing")}
	_, err := b.Throughput(ctx, 10)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestCluster measures on a broker that belongs to somebody else, whose topics and groups must stay as they were, also
// after an interruption.
func TestCluster(t *testing.T) {
	broker, err := embedded.Start(t.Context(), embedded.Options{
		Addr: "127.0.0.1:0", DataDir: t.TempDir(), Topics: []embedded.Topic{{Name: input}, {Name: archive}}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	defer func() { assert.NoError(t, broker.Close()) }()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.Addr()))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: input, Value: message(0)}).FirstErr())
	admin := kadm.NewClient(client)
	unchanged := func() {
		t.Helper()
		topics, err := admin.ListTopics(t.Context())
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{input, archive}, topics.Names())
		groups, err := admin.ListGroups(t.Context())
		require.NoError(t, err)
		assert.Empty(t, groups.Groups())
		ends, err := admin.ListEndOffsets(t.Context(), input, archive)
		require.NoError(t, err)
		records := int64(0)
		ends.Each(func(o kadm.ListedOffset) { records += o.Offset })
		assert.EqualValues(t, 1, records)
	}

	ctx, b := open(t, "gateway", broker.Addr())
	result, err := b.Throughput(ctx, 500)
	require.NoError(t, err)
	assert.Equal(t, broker.Addr(), result.Broker)
	assert.Equal(t, Check{Delivered: perTopic(500)}, result.Check)
	unchanged()

	interrupted, interrupt := context.WithCancel(ctx)
	defer interrupt()
	b.opts.Progress = func(stage Stage, done, _ int) {
		if stage == Pacing && done > 100 {
			interrupt()
		}
	}
	_, err = b.Latency(interrupted, 200, 30)
	require.ErrorIs(t, err, context.Canceled)
	unchanged()
}

func TestNoBroker(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := Open(ctx, Options{Broker: "127.0.0.1:1", Now: time.Now}) // nothing listens on tcpmux
	var problem *Problem
	require.ErrorAs(t, err, &problem)
	assert.Contains(t, problem.EN, "127.0.0.1:1")
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestTailKeepsTheEnd(t *testing.T) {
	var text tail
	for i := range 2000 {
		_, err := fmt.Fprintf(&text, "line %d\n", i)
		require.NoError(t, err)
	}
	assert.LessOrEqual(t, len(text.String()), tailBytes)
	assert.Contains(t, text.String(), "line 1999")
}
