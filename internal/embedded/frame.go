package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// A request on the wire: size (4 bytes), then key (2), version (2), correlation (4), client id (2 and its bytes), with flexible
// versions tagged fields, then the body (KIP-482, the protocol guide's request header v1 and v2).
const (
	frameHead = 8  // size, key and version: what decides whether the rest is read at all
	minFrame  = 10 // key, version, correlation, the length of the client id
	// Every message of the largest topic fits with its headers; kfake allocates this much before it has read a byte.
	maxProduceFrame = 64 << 20
	// Requests other than Produce are lists of names and numbers; decoding multiplies them by up to 200, so they stay small.
	maxFrame = 256 << 10
	// More entries than any client sends in one request, few enough that their decoded form is a few megabytes.
	maxEntries = 10_000
	// Tagged fields of a header: the protocol defines none yet.
	maxTags = 64
	// Records of one compressed batch, whose true number only decompression would tell: a full frame of 4 byte records.
	maxBatchRecords = 1 << 24
)

// versionRange is what kfake implements of an API.
type versionRange struct{ min, max int16 }

// offered returns the range of versions offered of an API. The list is what consumers, producers and topic tools use. Left out, because
// nothing here needs them and each is more that a stranger could ask of kfake: share groups, KIP-848 groups, ACLs, SASL, quotas,
// client metrics, reassignment, changes to brokers, and DeleteRecords, which can empty a partition (see Topic).
func offered(key kmsg.Key) (versionRange, bool) {
	switch key {
	case kmsg.Produce:
		return versionRange{3, 13}, true
	case kmsg.Fetch:
		return versionRange{4, 18}, true
	case kmsg.ListOffsets, kmsg.OffsetCommit, kmsg.OffsetFetch:
		return versionRange{0, 10}, true
	case kmsg.Metadata:
		return versionRange{0, 13}, true
	case kmsg.FindCoordinator, kmsg.DescribeGroups, kmsg.DeleteTopics, kmsg.TxnOffsetCommit:
		return versionRange{0, 6}, true
	case kmsg.JoinGroup:
		return versionRange{0, 9}, true
	case kmsg.Heartbeat, kmsg.AddOffsetsToTxn, kmsg.DescribeConfigs:
		return versionRange{0, 4}, true
	case kmsg.LeaveGroup, kmsg.SyncGroup, kmsg.ListGroups, kmsg.ApiVersions, kmsg.InitProducerID, kmsg.AddPartitionsToTxn, kmsg.EndTxn:
		return versionRange{0, 5}, true
	case kmsg.CreateTopics:
		return versionRange{0, 7}, true
	case kmsg.DescribeCluster, kmsg.ListTransactions:
		return versionRange{0, 2}, true
	case kmsg.OffsetForLeaderEpoch:
		return versionRange{3, 4}, true
	case kmsg.CreatePartitions, kmsg.DeleteGroups:
		return versionRange{0, 3}, true
	case kmsg.IncrementalAlterConfigs:
		return versionRange{0, 1}, true
	case kmsg.OffsetDelete, kmsg.DescribeProducers, kmsg.DescribeTransactions:
		return versionRange{0, 0}, true
	}
	return versionRange{}, false
}

// offeredVersions is the same list as kfake takes it, so that clients are told what the guard lets through.
func offeredVersions() *kversion.Versions {
	vs := new(kversion.Versions)
	for key := range kmsg.Key(kmsg.MaxKey + 1) {
		if r, ok := offered(key); ok {
			vs.SetMaxKeyVersion(int16(key), r.max)
		}
	}
	return vs
}

// checkHead checks the first eight bytes of a frame and returns the number of bytes that follow the size.
func checkHead(head [frameHead]byte) (size int, err error) {
	n := binary.BigEndian.Uint32(head[:4])
	key := kmsg.Key(binary.BigEndian.Uint16(head[4:6]))
	version := int16(binary.BigEndian.Uint16(head[6:8]))
	r, ok := offered(key)
	limit := uint32(maxFrame)
	if key == kmsg.Produce {
		limit = maxProduceFrame
	}
	highest := r.max
	if key == kmsg.ApiVersions {
		highest = 20 // a newer client asks in its newest version first and is answered in version 0 (KIP-511)
	}
	sized := n >= minFrame && n <= maxProduceFrame
	switch what := foreign(head); {
	case what != "" && (!sized || !ok):
		return 0, fmt.Errorf("expected a Kafka request, found %s; this port speaks only the Kafka protocol, without TLS", what)
	case !sized:
		return 0, fmt.Errorf("expected a request of %d to %d bytes, found %d", minFrame, maxProduceFrame, n)
	case !ok:
		return 0, fmt.Errorf("expected a request of the offered APIs, found key %d (%s)", int16(key), key.Name())
	case version < r.min || version > highest:
		return 0, fmt.Errorf("expected %s in version %d to %d, found %d", key.Name(), r.min, r.max, version)
	case n > limit:
		return 0, fmt.Errorf("expected %s of at most %d bytes, found %d", key.Name(), limit, n)
	}
	return int(n), nil
}

