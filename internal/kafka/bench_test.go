package kafka

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkCopy moves records of 1.5 KB from one topic to another through batches, on a broker in the same process.
func BenchmarkCopy(b *testing.B) {
	fake := newBroker(b)
	c := connect(b, fake)
	createTopic(b, c, "in", 6)
	createTopic(b, c, "out", 6)
	p := newPublisher(b, c, PublisherConfig{})
	var recs []Record
	for i := range b.N {
		recs = append(recs, Record{Topic: "in", Key: key(i % 1000), Value: make([]byte, 1500)})
	}
	for len(recs) > 0 {
		n := min(len(recs), 2000)
		require.NoError(b, p.Produce(b.Context(), recs[:n]))
		recs = recs[n:]
	}
	sub := newSubscriber(b, c, SubscriberConfig{Group: "g", BatchSize: 64})
	b.ReportAllocs()
	b.ResetTimer()
	done := make(chan int, 1024)
	msgs := subscribe(b, sub, "in")
	for left := b.N; left > 0; {
		select {
		case msg := <-msgs:
			go func() {
				in := Records(msg)
				out := make([]Record, len(in))
				for i, r := range in {
					out[i] = Record{Topic: "out", Key: r.Key, Value: r.Value, Headers: r.Headers}
				}
				if p.Produce(msg.Context(), out) != nil {
					msg.Nack()
					return
				}
				msg.Ack()
				done <- len(in)
			}()
		case n := <-done:
			left -= n
		case <-time.After(20 * time.Second):
			b.Fatal("nothing moves")
		}
	}
}

// BenchmarkLatency is the way of one record: produced, received, acknowledged.
func BenchmarkLatency(b *testing.B) {
	fake := newBroker(b)
	c := connect(b, fake)
	createTopic(b, c, "in", 1)
	p := newPublisher(b, c, PublisherConfig{})
	msgs := subscribe(b, newSubscriber(b, c, SubscriberConfig{Group: "g"}), "in")
	rec := []Record{{Topic: "in", Value: make([]byte, 1500)}}
	b.ResetTimer()
	for range b.N {
		require.NoError(b, p.Produce(b.Context(), rec))
		receive(b, msgs).Ack()
	}
}
