package bench

import "strings"

// Check is what became of the messages of a run. All counts are of messages.
type Check struct {
	Lost        int `json:"lost"`         // in no output topic
	Duplicates  int `json:"duplicates"`   // further copies of messages
	Misrouted   int `json:"misrouted"`    // copies in another topic or under another key than they should be, and records that are no message of the run
	OrderBreaks int `json:"order_breaks"` // first copies that come after one that was sent later, with the same key, in the same topic
	// Delivered counts the messages of each output topic, each once.
	Delivered map[string]int `json:"delivered"`
}

// Passed tells whether nothing was lost, misrouted or put out of order. Duplicates are allowed at least once.
func (c Check) Passed() bool { return c.Lost == 0 && c.Misrouted == 0 && c.OrderBreaks == 0 }

// checker compares the output topics with what was sent: the messages 0 to len(seen)-1. The records of one partition are
// to be added in their order.
type checker struct {
	prefix string // of the topics of this run
	seen   []bool
	found  int
	latest map[lane]int
	check  Check
}

// lane is where order is kept: the messages of one supplier in one topic.
type lane struct {
	topic    string
	supplier int
}

func newChecker(prefix string, messages int) *checker {
	return &checker{prefix: prefix, seen: make([]bool, messages), latest: map[lane]int{}, check: Check{Delivered: map[string]int{}}}
}

// add takes an output record. It returns the number of the message and whether this is its first copy.
func (c *checker) add(topic string, recordKey, value []byte) (seq int, first bool) {
	seq, ok := sequence(value)
	if !ok || seq >= len(c.seen) {
		c.check.Misrouted++
		return 0, false
	}
	topic = strings.TrimPrefix(topic, c.prefix)
	if topic != destination(seq) || string(recordKey) != string(key(seq)) {
		c.check.Misrouted++
	}
	if c.seen[seq] {
		c.check.Duplicates++
		return seq, false
	}
	c.seen[seq] = true
	c.found++
	c.check.Delivered[topic]++
	l := lane{topic, supplier(seq)}
	if latest, ok := c.latest[l]; ok && seq < latest {
		c.check.OrderBreaks++
	} else {
		c.latest[l] = seq
	}
	return seq, true
}

// result counts what has not come as lost.
func (c *checker) result() Check {
	check := c.check
	check.Lost = len(c.seen) - c.found
	return check
}
