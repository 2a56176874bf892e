package pipeline

import (
	"sync"

	"github.com/commande-publique/passerelle/internal/violation"
)

// maxOversized bounds the messages that are remembered: more than a transaction ever holds of them. Beyond, all are
// forgotten and found out anew.
const maxOversized = 4096

// oversized remembers the messages that have an output which its topic does not take, until they come again. A nil one
// remembers nothing.
type oversized struct {
	mu    sync.Mutex
	found map[position]violation.Violation
}

// position names a message by where it came from.
type position struct {
	topic     string
	partition int32
	offset    int64
}

func positionOf(m Message) position { return position{m.Topic, m.Partition, m.Offset} }

func (o *oversized) note(m Message, why violation.Violation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.found == nil || len(o.found) >= maxOversized {
		o.found = map[position]violation.Violation{}
	}
	o.found[positionOf(m)] = why
}

// find says why the message cannot be delivered. It stays remembered: the transaction may be given up once more.
func (o *oversized) find(m Message) (violation.Violation, bool) {
	if o == nil {
		return violation.Violation{}, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	why, ok := o.found[positionOf(m)]
	return why, ok
}
