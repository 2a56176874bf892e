package app_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

var invoiceNumber = regexp.MustCompile(`FA-2026-(\d{4})`)

// Messages without a key share one lane, and stay in the order of their source partition in every output topic: a
// reader of one partition finds all of them, in order.
func TestUnkeyedMessagesStayInOrder(t *testing.T) {
	gateway := load(t, writeConfig(t, "127.0.0.1:0", "", nil))
	s := start(t, gateway)
	client := newClient(t, s.addr, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	invoice := example(t, "ubl-invoice.xml")
	const n = 60
	for i := range n { // one at a time: one batch after the other
		for partition := range int32(3) {
			value := bytes.ReplaceAll(invoice, []byte("FA-2026-0418"), fmt.Appendf(nil, "FA-2026-%04d", 1000*partition+int32(i)))
			if i%10 == 9 {
				value = fmt.Appendf(nil, "no document FA-2026-%04d", 1000*partition+int32(i))
			}
			require.NoError(t, client.ProduceSync(within(t, patience), &kgo.Record{Topic: "suppliers", Partition: partition, Value: value}).FirstErr())
		}
	}
	s.settle(t)
	type place struct {
		topic     string
		partition int32 // of the source
	}
	last, found := map[place]int{}, map[place]int32{}
	for _, r := range s.outputs(t) {
		if r.Topic == "receipts" {
			continue
		}
		assert.Nil(t, r.Key)
		number, err := strconv.Atoi(string(invoiceNumber.FindSubmatch(r.Value)[1]))
		require.NoError(t, err)
		at := place{r.Topic, int32(number / 1000)}
		if partition, ok := found[at]; ok && partition != r.Partition {
			require.FailNow(t, "unkeyed messages of one source partition are spread", "%v: in partitions %d and %d", at, partition, r.Partition)
		}
		found[at] = r.Partition
		assert.Greater(t, number+1, last[at], "%v: out of order", at)
		last[at] = number + 1
	}
	assert.Len(t, found, 9, "three topics, three source partitions")
}
