package main

import (
	"fmt"
	"path/filepath"
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
			records := make([]kafka.Record, 0, len(files))
			for _, file := range files {
				record, err := c.recordOf(gateway, file, to)
				if err != nil {
					return err
				}
				records = append(records, record)
			}
			cluster, err := c.connect(cmd.Context(), gateway, broker)
			if err != nil {
				return err
			}
			defer func() { _ = cluster.Close() }() // never fails
			publisher := cluster.NewPublisher(kafka.PublisherConfig{DeliveryTimeout: sendTimeout})
			defer func() { _ = publisher.Close() }() // never fails
			if err := publisher.Produce(cmd.Context(), records); err != nil {
				return err
			}
			for i, r := range records {
				key := c.say("sans clé", "no key")
				if r.Key != nil {
					key = c.say("clé ", "key ") + printable(string(r.Key))
				}
				c.printf("%s -> %s, %s\n", "%s -> %s, %s\n", files[i], r.Topic, key)
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

// recordOf reads a file into the record that carries it to a topic, or to the source topic that takes it.
func (c *cli) recordOf(g *app.Gateway, file, to string) (kafka.Record, error) {
	value, err := c.readDocument(file)
	if err != nil {
		return kafka.Record{}, err
	}
	topic, verdict := g.Judge(to, value)
	if to == "" && verdict.Route() == nil {
		return kafka.Record{}, fmt.Errorf(c.say(
			"%s : aucune route ne prend ce document, rien n'a été envoyé ; indiquez le sujet avec --to, ou demandez « passerelle explain »",
			"%s: no route takes this document, nothing was sent; name the topic with --to, or ask \"passerelle explain\""), file)
	}
	record := kafka.Record{
		Topic: topic, Value: value,
		Headers: []event.Header{{Key: headerFile, Value: []byte(filepath.Base(file))}},
	}
	if verdict.Key != "" {
		record.Key = []byte(verdict.Key)
	}
	return record, nil
}
