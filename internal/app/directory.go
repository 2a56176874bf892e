package app

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/telemetry"
	"github.com/commande-publique/passerelle/schemas/rules"
)

// maxDirectoryBytes bounds the file of the directory: a million rows take a tenth of it.
const maxDirectoryBytes = 1 << 30

// declareTables makes the reference tables of a configuration. A file is read at once, so that its faults are told with the
// others; a topic is read by a gateway that serves.
func declareTables(cfg *config.Config) (*reference.Tables, diag.List) {
	tables := &reference.Tables{}
	d := cfg.Directory
	if !d.File.IsSet() && !d.Topic.IsSet() {
		return tables, diag.List{}
	}
	tables.Declare(rules.Directory(), d.MaxAge.Value)
	if !d.File.IsSet() {
		return tables, diag.List{}
	}
	snapshot, list := readDirectory(cfg.Path(d.File.Value))
	if snapshot != nil {
		tables.Publish(rules.Directory(), snapshot)
	}
	return tables, list
}

// readDirectory reads the file of the directory. Its date is that of its last change.
func readDirectory(name string) (*reference.Snapshot, diag.List) {
	unreadable := func(err error) (*reference.Snapshot, diag.List) {
		var list diag.List
		list.Errorf(diag.Position{File: name}, reference.CodeFile, "annuaire illisible : %[1]v", "the directory cannot be read: %[1]v", pathless(err))
		return nil, list
	}
	f, err := os.Open(name)
	if err != nil {
		return unreadable(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return unreadable(err)
	case info.Size() > maxDirectoryBytes:
		return unreadable(fmt.Errorf("%d > %d", info.Size(), int64(maxDirectoryBytes)))
	}
	return rules.Directory().Read(name, f, info.ModTime())
}

// directory keeps the directory of a gateway that serves up to date.
type directory struct {
	tables *reference.Tables
	file   string    // where it comes from: a file
	topic  string    // or a topic; both empty: nowhere
	read   time.Time // the date of the file that was read last, whatever came of it

	mu    sync.Mutex
	fault *telemetry.Fault // what is wrong with the file or the topic
}

func newDirectory(g *Gateway) *directory {
	d := &directory{tables: g.Tables, topic: g.Config.Directory.Topic.Value}
	if name := g.Config.Directory.File.Value; name != "" {
		d.file = g.Config.Path(name)
		d.read = d.state().Date
	}
	return d
}

func (d *directory) state() reference.Status { return d.tables.View().Status(rules.Directory()) }

func (d *directory) set(fault *telemetry.Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = fault
}

// unreadable returns why the directory cannot be read, nil when it can.
func (d *directory) unreadable() *telemetry.Fault {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fault
}

// look reads the file again when it has changed and returns what is wrong with the directory now.
func (d *directory) look(now time.Time) []finding {
	if d.file != "" {
		d.reread()
	}
	d.tables.Tick(now)
	var found []finding
	if fault := d.unreadable(); fault != nil {
		found = append(found, finding{Fault: *fault})
	}
	if s := d.state(); s.State == reference.StateStale {
		found = append(found, finding{Fault: staleFault(s)})
	}
	return found
}

// report is what health says of the directory; nothing where there is none.
func (d *directory) report() []telemetry.Table {
	if d.file == "" && d.topic == "" {
		return nil
	}
	s := d.state()
	t := telemetry.Table{Name: s.Spec.Name, State: string(s.State), Source: d.file + d.topic, Rows: s.Rows}
	if date := s.Date.UTC(); !date.IsZero() {
		t.Date = &date
	}
	return []telemetry.Table{t}
}

// reread reads the file again when it is another than before. One with faults leaves the table as it is.
func (d *directory) reread() {
	info, err := os.Stat(d.file)
	if err == nil && info.ModTime().Equal(d.read) {
		return
	}
	if err != nil {
		fault := directoryFault(d.file, fmt.Sprint(pathless(err)), fmt.Sprint(pathless(err)))
		d.set(&fault)
		return
	}
	d.read = info.ModTime()
	snapshot, list := readDirectory(d.file)
	if snapshot == nil {
		first := list.All()[0]
		fault := directoryFault(d.file, first.Position.String()+" : "+first.FR, first.Position.String()+": "+first.EN)
		d.set(&fault)
		return
	}
	d.tables.Publish(rules.Directory(), snapshot)
	d.set(nil)
}

// readTopic keeps the table what the topic says, from its start; ready is called whenever its end was reached.
func (d *directory) readTopic(ctx context.Context, cluster *kafka.Cluster, ready func()) {
	for ctx.Err() == nil {
		feed := reference.NewFeed(rules.Directory(), d.topic)
		whole := false
		publish := func() {
			d.tables.Publish(rules.Directory(), feed.Snapshot())
			d.set(recordFault(d.topic, feed))
		}
		err := cluster.Consume(ctx, kafka.ConsumeOptions{
			Topics: []string{d.topic}, From: kafka.Earliest,
			AtEnd: func() {
				whole = true
				publish()
				ready()
			},
		}, func(r kafka.Record) error {
			feed.Take(fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset), r.Key, r.Value, r.Time)
			if whole {
				publish()
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			said := fmt.Sprint(kafka.Explain(err))
			fault := directoryFault(d.topic, said, said)
			d.set(&fault)
			select {
			case <-ctx.Done():
			case <-time.After(lookInterval):
			}
		}
	}
}

// The codes of the faults of the directory.
const (
	faultDirectory       = "directory_unreadable"
	faultDirectoryStale  = "directory_stale"
	faultDirectoryRecord = "directory_record"
)

func directoryFault(source, fr, en string) telemetry.Fault {
	return telemetry.Fault{
		Code: faultDirectory, Subject: source,
		FR:       "l'annuaire ne peut pas être lu : " + fr,
		EN:       "the directory cannot be read: " + en,
		RemedyFR: "Corrigez sa source. Ce qui en a été lu avant vaut toujours, jusqu'à directory.max_age ; il est relu de lui-même.",
		RemedyEN: "Correct its source. What was read of it before still holds, until directory.max_age; it is read again by itself.",
	}
}

func staleFault(s reference.Status) telemetry.Fault {
	day := s.Date.UTC().Format(time.DateOnly)
	return telemetry.Fault{
		Code: faultDirectoryStale, Subject: s.Source,
		FR:       fmt.Sprintf("l'annuaire est du %s, il y a plus de %s : plus aucune règle ne s'y vérifie", day, s.MaxAge),
		EN:       fmt.Sprintf("the directory is of %s, more than %s ago: no rule is verified there any more", day, s.MaxAge),
		RemedyFR: "Mettez l'annuaire à jour. Les documents passent sans ces règles, comme leurs reçus le disent (not_verified).",
		RemedyEN: "Bring the directory up to date. Documents pass without these rules, as their receipts say (not_verified).",
	}
}

// recordFault says that records of the topic cannot be read, nil when all can.
func recordFault(topic string, feed *reference.Feed) *telemetry.Fault {
	n, first := feed.Refused()
	if n == 0 {
		return nil
	}
	return &telemetry.Fault{
		Code: faultDirectoryRecord, Subject: topic,
		FR:       fmt.Sprintf("l'annuaire a %d message(s) illisible(s), dont %s : %s", n, first.Position, first.FR),
		EN:       fmt.Sprintf("the directory has %d record(s) that cannot be read, among them %s: %s", n, first.Position, first.EN),
		RemedyFR: "Publiez de nouveau ces lignes, sous la même clé. D'ici là, rien ne se vérifie pour ces SIRET.",
		RemedyEN: "Publish these rows again, under the same key. Until then nothing is verified for these SIRETs.",
	}
}
