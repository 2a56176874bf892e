package kafka

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/segmentio/kafka-go/compress"

	"github.com/commande-publique/passerelle/internal/event"
)

// maxInflated bounds the bytes of one batch after decompression. A broker accepts any ratio, and the largest record
// is 32 MiB; a batch beyond this is an attack or a fault, and memory must not follow it.
const maxInflated = 128 << 20

// batch is one record batch (format v2) as found in a response; its records are decoded on demand.
type batch struct {
	base        int64 // offset of the first record, present or compacted away
	last        int64 // offset of the last record, present or compacted away
	attributes  int16
	firstTime   int64 // milliseconds since 1970
	maxTime     int64
	producerID  int64
	recordCount int
	payload     []byte // records, perhaps compressed
}

func (b *batch) control() bool       { return b.attributes&attrControl != 0 }
func (b *batch) transactional() bool { return b.attributes&attrTransactional != 0 }

// errPartial says that the bytes end before the batch does: brokers cut the last batch of a response.
var errPartial = fmt.Errorf("kafka: the batch is cut")

// nextBatch takes the first batch from b and returns the bytes after it. The checksum has been verified.
func nextBatch(b []byte) (batch, []byte, error) {
	if len(b) < posMagic+1 {
		return batch{}, nil, errPartial
	}
	length := int64(int32(binary.BigEndian.Uint32(b[posLength:])))
	if magic := b[posMagic]; magic != 2 {
		return batch{}, nil, fmt.Errorf("kafka: the batch at offset %d has format version %d, expected 2 (written before Kafka 0.11; rewrite the topic)",
			int64(binary.BigEndian.Uint64(b)), magic)
	}
	if length < batchHeaderSize-12 {
		return batch{}, nil, fmt.Errorf("kafka: the batch at offset %d announces %d bytes, its header alone has %d",
			int64(binary.BigEndian.Uint64(b)), length, batchHeaderSize-12)
	}
	if int64(len(b)) < length+12 {
		return batch{}, nil, errPartial
	}
	raw, rest := b[:length+12], b[length+12:]
	be := binary.BigEndian
	base := int64(be.Uint64(raw))
	if want, got := be.Uint32(raw[posCRC:]), crc32.Checksum(raw[posAttributes:], castagnoli); want != got {
		return batch{}, nil, fmt.Errorf("kafka: the batch at offset %d is damaged: its checksum is %08x, its bytes give %08x", base, want, got)
	}
	out := batch{
		base:        base,
		last:        base + int64(int32(be.Uint32(raw[posLastDelta:]))),
		attributes:  int16(be.Uint16(raw[posAttributes:])),
		firstTime:   int64(be.Uint64(raw[posFirstTime:])),
		maxTime:     int64(be.Uint64(raw[posMaxTime:])),
		producerID:  int64(be.Uint64(raw[posProducerID:])),
		recordCount: int(int32(be.Uint32(raw[posRecordCount:]))),
		payload:     raw[batchHeaderSize:],
	}
	if base < 0 || out.last < base {
		return batch{}, nil, fmt.Errorf("kafka: a batch spans the offsets %d to %d", base, out.last)
	}
	if out.recordCount < 0 {
		return batch{}, nil, fmt.Errorf("kafka: the batch at offset %d announces %d records", base, out.recordCount)
	}
	return out, rest, nil
}

// inflate returns the payload decompressed.
func (b *batch) inflate() ([]byte, error) {
	kind := compress.Compression(b.attributes & attrCompression)
	if kind == compress.None {
		return b.payload, nil
	}
	codec := kind.Codec()
	if codec == nil {
		return nil, fmt.Errorf("kafka: the batch at offset %d has the unknown compression %d", b.base, kind)
	}
	rd := codec.NewReader(bytes.NewReader(b.payload))
	defer func() { _ = rd.Close() }()
	out, err := io.ReadAll(io.LimitReader(rd, maxInflated+1))
	if err != nil {
		return nil, fmt.Errorf("kafka: the batch at offset %d cannot be decompressed (%s): %w", b.base, codec.Name(), err)
	}
	if len(out) > maxInflated {
		return nil, fmt.Errorf("kafka: the batch at offset %d has more than %d bytes after decompression", b.base, maxInflated)
	}
	return out, nil
}

// appendTo appends the batch's records from offset from on to dst. Keys, values and headers point into the batch.
func (b *batch) appendTo(dst []Record, tp topicPartition, from int64) ([]Record, error) {
	payload, err := b.inflate()
	if err != nil {
		return dst, err
	}
	const minRecord = 7 // length, attributes and five more fields of one byte each
	if b.recordCount > len(payload)/minRecord {
		return dst, fmt.Errorf("kafka: the batch at offset %d announces %d records in %d bytes", b.base, b.recordCount, len(payload))
	}
	r := &reader{b: payload}
	for i := 0; i < b.recordCount; i++ {
		rec := Record{Topic: tp.topic, Partition: tp.partition}
		b.readRecord(r, &rec)
		if r.err != nil {
			return dst, fmt.Errorf("kafka: record %d of the batch at offset %d: %w", i, b.base, r.err)
		}
		if rec.Offset >= from {
			dst = append(dst, rec)
		}
	}
	return dst, nil
}

func (b *batch) readRecord(r *reader, rec *Record) {
	size := r.varint()
	if size < 0 || size > int64(len(r.b)) {
		r.fail(fmt.Errorf("it announces %d bytes of %d", size, len(r.b)))
		return
	}
	f := &reader{b: r.take(int(size))}
	f.int8() // attributes: none are defined for a record
	timeDelta := f.varint()
	rec.Offset = b.base + f.varint()
	if rec.Offset < b.base || rec.Offset > b.last {
		f.fail(fmt.Errorf("its offset %d is outside %d to %d", rec.Offset, b.base, b.last))
	}
	t := b.firstTime + timeDelta
	if b.attributes&attrAppendTime != 0 {
		t = b.maxTime // LogAppendTime: the time the broker wrote the batch
	}
	rec.Time = time.UnixMilli(t).UTC()
	rec.Key = f.nullable()
	rec.Value = f.nullable()
	headers := f.varint()
	const minHeader = 2 // two lengths
	if headers < 0 || headers > int64(len(f.b)/minHeader) {
		f.fail(fmt.Errorf("it announces %d headers in %d bytes", headers, len(f.b)))
	} else if headers > 0 {
		rec.Headers = make([]event.Header, headers)
		for i := range rec.Headers {
			rec.Headers[i].Key = string(f.nullable())
			rec.Headers[i].Value = f.nullable()
		}
	}
	if f.err != nil {
		r.fail(f.err)
	}
}

// nullable reads bytes with a varint length, -1 being null.
func (r *reader) nullable() []byte {
	n := r.varint()
	if n < 0 || r.err != nil {
		return nil
	}
	if n > int64(len(r.b)) {
		r.fail(errShort)
		return nil
	}
	return r.take(int(n))
}
