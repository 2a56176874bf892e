// Package kafka is the gateway's way to Kafka: a Watermill Subscriber and Publisher, topic administration and a plain
// reader, on one shared Cluster. It must not know what a record means: no event, document or route passes here, only
// keys, values and headers.
//
// # What is used of kafka-go
//
// Connections (Transport: dialling, TLS, SASL, version negotiation, pooling) and the compression codecs. Requests are
// encoded and decoded here, through the hook that the Transport has for messages that exchange raw bytes, because
// kafka-go cannot write idempotently, shows records of aborted transactions, loses the end of compacted batches,
// allocates what a hostile length says, routes by metadata that is up to seconds old, commits with a leader epoch that
// misleads other clients, and becomes a new member of its group with every lost connection. Reader, Writer and
// ConsumerGroup are not used. Versions spoken: Produce 8, Fetch 11, ListOffsets 5, Metadata 10, OffsetCommit 7,
// OffsetFetch 7, FindCoordinator 2, JoinGroup 5, SyncGroup 3, Heartbeat 3, LeaveGroup 2, CreateTopics 4,
// InitProducerId 1, AddPartitionsToTxn 1, AddOffsetsToTxn 1, EndTxn 1, TxnOffsetCommit 3; all are served by Kafka 2.8 to
// 4.x.
//
// # Life of a fetched record
//
//	poller    asks each leader for all partitions that have room: in one request for those with more records, which is
//	          answered at once, and in one that the broker holds until there is something for the others. Checksum,
//	          decompression, aborted transactions and control records are settled here.
//	flowPart  gives the record a number in the partition's tracker and puts it into the lane of its key.
//	lane      hands out up to BatchSize records as one Watermill message, and the next one only after the ack. A nack
//	          makes the same message come again, after a pause, so a key's records never overtake each other.
//	tracker   knows the first record that is not done; everything before it may be committed.
//	flow      commits those watermarks every CommitInterval, inside the group's generation.
//
// A generation is one flow. When it ends (rebalance, Close, context) fetching stops first; handlers get DrainTimeout
// to finish, and records that come before one already handed out are still handed out, so that the watermark passes
// all that was done; then the last commit is made and only then does the member join again or leave. What was not
// acknowledged in time is not committed and comes again, to whoever owns the partition next: at least once. The
// message's context ends with its ack, or when the drain is over.
//
// # Life of a produced record
//
// Produce chooses the partition (murmur2 of the key as the Java client does, or of OrderBy where the key is null; with
// neither, partitions take turns) and queues the record. The sender has one request in flight to each broker; when it
// comes back, what has queued for all that broker's partitions is the next one, and where that is much, more is gathered
// for some milliseconds. A batch has a producer id, an epoch and a sequence number; a failed attempt repeats the same
// bytes until DeliveryTimeout, and the broker recognises what it has. When time runs out the outcome is unknown, and the
// numbers are never used again: a broker answers a known number with success and throws the new content away. The
// partition takes the next epoch and Produce fails; the caller repeats.
//
// # Exactly once
//
// With SubscriberConfig.ExactlyOnce a flow has a session: a transactional producer under the id group-topic-partition of
// its first partition. A message's context leads Produce to it. Every CommitInterval the flow pauses: lanes hand out
// only what comes before something already offered, until nothing is with a handler and all that was done lies before
// the watermarks; then outputs and watermarks are committed together. A refused message, an unknown outcome or an
// expired drain gives the transaction up: a new session begins, which aborts it, and the flow goes on from the committed
// offsets. A new generation takes over the ids of all its partitions before it reads their offsets, so what a dead or
// slow owner left is aborted at once and what it still sends is refused.
//
// # Limits
//
// In flight per subscription: MaxInFlightRecords and MaxInFlightBytes, each partition its share, exceeded by at most
// one fetch. In the publisher: MaxQueuedBytes. In a response: 256 MiB; in a decompressed batch: 128 MiB. Records
// behind an unfinished one: 32,768 a partition.
package kafka
