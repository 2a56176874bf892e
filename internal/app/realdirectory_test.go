package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/schemas/rules"
)

const realDirectoryYAML = `
kafka:
  brokers: ["%[2]s"]
topics:
  partitions: 2
  replication: %[3]d
sources:
  - topic: suppliers-%[1]s
    receipts: receipts-%[1]s
dead_letters: dead-letter-%[1]s
directory:
  topic: directory-%[1]s
routes:
  catalog: false
  files: [r.yaml]
`

// TestRealDirectory runs on the Apache Kafka that KAFKA_BROKERS names (make test-kafka), because the embedded broker does not
// compact: of a topic that the broker has compacted, with records of transactions, committed and not, and their markers in it, the
// directory has what was written last of each key, and whatever is written then.
func TestRealDirectory(t *testing.T) {
	brokers := os.Getenv("KAFKA_BROKERS")
	if brokers == "" {
		t.Skip("KAFKA_BROKERS names no cluster: make test-kafka starts one")
	}
	run := fmt.Sprintf("%x", time.Now().UnixNano()) // a cluster can be used again
	list := strings.Split(brokers, ",")
	d := newCompacted(t, list, "directory", run)
	file := writeConfig(t, "127.0.0.1:0", fmt.Sprintf(realDirectoryYAML, run, strings.Join(list, `","`), len(list)), map[string]string{
		"r.yaml": fmt.Sprintf("route: r\nfrom: [suppliers-%[1]s]\naccept: [invoice]\nto:\n  - topic: invoicing-%[1]s\n", run),
	})
	const keys, rounds = 60, 12
	for round := range rounds {
		d.round(t, keys, round)
		time.Sleep(2 * segmentAge) // the next record begins a segment; only those that are full are compacted
	}
	require.NotZero(t, d.compacted(t), "markers")

	serving := func(act func(g *app.Gateway)) {
		t.Helper()
		gateway := load(t, file)
		running, err := app.Start(within(t, patience), gateway, app.Options{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
		require.NoError(t, err)
		require.Equal(t, d.last, d.table(gateway), "at the start")
		act(gateway)
		require.NoError(t, running.Stop())
	}
	serving(func(g *app.Gateway) {
		d.round(t, keys, rounds)
		require.Eventually(t, func() bool { return fmt.Sprint(d.table(g)) == fmt.Sprint(d.last) }, patience, 10*time.Millisecond)
	})
	d.round(t, keys, rounds+1) // while no gateway runs
	serving(func(*app.Gateway) {})
}

// segmentAge is when the broker begins a new segment: compaction leaves the last one alone.
const segmentAge = 50 * time.Millisecond

// compacted is a topic that a real broker compacts at once, and what was written to it last where it is a directory.
type compacted struct {
	brokers     []string
	topic       string
	plain, txns *kgo.Client
	admin       *kadm.Client
	written     int
	last        map[string]string // the service of each SIRET
}

// newCompacted makes the topic name-run. At the end of the test all topics of the run are removed.
func newCompacted(t *testing.T, brokers []string, name, run string) *compacted {
	t.Helper()
	topic := name + "-" + run
	client := func(opts ...kgo.Opt) *kgo.Client {
		c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic))...)
		require.NoError(t, err)
		t.Cleanup(c.Close)
		return c
	}
	d := &compacted{brokers: brokers, topic: topic, plain: client(), txns: client(kgo.TransactionalID(topic)), last: map[string]string{}}
	d.admin = kadm.NewClient(d.plain)
	config := map[string]*string{}
	for name, value := range map[string]string{
		"cleanup.policy": "compact", "segment.ms": fmt.Sprint(segmentAge.Milliseconds()), "min.cleanable.dirty.ratio": "0.001",
		"delete.retention.ms": "100", // then tombstones and markers go too
	} {
		config[name] = kadm.StringPtr(value)
	}
	_, err := d.admin.CreateTopic(within(t, patience), 2, -1, config, topic)
	require.NoError(t, err)
	deleteTopics(t, d.admin, "-"+run)
	return d
}

