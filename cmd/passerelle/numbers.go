package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/pipeline"
)

func (c *cli) numbers() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "numbers",
		Short: c.say("Lister et libérer les numéros de factures déjà employés", "List and free the numbers of invoices that are in use"),
		Long: c.say(
			"Les numéros sont dans le sujet que nomme validate.unique d'une route : donnez la configuration de la passerelle avec\n--config. Un numéro est vendeur/année/numéro, comme « passerelle explain » le dit.",
			"The numbers are in the topic that validate.unique of a route names: give the configuration of the gateway with\n--config. A number is seller/year/number, as \"passerelle explain\" tells it."),
	}
	c.verbs(cmd)
	cmd.AddCommand(c.numbersList(), c.numbersFree())
	return cmd
}

// numbersFlags say which numbers.
type numbersFlags struct{ topic, broker string }

func (c *cli) numbersFlags(cmd *cobra.Command) *numbersFlags {
	f := &numbersFlags{}
	cmd.Flags().StringVar(&f.topic, "topic", "", c.say("sujet des numéros, si les routes en nomment plusieurs", "topic of the numbers, where routes name several"))
	cmd.Flags().StringVar(&f.broker, "broker", "", c.say("adresse d'un broker (hôte:port)", "address of a broker (host:port)"))
	return f
}

// openNumbers reaches the broker that has the numbers, and names their topic.
func (c *cli) openNumbers(ctx context.Context, f *numbersFlags) (*kafka.Cluster, string, error) {
	gateway, err := c.load()
	if err != nil {
		return nil, "", err
	}
	topic, err := c.numbersTopic(gateway, f.topic)
	if err != nil {
		return nil, "", err
	}
	cluster, err := c.connect(ctx, gateway, f.broker)
	return cluster, topic, err
}

// numbersTopic is the topic that was asked for, or the only one.
func (c *cli) numbersTopic(g *app.Gateway, asked string) (string, error) {
	topics := g.Routes.Claims()
	switch {
	case len(topics) == 0:
		return "", errors.New(c.say(
			"aucune route n'a validate.unique : aucun numéro n'est retenu ; est-ce la configuration de la passerelle (--config) ?",
			"no route has validate.unique: no number is kept; is this the configuration of the gateway (--config)?"))
	case asked == "" && len(topics) > 1:
		return "", fmt.Errorf(c.say("plusieurs sujets de numéros : choisissez avec --topic parmi %s", "several topics of numbers: choose with --topic among %s"), strings.Join(topics, ", "))
	case asked != "" && !slices.Contains(topics, asked):
		return "", fmt.Errorf(c.say("--topic : « %s » n'est pas un sujet de numéros ; attendu : %s", "--topic: %q is no topic of numbers; expected one of %s"), asked, strings.Join(topics, ", "))
	}
	return cmp.Or(asked, topics[0]), nil
}

// owners reads who has the wanted numbers now.
func owners(ctx context.Context, cluster *kafka.Cluster, topic string, wanted func(number string) bool) (map[string]pipeline.Owner, error) {
	all := map[string]pipeline.Owner{}
	err := cluster.Consume(ctx, kafka.ConsumeOptions{Topics: []string{topic}, From: kafka.Earliest, ToEnd: true}, func(r kafka.Record) error {
		number := string(r.Key)
		switch {
		case !wanted(number):
		case r.Value == nil:
			delete(all, number)
		default:
			all[number] = pipeline.OwnerOf(r)
		}
		return nil
	})
	return all, cmp.Or(err, ctx.Err()) // interrupted, it knows a part
}

// listedNumber is a line of numbers list --json.
type listedNumber struct {
	Number  string    `json:"number"`
	Message string    `json:"message"` // that has it: source and id of its event
	Time    time.Time `json:"time"`    // of that event
}

func (c *cli) numbersList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [BEGINNING...]",
		Short: c.say("Les numéros employés et le message qui a chacun ; BEGINNING : 732829320/2026, par exemple", "The numbers in use and the message that has each; BEGINNING: 732829320/2026, for example"),
		Args:  cobra.ArbitraryArgs,
	}
	f := c.numbersFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, beginnings []string) error {
		cluster, topic, err := c.openNumbers(cmd.Context(), f)
		if err != nil {
			return err
		}
		defer func() { _ = cluster.Close() }() // never fails
		all, err := owners(cmd.Context(), cluster, topic, func(number string) bool {
			return len(beginnings) == 0 || slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(number, b) })
		})
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		for _, number := range slices.Sorted(maps.Keys(all)) {
			owner := all[number]
			if asJSON {
				err = json.NewEncoder(c.out).Encode(listedNumber{number, owner.Message, owner.Time()})
			} else {
				_, err = fmt.Fprintf(table, "%s\t%s\t%s\n", printable(number), owner.Time().Format(time.DateOnly), printable(owner.Message))
			}
			if err != nil {
				return err
			}
		}
		return table.Flush()
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("un objet JSON par numéro", "one JSON object a number"))
	return cmd
}

func (c *cli) numbersFree() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "free NUMBER...",
		Short: c.say("Libérer des numéros : une autre facture peut les employer", "Free numbers: another invoice may use them"),
		Args:  c.some("un numéro au moins", "at least one number"),
	}
	f := c.numbersFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, numbers []string) error {
		cluster, topic, err := c.openNumbers(cmd.Context(), f)
		if err != nil {
			return err
		}
		defer func() { _ = cluster.Close() }() // never fails
		all, err := owners(cmd.Context(), cluster, topic, func(number string) bool { return slices.Contains(numbers, number) })
		if err != nil {
			return err
		}
		var freed []kafka.Record
		for _, number := range numbers { // all are looked at before any is freed
			if _, used := all[number]; !used {
				return fmt.Errorf(c.say(
					"%s : personne n'a ce numéro dans %s ; attendu vendeur/année/numéro, comme « passerelle numbers list » et explain le disent ; rien n'a été libéré",
					"%s: nobody has this number in %s; expected seller/year/number, as \"passerelle numbers list\" and explain tell it; nothing was freed"), printable(number), topic)
			}
			freed = append(freed, kafka.Record{Topic: topic, Key: []byte(number)})
		}
		publisher := cluster.NewPublisher(kafka.PublisherConfig{DeliveryTimeout: sendTimeout})
		defer func() { _ = publisher.Close() }() // never fails
		if err := publisher.Produce(cmd.Context(), freed); err != nil {
			return err
		}
		for _, number := range numbers {
			owner := all[number]
			c.printf("%s : libéré ; il était au message « %s » du %s\n", "%s: freed; message %q of %s had it\n", printable(number), printable(owner.Message), owner.Time().Format(time.DateOnly))
		}
		return nil
	}
	return cmd
}
