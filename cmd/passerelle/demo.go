package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/examples"
	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/violation"
)

// demoTimeout bounds the wait for all examples on the slowest machine; each takes milliseconds.
const demoTimeout = 60 * time.Second

func (c *cli) demo() *cobra.Command {
	var once, asJSON bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: c.say("Voir de vrais documents traverser la passerelle", "See real documents travel through the gateway"),
		Long: c.say(
			"Démarre le même serveur que serve, sur le broker embarqué et un dossier temporaire, lui envoie les documents\nd'exemple et montre ce que chacun devient.",
			"Starts the same server as serve, on the embedded broker and a temporary folder, sends it the example documents\nand shows what becomes of each."),
		Args: c.nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.runDemo(cmd.Context(), once, asJSON)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, c.say("s'arrêter à la fin ; code 1 si un document ne finit pas comme prévu", "stop at the end; exit code 1 when a document does not end as expected"))
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("un objet JSON par document et rien d'autre", "one JSON object a document and nothing else"))
	return cmd
}

func (c *cli) runDemo(ctx context.Context, once, asJSON bool) (err error) {
	all, err := examples.All()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "passerelle-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	cfg := config.Default()
	cfg.Embedded.Listen.Value = "127.0.0.1:0"
	cfg.Embedded.DataDir.Value = dir
	cfg.Embedded.Reserve.Value = 0 // a few megabytes that are gone afterwards
	cfg.Telemetry.Listen.Value = config.NoTelemetry
	cfg.Log.Level.Value = "warn" // the demo tells its own story
	gateway, list := app.Compile(cfg)
	if err := c.report(list); err != nil {
		return err
	}
	if gateway == nil {
		return errRefused
	}
	logger, err := c.logger(gateway)
	if err != nil {
		return err
	}
	running, err := app.Start(ctx, gateway, app.Options{Logger: logger, Now: time.Now, French: c.lang == "fr"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Stop()) }()
	if !asJSON {
		c.printf("Broker embarqué sur %s. %d documents d'exemple partent vers suppliers et buyers.\n\n",
			"Embedded broker on %s. %d example documents leave for suppliers and buyers.\n\n", running.Brokers()[0], len(all))
	}
	ends, err := c.follow(ctx, gateway, running.Brokers(), all, asJSON)
	if err != nil {
		return err
	}
	wrong := 0
	for i, end := range ends {
		if reason := end.differs(all[i]); reason != "" {
			wrong++
			_, _ = fmt.Fprintf(c.err, "%s: %s\n", end.File, reason)
		}
	}
	if !asJSON {
		c.demoSummary(gateway, ends, running.Brokers()[0], once)
	}
	if wrong > 0 {
		return errRefused
	}
	if !once {
		select {
		case <-ctx.Done():
		case err := <-running.Served():
			return err
		}
	}
	return nil
}

// demoEnd is how one document ended, as its receipt and the output topics tell.
type demoEnd struct {
	File       string                `json:"file"`
	Outcome    string                `json:"outcome"`
	Kind       string                `json:"kind"`
	Route      string                `json:"route"`
	Topics     []string              `json:"topics"`
	Violations []violation.Violation `json:"violations"`

	awaited []string // topics that the receipt names and that have not shown the document yet
	seen    []string // topics that have shown it
	judged  bool     // the receipt is there
	printed bool

	answer func() // says what the service that it is for would answer
}

// differs says how an end differs from the expected one, empty when it does not.
func (e *demoEnd) differs(want examples.Example) string {
	var codes []string
	for _, v := range e.Violations {
		if v.IsFatal() && !slices.Contains(codes, v.Code) {
			codes = append(codes, v.Code)
		}
	}
	slices.Sort(codes)
	got := fmt.Sprintf("%s kind=%s route=%s topics=%v codes=%v", e.Outcome, e.Kind, e.Route, e.Topics, codes)
	expected := fmt.Sprintf("%s kind=%s route=%s topics=%v codes=%v", want.Outcome, want.Kind, want.Route, want.Topics, want.Codes)
	if got == expected {
		return ""
	}
	return fmt.Sprintf("expected %s, found %s", expected, got)
}

