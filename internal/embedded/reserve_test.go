package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/commande-publique/passerelle/internal/kafka"
)

// disk is a disk of whatever size the test says.
type disk struct {
	free atomic.Int64
	err  atomic.Pointer[error]
}

func (d *disk) space(string) (int64, error) {
	if e := d.err.Load(); e != nil {
		return 0, *e
	}
	return d.free.Load(), nil
}

// A full disk: producers wait, consumers and their commits go on, and what waited is written, once and in order, when
// there is space again.
func TestReserveStopsProducersOnly(t *testing.T) {
	d := &disk{}
	d.free.Store(1 << 30)
	b, _ := start(t, Options{Topics: []Topic{{Name: "in", Partitions: 1}, {Name: "ours", Partitions: 1}}, FreeSpace: d.space})
	cluster, err := kafka.NewCluster(kafka.Config{Brokers: []string{b.Addr()}})
	require.NoError(t, err)
	defer func() { require.NoError(t, cluster.Close()) }()
	ours := cluster.NewPublisher(kafka.PublisherConfig{})
	defer func() { require.NoError(t, ours.Close()) }()
	produce(t, b.Addr(), "in", "0", "1")
	require.Equal(t, Space{DataDir: b.Notice().DataDir, Reserve: DefaultReserve, Free: 1 << 30}, b.Space())

	for round, fill := range []func(){
		func() { d.free.Store(DefaultReserve - 1) },
		func() { e := errors.New("I/O error"); d.err.Store(&e) },
	} {
		fill()
		require.Eventually(t, func() bool { return b.Space().Refusing }, 10*time.Second, time.Millisecond)
		before := 2 + 100*round
		c := client(t, b.Addr(), kgo.DisableIdempotentWrite(), kgo.RecordRetries(0))
		require.ErrorIs(t, c.ProduceSync(t.Context(), &kgo.Record{Topic: "in"}).FirstErr(), kerr.KafkaStorageError, "a client that does not retry is told")
		waiting := client(t, b.Addr(), kgo.MetadataMinAge(10*time.Millisecond)) // asked before every repetition
		written := make(chan error, 100)
		for i := range 100 {
			waiting.Produce(context.Background(), &kgo.Record{Topic: "in", Value: fmt.Append(nil, before+i)}, func(_ *kgo.Record, err error) { written <- err })
		}
		own := make(chan error, 1)
		go func() {
			own <- ours.Produce(t.Context(), []kafka.Record{{Topic: "ours", Key: []byte("k"), Value: []byte{byte(round)}}})
		}()
		require.Eventually(t, func() bool { return len(ours.Status()) == 1 }, 20*time.Second, time.Millisecond, "our publisher waits too, and says so")
		require.Len(t, consume(t, b.Addr(), "in", before, kgo.ConsumerGroup(fmt.Sprint("g", round))), before)
		require.Empty(t, written, "nothing is acknowledged below the reserve")
		require.Empty(t, own)

		d.err.Store(nil)
		d.free.Store(DefaultReserve + DefaultReserve/spareFraction)
		for range 100 {
			require.NoError(t, <-written)
		}
		require.NoError(t, <-own)
		require.Equal(t, string(rune(round)), consume(t, b.Addr(), "ours", round+1)[round])
		var want []string
		for i := range before + 100 {
			want = append(want, fmt.Sprint(i))
		}
		require.Equal(t, want, consume(t, b.Addr(), "in", len(want)))
	}
}

func TestReserveBeginsAndEnds(t *testing.T) {
	const size = 800
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	require.NoError(t, err)
	defer cluster.Close()
	failure := errors.New("I/O error")
	d := &disk{}
	r := &reserve{dir: "d", bytes: size, free: d.space, cluster: cluster}
	for i, step := range []struct {
		free     int64
		err      error
		refusing bool
	}{
		{size, nil, false},
		{size - 1, nil, true},
		{size + size/spareFraction - 1, nil, true}, // not enough to spare yet
		{size + size/spareFraction, nil, false},
		{size, nil, false},
		{0, nil, true},
		{10 * size, nil, false},
		{10 * size, failure, true}, // a disk that cannot be measured is not trusted
		{10 * size, nil, false},
	} {
		d.free.Store(step.free)
		d.err.Store(nil)
		if step.err != nil {
			d.err.Store(&step.err)
			step.free = -1
		}
		r.measure()
		require.Equal(t, Space{DataDir: "d", Reserve: size, Free: step.free, Refusing: step.refusing, Err: step.err}, r.current(), "step %d", i)
		require.Equal(t, step.refusing, r.refusal != nil, "step %d", i)
	}
}

