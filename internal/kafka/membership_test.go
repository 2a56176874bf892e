package kafka

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// cutter dials connections that can all be cut; new ones can be made at once.
type cutter struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		c.mu.Lock()
		c.conns = append(c.conns, conn)
		c.mu.Unlock()
	}
	return conn, err
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

// groupState is what the coordinator says of a group.
func groupState(t *testing.T, fake *kfake.Cluster, group string) (state string, members []string) {
	t.Helper()
	groups, err := kadm.NewClient(kgoClient(t, fake)).DescribeGroups(t.Context(), group)
	require.NoError(t, err)
	for _, m := range groups[group].Members {
		members = append(members, m.MemberID)
	}
	slices.Sort(members)
	return groups[group].State, members
}

func eventually(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 5*time.Millisecond, what)
}

// occupied starts a member whose handler is at work, so that the group waits for it when another one joins. The function
// ends that work.
func occupied(t *testing.T, fake *kfake.Cluster) (finish func()) {
	c := connect(t, fake)
	createTopic(t, c, "in", 2)
	s := newSubscriber(t, c, SubscriberConfig{Group: "g"})
	msgs, err := s.Subscribe(t.Context(), "in")
	require.NoError(t, err)
	require.NoError(t, newPublisher(t, c, PublisherConfig{}).Produce(t.Context(), []Record{{Topic: "in", Key: key(1), Value: []byte("one")}}))
	msg := <-msgs
	return func() { msg.Ack() }
}

// TestMembershipOutlivesConnections: a member whose connections break while it joins, or later, stays the same member;
// the group would wait for the end of the session of any other.
func TestMembershipOutlivesConnections(t *testing.T) {
	fake := newBroker(t)
	finish := occupied(t, fake)
	wire := &cutter{}
	s := newSubscriber(t, connect(t, fake, func(cfg *Config) { cfg.Dial = wire.dial }), SubscriberConfig{Group: "g"})
	_, err := s.Subscribe(t.Context(), "in")
	require.NoError(t, err)
	waiting := func() bool {
		state, members := groupState(t, fake, "g")
		return state == "PreparingRebalance" && len(members) == 2
	}
	eventually(t, waiting, "the second member waits for the first")
	_, before := groupState(t, fake, "g")
	for range 3 {
		wire.cut()
		time.Sleep(150 * time.Millisecond) // it asks again
	}
	require.True(t, waiting())
	finish()
	eventually(t, func() bool { state, _ := groupState(t, fake, "g"); return state == "Stable" }, "the group goes on")
	_, after := groupState(t, fake, "g")
	require.Equal(t, before, after)

	wire.cut()
	time.Sleep(1200 * time.Millisecond) // two heartbeats
	state, after := groupState(t, fake, "g")
	require.Equal(t, "Stable", state)
	require.Equal(t, before, after)
}

// TestStopWhileJoining: a subscription that is closed while the group waits for another member leaves nothing behind
// that the group would wait for.
func TestStopWhileJoining(t *testing.T) {
	fake := newBroker(t)
	finish := occupied(t, fake)
	_, alone := groupState(t, fake, "g")
	for _, wait := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond} {
		s := newSubscriber(t, connect(t, fake), SubscriberConfig{Group: "g"})
		_, err := s.Subscribe(t.Context(), "in")
		require.NoError(t, err)
		time.Sleep(wait) // before the first request, in the midst, after
		require.NoError(t, s.Close())
		_, members := groupState(t, fake, "g")
		require.Equal(t, alone, members)
	}
	finish()
	eventually(t, func() bool { state, _ := groupState(t, fake, "g"); return state == "Stable" }, "the group goes on")
	_, members := groupState(t, fake, "g")
	require.Equal(t, alone, members)
}

// TestStopWhileSharing: a member that is told to stop while it waits for its partitions does not hold the group up.
func TestStopWhileSharing(t *testing.T) {
	fake := newBroker(t)
	c := connect(t, fake)
	createTopic(t, c, "in", 2)
	leader := &membership{c: c, topic: "in", log: c.log, cfg: &SubscriberConfig{
		Group: "g", SessionTimeout: 30 * time.Second, RebalanceTimeout: time.Minute, HeartbeatInterval: time.Second,
	}}
	rejoin := func() joinedGroup {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a group that is not held up goes on at once
		defer cancel()
		j, err := c.joinGroup(ctx, time.Minute, leader.subscription())
		require.NoError(t, err)
		return j
	}
	_, _, err := leader.join(t.Context())
	require.NoError(t, err)

	s := newSubscriber(t, connect(t, fake), SubscriberConfig{Group: "g"})
	_, err = s.Subscribe(t.Context(), "in")
	require.NoError(t, err)
	eventually(t, func() bool { state, _ := groupState(t, fake, "g"); return state == "PreparingRebalance" }, "a second member joins")
	joined := rejoin() // the leader takes its time to share out the partitions
	time.Sleep(100 * time.Millisecond)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	time.Sleep(100 * time.Millisecond)

	shares, err := leader.assign(t.Context(), joined.members)
	require.NoError(t, err)
	_, err = c.syncGroup(t.Context(), time.Minute, member{group: "g", id: joined.id, generation: joined.generation}, shares)
	if err != nil { // the other has left already
		require.Equal(t, codeRebalanceInProgress, codeOf(err))
	}
	require.NoError(t, <-closed)
	require.Len(t, rejoin().members, 1)
}

