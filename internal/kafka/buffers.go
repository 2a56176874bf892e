package kafka

import "sync"

// maxBuffer bounds the buffers that are kept: a batch closes below it. That of a record larger than any batch is left to
// the collector.
const maxBuffer = 1 << 20

// buffers holds memory for bytes that nobody looks at once they are compressed or sent. The pool gives up what the time
// between two collections did not need.
var buffers sync.Pool

// takeBuffer returns an empty buffer with room for size bytes.
func takeBuffer(size int) []byte {
	if size <= maxBuffer {
		if b, ok := buffers.Get().(*[]byte); ok && cap(*b) >= size {
			return *b // a smaller one is dropped: the pool comes to hold what the load needs
		}
	}
	return make([]byte, 0, size)
}

// giveBuffer takes a buffer back; nobody may use it any more.
func giveBuffer(b []byte) {
	if cap(b) <= maxBuffer {
		b = b[:0]
		buffers.Put(&b)
	}
}
