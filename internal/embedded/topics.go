package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Topic is a topic that the broker holds, with its settings in Kafka's words and units. The zero value of a field means its
// default.
//
// There is no retention by time. It empties a partition that is quiet for long enough, and kfake numbers the records of an empty
// partition from 0 again after a crash: a consumer group, whose place is kept, would skip what comes next. For the same reason
// RetentionBytes is never below the largest message, so that the newest always stays.
type Topic struct {
	Name            string
	Partitions      int   // default Options.Partitions; more than before are added, fewer are kept as they are
	MaxMessageBytes int   // largest batch of records, bytes; default 1 MiB, as Kafka's
	RetentionBytes  int64 // oldest records beyond this go, bytes a partition; default an equal share of logBudget
	SegmentBytes    int   // size of one file of the log, bytes; default a quarter of the share, at most 32 MiB
}

const (
	// kfake reads the whole log into memory when it starts, so the log of all configured topics stays below 2 GB by default.
	logBudget = 1900 << 20
	// Room of a partition of a topic that a client created: enough to try things, too little to fill a disk by accident.
	clientTopicRetention = 64 << 20
	// Smaller files give their space back sooner; more of them cost file handles.
	maxSegment = 32 << 20
	// Below this a log is mostly files.
	minSegment = 4 << 10
	// Kafka's own default, and the largest that fits a frame with room for its headers.
	defaultMaxMessageBytes = 1<<20 + 12
	maxMaxMessageBytes     = maxProduceFrame - 1<<20
	// The largest message of a topic that does not say, which retention must leave.
	minRetention = defaultMaxMessageBytes
	// Every partition costs memory and, once written, two open files.
	maxPartitions = 1000
)

// settleTopics checks the topics and fills in the defaults.
func settleTopics(topics []Topic, partitions int) ([]Topic, error) {
	settled := make([]Topic, len(topics))
	seen := make(map[string]string, len(topics))
	var errs []error
	room, sharing := int64(logBudget), int64(0)
	for i, t := range topics {
		if t.Partitions <= 0 {
			t.Partitions = partitions
		}
		if t.MaxMessageBytes <= 0 {
			t.MaxMessageBytes = defaultMaxMessageBytes
		}
		if t.RetentionBytes > 0 {
			room -= t.RetentionBytes * int64(t.Partitions)
		} else {
			sharing += int64(t.Partitions)
		}
		errs = append(errs, checkTopic(t))
		key := strings.ReplaceAll(t.Name, ".", "_") // Kafka takes a.b and a_b for the same metric name and refuses the second
		if other, ok := seen[key]; ok {
			errs = append(errs, fmt.Errorf("topic %q: expected a name of its own, found it beside %q; rename one", t.Name, other))
		}
		seen[key] = t.Name
		settled[i] = t
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	for i := range settled {
		t := &settled[i]
		if t.RetentionBytes <= 0 {
			share := max(room/sharing, int64(clientTopicRetention)/4)
			// What is on disk is the retention and up to one file that retention has not freed yet.
			t.RetentionBytes = max(share-share/4, leastRetention(*t))
		}
		if t.SegmentBytes <= 0 {
			t.SegmentBytes = int(min(max(t.RetentionBytes/4, minSegment), maxSegment))
		}
	}
	return settled, nil
}

func checkTopic(t Topic) error {
	switch {
	case !validTopicName(t.Name):
		return fmt.Errorf("topic %q: expected 1 to 249 letters, digits, '.', '_' or '-', and neither \".\" nor \"..\"; rename it", t.Name)
	case t.Partitions > maxPartitions:
		return fmt.Errorf("topic %q: expected at most %d partitions, found %d; one node gains nothing from more", t.Name, maxPartitions, t.Partitions)
	case t.MaxMessageBytes > maxMaxMessageBytes:
		return fmt.Errorf("topic %q: expected a largest message of at most %d bytes, found %d; lower it or use a real Kafka", t.Name, maxMaxMessageBytes, t.MaxMessageBytes)
	case t.RetentionBytes > 0 && t.RetentionBytes < leastRetention(t):
		return fmt.Errorf("topic %q: expected a retention of at least the largest message (%d bytes), found %d; raise it", t.Name, leastRetention(t), t.RetentionBytes)
	case t.SegmentBytes > 0 && (t.SegmentBytes < minSegment || t.SegmentBytes > math.MaxInt32):
		return fmt.Errorf("topic %q: expected segments of %d to %d bytes, found %d", t.Name, minSegment, math.MaxInt32, t.SegmentBytes)
	}
	return nil
}

// leastRetention is the size below which retention could remove the newest batch of a topic.
func leastRetention(t Topic) int64 { return max(int64(t.MaxMessageBytes), minRetention) }

// validTopicName tells whether Kafka takes name for a topic.
func validTopicName(name string) bool {
	if name == "" || len(name) > 249 || name == "." || name == ".." {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// configs returns the settings that belong to the configuration: a start brings a topic back to them.
func (t Topic) configs() map[string]string {
	return map[string]string{
		"cleanup.policy":    "delete",
		"max.message.bytes": strconv.Itoa(t.MaxMessageBytes),
		"retention.bytes":   strconv.FormatInt(t.RetentionBytes, 10),
		"retention.ms":      "-1",
		"segment.bytes":     strconv.Itoa(t.SegmentBytes),
	}
}

// applyTopics creates the missing topics and brings the others to their settings, through the protocol as any client would.
func applyTopics(ctx context.Context, addr string, topics []Topic, log *slog.Logger) error {
	if len(topics) == 0 {
		return nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ClientID("passerelle-embedded"), kgo.DisableClientMetrics())
	if err != nil {
		return err
	}
	defer client.Close()
	adm := kadm.NewClient(client)
	existing, err := adm.ListTopics(ctx)
	if err != nil {
		return fmt.Errorf("list the topics: %w", err)
	}
	for _, t := range topics {
		if !existing.Has(t.Name) {
			configs := make(map[string]*string)
			for k, v := range t.configs() {
				configs[k] = kadm.StringPtr(v)
			}
			if _, err := adm.CreateTopic(ctx, int32(t.Partitions), 1, configs, t.Name); err != nil {
				return fmt.Errorf("create topic %s: %w", t.Name, err)
			}
			continue
		}
		if err := alterTopic(ctx, adm, t, len(existing[t.Name].Partitions), log); err != nil {
			return err
		}
	}
	return nil
}

func alterTopic(ctx context.Context, adm *kadm.Client, t Topic, partitions int, log *slog.Logger) error {
	switch {
	case partitions < t.Partitions:
		resps, err := adm.UpdatePartitions(ctx, t.Partitions, t.Name)
		if err = errors.Join(err, resps.Error()); err != nil && !errors.Is(err, kerr.InvalidPartitions) {
			return fmt.Errorf("add partitions to topic %s: %w", t.Name, err)
		}
	case partitions > t.Partitions:
		log.Warn("embedded broker: Kafka cannot take partitions away; the topic keeps those it has",
			"topic", t.Name, "configured", t.Partitions, "found", partitions)
	}
	var alter []kadm.AlterConfig
	for k, v := range t.configs() {
		alter = append(alter, kadm.AlterConfig{Op: kadm.SetConfig, Name: k, Value: kadm.StringPtr(v)})
	}
	resps, err := adm.AlterTopicConfigs(ctx, alter, t.Name)
	if err != nil {
		return fmt.Errorf("alter topic %s: %w", t.Name, err)
	}
	for _, r := range resps {
		if r.Err != nil {
			return fmt.Errorf("alter topic %s: %w", t.Name, r.Err)
		}
	}
	return nil
}
