// Package bench measures the gateway on a fixed job: it generates documents, runs the gateway as a process of its own on
// the configuration of examples/bench, and compares every output with what was sent. "passerelle bench" is its verb.
//
// It judges from outside, with a Kafka client that is not the gateway's own, so it must know nothing of how the gateway
// is made: no pipeline, no format, no internal/kafka.
package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	job "github.com/commande-publique/passerelle/examples/bench"
	"github.com/commande-publique/passerelle/internal/embedded"
)

const (
	// Partitions of each topic: enough for the gateway to work in parallel, as on a small cluster.
	partitions = 6
	// Bounds the first contact with a broker, and each administrative request.
	adminTimeout = 10 * time.Second
	// A gateway that puts out nothing for so long has lost the rest; rebalances and restarts of brokers are shorter.
	stallTimeout = 60 * time.Second
	// Records that wait in the producer: some tens of megabytes.
	maxBuffered = 20_000
)

// The most messages of a phase.
const (
	MaxEmbeddedMessages = 1_000_000  // 3 GB in the temporary folder, with the outputs
	MaxMessages         = 10_000_000 // times and checks of each are kept: less than 200 MB
)

const embeddedName = "embedded"

// Problem says in both languages why a measurement could not be made, and what to do.
type Problem struct {
	FR, EN string
	Err    error // the cause, or nil
}

// Error returns the English sentences.
func (p *Problem) Error() string { return p.EN }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Options say what is measured and where.
type Options struct {
	// Command starts the gateway: the program and its arguments, to which the path of a configuration is added.
	Command []string
	// Broker is the host:port of a cluster without TLS and SASL. Empty: the embedded broker, in this process, on a
	// temporary folder.
	Broker string
	Now    func() time.Time
	Logger *slog.Logger // of the embedded broker; default slog.Default()
	// Progress is told how far a stage has come; it may be nil.
	Progress func(stage Stage, done, total int)
}

// Stage is what a run is busy with.
type Stage string

// The stages of a run.
const (
	Preparing Stage = "preparing" // messages are being written
	Draining  Stage = "draining"  // the gateway works off the backlog
	Checking  Stage = "checking"  // the outputs are being read
	Pacing    Stage = "pacing"    // messages are being sent at a fixed rate
)

// Bench is a place to measure: a broker and a temporary folder.
type Bench struct {
	opts   Options
	id     string
	dir    string
	addr   string
	broker *embedded.Broker // nil on a cluster
	client *kgo.Client      // produces and administers
	admin  *kadm.Client
}

// Open starts the embedded broker or connects to the cluster. What the operator can mend is a *Problem or an
// *embedded.StartError. The Bench is to be closed.
func Open(ctx context.Context, opts Options) (_ *Bench, err error) {
	if opts.Progress == nil {
		opts.Progress = func(Stage, int, int) {}
	}
	b := &Bench{opts: opts, id: strings.ToLower(rand.Text()[:8]), addr: opts.Broker}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	if b.dir, err = os.MkdirTemp("", "passerelle-bench-"); err != nil {
		return nil, fmt.Errorf("creating a temporary folder: %w", err)
	}
	if opts.Broker == "" {
		b.broker, err = embedded.Start(ctx, embedded.Options{
			Addr: "127.0.0.1:0", DataDir: filepath.Join(b.dir, "broker"), Partitions: partitions, Logger: opts.Logger,
		})
		if err != nil {
			return nil, err
		}
		b.addr = b.broker.Addr()
	}
	if b.client, err = b.newClient(kgo.ProducerLinger(0), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(maxBuffered)); err != nil {
		return nil, err
	}
	b.admin = kadm.NewClient(b.client)
	ping, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	if err := b.client.Ping(ping); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Problem{
			FR:  fmt.Sprintf("aucun broker Kafka ne répond à %s sans TLS ni SASL (%v) ; démarrez-le ou corrigez --broker", b.addr, err),
			EN:  fmt.Sprintf("no Kafka broker answers at %s without TLS and SASL (%v); start it or correct --broker", b.addr, err),
			Err: err,
		}
	}
	return b, nil
}

func (b *Bench) newClient(opts ...kgo.Opt) (*kgo.Client, error) {
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.addr), kgo.ClientID("passerelle-bench"), kgo.DisableClientMetrics()}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("a Kafka client for %s: %w", b.addr, err)
	}
	return client, nil
}

// Close stops what Open started and removes the temporary folder.
func (b *Bench) Close() error {
	var errs []error
	if b.client != nil {
		b.client.Close()
	}
	if b.broker != nil {
		errs = append(errs, b.broker.Close())
	}
	if b.dir != "" {
		errs = append(errs, os.RemoveAll(b.dir))
	}
	return errors.Join(errs...)
}

// run is one phase with topics of its own.
type run struct {
	*Bench
	prefix  string // of its topics
	config  string // file
	gateway *gateway
}

