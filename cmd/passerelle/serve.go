package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/app"
)

func (c *cli) serve() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: c.say("Recevoir, contrôler et router les messages, jusqu'à Ctrl-C", "Receive, check and route messages, until Ctrl-C"),
		Args:  c.nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			logger, err := c.logger(gateway)
			if err != nil {
				return err
			}
			running, err := app.Start(cmd.Context(), gateway, app.Options{Logger: logger, Now: time.Now, French: c.lang == "fr"})
			if err != nil {
				return left(err, cmd.Context().Err()) // it may have waited for its cluster
			}
			logger.Info("configuration loaded", "config", gateway.Config.String(), "routes", len(gateway.Routes.Routes()))
			c.printf("passerelle sert sur %s ; Ctrl-C pour arrêter\n", "passerelle serves on %s; Ctrl-C to stop\n", strings.Join(running.Brokers(), ", "))
			if notice := running.Notice(); notice != nil {
				c.printf("%s\n", "%s\n", c.say(notice.FR(), notice.EN()))
			}
			if addr := running.TelemetryAddr(); addr != "" {
				c.printf("état : http://%s/readyz\n", "health: http://%s/readyz\n", addr)
			}
			select {
			case <-cmd.Context().Done():
				return running.Stop()
			case err := <-running.Served():
				_ = running.Stop() // the first failure is the one to tell
				return err
			}
		},
	}
}
