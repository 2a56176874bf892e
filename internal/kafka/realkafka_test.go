package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/event"
)

// The tests of this file and of realkafka_faults_test.go run on a real Apache Kafka, named by the environment:
//
//	KAFKA_BROKERS  host:port[,host:port...]; without it they are skipped
//	KAFKA_DEV      the path of deploy/kafka-dev/kafka-dev.sh, from the root of the repository, when that started the
//	               cluster: tests that kill a broker or run Kafka's own tools need it
//	KAFKA_KILLS    how many brokers TestRealLeaderKill kills, default 3
//	KAFKA_SEED     which ones, default 1
//
// Topics and groups have names of their own in each run, so a cluster can be used again.

// realKafka is the cluster under test and a client of this package on it.
type realKafka struct {
	*Cluster
	brokers []string
	script  string // kafka-dev.sh, empty when the cluster is somebody else's
	run     string // part of every name
}

func newRealKafka(t *testing.T) *realKafka {
	t.Helper()
	list := os.Getenv("KAFKA_BROKERS")
	if list == "" {
		t.Skip("KAFKA_BROKERS names no cluster: make test-kafka starts one")
	}
	k := &realKafka{brokers: strings.Split(list, ","), script: os.Getenv("KAFKA_DEV"), run: watermill.NewShortUUID()}
	if k.script != "" && !filepath.IsAbs(k.script) {
		k.script = filepath.Join("..", "..", k.script)
	}
	var err error
	k.Cluster, err = NewCluster(Config{Brokers: k.brokers, Logger: testLog()})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = k.Close()
		k.deleteTopics(t)
		time.Sleep(fetchWait) // an abandoned fetch keeps its connection until the broker answers
	})
	return k
}

// deleteTopics removes what the test made: hundreds of topics make the restart of a killed broker long.
func (k *realKafka) deleteTopics(t *testing.T) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(k.brokers...))
	require.NoError(t, err)
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	adm := kadm.NewClient(cl)
	topics, err := adm.ListTopics(ctx)
	require.NoError(t, err)
	topics.FilterInternal()
	var mine []string
	for _, name := range topics.Names() {
		if strings.Contains(name, k.run) {
			mine = append(mine, name)
		}
	}
	_, err = adm.DeleteTopics(ctx, mine...)
	require.NoError(t, err)
}

func (k *realKafka) name(s string) string { return s + "-" + k.run }

// topic creates a topic with the replication that the broker gives by default.
func (k *realKafka) topic(t *testing.T, s string, partitions int) string {
	t.Helper()
	createTopic(t, k.Cluster, k.name(s), partitions)
	return k.name(s)
}

// dev runs kafka-dev.sh and returns what it printed.
func (k *realKafka) dev(t *testing.T, args ...string) string {
	t.Helper()
	if k.script == "" {
		t.Skip("KAFKA_DEV names no kafka-dev.sh: this test kills brokers or runs Kafka's tools")
	}
	ctx := withTimeout(t, 3*time.Minute)
	var out, diag bytes.Buffer
	cmd := exec.CommandContext(ctx, k.script, args...)
	cmd.Stdout, cmd.Stderr = &out, &diag
	require.NoError(t, cmd.Run(), "kafka-dev.sh %v: %s", args, &diag)
	return out.String()
}

func (k *realKafka) kgo(t *testing.T, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(k.brokers...)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(cl.Close)
	return cl
}

