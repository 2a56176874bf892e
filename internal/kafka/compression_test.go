package kafka

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/event"
)

// TestCompression: an independent client and our own read every codec; the broker holds what was asked for.
func TestCompression(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	text := bytes.Repeat([]byte("<cbc:ID>2026-0117</cbc:ID>"), 40) // 1 KB
	noise := make([]byte, 20<<10)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // never fails
	for name, tc := range map[string]struct {
		kind  Compression
		value []byte
		n     int
		want  uint8 // codec in the batch
	}{
		"none": {CompressNone, text, 20, 0}, "gzip": {CompressGzip, text, 2, 1}, "snappy": {CompressSnappy, text, 2, 2},
		"lz4": {CompressLz4, text, 2, 3}, "zstd": {CompressZstd, text, 2, 4}, "auto-small": {CompressAuto, text, 5, 0},
		"auto-large": {CompressAuto, text, 20, 4}, "auto-noise": {CompressAuto, noise, 1, 0}, "snappy-large": {CompressSnappy, text, 500, 2},
		"lz4-large": {CompressLz4, text, 500, 3},
	} {
		t.Run(name, func(t *testing.T) {
			createTopic(t, c, name, 1)
			p := newPublisher(t, c, PublisherConfig{Compression: map[string]Compression{name: tc.kind}})
			var recs []Record
			for i := range tc.n {
				recs = append(recs, Record{Topic: name, Key: key(i), Value: tc.value, Headers: []event.Header{{Key: "h", Value: key(i)}}})
			}
			require.NoError(t, p.Produce(t.Context(), recs))
			theirs := kgoReadAll(t, fake, c, name)
			ours := readAll(t, c, name)
			require.Len(t, theirs, tc.n)
			require.Len(t, ours, tc.n)
			for i := range theirs {
				require.Equal(t, tc.want, theirs[i].Attrs.CompressionType())
				require.Equal(t, key(i), theirs[i].Key)
				require.True(t, bytes.Equal(tc.value, theirs[i].Value))
				require.Equal(t, key(i), theirs[i].Headers[0].Value)
				require.True(t, bytes.Equal(tc.value, ours[i].Value))
			}
		})
	}
}

// Batches are compressed in buffers that later ones use again; what was made for one stays as it is.
func TestCompressedBatchesShareNoMemory(t *testing.T) {
	for _, kind := range []Compression{CompressGzip, CompressSnappy, CompressLz4, CompressZstd} {
		c := newCompressor(map[string]Compression{"t": kind})
		var batches [][]byte
		for i := range 8 {
			recs := []*Record{{Key: key(i), Value: bytes.Repeat([]byte{byte(i)}, 4000)}}
			small, err := c.apply("t", appendBatch(nil, recs, noProducer, 0, someTime))
			require.NoError(t, err)
			batches = append(batches, small)
		}
		for i, small := range batches {
			b, _, err := nextBatch(small) // verifies the checksum
			require.NoError(t, err)
			recs, err := b.appendTo(nil, topicPartition{"t", 0}, 0)
			require.NoError(t, err)
			require.Equal(t, bytes.Repeat([]byte{byte(i)}, 4000), recs[0].Value)
		}
	}
}

// BenchmarkCompression compresses batches of documents: the ratio and the time for each byte are what compressAbove and
// the default rest on.
func BenchmarkCompression(b *testing.B) {
	files, err := filepath.Glob("../../examples/*/*.json")
	require.NoError(b, err)
	more, err := filepath.Glob("../../examples/*/*.xml")
	require.NoError(b, err)
	var docs [][]byte
	for _, f := range append(files, more...) {
		data, err := os.ReadFile(f)
		require.NoError(b, err)
		docs = append(docs, data)
	}
	for _, n := range []int{1, 4, 16, 64} {
		var recs []*Record
		size := 0
		for i := range n {
			recs = append(recs, &Record{Key: key(i), Value: docs[i%len(docs)]})
			size += recs[i].size()
		}
		raw := appendBatch(nil, recs, noProducer, 0, someTime)
		for name, kind := range map[string]Compression{"gzip": CompressGzip, "snappy": CompressSnappy, "lz4": CompressLz4, "zstd": CompressZstd} {
			c := newCompressor(map[string]Compression{"t": kind})
			b.Run(fmt.Sprintf("%s/%d-records-%d-bytes", name, n, len(raw)), func(b *testing.B) {
				var small []byte
				for range b.N {
					small, err = c.apply("t", raw)
					require.NoError(b, err)
				}
				b.SetBytes(int64(len(raw)))
				b.ReportMetric(float64(len(raw))/float64(len(small)), "ratio")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
