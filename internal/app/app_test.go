package app_test

import (
	"bytes"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/embedded"
)

func TestStopMayBeCalledAgain(t *testing.T) {
	running, err := app.Start(t.Context(), load(t, writeConfig(t, "127.0.0.1:0", "", nil)), app.Options{Logger: quiet(), Now: time.Now})
	require.NoError(t, err)
	require.NotNil(t, running.Notice())
	require.NoError(t, running.Stop())
	require.NoError(t, running.Stop())
	select {
	case err := <-running.Served():
		require.NoError(t, err)
	case <-time.After(patience):
		require.FailNow(t, "Served says nothing after Stop")
	}
}

// A gateway that is stopped and started again on its data goes on where it was: nothing is handled twice, nothing lost.
func TestRestartGoesOn(t *testing.T) {
	gateway := load(t, writeConfig(t, "127.0.0.1:0", "", nil))
	invoice := example(t, "ubl-invoice.xml")
	for round := range 3 {
		running, err := app.Start(t.Context(), gateway, app.Options{Logger: quiet(), Now: time.Now})
		require.NoError(t, err)
		s := newStand(t, gateway, running.Brokers()[0])
		s.publish(t, &kgo.Record{Topic: "suppliers", Key: []byte("k"), Value: invoice})
		s.settle(t)
		archived := 0
		for _, r := range s.outputs(t) {
			if r.Topic == "archive" {
				archived++
			}
		}
		assert.Equal(t, round+1, archived)
		s.client.Close()
		require.NoError(t, running.Stop())
	}
}

func TestStartTellsOfATakenPort(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, ln.Close()) }()
	_, err = app.Start(t.Context(), load(t, writeConfig(t, ln.Addr().String(), "", nil)), app.Options{Logger: quiet(), Now: time.Now})
	var start *embedded.StartError
	require.ErrorAs(t, err, &start)
	assert.ErrorIs(t, err, embedded.ErrPortTaken)
	assert.Contains(t, start.FR, ln.Addr().String())
}

func TestStartTellsOfTakenData(t *testing.T) {
	gateway := load(t, writeConfig(t, "127.0.0.1:0", "", nil))
	start(t, gateway)
	_, err := app.Start(t.Context(), gateway, app.Options{Logger: quiet(), Now: time.Now})
	assert.ErrorIs(t, err, embedded.ErrDataDirLocked)
}

// Another gateway's broker is a cluster like any other, but for the topics of tables, which it does not compact.
func TestServesOnACluster(t *testing.T) {
	const yaml = "topics:\n  replication: 1\n"
	broker := start(t, load(t, writeConfig(t, "127.0.0.1:0", "sources:\n  - topic: elsewhere\n", nil)))
	s := start(t, load(t, writeConfig(t, "127.0.0.1:0", yaml+"kafka:\n  brokers: ["+broker.addr+"]\n", nil)))
	require.Equal(t, broker.addr, s.addr)
	s.publish(t, &kgo.Record{Topic: "suppliers", Value: example(t, "ubl-invoice.xml")})
	s.settle(t)
	var topics []string
	for _, r := range s.outputs(t) {
		topics = append(topics, r.Topic)
	}
	assert.ElementsMatch(t, []string{"archive", "invoicing", "receipts"}, topics)
	settings, err := s.admin.DescribeTopicConfigs(within(t, patience), "dume-requests")
	require.NoError(t, err)
	require.NoError(t, settings[0].Err)
	for _, setting := range settings[0].Configs {
		if setting.Key == "cleanup.policy" {
			assert.Equal(t, "delete", setting.MaybeValue())
		}
	}
}

