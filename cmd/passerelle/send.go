package main

import (
	"context"
	"crypto/sha256"
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
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/transformers"
)

// headerFile names the file that a message was sent from. It travels on to every output.
const headerFile = "file"

func (c *cli) send() *cobra.Command {
	var to, broker, dataschema string
	cmd := &cobra.Command{
		Use:   "send FILE...",
		Short: c.say("Publier des documents vers un sujet source", "Publish documents to a source topic"),
		Long: c.say(
			"Sans --to, chaque document va au premier sujet source, dans l'ordre de la configuration, dont une route le prend.\nLa clé du message est la clé d'ordre du document.",
			"Without --to each document goes to the first source topic, in the order of the configuration, with a route that\ntakes it. The key of the message is the document's order key."),
		Args: c.some("un fichier au moins", "at least one file"),
		RunE: func(cmd *cobra.Command, files []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			s := &sender{c, gateway, to, dataschema}
			var records []kafka.Record
			var names []string
			var larges []func(publish func([]kafka.Record) error) error
			most := largest{}
			for _, file := range files { // all are looked at before any is published
				if l := c.large(gateway, file); l != nil {
					contracts, digest, err := s.look(l, most.note)
					if err != nil {
						return err
					}
					larges = append(larges, func(publish func([]kafka.Record) error) error { return s.sendLarge(l, contracts, digest, publish) })
					continue
				}
				value, err := c.readDocument(file)
				if err != nil {
					return err
				}
				record, err := s.record(file, value)
				if err != nil {
					return err
				}
				most.note(record.Topic, file, len(value))
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
			for _, send := range larges {
				if err := send(publish); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", c.say("sujet de destination", "topic to publish to"))
	cmd.Flags().StringVar(&broker, "broker", "", c.say("adresse d'un broker (hôte:port)", "address of a broker (host:port)"))
	cmd.Flags().StringVar(&dataschema, "dataschema", "", c.saysDataschema())
	return cmd
}

// sendTimeout is how long a person at a terminal waits for a broker.
const sendTimeout = 15 * time.Second

// sender makes the messages that carry documents.
type sender struct {
	*cli
	gateway        *app.Gateway
	to, dataschema string // the flags
}

// address is where a document goes, and under which key.
type address struct {
	topic, key string
	kind       transformers.Kind
}

// address decides where a document goes: to the topic that was named, or to the source topic that takes it. The name is
// that of its file.
func (s *sender) address(name string, value []byte) (address, error) {
	topic, verdict := s.gateway.Judge(s.to, value, announcing(s.dataschema)...)
	defer verdict.Release()
	if s.to == "" && verdict.Route() == nil {
		return address{}, fmt.Errorf(s.say(
			"%s : aucune route ne prend ce document, rien n'a été envoyé ; indiquez le sujet avec --to, ou demandez « passerelle explain »",
			"%s: no route takes this document, nothing was sent; name the topic with --to, or ask \"passerelle explain\""), name)
	}
	return address{topic, verdict.Key, verdict.Identity.Kind}, nil
}

// record makes the message that carries a document to an address.
func (a address) record(name string, value []byte) kafka.Record {
	record := kafka.Record{
		Topic: a.topic, Value: value,
		Headers: []event.Header{{Key: headerFile, Value: []byte(filepath.Base(name))}},
	}
	if a.key != "" {
		record.Key = []byte(a.key)
	}
	return record
}

// sentBy is the source of the events that send makes.
const sentBy = "urn:passerelle:send"

// record makes the message that carries a document. It is an event where a dataschema is to be told, with the digest of the
// document as its id; else the gateway makes it one.
func (s *sender) record(name string, value []byte) (kafka.Record, error) {
	to, err := s.address(name, value)
	if err != nil {
		return kafka.Record{}, err
	}
	record := to.record(name, value)
	if s.dataschema != "" {
		e := event.Event{ID: fmt.Sprintf("%x", sha256.Sum256(value)), Source: sentBy, Type: pipeline.EventType(to.kind), DataSchema: s.dataschema}
		record.Headers = e.AppendHeaders(record.Headers)
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

func (l largest) note(topic, name string, bytes int) {
	if bytes > l[topic].bytes {
		l[topic] = namedSize{name, bytes}
	}
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