func TestWithoutReserve(t *testing.T) {
	full := func(string) (int64, error) { return 0, nil }
	unknown := func(string) (int64, error) { return 0, errors.ErrUnsupported }
	for name, opts := range map[string]Options{
		"switched off": {Reserve: -1, FreeSpace: full},
		"unknown":      {FreeSpace: unknown},
	} {
		t.Run(name, func(t *testing.T) {
			opts.Topics = []Topic{{Name: "in", Partitions: 1}}
			b, logs := start(t, opts)
			produce(t, b.Addr(), "in", "a")
			require.Zero(t, b.Space())
			if name == "unknown" {
				require.Contains(t, logs.String(), "watch the disk yourself")
			}
		})
	}
}

func TestFreeSpaceOfThisSystem(t *testing.T) {
	free, err := freeSpace(t.TempDir())
	if errors.Is(err, errors.ErrUnsupported) {
		return // said at start: TestWithoutReserve
	}
	require.NoError(t, err)
	require.Positive(t, free)
	_, err = freeSpace(filepath.Join(t.TempDir(), "missing"))
	require.Error(t, err)
}

// A batch that cannot be written: kfake alone answers the repetition with success and has lost it. Behind the guard the
// producer takes new numbers and it arrives.
func TestWriteFailureLosesNothing(t *testing.T) {
	produceAgain := func(t *testing.T, addr string, code int16) {
		t.Helper()
		raw := batch(1)
		c := client(t, addr, kgo.MaxVersions(kversion.V3_9_0())) // topics by name
		req := produceRequest(idempotent(raw))
		resp, err := req.RequestWith(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, code, resp.Topics[0].Partitions[0].ErrorCode)
	}
	t.Run("kfake alone", func(t *testing.T) {
		dir := t.TempDir()
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(dir), kfake.SeedTopics(1, "in"), kfake.MaxVersions(offeredVersions()))
		require.NoError(t, err)
		defer cluster.Close()
		addr := cluster.ListenAddrs()[0]
		mend := failWriting(t, dir)
		produceAgain(t, addr, kerr.UnknownServerError.Code)
		mend()
		produceAgain(t, addr, 0)
		info := cluster.PartitionInfo("in", 0)
		require.Zero(t, info.HighWatermark, "this is the fault that the guard is for; without it, remove refuseUnwritten")
	})
	t.Run("franz-go behind the guard", func(t *testing.T) {
		dir := t.TempDir()
		b, logs := start(t, Options{DataDir: dir, Topics: []Topic{{Name: "in", Partitions: 1}}})
		mend := failWriting(t, dir)
		produceAgain(t, b.Addr(), kerr.OutOfOrderSequenceNumber.Code)
		require.Contains(t, logs.String(), "could not be written to the disk")
		c := client(t, b.Addr(), kgo.MetadataMinAge(10*time.Millisecond))
		written := make(chan error, 1)
		c.Produce(context.Background(), &kgo.Record{Topic: "in", Value: []byte("a")}, func(_ *kgo.Record, err error) { written <- err })
		require.Never(t, func() bool { return len(written) > 0 }, 300*time.Millisecond, 10*time.Millisecond)
		mend()
		require.NoError(t, <-written)
		require.Equal(t, []string{"a"}, consume(t, b.Addr(), "in", 1))
	})
}

