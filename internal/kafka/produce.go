package kafka

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

const (
	allReplicas int16 = -1 // acks: the leader answers when all in-sync replicas have the batch
	// How long a leader waits for its replicas before it answers REQUEST_TIMED_OUT; below requestTimeout, so that
	// there is an answer.
	replicaTimeout = 8 * time.Second
)

// produceAsk is one batch for one partition.
type produceAsk struct {
	tp    topicPartition
	batch []byte
}

// produce sends batches to the broker that leads their partitions, in one request, and returns its error codes. The
// batches must stay unchanged until it returns without an error, and for ever after one: a connection may still be sending
// them. The transactional id is empty outside of transactions.
func (c *Cluster) produce(ctx context.Context, leader int32, transactional string, asks []produceAsk) (map[topicPartition]int16, error) {
	size := 0
	for i := range asks {
		size += len(asks[i].tp.topic) + 16
	}
	r, err := c.ask(ctx, &exchange{key: protocol.Produce, version: 8, node: leader, size: size, body: func(w *writer) {
		if transactional == "" {
			w.nullString()
		} else {
			w.string(transactional)
		}
		w.int16(allReplicas)
		w.int32(int32(replicaTimeout / time.Millisecond))
		topics := byTopic(asks, func(a *produceAsk) string { return a.tp.topic })
		w.array(len(topics))
		for _, group := range topics {
			w.string(group[0].tp.topic)
			w.array(len(group))
			for _, a := range group {
				w.int32(a.tp.partition)
				w.lend(a.batch)
			}
		}
	}})
	if err != nil {
		return nil, err
	}
	codes := make(map[topicPartition]int16, len(asks))
	for n := r.array(6); n > 0 && r.err == nil; n-- {
		topic := r.string()
		for p := r.array(36); p > 0 && r.err == nil; p-- {
			partition, code := r.int32(), r.int16()
			r.int64() // base offset
			r.int64() // log append time
			r.int64() // log start
			for e := r.array(6); e > 0 && r.err == nil; e-- {
				r.int32()  // record
				r.string() // message
			}
			r.string() // message
			codes[topicPartition{topic, partition}] = code
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return codes, nil
}

// initProducer asks for a new producer id. kafka-go's own request goes to the coordinator of a transaction that does
// not exist; any broker answers this one.
func (c *Cluster) initProducer(ctx context.Context) (id int64, epoch int16, err error) {
	r, err := c.ask(ctx, &exchange{key: protocol.InitProducerId, version: 1, node: anyNode, body: func(w *writer) {
		w.nullString() // no transaction
		w.int32(0)     // transaction timeout: not used
	}})
	if err != nil {
		return 0, 0, err
	}
	r.int32() // throttle time
	code := r.int16()
	id, epoch = r.int64(), r.int16()
	if r.err != nil {
		return 0, 0, r.err
	}
	if code != 0 {
		return 0, 0, protocolError(code, "asking for a producer id")
	}
	return id, epoch, nil
}
