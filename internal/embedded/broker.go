// Package embedded is the Kafka broker that passerelle starts for itself when the configuration names no cluster: one node, on
// the loopback interface, with a durable data directory, spoken to by any Kafka client. It is franz-go's kfake, which is written
// for tests, made fit to run: every frame is checked before kfake reads it, topics are created explicitly and their logs bounded.
//
// It must not know what the topics carry (documents, routes, dead letters) nor how the gateway reads them: the gateway is a
// client like any other.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// DefaultAddr is where the embedded broker listens unless told otherwise.
const DefaultAddr = "127.0.0.1:9092"

// ClusterID is what every embedded broker calls its cluster: a client that asks knows that topics are not compacted there.
const ClusterID = "passerelle-embedded"

// What can prevent a start and is the operator's to repair. Start wraps them: test with errors.Is.
var (
	ErrNotLoopback   = errors.New("embedded broker: address is not a loopback address")
	ErrPortTaken     = errors.New("embedded broker: port already in use")
	ErrDataDirLocked = errors.New("embedded broker: data directory in use by another process")
)

// StartError says in both languages why the broker did not start and what to do about it.
type StartError struct {
	Kind error  // ErrNotLoopback, ErrPortTaken or ErrDataDirLocked
	EN   string // whole sentences: what was expected, what was found, what to do
	FR   string
	Err  error // the cause in the operating system's words, or nil
}

// Error returns the English sentences.
func (e *StartError) Error() string { return e.EN }

// Unwrap gives the kind and the cause to errors.Is and errors.As.
func (e *StartError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Options say where the broker listens and lies, and which topics it holds. The zero value of a field means its default.
type Options struct {
	Addr          string        // loopback host and port; port 0 takes any free one, an empty host means 127.0.0.1. Default DefaultAddr
	DataDir       string        // where everything is kept; created when missing. Mandatory
	Sync          bool          // fsync each batch before it is acknowledged: survives a power cut, about three times slower
	Partitions    int           // partitions of a topic that does not say, default 3
	Topics        []Topic       // created, or brought to these settings, before Start returns
	CleanInterval time.Duration // how often retention is applied, default one minute
	Reserve       int64         // free bytes below which producers are refused, see Space; default DefaultReserve, negative: none
	FreeSpace     FreeSpaceFunc // default: what the operating system says
	Logger        *slog.Logger  // default slog.Default()
}

const (
	// Three partitions let three consumers share a topic while one node still fetches them in one request.
	defaultPartitions = 3
	// A minute of the fastest measured producer is far below the room a partition has, and a pass costs next to nothing.
	defaultCleanInterval = time.Minute
	// Bounds the requests that settle the topics: on loopback they take milliseconds, so this only ends a hang.
	topicsTimeout = 30 * time.Second
)

// Broker is a running embedded broker. Its methods may be called from any goroutine.
type Broker struct {
	addr    string
	notice  Notice
	cluster *kfake.Cluster
	guard   *guard
	lock    *dirLock
	reserve *reserve // nil: none is kept
}

// Start opens the data directory, listens, and settles the topics; when it returns, clients find every topic of opts. It fails
// with a *StartError where the operator can help, and otherwise with what the system said. ctx bounds the start only.
func Start(ctx context.Context, opts Options) (_ *Broker, err error) {
	if opts.Addr == "" {
		opts.Addr = DefaultAddr
	}
	if opts.Partitions <= 0 {
		opts.Partitions = defaultPartitions
	}
	if opts.CleanInterval <= 0 {
		opts.CleanInterval = defaultCleanInterval
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Reserve == 0 {
		opts.Reserve = DefaultReserve
	}
	if opts.FreeSpace == nil {
		opts.FreeSpace = freeSpace
	}
	if opts.DataDir == "" {
		return nil, errors.New("embedded broker: no data directory given; set embedded.data_dir")
	}
	topics, err := settleTopics(opts.Topics, opts.Partitions)
	if err != nil {
		return nil, err
	}
	var undo []func() error
	defer func() {
		if err != nil {
			for i := len(undo) - 1; i >= 0; i-- {
				err = errors.Join(err, undo[i]())
			}
		}
	}()

	ln, err := listen(opts.Addr)
	if err != nil {
		return nil, err
	}
	g := newGuard(ln, opts.Logger)
	undo = append(undo, g.Close)

	if err := os.MkdirAll(opts.DataDir, 0o700); err != nil { // documents lie there: for the owner only
		return nil, fmt.Errorf("embedded broker: cannot create the data directory: %w", err)
	}
	lock, err := lockDir(opts.DataDir)
	if err != nil {
		return nil, err
	}
	undo = append(undo, lock.release)

	cluster, err := kfake.NewCluster(clusterOptions(opts, g)...)
	if err != nil {
		return nil, fmt.Errorf("embedded broker: cannot open the data directory %s: %w", opts.DataDir, err)
	}
	b := &Broker{addr: ln.Addr().String(), cluster: cluster, guard: g, lock: lock}
	b.notice = Notice{Addr: b.addr, DataDir: opts.DataDir, Sync: opts.Sync}
	b.reserve = keepReserve(cluster, opts)
	undo = []func() error{b.Close}

	ctx, cancel := context.WithTimeout(ctx, topicsTimeout)
	defer cancel()
	if err := applyTopics(ctx, b.addr, topics, opts.Logger); err != nil {
		return nil, fmt.Errorf("embedded broker: cannot settle the topics: %w", err)
	}
	opts.Logger.Info(b.notice.EN(), "addr", b.addr, "data_dir", opts.DataDir, "sync", opts.Sync)
	return b, nil
}

func clusterOptions(opts Options, g *guard) []kfake.Opt {
	kopts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ClusterID(ClusterID),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return g, nil }),
		kfake.DataDir(opts.DataDir),
		kfake.DefaultNumPartitions(opts.Partitions),
		kfake.MaxVersions(offeredVersions()),
		kfake.WithLogger(kfakeLogger{opts.Logger}),
		kfake.BrokerConfigs(map[string]string{
			"log.cleaner.backoff.ms": strconv.FormatInt(max(1, opts.CleanInterval.Milliseconds()), 10),
			// Topics that clients create themselves are bounded too.
			"log.retention.bytes": strconv.Itoa(clientTopicRetention),
			"log.retention.ms":    "-1",
			"log.segment.bytes":   strconv.Itoa(maxSegment),
		}),
	}
	if opts.Sync {
		kopts = append(kopts, kfake.SyncWrites())
	}
	return kopts
}

