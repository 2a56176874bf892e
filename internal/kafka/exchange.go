package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// maxResponse bounds the bytes of one response. It must hold a fetch of several partitions whose first batch is as
// large as the largest record (32 MiB); beyond it the peer is broken or is no Kafka broker ("HTTP" is 1.2 GB).
const maxResponse = 256 << 20

// Brokers that have no number: any one, for requests that every broker answers, and the controller as the
// transport knows it.
const (
	anyNode        int32 = -1
	controllerNode int32 = -2
)

// exchange is one request and its response, encoded and decoded by this package and carried by a connection of
// kafka-go's Transport (the connection is dialled, secured, authenticated, pooled and closed there). It goes to the
// broker named here: the Transport's own routing needs its copy of the metadata of every topic, which goes stale
// for a second after a leader changed, and calls a dead broker an unknown topic.
type exchange struct {
	key      protocol.ApiKey
	version  int16
	flexible bool // KIP-482: the header carries tags, and the response's header too
	node     int32
	clientID string
	size     int // about how many bytes the body takes, where it takes many
	body     func(*writer)

	ended context.Context // when it ends, the connection is given up: an answer may be a rebalance away
}

// reply is the body of a response, after its header.
type reply struct {
	key  protocol.ApiKey
	body []byte
}

// ApiKey implements protocol.Message.
func (x *exchange) ApiKey() protocol.ApiKey { return x.key } //nolint:revive // the interface names it so

// ApiKey implements protocol.Message.
func (r *reply) ApiKey() protocol.ApiKey { return r.key } //nolint:revive // the interface names it so

// Broker implements protocol.BrokerMessage: the Transport sends the request to that broker.
func (x *exchange) Broker(cluster protocol.Cluster) (protocol.Broker, error) {
	if x.node == controllerNode {
		return protocol.Broker{ID: cluster.Controller}, nil
	}
	return protocol.Broker{ID: x.node}, nil
}

// Required implements protocol.RawExchanger: the connection leaves encoding and decoding to RawExchange.
func (x *exchange) Required(map[protocol.ApiKey]int16) bool { return true }

// RawExchange implements protocol.RawExchanger. It may still run after the caller's context has ended, so it
// touches nothing that the caller may change.
func (x *exchange) RawExchange(rw io.ReadWriter) (res protocol.Message, err error) {
	// One request is in flight on a connection at a time, so a constant tells a late response from the right one
	// as well as a counter does: the connection is closed after any fault.
	const correlation int32 = 0x70617373
	w := &writer{b: append(takeBuffer(512+x.size), 0, 0, 0, 0)}
	defer func() { giveBuffer(w.b) }() // nobody keeps what was sent
	w.int16(int16(x.key))
	w.int16(x.version)
	w.int32(correlation)
	w.string(x.clientID)
	if x.flexible {
		w.tags()
	}
	x.body(w)
	binary.BigEndian.PutUint32(w.b, uint32(w.size()-4))
	if conn, ok := rw.(interface{ SetDeadline(time.Time) error }); ok {
		wake := context.AfterFunc(x.ended, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
		defer func() {
			if !wake() { // too late for this exchange, but the deadline must not meet the next one
				res, err = nil, fmt.Errorf("kafka: waiting for the answer to %s: %w", x.key, x.ended.Err())
			}
		}()
	}
	if err := w.sendTo(rw); err != nil {
		return nil, fmt.Errorf("kafka: sending %s: %w", x.key, err)
	}
	body, err := readResponse(rw, correlation, x.flexible)
	if err != nil {
		return nil, fmt.Errorf("kafka: reading the answer to %s: %w", x.key, err)
	}
	return &reply{key: x.key, body: body}, nil
}

func readResponse(rw io.Reader, correlation int32, flexible bool) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:4])
	if size < 4 || size > maxResponse {
		return nil, fmt.Errorf("the response announces %d bytes, the limit is %d", size, maxResponse)
	}
	if got := int32(binary.BigEndian.Uint32(head[4:])); got != correlation {
		return nil, fmt.Errorf("the response belongs to request %d, expected %d", got, correlation)
	}
	body, err := readBody(rw, int(size-4))
	if err != nil {
		return nil, err
	}
	if flexible {
		r := &reader{b: body}
		r.tags()
		if r.err != nil {
			return nil, r.err
		}
		body = r.b
	}
	return body, nil
}

// readBody reads exactly n bytes. It takes memory as they arrive, not for what was announced.
func readBody(rw io.Reader, n int) ([]byte, error) {
	const step = 4 << 20 // more than nearly every response, so that it is read in one piece
	var body []byte
	for len(body) < n {
		more := min(n-len(body), max(step, len(body)))
		body = slices.Grow(body, more)
		part := body[len(body) : len(body)+more]
		if _, err := io.ReadFull(rw, part); err != nil {
			return nil, err
		}
		body = body[:len(body)+more]
	}
	return body, nil
}
