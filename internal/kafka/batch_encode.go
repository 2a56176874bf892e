package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// producerState is what makes a producer idempotent: the identity a broker gave it and the number of the next
// record of one partition. The zero value is not valid; noProducer writes without it.
type producerState struct {
	id    int64
	epoch int16
	seq   int32
}

var noProducer = producerState{id: -1, epoch: -1, seq: -1}

// castagnoli is the table of the CRC-32C that covers a batch from its attributes on.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Positions in the header of a record batch, format v2.
const (
	posLength      = 8
	posMagic       = 16
	posCRC         = 17
	posAttributes  = 21
	posLastDelta   = 23
	posFirstTime   = 27
	posMaxTime     = 35
	posProducerID  = 43
	posEpoch       = 51
	posSequence    = 53
	posRecordCount = 57
)

// Bits of a batch's attributes.
const (
	attrCompression   = 0x07
	attrAppendTime    = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20
)

// appendBatch appends the records as one uncompressed batch of format v2 and returns the extended slice. The
// records must not be empty; now is the time of those that have none. Attributes are the bits above; the one of
// compression is set by compressor.apply.
func appendBatch(dst []byte, recs []*Record, p producerState, attributes int16, now time.Time) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, batchHeaderSize)...)
	first, latest := millis(recs[0].Time, now), int64(0)
	for i, rec := range recs {
		t := millis(rec.Time, now)
		latest = max(latest, t)
		dst = appendRecord(dst, rec, t-first, int64(i))
	}
	h := dst[start:]
	be := binary.BigEndian
	be.PutUint32(h[12:], ^uint32(0)) // the leader writes its epoch here
	h[posMagic] = 2
	be.PutUint16(h[posAttributes:], uint16(attributes))
	be.PutUint32(h[posLastDelta:], uint32(len(recs)-1))
	be.PutUint64(h[posFirstTime:], uint64(first))
	be.PutUint64(h[posMaxTime:], uint64(latest))
	be.PutUint64(h[posProducerID:], uint64(p.id))
	be.PutUint16(h[posEpoch:], uint16(p.epoch))
	be.PutUint32(h[posSequence:], uint32(p.seq))
	be.PutUint32(h[posRecordCount:], uint32(len(recs)))
	seal(h)
	return dst
}

// seal writes the length and the checksum of a complete batch.
func seal(batch []byte) {
	binary.BigEndian.PutUint32(batch[posLength:], uint32(len(batch)-12))
	binary.BigEndian.PutUint32(batch[posCRC:], crc32.Checksum(batch[posAttributes:], castagnoli))
}

func appendRecord(dst []byte, rec *Record, timeDelta, offsetDelta int64) []byte {
	n := 1 + varintSize(timeDelta) + varintSize(offsetDelta) +
		nullableSize(rec.Key) + nullableSize(rec.Value) + varintSize(int64(len(rec.Headers)))
	for i := range rec.Headers {
		h := &rec.Headers[i]
		n += varintSize(int64(len(h.Key))) + len(h.Key) + nullableSize(h.Value)
	}
	dst = binary.AppendVarint(dst, int64(n))
	dst = append(dst, 0) // attributes: none are defined for a record
	dst = binary.AppendVarint(dst, timeDelta)
	dst = binary.AppendVarint(dst, offsetDelta)
	dst = appendNullable(dst, rec.Key)
	dst = appendNullable(dst, rec.Value)
	dst = binary.AppendVarint(dst, int64(len(rec.Headers)))
	for i := range rec.Headers {
		h := &rec.Headers[i]
		dst = binary.AppendVarint(dst, int64(len(h.Key)))
		dst = append(dst, h.Key...)
		dst = appendNullable(dst, h.Value)
	}
	return dst
}

func appendNullable(dst, b []byte) []byte {
	if b == nil {
		return binary.AppendVarint(dst, -1)
	}
	dst = binary.AppendVarint(dst, int64(len(b)))
	return append(dst, b...)
}

func nullableSize(b []byte) int {
	if b == nil {
		return 1
	}
	return varintSize(int64(len(b))) + len(b)
}

func varintSize(v int64) int {
	u := uint64(v<<1) ^ uint64(v>>63)
	n := 1
	for u >= 0x80 {
		u >>= 7
		n++
	}
	return n
}

func millis(t, now time.Time) int64 {
	if t.IsZero() {
		t = now
	}
	return t.UnixMilli()
}
