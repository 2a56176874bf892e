package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/deadletter"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/kafka"
)

func (c *cli) tail() *cobra.Command {
	var broker string
	var fromStart, asJSON bool
	cmd := &cobra.Command{
		Use:   "tail TOPIC...",
		Short: c.say("Suivre des sujets, jusqu'à Ctrl-C", "Follow topics, until Ctrl-C"),
		Args:  c.some("un sujet au moins", "at least one topic"),
		RunE: func(cmd *cobra.Command, topics []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			cluster, err := c.connect(cmd.Context(), gateway, broker)
			if err != nil {
				return err
			}
			defer func() { _ = cluster.Close() }() // never fails
			from := kafka.Latest
			if fromStart {
				from = kafka.Earliest
			}
			return cluster.Consume(cmd.Context(), kafka.ConsumeOptions{Topics: topics, From: from}, func(r kafka.Record) error {
				if asJSON {
					return json.NewEncoder(c.out).Encode(tailed(r))
				}
				_, err := fmt.Fprintln(c.out, tailLine(r))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&fromStart, "from-start", false, c.say("depuis le premier message conservé", "from the first message kept"))
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("un objet JSON par message, avec sa valeur", "one JSON object a message, with its value"))
	cmd.Flags().StringVar(&broker, "broker", "", c.say("adresse d'un broker (hôte:port)", "address of a broker (host:port)"))
	return cmd
}

// tailedRecord is a record for tail --json. A value that is not UTF-8 text comes as base64.
type tailedRecord struct {
	Topic       string         `json:"topic"`
	Partition   int32          `json:"partition"`
	Offset      int64          `json:"offset"`
	Time        time.Time      `json:"time"`
	Key         *string        `json:"key"`
	Headers     []tailedHeader `json:"headers"`
	Value       *string        `json:"value,omitempty"`
	ValueBase64 string         `json:"value_base64,omitempty"`
}

type tailedHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func tailed(r kafka.Record) tailedRecord {
	t := tailedRecord{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time.UTC(), Headers: []tailedHeader{}}
	if r.Key != nil {
		key := string(r.Key)
		t.Key = &key
	}
	for _, h := range r.Headers {
		t.Headers = append(t.Headers, tailedHeader{h.Key, string(h.Value)})
	}
	if utf8.Valid(r.Value) {
		value := string(r.Value)
		t.Value = &value
	} else {
		t.ValueBase64 = base64.StdEncoding.EncodeToString(r.Value)
	}
	return t
}

// tailLine shows a record on one line, without the document: where it is, what it is, why it was refused.
func tailLine(r kafka.Record) string {
	header := func(name string) string {
		value, _ := event.Find(r.Headers, name)
		return string(value)
	}
	line := fmt.Sprintf("%s/%d/%d %s key=%s %d bytes", r.Topic, r.Partition, r.Offset, r.Time.UTC().Format(time.RFC3339), r.Key, len(r.Value))
	for _, name := range []string{headerFile, event.Prefix + "type", event.ContentType, deadletter.HeaderRoute, deadletter.HeaderCode} {
		if value := header(name); value != "" {
			line += " " + strings.TrimPrefix(name, "passerelle-") + "=" + value
		}
	}
	return printable(line)
}
