package app_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/telemetry"
)

// clusterYAML is a gateway with one source on the cluster behind a proxy. Whatever is published to suppliers becomes a
// dead letter with its key and its bytes, which makes the way through easy to check.
func clusterYAML(p *proxy) string {
	return "kafka:\n  brokers: [" + p.addr + "]\ntopics:\n  partitions: 1\n  replication: 1\nsources:\n  - topic: suppliers\n    receipts: none\n"
}

// journal is the log of a gateway.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// count returns how many lines hold all the words.
func (j *journal) count(words ...string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for line := range strings.Lines(j.text.String()) {
		found := true
		for _, w := range words {
			found = found && strings.Contains(line, w)
		}
		if found {
			n++
		}
	}
	return n
}

// under is a gateway under observation: it serves through a proxy, and numbered messages go through it.
type under struct {
	*proxy
	t      *testing.T
	report func() telemetry.Report // what it says of itself
	logs   *journal
	client *kgo.Client
	admin  *kadm.Client

	acked   map[string]int // messages acknowledged to the producer, by key
	gone    map[string]int // those of them that went with their topic
	padding int            // bytes before the number of a message
}

// forget says that what has come out is about to be deleted.
func (u *under) forget() { u.gone = maps.Clone(u.acked) }

func observe(t *testing.T, p *proxy, yaml string, opts ...kgo.Opt) *under {
	t.Helper()
	u := &under{proxy: p, t: t, logs: &journal{}, acked: map[string]int{}}
	p.opts = opts
	u.client, u.admin = p.around()
	running, err := app.Start(t.Context(), load(t, writeConfig(t, "127.0.0.1:0", yaml, nil)), app.Options{Logger: slog.New(slog.NewTextHandler(u.logs, nil)), Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, running.Stop()) })
	u.report = running.Health
	return u
}

// publish sends n more messages of each of some keys, and waits until they are acknowledged.
func (u *under) publish(n int) {
	u.t.Helper()
	var recs []*kgo.Record
	for range n {
		for k := range 10 {
			key := strconv.Itoa(k)
			recs = append(recs, &kgo.Record{Topic: "suppliers", Key: []byte(key), Value: fmt.Appendf(nil, "%s %d", incompressible(u.padding), u.acked[key])})
			u.acked[key]++
		}
	}
	require.NoError(u.t, u.client.ProduceSync(within(u.t, patience), recs...).FirstErr())
}

func incompressible(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(rand.Text())
	}
	return b.String()
}

// named waits until the fault is in the report.
func (u *under) named(code, subject string) {
	u.t.Helper()
	defer func() {
		if u.t.Failed() {
			u.t.Logf("found %+v", u.report())
		}
	}()
	require.Eventually(u.t, func() bool {
		for _, f := range u.report().Faults {
			if f.Code == code && f.Subject == subject {
				return f.FR != "" && f.EN != "" && f.RemedyFR != "" && f.RemedyEN != "" && !f.Since.IsZero()
			}
		}
		return false
	}, patience, 10*time.Millisecond, "%s of %s", code, subject)
	if u.logs != nil {
		require.Equal(u.t, 1, u.logs.count("level=ERROR", "fault="+code, "remedy="), "told once")
	}
}

// well waits until there is no fault any more, and checks that the end of this one was told.
func (u *under) well(code string) {
	u.t.Helper()
	require.Eventually(u.t, func() bool { return u.report().Status == "ok" }, patience, 10*time.Millisecond, "%v", u.report())
	if u.logs != nil {
		require.Equal(u.t, 1, u.logs.count("level=INFO", "fault over", "fault="+code))
	}
}

