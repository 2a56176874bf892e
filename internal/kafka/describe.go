package kafka

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// Operation is something that an ACL allows or denies, by its number in the Kafka protocol.
type Operation int8

// The operations that a gateway needs.
const (
	OperationRead            Operation = 3
	OperationWrite           Operation = 4
	OperationCreate          Operation = 5
	OperationDescribe        Operation = 8
	OperationDescribeConfigs Operation = 10
	OperationIdempotentWrite Operation = 12
)

// String returns the name that kafka-acls.sh takes, which is not quite that of the protocol.
func (o Operation) String() string {
	switch o {
	case OperationRead:
		return "Read"
	case OperationWrite:
		return "Write"
	case OperationCreate:
		return "Create"
	case OperationDescribe:
		return "Describe"
	case OperationDescribeConfigs:
		return "DescribeConfigs"
	case OperationIdempotentWrite:
		return "IdempotentWrite"
	}
	return strconv.Itoa(int(o))
}

// Operations are those that the cluster allows this client on one resource (KIP-430), a bit each.
type Operations int32

// unknownOperations is what a broker answers that does not tell.
const unknownOperations Operations = -1 << 31

// Known tells whether the broker said anything.
func (o Operations) Known() bool { return o != unknownOperations }

// Allows tells whether the operation is allowed, as far as the broker said.
func (o Operations) Allows(op Operation) bool { return o.Known() && o&(1<<op) != 0 }

// Description is what the brokers say about themselves and some topics.
type Description struct {
	ClusterID  string
	Brokers    []BrokerDescription
	Operations Operations // on the cluster
	Topics     []TopicDescription
}

// BrokerDescription is a broker and the address at which it wants to be reached (advertised.listeners).
type BrokerDescription struct {
	ID      int32
	Address string // host:port
}

// TopicDescription is one topic.
type TopicDescription struct {
	Name       string
	Err        error // nil, *UnknownTopicError, or what the broker answered
	Partitions []PartitionDescription
	Operations Operations
}

// PartitionDescription says where a partition lies, by the numbers of brokers.
type PartitionDescription struct {
	Index    int32
	Leader   int32 // -1: none
	Replicas []int32
	InSync   []int32
}

// Describe asks any broker about the cluster and the topics, with what this client may do. Nothing is created.
func (c *Cluster) Describe(ctx context.Context, topics []string) (*Description, error) {
	r, err := c.ask(ctx, &exchange{key: protocol.Metadata, version: 10, flexible: true, node: anyNode, body: func(w *writer) {
		w.metadataOf(topics, true)
	}})
	if err != nil {
		return nil, Explain(err)
	}
	d := decodeDescription(r)
	if r.err != nil {
		return nil, r.err
	}
	return d, nil
}

func decodeDescription(r *reader) *Description {
	d := &Description{}
	r.int32() // throttle time
	for n := r.compactArray(11); n > 0 && r.err == nil; n-- {
		id, host, port := r.int32(), r.compactString(), r.int32()
		r.compactString() // rack
		r.tags()
		d.Brokers = append(d.Brokers, BrokerDescription{id, net.JoinHostPort(host, strconv.Itoa(int(port)))})
	}
	d.ClusterID = r.compactString()
	r.int32() // controller
	for n := r.compactArray(26); n > 0 && r.err == nil; n-- {
		code, t := r.int16(), TopicDescription{Name: r.compactString()}
		r.take(len(topicID{}))
		r.int8() // internal
		for p := r.compactArray(18); p > 0 && r.err == nil; p-- {
			r.int16() // error: the leader says it
			part := PartitionDescription{Index: r.int32(), Leader: r.int32()}
			r.int32() // leader epoch
			part.Replicas, part.InSync = r.int32s(), r.int32s()
			r.int32s() // offline replicas: those that are not in sync tell as much
			r.tags()
			t.Partitions = append(t.Partitions, part)
		}
		slices.SortFunc(t.Partitions, func(a, b PartitionDescription) int { return int(a.Index) - int(b.Index) }) // brokers list them anyhow
		t.Operations = Operations(r.int32())
		r.tags()
		if code == codeUnknownTopic {
			t.Err = &UnknownTopicError{Topic: t.Name}
		} else if code != 0 {
			t.Err = protocolError(code, fmt.Sprintf("describing topic %q", t.Name))
		}
		d.Topics = append(d.Topics, t)
	}
	d.Operations = Operations(r.int32())
	return d
}

func (r *reader) int32s() []int32 {
	var out []int32
	for n := r.compactArray(4); n > 0 && r.err == nil; n-- {
		out = append(out, r.int32())
	}
	return out
}

// Forbidden tells whether err is a broker's answer that this client may not do or see something: no permission on a
// topic, group, cluster or transactional id.
func Forbidden(err error) bool {
	code, ok := answered(err)
	if !ok {
		return false
	}
	switch code {
	case kafkago.TopicAuthorizationFailed, kafkago.GroupAuthorizationFailed, kafkago.ClusterAuthorizationFailed, kafkago.TransactionalIDAuthorizationFailed:
		return true
	}
	return false
}

// TopicSettings are the settings of a topic that was asked for, each with its value in force.
type TopicSettings struct {
	Values map[string]string
	Err    error // what the broker answered instead
}

