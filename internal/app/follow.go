package app

import (
	"context"
	"sync"
	"time"

	"github.com/commande-publique/passerelle/internal/telemetry"
)

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
