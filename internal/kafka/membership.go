package kafka

import (
	"context"
	"log/slog"
	"time"
)

const (
	// How long saying goodbye to the group is tried: without it the others wait for the session to end.
	leaveTimeout = 2 * time.Second
	// How long the first request of a membership may take. It is answered at once, and it is not given up when the
	// member is told to stop: the coordinator would wait for the holder of the id that the answer carries.
	introductionTimeout = 3 * time.Second
	// How long the share of the partitions is still waited for when the member is told to stop: the leader of the
	// generation is about to say it. (kfake miscounts its members when one of them leaves while it waits for that, and the
	// next generation would begin only when the time of the rebalance is up.)
	shareTimeout = 2 * time.Second
)

// membership is one member's place in a consumer group, by the classic protocol of Kafka. It keeps its member id over
// lost connections and rebalances, so that the group never waits for a member that is only the same one again, and it
// leaves when it stops. (kafka-go's ConsumerGroup joins without an id and forgets the one it had after a lost
// connection; each time the others wait for a session, or a rebalance, to time out.)
type membership struct {
	c     *Cluster
	cfg   *SubscriberConfig
	topic string
	log   *slog.Logger

	id string // member id, empty when the coordinator is to give one
}

// live joins the group again and again until the context ends, then leaves it. Each time work gets this member's
// partitions and a context that ends with the generation; the next generation begins when work returns, and until then
// this one's commits are accepted. trouble is told why joining failed.
func (g *membership) live(ctx context.Context, work func(ctx context.Context, m member, partitions []int32), trouble func(error)) {
	for n := 0; ctx.Err() == nil; {
		m, partitions, err := g.join(ctx)
		if err != nil {
			if ctx.Err() == nil {
				trouble(err)
				_ = pause(ctx, n)
				n++
			}
			continue
		}
		n = 0
		g.generation(ctx, m, partitions, work)
	}
	g.leave()
}

// join becomes a member of the next generation. It blocks while the coordinator waits for the other members.
func (g *membership) join(ctx context.Context) (member, []int32, error) {
	if g.id == "" {
		if err := g.introduce(ctx); err != nil {
			return member{}, nil, err
		}
	}
	// The coordinator waits as long as the slowest member may take, which can be longer than this member's own
	// time-out; then the request is simply made again, under the same id.
	joined, err := g.c.joinGroup(ctx, g.cfg.RebalanceTimeout+requestTimeout, g.subscription())
	if err != nil {
		return member{}, nil, g.refused(err)
	}
	m := member{group: g.cfg.Group, id: joined.id, generation: joined.generation}
	var assignments map[string]map[string][]int32
	if joined.leader == joined.id {
		if assignments, err = g.assign(ctx, joined.members); err != nil {
			return member{}, nil, err
		}
	}
	patient, cancel := outliving(ctx, shareTimeout)
	defer cancel()
	mine, err := g.c.syncGroup(patient, g.cfg.SessionTimeout+requestTimeout, m, assignments)
	if err != nil {
		return member{}, nil, g.refused(err)
	}
	return m, mine[g.topic], nil
}

// outliving returns a context that ends some time after its parent does.
func outliving(parent context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(by, cancel) })
	return ctx, func() { stop(); cancel() }
}

// introduce gets a member id (KIP-394).
func (g *membership) introduce(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	joined, err := g.c.joinGroup(context.WithoutCancel(ctx), introductionTimeout, g.subscription())
	if codeOf(err) == codeMemberIDRequired {
		err = nil
	}
	g.id = joined.id
	return err
}

func (g *membership) subscription() groupSubscription {
	return groupSubscription{
		group: g.cfg.Group, id: g.id, topic: g.topic, session: g.cfg.SessionTimeout, rebalance: g.cfg.RebalanceTimeout,
	}
}

// refused notes what an error says about the member id, and returns it.
func (g *membership) refused(err error) error {
	if c := codeOf(err); c == codeUnknownMember || c == codeFencedInstance {
		g.id = ""
	}
	return err
}

// assign shares out the partitions; the member that leads the generation does it for all.
func (g *membership) assign(ctx context.Context, members map[string][]string) (map[string]map[string][]int32, error) {
	partitions := map[string]int{}
	for _, topics := range members {
		for _, topic := range topics {
			if _, ok := partitions[topic]; ok {
				continue
			}
			t, err := g.c.refreshTopic(ctx, topic)
			if err != nil {
				return nil, err
			}
			partitions[topic] = len(t.leaders) // none for a topic that does not exist
		}
	}
	return assignRanges(members, partitions), nil
}

// generation runs work, and heartbeats beside it. The context of work ends when the group goes on to the next
// generation; heartbeats last until work returns, so that draining does not cost the session.
func (g *membership) generation(ctx context.Context, m member, partitions []int32, work func(context.Context, member, []int32)) {
	working, over := context.WithCancel(ctx)
	defer over()
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		g.beat(beating, m, over)
	}()
	work(working, m, partitions)
	stop()
	<-stopped
}

// beat sends heartbeats until the context ends or the coordinator does not know this member any more. It calls over
// when the group wants to form its next generation, and when no heartbeat came through for so long that others will
// soon be given the partitions: handlers must have finished by then.
func (g *membership) beat(ctx context.Context, m member, over func()) {
	limit := max(g.cfg.SessionTimeout/3, g.cfg.HeartbeatInterval) // so that a lost answer does not cost the session
	ticker := time.NewTicker(g.cfg.HeartbeatInterval)
	defer ticker.Stop()
	for alive := clock(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		sent := clock()
		err := g.c.heartbeat(ctx, limit, m)
		switch codeOf(err) {
		case codeRebalanceInProgress:
			alive = sent
			over()
		case codeUnknownMember, codeIllegalGeneration, codeFencedInstance:
			g.log.Debug("the group went on without this member", "generation", m.generation, "member", m.id, "error", err)
			_ = g.refused(err)
			over()
			return
		default:
			if err == nil {
				alive = sent
			} else if clock().Sub(alive) >= g.cfg.SessionTimeout-g.cfg.DrainTimeout {
				over()
			}
		}
	}
}

// leave gives the partitions back at once. When it fails, the coordinator does it at the end of the session.
func (g *membership) leave() {
	if g.id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	if err := g.c.leaveGroup(ctx, g.cfg.Group, g.id); err != nil {
		g.log.Debug("the group could not be left; it notices when the session ends", "member", g.id, "error", err)
	}
}
