// Package app builds the gateway from its configuration and runs it. It is the only package that knows all others.
//
// [Compile] does everything that can fail without touching the outside: configuration, routes, schemas and rules
// become one immutable pipeline. [Start] then opens the broker and serves.
package app

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/yamldoc"
	"github.com/commande-publique/passerelle/routes"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/cdar"
	"github.com/commande-publique/passerelle/transformers/chorus"
	"github.com/commande-publique/passerelle/transformers/cii"
	"github.com/commande-publique/passerelle/transformers/decp"
	"github.com/commande-publique/passerelle/transformers/espd"
	"github.com/commande-publique/passerelle/transformers/facturx"
	"github.com/commande-publique/passerelle/transformers/mapping"
	"github.com/commande-publique/passerelle/transformers/pivot"
	"github.com/commande-publique/passerelle/transformers/ubl"
)

// Gateway is a compiled configuration: everything that a verdict needs, and where messages come from and go to.
type Gateway struct {
	Config   *config.Config
	Pipeline *pipeline.Pipeline
	Routes   *routes.Table
	Schemas  *schemas.Set
	Rules    *rules.Set
	// References are the reference tables that the configuration gives, and Tables what is known of them.
	References []Table
	Tables     *reference.Tables
	kinds      []*mapping.Kind
}

// Load reads and compiles a configuration file; an empty name means the built-in defaults. The list holds every fault
// of the configuration, its routes and their conditions at once; the Gateway is nil when there are any.
func Load(file string) (*Gateway, diag.List) {
	if file == "" {
		return Compile(config.Default())
	}
	cfg, list := config.Load(file, yamldoc.SystemResolver())
	if cfg == nil {
		return nil, list
	}
	gateway, faults := Compile(cfg)
	list.Append(faults)
	return gateway, list
}

// Compile builds the pipeline of a configuration. See [Load].
func Compile(cfg *config.Config) (*Gateway, diag.List) {
	files, list := routeFiles(cfg)
	set, err := schemas.Load()
	if err != nil {
		list.Add(fault(err))
		return nil, list
	}
	kinds, faults := operatorKinds(cfg, set)
	list.Append(faults)
	for _, kind := range kinds {
		schema, err := schemas.Compile(kind.Schema().Name, kind.Schema().Data)
		if err != nil {
			list.Add(fault(err)) // it compiled when the kind was loaded
			continue
		}
		set = set.With(kind.Name(), schema, kind.Schema().Derived)
	}
	shapes := map[string]*expr.Shape{}
	for _, kind := range set.Kinds() {
		shapes[kind] = expr.ShapeOfSchema(set.Document(kind))
	}
	packs, faults := operatorRules(cfg, shapes)
	list.Append(faults)
	if packs == nil {
		return nil, list
	}
	limits := transformers.Limits{DocumentBytes: int(cfg.Limits.Document.Value)}
	invoices := []transformers.Transformer{facturx.New(cii.Transformer{}), ubl.Transformer{}, cii.Transformer{}}
	formats := append(slices.Clone(invoices), pivot.New(limits, invoices...), cdar.Transformer{}, chorusLists(packs), espd.New(), decp.New())
	for _, kind := range kinds {
		formats = append(formats, kind)
	}
	registry := transformers.NewRegistry(limits, formats...)
	table, faults := routes.Load(files, routes.Options{
		Topics: sources(cfg), Kinds: set.Kinds(), Numbered: numbered(), Statuses: []string{string(transformers.InvoiceStatus)}, Reserved: reserved(cfg), Formats: transformers.Formats(), Rules: packs.Names(), Shapes: shapes,
		Syntaxes: registry.Syntaxes(),
	})
	list.Append(faults)
	var destinations []string
	if table != nil {
		destinations = table.Destinations()
	}
	references := tablesOf(cfg, destinations)
	for _, t := range references {
		if table != nil && slices.Contains(table.Claims(), t.Topic) {
			list.Errorf(t.at, "config_"+t.Spec.Name, "le sujet %[1]q est aussi un sujet de numéros (validate.unique)", "the topic %[1]q is a topic of numbers too (validate.unique)", t.Topic)
		}
	}
	tables, faults := declareTables(references)
	list.Append(faults)
	if list.HasErrors() {
		return nil, list
	}
	return &Gateway{
		Config: cfg, Pipeline: pipeline.New(registry, set, packs, table).With(tables), Routes: table, Schemas: set, Rules: packs,
		References: references, Tables: tables, kinds: kinds,
	}, list
}

// numbered are the kinds of documents with a number that their seller may use once in a year.
func numbered() []string {
	return []string{string(transformers.Invoice), string(transformers.CreditNote)}
}

// chorusLists reads the lists of Chorus Pro by the table of its states.
func chorusLists(packs *rules.Set) chorus.Transformer {
	return chorus.New(func(state, day string) string { return packs.Lookup("chorus-statuses", state, "status", day) })
}

