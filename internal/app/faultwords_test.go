package app

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/embedded"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/telemetry"
	"github.com/commande-publique/passerelle/schemas/rules"
)

// Every fault has a code that the guide explains, a subject, and words and a remedy in both languages.
func TestFaultsHaveWords(t *testing.T) {
	guide, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	failure := errors.New("some reason")
	write := func(partition int32, err error) finding {
		return writeFault(kafka.WriteStatus{Topic: "out", Partition: partition, Err: err})
	}
	read := func(err error) finding {
		return readFault(kafka.PartitionStatus{Topic: "in", Partition: 3, Err: err})
	}
	told := func(f telemetry.Fault) finding { return finding{Fault: f} }
	for _, tt := range []struct {
		found         finding
		code, subject string
		brief, down   bool
	}{
		{write(2, failure), "write_blocked", "out/2", true, false},
		{write(2, &kafka.UnknownOutcomeError{Topic: "out", Partition: 2, Err: failure}), "outcome_unknown", "out/2", true, false},
		{write(-1, &kafka.UnknownTopicError{Topic: "out"}), "topic_missing", "out", false, false},
		{write(2, &kafka.RecordTooLargeError{Topic: "out", Size: 9}), "record_too_large", "out", false, false},
		{read(failure), "read_blocked", "in/3", true, false},
		{read(&kafka.OffsetOutOfRangeError{Topic: "in", Partition: 3}), "partition_stopped", "in/3", false, false},
		{told(diskFault(embedded.Space{DataDir: "d", Free: 1 << 20, Reserve: 2 << 20})), "disk_reserve", "d", false, false},
		{told(diskFault(embedded.Space{DataDir: "d", Free: -1, Err: failure})), "disk_reserve", "d", false, false},
		{told(unreadableFault(rules.Directory(), "d.csv", "raison", "reason")), "directory_unreadable", "d.csv", false, false},
		{told(staleFault(reference.Status{Spec: rules.Directory(), Source: "d.csv"})), "directory_stale", "d.csv", false, false},
		{told(*recordFault(rules.Directory(), "d", refusedFeed())), "directory_record", "d", false, false},
		{told(unreadableFault(rules.Requests(), "r", "raison", "reason")), "requests_unreadable", "r", false, false},
		{told(staleFault(reference.Status{Spec: rules.Requests(), Source: "r"})), "requests_stale", "r", false, false},
		{told(*recordFault(rules.Requests(), "r", refusedFeed())), "requests_record", "r", false, false},
		{told(topicsFault([]string{"a:1", "b:2"}, failure)), "topics_unavailable", "a:1, b:2", false, true},
		{told(forbiddenFault("g", failure)), "authorization_refused", "g", false, false},
		{told(coordinatorFault("g", failure)), "coordinator_unavailable", "g", false, false},
		{told(unreachableFault([]string{"a:1"}, &kafka.UnreachableError{Err: failure})), "broker_unreachable", "a:1", false, true},
		{told(unreachableFault([]string{"a:1"}, &kafka.SecurityError{Code: kafka.ConnectionClosed, FR: "raccroche", EN: "hangs up"})), "broker_unreachable", "a:1", false, true},
		{told(unreachableFault([]string{"a:1"}, &kafka.SecurityError{Code: kafka.NoTLS, FR: "sans TLS", EN: "no TLS"})), "no_tls", "a:1", false, true},
	} {
		f := tt.found
		assert.Equal(t, tt.code, f.Code)
		assert.Equal(t, tt.subject, f.Subject, tt.code)
		assert.Equal(t, tt.brief, f.brief, tt.code)
		assert.Equal(t, tt.down, f.Down, tt.code)
		for _, text := range []string{f.FR, f.EN, f.RemedyFR, f.RemedyEN} {
			assert.NotEmpty(t, text, tt.code)
		}
		assert.NotEqual(t, f.FR, f.EN, tt.code)
		assert.Contains(t, string(guide), "`"+tt.code+"`", "docs/operations.md explains it")
	}
}

// What has its reason told already is not told again for each partition.
func TestRedundantFaults(t *testing.T) {
	found := []finding{
		{Fault: missingFault("out")},
		writeFault(kafka.WriteStatus{Topic: "out", Partition: 0, Err: errors.New("x")}),
		writeFault(kafka.WriteStatus{Topic: "other", Partition: 0, Err: errors.New("x")}),
		readFault(kafka.PartitionStatus{Topic: "in", Err: &kafka.OffsetOutOfRangeError{}}),
	}
	for _, tt := range []struct {
		unreachable bool
		want        []bool
	}{{false, []bool{false, true, false, false}}, {true, []bool{false, true, true, false}}} {
		drop := redundant(found, tt.unreachable)
		for i, f := range found {
			assert.Equal(t, tt.want[i], drop(f), "%v %s of %s", tt.unreachable, f.Code, f.Subject)
		}
	}
}

// refusedFeed is the directory of a topic with a record that cannot be read.
func refusedFeed() *reference.Feed {
	feed := reference.NewFeed(rules.Directory(), "d")
	feed.Take("d/0/1", []byte("1"), []byte("{}"), time.Time{})
	return feed
}