// begin creates the topics of a phase and writes its configuration.
func (b *Bench) begin(ctx context.Context, phase string) (_ *run, err error) {
	r := &run{Bench: b, prefix: "passerelle-bench-" + b.id + "-" + phase + "."}
	if r.config, err = r.writeConfig(filepath.Join(b.dir, phase)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	// What retention removes before the check would count as lost. The embedded broker takes no topic without a bound.
	keep := map[string]*string{"retention.ms": kadm.StringPtr("-1"), "retention.bytes": kadm.StringPtr(strconv.Itoa(1 << 40))}
	created, err := b.admin.CreateTopics(ctx, partitions, -1, keep, r.topics()...)
	if err = errors.Join(err, created.Error()); err != nil {
		return nil, errors.Join(fmt.Errorf("creating the topics of the run: %w", err), r.removeTopics())
	}
	return r, nil
}

// topics are those of this run, the input first.
func (r *run) topics() []string {
	names := []string{r.prefix + input}
	for _, name := range outputs() {
		names = append(names, r.prefix+name)
	}
	return names
}

// group is the consumer group that the configuration gives the gateway by default.
func (r *run) group() string { return "passerelle-" + r.prefix + input }

// writeConfig writes examples/bench into a folder, with the topics of this run, and returns its main file.
func (r *run) writeConfig(dir string) (string, error) {
	var renames []string
	for _, name := range append([]string{input}, outputs()...) {
		renames = append(renames, name, r.prefix+name)
	}
	rename := strings.NewReplacer(renames...)
	err := fs.WalkDir(job.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if entry.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		data, err := job.Files.ReadFile(name)
		if err != nil {
			return err
		}
		text := rename.Replace(string(data))
		if name == mainFile {
			text += "\nlog:\n  level: warn\n" // only the reason of a failure is ever shown
		}
		return os.WriteFile(to, []byte(text), 0o600)
	})
	if err != nil {
		return "", fmt.Errorf("writing the configuration of the gateway: %w", err)
	}
	return filepath.Join(dir, mainFile), nil
}

const mainFile = "passerelle.yaml"

// start runs the gateway.
func (r *run) start() (err error) {
	command := append(append([]string(nil), r.opts.Command...), r.config)
	r.gateway, err = startGateway(command, []string{"BROKER=" + r.addr})
	return err
}

// end stops the gateway and removes the topics and the group of the run, also when it was interrupted.
func (r *run) end() error {
	var errs []error
	if r.gateway != nil {
		errs = append(errs, r.gateway.stop())
	}
	return errors.Join(append(errs, r.removeTopics())...)
}

// removeTopics deletes what this run has created on the broker, and nothing else.
func (r *run) removeTopics() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*adminTimeout) // a killed member keeps its group for 6 s
	defer cancel()
	deleted, err := r.admin.DeleteTopics(ctx, r.topics()...)
	for _, topic := range deleted {
		if topic.Err != nil && !errors.Is(topic.Err, kerr.UnknownTopicOrPartition) { // never created
			err = errors.Join(err, topic.Err)
		}
	}
	if groupErr := r.removeGroup(ctx); err == nil {
		err = groupErr
	}
	if err == nil {
		return nil
	}
	return &Problem{
		FR:  fmt.Sprintf("le nettoyage a échoué (%v) ; supprimez les sujets %s* et le groupe %s", err, r.prefix, r.group()),
		EN:  fmt.Sprintf("cleaning up failed (%v); delete the topics %s* and the group %s", err, r.prefix, r.group()),
		Err: err,
	}
}

func (r *run) removeGroup(ctx context.Context) error {
	for {
		groups, err := r.admin.DeleteGroups(ctx, r.group())
		if err == nil {
			err = groups.Error()
		}
		if err == nil || errors.Is(err, kerr.GroupIDNotFound) {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// written counts the records of all output topics; ok is false while the broker does not tell.
func (r *run) written(ctx context.Context) (total int, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	ends, err := r.admin.ListEndOffsets(ctx, r.topics()[1:]...)
	if err != nil || ends.Error() != nil {
		return 0, false
	}
	ends.Each(func(o kadm.ListedOffset) { total += int(o.Offset) })
	return total, true
}

// committed counts the messages that the gateway says it is done with; 0 while the broker does not tell.
func (r *run) committed(ctx context.Context) (total int) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	offsets, err := r.admin.FetchOffsets(ctx, r.group())
	if err != nil {
		return 0
	}
	offsets.Each(func(o kadm.OffsetResponse) {
		if o.Err == nil && o.Topic == r.prefix+input {
			total += int(max(0, o.At))
		}
	})
	return total
}

// wait pauses until the next look, and says why there is none: the context ended, or the gateway did.
func (r *run) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.gateway.exited:
		return r.gateway.failure()
	case <-timer.C:
		return nil
	}
}