// listen opens the loopback address, or says why it cannot be used.
func listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("embedded broker: address %q: expected host:port such as %s: %w", addr, DefaultAddr, err)
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, &StartError{
			Kind: ErrNotLoopback,
			EN: fmt.Sprintf("the embedded broker has no authentication and listens on loopback only: expected an address such as %s, found %q. "+
				"Use 127.0.0.1 or [::1], or a real Kafka through kafka.brokers to serve other machines.", DefaultAddr, addr),
			FR: fmt.Sprintf("le broker embarqué n'a pas d'authentification et n'écoute que la boucle locale : adresse attendue comme %s, trouvée %q. "+
				"Utilisez 127.0.0.1 ou [::1], ou un vrai Kafka par kafka.brokers pour servir d'autres machines.", DefaultAddr, addr),
		}
	}
	addr = net.JoinHostPort(host, port)
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &StartError{
			Kind: ErrPortTaken,
			EN: fmt.Sprintf("%s is already in use, perhaps by another passerelle or a Kafka. "+
				"Stop it, choose another embedded.listen, or use that Kafka through kafka.brokers.", addr),
			FR: fmt.Sprintf("%s est déjà pris, peut-être par une autre passerelle ou un Kafka. "+
				"Arrêtez-le, choisissez un autre embedded.listen, ou utilisez ce Kafka par kafka.brokers.", addr),
			Err: err,
		}
	}
	if err != nil {
		return nil, fmt.Errorf("embedded broker: cannot listen on %s: %w", addr, err)
	}
	return ln, nil
}

// Addr returns the host:port that clients connect to.
func (b *Broker) Addr() string { return b.addr }

// Notice returns what the operator must be told about this broker.
func (b *Broker) Notice() Notice { return b.notice }

// Close writes everything down, ends all connections and frees the address and the data directory. Clients with requests under
// way see their connection end. A second Close does nothing.
func (b *Broker) Close() error {
	if b.reserve != nil {
		b.reserve.close()
	}
	b.cluster.Close()
	err := b.guard.Close()
	b.guard.drain()
	return errors.Join(err, b.lock.release())
}

// Notice is the sentence an operator reads at the start: where the broker is, and what it does not survive.
type Notice struct {
	Addr    string
	DataDir string
	Sync    bool
}

// EN returns the notice in English.
func (n Notice) EN() string {
	s := fmt.Sprintf("embedded Kafka broker on %s, data in %s: one node, no replication; ", n.Addr, n.DataDir)
	if n.Sync {
		return s + "with fsync survives kill -9 and a power cut, not the loss of the disk"
	}
	return s + "without fsync survives kill -9, not a power cut (embedded.sync: true)"
}

// FR returns the notice in French.
func (n Notice) FR() string {
	s := fmt.Sprintf("broker Kafka embarqué sur %s, données dans %s : un seul nœud, sans réplication ; ", n.Addr, n.DataDir)
	if n.Sync {
		return s + "avec fsync, survit à kill -9 et à une coupure de courant, pas à la perte du disque"
	}
	return s + "sans fsync, survit à kill -9, pas à une coupure de courant (embedded.sync: true)"
}

// kfakeLogger passes kfake's warnings and errors on; what it calls information is about single requests, hence debug.
type kfakeLogger struct{ log *slog.Logger }

// Logf implements kfake.Logger.
func (l kfakeLogger) Logf(level kfake.LogLevel, format string, args ...any) {
	to := slog.LevelDebug
	switch level {
	case kfake.LogLevelError:
		to = slog.LevelError
	case kfake.LogLevelWarn:
		to = slog.LevelWarn
	}
	ctx := context.Background()
	if l.log.Enabled(ctx, to) {
		l.log.Log(ctx, to, "embedded broker: "+fmt.Sprintf(format, args...))
	}
}
