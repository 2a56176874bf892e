package kafka

// action is what a client does about an error code.
type action int

const (
	proceed  action = iota // no error, or one that means that the work is done already
	retry                  // the same request again, after a pause
	refresh                // ask where the leader or coordinator is now, then the same request again
	fence                  // this producer's or member's identity is not valid any more: take a new one
	tooLarge               // the batch is larger than the topic takes
	fatal                  // nothing this client does will help: report it
)

// Error codes that the code names.
const (
	codeOffsetOutOfRange      int16 = 1
	codeUnknownTopic          int16 = 3
	codeLeaderNotAvailable    int16 = 5
	codeNotLeader             int16 = 6
	codeMessageTooLarge       int16 = 10
	codeRebalanceInProgress   int16 = 27
	codeTopicAlreadyExists    int16 = 36
	codeOutOfOrderSequence    int16 = 45
	codeInvalidProducerEpoch  int16 = 47
	codeUnknownProducerID     int16 = 59
	codeUnstableOffsetCommit  int16 = 88
	codeUnknownServerError    int16 = -1
	codeIllegalGeneration     int16 = 22
	codeUnknownMember         int16 = 25
	codeMemberIDRequired      int16 = 79
	codeFencedInstance        int16 = 82
	codeConcurrentTransaction int16 = 51
	codeNotAttempted          int16 = 55 // of one partition, because another one of the request failed
)

// classify says what to do about an error code of a Kafka response. It is the only place that decides: kafka-go's
// Error.Temporary calls a corrupt batch temporary and a concurrent transaction permanent.
func classify(code int16) action {
	switch code {
	case 0:
		return proceed
	case 46: // DUPLICATE_SEQUENCE_NUMBER: an earlier attempt of this batch was written, its answer got lost
		return proceed
	case codeUnknownServerError: // an exception inside the broker; nothing says that it lasts
		return retry
	case 2: // CORRUPT_MESSAGE: the bytes were damaged on the way, the next attempt has its own
		return retry
	case codeUnknownTopic: // a topic just created that this broker has not heard of, or a topic deleted: the deadline decides
		return refresh
	case codeLeaderNotAvailable, codeNotLeader: // an election, or metadata older than the last one
		return refresh
	case 7: // REQUEST_TIMED_OUT: not replicated in time; written or not, the sequence number settles it
		return retry
	case 8, 9: // BROKER_NOT_AVAILABLE, REPLICA_NOT_AVAILABLE: a broker starts or stops
		return refresh
	case 13: // NETWORK_EXCEPTION: the broker lost a peer while it worked
		return refresh
	case 14: // COORDINATOR_LOAD_IN_PROGRESS: it reads its log after a move; also the first InitProducerID after a start
		return retry
	case 15, 16: // COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: it moved or is not elected yet
		return refresh
	case 19, 20: // NOT_ENOUGH_REPLICAS(_AFTER_APPEND): fewer in-sync replicas than min.insync.replicas; acks=all waits for them
		return retry
	case codeRebalanceInProgress: // the group is forming its next generation; commits are taken again afterwards
		return retry
	case 56: // KAFKA_STORAGE_ERROR: the leader's disk failed, another replica takes over
		return refresh
	case 74, 75: // FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH: client and broker know different leaders
		return refresh
	case 78: // OFFSET_NOT_AVAILABLE: a new leader does not know its high watermark yet
		return retry
	case 89: // THROTTLING_QUOTA_EXCEEDED: a quota; the pause is the answer
		return retry
	case codeConcurrentTransaction: // the last transaction's markers are still being written
		return retry
	case codeUnstableOffsetCommit: // a transaction that commits this group's offsets has not ended (RequireStable)
		return retry
	case 41: // NOT_CONTROLLER: the controller moved between the question where it is and the request
		return refresh
	case codeOutOfOrderSequence: // the log lost what we know to be written (unclean election), or an outcome is unknown
		return fence
	case codeInvalidProducerEpoch, 90: // INVALID_PRODUCER_EPOCH, PRODUCER_FENCED: a later epoch writes already
		return fence
	case 48, 49: // INVALID_TXN_STATE, INVALID_PRODUCER_ID_MAPPING: somebody ended our transaction, or our id expired
		return fence
	case codeUnknownProducerID: // the broker forgot the producer: its records were all deleted by retention
		return fence
	case codeIllegalGeneration, codeUnknownMember, codeFencedInstance: // ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID: the group went on without us
		return fence
	case codeMessageTooLarge, 18: // MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE: max.message.bytes, segment.bytes
		return tooLarge
	}
	// Everything else is a refusal that lasts: no permission (29, 30, 31, 53, 65), a bad name, configuration or
	// request (17, 35, 37-44, 76, 87 ...), an offset out of range (1, which its own policy handles), or a code of a
	// later Kafka, about which guessing would be wrong.
	return fatal
}
