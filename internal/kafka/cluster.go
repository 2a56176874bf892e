package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

const (
	// Dialling a broker that drops packets must fail well before a group session of 6 s ends.
	dialTimeout = 3 * time.Second
	// One request other than a long poll. A broker that needs longer is as good as dead; the caller retries.
	requestTimeout = 10 * time.Second
	// Brokers come and go rarely, but a client that lost one must see its new address soon.
	brokerListTTL = time.Second
	// The pause before a failed request is tried again, and its growth limit: an election takes 50 ms to seconds.
	minBackoff = 20 * time.Millisecond
	maxBackoff = time.Second
	// The first pause after early: see there.
	earlyBackoff = time.Millisecond
)

// Config says how to reach a cluster.
type Config struct {
	Brokers  []string // host:port of some brokers, at least one; the others are found through them
	ClientID string   // shown in the broker's logs and quotas; "passerelle" when empty

	SASL sasl.Mechanism // nil: no authentication
	// Dial replaces net.Dialer for every connection; nil is the default. TLS is done in it: see Secure.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	Logger *slog.Logger     // nil discards
	Now    func() time.Time // the time of records that have none; nil is time.Now
}

// Cluster is the connection to one Kafka cluster, shared by everything that talks to it: one pool of connections,
// one view of which broker leads which partition. It is safe for concurrent use.
type Cluster struct {
	cfg          Config
	log          *slog.Logger
	now          func() time.Time
	addr         net.Addr
	transport    *kafkago.Transport
	topics       topicCache
	coordinators coordinatorCache

	life context.Context // ends with Close
	end  context.CancelFunc

	mu       sync.RWMutex
	closed   bool
	inFlight sync.WaitGroup // requests; added to under mu
}

// NewCluster returns a Cluster. It does not connect: an unreachable broker shows at the first use, and Ping asks.
func NewCluster(cfg Config) (*Cluster, error) {
	if len(cfg.Brokers) == 0 {
		return nil, errors.New("kafka: no broker address is configured, expected at least one host:port")
	}
	for _, b := range cfg.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			return nil, fmt.Errorf("kafka: the broker address %q is not host:port: %w", b, err)
		}
	}
	if cfg.ClientID == "" {
		cfg.ClientID = "passerelle"
	}
	c := &Cluster{cfg: cfg, log: cfg.Logger, now: cfg.Now, addr: kafkago.TCP(cfg.Brokers...)}
	c.life, c.end = context.WithCancel(context.Background())
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = clock
	}
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	c.transport = &kafkago.Transport{
		Dial:        dial,
		DialTimeout: dialTimeout,
		IdleTimeout: 30 * time.Second,
		MetadataTTL: brokerListTTL,
		// Not nil and empty: the transport follows the brokers only. Leaders are this package's own business, and
		// the metadata of every topic each second is what makes the transport slow on a large cluster.
		MetadataTopics: []string{},
		ClientID:       cfg.ClientID,
		SASL:           cfg.SASL,
	}
	return c, nil
}

// Close ends every request, closes the connections and refuses further use. Subscribers and publishers are to be closed
// before. Closing again does nothing.
func (c *Cluster) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	c.inFlight.Wait() // a request that begins later would open a new pool of connections
	c.transport.CloseIdleConnections()
	return nil
}

// enter admits a request, unless the cluster is closed. Its end must be noted in inFlight.
func (c *Cluster) enter() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return false
	}
	c.inFlight.Add(1)
	return true
}

// Ping asks any broker for the list of brokers. The error is an *UnreachableError when none answers.
func (c *Cluster) Ping(ctx context.Context) error {
	if _, err := c.metadata(ctx, []string{}); err != nil {
		if errors.Is(err, ErrClosed) {
			return err
		}
		return &UnreachableError{Brokers: c.cfg.Brokers, Err: err}
	}
	return nil
}

// ask sends one request and returns a reader of the response's body. It does not retry. The time limit is
// requestTimeout, unless the context ends earlier.
func (c *Cluster) ask(ctx context.Context, x *exchange) (*reader, error) {
	return c.askWithin(ctx, requestTimeout, x)
}

func (c *Cluster) askWithin(ctx context.Context, limit time.Duration, x *exchange) (*reader, error) {
	if !c.enter() {
		return nil, ErrClosed
	}
	defer c.inFlight.Done()
	x.clientID = c.cfg.ClientID
	// The deadline ends the use of the connection too; without one a lost answer would hold it for ever.
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	x.ended = ctx
	res, err := c.transport.RoundTrip(ctx, c.addr, x)
	if err != nil {
		if c.life.Err() != nil {
			return nil, ErrClosed
		}
		return nil, err
	}
	rep, ok := res.(*reply)
	if !ok {
		return nil, fmt.Errorf("kafka: the transport answered %s with %T", x.key, res)
	}
	return &reader{b: rep.body}, nil
}

// pause waits for the backoff of the n-th attempt (from 0), or until the context ends, whose error it returns.
func pause(ctx context.Context, n int) error { return rest(ctx, backoff(n)) }

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func backoff(n int) time.Duration {
	return min(minBackoff<<min(n, 10), maxBackoff)
}

// until repeats try until it returns an error that is final or nil, or the context ends; then the last error that is
// not the context's says why.
func until(ctx context.Context, try func() (again bool, err error)) error {
	var last error
	for n := 0; ; n++ {
		again, err := try()
		if err == nil || !again {
			return err
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		wait := backoff(n)
		if early(err) {
			wait = min(earlyBackoff<<min(n, 10), minBackoff)
		}
		if rest(ctx, wait) != nil {
			return last
		}
	}
}

// early says that a request was refused only because the end of the last transaction is still being written, which
// takes some milliseconds.
func early(err error) bool {
	code := codeOf(err)
	return code == codeConcurrentTransaction || code == codeUnstableOffsetCommit
}

// temporary says whether a failed request may work when repeated: no answer, or a code that passes.
func temporary(err error) bool {
	if errors.Is(err, ErrClosed) {
		return false
	}
	if code := codeOf(err); code != 0 {
		a := classify(code)
		return a == retry || a == refresh
	}
	return true
}

// clock measures pauses and deadlines. It is not the injected one: a clock that stands still would stop the client.
func clock() time.Time {
	return time.Now() //nolint:forbidigo // see above
}
