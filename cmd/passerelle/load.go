package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/telemetry"
	"github.com/commande-publique/passerelle/routes"
)

// load compiles the configuration, prints its faults and warnings on the error output, and returns errRefused when it
// has faults.
func (c *cli) load() (*app.Gateway, error) {
	gateway, list := app.Load(c.configFile)
	if err := c.report(list); err != nil {
		return nil, err
	}
	if gateway == nil {
		return nil, errRefused
	}
	return gateway, nil
}

func (c *cli) report(list diag.List) error {
	return diag.Print(c.err, list, func(file string) []byte {
		for _, shipped := range routes.Catalog() {
			if shipped.Name == file {
				return shipped.Data
			}
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return nil // the place is told all the same, without the line
		}
		return config.Masked(data)
	}, c.lang)
}

func (c *cli) logger(g *app.Gateway) (*slog.Logger, error) {
	return telemetry.NewLogger(c.err, g.Config.Log.Level.Value, g.Config.Log.Format.Value)
}

// connect reaches the broker that a client verb talks to: --broker, else that of the configuration, else the embedded
// one.
func (c *cli) connect(ctx context.Context, g *app.Gateway, broker string) (*kafka.Cluster, error) {
	brokers := []string{broker}
	if broker == "" {
		brokers = g.Brokers()
	}
	cfg, err := g.KafkaConfig(brokers, nil)
	if err != nil {
		return nil, err
	}
	cluster, err := kafka.NewCluster(cfg)
	if err != nil {
		return nil, err
	}
	if err := kafka.Explain(cluster.Ping(ctx)); err != nil {
		_ = cluster.Close() // never fails
		var distrust *kafka.SecurityError
		if errors.As(err, &distrust) {
			return nil, errors.New(c.say(distrust.FR, distrust.EN))
		}
		return nil, fmt.Errorf("%w; %s", err, c.say(
			"démarrez « passerelle serve », ou indiquez --broker", "start \"passerelle serve\", or give --broker"))
	}
	return cluster, nil
}