// follow publishes the examples with an ordinary producer, reads every output topic with an ordinary consumer, and
// shows each document as soon as its receipt and all its outputs have arrived.
func (c *cli) follow(ctx context.Context, g *app.Gateway, brokers []string, all []examples.Example, asJSON bool) ([]*demoEnd, error) {
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	cluster, err := kafka.NewCluster(kafka.Config{Brokers: brokers, ClientID: "passerelle-demo"})
	if err != nil {
		return nil, err
	}
	defer func() { _ = cluster.Close() }() // never fails
	publisher := cluster.NewPublisher(kafka.PublisherConfig{})
	defer func() { _ = publisher.Close() }() // never fails

	var records []kafka.Record
	ends := make([]*demoEnd, len(all))
	byFile := map[string]*demoEnd{}
	for i, example := range all {
		_, verdict := g.Judge(example.To, example.Data) // for the order key only, as send does
		record := kafka.Record{Topic: example.To, Value: example.Data, Headers: []event.Header{{Key: headerFile, Value: []byte(example.File)}}}
		if verdict.Key != "" {
			record.Key = []byte(verdict.Key)
		}
		records = append(records, record)
		ends[i] = &demoEnd{File: example.File, Topics: []string{}, Violations: []violation.Violation{}, answer: func() { c.answer(g, example.Data, verdict) }}
		byFile[example.File] = ends[i]
	}
	if err := publisher.Produce(ctx, records); err != nil {
		return nil, err
	}
	left := len(ends)
	done := errors.New("all documents have ended")
	err = cluster.Consume(ctx, kafka.ConsumeOptions{Topics: g.Outputs(), From: kafka.Earliest}, func(r kafka.Record) error {
		file, _ := event.Find(r.Headers, headerFile)
		end := byFile[string(file)]
		if end == nil || end.printed {
			return nil
		}
		if err := end.add(r, g.Config.DeadLetters.Value); err != nil {
			return err
		}
		if !end.judged || len(end.awaited) > 0 {
			return nil
		}
		end.printed = true
		left--
		c.demoLine(end, asJSON)
		if left == 0 {
			return done
		}
		return nil
	})
	switch {
	case errors.Is(err, done):
		return ends, nil
	case err != nil:
		return nil, err
	default:
		return nil, fmt.Errorf(c.say("%d document(s) n'ont pas fini en %v", "%d document(s) did not end within %v"), left, demoTimeout)
	}
}

// demoReceipt is what the demo reads of a receipt.
type demoReceipt struct {
	Status string `json:"status"`
	Kind   string `json:"kind"`
	Parts  []struct {
		Route        string `json:"route"`
		Destinations []struct {
			Topic string `json:"topic"`
			Taken bool   `json:"taken"`
		} `json:"destinations"`
	} `json:"parts"`
	Violations []violation.Violation `json:"violations"`
}

// add takes what one output record says about the document.
func (e *demoEnd) add(r kafka.Record, deadLetters string) error {
	kind, _ := event.Find(r.Headers, event.Prefix+"dataschema")
	if string(kind) != pipeline.ReceiptSchema {
		if r.Topic != deadLetters && !slices.Contains(e.Topics, r.Topic) {
			e.Topics = append(e.Topics, r.Topic)
			slices.Sort(e.Topics)
		}
		e.arrived(r.Topic)
		return nil
	}
	var receipt demoReceipt
	if err := json.Unmarshal(r.Value, &receipt); err != nil {
		return fmt.Errorf("receipt of %s: %w", e.File, err)
	}
	e.judged, e.Kind, e.Violations = true, receipt.Kind, receipt.Violations
	e.Outcome = "delivered"
	if receipt.Status != "accepted" {
		e.Outcome = "dead_letter"
		e.awaited = append(e.awaited, deadLetters)
	}
	for _, part := range receipt.Parts {
		if e.Route == "" {
			e.Route = part.Route
		}
		for _, d := range part.Destinations {
			if d.Taken && e.Outcome == "delivered" {
				e.awaited = append(e.awaited, d.Topic)
			}
		}
	}
	for _, topic := range e.seen {
		e.arrived(topic)
	}
	return nil
}

// arrived strikes a topic off those that are awaited.
func (e *demoEnd) arrived(topic string) {
	e.seen = append(e.seen, topic)
	e.awaited = slices.DeleteFunc(e.awaited, func(t string) bool { return t == topic })
}

func (c *cli) demoLine(e *demoEnd, asJSON bool) {
	if asJSON {
		// Strings, lists and integers only: it cannot fail but for a pipe that is gone.
		_ = json.NewEncoder(c.out).Encode(e)
		return
	}
	if e.Outcome == "delivered" {
		c.printf("✓ %-26s %s, route %s -> %s\n", "✓ %-26s %s, route %s -> %s\n", e.File, e.Kind, e.Route, strings.Join(e.Topics, ", "))
		return
	}
	c.printf("✗ %-26s refusé -> dead-letter\n", "✗ %-26s refused -> dead-letter\n", e.File)
	c.violations(e.Violations)
	e.answer()
}

func (c *cli) demoSummary(g *app.Gateway, ends []*demoEnd, broker string, once bool) {
	c.printf("\n", "\n")
	totals := map[string]int{}
	for _, end := range ends {
		for _, topic := range end.Topics {
			totals[topic]++
		}
		if end.Outcome != "delivered" {
			totals[g.Config.DeadLetters.Value]++
		}
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, topic := range g.Outputs() {
		if totals[topic] > 0 {
			_, _ = fmt.Fprintf(w, "%s\t%d\t\n", topic, totals[topic])
		}
	}
	_ = w.Flush()
	if once {
		return
	}
	c.printf(`
La passerelle sert toujours ; Ctrl-C pour arrêter. Dans un autre terminal :
  passerelle tail dead-letter --from-start --broker %[1]s     voir les refus
  passerelle send FICHIER --broker %[1]s                      envoyer un document à vous
  passerelle explain FICHIER                                  savoir d'avance ce qu'il deviendra
`, `
The gateway goes on serving; Ctrl-C to stop. In another terminal:
  passerelle tail dead-letter --from-start --broker %[1]s     see the refusals
  passerelle send FILE --broker %[1]s                         send a document of yours
  passerelle explain FILE                                     know in advance what becomes of it
`, broker)
}
