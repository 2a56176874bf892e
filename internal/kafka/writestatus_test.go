package kafka

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// What a publisher cannot write shows in its status, and goes when it can.
func TestPublisherStatus(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "out", 1)
	p := newPublisher(t, c, PublisherConfig{MaxRecordBytes: 1000})
	produce := func(topic string, size int) error {
		return p.Produce(withTimeout(t, 20*time.Second), []Record{{Topic: topic, Value: make([]byte, size)}})
	}
	require.NoError(t, produce("out", 1))
	require.Empty(t, p.Status())

	refused := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.TopicAuthorizationFailed, Count: -1})
	require.Error(t, produce("out", 1))
	require.Len(t, p.Status(), 1)
	require.Equal(t, "out", p.Status()[0].Topic)
	require.True(t, Forbidden(p.Status()[0].Err))
	refused.Remove()
	require.NoError(t, produce("out", 1))
	require.Empty(t, p.Status())

	// A batch that is tried again and again shows while it waits.
	full := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.KafkaStorageError, Count: -1})
	written := make(chan error)
	go func() { written <- produce("out", 1) }()
	require.Eventually(t, func() bool { return len(p.Status()) == 1 }, 20*time.Second, time.Millisecond)
	require.Equal(t, int32(0), p.Status()[0].Partition)
	full.Remove()
	require.NoError(t, <-written)
	require.Empty(t, p.Status())

	// The records around one that is too large say nothing about it.
	require.Error(t, produce("out", 2000))
	require.NoError(t, produce("out", 1))
	require.Len(t, p.Status(), 1)
	require.ErrorAs(t, p.Status()[0].Err, new(*RecordTooLargeError))

	require.ErrorAs(t, produce("nowhere", 1), new(*UnknownTopicError))
	require.Equal(t, []string{"nowhere", "out"}, []string{p.Status()[0].Topic, p.Status()[1].Topic})
}

func TestTroublesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ts := &troubles{}
		ts.note(topicPartition{"a", 1}, errors.New("x"))
		time.Sleep(troubleMemory)
		ts.note(topicPartition{"b", 2}, errors.New("y"))
		require.Len(t, ts.list(), 2)
		time.Sleep(time.Second)
		require.Equal(t, "b", ts.list()[0].Topic)
		require.Len(t, ts.known, 1, "memory does not grow with what was")
		ts.note(topicPartition{"b", 2}, &RecordTooLargeError{Topic: "b", Size: 100})
		ts.over(topicPartition{"b", 2}, 99)
		require.ErrorAs(t, ts.list()[0].Err, new(*RecordTooLargeError), "a smaller one says nothing")
		ts.over(topicPartition{"b", 2}, 100)
		require.Empty(t, ts.list())
		for _, err := range []error{context.Canceled, ErrClosed, &TransactionError{Err: errors.New("z")}} {
			ts.note(topicPartition{"c", 3}, err)
		}
		require.Empty(t, ts.list(), "broken off by this side")
	})
}
