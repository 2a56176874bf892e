// Package config reads the gateway's configuration: strictly, with the line and column of every value, all faults at
// once. passerelle.yaml beside this file is the reference: every key with its default and its reason.
//
// The package says what the operator wrote; it must not know how it is carried out. Routes and rule packs have files
// and packages of their own.
package config

import (
	"cmp"
	_ "embed" // for the reference file
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// Reference is the commented reference configuration: every key, each with its default.
//
//go:embed passerelle.yaml
var Reference []byte

// Config is a whole configuration. Load and Default fill every field.
type Config struct {
	Kafka       Kafka                `yaml:"kafka"`
	Embedded    Embedded             `yaml:"embedded"`
	Topics      Topics               `yaml:"topics"`
	Sources     yamldoc.List[Source] `yaml:"sources"`
	DeadLetters yamldoc.String       `yaml:"dead_letters"`
	Kinds       Kinds                `yaml:"kinds"`
	Rules       Rules                `yaml:"rules"`
	Directory   Table                `yaml:"directory"`
	Requests    Table                `yaml:"requests"`
	Routes      Routes               `yaml:"routes"`
	Limits      Limits               `yaml:"limits"`
	Log         Log                  `yaml:"log"`
	Telemetry   Telemetry            `yaml:"telemetry"`

	dir string // of the file, for relative paths; empty without a file
}

// Kafka says which cluster to use.
type Kafka struct {
	// Brokers are host:port of some brokers of a cluster; empty means the embedded broker.
	Brokers  yamldoc.List[yamldoc.String] `yaml:"brokers"`
	ClientID yamldoc.String               `yaml:"client_id"`
	TLS      TLS                          `yaml:"tls"`
	SASL     SASL                         `yaml:"sasl"`
}

// Embedded says where the embedded broker listens and lies.
type Embedded struct {
	Listen  yamldoc.String `yaml:"listen"`
	DataDir yamldoc.String `yaml:"data_dir"`
	Sync    yamldoc.Bool   `yaml:"sync"`
	// Reserve is the free space of the disk below which producers have to wait; 0: none.
	Reserve yamldoc.Bytes `yaml:"reserve"`
}

// Topics says how topics are created that do not exist yet.
type Topics struct {
	Partitions  yamldoc.Int `yaml:"partitions"`
	Replication yamldoc.Int `yaml:"replication"`
}

// Source is one topic that messages come from.
type Source struct {
	Topic yamldoc.String `yaml:"topic,required"`
	// Receipts is the topic of the receipts, or "none".
	Receipts yamldoc.String `yaml:"receipts"`
	Group    yamldoc.String `yaml:"group"`
	Start    yamldoc.String `yaml:"start,oneof=earliest|latest"`
	// OutOfRange says what to do when committed offsets are gone from the log.
	OutOfRange yamldoc.String `yaml:"out_of_range,oneof=stop|earliest|latest"`
	// Delivery says what a crash may repeat: at_least_once, or exactly_once for read_committed consumers.
	Delivery yamldoc.String `yaml:"delivery,oneof=at_least_once|exactly_once"`
}

// The values of Source.Delivery.
const (
	AtLeastOnce = "at_least_once"
	ExactlyOnce = "exactly_once"
)

// NoReceipts is the value of Source.Receipts that asks for none.
const NoReceipts = "none"

// Kinds says which kinds of JSON documents the operator adds to the built-in ones.
type Kinds struct {
	Files yamldoc.List[yamldoc.String] `yaml:"files"`
}

// Rules says which rule packs and code lists the operator adds to the built-in ones, or puts in their place.
type Rules struct {
	Files yamldoc.List[yamldoc.String] `yaml:"files"`
}

// Table says where a reference table comes from, such as the directory of public buyers: a file, a topic, or nowhere.
type Table struct {
	File  yamldoc.String `yaml:"file"`
	Topic yamldoc.String `yaml:"topic"`
	// MaxAge is how old the table may be: beyond it nothing is verified there.
	MaxAge yamldoc.Duration `yaml:"max_age"`
}

// Routes says which routes are in force: the files, in the order of their names, then the shipped catalogue.
type Routes struct {
	Catalog yamldoc.Bool                 `yaml:"catalog"`
	Files   yamldoc.List[yamldoc.String] `yaml:"files"`
}

// Limits bound what one process takes on.
type Limits struct {
	Document        yamldoc.Bytes `yaml:"document"`
	InFlightRecords yamldoc.Int   `yaml:"in_flight_records"`
	InFlightBytes   yamldoc.Bytes `yaml:"in_flight_bytes"`
}

// Log says how the gateway speaks to its operator.
type Log struct {
	Level  yamldoc.String `yaml:"level,oneof=debug|info|warn|error"`
	Format yamldoc.String `yaml:"format,oneof=text|json"`
}

// Telemetry says where the gateway tells machines how it is.
type Telemetry struct {
	// Listen is the host:port of /healthz and /readyz, or "none".
	Listen yamldoc.String `yaml:"listen"`
}

// NoTelemetry is the value of Telemetry.Listen that asks for no listener.
const NoTelemetry = "none"

// Default returns the configuration of a gateway without a file.
func Default() *Config {
	c := &Config{}
	c.setDefaults()
	return c
}

// Load reads a configuration file. The list holds every fault and warning; the Config is nil when there are faults.
func Load(file string, resolver yamldoc.Resolver) (*Config, diag.List) {
	var list diag.List
	data, err := os.ReadFile(file)
	if err != nil {
		list.Add(diag.Errorf(diag.Position{File: file}, "config_file",
			"fichier de configuration illisible : %v", "the configuration file cannot be read: %v", cause(err)).
			WithHint("vérifiez le chemin donné à --config", "check the path given to --config"))
		return nil, list
	}
	return Parse(file, data, resolver)
}

// Parse is Load for a file that has been read.
func Parse(file string, data []byte, resolver yamldoc.Resolver) (*Config, diag.List) {
	c := &Config{dir: filepath.Dir(file)}
	node, list := yamldoc.Parse(file, data)
	if node != nil {
		list.Append(yamldoc.Expand(node, resolver))
		list.Append(yamldoc.Decode(node, c))
	}
	c.setDefaults()
	c.check(&list)
	if list.HasErrors() {
		return nil, list
	}
	return c, list
}

// cause is the error without the path, which the position names already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (c *Config) setDefaults() {
	text := func(s *yamldoc.String, value string) {
		if !s.IsSet() {
			s.Value = value
		}
	}
	text(&c.Kafka.ClientID, "passerelle")
	text(&c.Embedded.Listen, "127.0.0.1:9092")
	text(&c.Embedded.DataDir, "./passerelle-data")
	text(&c.DeadLetters, "dead-letter")
	text(&c.Log.Level, "info")
	text(&c.Log.Format, "text")
	text(&c.Telemetry.Listen, "127.0.0.1:9091")
	setDefault(&c.Embedded.Reserve, 512<<20)
	const day = 24 * time.Hour
	age := func(t *Table, value time.Duration) {
		if !t.MaxAge.IsSet() {
			t.MaxAge.Value = value
		}
	}
	age(&c.Directory, 7*day)  // buyers change their demands rarely; a week of stopped updates is noticed
	age(&c.Requests, 366*day) // a request stays true; a year without any means that none arrives here any more
	setDefault(&c.Topics.Partitions, 3)
	setDefault(&c.Topics.Replication, 3)
	setDefault(&c.Limits.Document, 16<<20)
	setDefault(&c.Limits.InFlightRecords, 2048)
	setDefault(&c.Limits.InFlightBytes, 32<<20)
	if !c.Routes.Catalog.IsSet() {
		c.Routes.Catalog.Value = true
	}
	if !c.Sources.IsSet() {
		for _, topic := range []string{"suppliers", "buyers"} {
			c.Sources.Items = append(c.Sources.Items, Source{Topic: yamldoc.String{Value: topic}})
		}
	}
	for i := range c.Sources.Items {
		s := &c.Sources.Items[i]
		text(&s.Receipts, "receipts")
		text(&s.Group, "passerelle-"+s.Topic.Value)
		text(&s.Start, "earliest")
		text(&s.OutOfRange, "stop")
		text(&s.Delivery, AtLeastOnce)
	}
}

