package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// sender writes batches. One request is in flight to a broker, with at most one batch of each partition; what queues
// up meanwhile is the next one (group commit: batches grow with the load, and a lone record waits for nothing). A
// partition's batches therefore never overtake each other.
//
// Every partition has a producer id of its own: when the outcome of a batch is unknown, only that partition gets a
// new epoch, and no other has to stand still for it.
type sender struct {
	c          *Cluster
	cfg        PublisherConfig
	compressor *compressor
	session    *session // of an exactly-once flow: all is written in its transactions, nil outside

	mu     sync.Mutex
	queues map[topicPartition]*outPart
	closed bool

	poke    chan struct{}
	results chan func()   // run in the loop
	stop    chan struct{} // closed by close
	ended   chan struct{}

	brokers map[int32]*outBroker // the loop's
	running int
	ctx     context.Context
	cancel  context.CancelFunc
}

// outPart is one partition to write to.
type outPart struct {
	tp    topicPartition
	queue []*item   // guarded by sender.mu
	came  time.Time // of the last item; guarded by sender.mu

	// The loop's, or the request's while busy.
	producer producerState // id -1: none yet
	batch    *outBatch     // not settled; the next one is made after it
	busy     bool
	notYet   time.Time
}

// outBatch is a batch whose outcome is not known yet.
type outBatch struct {
	items    []*item
	bytes    []byte // encoded, never changed: a repetition must be the same bytes
	sent     bool   // some attempt may have reached the broker
	attempts int
	deadline time.Time
	last     error
}

func newSender(c *Cluster, cfg PublisherConfig) *sender {
	s := &sender{
		c: c, cfg: cfg, compressor: newCompressor(cfg.Compression), queues: map[topicPartition]*outPart{}, brokers: map[int32]*outBroker{},
		poke: make(chan struct{}, 1), results: make(chan func()), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// enqueue takes over the items, in order. It returns false after close.
func (s *sender) enqueue(items []*item) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	now := clock()
	for _, it := range items {
		p := s.queues[it.tp]
		if p == nil {
			p = &outPart{tp: it.tp, producer: noProducer}
			s.queues[it.tp] = p
		}
		p.queue, p.came = append(p.queue, it), now
	}
	select {
	case s.poke <- struct{}{}:
	default:
	}
	return true
}

func (s *sender) close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
	}
	s.mu.Unlock()
	<-s.ended
}

func (s *sender) run() {
	defer close(s.ended)
	defer s.cancel()
	stop, stopping := s.stop, false
	for {
		wait, idle := s.start()
		if stopping && idle && s.running == 0 {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-stop:
			stop, stopping = nil, true
		case <-s.poke:
		case done := <-s.results:
			done()
		case <-timer.C:
		}
		timer.Stop()
	}
}

// start sends what can be sent. It returns how long to wait for a partition that is pausing or a request that gathers,
// and whether nothing is left to do.
func (s *sender) start() (wait time.Duration, idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock()
	wait, idle = time.Hour, true
	free := map[int32][]*outPart{}
	for _, p := range s.queues {
		if p.busy {
			idle = false
			continue
		}
		if p.batch != nil && (now.After(p.batch.deadline) || s.dead() != nil) {
			s.giveUp(p)
		}
		if p.batch == nil && len(p.queue) == 0 {
			continue
		}
		idle = false
		if d := p.notYet.Sub(now); d > 0 {
			wait = min(wait, d)
			continue
		}
		leader := int32(-1)
		if t := s.c.topics.get(p.tp.topic); t != nil {
			leader = t.leader(p.tp.partition)
		}
		switch {
		case leader < 0:
			if p.batch == nil {
				p.batch = s.collect(p, now) // its time runs
			}
			if p.batch == nil {
				wait = 0
				continue
			}
			s.findLeader(p)
		case !s.broker(leader).sending:
			free[leader] = append(free[leader], p)
		}
	}
	for leader, b := range s.brokers {
		parts := free[leader]
		b.weigh(queueing(parts))
		if len(parts) == 0 {
			continue
		}
		if d := b.gather(parts, now); d > 0 && !s.closed {
			wait = min(wait, d)
			continue
		}
		if ready := s.fill(parts, now); len(ready) > 0 {
			s.send(leader, ready)
		} else { // nothing of what had queued may be written
			wait = 0
		}
	}
	return wait, idle
}

func (s *sender) broker(id int32) *outBroker {
	b := s.brokers[id]
	if b == nil {
		b = &outBroker{}
		s.brokers[id] = b
	}
	return b
}

// dead says why nothing may be written any more: the session has failed.
func (s *sender) dead() error {
	if s.session == nil {
		return nil
	}
	if err := s.session.failure(); err != nil {
		return &TransactionError{Err: err}
	}
	return nil
}

