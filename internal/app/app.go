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
	"github.com/commande-publique/passerelle/internal/telemetry"
)

// batchSize is how many records of one lane a handler takes at once: enough that publishing them shares a request, few
// enough that a slow one holds little up.
const batchSize = 64

// App is a running gateway.
type App struct {
	brokers  []string
	broker   *embedded.Broker // nil on a cluster
	health   *telemetry.Health
	server   *telemetry.Server // nil when nothing listens
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
	French bool // the language in which faults are logged
}

// Start opens the broker, makes sure that the topics exist and serves until Stop. When it returns, messages are being
// consumed; while no broker of a cluster answers it waits, as /readyz and the log say. An *embedded.StartError,
// *telemetry.ListenError or *kafka.SecurityError tells the operator what to do.
func Start(ctx context.Context, g *Gateway, opts Options) (_ *App, err error) {
	a := &App{log: opts.Logger, served: make(chan error, 1), health: telemetry.NewHealth(opts.Logger, opts.French, opts.Now)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Stop())
		}
	}()
	a.warm(context.WithoutCancel(ctx), g, opts.Now())
	if addr := g.Config.Telemetry.Listen.Value; addr != config.NoTelemetry {
		if a.server, err = telemetry.Listen(addr, a.health.Handler()); err != nil {
			return nil, err
		}
		a.onStop("telemetry listener", a.server.Close)
	}
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
	if a.broker == nil {
		if err := a.awaitCluster(ctx, cluster, g); err != nil {
			return nil, err
		}
	}
	tables := servedTables(g)
	g.Tables.Tick(opts.Now())
	for _, t := range tables {
		if t.Topic == "" {
			continue
		}
		read := func(ctx context.Context, ready func()) { t.follow(ctx, cluster, ready) }
		if err := a.follow(ctx, "table "+t.Spec.Name, read, t.unreadable); err != nil {
			return nil, err
		}
	}
	numbers := newNumbers(g)
	if len(numbers.topics) > 0 {
		read := func(ctx context.Context, ready func()) { numbers.read(ctx, cluster, ready) }
		if err := a.follow(ctx, "numbers in use", read, numbers.unreadable); err != nil {
			return nil, err
		}
	}
	publisher := cluster.NewPublisher(kafka.PublisherConfig{HoldBack: []string{g.Config.DeadLetters.Value}})
	a.onStop("publisher", publisher.Close)

	a.router, err = pipeline.NewRouter(opts.Logger)
	if err != nil {
		return nil, err
	}
	m := &monitor{cluster: cluster, brokers: a.brokers, topics: g.topicNames(), broker: a.broker, publisher: publisher, tables: tables, numbers: numbers, health: a.health, now: opts.Now}
	for _, source := range g.Config.Sources.Items {
		subscriber, err := cluster.NewSubscriber(subscriberConfig(g.Config, source))
		if err != nil {
			return nil, err
		}
		a.onStop("subscriber of "+source.Topic.Value, subscriber.Close)
		exactlyOnce := source.Delivery.Value == config.ExactlyOnce
		m.sources = append(m.sources, watched{source.Topic.Value, source.Group.Value, exactlyOnce, subscriber})
		receipts := source.Receipts.Value
		if receipts == config.NoReceipts {
			receipts = ""
		}
		a.router.Add(source.Topic.Value, subscriber, pipeline.NewFlow(g.Pipeline, publisher, pipeline.FlowConfig{
			Receipts: receipts, DeadLetters: g.Config.DeadLetters.Value, Now: opts.Now, Logger: opts.Logger,
			ExactlyOnce: exactlyOnce, Claims: numbers.claims,
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
		a.health.Serving(true)
		a.watch(context.WithoutCancel(ctx), m)
		return a, nil
	case err := <-a.served:
		return nil, fmt.Errorf("the router did not start: %w", err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// warm has what documents can need compiled while the brokers are being joined, until Stop.
func (a *App) warm(ctx context.Context, g *Gateway, now time.Time) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.log.Debug("rule packs compiled", "packs", g.Pipeline.Warm(ctx, now.UTC().Format(time.DateOnly)))
	}()
	a.onStop("warm-up", func() error {
		cancel()
		<-ended
		return nil
	})
}

// waits says whether a cluster that failed to answer may do so by itself: it is away, or comes up behind a proxy that
// hangs up meanwhile. Distrust needs a change of the configuration, which the operator who starts the gateway shall see.
func waits(err error) bool {
	var distrust *kafka.SecurityError
	if errors.As(kafka.Explain(err), &distrust) {
		return distrust.Code == kafka.ConnectionClosed || distrust.Code == kafka.TokenUnavailable
	}
	var unreachable *kafka.UnreachableError
	return errors.As(err, &unreachable)
}

// awaitCluster makes sure that the topics of a gateway exist and have leaders, as soon as a broker answers.
func (a *App) awaitCluster(ctx context.Context, cluster *kafka.Cluster, g *Gateway) error {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		fault, err := a.tryCluster(ctx, cluster, g)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return kafka.Explain(err)
		case fault == nil:
			a.health.Set(nil)
			return nil
		}
		a.health.Set([]telemetry.Fault{*fault})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// tryCluster asks for the topics once. It returns the fault that waiting may mend, or the error that it will not.
func (a *App) tryCluster(ctx context.Context, cluster *kafka.Cluster, g *Gateway) (*telemetry.Fault, error) {
	ping := func() (*telemetry.Fault, error) {
		ctx, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		err := cluster.Ping(ctx)
		if err == nil || !waits(err) {
			return nil, err
		}
		fault := unreachableFault(a.brokers, err)
		return &fault, nil
	}
	if fault, err := ping(); fault != nil || err != nil {
		return fault, err
	}
	asking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	d, err := cluster.Describe(asking, []string{})
	if err != nil { // it has just answered
		fault := topicsFault(a.brokers, err)
		return &fault, nil
	}
	compacts := d.ClusterID != embedded.ClusterID
	failed := cluster.EnsureTopics(asking, g.clusterTopics(compacts))
	if failed == nil {
		if !compacts {
			a.log.Warn("the cluster is the embedded broker of another process, which compacts no topic: tables lose their oldest rows once it deletes records")
		}
		return nil, nil
	}
	if fault, err := ping(); fault != nil || err != nil { // it has gone meanwhile
		return fault, err
	}
	if asking.Err() == nil {
		return nil, failed // its answer, and it lasts
	}
	fault := topicsFault(a.brokers, failed)
	return &fault, nil
}

// watch looks for faults until Stop.
func (a *App) watch(ctx context.Context, m *monitor) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); m.run(ctx) }()
	a.onStop("monitor", func() error {
		cancel()
		<-ended
		return nil
	})
}