// deleteTopics removes, at the end of a test, the topics whose names end in its own way.
func deleteTopics(t *testing.T, admin *kadm.Client, ending string) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		all, err := admin.ListTopics(ctx)
		require.NoError(t, err)
		_, err = admin.DeleteTopics(ctx, slices.DeleteFunc(all.Names(), func(name string) bool { return !strings.HasSuffix(name, ending) })...)
		require.NoError(t, err)
	})
}

// round writes a row, or that there is none any more, for most keys: a third in no transaction, a third in one that is
// committed, a third in one that is aborted. Its last records are markers.
func (d *compacted) round(t *testing.T, keys, round int) {
	t.Helper()
	ctx := within(t, patience)
	write := func(c *kgo.Client, third int, counts bool) {
		t.Helper()
		var records []*kgo.Record
		for i := range keys {
			if (i+round)%3 != third || (i+round)%7 == 0 {
				continue
			}
			siret, service := fmt.Sprintf("%014d", i), fmt.Sprintf("S%d-%d", round, i)
			r := &kgo.Record{Key: []byte(siret)}
			gone := (i+round)%5 == 0
			if !gone {
				r.Value = fmt.Appendf(nil, `{"active": true, "services": [%q]}`, service)
			}
			records = append(records, r)
			switch {
			case !counts:
			case gone:
				delete(d.last, siret)
			default:
				d.last[siret] = service
			}
		}
		d.written += len(records)
		require.NoError(t, c.ProduceSync(ctx, records...).FirstErr())
	}
	write(d.plain, 0, true)
	require.NoError(t, d.txns.BeginTransaction())
	write(d.txns, 1, true)
	require.NoError(t, d.txns.EndTransaction(ctx, kgo.TryCommit))
	require.NoError(t, d.txns.BeginTransaction())
	write(d.txns, 2, false)
	require.NoError(t, d.txns.EndTransaction(ctx, kgo.TryAbort))
}

// compacted waits until the broker has removed most of what was written, and returns how many markers are left.
func (d *compacted) compacted(t *testing.T) int {
	t.Helper()
	for ctx := within(t, patience); ; {
		left, markers := d.log(t)
		if left < d.written/2 {
			t.Logf("%d records written, %d left, with %d markers", d.written, left, markers)
			return markers
		}
		select {
		case <-ctx.Done():
			require.FailNow(t, "the broker does not compact", "%d of %d records left", left, d.written)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// log counts what lies in the topic: records, also of aborted transactions, and markers.
func (d *compacted) log(t *testing.T) (records, markers int) {
	t.Helper()
	ctx := within(t, patience)
	ends, err := d.admin.ListEndOffsets(ctx, d.topic)
	require.NoError(t, err)
	// The log ends with markers, which stay, as the last segment is not compacted.
	left := map[int32]int64{}
	ends.Each(func(end kadm.ListedOffset) { left[end.Partition] = end.Offset })
	reader, err := kgo.NewClient(kgo.SeedBrokers(d.brokers...), kgo.ConsumeTopics(d.topic), kgo.KeepControlRecords(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(t, err)
	defer reader.Close()
	for len(left) > 0 {
		fetches := reader.PollFetches(ctx)
		require.NoError(t, fetches.Err0())
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Attrs.IsControl() {
				markers++
			} else {
				records++
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return records, markers
}

// table is what the directory of a gateway says: the service of each SIRET.
func (d *compacted) table(g *app.Gateway) map[string]string {
	spec, view := rules.Directory(), g.Tables.View()
	services := map[string]string{}
	for i := range 1000 {
		siret := fmt.Sprintf("%014d", i)
		if texts, lack := view.Texts(nil, spec, siret, spec.Column("services")); lack == reference.Nothing {
			services[siret] = strings.Join(texts, " ")
		}
	}
	return services
}