func (s *sender) spawn(work func() func()) {
	s.running++
	go func() {
		done := work()
		s.results <- func() { s.running--; done() }
	}()
}

func (s *sender) findLeader(p *outPart) {
	p.busy = true
	s.spawn(func() func() {
		t, err := s.c.refreshTopic(s.ctx, p.tp.topic)
		return func() {
			p.busy = false
			if err == nil && t.leader(p.tp.partition) < 0 {
				err = fmt.Errorf("kafka: %s/%d has no leader (code %d)", p.tp.topic, p.tp.partition, t.code)
			}
			if err != nil {
				s.later(p, err)
			}
		}
	})
}

// send sends one request. It runs the encoding and the round trip outside the loop.
func (s *sender) send(leader int32, parts []*outPart) {
	b := s.broker(leader)
	b.sending, b.sent = true, clock()
	for _, p := range parts {
		p.busy = true
	}
	s.spawn(func() func() {
		settle := s.request(leader, parts)
		return func() {
			b.sending, b.answered, b.fresh = false, clock(), true
			for _, p := range parts {
				p.busy = false
			}
			settle()
		}
	})
}

// request returns what to do about each partition, to be run in the loop.
func (s *sender) request(leader int32, parts []*outPart) func() {
	now := s.c.now()
	failed := map[*outPart]error{}
	var ready []*outPart
	for _, p := range parts {
		if p.batch.bytes == nil {
			if err := s.encode(p, now); err != nil {
				failed[p] = err
				continue
			}
		}
		ready = append(ready, p)
	}
	transactional := ""
	if s.session != nil {
		transactional = s.session.producer.name
		tps := make([]topicPartition, len(ready))
		for i, p := range ready {
			tps[i] = p.tp
		}
		if err := s.session.include(s.ctx, tps); err != nil {
			for _, p := range ready {
				failed[p] = err
			}
			ready = nil
		}
	}
	codes := map[topicPartition]int16{}
	var err error
	if len(ready) > 0 {
		batches := make([]produceAsk, len(ready))
		for i, p := range ready {
			p.batch.sent = true
			batches[i] = produceAsk{tp: p.tp, batch: p.batch.bytes}
		}
		codes, err = s.c.produce(s.ctx, leader, transactional, batches)
	}
	moved := map[string]bool{}
	for _, p := range ready {
		code, ok := codes[p.tp]
		switch {
		case err != nil:
			failed[p] = err
		case !ok:
			failed[p] = errMissing
		case classify(code) != proceed:
			failed[p] = protocolError(code, fmt.Sprintf("producing to %s/%d", p.tp.topic, p.tp.partition))
		}
		if err != nil || ok && classify(code) == refresh {
			moved[p.tp.topic] = true
		}
	}
	for topic := range moved {
		_, _ = s.c.refreshTopic(s.ctx, topic) // a failure shows at the next request
	}
	return func() {
		for _, p := range parts {
			s.settle(p, failed[p])
		}
	}
}

// encode gives the batch its place in the producer's sequence.
func (s *sender) encode(p *outPart, now time.Time) error {
	var attributes int16
	if s.session != nil {
		attributes = attrTransactional
		if p.producer.id < 0 {
			p.producer = producerState{id: s.session.producer.id, epoch: s.session.producer.epoch}
		}
	}
	if p.producer.id < 0 {
		id, epoch, err := s.c.initProducer(s.ctx)
		if err != nil {
			return err
		}
		p.producer = producerState{id: id, epoch: epoch}
	}
	if int64(p.producer.seq)+int64(len(p.batch.items)) > math.MaxInt32 {
		// Kafka goes on with 0 after 2^31-1, kfake counts differently: a new epoch begins at 0 everywhere.
		if s.session != nil {
			err := errors.New("kafka: the sequence numbers of a transactional producer are used up")
			s.session.fail(err)
			return err
		}
		p.producer = p.producer.next()
		return s.encode(p, now)
	}
	recs := make([]*Record, len(p.batch.items))
	size := batchHeaderSize
	for i, it := range p.batch.items {
		recs[i] = it.rec
		size += it.size
	}
	plain := appendBatch(takeBuffer(size), recs, p.producer, attributes, now)
	batch, err := s.compressor.apply(p.tp.topic, plain)
	if err != nil {
		return err
	}
	switch {
	case &batch[0] != &plain[0]: // compressed
		giveBuffer(plain)
	case cap(plain) > 2*len(plain): // a lone record must not hold a large buffer until it is acknowledged
		batch = bytes.Clone(plain)
		giveBuffer(plain)
	}
	p.batch.bytes = batch
	return nil
}
