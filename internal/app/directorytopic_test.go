package app_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/schemas/rules"
)

// A directory that comes from a topic has been read to its end before the first document is judged, and is followed: a
// receipt says by which state it was judged, and what could not be verified.
func TestDirectoryTopic(t *testing.T) {
	const (
		buyer = "21760999900016" // of the example
		yaml  = "directory:\n  topic: annuaire\nsources:\n  - topic: suppliers\nroutes:\n  catalog: false\n  files: [r.yaml]\n"
		route = "route: r\nfrom: [suppliers]\naccept: [invoice]\nvalidate:\n  rules: [fr-b2g]\nto:\n  - topic: invoicing\n"
	)
	file := writeConfig(t, "127.0.0.1:0", yaml, map[string]string{"r.yaml": route})
	date := time.Now().Truncate(time.Millisecond)
	row := func(value string) *kgo.Record {
		r := &kgo.Record{Topic: "annuaire", Key: []byte(buyer), Timestamp: date}
		if value != "" {
			r.Value = []byte(value)
		}
		return r
	}
	type receipt struct {
		Status string
		Parts  []struct {
			Tables []struct {
				Name, State string
				Date        time.Time
			}
		}
		Violations []struct{ Code, Severity, EN string }
	}
	// judged serves, does something to the directory, and returns what the receipt of the example says.
	judged := func(act func(*stand, *app.App)) (r receipt) {
		gateway := load(t, file)
		running, err := app.Start(t.Context(), gateway, app.Options{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
		require.NoError(t, err)
		s := newStand(t, gateway, running.Brokers()[0])
		act(s, running)
		s.publish(t, &kgo.Record{Topic: "suppliers", Key: []byte("k"), Value: example(t, "ubl-invoice.xml")})
		s.settle(t)
		each(t, s.addr, []string{"receipts"}, func(record *kgo.Record) {
			r = receipt{}
			require.NoError(t, json.Unmarshal(record.Value, &r))
		})
		s.client.Close()
		require.NoError(t, running.Stop())
		return r
	}
	until := func(done func() bool) {
		t.Helper()
		require.Eventually(t, done, patience, 10*time.Millisecond)
	}
	rows := func(s *stand) int { return s.gateway.Tables.View().Status(rules.Directory()).Rows }
	said := func(r receipt) string {
		var all []string
		for _, v := range r.Violations {
			all = append(all, v.Code+" "+v.Severity)
		}
		return strings.Join(all, ", ")
	}

	empty := judged(func(*stand, *app.App) {})
	assert.Equal(t, "accepted", empty.Status, "what is not verified refuses nothing")
	assert.Contains(t, said(empty), "BR-FR-CPRO-12 not_verified")
	assert.Equal(t, "missing", empty.Parts[0].Tables[0].State, "an empty topic")

	closed := judged(func(s *stand, running *app.App) {
		s.publish(t, row(`{"active": false, "service_required": false, "engagement_required": false, "service_or_engagement_required": false, "services": []}`))
		until(func() bool { return rows(s) == 1 })
		s.publish(t, &kgo.Record{Topic: "annuaire", Key: []byte("1"), Value: []byte("{}")})
		until(func() bool { return strings.Contains(faultsOf(running), "directory_record") })
		s.publish(t, &kgo.Record{Topic: "annuaire", Key: []byte("1")})
		until(func() bool { return !strings.Contains(faultsOf(running), "directory_record") })
	})
	assert.Equal(t, "rejected", closed.Status)
	assert.Contains(t, said(closed), "B2G-01 fatal")
	table := closed.Parts[0].Tables[0]
	assert.Equal(t, "directory current", table.Name+" "+table.State)

	// A gateway that starts knows it at once.
	again := judged(func(s *stand, _ *app.App) { assert.Equal(t, 1, rows(s)) })
	assert.Equal(t, "rejected", again.Status)

	open := judged(func(s *stand, _ *app.App) {
		s.publish(t, row(""))
		until(func() bool { return rows(s) == 0 })
	})
	assert.Equal(t, "accepted", open.Status)
	assert.Contains(t, said(open), "B2G-01 not_verified")
}

func faultsOf(running *app.App) string {
	var codes []string
	for _, f := range running.Health().Faults {
		codes = append(codes, f.Code)
	}
	return strings.Join(codes, " ")
}
