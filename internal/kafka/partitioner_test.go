package kafka

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestPartitionOfAgreesWithFranzGo: franz-go's default is the Java client's.
func TestPartitionOfAgreesWithFranzGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for size := range 40 {
		for range 50 {
			k := make([]byte, size)
			for i := range k {
				k[i] = byte(rng.Uint32())
			}
			n := 1 + rng.IntN(100)
			want := kgo.StickyKeyPartitioner(nil).ForTopic("t").Partition(&kgo.Record{Key: k}, n)
			require.Equal(t, int32(want), partitionOf(k, n), "key %x, %d partitions", k, n)
		}
	}
}

// TestMurmur2KnownValues holds values of the Java client's own test.
func TestMurmur2KnownValues(t *testing.T) {
	for in, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
	} {
		require.Equal(t, want, int32(murmur2([]byte(in))), in)
	}
}

func TestNullKeysTakeTurns(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 4)
	p := newPublisher(t, c, PublisherConfig{})
	for range 8 {
		require.NoError(t, p.Produce(t.Context(), []Record{{Topic: "in", Value: []byte("a")}, {Topic: "in", Value: []byte("b")}}))
	}
	count := map[int32]int{}
	for _, r := range readAll(t, c, "in") {
		count[r.Partition]++
	}
	require.Equal(t, map[int32]int{0: 4, 1: 4, 2: 4, 3: 4}, count)
}