// TopicSettings asks for settings of topics, by topic. It needs the permission DESCRIBE_CONFIGS on each.
func (c *Cluster) TopicSettings(ctx context.Context, topics, names []string) (map[string]TopicSettings, error) {
	const resourceTopic = 2
	r, err := c.ask(ctx, &exchange{key: protocol.DescribeConfigs, version: 1, node: anyNode, body: func(w *writer) {
		w.array(len(topics))
		for _, t := range topics {
			w.int8(resourceTopic)
			w.string(t)
			w.array(len(names))
			for _, name := range names {
				w.string(name)
			}
		}
		w.bool(false) // include_synonyms
	}})
	if err != nil {
		return nil, Explain(err)
	}
	out := map[string]TopicSettings{}
	r.int32() // throttle time
	for n := r.array(9); n > 0 && r.err == nil; n-- {
		code := r.int16()
		r.string() // error message
		r.int8()   // resource type
		topic, settings := r.string(), TopicSettings{Values: map[string]string{}}
		for s := r.array(9); s > 0 && r.err == nil; s-- {
			name, value := r.string(), r.string()
			r.int8() // read only
			r.int8() // source
			r.int8() // sensitive
			for y := r.array(5); y > 0 && r.err == nil; y-- {
				r.string()
				r.string()
				r.int8()
			}
			settings.Values[name] = value
		}
		if code != 0 {
			settings.Err = protocolError(code, fmt.Sprintf("reading the settings of topic %q", topic))
		}
		out[topic] = settings
	}
	return out, r.err
}

// GroupOperations asks what this client may do with a consumer group, which need not exist.
func (c *Cluster) GroupOperations(ctx context.Context, group string) (Operations, error) {
	ops := unknownOperations
	err := c.atCoordinator(ctx, group, func(node int32) error {
		r, err := c.ask(ctx, &exchange{key: protocol.DescribeGroups, version: 3, node: node, body: func(w *writer) {
			w.array(1)
			w.string(group)
			w.bool(true) // include_authorized_operations
		}})
		if err != nil {
			return err
		}
		r.int32() // throttle time
		var code int16
		for n := r.array(18); n > 0 && r.err == nil; n-- {
			code = r.int16()
			for text := 0; text < 4; text++ { // group, state, protocol type, protocol
				r.string()
			}
			for m := r.array(14); m > 0 && r.err == nil; m-- {
				for text := 0; text < 3; text++ { // member, client, host
					r.string()
				}
				r.bytes() // subscription
				r.bytes() // assignment
			}
			ops = Operations(r.int32())
		}
		if r.err != nil {
			return r.err
		}
		if code != 0 {
			return protocolError(code, fmt.Sprintf("describing group %q", group))
		}
		return nil
	})
	return ops, err
}

// MayTransact asks whether this client may see a transactional id, by looking for its coordinator. Writing with it cannot
// be asked: the question is InitProducerId itself, which would fence off a gateway that runs.
func (c *Cluster) MayTransact(ctx context.Context, id string) error {
	const keyTransaction = 1
	return until(ctx, func() (bool, error) {
		r, err := c.ask(ctx, &exchange{key: protocol.FindCoordinator, version: 2, node: anyNode, body: func(w *writer) {
			w.string(id)
			w.int8(keyTransaction)
		}})
		if err != nil {
			return temporary(err), err
		}
		r.int32() // throttle time
		code := r.int16()
		if r.err != nil {
			return false, r.err
		}
		if code != 0 {
			err = protocolError(code, fmt.Sprintf("looking for the coordinator of transaction %q", id))
		}
		return err != nil && temporary(err), err
	})
}

// VersionRange are the versions of one request that a broker serves.
type VersionRange struct{ Min, Max int16 }

// Versions asks one broker which versions of which requests it serves, by API key.
func (c *Cluster) Versions(ctx context.Context, broker int32) (map[int16]VersionRange, error) {
	r, err := c.ask(ctx, &exchange{key: protocol.ApiVersions, version: 0, node: broker, body: func(*writer) {}})
	if err != nil {
		return nil, Explain(err)
	}
	code, out := r.int16(), map[int16]VersionRange{}
	for n := r.array(6); n > 0 && r.err == nil; n-- {
		out[r.int16()] = VersionRange{r.int16(), r.int16()}
	}
	if r.err != nil {
		return nil, r.err
	}
	if code != 0 {
		return nil, protocolError(code, "asking for the API versions")
	}
	return out, nil
}

// Need is a request that this package sends and the versions, any of which will do.
type Need struct {
	Name string
	Key  int16
	VersionRange
}

// Needs lists the requests that the gateway sends, each in the versions that it speaks.
func Needs() []Need {
	need := func(key protocol.ApiKey, version int16) Need {
		return Need{key.String(), int16(key), VersionRange{version, version}}
	}
	return []Need{
		need(protocol.Produce, 8), need(protocol.Fetch, 11), need(protocol.ListOffsets, 5), need(protocol.Metadata, 10),
		need(protocol.OffsetCommit, 7), need(protocol.OffsetFetch, 7), need(protocol.FindCoordinator, 2),
		need(protocol.JoinGroup, 5), need(protocol.SyncGroup, 3), need(protocol.Heartbeat, 3), need(protocol.LeaveGroup, 2),
		need(protocol.CreateTopics, 4), need(protocol.InitProducerId, 1), need(protocol.AddPartitionsToTxn, 1),
		need(protocol.AddOffsetsToTxn, 1), need(protocol.EndTxn, 1), need(protocol.TxnOffsetCommit, 3),
	}
}

// MayProduce asks whether this client may produce idempotently, as every Publisher does. Before Kafka 2.8 that is a
// permission of its own. Asking takes a producer id, which costs the cluster nothing.
func (c *Cluster) MayProduce(ctx context.Context) error {
	return until(ctx, func() (bool, error) {
		_, _, err := c.initProducer(ctx)
		return err != nil && temporary(err), err
	})
}
