package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/telemetry"
)

// source is where something that documents are judged by is read from: what is wrong with it.
type source struct {
	mu    sync.Mutex
	fault *telemetry.Fault
}

func (s *source) set(fault *telemetry.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// unreadable returns what is wrong with the source, nil when nothing is.
func (s *source) unreadable() *telemetry.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// consume reads topics from their start and follows them until the context ends. After an error, which fault words, it begins
// again; begin returns what is called at the end of the topics and for each record.
func (s *source) consume(ctx context.Context, cluster *kafka.Cluster, topics []string, begin func() (atEnd func(), take func(kafka.Record)), fault func(said string) telemetry.Fault) {
	for ctx.Err() == nil {
		atEnd, take := begin()
		err := cluster.Consume(ctx, kafka.ConsumeOptions{Topics: topics, From: kafka.Earliest, AtEnd: atEnd}, func(r kafka.Record) error {
			take(r)
			return nil
		})
		if err != nil && ctx.Err() == nil {
			f := fault(fmt.Sprint(kafka.Explain(err)))
			s.set(&f)
			select {
			case <-ctx.Done():
			case <-time.After(lookInterval):
			}
		}
	}
}

// follow starts to read topics that documents are judged by, and to follow them until Stop. It returns once their end was
// reached, so that no document is judged before; until then health has what keeps it from that, nil when nothing does.
func (a *App) follow(ctx context.Context, name string, read func(ctx context.Context, ready func()), fault func() *telemetry.Fault) error {
	following, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		read(following, sync.OnceFunc(func() { close(ready) }))
	}()
	a.onStop(name, func() error {
		cancel()
		<-ended
		return nil
	})
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ready:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			var faults []telemetry.Fault
			if f := fault(); f != nil {
				faults = append(faults, *f)
			}
			a.health.Set(faults)
		}
	}
}
