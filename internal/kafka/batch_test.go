package kafka

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/commande-publique/passerelle/internal/event"
)

var someTime = time.UnixMilli(1_764_000_000_123).UTC()

func drawRecords(t *rapid.T) []*Record {
	nullable := rapid.Custom(func(t *rapid.T) []byte {
		if rapid.Bool().Draw(t, "null") {
			return nil
		}
		return append([]byte{}, rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")...)
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *Record {
		r := &Record{Topic: "t", Key: nullable.Draw(t, "key"), Value: nullable.Draw(t, "value"),
			Time: time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "time")).UTC()}
		for range rapid.IntRange(0, 3).Draw(t, "headers") {
			r.Headers = append(r.Headers, event.Header{Key: rapid.String().Draw(t, "name"), Value: nullable.Draw(t, "header")})
		}
		return r
	}), 1, 20).Draw(t, "records")
}

// TestEncoderAgainstFranzGo decodes our batches with an independent decoder, field by field.
func TestEncoderAgainstFranzGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		recs := drawRecords(t)
		p := producerState{id: 4711, epoch: 3, seq: 99}
		raw := appendBatch([]byte("before"), recs, p, 0, someTime)
		require.True(t, bytes.HasPrefix(raw, []byte("before")))
		raw = raw[len("before"):]
		total := batchHeaderSize
		for _, r := range recs {
			total += r.size()
		}
		require.LessOrEqual(t, len(raw), total, "size is an upper bound")

		var b kmsg.RecordBatch
		require.NoError(t, b.ReadFrom(raw))
		require.EqualValues(t, len(raw)-12, b.Length)
		require.EqualValues(t, 4711, b.ProducerID)
		require.EqualValues(t, 3, b.ProducerEpoch)
		require.EqualValues(t, 99, b.FirstSequence)
		require.EqualValues(t, len(recs), b.NumRecords)
		require.EqualValues(t, len(recs)-1, b.LastOffsetDelta)
		rest := b.Records
		var latest int64
		for i, want := range recs {
			latest = max(latest, want.Time.UnixMilli())
			size, n := uvarintZigzag(rest)
			var got kmsg.Record
			require.NoError(t, got.ReadFrom(rest[:n+int(size)]))
			rest = rest[n+int(size):]
			require.EqualValues(t, i, got.OffsetDelta)
			require.Equal(t, want.Time.UnixMilli(), b.FirstTimestamp+got.TimestampDelta64)
			require.Equal(t, want.Key, got.Key)
			require.Equal(t, want.Value, got.Value)
			require.Len(t, got.Headers, len(want.Headers))
			for j, h := range want.Headers {
				require.Equal(t, h.Key, got.Headers[j].Key)
				require.Equal(t, h.Value, got.Headers[j].Value)
			}
		}
		require.Empty(t, rest)
		require.Equal(t, latest, b.MaxTimestamp)

		// And with our own, which checks the checksum.
		own, after, err := nextBatch(raw)
		require.NoError(t, err)
		require.Empty(t, after)
		got, err := own.appendTo(nil, topicPartition{topic: "t"}, 0)
		require.NoError(t, err)
		for i := range got {
			want := *recs[i]
			want.Offset = int64(i)
			require.Equal(t, want, got[i])
		}
	})
}

func uvarintZigzag(b []byte) (int64, int) {
	r := &reader{b: b}
	v := r.varint()
	return v, len(b) - len(r.b)
}

// TestReadsWhatFranzGoWrites covers every compression, by an independent producer.
func TestReadsWhatFranzGoWrites(t *testing.T) {
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			fake := newBroker(t)
			c := connect(t, fake)
			createTopic(t, c, "in", 2)
			cl := kgoClient(t, fake, kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopic("in"))
			var want []*kgo.Record
			for i := range 300 {
				r := &kgo.Record{Key: key(i % 7), Value: bytes.Repeat(fmt.Appendf(nil, "value %d ", i), 20), Timestamp: someTime,
					Headers: []kgo.RecordHeader{{Key: "n", Value: fmt.Append(nil, i)}}}
				want = append(want, r)
			}
			require.NoError(t, cl.ProduceSync(t.Context(), want...).FirstErr())
			got := readAll(t, c, "in")
			require.Len(t, got, len(want))
			byPlace := map[string]*kgo.Record{}
			for _, r := range want {
				byPlace[fmt.Sprint(r.Partition, "/", r.Offset)] = r
			}
			for _, g := range got {
				w := byPlace[fmt.Sprint(g.Partition, "/", g.Offset)]
				require.NotNil(t, w)
				require.Equal(t, w.Key, g.Key)
				require.Equal(t, w.Value, g.Value)
				require.Equal(t, someTime, g.Time)
				require.Equal(t, []event.Header{{Key: "n", Value: w.Headers[0].Value}}, g.Headers)
			}
		})
	}
}

