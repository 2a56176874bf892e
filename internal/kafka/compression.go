package kafka

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/compress/gzip"
	"github.com/segmentio/kafka-go/compress/lz4"
	"github.com/segmentio/kafka-go/compress/snappy"
)

// Compression is how the batches of a topic are compressed.
type Compression int

// The compressions. All but the first compress every batch that gets smaller by it.
const (
	CompressAuto   Compression = iota // zstd for batches above compressAbove, none below
	CompressNone                      // for what is compressed already
	CompressGzip                      // for consumers that know nothing else
	CompressSnappy                    // the least work
	CompressLz4                       // in between
	CompressZstd                      // the smallest
)

// compressAbove is the size of a batch from which CompressAuto compresses. Measured on documents of 1 to 10 KB (MB/s of
// one core and ratio, BenchmarkCompression): a batch of 3.5 KB with zstd 167 and 3.2, of 17 KB 238 and 4.1, of 168 KB
// 354 and 13.8, against 332 and 5.0 for snappy and 473 and 7.7 for lz4. So zstd at its fastest level costs about what
// the others do and stores far less, but only where there is something to find; a batch below is a lone message, whose
// latency counts.
const compressAbove = 8 << 10

// compressor compresses batches. It is safe for concurrent use.
type compressor struct {
	topics map[string]Compression
	codecs map[Compression]compress.Codec // they pool their encoders
}

func newCompressor(topics map[string]Compression) *compressor {
	return &compressor{topics: topics, codecs: map[Compression]compress.Codec{
		CompressGzip: &gzip.Codec{}, CompressSnappy: &snappy.Codec{}, CompressLz4: &lz4.Codec{},
	}}
}

// zstdEncoder is not kafka-go's codec, whose encoders keep 8 MiB each because they work on streams. Its window is 1 MiB
// instead of 4, the size of a large batch: no ratio of BenchmarkCompression changes, and the window is most of its memory.
// The batch has a checksum already.
var zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20),
		zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
})

// apply returns the sealed batch compressed as its topic asks, in memory of its own, or itself where that would not make it
// smaller.
func (c *compressor) apply(topic string, batch []byte) ([]byte, error) {
	kind := c.topics[topic]
	if kind == CompressAuto && len(batch) > compressAbove {
		kind = CompressZstd
	}
	if kind == CompressAuto || kind == CompressNone {
		return batch, nil
	}
	small := append(takeBuffer(batchHeaderSize+len(batch)/2), batch[:batchHeaderSize]...)
	defer func() { giveBuffer(small) }()
	code := int8(compress.Zstd)
	if kind == CompressZstd {
		encoder, err := zstdEncoder()
		if err != nil {
			return nil, fmt.Errorf("kafka: compressing a batch for %q with zstd: %w", topic, err)
		}
		small = encoder.EncodeAll(batch[batchHeaderSize:], small)
	} else {
		codec, out := c.codecs[kind], bytes.NewBuffer(small)
		w := codec.NewWriter(out)
		_, err := w.Write(batch[batchHeaderSize:])
		if closing := w.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return nil, fmt.Errorf("kafka: compressing a batch for %q with %s: %w", topic, codec.Name(), err)
		}
		small, code = out.Bytes(), codec.Code()
	}
	if len(small) >= len(batch) {
		return batch, nil
	}
	attributes := binary.BigEndian.Uint16(small[posAttributes:])
	binary.BigEndian.PutUint16(small[posAttributes:], attributes|uint16(code))
	seal(small)
	return bytes.Clone(small), nil
}
