// Package routes decides which topics a document goes to. Operators write routes in YAML, one to a file; [Load] compiles
// them, with their conditions, into an immutable [Table]; [Table.Select] gives the one route that a message belongs to
// and why the others are not it; [Route.Deliver] gives the destinations of that route and why.
//
// A message belongs to the first route whose from, accept and when take it. What a condition cannot judge is refused:
// no later route is tried and no destination gets it.
//
// The package must not know Kafka, the formats of documents, nor where kinds and rule packs come from: what routes may
// name is told in [Options].
package routes

import (
	"slices"
)

// Table is the ordered list of all routes. It is immutable: any number of goroutines may use it.
type Table struct {
	routes []*Route
	notes  []Note
}

// Routes returns the routes in the order in which they are tried.
func (t *Table) Routes() []*Route { return slices.Clone(t.routes) }

// Destinations lists the topics that the routes write to, each once, in the order of the routes.
func (t *Table) Destinations() []string {
	var topics []string
	for _, r := range t.routes {
		topics = appendNew(topics, r.Topics()...)
	}
	return topics
}

// Claims lists the topics in which documents claim their numbers, each once, in the order of the routes.
func (t *Table) Claims() []string {
	var topics []string
	for _, r := range t.routes {
		if r.unique != "" {
			topics = appendNew(topics, r.unique)
		}
	}
	return topics
}

// Notes returns what an operator should know about the table and is no fault: shipped routes that are left out, and
// pairs of routes whose overlap depends on the documents.
func (t *Table) Notes() []Note { return slices.Clone(t.notes) }

// Note is one remark about a route, in French and English.
type Note struct {
	Route  string
	FR, EN string
}

// Form is the form in which a destination gets a document.
type Form string

// The forms that every document has. The others are syntaxes into which documents are written: see [Options.Syntaxes].
const (
	Canonical Form = "canonical" // the canonical JSON document
	Original  Form = "original"  // the bytes as they were received
)

// Route is one compiled route. It is immutable.
type Route struct {
	name         string
	version      string
	description  string
	from         []string
	accept       []string
	rules        []string
	byProfile    bool
	unique       string     // the topic of the claims, empty for none
	frees        freeing    // its topic is empty for none
	when         *condition // nil takes everything
	key          *condition // nil keeps the incoming key
	destinations []destination
}

// freeing is when the numbers of invoices are free again, in a topic of claims.
type freeing struct {
	topic string
	when  *condition
}

// destination is one entry of the recipient list.
type destination struct {
	topic    string
	form     Form
	when     *condition // nil takes everything
	key      *condition // nil: that of the route, or the incoming one
	required bool
}

// Name returns the name of the route, unique in its table.
func (r *Route) Name() string { return r.name }

// Version returns the version that the file gives, else a digest of everything in the route that decides: it changes
// when the route decides otherwise, not when its comments, its description or its layout change.
func (r *Route) Version() string { return r.version }

// Description returns what the route is for, in the operator's words; it may be empty.
func (r *Route) Description() string { return r.description }

// From lists the source topics of the route.
func (r *Route) From() []string { return slices.Clone(r.from) }

// Accepts lists the kinds of document that the route accepts.
func (r *Route) Accepts() []string { return slices.Clone(r.accept) }

// ByProfile is what a route names alone under rules where the profile of a document decides the packs.
const ByProfile = "profile"

// ByProfile reports that the profile of a document decides the rule packs it is checked against.
func (r *Route) ByProfile() bool { return r.byProfile }

// Rules lists the rule packs that documents of the route are checked against, none where their profile decides.
func (r *Route) Rules() []string { return slices.Clone(r.rules) }

// Unique returns the topic in which the documents of the route claim their numbers, empty where numbers may come again. Routes
// that name the same topic share its numbers.
func (r *Route) Unique() string { return r.unique }

// Topics lists the topics that the route sends documents to, each once, in the order of the file.
func (r *Route) Topics() []string {
	var topics []string
	for _, d := range r.destinations {
		topics = appendNew(topics, d.topic)
	}
	return topics
}

func appendNew[T comparable](list []T, more ...T) []T {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
