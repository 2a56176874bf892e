package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// session is the transactional producer of one exactly-once flow: a series of transactions under one transactional id,
// each with the outputs of some records and the offsets behind them. It fails as a whole: after the first failure
// nothing more is written, and what the open transaction holds is never seen by a read_committed consumer.
type session struct {
	c        *Cluster
	member   member
	producer txnProducer

	mu     sync.Mutex
	added  map[topicPartition]bool // partitions of the open transaction
	sender *sender                 // made with the configuration of the publisher that comes first
	err    error
	failed chan struct{} // closed with the first failure
}

// beginSession takes over the transactional ids of the source partitions, one for each, and returns a session on the
// first. Whoever had a partition in an earlier generation wrote under the id of one of its partitions, and all of them
// have an owner in this generation: so every open transaction of a member that died is aborted now, not at its
// time-out, and everything that is still on its way from there is refused. Ids need no configuration, and no two
// members of a generation share one.
func (c *Cluster) beginSession(ctx context.Context, m member, topic string, partitions []int32) (*session, error) {
	const atOnce = 8 // requests that wait for a log write each; a member may own hundreds of partitions
	partitions = slices.Sorted(slices.Values(partitions))
	producers, errs := make([]txnProducer, len(partitions)), make([]error, len(partitions))
	free := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, p := range partitions {
		free <- struct{}{}
		wg.Go(func() {
			producers[i], errs[i] = c.initTransactions(ctx, transactionalID(m.group, topic, p))
			<-free
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &session{
		c: c, member: m, producer: producers[0], added: map[topicPartition]bool{}, failed: make(chan struct{}),
	}, nil
}

// transactionalID names the id of a source partition. It starts with the group, so that one prefixed ACL covers all.
func transactionalID(group, topic string, partition int32) string {
	return fmt.Sprintf("%s-%s-%d", group, topic, partition)
}

type sessionKey struct{}

// sessionOf returns the session that handed out the message with this context, nil when there is none.
func sessionOf(ctx context.Context) *session {
	x, _ := ctx.Value(sessionKey{}).(*session)
	return x
}

// senderFor returns the session's sender, or why there is none any more.
func (x *session) senderFor(cfg PublisherConfig) (*sender, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err != nil {
		return nil, &TransactionError{Err: x.err}
	}
	if x.sender == nil {
		x.sender = newSender(x.c, cfg)
		x.sender.session = x
		go x.sender.run()
	}
	return x.sender, nil
}

// include makes partitions part of the open transaction before something is written to them.
func (x *session) include(ctx context.Context, parts []topicPartition) error {
	x.mu.Lock()
	missing := slices.DeleteFunc(parts, func(tp topicPartition) bool { return x.added[tp] })
	x.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := x.c.addPartitions(ctx, x.producer, missing); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, tp := range missing {
		x.added[tp] = true
	}
	return nil
}

// open says whether the transaction holds anything yet.
func (x *session) open() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.added) > 0
}

// commit ends the open transaction with the offsets. Everything written must have been acknowledged. After an error the
// session has failed: whether the transaction is committed is not known, and the committed offsets will say.
func (x *session) commit(ctx context.Context, offsets map[topicPartition]int64) error {
	err := x.failure()
	if err == nil {
		err = x.c.addOffsets(ctx, x.producer, x.member.group)
	}
	if err == nil {
		err = x.c.commitOffsetsInTransaction(ctx, x.producer, x.member, offsets)
	}
	if err == nil {
		err = x.c.commitTransaction(ctx, x.producer)
	}
	if err != nil {
		x.fail(err)
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	clear(x.added)
	return nil
}

// fail ends the session. Later calls change nothing.
func (x *session) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err == nil {
		x.err = err
		close(x.failed)
	}
}

// failure returns why the session has failed, nil when it has not.
func (x *session) failure() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// end stops the sender. What is not finished is aborted, unless somebody else has taken over: then it is already.
func (x *session) end(ctx context.Context) {
	err := x.failure()
	x.fail(ErrClosed)
	x.mu.Lock()
	s := x.sender
	x.mu.Unlock()
	if s != nil {
		s.cancel()
		s.close()
	}
	if err == nil || fenced(err) {
		return
	}
	// Not EndTxn: a batch may still be on its way, and only a new epoch keeps it out.
	if _, err := x.c.initTransactions(ctx, x.producer.name); err != nil {
		x.c.log.Warn("a transaction could not be aborted; the broker does it when the next member takes over, or at its time-out",
			"transactional id", x.producer.name, "error", err)
	}
}

// fenced says that the group or a producer with the same transactional id went on without this one.
func fenced(err error) bool {
	return classify(codeOf(err)) == fence
}