// arrived waits until everything that was acknowledged has come out, and checks that nothing overtook or is missing. It
// returns how many came twice.
func (u *under) arrived() (duplicates int) {
	u.t.Helper()
	reader, _ := u.around(kgo.ConsumeTopics("dead-letter"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer reader.Close()
	next, left := map[string]int{}, 0
	for key, n := range u.acked {
		next[key] = u.gone[key]
		left += n - u.gone[key]
	}
	ctx := within(u.t, patience)
	for left > 0 {
		fetches := reader.PollFetches(ctx)
		require.NoError(u.t, fetches.Err0(), "%d messages did not arrive; %+v", left, u.report())
		fetches.EachRecord(func(r *kgo.Record) {
			_, number, _ := strings.Cut(string(r.Value), " ")
			n, err := strconv.Atoi(number)
			require.NoError(u.t, err)
			key := string(r.Key)
			require.LessOrEqual(u.t, n, next[key], "a message of key %s is lost or was overtaken", key)
			if n < next[key] {
				duplicates++
				return
			}
			next[key]++
			left--
		})
	}
	return duplicates
}

// A gateway that is started before its cluster waits, says so, and serves as soon as it can.
func TestStartWaitsForTheCluster(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	p.down()
	listen := freeAddr(t)
	gateway := load(t, writeConfig(t, "127.0.0.1:0", clusterYAML(p)+"telemetry:\n  listen: "+listen+"\n", nil))
	logs := &journal{}
	options := app.Options{Logger: slog.New(slog.NewTextHandler(logs, nil)), Now: time.Now, French: true}

	type started struct {
		app *app.App
		err error
	}
	done := make(chan started, 1)
	start := func(ctx context.Context) {
		running, err := app.Start(ctx, gateway, options)
		done <- started{running, err}
	}
	told := func() int { return logs.count("level=ERROR", "aucun broker ne répond") }
	ctx, cancel := context.WithCancel(t.Context())
	go start(ctx)
	require.Eventually(t, func() bool { return told() == 1 }, patience, 10*time.Millisecond)
	cancel()
	require.ErrorIs(t, (<-done).err, context.Canceled, "the wait ends with the context")

	go start(t.Context())
	require.Eventually(t, func() bool {
		code, body := httpGet(t, listen, "/readyz")
		return code == 503 && strings.Contains(body, `"code":"broker_unreachable"`)
	}, patience, 10*time.Millisecond)
	code, _ := httpGet(t, listen, "/healthz")
	require.Equal(t, 200, code)
	require.Empty(t, done, "it does not serve yet")

	p.cluster()
	p.up()
	s := <-done
	require.NoError(t, s.err)
	defer func() { require.NoError(t, s.app.Stop()) }()
	u := &under{proxy: p, t: t, report: s.app.Health, logs: logs, acked: map[string]int{}}
	u.client, u.admin = p.around()
	u.publish(1)
	require.Zero(t, u.arrived())
	code, body := httpGet(t, listen, "/readyz")
	require.Equal(t, 200, code, body)
	require.Equal(t, 2, told(), "once at each start")
	require.Equal(t, 1, logs.count("défaut terminé", "fault=broker_unreachable"), "others may come and go while the topics are made")
}

// A cluster that answers but is not whole yet is waited for too: here a topic without leader.
func TestStartWaitsForTheTopics(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	c := p.cluster()
	h := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "suppliers", Err: kerr.LeaderNotAvailable, Count: -1})
	listen := freeAddr(t)
	gateway := load(t, writeConfig(t, "127.0.0.1:0", clusterYAML(p)+"telemetry:\n  listen: "+listen+"\n", nil))
	done := make(chan error, 1)
	go func() {
		running, err := app.Start(t.Context(), gateway, app.Options{Logger: quiet(), Now: time.Now})
		if err == nil {
			err = running.Stop()
		}
		done <- err
	}()
	require.Eventually(t, func() bool {
		code, body := httpGet(t, listen, "/readyz")
		return code == 503 && strings.Contains(body, `"code":"topics_unavailable"`)
	}, patience, 10*time.Millisecond)
	h.Remove()
	require.NoError(t, <-done)
}

// What only a change of the configuration can mend ends the start: here TLS where there is none.
func TestStartRefusesWhatWaitingCannotMend(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	yaml := "kafka:\n  brokers: [" + web.Listener.Addr().String() + "]\n  tls: {enabled: true}\n"
	_, err := app.Start(within(t, patience), load(t, writeConfig(t, "127.0.0.1:0", yaml, nil)), app.Options{Logger: quiet(), Now: time.Now})
	var distrust *kafka.SecurityError
	require.ErrorAs(t, err, &distrust)
	require.Equal(t, kafka.NoTLS, distrust.Code)
}