func setDefault[T int64 | yamldoc.Size](v *yamldoc.Value[T], value T) {
	if !v.IsSet() {
		v.Value = value
	}
}

// topicName is what Kafka takes as the name of a topic, but for "." and "..".
var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// check reports what the types alone cannot refuse.
func (c *Config) check(list *diag.List) {
	topic := func(s yamldoc.String) {
		if !topicName.MatchString(s.Value) || s.Value == "." || s.Value == ".." {
			list.Add(diag.Errorf(s.Pos, "config_topic",
				"nom de sujet Kafka attendu (lettres, chiffres, « . », « _ », « - », 249 au plus), trouvé %q",
				"expected the name of a Kafka topic (letters, digits, \".\", \"_\", \"-\", 249 at most), found %q", shown(s)))
		}
	}
	c.Kafka.checkSecurity(list)
	topic(c.DeadLetters)
	outputs := []string{c.DeadLetters.Value}
	seen, groups := map[string]bool{}, map[string]bool{}
	for _, s := range c.Sources.Items {
		if s.Topic.Value != "" { // one that is missing is told already
			topic(s.Topic)
		}
		topic(s.Receipts)
		if s.Receipts.Value == c.DeadLetters.Value {
			list.Add(diag.Errorf(cmp.Or(s.Receipts.Pos, c.DeadLetters.Pos), "config_topic",
				"le sujet %q recevrait à la fois reçus et lettres mortes", "the topic %q would get both receipts and dead letters", shown(s.Receipts)).
				WithHint("donnez à chacun son sujet : un reçu ne se rejoue pas", "give each a topic of its own: a receipt cannot be replayed"))
		}
		if s.Receipts.Value != NoReceipts {
			outputs = append(outputs, s.Receipts.Value)
		}
		if seen[s.Topic.Value] {
			list.Add(diag.Errorf(s.Topic.Pos, "config_source",
				"la source %q est déjà définie", "the source %q is defined already", shown(s.Topic)).
				WithHint("gardez une seule entrée par sujet", "keep one entry for each topic"))
		}
		if groups[s.Group.Value] {
			list.Add(diag.Errorf(cmp.Or(s.Group.Pos, s.Topic.Pos), "config_group",
				"le groupe de consommateurs %q sert déjà à une autre source", "the consumer group %q serves another source already", shown(s.Group)).
				WithHint("donnez à chaque source un groupe à elle : leurs rééquilibrages ne se gênent pas", "give each source a group of its own: their rebalances then do not disturb each other"))
		}
		seen[s.Topic.Value], groups[s.Group.Value] = true, true
	}
	for _, s := range c.Sources.Items {
		if slices.Contains(outputs, s.Topic.Value) {
			list.Add(diag.Errorf(s.Topic.Pos, "config_loop",
				"le sujet %q est à la fois une source et une sortie (reçus ou lettres mortes)",
				"the topic %q is both a source and an output (receipts or dead letters)", shown(s.Topic)).
				WithHint("un message y tournerait sans fin : choisissez un autre sujet", "a message would go round for ever: choose another topic"))
		}
	}
	if c.Sources.IsSet() && c.Sources.Len() == 0 {
		list.Add(diag.Errorf(c.Sources.Pos, "config_source",
			"au moins une source attendue", "expected at least one source").
			WithHint("ajoutez « - topic: suppliers », ou retirez sources pour les sources par défaut", "add \"- topic: suppliers\", or remove sources for the default ones"))
	}
	taken := append(outputs, slices.Collect(maps.Keys(seen))...)
	for _, t := range []struct {
		*Table
		code string
	}{{&c.Directory, "config_directory"}, {&c.Requests, "config_requests"}} {
		if t.Topic.IsSet() {
			topic(t.Topic)
		}
		t.check(list, t.code, taken)
		taken = append(taken, t.Topic.Value)
	}
	c.Embedded.checkReserve(list)
	c.Telemetry.check(list)
	between(list, c.Topics.Partitions, 1, 1000)
	between(list, c.Topics.Replication, 1, 9)
	between(list, c.Limits.Document, 1<<10, 30<<20)
	between(list, c.Limits.InFlightRecords, 1, 1_000_000)
	between(list, c.Limits.InFlightBytes, 1<<20, 1<<30)
}

