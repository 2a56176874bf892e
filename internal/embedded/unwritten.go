package embedded

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// kfake notes the sequence numbers of a batch before it writes the batch. When writing fails (no space left, a disk that
// answers with errors) it answers UNKNOWN_SERVER_ERROR, and the same batch again is taken for a repetition and answered
// with success: a client that repeats, as it should, loses the batch without a word. TestWriteFailureLosesNothing shows
// it. So that answer becomes OUT_OF_ORDER_SEQUENCE_NUMBER here, after which no client uses these numbers again: ours and
// franz-go's take the next epoch and send anew, Java's too or reports the failure, a transaction is aborted.
//
// What kfake loses beside that on a full disk, and nothing here mends: offsets and ends of transactions that it
// acknowledges without having written them, and all that follow a torn one in groups.log and pids.log. They are lost
// when the process is killed after that and before the file is written anew; groups then go back to an older offset. The
// reserve is there so that it does not come to that.

// owed is a request that kfake has read and not answered.
type owed struct {
	key      kmsg.Key
	version  int16
	farewell []byte // of a JoinGroup: what takes it back when the client has gone
}

// owe notes a request that is about to be handed to kfake. kfake answers the requests of a connection in order, and reads
// one ahead at most, so there are never more than two.
func (c *guardConn) owe(frame []byte) {
	o := owed{key: kmsg.Key(binary.BigEndian.Uint16(frame)), version: int16(binary.BigEndian.Uint16(frame[2:]))}
	if o.key == kmsg.Produce && unanswered(frame, o.version) {
		return
	}
	if o.key == kmsg.JoinGroup {
		o.farewell = farewell(frame)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owed = append(c.owed, o)
}

// settle returns the request that the next response belongs to.
func (c *guardConn) settle() (owed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.owed) == 0 {
		return owed{}, false
	}
	o := c.owed[0]
	c.owed = c.owed[1:]
	return o, true
}

// unanswered tells whether a checked Produce request asks for no acknowledgement.
func unanswered(frame []byte, version int16) bool {
	r := kbin.Reader{Src: frame[8:]} // after key, version and correlation
	r.NullableString()               // client id
	if version >= 9 {
		skipTags(&r)
		r.UnsafeCompactNullableString() // transactional id
	} else {
		r.UnsafeNullableString()
	}
	return r.Int16() == 0
}

// refuseUnwritten returns a Produce response, size and all, in which no client takes an unwritten batch for one that it
// may send again under the same numbers, and whether there was any such batch. Without one, frame is returned as it is.
func refuseUnwritten(frame []byte, version int16) ([]byte, bool) {
	head := 8 // size, correlation
	if version >= 9 {
		head++ // no tagged fields
	}
	if len(frame) < head {
		return frame, false
	}
	resp := kmsg.NewPtrProduceResponse()
	resp.SetVersion(version)
	if resp.ReadFrom(frame[head:]) != nil {
		return frame, false
	}
	found := false
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			if p := &resp.Topics[i].Partitions[j]; p.ErrorCode == kerr.UnknownServerError.Code {
				p.ErrorCode, found = kerr.OutOfOrderSequenceNumber.Code, true
				p.ErrorMessage = kmsg.StringPtr("the broker could not write the batch to its disk; send the records again")
			}
		}
	}
	if !found {
		return frame, false
	}
	out := resp.AppendTo(append([]byte(nil), frame[:head]...))
	binary.BigEndian.PutUint32(out, uint32(len(out)-4))
	return out, true
}
