package app_test

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/schemas/rules"
)

// procedure is the key of the request of the examples, in the table of requests.
const procedure = "21350238800019/2026-ECOLE-07"

// unknownRequest is what is said of a response whose request the gateway has not seen.
const unknownRequest = "accepted COH-01 not_verified COH-02 not_verified COH-03 not_verified"

// asked waits until the gateway knows the lots that a procedure asks for.
func (s *stand) asked(t *testing.T, procedure string, lots ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		all, _ := s.gateway.Tables.View().Texts(nil, rules.Requests(), procedure, rules.Requests().Column("lots"))
		return slices.Equal(all, lots)
	}, patience, 10*time.Millisecond)
}

// answered sends a response and returns what its receipt says of its coherence.
func (s *stand) answered(t *testing.T, topic, receipts, document string) (said string) {
	t.Helper()
	s.publish(t, &kgo.Record{Topic: topic, Key: []byte("k"), Value: []byte(document)})
	s.settle(t)
	eachCommitted(t, s.addr, []string{receipts}, func(record *kgo.Record) {
		var receipt struct {
			Status     string
			Violations []struct{ Code, Severity string }
		}
		require.NoError(t, json.Unmarshal(record.Value, &receipt))
		said = receipt.Status
		for _, v := range receipt.Violations {
			if strings.HasPrefix(v.Code, "COH-") {
				said += " " + v.Code + " " + v.Severity
			}
		}
	})
	return said
}

// A response is compared with its request once the gateway has seen that: the shipped route of requests writes what they ask
// for, a newer request replaces it, and a gateway that starts again knows it.
func TestResponseIsComparedWithItsRequest(t *testing.T) {
	file := writeConfig(t, "127.0.0.1:0", "requests:\n  max_age: 24h\n", nil)
	request, response := string(example(t, "espd-request.xml")), string(example(t, "espd-response.xml"))
	later := time.Duration(0)
	serve := func(act func(*stand)) {
		t.Helper()
		gateway := load(t, file)
		running, err := app.Start(t.Context(), gateway, app.Options{
			Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Now().Add(later) },
		})
		require.NoError(t, err)
		s := newStand(t, gateway, running.Brokers()[0])
		act(s)
		s.client.Close()
		require.NoError(t, running.Stop())
	}
	ask := func(s *stand, document string, want ...string) {
		t.Helper()
		s.publish(t, &kgo.Record{Topic: "buyers", Key: []byte("k"), Value: []byte(document)})
		s.asked(t, procedure, want...)
	}
	answered := func(s *stand, document string) string {
		t.Helper()
		return s.answered(t, "suppliers", "receipts", document)
	}
	otherLot := strings.ReplaceAll(response, ">LOT-0001<", ">LOT-0002<")
	require.NotEqual(t, response, otherLot)

	serve(func(s *stand) {
		assert.Equal(t, unknownRequest, answered(s, otherLot), "its request comes later")
		ask(s, request, "LOT-0001")
		assert.Equal(t, "accepted COH-02 warning", answered(s, response), "the example answers a part of the criteria")
		assert.Equal(t, "rejected COH-01 fatal COH-02 warning", answered(s, otherLot))
		each(t, s.addr, []string{"dume-requests"}, func(r *kgo.Record) {
			assert.Equal(t, procedure, string(r.Key))
			assert.True(t, strings.HasPrefix(string(r.Value), `{"lots":["LOT-0001"],"criteria":["005eb9ed-`), "nothing else of the request, no person: %s", r.Value)
		})
	})
	serve(func(s *stand) {
		assert.Equal(t, "rejected COH-01 fatal COH-02 warning", answered(s, otherLot), "it was known before the first document")
		ask(s, strings.ReplaceAll(request, ">LOT-0001<", ">LOT-0002<"), "LOT-0002")
		assert.Equal(t, "accepted COH-02 warning", answered(s, otherLot), "the newer request counts")
		assert.Equal(t, "rejected COH-01 fatal COH-02 warning", answered(s, response))
	})
	later = 25 * time.Hour
	serve(func(s *stand) {
		assert.Equal(t, unknownRequest, answered(s, response), "no request for longer than max_age")
	})
}

// The official responses are coherent with the official requests of their versions, as the gateway itself writes these down.
func TestOfficialResponsesAreCoherent(t *testing.T) {
	official := map[string][]byte{}
	for _, file := range corpus(t) {
		official[file.name] = file.data
	}
	for _, pair := range [][2]string{
		{"BASIC-ESPDRequest-2.1.1.xml", "BASIC-ESPDResponse-2.1.1.xml"},
		{"ESPD-Request-3.3.0.xml", "ESPD-Response-3.3.0.xml"},
		{"ESPD-Request-4.1.0.xml", "ESPD-Response-4.1.0.xml"},
	} {
		request, response := official["espd/"+pair[0]], official["espd/"+pair[1]]
		gateway := load(t, writeConfig(t, "127.0.0.1:0", "", nil))
		coherence := func() (codes []string) {
			_, verdict := gateway.Judge("suppliers", response)
			for _, v := range verdict.Violations {
				if strings.HasPrefix(v.Code, "COH-") {
					codes = append(codes, v.Code+" "+string(v.Severity))
				}
			}
			return codes
		}
		assert.Len(t, coherence(), 3, "not verified")

		_, asked := gateway.Judge("buyers", request)
		feed := reference.NewFeed(rules.Requests(), "dume-requests")
		for _, d := range asked.Parts[0].Delivery.Destinations {
			if d.Topic == "dume-requests" {
				feed.Take("dume-requests/0/0", []byte(d.Key), asked.Parts[0].Written[d.Form].Data, time.Now())
			}
		}
		gateway.Tables.Publish(rules.Requests(), feed.Snapshot())
		gateway.Tables.Tick(time.Now())
		assert.Empty(t, coherence(), pair[1])
	}
}