// check reports a table that comes from two places, or from a topic that holds something else.
func (t *Table) check(list *diag.List, code string, taken []string) {
	if t.File.IsSet() && t.Topic.IsSet() {
		list.Add(diag.Errorf(t.Topic.Pos, code,
			"une table vient d'un fichier ou d'un sujet, pas des deux", "a table comes from a file or from a topic, not from both").
			WithHint("gardez file ou topic", "keep file or topic"))
	}
	if t.Topic.IsSet() && slices.Contains(taken, t.Topic.Value) {
		list.Add(diag.Errorf(t.Topic.Pos, code,
			"le sujet %q sert déjà à autre chose (source, reçus, lettres mortes ou une autre table)",
			"the topic %q serves something else already (source, receipts, dead letters or another table)", shown(t.Topic)).
			WithHint("donnez à la table un sujet à elle, compacté", "give the table a topic of its own, compacted"))
	}
	const least, most = time.Hour, 366 * 24 * time.Hour
	if age := t.MaxAge.Value; age < least || age > most {
		list.Add(diag.Errorf(t.MaxAge.Pos, "config_range",
			"durée attendue entre %s et %s, trouvé %s", "expected a duration between %s and %s, found %s", least, most, age))
	}
}

// checkReserve reports a reserve that a fast disk fills between two looks at it, and warns when there is none.
func (e *Embedded) checkReserve(list *diag.List) {
	if e.Reserve.Value != 0 {
		between(list, e.Reserve, 64<<20, 1<<40)
		return
	}
	list.Add(diag.Warnf(e.Reserve.Pos, "config_reserve",
		"sans réserve, un disque plein arrête le broker embarqué au milieu de ses écritures", "without a reserve a full disk stops the embedded broker in the middle of its writes").
		WithHint("des offsets validés peuvent s'y perdre : donnez une taille, comme 512MiB", "committed offsets may be lost there: give a size, such as 512MiB"))
}

