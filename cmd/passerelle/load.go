package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode"

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
	if c.configFile != "" {
		if _, err := os.Stat(c.configFile); err != nil {
			return nil, fmt.Errorf(c.say("fichier de configuration : %w", "configuration file: %w"), err)
		}
	}
	gateway, list := app.Load(c.configFile)
	if err := c.report(list); err != nil {
		return nil, err
	}
	if gateway == nil {
		return nil, errRefused
	}
	gateway.Tables.Tick(time.Now())
	return gateway, nil
}

// loadToJudge loads like [cli.load]; for a verb whose exit code 1 says something about its files, a configuration with
// faults is errUsage.
func (c *cli) loadToJudge() (*app.Gateway, error) {
	gateway, err := c.load()
	if errors.Is(err, errRefused) {
		return nil, errUsage
	}
	return gateway, err
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

// maxFileBytes bounds a document read from disk: nothing larger fits a source topic.
const maxFileBytes = 32 << 20

// readDocument reads a file to judge or to send.
func (c *cli) readDocument(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	var content bytes.Buffer
	if info, err := f.Stat(); err == nil { // a large file that is read into growing memory takes it several times
		content.Grow(int(min(info.Size(), maxFileBytes)) + bytes.MinRead)
	}
	_, err = content.ReadFrom(io.LimitReader(f, maxFileBytes+1))
	data := content.Bytes()
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf(c.say("%s : plus de %d octets, aucun sujet source n'en accepte autant", "%s: more than %d bytes, no source topic takes as much"), file, maxFileBytes)
	}
	return data, err
}

// printable is text from a document or a record for a terminal: nothing in it can move the cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
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
