package app

import (
	"slices"
	"strconv"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/embedded"
	"github.com/commande-publique/passerelle/internal/kafka"
)

const (
	// An input topic takes twice the largest document, so that an oversized one is refused with a reason rather than
	// by the broker.
	inputMessageBytes = 32 << 20
	// A dead letter is an input and its headers: violations (64 KiB at most) and the rest.
	deadLetterMessageBytes = inputMessageBytes + 1<<20
	// A row of a table, a buyer with thousands of services or a request with as many lots, is far below, and so is the claim of a number.
	rowMessageBytes = 1 << 20
)

// topic is a topic that the gateway reads or writes.
type topic struct {
	name            string
	maxMessageBytes int
	table           bool // compacted: the last record of each key is a row
}

// topics lists the topics of a gateway, each once: sources, dead letters, those of numbers in use and of tables, then destinations
// and receipts.
func (g *Gateway) topics() []topic {
	var out []topic
	add := func(name string, bytes int) {
		if name != config.NoReceipts && !slices.ContainsFunc(out, func(t topic) bool { return t.name == name }) {
			out = append(out, topic{name: name, maxMessageBytes: bytes})
		}
	}
	for _, s := range g.Config.Sources.Items {
		add(s.Topic.Value, inputMessageBytes)
	}
	add(g.Config.DeadLetters.Value, deadLetterMessageBytes)
	for _, name := range g.Routes.Claims() {
		add(name, rowMessageBytes)
		out[len(out)-1].table = true
	}
	for _, t := range g.References {
		if t.Topic != "" {
			add(t.Topic, rowMessageBytes)
			out[len(out)-1].table = true
		}
	}
	for _, name := range g.Outputs() {
		add(name, inputMessageBytes)
	}
	return out
}

func (g *Gateway) topicNames() []string {
	var names []string
	for _, t := range g.topics() {
		names = append(names, t.name)
	}
	return names
}

// Outputs lists the topics that the gateway writes to, each once: the destinations of the routes in their order, then the
// numbers in use, receipts and dead letters.
func (g *Gateway) Outputs() []string {
	outputs := g.Routes.Destinations()
	for _, name := range append(append(g.Routes.Claims(), reserved(g.Config)[1:]...), g.Config.DeadLetters.Value) {
		if !slices.Contains(outputs, name) {
			outputs = append(outputs, name)
		}
	}
	return outputs
}

// logBudget bounds the embedded log as a whole: the broker reads it into memory when it starts.
const logBudget = 1800 << 20

// embeddedTopics shares the log among the topics: those that hold what nobody has read yet, sources and dead letters,
// get three times the room of outputs, which partners follow.
func (g *Gateway) embeddedTopics() []embedded.Topic {
	topics := g.topics()
	weight := func(t topic) int64 {
		if t.name == g.Config.DeadLetters.Value || slices.Contains(g.Sources(), t.name) {
			return 3
		}
		return 1
	}
	partitions, weights := g.Config.Topics.Partitions.Value, int64(0)
	for _, t := range topics {
		weights += weight(t)
	}
	var out []embedded.Topic
	for _, t := range topics {
		out = append(out, embedded.Topic{
			Name: t.name, Partitions: int(partitions), MaxMessageBytes: t.maxMessageBytes,
			// The newest message always stays, whatever its size.
			RetentionBytes: max(logBudget/(partitions*weights)*weight(t), int64(t.maxMessageBytes)),
		})
	}
	return out
}

// clusterTopics are the topics as they are created on a cluster, those of tables compacted where it can do that.
func (g *Gateway) clusterTopics(compacts bool) []kafka.Topic {
	var out []kafka.Topic
	for _, t := range g.topics() {
		settings := map[string]string{"max.message.bytes": strconv.Itoa(t.maxMessageBytes)}
		if t.table && compacts {
			settings["cleanup.policy"] = "compact"
		}
		out = append(out, kafka.Topic{
			Name: t.name, Partitions: int(g.Config.Topics.Partitions.Value), Replication: int(g.Config.Topics.Replication.Value), Config: settings,
		})
	}
	return out
}
