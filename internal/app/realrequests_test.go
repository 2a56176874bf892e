package app_test

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
)

const realRequestsYAML = `
kafka:
  brokers: ["BROKERS"]
topics:
  partitions: 2
  replication: REPLICAS
sources:
  - topic: buyers-RUN
    receipts: none
    delivery: DELIVERY
    group: buyers-RUN
  - topic: suppliers-RUN
    receipts: receipts-RUN
    delivery: DELIVERY
    group: suppliers-RUN
dead_letters: dead-letter-RUN
requests:
  topic: dume-requests-RUN
routes:
  catalog: false
  files: [requests.yaml, responses.yaml]
`

const realRequestsRoute = `
route: requests
from: [buyers-RUN]
accept: [espd-request]
to:
  - topic: dume-requests-RUN
    form: summary
    key: doc.buyer.identifiers[0].id + "/" + doc.contractFolderId
`

const realResponsesRoute = `
route: responses
from: [suppliers-RUN]
accept: [espd-response]
validate:
  rules: [profile]
to:
  - topic: dume-RUN
`

// TestRealRequests runs on the Apache Kafka that KAFKA_BROKERS names (make test-kafka): what requests ask for is written, read and
// compared in each delivery mode, also by a gateway that starts when the broker has compacted the register.
func TestRealRequests(t *testing.T) {
	brokers := os.Getenv("KAFKA_BROKERS")
	if brokers == "" {
		t.Skip("KAFKA_BROKERS names no cluster: make test-kafka starts one")
	}
	request, response := string(example(t, "espd-request.xml")), string(example(t, "espd-response.xml"))
	asking := func(lot string) string { return strings.ReplaceAll(request, ">LOT-0001<", ">"+lot+"<") }
	answering := func(lot string) string { return strings.ReplaceAll(response, ">LOT-0001<", ">"+lot+"<") }
	for _, delivery := range []string{"at_least_once", "exactly_once"} {
		t.Run(delivery, func(t *testing.T) {
			run, list := fmt.Sprintf("%x", time.Now().UnixNano()), strings.Split(brokers, ",")
			register := newCompacted(t, list, "dume-requests", run)
			named := strings.NewReplacer("RUN", run, "DELIVERY", delivery, "BROKERS", strings.Join(list, `","`), "REPLICAS", fmt.Sprint(len(list))).Replace
			file := writeConfig(t, "127.0.0.1:0", named(realRequestsYAML), map[string]string{
				"requests.yaml": named(realRequestsRoute), "responses.yaml": named(realResponsesRoute),
			})
			serving := func(act func(s *stand)) {
				t.Helper()
				gateway := load(t, file)
				running, err := app.Start(within(t, patience), gateway, app.Options{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
				require.NoError(t, err)
				act(newStand(t, gateway, list[0]))
				require.NoError(t, running.Stop())
			}
			ask := func(s *stand, documents ...string) {
				t.Helper()
				var records []*kgo.Record
				for _, document := range documents {
					records = append(records, &kgo.Record{Topic: "buyers-" + run, Key: []byte("k"), Value: []byte(document)})
				}
				s.publish(t, records...)
				register.written += len(records)
			}
			answered := func(s *stand, lot string) string {
				t.Helper()
				return s.answered(t, "suppliers-"+run, "receipts-"+run, answering(lot))
			}
			const coherent, incoherent = "accepted COH-02 warning", "rejected COH-01 fatal COH-02 warning" // the example answers a part of the criteria

			serving(func(s *stand) {
				assert.Equal(t, unknownRequest, answered(s, "LOT-0001"), "its request comes later")
				for i := range 12 { // each replaces the one before, beside those of other procedures
					lot := fmt.Sprintf("LOT-%04d", i+1)
					var all []string
					for other := range 3 {
						all = append(all, strings.ReplaceAll(asking(lot), "2026-ECOLE-07", fmt.Sprint("2026-ECOLE-1", other)))
					}
					ask(s, append(all, asking(lot))...)
					s.asked(t, procedure, lot)
					if i == 1 {
						assert.Equal(t, coherent, answered(s, "LOT-0002"))
						assert.Equal(t, incoherent, answered(s, "LOT-0001"), "the request was replaced")
					}
					time.Sleep(2 * segmentAge) // the next record begins a segment; only those that are full are compacted
				}
			})
			markers := register.compacted(t)
			assert.Equal(t, delivery == "exactly_once", markers > 0, "%d markers", markers)
			serving(func(s *stand) {
				assert.Equal(t, coherent, answered(s, "LOT-0012"), "it was known before the first document")
				assert.Equal(t, incoherent, answered(s, "LOT-0002"))
				require.NoError(t, register.plain.ProduceSync(within(t, patience), &kgo.Record{Key: []byte(procedure)}).FirstErr())
				s.asked(t, procedure)
				assert.Equal(t, unknownRequest, answered(s, "LOT-0012"), "the request was removed")
			})
		})
	}
}
