package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/telemetry"
	"github.com/commande-publique/passerelle/schemas/rules"
)

// maxTableBytes bounds the file of a table: a million rows of the directory take a tenth of it.
const maxTableBytes = 1 << 30

// Table is a reference table of a gateway, and where it comes from: a file or a topic.
type Table struct {
	Spec        *reference.Spec
	File, Topic string // one of them is empty
	MaxAge      time.Duration

	at diag.Position // of the topic in the configuration, nowhere where it is not written there
}

// requestsTopic is where the shipped route of requests writes what they ask for.
const requestsTopic = "dume-requests"

// tablesOf lists the reference tables of a configuration whose routes write to some topics.
func tablesOf(cfg *config.Config, destinations []string) []Table {
	var all []Table
	add := func(spec *reference.Spec, from config.Table) {
		t := Table{Spec: spec, Topic: from.Topic.Value, MaxAge: from.MaxAge.Value, at: from.Topic.Pos}
		if from.File.IsSet() {
			t.File = cfg.Path(from.File.Value)
		}
		if t.File != "" || t.Topic != "" {
			all = append(all, t)
		}
	}
	add(rules.Directory(), cfg.Directory)
	requests := cfg.Requests
	if !requests.File.IsSet() && !requests.Topic.IsSet() && slices.Contains(destinations, requestsTopic) {
		requests.Topic.Value = requestsTopic
	}
	add(rules.Requests(), requests)
	return all
}

// declareTables makes reference tables. Files are read at once, so that their faults are told with the others; topics are read
// by a gateway that serves.
func declareTables(all []Table) (*reference.Tables, diag.List) {
	tables := &reference.Tables{}
	var list diag.List
	for _, t := range all {
		tables.Declare(t.Spec, t.MaxAge)
		if t.File == "" {
			continue
		}
		snapshot, faults := t.read()
		list.Append(faults)
		if snapshot != nil {
			tables.Publish(t.Spec, snapshot)
		}
	}
	return tables, list
}

// read reads the file of a table. Its date is that of its last change.
func (t Table) read() (*reference.Snapshot, diag.List) {
	unreadable := func(err error) (*reference.Snapshot, diag.List) {
		var list diag.List
		list.Errorf(diag.Position{File: t.File}, reference.CodeFile, "fichier d'une table illisible (%[1]s) : %[3]v", "the file of a table cannot be read (%[2]s): %[3]v", t.Spec.FR, t.Spec.EN, pathless(err))
		return nil, list
	}
	f, err := os.Open(t.File)
	if err != nil {
		return unreadable(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return unreadable(err)
	case info.Size() > maxTableBytes:
		return unreadable(fmt.Errorf("%d > %d", info.Size(), int64(maxTableBytes)))
	}
	return t.Spec.Read(t.File, f, info.ModTime())
}

// table keeps a reference table of a gateway that serves up to date.
type table struct {
	Table
	source // the file or the topic
	tables *reference.Tables
	seen   time.Time // the date of the file that was read last, whatever came of it
}

// servedTables are the tables of a gateway that serves.
func servedTables(g *Gateway) []*table {
	var all []*table
	for _, t := range g.References {
		all = append(all, &table{Table: t, tables: g.Tables, seen: g.Tables.View().Status(t.Spec).Date})
	}
	return all
}

func (t *table) state() reference.Status { return t.tables.View().Status(t.Spec) }

// look reads the file again when it has changed and returns what is wrong with the table now.
func (t *table) look(now time.Time) []finding {
	if t.File != "" {
		t.reread()
	}
	t.tables.Tick(now)
	var found []finding
	if fault := t.unreadable(); fault != nil {
		found = append(found, finding{Fault: *fault})
	}
	if s := t.state(); s.State == reference.StateStale {
		found = append(found, finding{Fault: staleFault(s)})
	}
	return found
}

// reportTables is what health says of tables.
func reportTables(all []*table) []telemetry.Table {
	var reports []telemetry.Table
	for _, t := range all {
		s := t.state()
		report := telemetry.Table{Name: s.Spec.Name, State: string(s.State), Source: t.File + t.Topic, Rows: s.Rows}
		if date := s.Date.UTC(); !date.IsZero() {
			report.Date = &date
		}
		reports = append(reports, report)
	}
	return reports
}

// reread reads the file again when it is another than before. One with faults leaves the table as it is.
func (t *table) reread() {
	info, err := os.Stat(t.File)
	if err == nil && info.ModTime().Equal(t.seen) {
		return
	}
	if err != nil {
		fault := unreadableFault(t.Spec, t.File, fmt.Sprint(pathless(err)), fmt.Sprint(pathless(err)))
		t.set(&fault)
		return
	}
	t.seen = info.ModTime()
	snapshot, list := t.read()
	if snapshot == nil {
		first := list.All()[0]
		fault := unreadableFault(t.Spec, t.File, first.Position.String()+" : "+first.FR, first.Position.String()+": "+first.EN)
		t.set(&fault)
		return
	}
	t.tables.Publish(t.Spec, snapshot)
	t.set(nil)
}

// follow keeps the table what the topic says, from its start; ready is called whenever its end was reached.
func (t *table) follow(ctx context.Context, cluster *kafka.Cluster, ready func()) {
	t.consume(ctx, cluster, []string{t.Topic}, func() (func(), func(kafka.Record)) {
		feed := reference.NewFeed(t.Spec, t.Topic)
		whole := false
		publish := func() {
			t.tables.Publish(t.Spec, feed.Snapshot())
			t.set(recordFault(t.Spec, t.Topic, feed))
		}
		return func() {
				whole = true
				publish()
				ready()
			}, func(r kafka.Record) {
				feed.Take(fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset), r.Key, r.Value, r.Time)
				if whole {
					publish()
				}
			}
	}, func(said string) telemetry.Fault { return unreadableFault(t.Spec, t.Topic, said, said) })
}

