package app_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/commande-publique/passerelle/examples"
	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/diag"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(childConfig); file != "" {
		os.Exit(serveAsChild(file))
	}
	if err := flag.Set("test.parallel", strconv.Itoa(max(together, runtime.GOMAXPROCS(0)))); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m) // reads the command line, where -parallel may say otherwise
}

// together is how many parallel tests run at once, however few the cores: they wait for sessions, elections and probes to
// time out.
const together = 4

// patience bounds every wait: far beyond what the slowest machine needs, and never reached by a gateway that works.
const patience = 2 * time.Minute

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// stand is a gateway that serves, and an ordinary Kafka client beside it.
type stand struct {
	gateway *app.Gateway
	addr    string
	client  *kgo.Client
	admin   *kadm.Client
}

// writeConfig writes a configuration of the embedded broker, with files beside it, and returns its name.
func writeConfig(t testing.TB, listen, yaml string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	file := filepath.Join(dir, "passerelle.yaml")
	yaml += "\nembedded:\n  listen: " + listen + "\n  data_dir: data\n"
	if !strings.Contains(yaml, "telemetry:") {
		yaml += "telemetry:\n  listen: none\n" // many gateways at once
	}
	require.NoError(t, os.WriteFile(file, []byte(yaml), 0o600))
	return file
}

// load compiles a configuration file that has no fault.
func load(t testing.TB, file string) *app.Gateway {
	t.Helper()
	gateway, list := app.Load(file)
	_ = diag.Print(testWriter{t}, list, nil, "en")
	require.NotNil(t, gateway)
	return gateway
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}

func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// start serves a configuration until the test ends.
func start(t testing.TB, gateway *app.Gateway) *stand {
	t.Helper()
	running, err := app.Start(t.Context(), gateway, app.Options{Logger: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError})), Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, running.Stop()) })
	return newStand(t, gateway, running.Brokers()[0])
}

func newStand(t testing.TB, gateway *app.Gateway, addr string) *stand {
	t.Helper()
	client := newClient(t, addr)
	return &stand{gateway, addr, client, kadm.NewClient(client)}
}

// newClient is an ordinary client that takes and gives the largest records there are.
func newClient(t testing.TB, addr string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(addr), kgo.ProducerBatchMaxBytes(32 << 20), kgo.FetchMaxPartitionBytes(4 << 20),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// publish sends records with the ordinary producer and waits for their acknowledgements, which give them offsets.
func (s *stand) publish(t testing.TB, records ...*kgo.Record) {
	t.Helper()
	require.NoError(t, s.client.ProduceSync(within(t, patience), records...).FirstErr())
}

// settle waits until the gateway has committed every message of every source: as it commits behind acknowledged
// outputs only, all outputs are there by then.
func (s *stand) settle(t testing.TB) {
	t.Helper()
	settle(t, s.admin, s.gateway)
}

func settle(t testing.TB, admin *kadm.Client, gateway *app.Gateway) {
	t.Helper()
	ctx := within(t, patience)
	for _, source := range gateway.Config.Sources.Items {
		for {
			left, err := backlog(ctx, admin, source.Group.Value, source.Topic.Value)
			if err == nil && left == 0 {
				break
			}
			select {
			case <-ctx.Done():
				require.FailNow(t, "the gateway did not finish", "%s: %d messages left, last error %v", source.Topic.Value, left, err)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

// backlog is how many records of a topic a group has not committed.
func backlog(ctx context.Context, admin *kadm.Client, group, topic string) (int64, error) {
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return -1, err
	}
	committed, err := admin.FetchOffsets(ctx, group)
	if err != nil {
		return -1, err
	}
	var left int64
	ends.Each(func(end kadm.ListedOffset) {
		left += end.Offset
		if c, ok := committed.Lookup(topic, end.Partition); ok {
			left -= max(c.At, 0)
		}
	})
	return left, nil
}

// each reads topics from their start to their present end and gives every record to fn, those of one partition in order.
func each(t testing.TB, addr string, topics []string, fn func(*kgo.Record)) {
	t.Helper()
	ctx := within(t, patience)
	client := newClient(t, addr, kgo.ConsumeTopics(topics...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, topics...)
	require.NoError(t, err)
	ends, err := admin.ListEndOffsets(ctx, topics...)
	require.NoError(t, err)
	var left int64
	ends.Each(func(end kadm.ListedOffset) {
		first, _ := starts.Lookup(end.Topic, end.Partition)
		left += end.Offset - first.Offset
	})
	for left > 0 {
		fetches := client.PollFetches(ctx)
		require.NoError(t, fetches.Err0())
		fetches.EachRecord(func(r *kgo.Record) {
			left--
			fn(r)
		})
	}
	require.Zero(t, left, "more arrived while reading")
}

// outputs reads everything that lies in topics other than the sources, whatever their names.
func (s *stand) outputs(t testing.TB) []*kgo.Record {
	t.Helper()
	var out []*kgo.Record
	each(t, s.addr, s.outputTopics(t), func(r *kgo.Record) { out = append(out, r) })
	return out
}

func (s *stand) outputTopics(t testing.TB) []string {
	t.Helper()
	details, err := s.admin.ListTopics(within(t, patience))
	require.NoError(t, err)
	return slices.DeleteFunc(details.Names(), func(name string) bool { return slices.Contains(s.gateway.Sources(), name) })
}

// header returns the only value of a header, and fails when there are several.
func header(t testing.TB, r *kgo.Record, name string) string {
	t.Helper()
	value, n := "", 0
	for _, h := range r.Headers {
		if h.Key == name {
			value, n = string(h.Value), n+1
		}
	}
	require.LessOrEqual(t, n, 1, "header %s", name)
	return value
}

func headers(pairs ...string) []kgo.RecordHeader {
	var out []kgo.RecordHeader
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, kgo.RecordHeader{Key: pairs[i], Value: []byte(pairs[i+1])})
	}
	return out
}

func digest(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// example returns a document of the demonstration.
func example(t testing.TB, file string) []byte {
	t.Helper()
	all, err := examples.All()
	require.NoError(t, err)
	for _, e := range all {
		if e.File == file {
			return e.Data
		}
	}
	require.FailNow(t, "no such example", file)
	return nil
}

// listenAlone listens on a loopback address that nothing else uses, where the system has more than one (Linux): a test that
// gives up the port for a while finds it free again, whatever runs beside it.
func listenAlone(t testing.TB) net.Listener {
	t.Helper()
	own := net.IPv4(127, byte(1+os.Getpid()%254), 0, byte(alone.Add(1)))
	ln, err := net.Listen("tcp", own.String()+":0")
	if err != nil {
		ln, err = net.Listen("tcp", "127.0.0.1:0")
	}
	require.NoError(t, err)
	return ln
}

var alone atomic.Uint32

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	ln := listenAlone(t)
	require.NoError(t, ln.Close())
	return ln.Addr().String()
}
