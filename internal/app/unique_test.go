package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/embedded"
)

const uniqueYAML = `
kafka:
  brokers: [%[1]s]
topics:
  replication: 1
sources:
  - topic: suppliers%[2]s
    receipts: receipts%[2]s
    delivery: %[3]s
    group: %[4]s%[2]s
dead_letters: dead-letter%[2]s
routes:
  catalog: false
  files: [r.yaml, s.yaml]
`

// freeingRoute frees the number of an invoice that is refused.
const freeingRoute = `
route: s
from: [suppliers%[1]s]
accept: [invoice-status]
frees:
  topic: numbers%[1]s
  when: doc.status == "210"
to:
  - topic: invoicing%[1]s
`

const uniqueRoute = `
route: r
from: [suppliers%[1]s]
accept: [invoice]
validate:
  unique: numbers%[1]s
to:
  - topic: invoicing%[1]s
`

// numberKey is the number of the invoice of the examples, as its claim has it.
const numberKey = "902100452/2026/FA-2026-0418"

// uniqueRun is a broker that outlives the gateways whose route asks for unique numbers.
type uniqueRun struct {
	addr, file string
	run        string // the end of the names of its topics
	gateway    *app.Gateway
	client     *kgo.Client
	admin      *kadm.Client
	invoice    []byte
}

func newUniqueRun(t *testing.T, delivery string) *uniqueRun {
	t.Helper()
	broker, err := embedded.Start(t.Context(), embedded.Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, broker.Close()) })
	u := &uniqueRun{addr: broker.Addr()}
	u.connect(t, delivery)
	return u
}

func (u *uniqueRun) connect(t *testing.T, delivery string) {
	t.Helper()
	u.client, u.invoice = newClient(t, u.addr), example(t, "ubl-invoice.xml")
	u.admin = kadm.NewClient(u.client)
	u.configure(t, delivery, "first")
}

// configure says how the next gateway reads its messages. A group that has read nothing reads all of them.
func (u *uniqueRun) configure(t *testing.T, delivery, group string) {
	t.Helper()
	u.file = writeConfig(t, "127.0.0.1:0", fmt.Sprintf(uniqueYAML, u.addr, u.run, delivery, group), map[string]string{
		"r.yaml": fmt.Sprintf(uniqueRoute, u.run), "s.yaml": fmt.Sprintf(freeingRoute, u.run),
	})
	u.gateway = load(t, u.file)
}

// serve starts a gateway in this process.
func (u *uniqueRun) serve(t *testing.T) *app.App {
	t.Helper()
	running, err := app.Start(within(t, patience), load(t, u.file), app.Options{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	require.NoError(t, err)
	return running
}

// send publishes the invoice in events of their own, with keys of their own, and waits until they are handled.
func (u *uniqueRun) send(t *testing.T, ids ...string) {
	t.Helper()
	var records []*kgo.Record
	for _, id := range ids {
		records = append(records, &kgo.Record{Topic: "suppliers" + u.run, Key: []byte(id), Value: u.invoice,
			Headers: headers("ce_specversion", "1.0", "ce_id", id, "ce_source", "urn:portal", "ce_type", "invoice")})
	}
	require.NoError(t, u.client.ProduceSync(within(t, patience), records...).FirstErr())
	settle(t, u.admin, u.gateway)
}

// answers are the receipts that a read_committed consumer sees: of each event in order.
func (u *uniqueRun) answers(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	eachCommitted(t, u.addr, []string{"receipts" + u.run}, func(r *kgo.Record) {
		var answer struct {
			Status     string
			Event      struct{ ID string }
			Violations []struct{ Code string }
		}
		require.NoError(t, json.Unmarshal(r.Value, &answer))
		said := answer.Status
		for _, v := range answer.Violations {
			said += " " + v.Code
		}
		all[answer.Event.ID] = append(all[answer.Event.ID], said)
	})
	return all
}

// owners are the events that claimed the number, in the order of their claims.
func (u *uniqueRun) owners(t *testing.T) (ids []string) {
	t.Helper()
	eachCommitted(t, u.addr, []string{"numbers" + u.run}, func(r *kgo.Record) {
		require.Equal(t, numberKey, string(r.Key))
		var claim struct{ Source, ID string }
		if r.Value != nil {
			require.NoError(t, json.Unmarshal(r.Value, &claim))
			require.Equal(t, "urn:portal", claim.Source)
		}
		ids = append(ids, claim.ID)
	})
	return ids
}

const usedNumber = "rejected invoice_number_used"

// TestUniqueNumbers: of the messages of all partitions that use a number one is delivered, in each delivery mode. A gateway that
// is killed and has its messages again knows its own; one that starts knows all of them.
func TestUniqueNumbers(t *testing.T) {
	for _, delivery := range []string{"at_least_once", "exactly_once"} {
		t.Run(delivery, func(t *testing.T) {
			newUniqueRun(t, delivery).check(t, delivery)
		})
	}
}

// TestRealUniqueNumbers is the same on the Apache Kafka that KAFKA_BROKERS names, whose topic of numbers the gateway creates, to
// be compacted.
func TestRealUniqueNumbers(t *testing.T) {
	brokers := os.Getenv("KAFKA_BROKERS")
	if brokers == "" {
		t.Skip("KAFKA_BROKERS names no cluster: make test-kafka starts one")
	}
	for _, delivery := range []string{"at_least_once", "exactly_once"} {
		t.Run(delivery, func(t *testing.T) {
			addr, _, _ := strings.Cut(brokers, ",")
			u := &uniqueRun{addr: addr, run: fmt.Sprintf("-%x", time.Now().UnixNano())} // a cluster can be used again
			u.connect(t, delivery)
			deleteTopics(t, u.admin, u.run)
			u.check(t, delivery)
			settings, err := u.admin.DescribeTopicConfigs(within(t, patience), "numbers"+u.run)
			require.NoError(t, err)
			for _, setting := range settings[0].Configs {
				if setting.Key == "cleanup.policy" {
					require.Equal(t, "compact", setting.MaybeValue())
				}
			}
		})
	}
}

// check sends a number in many messages, and all of them again to another gateway.
func (u *uniqueRun) check(t *testing.T, delivery string) {
	t.Helper()
	process := startChild(t, u.file)
	process.waitReady(t)
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprint("e", i))
	}
	u.send(t, ids...)
	process.kill()
	first := u.owners(t)
	require.Len(t, first, 1)
	check := func(times int) {
		t.Helper()
		for id, said := range u.answers(t) {
			want := usedNumber
			if id == first[0] {
				want = "accepted"
			}
			require.Len(t, said, times, id)
			require.Equal(t, want, said[len(said)-1], id)
		}
	}
	check(1)

	// All of it comes again, as after a crash before any offset was committed.
	u.configure(t, delivery, "second")
	process = startChild(t, u.file)
	process.waitReady(t)
	settle(t, u.admin, u.gateway)
	process.stop(t)
	check(2)
	assert.Equal(t, first[0], strings.Join(slices.Compact(u.owners(t)), " "))
}

