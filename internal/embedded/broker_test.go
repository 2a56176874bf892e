package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
)

// childEnv makes the test binary run as a broker of its own on that data directory, to be killed.
const childEnv = "EMBEDDED_TEST_DATA_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		runChild(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func runChild(dir string) {
	b, err := Start(context.Background(), Options{Addr: ":0", DataDir: dir, Topics: []Topic{{Name: "in", Partitions: 2}}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(b.Addr())
	select {}
}

// logBuffer is a log that a test can read while the broker writes it.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t testing.TB, opts Options) (*Broker, *logBuffer) {
	t.Helper()
	logs := new(logBuffer)
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if opts.DataDir == "" {
		opts.DataDir = t.TempDir()
	}
	opts.Logger = slog.New(slog.NewTextHandler(logs, nil))
	b, err := Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b, logs
}

func client(t testing.TB, addr string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(addr), kgo.RetryTimeout(5 * time.Second)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// produce writes records one after the other and fails the test unless each is acknowledged.
func produce(t testing.TB, addr, topic string, values ...string) {
	t.Helper()
	c := client(t, addr)
	defer c.Close()
	var recs []*kgo.Record
	for _, v := range values {
		recs = append(recs, &kgo.Record{Topic: topic, Value: []byte(v)})
	}
	require.NoError(t, c.ProduceSync(t.Context(), recs...).FirstErr())
}

// consume reads n values of a topic from its start or, in a group, from where the group is.
func consume(t testing.TB, addr, topic string, n int, opts ...kgo.Opt) []string {
	t.Helper()
	c := client(t, addr, append([]kgo.Opt{kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}, opts...)...)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got []string
	for len(got) < n {
		fs := c.PollFetches(ctx)
		require.NoError(t, fs.Err0(), "after %d of %d records", len(got), n)
		fs.EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
	}
	return got
}

func TestRestartKeepsRecordsTopicsOffsetsAndAppliesSettings(t *testing.T) {
	dir := t.TempDir()
	b, logs := start(t, Options{DataDir: dir, Topics: []Topic{{Name: "in", Partitions: 2, MaxMessageBytes: 2 << 20}}})
	require.Contains(t, logs.String(), b.Notice().EN())
	require.Contains(t, b.Notice().FR(), b.Addr())
	require.NotContains(t, logs.String(), "level=WARN")
	produce(t, b.Addr(), "in", "one", "two", "three")

	group := client(t, b.Addr(), kgo.ConsumeTopics("in"), kgo.ConsumerGroup("g"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	seen := 0
	for seen < 3 {
		fs := group.PollFetches(t.Context())
		require.NoError(t, fs.Err())
		seen += fs.NumRecords()
	}
	require.NoError(t, group.CommitUncommittedOffsets(t.Context()))
	group.Close()
	require.NoError(t, b.Close())
	require.NoError(t, b.Close(), "a second Close does nothing")

	b, _ = start(t, Options{DataDir: dir, Sync: true, Topics: []Topic{
		{Name: "in", Partitions: 3, MaxMessageBytes: 3 << 20},
		{Name: "new", Partitions: 1, MaxMessageBytes: 4 << 20},
	}})
	require.Contains(t, b.Notice().EN(), "power cut, not the loss")
	require.ElementsMatch(t, []string{"one", "two", "three"}, consume(t, b.Addr(), "in", 3))
	produce(t, b.Addr(), "in", "four")
	require.Equal(t, []string{"four"}, consume(t, b.Addr(), "in", 1, kgo.ConsumerGroup("g")), "the group goes on where it was")

	adm := kadm.NewClient(client(t, b.Addr()))
	topics, err := adm.ListTopics(t.Context())
	require.NoError(t, err)
	require.Len(t, topics["in"].Partitions, 3)
	require.Len(t, topics["new"].Partitions, 1)
	configs, err := adm.DescribeTopicConfigs(t.Context(), "in", "new")
	require.NoError(t, err)
	for topic, want := range map[string]int{"in": 3 << 20, "new": 4 << 20} {
		rc, err := configs.On(topic, nil)
		require.NoError(t, err)
		got := map[string]string{}
		for _, c := range rc.Configs {
			got[c.Key] = c.MaybeValue()
		}
		require.Equal(t, strconv.Itoa(want), got["max.message.bytes"], topic)
		require.NotEqual(t, "-1", got["retention.bytes"], topic)
	}

	require.NoError(t, b.Close())
	_, logs = start(t, Options{DataDir: dir, Topics: []Topic{{Name: "in", Partitions: 1}}})
	require.Contains(t, logs.String(), "cannot take partitions away")
}

func TestUnknownTopicIsNotCreated(t *testing.T) {
	b, _ := start(t, Options{})
	c := client(t, b.Addr(), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(1))
	err := c.ProduceSync(t.Context(), &kgo.Record{Topic: "nowhere", Value: []byte("x")}).FirstErr()
	require.ErrorIs(t, err, kerr.UnknownTopicOrPartition)
}

func TestTransactionsCommitAndAbort(t *testing.T) {
	b, _ := start(t, Options{Topics: []Topic{{Name: "out"}}})
	c := client(t, b.Addr(), kgo.TransactionalID("tx"))
	for i, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		require.NoError(t, c.BeginTransaction())
		require.NoError(t, c.ProduceSync(t.Context(), &kgo.Record{Topic: "out", Value: []byte(strconv.Itoa(i))}).FirstErr())
		require.NoError(t, c.EndTransaction(t.Context(), end))
	}
	require.Equal(t, []string{"1"}, consume(t, b.Addr(), "out", 1, kgo.FetchIsolationLevel(kgo.ReadCommitted())))
}

func TestKillLosesNoAcknowledgedRecord(t *testing.T) {
	dir := t.TempDir()
	acked := map[string]bool{}
	for round := range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		stdout, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		line := make([]byte, 256)
		n, err := stdout.Read(line)
		require.NoError(t, err)
		addr := strings.TrimSpace(string(line[:n]))
		_, _, err = net.SplitHostPort(addr)
		require.NoError(t, err, "the child said %q", addr)

		// A second process on the same directory is refused, and told which one has it.
		if round == 0 {
			_, err := Start(t.Context(), Options{Addr: ":0", DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
			require.ErrorIs(t, err, ErrDataDirLocked)
			require.ErrorContains(t, err, "process "+strconv.Itoa(cmd.Process.Pid))
		}

		c := client(t, addr, kgo.RecordRetries(0), kgo.RetryTimeout(time.Second), kgo.ProduceRequestTimeout(time.Second), kgo.RecordDeliveryTimeout(2*time.Second))
		var mu sync.Mutex
		count := 0
		enough := make(chan struct{})
		for i := range 20_000 {
			c.Produce(t.Context(), &kgo.Record{Topic: "in", Value: fmt.Appendf(nil, "%d/%d %0500d", round, i, i)}, func(r *kgo.Record, err error) {
				if err != nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				acked[string(r.Value)] = true
				if count++; count == 3000 {
					close(enough)
				}
			})
		}
		<-enough
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
		c.Close()
		mu.Lock()
		t.Logf("round %d: killed with %d records acknowledged so far", round, len(acked))
		mu.Unlock()
	}

	b, _ := start(t, Options{DataDir: dir, Topics: []Topic{{Name: "in", Partitions: 2}}})
	adm := kadm.NewClient(client(t, b.Addr()))
	ends, err := adm.ListEndOffsets(t.Context(), "in")
	require.NoError(t, err)
	total := 0
	ends.Each(func(o kadm.ListedOffset) { total += int(o.Offset) })
	for _, v := range consume(t, b.Addr(), "in", total) {
		delete(acked, v)
	}
	require.Empty(t, acked, "acknowledged records that are gone")
}

func TestRetentionBoundsTheLog(t *testing.T) {
	const retention, segment = 2 << 20, 64 << 10
	dir := t.TempDir()
	b, _ := start(t, Options{DataDir: dir, CleanInterval: 20 * time.Millisecond, Topics: []Topic{
		{Name: "in", Partitions: 1, MaxMessageBytes: 128 << 10, RetentionBytes: retention, SegmentBytes: segment}}})
	c := client(t, b.Addr(), kgo.ProducerBatchCompression(kgo.NoCompression()))
	for range 100 {
		recs := make([]*kgo.Record, 10)
		for j := range recs {
			recs[j] = &kgo.Record{Topic: "in", Value: make([]byte, 10_000)}
		}
		require.NoError(t, c.ProduceSync(t.Context(), recs...).FirstErr())
	}
	size := func() (n int64) {
		files, err := filepath.Glob(filepath.Join(dir, "partitions", "in-0", "*.dat"))
		require.NoError(t, err)
		for _, f := range files {
			if info, err := os.Stat(f); err == nil { // it may have been cleaned away since
				n += info.Size()
			}
		}
		return n
	}
	require.Eventually(t, func() bool { return size() <= retention+128<<10 }, 10*time.Second, 10*time.Millisecond, "10 MB written, the log must shrink")
	require.Greater(t, size(), int64(retention/2), "what retention allows is kept")

	// The numbering of records survives a crash, whatever was cleaned away before it.
	crashed := t.TempDir()
	require.NoError(t, b.Close())
	require.NoError(t, os.CopyFS(crashed, os.DirFS(dir)))
	for _, clean := range []string{"snapshot.json", "../../seq_windows.json", "../../session_state.json"} { // what only a clean end writes
		if err := os.Remove(filepath.Join(crashed, "partitions", "in-0", clean)); !errors.Is(err, os.ErrNotExist) {
			require.NoError(t, err)
		}
	}
	b, _ = start(t, Options{DataDir: crashed})
	ends, err := kadm.NewClient(client(t, b.Addr())).ListEndOffsets(t.Context(), "in")
	require.NoError(t, err)
	end, _ := ends.Lookup("in", 0)
	require.Equal(t, int64(1000), end.Offset)
}

func TestStartRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	for name, tc := range map[string]struct {
		opts Options
		kind error
		says string
	}{
		"all interfaces":       {Options{Addr: "0.0.0.0:0"}, ErrNotLoopback, "loopback only"},
		"another machine":      {Options{Addr: "192.0.2.1:9092"}, ErrNotLoopback, "kafka.brokers"},
		"a name":               {Options{Addr: "kafka.example:9092"}, ErrNotLoopback, "kafka.example:9092"},
		"no port":              {Options{Addr: "127.0.0.1"}, nil, "host:port"},
		"port taken":           {Options{Addr: taken.Addr().String()}, ErrPortTaken, "already in use"},
		"no data directory":    {Options{Addr: ":0", DataDir: "-"}, nil, "data_dir"},
		"topic name":           {Options{Topics: []Topic{{Name: "a/b"}}}, nil, `"a/b"`},
		"topic twice":          {Options{Topics: []Topic{{Name: "a.b"}, {Name: "a_b"}}}, nil, "rename one"},
		"retention too small":  {Options{Topics: []Topic{{Name: "a", RetentionBytes: 1000}}}, nil, "raise it"},
		"message over a frame": {Options{Topics: []Topic{{Name: "a", MaxMessageBytes: 1 << 30}}}, nil, "largest message"},
		"segments too small":   {Options{Topics: []Topic{{Name: "a", SegmentBytes: 1}}}, nil, "segments"},
		"too many partitions":  {Options{Topics: []Topic{{Name: "a", Partitions: 100_000}}}, nil, "at most 1000 partitions"},
	} {
		t.Run(name, func(t *testing.T) {
			switch tc.opts.DataDir {
			case "":
				tc.opts.DataDir = t.TempDir()
			case "-":
				tc.opts.DataDir = ""
			}
			if tc.opts.Addr == "" {
				tc.opts.Addr = ":0"
			}
			b, err := Start(t.Context(), tc.opts)
			require.Nil(t, b)
			require.ErrorContains(t, err, tc.says)
			if tc.kind != nil {
				require.ErrorIs(t, err, tc.kind)
				var se *StartError
				require.True(t, errors.As(err, &se))
				require.NotEmpty(t, se.FR)
			}
		})
	}
}

func TestDefaultSharesKeepTheLogBelowItsBudget(t *testing.T) {
	topics, err := settleTopics([]Topic{
		{Name: "in", MaxMessageBytes: 32 << 20}, {Name: "dead-letter", MaxMessageBytes: 33 << 20}, {Name: "out", Partitions: 6}, {Name: "fixed", RetentionBytes: 100 << 20},
	}, 3)
	require.NoError(t, err)
	total := int64(0)
	for _, topic := range topics {
		require.GreaterOrEqual(t, topic.RetentionBytes, int64(topic.MaxMessageBytes))
		total += int64(topic.Partitions) * (topic.RetentionBytes + int64(topic.SegmentBytes))
	}
	require.LessOrEqual(t, total, int64(2<<30))
}