// Our publisher meets the same failure: the outcome is unknown to it, its caller repeats, and the record arrives once.
func TestWriteFailureAndOurPublisher(t *testing.T) {
	dir := t.TempDir()
	b, _ := start(t, Options{DataDir: dir, Topics: []Topic{{Name: "in", Partitions: 1}}})
	cluster, err := kafka.NewCluster(kafka.Config{Brokers: []string{b.Addr()}})
	require.NoError(t, err)
	defer func() { require.NoError(t, cluster.Close()) }()
	p := cluster.NewPublisher(kafka.PublisherConfig{})
	defer func() { require.NoError(t, p.Close()) }()
	record := []kafka.Record{{Topic: "in", Value: []byte("a")}}
	mend := failWriting(t, dir)
	require.ErrorAs(t, p.Produce(t.Context(), record), new(*kafka.UnknownOutcomeError))
	mend()
	require.NoError(t, p.Produce(t.Context(), record))
	require.Equal(t, []string{"a"}, consume(t, b.Addr(), "in", 1))
}

// failWriting makes the next write to partition in/0 fail, as a full disk does: a file lies where its directory has to be.
func failWriting(t *testing.T, dir string) (mend func()) {
	place := filepath.Join(dir, "partitions", "in-0")
	require.NoError(t, os.RemoveAll(place))
	require.NoError(t, os.MkdirAll(filepath.Dir(place), 0o700))
	require.NoError(t, os.WriteFile(place, nil, 0o600))
	return func() { require.NoError(t, os.Remove(place)) }
}

// idempotent gives a batch a producer and a first sequence number.
func idempotent(raw []byte) []byte {
	var b kmsg.RecordBatch
	_ = b.ReadFrom(raw) // it was made by batch
	b.ProducerID, b.ProducerEpoch, b.FirstSequence = 4711, 0, 0
	return withChecksum(b.AppendTo(nil))
}

func TestProduceResponsesPassUnlessUnwritten(t *testing.T) {
	for version := int16(3); version <= 13; version++ {
		resp := kmsg.NewPtrProduceResponse()
		resp.SetVersion(version)
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic = "in"
		if version >= 13 {
			topic.Topic, topic.TopicID = "", [16]byte{1}
		}
		for i, code := range []int16{0, kerr.MessageTooLarge.Code} {
			p := kmsg.NewProduceResponseTopicPartition()
			p.Partition, p.ErrorCode = int32(i), code
			topic.Partitions = append(topic.Partitions, p)
		}
		resp.Topics = append(resp.Topics, topic)
		encode := func() []byte {
			head := []byte{0, 0, 0, 7}
			if version >= 9 {
				head = append(head, 0)
			}
			return frame(resp.AppendTo(head))
		}
		good := encode()
		got, unwritten := refuseUnwritten(good, version)
		require.False(t, unwritten)
		require.Equal(t, good, got)

		resp.Topics[0].Partitions[1].ErrorCode = kerr.UnknownServerError.Code
		got, unwritten = refuseUnwritten(encode(), version)
		require.True(t, unwritten)
		resp.Topics[0].Partitions[1].ErrorCode = kerr.OutOfOrderSequenceNumber.Code
		resp.Topics[0].Partitions[1].ErrorMessage = kmsg.StringPtr("the broker could not write the batch to its disk; send the records again")
		require.Equal(t, encode(), got, "version %d", version)

		got, unwritten = refuseUnwritten(good[:7], version)
		require.False(t, unwritten)
		require.Equal(t, good[:7], got, "what cannot be read is none of ours")
	}
}

// Requests without a response leave nothing behind: a producer with acks 0 may send for ever.
func TestUnansweredRequestsAreNotOwed(t *testing.T) {
	c := &guardConn{guard: newGuard(nil, slog.New(slog.DiscardHandler))}
	for version := int16(3); version <= 13; version++ {
		for _, acks := range []int16{-1, 0, 1} {
			req := produceRequest(batch(1))
			req.Acks, req.TransactionID = acks, kmsg.StringPtr("t")
			c.owe(request(req, version))
		}
	}
	require.Len(t, c.owed, 22)
	for range 22 {
		o, ok := c.settle()
		require.True(t, ok)
		require.Equal(t, kmsg.Produce, o.key)
	}
	_, ok := c.settle()
	require.False(t, ok)
}
