package app_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
)

const uniqueBenchYAML = `
topics:
  replication: 1
sources:
  - topic: suppliers-RUN
    receipts: none
    delivery: %s
dead_letters: dead-letter-RUN
routes:
  catalog: false
  files: [r.yaml]
`

const uniqueBenchRoute = `
route: r
from: [suppliers-RUN]
accept: [invoice]
to:
  - topic: invoicing-RUN
`

// BenchmarkUniqueNumbers is what validate.unique costs: the time of a message alone, from its producer to a consumer, and messages a
// second of a backlog. The broker is that of the gateway, or the cluster that KAFKA_BROKERS names.
func BenchmarkUniqueNumbers(b *testing.B) {
	for _, delivery := range []string{"at_least_once", "exactly_once"} {
		for _, c := range []struct{ name, route string }{
			{"without", uniqueBenchRoute}, {"with", uniqueBenchRoute + "validate:\n  unique: numbers-RUN\n"},
		} {
			b.Run(delivery+"/"+c.name, func(b *testing.B) { benchmarkNumbers(b, fmt.Sprintf(uniqueBenchYAML, delivery), c.route) })
		}
	}
}

func benchmarkNumbers(b *testing.B, yaml, route string) {
	run := fmt.Sprintf("%x", time.Now().UnixNano()) // a cluster can be used again
	if brokers := os.Getenv("KAFKA_BROKERS"); brokers != "" {
		yaml += "kafka:\n  brokers: [" + brokers + "]\n"
	}
	named := func(text string) string { return strings.ReplaceAll(text, "RUN", run) }
	gateway := load(b, writeConfig(b, "127.0.0.1:0", named(yaml), map[string]string{"r.yaml": named(route)}))
	running, err := app.Start(b.Context(), gateway, app.Options{Logger: quiet(), Now: time.Now})
	require.NoError(b, err)
	defer func() { require.NoError(b, running.Stop()) }()
	client := newClient(b, running.Brokers()[0], kgo.ConsumeTopics("invoicing-"+run), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ProducerLinger(0))
	defer client.Close()
	invoice, sent := example(b, "ubl-invoice.xml"), 0
	next := func() *kgo.Record {
		sent++
		return &kgo.Record{
			Topic: "suppliers-" + run, Key: fmt.Append(nil, sent%997),
			Value: bytes.Replace(invoice, []byte("FA-2026-0418"), fmt.Appendf(nil, "F-%d", sent), 1),
		}
	}
	receive := func(n int) {
		for n > 0 {
			fetches := client.PollFetches(b.Context())
			require.NoError(b, fetches.Err0())
			n -= fetches.NumRecords()
		}
	}
	one := func() {
		require.NoError(b, client.ProduceSync(b.Context(), next()).FirstErr())
		receive(1)
	}
	for range 10 { // the first ones wait until groups, leaders and producers have been found
		one()
	}
	for b.Loop() {
		one()
	}
	b.StopTimer()
	var backlog []*kgo.Record
	for range 5000 {
		backlog = append(backlog, next())
	}
	begin := time.Now()
	require.NoError(b, client.ProduceSync(b.Context(), backlog...).FirstErr())
	receive(len(backlog))
	b.ReportMetric(float64(len(backlog))/time.Since(begin).Seconds(), "msg/s")
}