// readAll reads the whole topic with franz-go, committed records only.
func (k *realKafka) readAll(t *testing.T, topic string, each func(*kgo.Record)) {
	t.Helper()
	offsets, err := k.Offsets(t.Context(), topic)
	require.NoError(t, err)
	left := map[int32]int64{}
	for p, o := range offsets {
		if o.Last > o.First {
			left[int32(p)] = o.Last
		}
	}
	cl := k.kgo(t, kgo.ConsumeTopics(topic), kgo.KeepControlRecords(), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	ctx := withTimeout(t, 2*time.Minute)
	for len(left) > 0 {
		fs := cl.PollFetches(ctx)
		require.NoError(t, ctx.Err(), "waiting for %v", left)
		fs.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				each(r)
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	cl.Close()
}

// features are those of the suite, with topics that deleteTopics finds.
func (k *realKafka) features(ordered bool) tests.Features {
	return tests.Features{
		ConsumerGroups: true, Persistent: true, GuaranteedOrder: ordered,
		GenerateTopicFunc: func(tc tests.TestContext) string { return k.name("suite") + "-" + tc.TestID.String() },
	}
}

// suite returns Watermill's suite on the real cluster.
func (k *realKafka) suite(t *testing.T, cfg SubscriberConfig) *suite {
	cfg.NackBackoff, cfg.MaxNackBackoff = time.Millisecond, 5*time.Millisecond
	cfg.DrainTimeout = time.Second
	cfg.NewTopic.Partitions = 5
	return &suite{t: t, cluster: k.Cluster, cfg: cfg}
}

func TestRealWatermill(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg            SubscriberConfig
		partitions     int
		keyed, batches bool
	}{
		"keyed per record": {SubscriberConfig{Lanes: 64}, 5, true, false},
		"strict order":     {SubscriberConfig{Lanes: 1}, 1, false, false},
		"unkeyed":          {SubscriberConfig{}, 5, false, false},
		"batches":          {SubscriberConfig{BatchSize: 16}, 5, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			k := newRealKafka(t)
			s := k.suite(t, tc.cfg)
			s.keyed, s.batches, s.cfg.NewTopic.Partitions = tc.keyed, tc.batches, tc.partitions
			tests.TestPubSub(t, k.features(tc.keyed || tc.partitions == 1), s.pubSub, s.groupPubSub)
		})
	}
}

// TestRealReadCommitted: on a log with interleaved transactions, a third of them committed, franz-go and this package
// read the same records at the same places, and the group commits past what nobody sees.
func TestRealReadCommitted(t *testing.T) {
	k := newRealKafka(t)
	in := k.topic(t, "committed", 2)
	plain := k.kgo(t, kgo.DefaultProduceTopic(in), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	var txns []*kgo.Client
	for i := range 3 {
		txns = append(txns, k.kgo(t, kgo.TransactionalID(k.name(fmt.Sprint("txn-", i))), kgo.DefaultProduceTopic(in),
			kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.ZstdCompression())))
	}
	produce := func(cl *kgo.Client, value string) {
		for p := range int32(2) {
			require.NoError(t, cl.ProduceSync(t.Context(), &kgo.Record{Partition: p, Value: []byte(value)}).FirstErr())
		}
	}
	want := 0
	for round := range 30 {
		for _, cl := range txns {
			require.NoError(t, cl.BeginTransaction())
		}
		for step := range 3 {
			for i, cl := range txns {
				produce(cl, fmt.Sprintf("txn %d round %d step %d", i, round, step))
			}
			produce(plain, fmt.Sprintf("plain round %d step %d", round, step))
			want += 2
		}
		for i, cl := range txns {
			how := kgo.TryAbort
			if (round+i)%3 == 0 {
				how = kgo.TryCommit
				want += 6
			}
			require.NoError(t, cl.EndTransaction(t.Context(), how))
		}
	}
	place := func(p int32, o int64, v []byte) string { return fmt.Sprint(p, "/", o, ": ", string(v)) }
	var theirs, ours, group []string
	k.readAll(t, in, func(r *kgo.Record) { theirs = append(theirs, place(r.Partition, r.Offset, r.Value)) })
	for _, r := range readAll(t, k.Cluster, in) {
		ours = append(ours, place(r.Partition, r.Offset, r.Value))
	}
	sub := newSubscriber(t, k.Cluster, SubscriberConfig{Group: k.name("g"), BatchSize: 64})
	msgs := subscribe(t, sub, in)
	for len(group) < want {
		msg := receive(t, msgs)
		for _, r := range Records(msg) {
			group = append(group, place(r.Partition, r.Offset, r.Value))
		}
		msg.Ack()
	}
	require.Len(t, theirs, want)
	require.ElementsMatch(t, theirs, ours)
	require.ElementsMatch(t, theirs, group)
	ends, err := k.Offsets(t.Context(), in)
	require.NoError(t, err)
	k.waitCommitted(t, k.name("g"), in, map[int32]int64{0: ends[0].Last, 1: ends[1].Last})
}