// The ends of the codes of the faults of a table, which begin with its name.
const (
	faultUnreadable = "_unreadable"
	faultStale      = "_stale"
	faultRecord     = "_record"
)

func unreadableFault(spec *reference.Spec, source, fr, en string) telemetry.Fault {
	return telemetry.Fault{
		Code: spec.Name + faultUnreadable, Subject: source,
		FR:       spec.FR + " ne peut pas être lu : " + fr,
		EN:       spec.EN + " cannot be read: " + en,
		RemedyFR: "Corrigez sa source. Ce qui en a été lu avant vaut toujours, jusqu'à " + spec.Name + ".max_age ; il est relu de lui-même.",
		RemedyEN: "Correct its source. What was read of it before still holds, until " + spec.Name + ".max_age; it is read again by itself.",
	}
}

func staleFault(s reference.Status) telemetry.Fault {
	day := s.Date.UTC().Format(time.DateOnly)
	return telemetry.Fault{
		Code: s.Spec.Name + faultStale, Subject: s.Source,
		FR:       fmt.Sprintf("%s est du %s, il y a plus de %s : plus aucune règle ne s'y vérifie", s.Spec.FR, day, s.MaxAge),
		EN:       fmt.Sprintf("%s is of %s, more than %s ago: no rule is verified there any more", s.Spec.EN, day, s.MaxAge),
		RemedyFR: "Mettez la table à jour. Les documents passent sans ces règles, comme leurs reçus le disent (not_verified).",
		RemedyEN: "Bring the table up to date. Documents pass without these rules, as their receipts say (not_verified).",
	}
}

// recordFault says that records of the topic cannot be read, nil when all can.
func recordFault(spec *reference.Spec, topic string, feed *reference.Feed) *telemetry.Fault {
	n, first := feed.Refused()
	if n == 0 {
		return nil
	}
	return &telemetry.Fault{
		Code: spec.Name + faultRecord, Subject: topic,
		FR:       fmt.Sprintf("%s a %d message(s) illisible(s), dont %s : %s", spec.FR, n, first.Position, first.FR),
		EN:       fmt.Sprintf("%s has %d record(s) that cannot be read, among them %s: %s", spec.EN, n, first.Position, first.EN),
		RemedyFR: "Publiez de nouveau ces lignes, sous la même clé. D'ici là, rien ne se vérifie pour ces clés.",
		RemedyEN: "Publish these rows again, under the same key. Until then nothing is verified for these keys.",
	}
}
