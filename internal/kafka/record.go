package kafka

import (
	"time"

	"github.com/commande-publique/passerelle/internal/event"
)

// Record is one Kafka record. Consumed records share memory with the response they came in and are read-only.
// Produce sends Topic, Key, Value, Headers and Time (the zero time means now) and ignores Partition and Offset: the
// partition follows from the key, or from OrderBy where the key is null.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	Time      time.Time
	Key       []byte // nil is the null key
	Value     []byte // nil is the null value (a tombstone in a compacted topic)
	Headers   []event.Header
	// OrderBy places a record with the null key: those of a topic with the same OrderBy share a partition, so that
	// they stay in order. It is not sent. Empty: any partition.
	OrderBy string
}

// size is an upper bound of the bytes the record takes in a batch, and the measure of every byte limit here.
func (r *Record) size() int {
	n := maxRecordOverhead + len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += 2*maxVarint32 + len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}

const (
	maxVarint32 = 5
	// A record's own fields: length, attributes, time delta, offset delta, key and value lengths, header count.
	maxRecordOverhead = maxVarint32 + 1 + 10 + maxVarint32 + 2*maxVarint32 + maxVarint32
	// A batch's header before its first record (record batch format v2).
	batchHeaderSize = 61
)

// topicPartition names one partition.
type topicPartition struct {
	topic     string
	partition int32
}