// TestBrokerAway: the broker does not answer for a while, under load: the network drops packets for half of the time,
// then the machine refuses connections. The gateway is a process of its own, whose memory must not grow with what waits.
// PASSERELLE_AWAY is how long, 6s by default; make test-kafka-full takes 5m.
func TestBrokerAway(t *testing.T) {
	t.Parallel()
	away, err := time.ParseDuration(cmp.Or(os.Getenv("PASSERELLE_AWAY"), "6s"))
	require.NoError(t, err)
	p := newProxy(t)
	p.cluster(kfake.DataDir(t.TempDir()))
	listen := freeAddr(t)
	gateway := startChild(t, writeConfig(t, "127.0.0.1:0", clusterYAML(p)+"telemetry:\n  listen: "+listen+"\n", nil))
	gateway.waitReady(t)
	u := &under{proxy: p, t: t, acked: map[string]int{}, padding: 2000, report: func() (r telemetry.Report) {
		_, body := httpGet(t, listen, "/readyz")
		_ = json.Unmarshal([]byte(body), &r) // the zero Report is none that is waited for
		return r
	}}
	u.client, u.admin = p.around()
	u.publish(20)
	require.Zero(t, u.arrived())

	for _, fault := range []func(){p.hole, func() { p.down(); p.pass() }} {
		fault()
		for end := time.Now().Add(away / 2); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			u.publish(5) // the backlog grows behind the proxy
		}
		u.named("broker_unreachable", p.addr)
		require.Equal(t, "down", u.report().Status)
	}
	p.up()
	duplicates := u.arrived()
	u.well("broker_unreachable")
	u.publish(20)
	u.arrived()
	gateway.stop(t)
	require.Equal(t, 1, strings.Count(gateway.stderr.String(), "fault=broker_unreachable"), "told once")
	total := 0
	for _, n := range u.acked {
		total += n
	}
	t.Logf("away for %v: %d messages, 0 lost, 0 out of order, %d duplicates; heap %d KiB at most, %d KiB alive", away, total, duplicates, gateway.heap>>10, gateway.live>>10)
	require.Less(t, gateway.live, uint64(maxLive))
}

// maxLive is the live heap that a gateway may come to with any backlog: the limits in flight of a source (32 MiB), one
// fetch more, and the schemas.
const maxLive = 64 << 20

// Every fault of the cluster is named while it lasts, and what waited goes through when it is mended: nothing is lost,
// nothing overtakes, nothing is restarted.
func TestFaultsOfACluster(t *testing.T) {
	t.Parallel()
	const group = "passerelle-suppliers"
	// refuse answers requests about a topic, a group or a transaction with an error until it is mended.
	refuse := func(f kfake.Fault, err *kerr.Error, keys ...kmsg.Key) func(*under, *kfake.Cluster) func() {
		f.Keys, f.Err, f.Count = keys, err, -1
		return func(_ *under, c *kfake.Cluster) func() { return c.Fault(f).Remove }
	}
	remove := func(topic string) func(*under, *kfake.Cluster) func() {
		return func(u *under, _ *kfake.Cluster) func() {
			u.arrived()
			u.forget() // its records go with it
			_, err := u.admin.DeleteTopic(within(u.t, patience), topic)
			require.NoError(u.t, err)
			return func() {
				_, err := u.admin.CreateTopic(within(u.t, patience), 1, 1, nil, topic)
				require.NoError(u.t, err)
			}
		}
	}
	for _, tt := range []struct {
		name, code, subject string
		breaks              func(*under, *kfake.Cluster) (mend func())
	}{
		{"reading is refused", "authorization_refused", "suppliers",
			refuse(kfake.Fault{Topic: "suppliers"}, kerr.TopicAuthorizationFailed, kmsg.Fetch)},
		{"writing is refused", "authorization_refused", "dead-letter",
			refuse(kfake.Fault{Topic: "dead-letter"}, kerr.TopicAuthorizationFailed, kmsg.Produce)},
		{"the group is refused", "authorization_refused", group,
			refuse(kfake.Fault{Group: group}, kerr.GroupAuthorizationFailed, kmsg.JoinGroup, kmsg.Heartbeat, kmsg.DescribeGroups)},
		{"the group has no coordinator", "coordinator_unavailable", group,
			refuse(kfake.Fault{Group: group}, kerr.CoordinatorNotAvailable, kmsg.FindCoordinator, kmsg.Heartbeat, kmsg.DescribeGroups)},
		{"replicas are missing", "write_blocked", "dead-letter/0",
			refuse(kfake.Fault{Topic: "dead-letter"}, kerr.NotEnoughReplicas, kmsg.Produce)},
		{"a partition cannot be read", "read_blocked", "suppliers/0",
			refuse(kfake.Fault{Topic: "suppliers"}, kerr.KafkaStorageError, kmsg.Fetch)},
		{"an output topic is deleted", "topic_missing", "dead-letter", remove("dead-letter")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t)
			c := p.cluster()
			u := observe(t, p, clusterYAML(p))
			u.publish(10)
			mend := tt.breaks(u, c)
			u.publish(10)
			u.named(tt.code, tt.subject)
			require.Equal(t, "degraded", u.report().Status)
			u.publish(10)
			mend()
			u.well(tt.code)
			u.arrived()
		})
	}
}

