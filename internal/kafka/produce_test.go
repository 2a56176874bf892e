package kafka

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/event"
)

func TestProduceThenRead(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 3)
	p := newPublisher(t, c, PublisherConfig{})
	recs := []Record{
		{Topic: "in", Key: []byte("a"), Value: []byte("1"), Headers: []event.Header{{Key: "h", Value: []byte("x")}, {Key: "h", Value: nil}}},
		{Topic: "in", Key: []byte("a"), Value: nil, Time: time.UnixMilli(1700000000123).UTC()},
		{Topic: "in", Key: nil, Value: []byte{}},
	}
	require.NoError(t, p.Produce(t.Context(), recs))
	got := readAll(t, c, "in")
	require.Len(t, got, 3)
}

// TestOrderByPlacesRecordsWithoutKey: calls of their own that name the same order share a partition, and their keys
// stay null.
func TestOrderByPlacesRecordsWithoutKey(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "out", 5)
	p := newPublisher(t, c, PublisherConfig{})
	for i := range 50 {
		require.NoError(t, p.Produce(t.Context(), []Record{
			{Topic: "out", OrderBy: "in/0", Value: fmt.Append(nil, "a", i)},
			{Topic: "out", OrderBy: "in/1", Value: fmt.Append(nil, "b", i)},
			{Topic: "out", Key: key(i), OrderBy: "in/0", Value: fmt.Append(nil, "k", i)},
		}))
	}
	places := map[byte]map[int32]bool{'a': {}, 'b': {}, 'k': {}}
	next := map[byte]int{}
	for _, r := range readAll(t, c, "out") {
		kind := r.Value[0]
		places[kind][r.Partition] = true
		if kind == 'k' {
			require.Equal(t, partitionOf(r.Key, 5), r.Partition, "a key says more")
			continue
		}
		require.Nil(t, r.Key)
		require.Equal(t, fmt.Sprint(next[kind]), string(r.Value[1:]))
		next[kind]++
	}
	require.Equal(t, map[byte]int{'a': 50, 'b': 50}, next)
	require.Len(t, places['a'], 1)
	require.Len(t, places['b'], 1)
	require.Len(t, places['k'], 5)
}