// TestExpelled: a member that the coordinator has forgotten becomes a new one.
func TestExpelled(t *testing.T) {
	fake := newBroker(t)
	finish := occupied(t, fake)
	finish()
	_, before := groupState(t, fake, "g")
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group, leave.Members = "g", []kmsg.LeaveGroupRequestMember{{MemberID: before[0]}}
	_, err := leave.RequestWith(t.Context(), kgoClient(t, fake))
	require.NoError(t, err)
	eventually(t, func() bool {
		state, members := groupState(t, fake, "g")
		return state == "Stable" && len(members) == 1 && members[0] != before[0]
	}, "it has joined again")
}

// TestAssignRanges compares with franz-go's strategy of the same name.
func TestAssignRanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		partitions := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.IntRange(0, 20), 1, 3).Draw(rt, "partitions")
		topics := slices.Sorted(maps.Keys(partitions))
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`m-[0-9a-f]{4}`), 1, 8, rapid.ID[string]).Draw(rt, "members")
		members := map[string][]string{}
		var theirs []kmsg.JoinGroupResponseMember
		for _, id := range ids {
			of := rapid.SliceOfNDistinct(rapid.SampledFrom(topics), 1, len(topics), rapid.ID[string]).Draw(rt, "topics")
			slices.Sort(of)
			members[id] = of
			meta := kmsg.NewConsumerMemberMetadata()
			meta.Topics = of
			m := kmsg.NewJoinGroupResponseMember()
			m.MemberID, m.ProtocolMetadata = id, meta.AppendTo(nil)
			theirs = append(theirs, m)
		}
		balancer := kgo.RangeBalancer()
		member, _, err := balancer.MemberBalancer(theirs)
		require.NoError(rt, err)
		sizes := map[string]int32{}
		for topic, n := range partitions {
			sizes[topic] = int32(n)
		}
		want := map[string]map[string][]int32{}
		plan, err := member.(kgo.GroupMemberBalancerOrError).BalanceOrError(sizes)
		require.NoError(rt, err)
		for _, m := range plan.IntoSyncAssignment() {
			var got kmsg.ConsumerMemberAssignment
			require.NoError(rt, got.ReadFrom(m.MemberAssignment))
			want[m.MemberID] = map[string][]int32{}
			for _, topic := range got.Topics {
				if len(topic.Partitions) > 0 {
					want[m.MemberID][topic.Topic] = topic.Partitions
				}
			}
		}
		require.Equal(rt, want, assignRanges(members, partitions))
	})
}

// TestConsumerProtocol reads what we write with an independent decoder, and the other way round.
func TestConsumerProtocol(t *testing.T) {
	var meta kmsg.ConsumerMemberMetadata
	require.NoError(t, meta.ReadFrom(encodeTopics("in")))
	require.Equal(t, []string{"in"}, meta.Topics)
	require.Zero(t, meta.Version)
	for version := range int16(4) {
		m := kmsg.NewConsumerMemberMetadata()
		m.Version, m.Topics = version, []string{"in", "other"}
		require.Equal(t, m.Topics, decodeTopics(m.AppendTo(nil)))
	}
	for _, cut := range []string{"\x00", "\x00\x00\x00\x00\x00\x09", "\x00\x00\x00\x00\x00\x01\x00\x09in"} {
		require.Empty(t, decodeTopics([]byte(cut)))
	}

	mine := map[string][]int32{"in": {0, 2}, "other": {1}}
	var theirs kmsg.ConsumerMemberAssignment
	require.NoError(t, theirs.ReadFrom(encodeAssignment(mine)))
	got, err := decodeAssignment(&reader{b: theirs.AppendTo(nil)})
	require.NoError(t, err)
	require.Equal(t, mine, got)
	got, err = decodeAssignment(&reader{})
	require.NoError(t, err)
	require.Empty(t, got)
	_, err = decodeAssignment(&reader{b: []byte("\x00\x00\x00\x00\x00\x09")})
	require.Error(t, err)
}
