package bench

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMessages(t *testing.T) {
	const n = 10_000
	perTopic, keys, bytesInAll, cut := map[string]int{}, map[string]bool{}, 0, 0
	for seq := range n {
		value := message(seq)
		require.Equal(t, value, message(seq), "the same number, the same bytes")
		found, ok := sequence(value)
		require.True(t, ok)
		require.Equal(t, seq, found)
		perTopic[destination(seq)]++
		keys[string(key(seq))] = true
		bytesInAll += len(value)
		var doc struct {
			Type     string
			Currency string
			Supplier struct{ Siret string }
			Lines    []struct {
				Quantity          int
				UnitPrice, Amount json.Number
			}
			Totals struct{ Net, Vat, Gross json.Number }
		}
		if err := json.Unmarshal(value, &doc); err != nil {
			require.True(t, faulty(seq), "%s", value)
			cut++
			continue
		}
		require.Equal(t, kind(seq), doc.Type)
		sound := doc.Currency == "EUR" && doc.Supplier.Siret == string(key(seq))
		require.Equal(t, !faulty(seq), sound, "%s", value)
		net := 0
		for _, line := range doc.Lines {
			require.Equal(t, line.Quantity*cents(t, line.UnitPrice), cents(t, line.Amount))
			net += cents(t, line.Amount)
		}
		require.Equal(t, net, cents(t, doc.Totals.Net))
		require.Equal(t, net+cents(t, doc.Totals.Vat), cents(t, doc.Totals.Gross))
	}
	assert.Equal(t, n/faultEvery, perTopic[refused])
	assert.Equal(t, n/faultEvery/3, cut, "a third of the faults is no JSON at all")
	assert.InDelta(t, .6*n, perTopic[invoicing], .02*n)
	assert.InDelta(t, .3*n, perTopic[dume], .02*n)
	assert.InDelta(t, .1*n, perTopic[archive], .02*n)
	assert.Len(t, keys, suppliers)
	assert.InDelta(t, 1500, bytesInAll/n, 50, "bytes on average")
}

// cents reads an amount with two decimals.
func cents(t *testing.T, amount json.Number) int {
	t.Helper()
	var n int
	digits := bytes.ReplaceAll([]byte(amount), []byte("."), nil)
	require.Len(t, digits, len(amount)-1)
	require.NoError(t, json.Unmarshal(bytes.TrimLeft(append([]byte("0"), digits...), "0"), &n))
	return n
}

func TestSequenceRefuses(t *testing.T) {
	for _, value := range []string{"", "{}", "INV-", "INV-12345678", "INV-12345678x", "INV--12345678"} {
		_, ok := sequence([]byte(value))
		assert.False(t, ok, value)
	}
}

func BenchmarkMessage(b *testing.B) {
	for seq := 0; b.Loop(); seq++ {
		message(seq)
	}
}