// TestFranzGoReadsWhatWeWrite is the other direction, over the wire.
func TestFranzGoReadsWhatWeWrite(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "out", 3)
	p := newPublisher(t, c, PublisherConfig{})
	var recs []Record
	for i := range 500 {
		recs = append(recs, Record{Topic: "out", Key: key(i % 11), Value: fmt.Append(nil, i), Time: someTime,
			Headers: []event.Header{{Key: "a", Value: []byte{0xff}}, {Key: "a", Value: nil}}})
	}
	require.NoError(t, p.Produce(t.Context(), recs))
	got := kgoReadAll(t, fake, c, "out")
	require.Len(t, got, 500)
	next := map[string]int{}
	for _, r := range got {
		k := string(r.Key)
		want := next[k]*11 + keyNumber(t, r.Key)
		require.Equal(t, fmt.Sprint(want), string(r.Value), "order of %s", k)
		next[k]++
		require.Equal(t, partitionOf(r.Key, 3), r.Partition)
		require.Equal(t, []kgo.RecordHeader{{Key: "a", Value: []byte{0xff}}, {Key: "a", Value: nil}}, r.Headers)
		require.True(t, someTime.Equal(r.Timestamp))
	}
}

func keyNumber(t testing.TB, k []byte) int {
	var n int
	_, err := fmt.Sscanf(string(k), "key-%d", &n)
	require.NoError(t, err)
	return n
}

func TestDamagedBatches(t *testing.T) {
	good := appendBatch(nil, []*Record{{Key: []byte("k"), Value: []byte("v")}}, noProducer, 0, someTime)
	change := func(f func([]byte)) []byte {
		b := bytes.Clone(good)
		f(b)
		return b
	}
	for name, tc := range map[string]struct {
		raw  []byte
		want string
	}{
		"checksum":      {change(func(b []byte) { b[len(b)-1] ^= 1 }), "damaged"},
		"magic":         {change(func(b []byte) { b[posMagic] = 1 }), "format version 1"},
		"length":        {change(func(b []byte) { b[posLength+3] = 3 }), "header alone"},
		"count":         {change(func(b []byte) { b[posRecordCount+2] = 9; seal(b) }), "announces 2305 records"},
		"compression":   {change(func(b []byte) { b[posAttributes+1] = 6; seal(b) }), "unknown compression"},
		"not gzip":      {change(func(b []byte) { b[posAttributes+1] = 1; seal(b) }), "cannot be decompressed"},
		"record length": {change(func(b []byte) { b[batchHeaderSize] = 0x7e; seal(b) }), "announces 63 bytes"},
		"offset":        {change(func(b []byte) { b[batchHeaderSize+3] = 0x02; seal(b) }), "outside 0 to 0"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fetched{tp: topicPartition{"t", 0}, raw: append(bytes.Clone(good), tc.raw...)}
			recs, next, err := f.records(0, partitionBytes)
			require.ErrorContains(t, err, tc.want)
			require.Len(t, recs, 1, "what was read before the fault is kept")
			require.EqualValues(t, 1, next)
		})
	}
}

func TestCutBatches(t *testing.T) {
	one := appendBatch(nil, []*Record{{Value: []byte("v")}}, noProducer, 0, someTime)
	f := fetched{raw: append(bytes.Clone(one), one[:20]...)}
	recs, next, err := f.records(0, partitionBytes)
	require.NoError(t, err)
	require.Len(t, recs, 1)
	require.EqualValues(t, 1, next)
	f.raw = one[:len(one)-1]
	_, _, err = f.records(0, partitionBytes)
	require.ErrorIs(t, err, errGrow)
}

func FuzzFetchResponse(f *testing.F) {
	batch := appendBatch(nil, []*Record{{Key: []byte("k"), Value: []byte("v"), Headers: []event.Header{{Key: "h"}}}}, noProducer, 0, someTime)
	w := &writer{}
	w.int32(0)
	w.int16(0)
	w.int32(0)
	w.array(1)
	w.string("topic")
	w.array(1)
	w.int32(0)
	w.int16(0)
	w.int64(1)
	w.int64(1)
	w.int64(0)
	w.array(1)
	w.int64(9)
	w.int64(0)
	w.int32(-1)
	w.bytes(batch)
	f.Add(w.b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		answers, err := decodeFetch(&reader{b: b})
		if err != nil {
			return
		}
		for i := range answers {
			_, _, _ = answers[i].records(0, partitionBytes)
		}
	})
}

func FuzzBatch(f *testing.F) {
	batch := appendBatch(nil, []*Record{{Key: []byte("k"), Value: []byte("v"), Headers: []event.Header{{Key: "h"}}}}, noProducer, 0, someTime)
	for kind := range byte(5) {
		b := bytes.Clone(batch)
		b[posAttributes+1] = kind
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= batchHeaderSize && len(b) < 1<<16 {
			seal(b) // or nothing behind the checksum would ever be reached
		}
		ft := fetched{raw: b, aborted: []aborted{{producerID: -1}}}
		recs, next, err := ft.records(0, partitionBytes)
		for i := range recs {
			if recs[i].Offset < 0 || recs[i].Offset >= next && err == nil {
				t.Fatalf("record %d has offset %d, consumption goes on at %d", i, recs[i].Offset, next)
			}
		}
	})
}

func FuzzOtherResponses(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(_ *testing.T, b []byte) {
		decodeMetadata(&reader{b: b})
		decodeCommitted(&reader{b: b}, map[int32]int64{})
		_, _ = readResponse(bytes.NewReader(b), 0x70617373, true)
	})
}
