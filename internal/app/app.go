package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/embedded"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/pipeline"
)

// batchSize is how many records of one lane a handler takes at once: enough that publishing them shares a request, few
// enough that a slow one holds little up.
const batchSize = 64

// App is a running gateway.
type App struct {
	brokers  []string
	notice   *embedded.Notice
	router   *pipeline.Router
	served   chan error
	log      *slog.Logger
	stopping atomic.Bool
	cleanup  []step
}

// step is one thing to undo on the way down, the last first.
type step struct {
	name string
	stop func() error
}

// Options are what a gateway needs from the process that runs it.
type Options struct {
	Logger *slog.Logger
	Now    func() time.Time
}

// Start opens the broker, makes sure that the topics exist and serves until Stop. When it returns, messages are being
// consumed. An *embedded.StartError, *kafka.SecurityError or *kafka.UnreachableError tells the operator what to do.
func Start(ctx context.Context, g *Gateway, opts Options) (_ *App, err error) {
	a := &App{log: opts.Logger, served: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Stop())
		}
	}()
	if err := a.openBroker(ctx, g); err != nil {
		return nil, err
	}
	cfg, err := g.KafkaConfig(a.brokers, opts.Logger)
	if err != nil {
		return nil, err
	}
	cfg.Now = opts.Now
	cluster, err := kafka.NewCluster(cfg)
	if err != nil {
		return nil, err
	}
	a.onStop("cluster", cluster.Close)
	if a.notice == nil {
		if err := cluster.Ping(ctx); err != nil {
			return nil, kafka.Explain(err)
		}
		if err := cluster.EnsureTopics(ctx, g.clusterTopics()); err != nil {
			return nil, err
		}
	}
	publisher := cluster.NewPublisher(kafka.PublisherConfig{})
	a.onStop("publisher", publisher.Close)

	a.router, err = pipeline.NewRouter(opts.Logger)
	if err != nil {
		return nil, err
	}
	for _, source := range g.Config.Sources.Items {
		subscriber, err := cluster.NewSubscriber(subscriberConfig(g.Config, source))
		if err != nil {
			return nil, err
		}
		a.onStop("subscriber of "+source.Topic.Value, subscriber.Close)
		receipts := source.Receipts.Value
		if receipts == config.NoReceipts {
			receipts = ""
		}
		a.router.Add(source.Topic.Value, subscriber, pipeline.NewFlow(g.Pipeline, publisher, pipeline.FlowConfig{
			Receipts: receipts, DeadLetters: g.Config.DeadLetters.Value, Now: opts.Now, Logger: opts.Logger,
			ExactlyOnce: source.Delivery.Value == config.ExactlyOnce,
		}))
	}
	a.onStop("router", a.router.Close)
	go func() {
		err := a.router.Run(context.WithoutCancel(ctx))
		if err == nil && !a.stopping.Load() {
			err = errors.New("serving has ended by itself")
		}
		a.served <- err
	}()
	select {
	case <-a.router.Running():
		return a, nil
	case err := <-a.served:
		return nil, fmt.Errorf("the router did not start: %w", err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// openBroker starts the embedded broker unless the configuration names a cluster.
func (a *App) openBroker(ctx context.Context, g *Gateway) error {
	cfg := g.Config
	if cfg.Kafka.Brokers.Len() > 0 {
		a.brokers = g.Brokers()
		return nil
	}
	broker, err := embedded.Start(ctx, embedded.Options{
		Addr: cfg.Embedded.Listen.Value, DataDir: cfg.Path(cfg.Embedded.DataDir.Value), Sync: cfg.Embedded.Sync.Value,
		Partitions: int(cfg.Topics.Partitions.Value), Topics: g.embeddedTopics(), Logger: a.log,
	})
	if err != nil {
		return err
	}
	a.onStop("embedded broker", broker.Close)
	notice := broker.Notice()
	a.brokers, a.notice = []string{broker.Addr()}, &notice
	return nil
}

func subscriberConfig(cfg *config.Config, s config.Source) kafka.SubscriberConfig {
	c := kafka.SubscriberConfig{
		Group: s.Group.Value, BatchSize: batchSize, ExactlyOnce: s.Delivery.Value == config.ExactlyOnce,
		MaxInFlightRecords: int(cfg.Limits.InFlightRecords.Value), MaxInFlightBytes: int(cfg.Limits.InFlightBytes.Value),
	}
	if s.Start.Value == "latest" {
		c.Start = kafka.Latest
	}
	switch s.OutOfRange.Value {
	case "earliest":
		c.OutOfRange = kafka.ResetToEarliest
	case "latest":
		c.OutOfRange = kafka.ResetToLatest
	}
	return c
}

// Brokers returns the addresses that any Kafka client can connect to.
func (a *App) Brokers() []string { return a.brokers }

// Notice returns what operators must know about the embedded broker, nil on a cluster.
func (a *App) Notice() *embedded.Notice { return a.notice }

// Served yields once, when serving ends: with an error when it ended by itself, with nil after Stop.
func (a *App) Served() <-chan error { return a.served }

func (a *App) onStop(name string, stop func() error) {
	a.cleanup = append(a.cleanup, step{name, stop})
}

// Stop stops consuming, lets running handlers finish within a bound, commits what they published, and closes
// everything in the reverse order of its start. It may be called more than once.
func (a *App) Stop() error {
	a.stopping.Store(true)
	var errs []error
	for _, s := range slices.Backward(a.cleanup) {
		if err := s.stop(); err != nil {
			errs = append(errs, fmt.Errorf("stopping the %s: %w", s.name, err))
		}
	}
	a.cleanup = nil
	return errors.Join(errs...)
}
