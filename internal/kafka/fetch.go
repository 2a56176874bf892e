package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// readCommitted is the isolation level of every request: records of open and aborted transactions are not read.
const readCommitted int8 = 1

// fetchAsk names one partition of a fetch request.
type fetchAsk struct {
	tp       topicPartition
	offset   int64
	maxBytes int32
}

// aborted is a transaction that was aborted, as a fetch response lists it.
type aborted struct {
	producerID  int64
	firstOffset int64
}

// fetched is the answer for one partition.
type fetched struct {
	tp       topicPartition
	code     int16
	lastSeen int64 // last stable offset: the end of what a read_committed consumer can see
	aborted  []aborted
	raw      []byte

	inflation int // bytes of the records for each byte that came, rounded down; set by records
}

// fetch asks one broker for many partitions that it leads, in one request, and waits there up to wait for the first
// record.
func (c *Cluster) fetch(ctx context.Context, node int32, asks []fetchAsk, wait time.Duration) ([]fetched, error) {
	r, err := c.askWithin(ctx, wait+requestTimeout, &exchange{key: protocol.Fetch, version: 11, node: node, body: func(w *writer) {
		w.int32(-1) // replica: a client
		w.int32(int32(wait / time.Millisecond))
		w.int32(1) // min bytes: answer at once when there is anything
		// The whole response is bounded through the partitions. A small bound here makes kfake leave out the list
		// of aborted transactions of the partition it cuts, which would show their records.
		w.int32(1 << 30)
		w.int8(readCommitted)
		w.int32(0)  // session: none
		w.int32(-1) // session epoch: none
		topics := byTopic(asks, func(a *fetchAsk) string { return a.tp.topic })
		w.array(len(topics))
		for _, group := range topics {
			w.string(group[0].tp.topic)
			w.array(len(group))
			for _, a := range group {
				w.int32(a.tp.partition)
				w.int32(-1) // leader epoch: not checked
				w.int64(a.offset)
				w.int64(-1) // log start: a follower's field
				w.int32(a.maxBytes)
			}
		}
		w.array(0)   // forgotten topics
		w.string("") // rack: the leader serves
	}})
	if err != nil {
		return nil, err
	}
	return decodeFetch(r)
}

func decodeFetch(r *reader) ([]fetched, error) {
	r.int32() // throttle time
	code := r.int16()
	r.int32() // session
	var out []fetched
	for n := r.array(6); n > 0 && r.err == nil; n-- {
		topic := r.string()
		for p := r.array(42); p > 0 && r.err == nil; p-- {
			f := fetched{tp: topicPartition{topic, r.int32()}, code: r.int16()}
			r.int64() // high watermark
			f.lastSeen = r.int64()
			r.int64() // log start
			for a := r.array(16); a > 0 && r.err == nil; a-- {
				f.aborted = append(f.aborted, aborted{producerID: r.int64(), firstOffset: r.int64()})
			}
			r.int32() // preferred read replica
			f.raw = r.bytes()
			out = append(out, f)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	if code != 0 {
		return nil, protocolError(code, "fetching")
	}
	return out, nil
}

// errGrow says that not even one batch fits into what was asked for: ask for more.
var errGrow = errors.New("kafka: the first batch is larger than the bytes asked for")

// records decodes what a fetch from offset from brought: the committed records in order, and the offset to go on
// from, which lies behind control records, aborted records and offsets that compaction removed. With an error, next
// and the records before the fault are valid. What is left once the records have that many bytes is dropped, to be
// fetched again: it may be many times that after decompression.
func (f *fetched) records(from int64, bytes int) (recs []Record, next int64, err error) {
	next = from
	open := newAbortFilter(f.aborted)
	size := 0
	for rest := f.raw; len(rest) > 0; {
		var b batch
		b, rest, err = nextBatch(rest)
		if errors.Is(err, errPartial) {
			if next == from && len(recs) == 0 {
				return nil, from, errGrow
			}
			return recs, next, nil
		}
		if err != nil {
			return recs, next, fmt.Errorf("%s/%d: %w", f.tp.topic, f.tp.partition, err)
		}
		if b.last < from {
			continue // compaction: the batch with the wanted offset starts before it
		}
		before := len(recs)
		skip, err := open.skip(&b)
		if err == nil && !skip {
			recs, err = b.appendTo(recs, f.tp, next)
		}
		if err != nil {
			return recs, next, fmt.Errorf("%s/%d: %w", f.tp.topic, f.tp.partition, err)
		}
		next = b.last + 1
		for i := before; i < len(recs); i++ {
			size += recs[i].size()
		}
		f.inflation = max(1, size/(len(f.raw)-len(rest)))
		if size >= bytes {
			break
		}
	}
	return recs, next, nil
}

// abortFilter tells the batches of aborted transactions. A transaction counts from its first offset to its marker.
type abortFilter struct {
	pending []aborted      // transactions whose first offset has not been reached, in its order
	active  map[int64]bool // producers whose transactional batches are to be skipped now
}

func newAbortFilter(list []aborted) *abortFilter {
	f := &abortFilter{pending: slices.Clone(list), active: map[int64]bool{}}
	slices.SortFunc(f.pending, func(a, b aborted) int { return cmp.Compare(a.firstOffset, b.firstOffset) }) // no order is promised
	return f
}

// skip says whether the batch holds nothing for a consumer: a control batch, or one of an aborted transaction.
func (f *abortFilter) skip(b *batch) (bool, error) {
	for len(f.pending) > 0 && f.pending[0].firstOffset <= b.last {
		f.active[f.pending[0].producerID] = true
		f.pending = f.pending[1:]
	}
	if !b.control() {
		return b.transactional() && f.active[b.producerID], nil
	}
	recs, err := b.appendTo(nil, topicPartition{}, 0)
	if err != nil {
		return false, err
	}
	for i := range recs {
		// Key of a control record: version and type, both int16; type 0 is an abort marker, 1 a commit marker.
		k := &reader{b: recs[i].Key}
		k.int16()
		if kind := k.int16(); k.err == nil && kind == 0 {
			delete(f.active, b.producerID)
		}
	}
	return true, nil
}
