package embedded

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// kfake gives a member of a consumer group whose connection ends while it waits for the answer to its JoinGroup no session
// that could time out: the others count on it, and nobody reads its partitions until the next rebalance. So when the
// client has gone and such an answer is owed, the guard lets kfake read one more request, a LeaveGroup of that member, and
// takes the answers that nobody will. kfake handles it when the join is answered. A member that joins without an id, as
// clients before Kafka 2.2 do, cannot be helped this way.

// farewell returns the frame, size and all, that takes back a checked JoinGroup frame without size; nil when the member
// has no id yet.
func farewell(frame []byte) []byte {
	r := kbin.Reader{Src: frame[8:]} // after key, version and correlation
	client := r.NullableString()
	join := kmsg.NewPtrJoinGroupRequest()
	join.Version = int16(binary.BigEndian.Uint16(frame[2:]))
	if join.IsFlexible() {
		skipTags(&r)
	}
	if err := join.ReadFrom(r.Src); err != nil || join.MemberID == "" {
		return nil
	}
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Version, leave.Group, leave.MemberID = 2, join.Group, join.MemberID
	var id string
	if client != nil {
		id = *client
	}
	return kmsg.NewRequestFormatter(kmsg.FormatterClientID(id)).AppendRequest(nil, leave, 0)
}

// partWith is called when the client has gone. It returns what kfake reads before it learns that.
func (c *guardConn) partWith() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return nil
	}
	for _, o := range c.owed {
		if o.farewell != nil {
			c.gone = true
			return o.farewell
		}
	}
	return nil
}

// hasGone says that nobody reads the responses any more.
func (c *guardConn) hasGone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}
