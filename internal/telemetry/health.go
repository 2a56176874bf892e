package telemetry

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxFaults bounds a report: a cluster in trouble may have a fault for each of thousands of partitions, and nobody reads
// further. What is beyond is counted.
const maxFaults = 100

// Fault is one thing that keeps the gateway from its work, in the words of both languages. Code and Subject together are
// its identity.
type Fault struct {
	Code     string    `json:"code"`
	Subject  string    `json:"subject"` // what has the fault: a topic, topic/partition, group, folder, or the brokers
	Since    time.Time `json:"since"`   // set by Health
	FR       string    `json:"fr"`
	EN       string    `json:"en"`
	RemedyFR string    `json:"remedy_fr"`
	RemedyEN string    `json:"remedy_en"`

	// Down says that nothing at all can be served while the fault lasts.
	Down bool `json:"-"`
}

// The values of Report.Status.
const (
	StatusOK       = "ok"
	StatusDegraded = "degraded" // serving, but for what has a fault
	StatusDown     = "down"     // nothing is served: starting, stopping, or a fault that stops everything
)

// Report is what /readyz answers.
type Report struct {
	Status string  `json:"status"`
	Faults []Fault `json:"faults"`         // never nil
	More   int     `json:"more,omitempty"` // faults beyond the first hundred
	Tables []Table `json:"tables,omitempty"`
}

// Table is what is known of a table that documents are compared with.
type Table struct {
	Name   string     `json:"name"`
	State  string     `json:"state"`          // current, stale or missing
	Source string     `json:"source"`         // a file or a topic
	Date   *time.Time `json:"date,omitempty"` // when the source was last brought up to date
	Rows   int        `json:"rows"`
}

// Health is the register of the faults that there are now. It is safe for concurrent use.
type Health struct {
	log    *slog.Logger
	french bool
	now    func() time.Time

	mu      sync.Mutex
	serving bool
	faults  []Fault
	tables  []Table
}

// NewHealth returns a register without faults that is not serving yet. Faults are logged in French or English.
func NewHealth(logger *slog.Logger, french bool, now func() time.Time) *Health {
	return &Health{log: logger, french: french, now: now}
}

// Serving says whether messages are being consumed.
func (h *Health) Serving(yes bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serving = yes
}

// Set says which faults there are now. One that was not there before is logged with its remedy, one that is gone with how
// long it lasted; one that stays is not logged again, whatever its words.
func (h *Health) Set(faults []Fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	faults = slices.Clone(faults)
	slices.SortFunc(faults, compareFaults)
	faults = slices.CompactFunc(faults, func(a, b Fault) bool { return compareFaults(a, b) == 0 })
	for i := range faults {
		f := &faults[i]
		if old, ok := slices.BinarySearchFunc(h.faults, *f, compareFaults); ok {
			f.Since = h.faults[old].Since
			continue
		}
		f.Since = now
		h.log.Error(h.say(f.FR, f.EN), "fault", f.Code, "subject", f.Subject, "remedy", h.say(f.RemedyFR, f.RemedyEN))
	}
	for _, old := range h.faults {
		if _, ok := slices.BinarySearchFunc(faults, old, compareFaults); !ok {
			h.log.Info(h.say("défaut terminé : ", "fault over: ")+h.say(old.FR, old.EN),
				"fault", old.Code, "subject", old.Subject, "lasted", now.Sub(old.Since).Round(time.Millisecond).String())
		}
	}
	h.faults = faults
}

// SetTables says which tables there are now.
func (h *Health) SetTables(tables []Table) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tables = slices.Clone(tables)
}

func compareFaults(a, b Fault) int {
	return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
}

func (h *Health) say(fr, en string) string {
	if h.french {
		return fr
	}
	return en
}

// Report returns the state now.
func (h *Health) Report() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := Report{Status: StatusOK, Faults: []Fault{}, Tables: slices.Clone(h.tables)}
	if len(h.faults) > 0 {
		r.Status = StatusDegraded
	}
	if !h.serving || slices.ContainsFunc(h.faults, func(f Fault) bool { return f.Down }) {
		r.Status = StatusDown
	}
	r.Faults = append(r.Faults, h.faults[:min(len(h.faults), maxFaults)]...)
	r.More = len(h.faults) - len(r.Faults)
	return r
}

// Handler answers GET /healthz with 200, as the process lives, and GET /readyz with the Report: 200 unless its status is
// down, then 503.
func (h *Health) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, struct {
			Status string `json:"status"`
		}{StatusOK})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		r := h.Report()
		code := http.StatusOK
		if r.Status == StatusDown {
			code = http.StatusServiceUnavailable
		}
		answer(w, code, r)
	})
	return mux
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	// Strings, times and numbers only: it cannot fail but for a client that is gone.
	_ = json.NewEncoder(w).Encode(body)
}
