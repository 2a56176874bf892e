package kafka

import (
	"encoding/binary"
	"sync"
)

// murmur2 is the 32-bit MurmurHash2 with the seed of Kafka's Java client, so that a key goes to the same partition
// whoever produces it.
func murmur2(b []byte) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := binary.LittleEndian.Uint32(b) * m
		k = (k ^ k>>24) * m
		h = h*m ^ k
	}
	switch len(b) {
	case 3:
		h ^= uint32(b[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(b[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(b[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}

// partitionOf returns the partition of a key: the Java client's default.
func partitionOf(key []byte, partitions int) int32 {
	return int32(murmur2(key)&0x7fffffff) % int32(partitions)
}

// turns gives records without a key to the partitions of a topic in turn, one partition for all those of one call,
// so that they share a batch.
type turns struct {
	mu   sync.Mutex
	next map[string]uint32
}

func (t *turns) take(topic string, partitions int) int32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == nil {
		t.next = map[string]uint32{}
	}
	n := t.next[topic]
	t.next[topic] = n + 1
	return int32(n % uint32(partitions))
}
