package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/embedded"
)

// sharedClusterYAML is a gateway on a cluster that somebody else runs: what dies is the gateway alone.
const sharedClusterYAML = `
kafka:
  brokers: ["%s"]
topics:
  partitions: 6
  replication: 1
sources:
  - topic: suppliers
  - topic: buyers
    delivery: %s
`

// TestKillGateway kills the gateway's process while messages flow; the broker lives on. No message is lost, and those of
// a key arrive in order; under exactly_once a read_committed consumer sees each of them once. PASSERELLE_KILLS is how
// often, PASSERELLE_SEED chooses the moments.
func TestKillGateway(t *testing.T) {
	t.Parallel()
	for _, delivery := range []string{"at_least_once", "exactly_once"} {
		t.Run(delivery, func(t *testing.T) {
			t.Parallel()
			keys, perKey, kills, seed := endurance(t, 200, 60, 2)
			c := newClusterRun(t, delivery, keys, perKey)
			random := rand.New(rand.NewPCG(seed, 4))
			process := c.start(t)
			defer func() { process.kill() }()
			var longest time.Duration
			for i := range kills {
				done := c.chains.produce(c.ctx, keys, i*perKey/kills, (i+1)*perKey/kills)
				c.committed(t, int64(i*keys*perKey/kills)) // it has the partitions, and is at work
				select {
				case <-time.After(time.Duration(random.Int64N(int64(200 * time.Millisecond)))):
				case <-process.exited:
					require.FailNow(t, "the gateway ended by itself", process.stderr.String())
				}
				process.kill()
				killed := time.Now()
				process = c.start(t)
				<-done
				c.committed(t, int64((i+1)*keys*perKey/kills)-1)
				longest = max(longest, time.Since(killed))
			}
			settle(t, c.admin, c.gateway)
			process.stop(t)
			c.check(t)
			t.Logf("%s: %d messages, %d kills, seed %d; the longest from a kill to the end of its backlog: %v",
				delivery, keys*perKey, kills, seed, longest.Round(time.Millisecond))
		})
	}
}

// TestGatewaysComeAndGo starts and stops gateways of one group while messages flow.
func TestGatewaysComeAndGo(t *testing.T) {
	t.Parallel()
	for _, delivery := range []string{"at_least_once", "exactly_once"} {
		t.Run(delivery, func(t *testing.T) {
			t.Parallel()
			keys, perKey, changes, seed := endurance(t, 100, 60, 6)
			c := newClusterRun(t, delivery, keys, perKey)
			random := rand.New(rand.NewPCG(seed, 5))
			running := []*child{c.start(t)}
			defer func() {
				for _, process := range running {
					process.kill()
				}
			}()
			for i := range changes {
				done := c.chains.produce(c.ctx, keys, i*perKey/changes, (i+1)*perKey/changes)
				if n := len(running); n == 1 || n < 3 && random.IntN(2) == 0 {
					running = append(running, c.start(t))
				} else {
					leaving := random.IntN(n)
					running[leaving].stop(t)
					running = append(running[:leaving], running[leaving+1:]...)
				}
				<-done
			}
			settle(t, c.admin, c.gateway)
			for _, process := range running {
				process.stop(t)
			}
			c.check(t)
			t.Logf("%s: %d messages, %d starts and stops, seed %d", delivery, keys*perKey, changes, seed)
		})
	}
}

// endurance returns how much a test of deaths does: so much, less in short runs, or what the environment asks for, with
// 1,000 keys and a message of each between two deaths.
func endurance(t *testing.T, keys, perKey, deaths int) (k, p, d int, seed uint64) {
	t.Helper()
	seed = 20261124
	if s := os.Getenv("PASSERELLE_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err, "PASSERELLE_SEED")
		seed = n
	}
	if s := os.Getenv("PASSERELLE_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err, "PASSERELLE_KILLS")
		return 1000, n, n, seed
	}
	if testing.Short() {
		return keys, perKey / 5, max(deaths/3, 1), seed
	}
	return keys, perKey, deaths, seed
}

// clusterRun is a gateway on a broker that outlives it, and messages whose every output is counted.
type clusterRun struct {
	ctx          context.Context
	delivery     string
	keys, perKey int
	addr, file   string
	gateway      *app.Gateway
	chains       *chains
	admin        *kadm.Client
}

func newClusterRun(t *testing.T, delivery string, keys, perKey int) *clusterRun {
	t.Helper()
	broker, err := embedded.Start(t.Context(), embedded.Options{
		Addr: "127.0.0.1:0", DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, broker.Close()) })
	c := &clusterRun{ctx: within(t, time.Hour), delivery: delivery, keys: keys, perKey: perKey, addr: broker.Addr()}
	c.file = writeConfig(t, "127.0.0.1:0", fmt.Sprintf(sharedClusterYAML, c.addr, delivery), nil)
	c.gateway = load(t, c.file)
	_, verdict := c.gateway.Judge("buyers", example(t, "decp-contract.json"))
	template := string(verdict.Parts[0].Doc.AppendJSON(nil))
	producer := newClient(t, c.addr) // idempotent: its own messages have no duplicates
	c.chains = &chains{client: producer, template: []byte(strings.Replace(template, `"id":"2026ECOLE07L1"`, `"id":"@NUMBER@"`, 1))}
	c.admin = kadm.NewClient(producer)
	return c
}

func (c *clusterRun) start(t *testing.T) *child {
	t.Helper()
	process := startChild(t, c.file)
	process.waitReady(t)
	return process
}

// committed waits until the group has committed more than so many messages of buyers.
func (c *clusterRun) committed(t *testing.T, n int64) {
	t.Helper()
	waitCommitted(t, c.admin, c.gateway.Config.Sources.Items[1].Group.Value, n)
}

// check reads the outputs as a read_committed consumer: none lost, each key in order of first appearance, and no
// duplicates under exactly_once.
func (c *clusterRun) check(t *testing.T) {
	t.Helper()
	seen, next := map[string]bool{}, map[string]int{}
	count, duplicates := map[string]int{}, 0
	eachCommitted(t, c.addr, c.gateway.Outputs(), func(r *kgo.Record) {
		stream := r.Topic + " " + header(t, r, "ce_dataschema")
		id := stream + " " + header(t, r, "ce_id")
		if seen[id] {
			duplicates++
			return
		}
		seen[id] = true
		count[stream]++
		if stream == receipts {
			return
		}
		found := numberInDocument.FindSubmatch(r.Value)
		require.NotNil(t, found)
		number, err := strconv.Atoi(string(found[1]))
		require.NoError(t, err)
		key := stream + " " + string(r.Key)
		require.Equal(t, next[key], number, "%s: lost or out of order", key)
		next[key]++
	})
	for _, stream := range []string{canonicals, originals, receipts} {
		require.Equal(t, c.keys*c.perKey, count[stream], stream)
	}
	if c.delivery == "exactly_once" {
		require.Zero(t, duplicates)
	}
	t.Logf("0 lost, 0 out of order, %d duplicates among %d outputs", duplicates, len(seen))
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
