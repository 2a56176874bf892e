package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/bench"
)

const (
	// Faster than any gateway on a machine that a person would measure on; beyond it the generator is what is measured.
	maxBenchRate = 50_000
	// A day: soaks are long.
	maxBenchSeconds = 24 * 60 * 60
	// How often the line of progress changes: often enough to be seen moving.
	progressEvery = 100 * time.Millisecond
)

// benchFlags are the arguments of the verb.
type benchFlags struct {
	messages, rate, seconds int
	broker                  string
	asJSON                  bool
}

func (c *cli) bench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: c.say("Mesurer la passerelle : débit, latence, pertes, doublons, ordre", "Measure the gateway: throughput, latency, loss, duplicates, order"),
		Long: c.say(
			"Fabrique des factures JSON de 1,5 Ko (2 % sont mauvaises), lance une passerelle sur la configuration examples/bench et\ncompare chaque sortie avec ce qui fut envoyé : d'abord un arriéré à écouler, puis un débit constant. Sur le broker\nembarqué dans un dossier temporaire, ou sur un cluster d'essai avec --broker : sujets et groupe y sont propres à la\nmesure et supprimés à la fin. Code 1 si un message est perdu, mal routé ou hors de son ordre.",
			"Makes JSON invoices of 1.5 KB (2 % are bad), runs a gateway on the configuration examples/bench and compares every\noutput with what was sent: first a backlog to work off, then a constant rate. On the embedded broker in a temporary\nfolder, or on a test cluster with --broker: topics and group are the measurement's own and deleted at the end. Exit\ncode 1 when a message is lost, misrouted or out of its order."),
		Args: c.nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.checkBench(f); err != nil {
				return err
			}
			err := c.runBench(cmd.Context(), f)
			var problem *bench.Problem
			switch {
			case cmd.Context().Err() != nil:
				return errors.Join(errors.New(c.say("interrompu", "interrupted")), left(err, cmd.Context().Err()))
			case errors.As(err, &problem):
				return errors.New(c.say(problem.FR, problem.EN))
			}
			return err
		},
	}
	cmd.Flags().IntVar(&f.messages, "messages", 200_000, c.say("messages de l'arriéré ; 0 : ne pas mesurer le débit", "messages of the backlog; 0: do not measure throughput"))
	cmd.Flags().IntVar(&f.rate, "rate", 1000, c.say("messages par seconde pour la latence ; 0 : ne pas la mesurer", "messages a second for latency; 0: do not measure it"))
	cmd.Flags().IntVar(&f.seconds, "seconds", 15, c.say("durée de la mesure de latence", "how long latency is measured"))
	cmd.Flags().StringVar(&f.broker, "broker", "", c.say("broker (hôte:port) d'un cluster d'essai, sans TLS ni SASL ; sans lui, le broker embarqué", "broker (host:port) of a test cluster, without TLS and SASL; without it, the embedded broker"))
	cmd.Flags().BoolVar(&f.asJSON, "json", false, c.say("un objet JSON par mesure", "one JSON object a measurement"))
	return cmd
}

// left returns what an interrupted run could not clean up, nil when all that failed is the interruption itself.
func left(err, interruption error) error {
	var problem *bench.Problem
	if err == nil || errors.Is(err, interruption) && !errors.As(err, &problem) {
		return nil
	}
	return err
}

// checkBench refuses arguments that no run can carry out.
func (c *cli) checkBench(f benchFlags) error {
	most := bench.MaxEmbeddedMessages
	if f.broker != "" {
		most = bench.MaxMessages
	}
	between := func(flag string, found, low, high int) error {
		if found >= low && found <= high {
			return nil
		}
		return fmt.Errorf(c.say("--%s : attendu %d à %d, trouvé %d", "--%s: expected %d to %d, found %d"), flag, low, high, found)
	}
	err := errors.Join(between("messages", f.messages, 0, most), between("rate", f.rate, 0, maxBenchRate), between("seconds", f.seconds, 1, maxBenchSeconds))
	switch {
	case err != nil:
		return err
	case c.configFile != "":
		return errors.New(c.say("--config : bench mesure toujours la configuration examples/bench ; retirez --config", "--config: bench always measures the configuration examples/bench; leave --config out"))
	case f.messages == 0 && f.rate == 0:
		return errors.New(c.say("rien à mesurer : donnez --messages ou --rate", "nothing to measure: give --messages or --rate"))
	case f.rate*(f.seconds+bench.WarmUp) > most:
		return fmt.Errorf(c.say("--rate et --seconds : %d messages, attendu %d au plus", "--rate and --seconds: %d messages, expected %d at most"), f.rate*(f.seconds+bench.WarmUp), most)
	}
	return nil
}

func (c *cli) runBench(ctx context.Context, f benchFlags) (err error) {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	progress := c.progress()
	b, err := bench.Open(ctx, bench.Options{
		Command: []string{program, "serve", "--config"}, Broker: f.broker, Now: time.Now,
		Logger: slog.New(slog.DiscardHandler), Progress: progress.tell,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	defer progress.clear()

	passed := true
	show := func(r *bench.Result, err error) error {
		progress.clear()
		if err != nil {
			return err
		}
		passed = passed && r.Passed()
		if f.asJSON {
			return json.NewEncoder(c.out).Encode(r)
		}
		return r.WriteText(c.out, c.lang != "en")
	}
	if f.messages > 0 {
		if err := show(b.Throughput(ctx, f.messages)); err != nil {
			return err
		}
	}
	if f.rate > 0 {
		if err := show(b.Latency(ctx, f.rate, f.seconds)); err != nil {
			return err
		}
	}
	if !passed {
		return errRefused
	}
	return nil
}

// progressLine is one line on a terminal that says how far the run is.
type progressLine struct {
	cli   *cli
	w     io.Writer // nil: no terminal
	shown time.Time
	text  bool // there is something to clear
}

func (c *cli) progress() *progressLine {
	p := &progressLine{cli: c}
	if file, ok := c.err.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = file
		}
	}
	return p
}

func (p *progressLine) tell(stage bench.Stage, done, total int) {
	now := time.Now()
	if p.w == nil || now.Sub(p.shown) < progressEvery {
		return
	}
	const width = 30
	filled := min(width, width*done/max(1, total))
	name := map[bench.Stage]string{
		bench.Preparing: p.cli.say("préparation", "preparing"), bench.Draining: p.cli.say("débit", "throughput"),
		bench.Checking: p.cli.say("contrôle", "checking"), bench.Pacing: p.cli.say("latence", "latency"),
	}[stage]
	p.shown, p.text = now, true
	// A terminal that is gone leaves nobody to tell.
	_, _ = fmt.Fprintf(p.w, "\r\x1b[K%-12s [%s%s] %d/%d", name, strings.Repeat("#", filled), strings.Repeat(".", width-filled), min(done, total), total)
}

func (p *progressLine) clear() {
	if p.text {
		p.text = false
		_, _ = fmt.Fprint(p.w, "\r\x1b[K") // see tell
	}
}
