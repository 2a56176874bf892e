package kafka

import (
	"math/bits"
	"sync"
)

// maxBuffer bounds the buffers that are kept: a batch closes below it. That of a record larger than any batch is left to
// the collector.
const maxBuffer = 1 << 20

// buffers holds memory for bytes that nobody looks at once they are compressed or sent, by the power of two that it has
// room for. The pools give up what the time between two collections did not need.
var buffers [21]sync.Pool

// takeBuffer returns an empty buffer with room for size bytes.
func takeBuffer(size int) []byte {
	if size > maxBuffer {
		return make([]byte, 0, size)
	}
	class := bits.Len(uint(max(size, 1) - 1))
	if b, ok := buffers[class].Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 0, 1<<class)
}

// giveBuffer takes a buffer back; nobody may use it any more.
func giveBuffer(b []byte) {
	if cap(b) == 0 || cap(b) > maxBuffer {
		return
	}
	b = b[:0]
	buffers[bits.Len(uint(cap(b)))-1].Put(&b)
}
