package kafka

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStartStopLeaksNothing starts and stops a source 500 times: no goroutine stays, and the memory of the four hundred
// later ones is that of the first hundred.
func TestStartStopLeaksNothing(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 3)
	p := newPublisher(t, c, PublisherConfig{})
	warm, times := 100, 500
	if testing.Short() {
		warm, times = 20, 60
	}
	var goroutines int
	var heap uint64
	for i := range times {
		sub := newSubscriber(t, c, SubscriberConfig{Group: "g", ExactlyOnce: i%2 == 1})
		msgs := subscribe(t, sub, "in")
		produceValues(t, p, "in", key(i), "one")
		receive(t, msgs).Ack()
		require.NoError(t, sub.Close())
		_, open := <-msgs
		require.False(t, open)
		if i == warm-1 {
			goroutines, heap = runtime.NumGoroutine(), liveHeap()
		}
	}
	after := liveHeap()
	t.Logf("%d times: goroutines %d and %d, heap %d and %d KiB", times, goroutines, runtime.NumGoroutine(), heap>>10, after>>10)
	// Connections of a pool come and go: some more or fewer are no leak, one for each start is.
	require.Less(t, runtime.NumGoroutine(), goroutines+(times-warm)/10)
	require.Less(t, after, heap+uint64(times-warm)*16<<10, "kfake's log and what it knows of groups grow, a subscription is larger")
}

// liveHeap returns the bytes of objects in use.
func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what finalizers held
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
