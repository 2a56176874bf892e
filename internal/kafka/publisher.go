package kafka

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/semaphore"
)

// PublisherConfig says how records are produced. Zero fields take the defaults named here.
type PublisherConfig struct {
	// DeliveryTimeout is how long a record is tried, from its first attempt: default 60 s, which outlasts the election
	// of a leader and the restart of a broker.
	DeliveryTimeout time.Duration
	// MaxRecordBytes refuses larger records before they are sent. Default 34 MiB: the 32 MiB that input topics take,
	// and headers of a dead letter.
	MaxRecordBytes int
	// BatchBytes is where a batch is closed; a larger record travels alone. Default 900,000: below the 1 MiB that a
	// topic takes unless configured otherwise.
	BatchBytes int
	// MaxQueuedBytes bounds the records inside the publisher; Produce waits beyond it. Default 64 MiB.
	MaxQueuedBytes int64
	// Compression names the topics that are not compressed as CompressAuto says. The limits above count uncompressed
	// bytes.
	Compression map[string]Compression
	// HoldBack names the topics where a record that is too large holds back what follows it in its call, as every other
	// failure does: it will be repeated, because its caller has nothing else to do with it.
	HoldBack []string

	troubles *troubles // of all senders, those of transactions too
}

func (c *PublisherConfig) setDefaults() {
	c.DeliveryTimeout = cmp.Or(c.DeliveryTimeout, 60*time.Second)
	c.MaxRecordBytes = cmp.Or(c.MaxRecordBytes, 34<<20)
	c.BatchBytes = cmp.Or(c.BatchBytes, 900_000)
	c.MaxQueuedBytes = cmp.Or(c.MaxQueuedBytes, 64<<20)
}

// Publisher produces records, idempotently and acknowledged by all in-sync replicas. It implements Watermill's
// message.Publisher; give a router Unclosable. It is safe for concurrent use.
type Publisher struct {
	c      *Cluster
	cfg    PublisherConfig
	queued *semaphore.Weighted
	turns  turns
	sender *sender
}

// NewPublisher returns a Publisher on the cluster.
func (c *Cluster) NewPublisher(cfg PublisherConfig) *Publisher {
	cfg.setDefaults()
	cfg.troubles = &troubles{}
	p := &Publisher{c: c, cfg: cfg, queued: semaphore.NewWeighted(cfg.MaxQueuedBytes), sender: newSender(c, cfg)}
	go p.sender.run()
	return p
}

// Publish implements message.Publisher: each message becomes one record (see KeyMetadata), in order. It returns when
// all are acknowledged. The error is that of Produce. It joins no transaction: exactly once needs Produce.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	recs := make([]Record, len(messages))
	for i, msg := range messages {
		recs[i] = recordOf(topic, msg)
	}
	return p.Produce(context.Background(), recs)
}

// Produce writes the records and returns when every one is acknowledged by all in-sync replicas. Records of one
// partition stay in the order of the slice. An error is a *ProduceError that names those that were not acknowledged
// and why; the others are in the log. After an error other than *RecordTooLargeError no later record of the same
// partition and call is written, so repeating the call keeps the order; see HoldBack.
//
// With the context of a message of an exactly-once subscription, or one derived from it, the records join the
// transaction that commits the message's offset, and the message must be acknowledged only after Produce has returned.
//
// When the context ends first, Produce returns its error; what has been sent by then may be in the log or not, and the
// records' bytes must stay unchanged.
func (p *Publisher) Produce(ctx context.Context, recs []Record) error {
	if len(recs) == 0 {
		return nil
	}
	cl := newCall(len(recs))
	items, size := p.prepare(ctx, recs, cl)
	if len(items) > 0 {
		size = min(size, p.cfg.MaxQueuedBytes) // a call larger than the bound waits until it is alone
		if err := p.queued.Acquire(ctx, size); err != nil {
			return err
		}
		defer p.queued.Release(size)
		sender := p.sender
		if x := sessionOf(ctx); x != nil {
			var err error
			if sender, err = x.senderFor(p.cfg); err != nil {
				return err
			}
			if ctx.Err() != nil { // the message was taken back: its outputs belong to no transaction
				return ctx.Err()
			}
		}
		if !sender.enqueue(items) {
			return ErrClosed
		}
	}
	select {
	case <-cl.done:
		return cl.err()
	case <-ctx.Done():
	}
	select {
	case <-cl.done: // both at once: what is known says more
		return cl.err()
	default:
		cl.abandon()
		return ctx.Err()
	}
}