// A number is free again, for the gateways that run, once its claim is taken back: by an operator, or by the status that its
// invoice is refused.
func TestUniqueNumberFreed(t *testing.T) {
	for _, c := range []struct{ by, delivery string }{{"operator", "at_least_once"}, {"status", "at_least_once"}, {"status", "exactly_once"}} {
		t.Run(c.by+" "+c.delivery, func(t *testing.T) {
			t.Parallel()
			u := newUniqueRun(t, c.delivery)
			running := u.serve(t)
			known := func(n int) {
				t.Helper()
				require.Eventually(t, func() bool {
					tables := running.Health().Tables
					return len(tables) == 1 && tables[0].Name == "numbers" && tables[0].Rows == n
				}, patience, 20*time.Millisecond)
			}
			u.send(t, "1")
			known(1)
			want := map[string][]string{"1": {"accepted"}, "2": {"accepted"}}
			free := &kgo.Record{Topic: "numbers", Key: []byte(numberKey)}
			if c.by == "status" {
				free = &kgo.Record{Topic: "suppliers", Value: example(t, "cdar-refused.xml"),
					Headers: headers("ce_specversion", "1.0", "ce_id", "refusal", "ce_source", "urn:portal", "ce_type", "fr.commandepublique.facture.statut.v1")}
				want["refusal"] = []string{"accepted"}
			}
			require.NoError(t, u.client.ProduceSync(within(t, patience), free).FirstErr())
			known(0)
			u.send(t, "2")
			require.Equal(t, want, u.answers(t))
			require.NoError(t, running.Stop())
		})
	}
}

// Two gateways that run beside each other: each knows the numbers of the other once it has read them, and numbers that both
// gave away are told, one by one.
func TestUniqueNumbersOfTwoGateways(t *testing.T) {
	u := newUniqueRun(t, "at_least_once")
	one, two := u.serve(t), u.serve(t)
	require.Eventually(t, func() bool { // both have partitions
		groups, err := u.admin.DescribeGroups(t.Context(), "first")
		if err != nil || groups["first"].State != "Stable" {
			return false
		}
		return len(groups["first"].Members) == 2
	}, patience, 50*time.Millisecond)
	var ids []string
	for i := range 60 {
		ids = append(ids, fmt.Sprint("e", i))
	}
	u.send(t, ids...)
	var accepted []string
	for id, said := range u.answers(t) {
		if slices.Contains(said, "accepted") {
			accepted = append(accepted, id)
		}
	}
	owners := u.owners(t)
	require.ElementsMatch(t, accepted, owners, "each number that was given away is claimed")
	t.Logf("%d of 60 were accepted", len(accepted))
	// One more, which a third gateway wrote at the same moment.
	value := bytes.ReplaceAll([]byte(`{"source":"urn:portal","id":"elsewhere","sha256":"00","time":""}`), []byte("00"), bytes.Repeat([]byte("00"), 32))
	require.NoError(t, u.client.ProduceSync(within(t, patience), &kgo.Record{Topic: "numbers", Key: []byte(numberKey), Value: value}).FirstErr())
	for _, gateway := range []*app.App{one, two} {
		require.Eventually(t, func() bool {
			return strings.Count(faultsOf(gateway), "number_used_twice") == len(owners)
		}, patience, 50*time.Millisecond)
	}
	var told string
	for _, fault := range one.Health().Faults {
		told += fault.FR + "\n"
	}
	assert.Contains(t, told, "la facture "+numberKey)
	assert.Contains(t, told, "« urn:portal elsewhere »")
	u.send(t, "late")
	require.Equal(t, []string{usedNumber}, u.answers(t)["late"])
	require.NoError(t, one.Stop())
	require.NoError(t, two.Stop())
}
