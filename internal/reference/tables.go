package reference

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Tables publishes the current state of reference tables. It is safe for concurrent use: who judges takes a [View], which
// stays as it is.
type Tables struct {
	mu   sync.Mutex // of those who publish
	now  time.Time  // of the last Tick
	view atomic.Pointer[View]
}

// Declare adds a table, which is missing until it is published. It is stale once its date is longer ago than maxAge.
func (t *Tables) Declare(spec *Spec, maxAge time.Duration) {
	t.change(func(tables []published) []published { return append(tables, published{spec: spec, maxAge: maxAge}) })
}

// Publish puts a state of a declared table in the place of the one before.
func (t *Tables) Publish(spec *Spec, s *Snapshot) {
	t.change(func(tables []published) []published {
		for i := range tables {
			if tables[i].spec.Name == spec.Name {
				tables[i].snapshot = s
			}
		}
		return tables
	})
}

// Tick says what time it is, which decides what is stale. Before the first, every table is: nobody knows its age.
func (t *Tables) Tick(now time.Time) {
	t.change(func(tables []published) []published {
		t.now = now
		return tables
	})
}

// change publishes a changed copy of the view.
func (t *Tables) change(to func([]published) []published) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tables := to(slices.Clone(t.View().tables))
	for i := range tables {
		table := &tables[i]
		table.stale = table.snapshot != nil && (t.now.IsZero() || t.now.Sub(table.snapshot.Date) > table.maxAge)
	}
	t.view.Store(&View{tables})
}

// View returns the state of all tables now. Those of nil Tables are missing.
func (t *Tables) View() View {
	if t == nil {
		return View{}
	}
	if v := t.view.Load(); v != nil {
		return *v
	}
	return View{}
}