// operatorKinds compiles the kinds that the configuration adds.
func operatorKinds(cfg *config.Config, set *schemas.Set) ([]*mapping.Kind, diag.List) {
	names, list := cfg.KindFiles()
	var files []mapping.File
	for _, name := range names {
		data, err := readFile(name)
		if err != nil {
			list.Add(unreadable(name, err))
			continue
		}
		files = append(files, mapping.File{Name: name, Data: data})
	}
	kinds, faults := mapping.Load(files, mapping.Options{
		Reserved: set.Kinds(),
		ReadFile: readFile,
		Compile: func(name string, data []byte) (mapping.Judge, error) {
			schema, err := schemas.Compile(name, data)
			if err != nil {
				return nil, err
			}
			return schema.Validate, nil
		},
	})
	list.Append(faults)
	return kinds, list
}

// operatorRules compiles the rule packs in the binary with those that the configuration adds.
func operatorRules(cfg *config.Config, shapes rules.Shapes) (*rules.Set, diag.List) {
	names, list := cfg.RuleFiles()
	var files []rules.File
	for _, name := range names {
		data, err := readFile(name)
		if err != nil {
			list.Add(unreadable(name, err))
			continue
		}
		files = append(files, rules.File{Name: name, Data: data})
	}
	set, faults := rules.Load(files, shapes)
	list.Append(faults)
	return set, list
}

// readFile reads a file; its error does not repeat the name, which the position of a diagnostic tells.
func readFile(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	return data, pathless(err)
}

// unreadable says of a file that the configuration names that it cannot be read.
func unreadable(name string, err error) diag.Diagnostic {
	at := diag.Position{File: name}
	if errors.Is(err, syscall.EISDIR) {
		return diag.Errorf(at, "config_files", "un dossier, attendu un fichier", "a folder, expected a file").
			WithHint("écrivez un motif : %s", "write a pattern: %s", filepath.Join(name, "*.yaml"))
	}
	return diag.Errorf(at, "config_files", "fichier illisible : %v", "the file cannot be read: %v", err)
}

func pathless(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// fault is a fault of the build: what the binary holds does not load.
func fault(err error) diag.Diagnostic {
	return diag.Errorf(diag.Position{}, "internal_error", "défaut de ce programme : %v", "fault of this program: %v", err)
}

// routeFiles reads the operator's route files and the catalogue, in the order of the route table: what an operator writes goes
// before what is shipped.
func routeFiles(cfg *config.Config) ([]routes.File, diag.List) {
	var files []routes.File
	names, list := cfg.RouteFiles()
	for _, name := range names {
		data, err := readFile(name)
		if err != nil {
			list.Add(unreadable(name, err))
			continue
		}
		files = append(files, routes.File{Name: name, Data: data})
	}
	if cfg.Routes.Catalog.Value {
		files = append(files, routes.Catalog()...)
	}
	return files, list
}

// Accepted lists what a route accepts: its kinds in the order of the file, and of a kind that has several versions each
// that the route may take, as kind@version.
func (g *Gateway) Accepted(r *routes.Route) []string {
	var accepted []string
	for _, kind := range r.Accepts() {
		versions := g.versions(kind)
		if len(versions) == 0 {
			accepted = append(accepted, kind)
		}
		for _, version := range versions {
			if r.AcceptsVersion(kind, string(transformers.JSON), version) {
				accepted = append(accepted, kind+"@"+version)
			}
		}
	}
	return accepted
}

func (g *Gateway) versions(kind string) []string {
	for _, k := range g.kinds {
		if k.Name() == kind {
			return k.Versions()
		}
	}
	return nil
}

// Sources lists the source topics in the order of the configuration.
func (g *Gateway) Sources() []string { return sources(g.Config) }

func sources(cfg *config.Config) []string {
	var topics []string
	for _, s := range cfg.Sources.Items {
		topics = append(topics, s.Topic.Value)
	}
	return topics
}

// Brokers returns the addresses at which clients of this configuration find the broker: those of the cluster, or that
// of the embedded broker.
func (g *Gateway) Brokers() []string {
	if g.Config.Kafka.Brokers.Len() == 0 {
		return []string{g.Config.Embedded.Listen.Value}
	}
	var brokers []string
	for _, b := range g.Config.Kafka.Brokers.Items {
		brokers = append(brokers, b.Value)
	}
	return brokers
}

// reserved lists the topics that the gateway itself writes.
func reserved(cfg *config.Config) []string {
	topics := []string{cfg.DeadLetters.Value}
	for _, s := range cfg.Sources.Items {
		if s.Receipts.Value != config.NoReceipts && !slices.Contains(topics, s.Receipts.Value) {
			topics = append(topics, s.Receipts.Value)
		}
	}
	return topics
}
