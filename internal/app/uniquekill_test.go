package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestKillUniqueNumbers kills the whole process, gateway and broker, while messages flow, each number in three of them: whatever
// came again, one of the three is delivered, and no other ever was.
func TestKillUniqueNumbers(t *testing.T) {
	_, _, kills, seed := endurance(t, 0, 0, 3)
	numbers := 100 * kills
	addr := freeAddr(t)
	file := writeConfig(t, addr, "sources:\n  - topic: suppliers\nroutes:\n  catalog: false\n  files: [r.yaml]\n", map[string]string{"r.yaml": fmt.Sprintf(uniqueRoute, "")})
	gateway := load(t, file)
	process := startChild(t, file)
	defer func() { process.kill() }()
	process.waitReady(t)
	ctx := within(t, time.Hour)
	producer := newClient(t, addr, kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.MetadataMinAge(50*time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }), kgo.RecordRetries(1<<30), kgo.UnknownTopicRetries(-1))
	invoice := example(t, "ubl-invoice.xml")
	random := rand.New(rand.NewPCG(seed, 6))
	var sending sync.WaitGroup
	var send func(*kgo.Record)
	send = func(r *kgo.Record) { // until it is acknowledged
		again := &kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Headers: r.Headers}
		producer.Produce(ctx, r, func(_ *kgo.Record, err error) {
			if err != nil && ctx.Err() == nil {
				send(again)
				return
			}
			sending.Done()
		})
	}
	for i := range kills {
		for n := i * numbers / kills; n < (i+1)*numbers/kills; n++ {
			number := fmt.Sprintf("F-%04d", n)
			for event := range 3 {
				id := fmt.Sprintf("%s/%d", number, event)
				sending.Add(1)
				send(&kgo.Record{
					Topic: "suppliers", Key: []byte(id), Value: bytes.Replace(invoice, []byte("FA-2026-0418"), []byte(number), 1),
					Headers: headers("ce_specversion", "1.0", "ce_id", id, "ce_source", "urn:portal", "ce_type", "invoice"),
				})
			}
		}
		time.Sleep(time.Duration(random.Int64N(int64(200 * time.Millisecond)))) // any moment
		process.kill()
		process = startChild(t, file)
		process.waitReady(t)
		sending.Wait()
	}
	settle(t, kadm.NewClient(producer), gateway)
	accepted, delivered := map[string]map[string]bool{}, map[string]map[string]bool{}
	note := func(of map[string]map[string]bool, id string) {
		number, _, _ := strings.Cut(id, "/")
		if of[number] == nil {
			of[number] = map[string]bool{}
		}
		of[number][id] = true
	}
	repeated := 0
	each(t, addr, []string{"receipts"}, func(r *kgo.Record) {
		var answer struct {
			Status string
			Event  struct{ ID string }
		}
		require.NoError(t, json.Unmarshal(r.Value, &answer))
		repeated++
		if answer.Status == "accepted" {
			note(accepted, answer.Event.ID)
		}
	})
	each(t, addr, []string{"invoicing"}, func(r *kgo.Record) { note(delivered, header(t, r, "ce_id")) })
	require.Equal(t, numbers, len(accepted))
	require.Equal(t, accepted, delivered)
	for number, ids := range accepted {
		assert.Len(t, ids, 1, number)
	}
	t.Logf("%d messages, %d kills, seed %d; %d receipts repeated", 3*numbers, kills, seed, repeated-3*numbers)
	process.stop(t)
}
