package document

import (
	"math/bits"
	"sync"
)

// room is the memory of a document's values while no document uses it.
type room struct{ nodes []node }

const (
	smallest = 4  // rooms are for powers of two of values, from 2^4
	largest  = 10 // to 2^10, 64 KiB: what nearly every message fits into; that of a large document is not kept for small ones
)

// rooms holds the rooms of released documents by the power of two that fits into them. A pool gives up what the time
// between two collections did not need, so what is kept follows the load.
var rooms [largest + 1]sync.Pool

// roomFor returns a room for at least size values; all of them are zero.
func roomFor(size int) *room {
	class := max(bits.Len(uint(max(size, 1)-1)), smallest)
	if class > largest {
		return &room{make([]node, 0, size)}
	}
	if r, ok := rooms[class].Get().(*room); ok {
		return r
	}
	return &room{make([]node, 0, 1<<class)}
}

// recycle takes a room back with the nodes that a document had in it, which may have moved while it grew.
func (r *room) recycle(nodes []node) {
	class := bits.Len(uint(cap(nodes))) - 1
	if class > largest {
		return
	}
	clear(nodes) // their texts would keep the source in memory
	r.nodes = nodes[:0]
	rooms[class].Put(r)
}

// Release gives the memory of the values back, for other documents. The owner of the document calls it, once, when
// nobody will read the document any more; whoever does, or releases it again, panics, as there are no values. Texts that
// were read before stay as they are. A document that nobody releases is left to the garbage collector.
func (d *Doc) Release() {
	if d.nodes == nil {
		panic("document: released twice") //nolint:forbidigo // a fault of the program that must not go on: the memory is another document's
	}
	d.room.recycle(d.nodes)
	d.nodes, d.room = nil, nil
}