// leader returns the number of the node that leads the partition.
func (k *realKafka) leader(t *testing.T, topic string, partition int32) string {
	t.Helper()
	topics, err := kadm.NewClient(k.kgo(t)).ListTopics(t.Context(), topic)
	require.NoError(t, err)
	return fmt.Sprint(topics[topic].Partitions[partition].Leader)
}

// waitCommitted waits until franz-go sees these offsets of the group.
func (k *realKafka) waitCommitted(t *testing.T, group, topic string, want map[int32]int64) {
	t.Helper()
	adm := kadm.NewClient(k.kgo(t))
	var at map[int32]int64
	for range 100 {
		offsets, err := adm.FetchOffsets(t.Context(), group)
		require.NoError(t, err)
		at = map[int32]int64{}
		offsets.Each(func(o kadm.OffsetResponse) {
			if o.Topic == topic {
				at[o.Partition] = o.At
			}
		})
		if fmt.Sprint(at) == fmt.Sprint(want) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	require.Equal(t, want, at, "committed offsets of group %s", group)
}

// TestRealIndependentReader: franz-go reads what this package writes, byte for byte, from the partition that a Java
// client would have chosen.
func TestRealIndependentReader(t *testing.T) {
	k := newRealKafka(t)
	out := k.topic(t, "out", 7)
	rnd := rand.New(rand.NewPCG(1, 2))
	var recs []Record
	for i := range 2000 {
		r := Record{Topic: out, Key: binary.AppendVarint([]byte("clé-"), rnd.Int64()), Value: fmt.Append(nil, "valeur ", i), Time: someTime.Add(time.Duration(i) * time.Second)}
		switch i % 5 {
		case 0:
			r.Headers = []event.Header{{Key: "ce_id", Value: []byte("é")}, {Key: "ce_id", Value: []byte{}}, {Key: "", Value: []byte{0, 255}}}
		case 1:
			r.Value = nil
		case 2:
			r.Value = []byte{}
		case 3:
			r.Value = bytes.Repeat(fmt.Append(nil, i), 1000)
		}
		recs = append(recs, r)
	}
	large := make([]byte, 33<<20) // the largest dead letter: 32 MiB and its headers
	for i := range large {
		large[i] = byte(rnd.Uint32())
	}
	recs = append(recs, Record{Topic: out, Key: []byte("large"), Value: large})
	p := newPublisher(t, k.Cluster, PublisherConfig{})
	require.NoError(t, p.Produce(withTimeout(t, time.Minute), recs))

	// The partitions that franz-go's port of the Java partitioner chooses for the same keys.
	same := k.topic(t, "same", 7)
	cl := k.kgo(t, kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	var theirs []*kgo.Record
	for _, r := range recs {
		theirs = append(theirs, &kgo.Record{Topic: same, Key: r.Key})
	}
	require.NoError(t, cl.ProduceSync(withTimeout(t, time.Minute), theirs...).FirstErr())
	partition := map[string]int32{}
	for _, r := range theirs {
		partition[string(r.Key)] = r.Partition
	}

	byKey := map[string]Record{}
	for _, r := range recs {
		byKey[string(r.Key)] = r
	}
	n := 0
	k.readAll(t, out, func(r *kgo.Record) {
		n++
		sent := byKey[string(r.Key)]
		require.True(t, sent.Value == nil == (r.Value == nil) && bytes.Equal(sent.Value, r.Value), "value of %q", r.Key)
		require.Equal(t, partition[string(r.Key)], r.Partition, "partition of %q", r.Key)
		require.Len(t, r.Headers, len(sent.Headers))
		for i, h := range sent.Headers {
			require.Equal(t, h.Key, r.Headers[i].Key)
			require.Equal(t, h.Value, r.Headers[i].Value)
		}
		if !sent.Time.IsZero() {
			require.True(t, sent.Time.Equal(r.Timestamp), "%v, sent as %v", r.Timestamp, sent.Time)
		}
	})
	require.Equal(t, len(recs), n)
}

// TestRealJavaConsumer: Kafka's own console consumer reads what this package writes.
func TestRealJavaConsumer(t *testing.T) {
	k := newRealKafka(t)
	k.dev(t, "status")
	out := k.topic(t, "java", 1)
	p := newPublisher(t, k.Cluster, PublisherConfig{})
	var recs []Record
	var want []string
	for i := range 500 {
		recs = append(recs, Record{Topic: out, Key: key(i), Value: fmt.Append(nil, "valeur n° ", i),
			Headers: []event.Header{{Key: "ce_id", Value: fmt.Append(nil, i)}, {Key: "ce_type", Value: []byte("é")}}})
		want = append(want, fmt.Sprintf("ce_id:%d,ce_type:é\tkey-%d\tvaleur n° %d", i, i, i))
	}
	require.NoError(t, p.Produce(t.Context(), recs))
	got := k.dev(t, "cli", "console-consumer", "--topic", out, "--from-beginning", "--max-messages", "500", "--timeout-ms", "30000",
		"--isolation-level", "read_committed", "--property", "print.key=true", "--property", "print.headers=true")
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if strings.HasPrefix(lines[0], "Option --property is deprecated") { // 3.9 does not have its successor
		lines = lines[1:]
	}
	require.Len(t, lines, len(want))
	for i := range want {
		require.Equal(t, want[i], lines[i])
	}
}

// TestRealTakeover: members of a group that are this package, franz-go and Java's console consumer follow each other
// and none reads a record again or misses one, although the leader's epoch changes in between.
func TestRealTakeover(t *testing.T) {
	k := newRealKafka(t)
	in, group := k.topic(t, "takeover", 1), k.name("g")
	p := newPublisher(t, k.Cluster, PublisherConfig{})
	var recs []Record
	for i := range 500 {
		recs = append(recs, Record{Topic: in, Key: []byte("k"), Value: fmt.Append(nil, i)})
	}
	require.NoError(t, p.Produce(t.Context(), recs))
	next := 0
	ours := func(n int) {
		sub := newSubscriber(t, k.Cluster, SubscriberConfig{Group: group, CommitInterval: 10 * time.Millisecond})
		msgs := subscribe(t, sub, in)
		for range n {
			msg := receive(t, msgs)
			require.Equal(t, strconv.Itoa(next), string(msg.Payload))
			msg.Ack()
			next++
		}
		k.waitCommitted(t, group, in, map[int32]int64{0: int64(next)})
		require.NoError(t, sub.Close())
	}
	theirs := func(n int) {
		cl := k.kgo(t, kgo.ConsumerGroup(group), kgo.ConsumeTopics(in), kgo.DisableAutoCommit())
		ctx := withTimeout(t, time.Minute)
		for range n {
			fs := cl.PollRecords(ctx, 1)
			require.NoError(t, fs.Err())
			r := fs.Records()[0]
			require.Equal(t, strconv.Itoa(next), string(r.Value))
			next++
			require.NoError(t, cl.CommitRecords(ctx, r))
		}
		cl.Close()
	}
	ours(100)
	if k.script != "" { // whoever leads after the leader was killed does so in a new epoch
		leader := k.leader(t, in, 0)
		k.dev(t, "kill", leader)
		k.dev(t, "restart", leader)
	}
	theirs(100) // an epoch of 0 in our commit would make it go back
	ours(100)   // and we go on from a commit that has an epoch
	if k.script != "" {
		got := k.dev(t, "cli", "console-consumer", "--topic", in, "--group", group, "--max-messages", "100", "--timeout-ms", "30000")
		for _, v := range strings.Fields(got) {
			require.Equal(t, strconv.Itoa(next), v)
			next++
		}
		k.waitCommitted(t, group, in, map[int32]int64{0: int64(next)})
	}
	ours(500 - next)
}