// foreign names the other protocol that the first bytes of a connection belong to, if it is a common one.
func foreign(head [frameHead]byte) string {
	for _, method := range []string{"GET ", "HEAD", "POST", "PUT ", "DELE", "OPTI", "PATC", "CONN", "PRI "} {
		if string(head[:4]) == method {
			return "HTTP"
		}
	}
	if head[0] == 0x16 && head[1] == 0x03 {
		return "a TLS handshake"
	}
	if bytes.HasPrefix(head[:], []byte("SSH-")) {
		return "SSH"
	}
	return ""
}

// checkFrame checks a whole frame without its size: that kfake can read it, and that it asks for nothing that harms. It keeps no
// reference to frame.
//
// One thing it cannot prevent: kmsg counts down any number of tagged fields in a body, four billion at most, even when none
// follow. Such a frame is refused, but only after up to two minutes of one processor; nobody else waits for it.
func checkFrame(frame []byte) (err error) {
	r := kbin.Reader{Src: frame}
	key, version := kmsg.Key(r.Int16()), r.Int16()
	r.Int32() // correlation
	if n := r.Int16(); n > 0 {
		r.Span(int(n))
	}
	if key == kmsg.Produce {
		if version >= 9 && r.Ok() {
			skipTags(&r)
		}
		return checkProduce(&r, version)
	}
	req := kmsg.RequestForKey(int16(key))
	req.SetVersion(version)
	if req.IsFlexible() && r.Ok() {
		skipTags(&r)
	}
	if !r.Ok() {
		return fmt.Errorf("%s: the header ends too early or has over %d tagged fields", key.Name(), maxTags)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s version %d: the body cannot be read: %v", key.Name(), version, p)
		}
	}()
	if err := req.(kmsg.UnsafeReadFrom).UnsafeReadFrom(r.Src); err != nil {
		return fmt.Errorf("%s version %d: the body cannot be read: %w", key.Name(), version, err)
	}
	if err := checkRequest(req); err != nil {
		return fmt.Errorf("%s: %w", key.Name(), err)
	}
	return nil
}

// skipTags passes over tagged fields (KIP-482); kmsg's own loop believes any count up to four billion.
func skipTags(r *kbin.Reader) {
	n := r.Uvarint()
	if n > maxTags {
		r.Span(-1) // marks the reader as bad
	}
	for ; n > 0 && r.Ok(); n-- {
		r.Uvarint()
		r.Span(int(r.Uvarint()))
	}
}

// checkProduce walks through a Produce body in place. kmsg would first make room for as many topics and partitions as the frame
// claims, a hundred bytes for each byte of it.
func checkProduce(r *kbin.Reader, version int16) error {
	flexible := version >= 9
	length := func() int {
		if flexible {
			return int(r.CompactArrayLen())
		}
		return int(r.ArrayLen())
	}
	text := func() {
		if flexible {
			r.UnsafeCompactNullableString()
		} else {
			r.UnsafeNullableString()
		}
	}
	text()    // transactional id
	r.Int16() // acks
	r.Int32() // timeout
	entries := 0
	for topics := length(); topics > 0 && r.Ok(); topics-- {
		if version >= 13 {
			r.Span(16) // topic id
		} else {
			text()
		}
		for partitions := length(); partitions > 0 && r.Ok(); partitions-- {
			if entries++; entries > maxEntries {
				return fmt.Errorf("Produce: expected at most %d partitions in a request", maxEntries)
			}
			r.Int32()
			var batch []byte
			if flexible {
				batch = r.CompactNullableBytes()
			} else {
				batch = r.NullableBytes()
			}
			if err := checkBatch(batch); err != nil {
				return err
			}
			if flexible {
				skipTags(r)
			}
		}
		if entries++; entries > maxEntries {
			return fmt.Errorf("Produce: expected at most %d topics in a request", maxEntries)
		}
		if flexible {
			skipTags(r)
		}
	}
	if flexible {
		skipTags(r)
	}
	if !r.Ok() {
		return errors.New("Produce: the request ends too early or claims more than it holds")
	}
	return nil
}