// check reports an address that cannot be listened on.
func (t *Telemetry) check(list *diag.List) {
	if t.Listen.Value == NoTelemetry {
		return
	}
	_, port, err := net.SplitHostPort(t.Listen.Value)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		list.Add(diag.Errorf(t.Listen.Pos, "config_address",
			"adresse hôte:port attendue, ou none, trouvé %q", "expected an address host:port, or none, found %q", shown(t.Listen)).
			WithHint("écrivez 127.0.0.1:9091 pour cette machine seulement, :9091 pour toutes", "write 127.0.0.1:9091 for this machine only, :9091 for all"))
	}
}

// between checks the bounds of a number or size.
func between[T int64 | yamldoc.Size](list *diag.List, v yamldoc.Value[T], low, high T) {
	if v.Value < low || v.Value > high {
		list.Add(diag.Errorf(v.Pos, "config_range",
			"valeur attendue entre %d et %d, trouvé %d", "expected a value between %d and %d, found %d", low, high, v.Value))
	}
}

// shown is the value for a message, unless it may be a secret.
func shown(s yamldoc.String) string {
	if s.Reference {
		return "***"
	}
	return s.Value
}

// Path returns a path of the configuration as the process can open it: a relative one starts at the file's directory.
func (c *Config) Path(path string) string {
	if c.dir == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.dir, path)
}

// RouteFiles returns the files that routes.files names, patterns expanded, in the order of the list and by name within
// a pattern. A pattern without any file is a fault: a route that silently is not there loses messages to no_route.
func (c *Config) RouteFiles() ([]string, diag.List) { return c.expand(c.Routes.Files) }

// KindFiles returns the files that kinds.files names. See [Config.RouteFiles].
func (c *Config) KindFiles() ([]string, diag.List) { return c.expand(c.Kinds.Files) }

// RuleFiles returns the files that rules.files names. See [Config.RouteFiles].
func (c *Config) RuleFiles() ([]string, diag.List) { return c.expand(c.Rules.Files) }

func (c *Config) expand(patterns yamldoc.List[yamldoc.String]) ([]string, diag.List) {
	var list diag.List
	var files []string
	for _, pattern := range patterns.Items {
		matches, err := filepath.Glob(c.Path(pattern.Value))
		if err == nil && len(matches) == 0 {
			err = errors.New("no such file")
		}
		if err != nil {
			list.Add(diag.Errorf(pattern.Pos, "config_files",
				"aucun fichier pour %q", "no file for %q", shown(pattern)).
				WithHint("vérifiez le chemin, relatif au fichier de configuration", "check the path, which is relative to the configuration file"))
			continue
		}
		files = append(files, matches...)
	}
	return files, list
}

// String describes the configuration in one line, for the log.
func (c *Config) String() string {
	broker := "embedded broker on " + c.Embedded.Listen.Value
	if c.Kafka.Brokers.Len() > 0 {
		broker = fmt.Sprintf("cluster of %d seed brokers", c.Kafka.Brokers.Len())
	}
	return fmt.Sprintf("%s, %d sources", broker, c.Sources.Len())
}
