package embedded

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// peer speaks the group protocol by hand.
type peer struct {
	t    *testing.T
	conn net.Conn
}

func newPeer(t *testing.T, addr string) *peer {
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t, conn}
}

func (p *peer) send(req kmsg.Request, version int16) {
	_, err := p.conn.Write(request(req, version))
	require.NoError(p.t, err)
}

func (p *peer) receive(resp kmsg.Response, version int16) {
	require.NoError(p.t, p.conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	head := make([]byte, 8)
	_, err := io.ReadFull(p.conn, head)
	require.NoError(p.t, err)
	body := make([]byte, binary.BigEndian.Uint32(head)-4)
	_, err = io.ReadFull(p.conn, body)
	require.NoError(p.t, err)
	resp.SetVersion(version)
	require.NoError(p.t, resp.ReadFrom(body))
}

func (p *peer) join(id string) {
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.MemberID, req.ProtocolType, req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = "g", id, "consumer", 30_000, 30_000
	protocol := kmsg.NewJoinGroupRequestProtocol()
	protocol.Name = "range"
	req.Protocols = append(req.Protocols, protocol)
	p.send(req, 5)
}

func (p *peer) joined() *kmsg.JoinGroupResponse {
	resp := kmsg.NewPtrJoinGroupResponse()
	p.receive(resp, 5)
	return resp
}

// introduce returns a member id.
func (p *peer) introduce() string {
	p.join("")
	resp := p.joined()
	require.Equal(p.t, kerr.MemberIDRequired.Code, resp.ErrorCode)
	return resp.MemberID
}

func (p *peer) heartbeat(id string, generation int32) int16 {
	req := kmsg.NewPtrHeartbeatRequest()
	req.Group, req.MemberID, req.Generation = "g", id, generation
	p.send(req, 3)
	resp := kmsg.NewPtrHeartbeatResponse()
	p.receive(resp, 3)
	return resp.ErrorCode
}

// A member that dies while it joins holds its partitions no longer than the join lasts, although kfake alone would keep it.
func TestMemberThatDiesWhileItJoins(t *testing.T) {
	b, _ := start(t, Options{Topics: []Topic{{Name: "in", Partitions: 2}}})
	stays, dies := newPeer(t, b.Addr()), newPeer(t, b.Addr())
	id := stays.introduce()
	stays.join(id)
	require.Zero(t, stays.joined().ErrorCode)

	other := dies.introduce()
	dies.join(other) // waits for the first
	admin := kadm.NewClient(client(t, b.Addr()))
	members := func() int {
		groups, err := admin.DescribeGroups(t.Context(), "g")
		require.NoError(t, err)
		return len(groups["g"].Members)
	}
	require.Eventually(t, func() bool { return members() == 2 }, 10*time.Second, time.Millisecond)
	require.NoError(t, dies.conn.Close())

	stays.join(id)
	resp := stays.joined()
	require.Zero(t, resp.ErrorCode)
	require.Len(t, resp.Members, 2, "the dead one was there in time")
	require.Eventually(t, func() bool {
		return stays.heartbeat(id, resp.Generation) == kerr.RebalanceInProgress.Code
	}, 10*time.Second, time.Millisecond, "the group learns of the death long before a session ends")
	stays.join(id)
	require.Len(t, stays.joined().Members, 1)
}