// prepare gives every record its partition. Records that cannot be sent are finished here.
func (p *Publisher) prepare(ctx context.Context, recs []Record, cl *call) ([]*item, int64) {
	items := make([]*item, 0, len(recs))
	infos := map[string]*topicInfo{}
	failed := map[string]error{}
	sticky := map[string]int32{}
	var total int64
	for i := range recs {
		rec := &recs[i]
		size := rec.size()
		if size > p.cfg.MaxRecordBytes {
			err := &RecordTooLargeError{Topic: rec.Topic, Size: size, Limit: p.cfg.MaxRecordBytes}
			p.cfg.troubles.note(topicPartition{rec.Topic, -1}, err)
			if slices.Contains(p.cfg.HoldBack, rec.Topic) {
				failed[rec.Topic] = err
			}
			cl.finish(i, err)
			continue
		}
		t := infos[rec.Topic]
		if t == nil && failed[rec.Topic] == nil {
			var err error
			if t, err = p.c.topic(ctx, rec.Topic); err != nil {
				failed[rec.Topic] = err
				p.cfg.troubles.note(topicPartition{rec.Topic, -1}, err)
			} else {
				infos[rec.Topic] = t
				p.cfg.troubles.over(topicPartition{rec.Topic, -1}, 0)
			}
		}
		if err := failed[rec.Topic]; err != nil {
			cl.finish(i, err)
			continue
		}
		it := &item{rec: rec, index: i, call: cl, size: size, tp: topicPartition{topic: rec.Topic}}
		it.holdBack = slices.Contains(p.cfg.HoldBack, rec.Topic)
		switch {
		case rec.Key != nil:
			it.tp.partition = partitionOf(rec.Key, len(t.leaders))
		case rec.OrderBy != "":
			it.tp.partition = partitionOf([]byte(rec.OrderBy), len(t.leaders))
		default:
			n, ok := sticky[rec.Topic]
			if !ok {
				n = p.turns.take(rec.Topic, len(t.leaders))
				sticky[rec.Topic] = n
			}
			it.tp.partition = n
		}
		items = append(items, it)
		total += int64(size)
	}
	return items, total
}

// Close refuses new records, waits for those inside, each at most for its delivery timeout, and stops. Closing again
// does nothing.
func (p *Publisher) Close() error {
	p.sender.close()
	return nil
}

// Unclosable returns the publisher with a Close that does nothing. A Watermill router closes the publisher of a
// handler as soon as that handler's input ends, while other messages and handlers still need it.
func (p *Publisher) Unclosable() message.Publisher { return unclosable{p} }

type unclosable struct{ p *Publisher }

func (u unclosable) Publish(topic string, messages ...*message.Message) error {
	return u.p.Publish(topic, messages...)
}

func (u unclosable) Close() error { return nil }

// call is one call of Produce.
type call struct {
	mu      sync.Mutex
	pending int
	total   int
	failed  []RecordError
	broken  map[topicPartition]error // a partition where a record failed: later ones must not overtake it
	gone    bool                     // the caller has left
	done    chan struct{}
}

func newCall(n int) *call { return &call{pending: n, total: n, done: make(chan struct{})} }

// finish settles one record.
func (cl *call) finish(index int, err error) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if err != nil {
		cl.failed = append(cl.failed, RecordError{Index: index, Err: err})
	}
	if cl.pending--; cl.pending == 0 {
		close(cl.done)
	}
}

// breakAt notes that a record of the partition failed.
func (cl *call) breakAt(tp topicPartition, err error) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.broken == nil {
		cl.broken = map[topicPartition]error{}
	}
	cl.broken[tp] = err
}

// obstacle says why a record that has not been sent must not be sent any more, or nil.
func (cl *call) obstacle(tp topicPartition) error {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.gone {
		return context.Canceled
	}
	return cl.broken[tp]
}

func (cl *call) abandon() {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.gone = true
}

func (cl *call) err() error {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if len(cl.failed) == 0 {
		return nil
	}
	slices.SortFunc(cl.failed, func(a, b RecordError) int { return cmp.Compare(a.Index, b.Index) })
	return &ProduceError{Total: cl.total, Failed: cl.failed}
}

// item is one record on its way.
type item struct {
	rec   *Record
	index int
	call  *call
	tp    topicPartition
	size  int
	alone bool // the broker found its batch too large: send it by itself

	holdBack bool // see PublisherConfig
}

// settle ends an item. An error other than a record too large holds back what follows it in its partition and call.
func (it *item) settle(err error) {
	var large *RecordTooLargeError
	if err != nil && (it.holdBack || !errors.As(err, &large)) {
		it.call.breakAt(it.tp, err)
	}
	it.call.finish(it.index, err)
}
