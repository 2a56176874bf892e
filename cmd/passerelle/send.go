package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/kafka"
)

// headerFile names the file that a message was sent from. It travels on to every output.
const headerFile = "file"

func (c *cli) send() *cobra.Command {
	var to, broker string
	cmd := &cobra.Command{
		Use:   "send FILE...",
		Short: c.say("Publier des documents vers un sujet source", "Publish documents to a source topic"),
		Long: c.say(
			"Sans --to, chaque document va au premier sujet source, dans l'ordre de la configuration, dont une route le prend.\nLa clé du message est la clé d'ordre du document.",
			"Without --to each document goes to the first source topic, in the order of the configuration, with a route that\ntakes it. The key of the message is the document's order key."),
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			var records []kafka.Record
			var names, digests []string
			var larges []*largeFile
			most := largest{}
			for _, file := range files { // all are looked at before any is published
				if l := c.large(gateway, file); l != nil {
					digest, err := c.eachRecord(gateway, l, to, "", most.note)
					if err != nil {
						return err
					}
					larges, digests = append(larges, l), append(digests, digest)
					continue
				}
				value, err := c.readDocument(file)
				if err != nil {
					return err
				}
				record, err := c.record(gateway, file, value, to)
				if err != nil {
					return err
				}
				_ = most.note(record, file) // never fails
				records, names = append(records, record), append(names, file)
			}
			cluster, err := c.connect(cmd.Context(), gateway, broker)
			if err != nil {
				return err
			}
			defer func() { _ = cluster.Close() }() // never fails
			if err := c.fits(cmd.Context(), cluster, most); err != nil {
				return err
			}
			publisher := cluster.NewPublisher(kafka.PublisherConfig{DeliveryTimeout: sendTimeout})
			defer func() { _ = publisher.Close() }() // never fails
			publish := func(records []kafka.Record) error { return publisher.Produce(cmd.Context(), records) }
			if err := publish(records); err != nil {
				return err
			}
			for i, r := range records {
				key := c.say("sans clé", "no key")
				if r.Key != nil {
					key = c.say("clé ", "key ") + printable(string(r.Key))
				}
				c.printf("%s -> %s, %s\n", "%s -> %s, %s\n", names[i], r.Topic, key)
			}
			for i, l := range larges {
				if err := c.sendLarge(gateway, l, to, digests[i], publish); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", c.say("sujet de destination", "topic to publish to"))
	cmd.Flags().StringVar(&broker, "broker", "", c.say("adresse d'un broker (hôte:port)", "address of a broker (host:port)"))
	return cmd
}

// sendTimeout is how long a person at a terminal waits for a broker.
const sendTimeout = 15 * time.Second

// record makes the record that carries a document to a topic, or to the source topic that takes it. The name is that of
// its file.
func (c *cli) record(g *app.Gateway, name string, value []byte, to string) (kafka.Record, error) {
	topic, verdict := g.Judge(to, value)
	defer verdict.Release()
	if to == "" && verdict.Route() == nil {
		return kafka.Record{}, fmt.Errorf(c.say(
			"%s : aucune route ne prend ce document, rien n'a été envoyé ; indiquez le sujet avec --to, ou demandez « passerelle explain »",
			"%s: no route takes this document, nothing was sent; name the topic with --to, or ask \"passerelle explain\""), name)
	}
	record := kafka.Record{
		Topic: topic, Value: value,
		Headers: []event.Header{{Key: headerFile, Value: []byte(filepath.Base(name))}},
	}
	if verdict.Key != "" {
		record.Key = []byte(verdict.Key)
	}
	return record, nil
}

// largest is the largest message for each topic.
type largest map[string]namedSize

// namedSize is the size of a document, in bytes, and the name of its file.
type namedSize struct {
	name  string
	bytes int
}

func (l largest) note(r kafka.Record, name string) error {
	if len(r.Value) > l[r.Topic].bytes {
		l[r.Topic] = namedSize{name, len(r.Value)}
	}
	return nil
}

// recordRoom is what a message needs beside its value: its key, headers and the batch around it.
const recordRoom = 4 << 10

// fits refuses what a topic would not take, by what the brokers say of it. Who may not ask them learns it from the answer to
// the message.
func (c *cli) fits(ctx context.Context, cluster *kafka.Cluster, most largest) error {
	const setting = "max.message.bytes"
	for _, topic := range slices.Sorted(maps.Keys(most)) {
		settings, err := cluster.TopicSettings(ctx, []string{topic}, []string{setting})
		if err != nil {
			continue
		}
		limit, err := strconv.Atoi(settings[topic].Values[setting])
		if l := most[topic]; err == nil && l.bytes+recordRoom > limit {
			return fmt.Errorf(c.say(
				"%s : %d octets, le sujet %s n'accepte que %d octets par message, en-têtes compris ; rien n'a été envoyé ; découpez le document, ou augmentez max.message.bytes du sujet",
				"%s: %d bytes, the topic %s takes %d bytes a message, headers included; nothing was sent; split the document, or raise max.message.bytes of the topic"),
				l.name, l.bytes, topic, limit)
		}
	}
	return nil
}