// A source with receipts: none gets none.
func TestReceiptsNone(t *testing.T) {
	s := start(t, load(t, writeConfig(t, "127.0.0.1:0", "sources:\n  - topic: suppliers\n    receipts: none\n", nil)))
	s.publish(t, &kgo.Record{Topic: "suppliers", Value: example(t, "ubl-invoice.xml")}, &kgo.Record{Topic: "suppliers", Value: []byte("x")})
	s.settle(t)
	var topics []string
	for _, r := range s.outputs(t) {
		topics = append(topics, r.Topic)
	}
	assert.ElementsMatch(t, []string{"archive", "invoicing", "dead-letter"}, topics)
}

// A configuration or route with a fault never becomes a gateway; every fault is told with its place.
func TestFaultsNeverStart(t *testing.T) {
	const fine = "route: r\nfrom: [suppliers]\naccept: [invoice]\nto:\n  - topic: x\n"
	tests := []struct {
		name, yaml, route string
		want              []string
	}{
		{"a configuration fault", "limits:\n  documnet: 1MiB\n", fine, []string{"passerelle.yaml:2:3:", "document"}},
		{"an unknown kind", "", "route: r\nfrom: [suppliers]\naccept: [invoise]\nto:\n  - topic: x\n", []string{"r.yaml:3:10:", "invoice"}},
		{"an unknown source", "", "route: r\nfrom: [supliers]\naccept: [invoice]\nto:\n  - topic: x\n", []string{"r.yaml:2:8:", "suppliers"}},
		{"a condition on no such field", "", "route: r\nfrom: [suppliers]\naccept: [invoice]\nwhen: doc.numbr == \"x\"\nto:\n  - topic: x\n", []string{"r.yaml:4:", "did you mean \"number\"?"}},
		{"an unknown rule pack", "", "route: r\nfrom: [suppliers]\naccept: [invoice]\nvalidate:\n  rules: [en16391]\nto:\n  - topic: x\n", []string{"r.yaml:5:11:", "en16931"}},
		{"a loop", "", "route: r\nfrom: [suppliers]\naccept: [invoice]\nto:\n  - topic: buyers\n", []string{"r.yaml:5:12:", "source"}},
		{"a topic of the gateway", "", "route: r\nfrom: [suppliers]\naccept: [invoice]\nto:\n  - topic: receipts\n", []string{"r.yaml:5:12:", "receipts"}},
		{"no such file", "routes:\n  files: [s.yaml]\n", fine, []string{"passerelle.yaml:2:11:"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			yaml := tt.yaml
			if yaml == "" {
				yaml = "routes:\n  catalog: false\n  files: [r.yaml]\n"
			}
			gateway, list := app.Load(writeConfig(t, "127.0.0.1:0", yaml, map[string]string{"r.yaml": tt.route}))
			assert.Nil(t, gateway)
			assert.True(t, list.HasErrors())
			var out bytes.Buffer
			require.NoError(t, diag.Print(&out, list, nil, "en"))
			for _, want := range tt.want {
				assert.Contains(t, out.String(), want)
			}
		})
	}
}

// BenchmarkStartToFirstMessage is a cold start to the first delivered document: broker, topics, groups, one message.
func BenchmarkStartToFirstMessage(b *testing.B) {
	invoice := example(b, "ubl-invoice.xml")
	for b.Loop() {
		b.StopTimer()
		file := writeConfig(b, "127.0.0.1:0", "", nil)
		b.StartTimer()
		gateway, _ := app.Load(file)
		running, err := app.Start(b.Context(), gateway, app.Options{Logger: quiet(), Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		client, err := kgo.NewClient(kgo.SeedBrokers(running.Brokers()...), kgo.ConsumeTopics("invoicing"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			b.Fatal(err)
		}
		if err := client.ProduceSync(b.Context(), &kgo.Record{Topic: "suppliers", Value: invoice}).FirstErr(); err != nil {
			b.Fatal(err)
		}
		if fetches := client.PollRecords(b.Context(), 1); fetches.NumRecords() != 1 {
			b.Fatal(errors.Join(fetches.Err(), errors.New("no document")))
		}
		b.StopTimer()
		client.Close()
		if err := running.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