// A source topic that is deleted and created again is another topic: it is read from its beginning, whatever out_of_range
// says, and the gateway goes on by itself.
func TestSourceTopicIsCreatedAgain(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"earliest", "stop"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t)
			p.cluster()
			u := observe(t, p, strings.Replace(clusterYAML(p), "receipts: none", "receipts: none\n    out_of_range: "+policy, 1))
			u.publish(20)
			u.arrived()
			_, err := u.admin.DeleteTopic(within(t, patience), "suppliers")
			require.NoError(t, err)
			u.named("topic_missing", "suppliers")
			_, err = u.admin.CreateTopic(within(t, patience), 1, 1, nil, "suppliers")
			require.NoError(t, err)
			u.client, _ = p.around() // the old one knows the old topic
			u.publish(1)
			u.well("topic_missing")
			u.arrived()
			require.Equal(t, "ok", u.report().Status)
		})
	}
}

// A dead letter that its topic does not take blocks what follows it, until the topic takes it.
func TestDeadLetterOverTheLimit(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	p.cluster()
	u := observe(t, p, clusterYAML(p))
	u.publish(10)
	limit := func(bytes string) {
		_, err := u.admin.AlterTopicConfigs(within(t, patience), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &bytes}}, "dead-letter")
		require.NoError(t, err)
	}
	limit("4000")
	u.padding = 6000
	u.publish(1)
	u.padding = 0
	u.publish(10)
	u.named("record_too_large", "dead-letter")
	limit("100000")
	u.well("record_too_large")
	u.arrived()
}

// The password of the gateway is changed on the broker and changed back.
func TestPasswordIsRefusedForAWhile(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(secret, []byte("right"), 0o600))
	p := newProxy(t)
	p.cluster(kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "admin", "admin"), kfake.Superuser("SCRAM-SHA-256", "gateway", "right"))
	yaml := strings.Replace(clusterYAML(p), "topics:", "  sasl: {mechanism: scram-sha-256, username: gateway, password: \"${file:"+secret+"}\"}\ntopics:", 1)
	u := observe(t, p, yaml, kgo.SASL(scram.Auth{User: "admin", Pass: "admin"}.AsSha256Mechanism()))
	u.publish(10)
	password := func(to string) {
		altered, err := u.admin.AlterUserSCRAMs(within(t, patience), nil, []kadm.UpsertSCRAM{{User: "gateway", Mechanism: kadm.ScramSha256, Iterations: 4096, Password: to}})
		require.NoError(t, errors.Join(err, altered.Error()))
		u.cut()
	}
	password("wrong")
	u.publish(10)
	u.named("authentication_refused", p.addr)
	require.Equal(t, "down", u.report().Status)
	password("right")
	u.well("authentication_refused")
	u.arrived()
}

// A gateway whose transactions are refused has no partitions, and says why.
func TestTransactionsAreRefused(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	c := p.cluster()
	const id = "passerelle-suppliers-suppliers-0"
	h := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator, kmsg.InitProducerID}, TxnID: id, Err: kerr.TransactionalIDAuthorizationFailed, Count: -1})
	u := observe(t, p, strings.Replace(clusterYAML(p), "receipts: none", "receipts: none\n    delivery: exactly_once", 1))
	u.publish(10)
	u.named("authorization_refused", id)
	h.Remove()
	u.well("authorization_refused")
	require.Zero(t, u.arrived())
}

// The disk of the embedded broker has less space than its reserve.
func TestDiskReserveIsNamed(t *testing.T) {
	gateway := load(t, writeConfig(t, "127.0.0.1:0", "", nil))
	gateway.Config.Embedded.Reserve.Value = 1 << 60 // no disk has that
	logs := &journal{}
	running, err := app.Start(t.Context(), gateway, app.Options{Logger: slog.New(slog.NewTextHandler(logs, nil)), Now: time.Now})
	require.NoError(t, err)
	defer func() { require.NoError(t, running.Stop()) }()
	u := &under{t: t, report: running.Health, logs: logs}
	u.named("disk_reserve", gateway.Config.Path("data"))
}

// A taken telemetry address is told in both languages, as that of the embedded broker.
func TestStartTellsOfATakenTelemetryPort(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, ln.Close()) }()
	_, err = app.Start(t.Context(), load(t, writeConfig(t, "127.0.0.1:0", "telemetry:\n  listen: "+ln.Addr().String()+"\n", nil)), app.Options{Logger: quiet(), Now: time.Now})
	var failed *telemetry.ListenError
	require.ErrorAs(t, err, &failed)
}

func httpGet(t *testing.T, addr, path string) (code int, body string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + addr + path)
	if err != nil {
		return 0, err.Error() // not listening yet
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(b)
}