// openBroker starts the embedded broker unless the configuration names a cluster.
func (a *App) openBroker(ctx context.Context, g *Gateway) error {
	cfg := g.Config
	if cfg.Kafka.Brokers.Len() > 0 {
		a.brokers = g.Brokers()
		return nil
	}
	reserve := int64(cfg.Embedded.Reserve.Value)
	if reserve == 0 {
		reserve = -1
	}
	broker, err := embedded.Start(ctx, embedded.Options{
		Addr: cfg.Embedded.Listen.Value, DataDir: cfg.Path(cfg.Embedded.DataDir.Value), Sync: cfg.Embedded.Sync.Value,
		Partitions: int(cfg.Topics.Partitions.Value), Topics: g.embeddedTopics(), Reserve: reserve, Logger: a.log,
	})
	if err != nil {
		return err
	}
	a.onStop("embedded broker", broker.Close)
	a.brokers, a.broker = []string{broker.Addr()}, broker
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
func (a *App) Notice() *embedded.Notice {
	if a.broker == nil {
		return nil
	}
	notice := a.broker.Notice()
	return &notice
}

// Health returns what /readyz answers now.
func (a *App) Health() telemetry.Report { return a.health.Report() }

// TelemetryAddr returns the host:port of /healthz and /readyz, empty when nothing listens.
func (a *App) TelemetryAddr() string {
	if a.server == nil {
		return ""
	}
	return a.server.Addr()
}

// Served yields once, when serving ends: with an error when it ended by itself, with nil after Stop.
func (a *App) Served() <-chan error { return a.served }

func (a *App) onStop(name string, stop func() error) {
	a.cleanup = append(a.cleanup, step{name, stop})
}

// Stop stops consuming, lets running handlers finish within a bound, commits what they published, and closes
// everything in the reverse order of its start. It may be called more than once.
func (a *App) Stop() error {
	a.stopping.Store(true)
	a.health.Serving(false)
	var errs []error
	for _, s := range slices.Backward(a.cleanup) {
		if err := s.stop(); err != nil {
			errs = append(errs, fmt.Errorf("stopping the %s: %w", s.name, err))
		}
	}
	a.cleanup = nil
	return errors.Join(errs...)
}
