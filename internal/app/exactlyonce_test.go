package app_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// exactlyOnceYAML is a gateway on a cluster that somebody else runs: what dies is the gateway alone.
const exactlyOnceYAML = `
kafka:
  brokers: ["%s"]
topics:
  partitions: 3
  replication: 1
sources:
  - topic: suppliers
  - topic: buyers
    delivery: exactly_once
`

// TestKillExactlyOnce kills the gateway's process while messages flow. Under exactly_once a read_committed consumer sees
// the outputs of every message once, in the order of its key.
func TestKillExactlyOnce(t *testing.T) {
	keys, perKey, kills := 200, 60, 3
	if testing.Short() {
		perKey, kills = 20, 1
	}
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	addr := broker.ListenAddrs()[0]
	yaml := fmt.Sprintf(exactlyOnceYAML, addr)
	file := writeConfig(t, "127.0.0.1:0", yaml, nil)
	gateway := load(t, file)
	_, verdict := gateway.Judge("buyers", example(t, "decp-contract.json"))
	template := verdict.Parts[0].Doc.AppendJSON(nil)
	template = []byte(strings.Replace(string(template), `"id":"2026ECOLE07L1"`, `"id":"@NUMBER@"`, 1))

	process := startChild(t, file)
	process.waitReady(t)
	ctx := within(t, 4*patience)
	producer := newClient(t, addr) // idempotent: its own messages have no duplicates
	p := &chains{client: producer, template: template}
	random := rand.New(rand.NewPCG(20261124, 4))
	admin := kadm.NewClient(producer)
	group := gateway.Config.Sources.Items[1].Group.Value
	for i := range kills {
		done := p.produce(ctx, keys, i*perKey/kills, (i+1)*perKey/kills)
		waitCommitted(t, admin, group, int64(i*keys*perKey/kills)) // it has the partitions, and is at work
		select {
		case <-time.After(time.Duration(random.Int64N(int64(200 * time.Millisecond)))):
		case <-process.exited:
			require.FailNow(t, "the gateway ended by itself", process.stderr.String())
		}
		process.kill()
		process = startChild(t, file)
		process.waitReady(t)
		<-done
		waitCommitted(t, admin, group, int64((i+1)*keys*perKey/kills)-1)
	}
	settle(t, admin, gateway)
	process.stop(t)

	seen, next := map[string]int{}, map[string]int{}
	duplicates := 0
	eachCommitted(t, addr, gateway.Outputs(), func(r *kgo.Record) {
		stream := r.Topic + " " + header(t, r, "ce_dataschema")
		id := stream + " " + header(t, r, "ce_id")
		if seen[id]++; seen[id] > 1 {
			duplicates++
		}
		seen[stream]++
		if stream == receipts {
			return
		}
		found := numberInDocument.FindSubmatch(r.Value)
		require.NotNil(t, found)
		number, err := strconv.Atoi(string(found[1]))
		require.NoError(t, err)
		key := stream + " " + string(r.Key)
		require.Equal(t, next[key], number, "%s: lost, twice or out of order", key)
		next[key]++
	})
	for _, stream := range []string{canonicals, originals, receipts} {
		require.Equal(t, keys*perKey, seen[stream], stream)
	}
	require.Zero(t, duplicates)
	t.Logf("%d messages, %d kills: 0 lost, 0 duplicates, 0 out of order", keys*perKey, kills)
}

// waitCommitted waits until the group has committed more than so many messages of buyers.
func waitCommitted(t *testing.T, admin *kadm.Client, group string, n int64) {
	t.Helper()
	ctx := within(t, patience)
	for {
		committed, err := admin.FetchOffsets(ctx, group)
		var sum int64
		committed.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
		if err == nil && sum > n {
			return
		}
		select {
		case <-ctx.Done():
			require.FailNow(t, "no progress", "%d committed, waiting for more than %d", sum, n)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// eachCommitted gives fn every record of the outputs that a read_committed consumer sees.
func eachCommitted(t *testing.T, addr string, topics []string, fn func(*kgo.Record)) {
	t.Helper()
	ctx := within(t, patience)
	client := newClient(t, addr, kgo.ConsumeTopics(topics...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	ends, err := kadm.NewClient(client).ListCommittedOffsets(ctx, topics...)
	require.NoError(t, err)
	left := 0
	ends.Each(func(end kadm.ListedOffset) {
		if end.Offset > 0 {
			left++
		}
	})
	for left > 0 {
		fetches := client.PollFetches(ctx)
		require.NoError(t, fetches.Err0())
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				fn(r)
			}
			if end, _ := ends.Lookup(r.Topic, r.Partition); r.Offset+1 == end.Offset {
				left--
			}
		})
	}
}
