package kafka

import (
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
