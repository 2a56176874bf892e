package kafka

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// errShort is what a reader reports when the bytes end before the value does.
var errShort = errors.New("kafka: the response ends in the middle of a value")

// writer appends values in the encoding of the Kafka protocol, big-endian.
type writer struct {
	b    []byte
	lent []lent
}

// lent is a byte sequence that is not copied; its place is before position at of the writer's own bytes.
type lent struct {
	at int
	b  []byte
}

// size is the number of bytes written.
func (w *writer) size() int {
	n := len(w.b)
	for i := range w.lent {
		n += len(w.lent[i].b)
	}
	return n
}

// sendTo sends all that was written.
func (w *writer) sendTo(to io.Writer) error {
	if len(w.lent) == 0 {
		_, err := to.Write(w.b)
		return err
	}
	out := outgoing.Get().(*bufio.Writer)
	defer outgoing.Put(out)
	defer out.Reset(nil) // it keeps neither the connection nor a fault
	out.Reset(to)
	from := 0
	for _, l := range w.lent { // Flush returns the first fault
		_, _ = out.Write(w.b[from:l.at])
		_, _ = out.Write(l.b)
		from = l.at
	}
	_, _ = out.Write(w.b[from:])
	return out.Flush()
}

// outgoing holds buffers that join what is sent into pieces that are worth a system call, and small enough to be in the
// processor's cache still when the kernel copies them.
var outgoing = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 64<<10) }}

func (w *writer) int8(v int8)   { w.b = append(w.b, byte(v)) }
func (w *writer) int16(v int16) { w.b = binary.BigEndian.AppendUint16(w.b, uint16(v)) }
func (w *writer) int32(v int32) { w.b = binary.BigEndian.AppendUint32(w.b, uint32(v)) }
func (w *writer) int64(v int64) { w.b = binary.BigEndian.AppendUint64(w.b, uint64(v)) }

func (w *writer) bool(v bool) {
	if v {
		w.int8(1)
		return
	}
	w.int8(0)
}

func (w *writer) string(s string) {
	w.int16(int16(len(s)))
	w.b = append(w.b, s...)
}

// nullString writes the null string; no request of this package has another value in such a place.
func (w *writer) nullString() { w.int16(-1) }

func (w *writer) bytes(b []byte) {
	w.int32(int32(len(b)))
	w.b = append(w.b, b...)
}

// lend writes a byte sequence that must not change until all is sent: it stays where it is.
func (w *writer) lend(b []byte) {
	w.int32(int32(len(b)))
	w.lent = append(w.lent, lent{at: len(w.b), b: b})
}

func (w *writer) array(n int) { w.int32(int32(n)) }

// compactString and compactArray are the encodings of the flexible versions (KIP-482), tags an empty tag section.
func (w *writer) compactString(s string) {
	w.b = binary.AppendUvarint(w.b, uint64(len(s))+1)
	w.b = append(w.b, s...)
}

// compactNull writes the null compact string.
func (w *writer) compactNull() { w.b = append(w.b, 0) }

func (w *writer) compactArray(n int) { w.b = binary.AppendUvarint(w.b, uint64(n)+1) }
func (w *writer) tags()              { w.b = append(w.b, 0) }

// reader takes values from bytes that came from the network. It never panics and never allocates more than the
// bytes that are there: after the first fault every call returns zero values and err says what was wrong.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.b) {
		r.fail(errShort)
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) int8() int8 {
	if b := r.take(1); b != nil {
		return int8(b[0])
	}
	return 0
}

func (r *reader) int16() int16 {
	if b := r.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) int32() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *reader) int64() int64 {
	if b := r.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// string reads a string or a null string, which is returned empty.
func (r *reader) string() string {
	n := r.int16()
	if n < 0 {
		return ""
	}
	return string(r.take(int(n)))
}

// bytes reads a byte sequence without copying it; null is returned as nil.
func (r *reader) bytes() []byte {
	n := r.int32()
	if n < 0 {
		return nil
	}
	return r.take(int(n))
}

// array reads the length of an array whose elements take at least minSize bytes each. The bound is what keeps a
// length of 2^31 from becoming an allocation. A null array has no elements.
func (r *reader) array(minSize int) int {
	n := int(r.int32())
	if n <= 0 {
		return 0
	}
	if n > len(r.b)/minSize {
		r.fail(fmt.Errorf("kafka: an array announces %d elements in %d bytes", n, len(r.b)))
		return 0
	}
	return n
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail(errShort)
		return 0
	}
	r.b = r.b[n:]
	return v
}

// varint reads a zigzag variable-length integer, the encoding of the fields of a record.
func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail(errShort)
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) compactString() string {
	n := r.uvarint()
	if n == 0 {
		return ""
	}
	if n-1 > uint64(len(r.b)) {
		r.fail(errShort)
		return ""
	}
	return string(r.take(int(n - 1)))
}

func (r *reader) compactArray(minSize int) int {
	n := r.uvarint()
	if n == 0 {
		return 0
	}
	if n-1 > uint64(len(r.b)/minSize) {
		r.fail(fmt.Errorf("kafka: an array announces %d elements in %d bytes", n-1, len(r.b)))
		return 0
	}
	return int(n - 1)
}

// tags skips a tag section: nothing this package reads travels in tags.
func (r *reader) tags() {
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		r.uvarint()
		size := r.uvarint()
		if size > uint64(len(r.b)) {
			r.fail(errShort)
			return
		}
		r.take(int(size))
	}
}

// byTopic groups items by topic, in the order in which each topic first comes: requests name a topic once.
func byTopic[T any](items []T, topic func(*T) string) [][]T {
	var groups [][]T
	index := map[string]int{}
	for i := range items {
		name := topic(&items[i])
		g, ok := index[name]
		if !ok {
			g = len(groups)
			index[name] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], items[i])
	}
	return groups
}
