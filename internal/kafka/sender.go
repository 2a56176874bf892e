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

// maxRequestBytes is where a produce request is closed, so that many partitions' batches stay well below what a
// broker reads (100 MiB, the embedded one 64 MiB); one larger batch travels alone.
const maxRequestBytes = 8 << 20

// When many records have queued at the answer of a request, and faster than a few thousand a second, more are on their way, and
// the next request gathers them: what a batch costs the broker and us does not depend on its size. Otherwise nothing waits.
const (
	gatherFrom    = 32                     // records: fewer are no load
	gatherEach    = 200 * time.Microsecond // a record of them: what queued up more slowly did so behind a hiccup
	gatherEnough  = 1024                   // records that are worth a request: half of what is in flight by default
	gatherQuiet   = 3 * time.Millisecond   // nothing came for so long: everybody waits for us
	gatherLongest = 20 * time.Millisecond  // below what a record waits for its turn when so many are in flight
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

// outBroker is a broker to write to.
type outBroker struct {
	sending  bool      // a request is in flight
	sent     time.Time // when the last one was
	answered time.Time // and its answer came
	fresh    bool      // and nobody has looked since
	gathers  bool      // many records had queued by then, and fast
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
		if b.fresh {
			n := queueing(parts)
			b.fresh, b.gathers = false, n >= gatherFrom && b.answered.Sub(b.sent) <= time.Duration(n)*gatherEach
		}
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

// gather returns how long the next request still waits for more records, 0 or less when it does not.
func (b *outBroker) gather(parts []*outPart, now time.Time) time.Duration {
	if !b.gathers || queueing(parts) >= gatherEnough {
		return 0
	}
	var came time.Time
	for _, p := range parts {
		if p.batch != nil { // it waited long enough
			return 0
		}
		if p.came.After(came) {
			came = p.came
		}
	}
	return min(b.answered.Add(gatherLongest).Sub(now), came.Add(gatherQuiet).Sub(now))
}

func queueing(parts []*outPart) (records int) {
	for _, p := range parts {
		records += len(p.queue)
	}
	return records
}

// fill returns the partitions of one request, each with its batch.
func (s *sender) fill(parts []*outPart, now time.Time) (ready []*outPart) {
	bytes := 0
	for _, p := range parts {
		if p.batch == nil {
			p.batch = s.collect(p, now)
		}
		if p.batch == nil {
			continue
		}
		size := 0
		for _, it := range p.batch.items {
			size += it.size
		}
		if bytes > 0 && bytes+size > maxRequestBytes {
			continue // goes with the next request
		}
		bytes += size
		ready = append(ready, p)
	}
	return ready
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

// collect makes the next batch of what has queued. The caller holds the lock.
func (s *sender) collect(p *outPart, now time.Time) *outBatch {
	if err := s.dead(); err != nil {
		for _, it := range p.queue {
			it.settle(err)
		}
		p.queue = nil
		return nil
	}
	var items []*item
	bytes := batchHeaderSize
	taken := 0
	for _, it := range p.queue {
		if err := it.call.obstacle(p.tp); err != nil {
			it.settle(err)
			taken++
			continue
		}
		if len(items) > 0 && (bytes+it.size > s.cfg.BatchBytes || it.alone || items[0].alone) {
			break
		}
		items = append(items, it)
		bytes += it.size
		taken++
	}
	p.queue = p.queue[taken:]
	if len(p.queue) == 0 {
		p.queue = nil
	}
	if len(items) == 0 {
		return nil
	}
	return &outBatch{items: items, deadline: now.Add(s.cfg.DeliveryTimeout)}
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

// settle decides what becomes of a batch after an attempt. It runs in the loop.
func (s *sender) settle(p *outPart, err error) {
	b := p.batch
	if err == nil {
		p.producer.seq += int32(len(b.items))
		p.batch = nil
		largest := 0
		for _, it := range b.items {
			largest = max(largest, it.size)
		}
		s.cfg.troubles.over(p.tp, largest)
		for _, it := range b.items {
			it.settle(nil)
		}
		return
	}
	act, code := retry, codeOf(err) // no answer: the outcome is unknown, and the same bytes again settle it
	if code != 0 {
		act = classify(code)
	}
	switch act {
	case retry, refresh:
		s.later(p, err)
	case tooLarge:
		s.split(p, err)
	case fence:
		// Our numbers and the broker's differ. What an earlier attempt of this batch did is unknown.
		s.unknown(p, err)
		if s.session == nil && code != codeOutOfOrderSequence {
			p.producer = noProducer // the broker does not take this identity any more, whatever the epoch
		}
	default:
		if b.attempts > 0 {
			s.unknown(p, err) // this attempt did nothing, an earlier one may have
			return
		}
		// The batch was refused and is not in the log: its numbers are free.
		s.fail(p, err)
	}
}

// later repeats the batch after a pause, or gives it up at its deadline.
func (s *sender) later(p *outPart, err error) {
	now := clock()
	b := p.batch
	b.last = err
	if errors.Is(err, ErrClosed) || now.After(b.deadline) || s.dead() != nil {
		s.giveUp(p)
		return
	}
	p.notYet = now.Add(backoff(b.attempts))
	if b.attempts >= 5 { // an election heals before
		s.cfg.troubles.note(p.tp, err)
	}
	if b.attempts == 5 || b.attempts%60 == 59 { // the same; then about once a minute
		s.c.log.Warn("records cannot be written, trying again", "topic", p.tp.topic, "partition", p.tp.partition, "error", err)
	}
	b.attempts++
}

func (s *sender) giveUp(p *outPart) {
	err := p.batch.last
	if dead := s.dead(); dead != nil {
		err = dead
	}
	if p.batch.sent {
		s.unknown(p, err)
		return
	}
	s.fail(p, err)
}

// unknown fails a batch that may be in the log. Its sequence numbers are never used again: a batch with the same
// numbers and other content is answered with success and thrown away. The next epoch shuts out a late arrival too.
// A transactional producer may not take an epoch by itself: its session ends instead.
func (s *sender) unknown(p *outPart, err error) {
	if s.session != nil {
		s.session.fail(err)
	} else {
		p.producer = p.producer.next()
	}
	s.fail(p, &UnknownOutcomeError{Topic: p.tp.topic, Partition: p.tp.partition, Err: err})
}

func (s *sender) fail(p *outPart, err error) {
	b := p.batch
	p.batch, p.notYet = nil, time.Time{}
	s.cfg.troubles.note(p.tp, err)
	for _, it := range b.items {
		it.settle(err)
	}
}

// split answers "too large": a record alone is refused, a batch is sent again record by record.
func (s *sender) split(p *outPart, err error) {
	b := p.batch
	if len(b.items) == 1 {
		it := b.items[0]
		s.fail(p, &RecordTooLargeError{Topic: p.tp.topic, Size: it.size})
		return
	}
	s.c.log.Debug("a batch was too large for its topic, sending its records one by one", "topic", p.tp.topic, "records", len(b.items), "error", err)
	for _, it := range b.items {
		it.alone = true
	}
	if b.attempts > 0 { // an earlier attempt may have passed under another limit
		if s.session != nil {
			s.unknown(p, err)
			return
		}
		p.producer = p.producer.next()
	}
	p.batch = nil
	s.mu.Lock()
	p.queue = append(b.items, p.queue...)
	s.mu.Unlock()
}

// next is the producer after its numbers became doubtful: the next epoch, with numbers from 0, which a producer
// without transactions may take by itself (KIP-360). After the last epoch it needs a new id.
func (s producerState) next() producerState {
	if s.id < 0 || s.epoch == math.MaxInt16 {
		return noProducer
	}
	return producerState{id: s.id, epoch: s.epoch + 1}
}