// checkBatch checks the count of records in the header of a record batch (format v2), because kfake moves the end of the log by
// whatever it says: back, or out of reach. The rest of the header, and its checksum, kfake checks itself.
func checkBatch(b []byte) error {
	const (
		header    = 61 // bytes before the records
		attrs     = 21 // offset of the attributes, int16; the low three bits name the compression
		count     = 57 // offset of the number of records, int32
		minRecord = 7  // an empty record: its length, attributes, two deltas, no key, no value, no headers
	)
	if len(b) < header {
		return nil // kfake answers CORRUPT_MESSAGE
	}
	n := int64(int32(binary.BigEndian.Uint32(b[count:])))
	most := int64(maxBatchRecords)
	if b[attrs+1]&7 == 0 {
		most = int64(len(b)-header) / minRecord
	}
	if n < 1 || n > most {
		return fmt.Errorf("Produce: expected a batch of 1 to %d records, found %d", most, n)
	}
	return nil
}

// checkRequest refuses the well-formed requests that kfake believes and should not: those that make it panic, fill the memory, or
// lose the bound on the log.
func checkRequest(req kmsg.Request) error {
	switch req := req.(type) {
	case *kmsg.JoinGroupRequest:
		// A name given twice, or none, leaves kfake without a protocol that all members share: a panic.
		names := make(map[string]struct{}, len(req.Protocols))
		for _, p := range req.Protocols {
			names[p.Name] = struct{}{}
		}
		if len(names) == 0 || len(names) != len(req.Protocols) {
			return errors.New("expected at least one protocol, each named once")
		}
	case *kmsg.CreateTopicsRequest:
		total := 0
		for _, t := range req.Topics {
			n := max(int(t.NumPartitions), len(t.ReplicaAssignment), 1)
			if total += n; n > maxPartitions || total > maxEntries {
				return fmt.Errorf("expected at most %d partitions a topic and %d in all", maxPartitions, maxEntries)
			}
			if !validTopicName(t.Topic) {
				return errors.New("expected a topic name of 1 to 249 letters, digits, '.', '_' or '-'")
			}
			for _, c := range t.Configs {
				if err := checkSetting(c.Name, c.Value); err != nil {
					return err
				}
			}
		}
	case *kmsg.CreatePartitionsRequest:
		for _, t := range req.Topics {
			if t.Count > maxPartitions {
				return fmt.Errorf("expected at most %d partitions a topic, found %d", maxPartitions, t.Count)
			}
		}
	case *kmsg.IncrementalAlterConfigsRequest:
		for _, res := range req.Resources {
			if res.ResourceType != kmsg.ConfigResourceTypeTopic {
				return errors.New("expected settings of topics; those of the broker come from its configuration")
			}
			for _, c := range res.Configs {
				switch c.Op {
				case kmsg.IncrementalAlterConfigOpDelete:
				case kmsg.IncrementalAlterConfigOpSet:
					if err := checkSetting(c.Name, c.Value); err != nil {
						return err
					}
				default:
					return errors.New("expected settings to be set or deleted, no list operation")
				}
			}
		}
	}
	return nil
}

// checkSetting checks a topic setting. kfake takes any text for any name and reads it later.
func checkSetting(name string, value *string) error {
	if value == nil {
		return nil
	}
	least := int64(0)
	switch name {
	case "cleanup.policy":
		// Compaction decompresses whatever lies in the log, in memory, in the goroutine that serves everybody.
		if *value != "delete" {
			return errors.New("expected cleanup.policy delete; this broker does not compact topics")
		}
		return nil
	case "retention.ms":
		if *value != "-1" {
			return errors.New("expected retention.ms -1; this broker keeps records by size, because time could empty a partition")
		}
		return nil
	case "retention.bytes":
		least = minRetention
	case "segment.bytes":
		least = minSegment
	case "segment.ms":
		least = 1000 // a file a second at most
	case "max.message.bytes":
	default:
		return nil // kfake ignores it, or takes any text
	}
	n, err := strconv.ParseInt(*value, 10, 64)
	if err != nil || n < least {
		return fmt.Errorf("setting %s: expected a number from %d, found %q", name, least, shorten(*value))
	}
	return nil
}

// shorten keeps what a client sent from filling a log line.
func shorten(s string) string {
	if len(s) > 32 {
		return strings.ToValidUTF8(s[:32], "") + "..."
	}
	return s
}
