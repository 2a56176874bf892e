package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/app"
)

func (c *cli) check() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: c.say("Contrôler la configuration, les routes, les schémas et les règles", "Check the configuration, routes, schemas and rules"),
		Long: c.say(
			"Contrôle tout sans rien démarrer et donne toutes les fautes à la fois, chacune avec fichier:ligne:colonne.\nCode 1 s'il y en a.",
			"Checks everything without starting anything and tells all faults at once, each with file:line:column.\nExit code 1 when there are any."),
		Args: c.nothing,
		RunE: func(*cobra.Command, []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			_, _ = fmt.Fprintln(w, c.say("ROUTE\tVERSION\tDEPUIS\tACCEPTE\tRÈGLES\tVERS", "ROUTE\tVERSION\tFROM\tACCEPTS\tRULES\tTO"))
			for _, r := range gateway.Routes.Routes() {
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Name(), r.Version(),
					strings.Join(r.From(), ","), strings.Join(gateway.Accepted(r), ","), strings.Join(r.Rules(), ","), strings.Join(r.Topics(), ","))
			}
			if err := w.Flush(); err != nil {
				return err
			}
			for _, note := range gateway.Routes.Notes() {
				c.printf("note : %s : %s\n", "note: %s: %s\n", note.Route, c.say(note.FR, note.EN))
			}
			c.tables(gateway)
			c.printf("configuration correcte : %s\n", "the configuration is correct: %s\n", gateway.Config)
			return nil
		},
	}
}

// tables says what is known of the reference tables.
func (c *cli) tables(g *app.Gateway) {
	for _, t := range g.References {
		if t.Topic != "" {
			c.printf("table : %s, du sujet %s, lu par serve\n", "table: %s, from the topic %s, read by serve\n", c.say(t.Spec.FR, t.Spec.EN), t.Topic)
			continue
		}
		c.printf("table : %s\n", "table: %s\n", c.tableState(g.Tables.View().Status(t.Spec)))
	}
}
