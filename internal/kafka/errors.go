package kafka

import (
	"errors"
	"fmt"
	"strings"

	kafkago "github.com/segmentio/kafka-go"
)

// ErrClosed is returned by everything that is used after its Close.
var ErrClosed = errors.New("kafka: closed")

// UnreachableError says that no broker of the cluster could be reached.
type UnreachableError struct {
	Brokers []string // as configured, host:port
	Err     error    // what the last attempt met
}

// Error implements error.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("kafka: no broker answers at %s: %v; check the address, that the broker runs, and TLS and SASL settings",
		strings.Join(e.Brokers, ", "), e.Err)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// UnknownTopicError says that a topic does not exist, and still did not after waiting for a broker that had not
// heard of it yet.
type UnknownTopicError struct{ Topic string }

// Error implements error.
func (e *UnknownTopicError) Error() string {
	return fmt.Sprintf("kafka: the topic %q does not exist; create it, or correct its name", e.Topic)
}

// RecordTooLargeError says that one record is larger than allowed. The records around it are not touched.
type RecordTooLargeError struct {
	Topic string
	Size  int // bytes of the record as it would be sent
	Limit int // bytes allowed by this producer, or 0 when the broker refused it (max.message.bytes of the topic)
}

// Error implements error.
func (e *RecordTooLargeError) Error() string {
	if e.Limit == 0 {
		return fmt.Sprintf("kafka: a record of %d bytes is larger than topic %q takes; raise max.message.bytes of the topic, or send less", e.Size, e.Topic)
	}
	return fmt.Sprintf("kafka: a record of %d bytes for topic %q is larger than the limit of %d bytes", e.Size, e.Topic, e.Limit)
}

// UnknownOutcomeError says that records were sent but that no answer came in time: they may be in the log or not.
// Sending them again is right, and may duplicate them.
type UnknownOutcomeError struct {
	Topic     string
	Partition int32
	Err       error // the last failure met before time was up
}

// Error implements error.
func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("kafka: it is unknown whether the records for %s/%d were written: %v; send them again", e.Topic, e.Partition, e.Err)
}

// Unwrap returns the cause.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// TransactionError says that records were not written because the transaction that they belong to has failed. Its
// records come again from the subscriber; nothing of the transaction is seen by a read_committed consumer.
type TransactionError struct{ Err error }

// Error implements error.
func (e *TransactionError) Error() string {
	return fmt.Sprintf("kafka: the transaction of these records was given up: %v; they will come again", e.Err)
}

// Unwrap returns the cause.
func (e *TransactionError) Unwrap() error { return e.Err }

// OffsetOutOfRangeError says that the offset where consumption has to go on is not in the log any more (retention
// was shorter than the backlog) or not yet (the log was truncated or the topic created again).
type OffsetOutOfRangeError struct {
	Topic     string
	Partition int32
	Offset    int64 // where consumption had to go on
	First     int64 // first offset in the log, -1 when unknown
	Last      int64 // offset after the last one in the log, -1 when unknown
}

// Error implements error.
func (e *OffsetOutOfRangeError) Error() string {
	return fmt.Sprintf("kafka: %s/%d: offset %d is not in the log (%d to %d): records may be missing; "+
		"set the reset policy to earliest or latest, or commit the offset to go on from", e.Topic, e.Partition, e.Offset, e.First, e.Last)
}

// RecordError says what became of one record of a call of Produce.
type RecordError struct {
	Index int // position in the slice given to Produce
	Err   error
}

// ProduceError lists the records of one call that were not acknowledged; every other one was.
type ProduceError struct {
	Total  int
	Failed []RecordError // ordered by index, never empty
}

// Error implements error.
func (e *ProduceError) Error() string {
	return fmt.Sprintf("kafka: %d of %d records were not acknowledged, first (record %d): %v",
		len(e.Failed), e.Total, e.Failed[0].Index, e.Failed[0].Err)
}

// Unwrap returns the errors of the records.
func (e *ProduceError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i := range e.Failed {
		errs[i] = e.Failed[i].Err
	}
	return errs
}

// protocolError is the error of a response that carries that code.
func protocolError(code int16, doing string) error {
	return fmt.Errorf("kafka: %s: %w", doing, kafkago.Error(code))
}

// answered returns the error code when err is a broker's answer.
func answered(err error) (kafkago.Error, bool) {
	var code kafkago.Error
	ok := errors.As(err, &code)
	return code, ok
}

// codeOf returns the error code of a response that an error carries, 0 when it is nil or carries none.
func codeOf(err error) int16 {
	code, _ := answered(err)
	return int16(code)
}
