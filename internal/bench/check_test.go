package bench

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// output is a record of an output topic.
type output struct {
	topic      string
	key, value []byte
}

func outputOf(seq int) output { return output{"run." + destination(seq), key(seq), message(seq)} }

func TestCheckerFindsFaults(t *testing.T) {
	const n = 3 * suppliers // each supplier sends three
	sibling := func(seq int) int {
		for s := seq + suppliers; s < n; s += suppliers {
			if destination(s) == destination(seq) {
				return s
			}
		}
		t.Fatal("no later message of the same supplier to the same topic")
		return 0
	}
	early := 0
	for destination(early+suppliers) != destination(early) && destination(early+2*suppliers) != destination(early) {
		early++
	}
	late := sibling(early)
	cases := map[string]struct {
		fault func([]output) []output
		want  Check
	}{
		"none": {func(o []output) []output { return o }, Check{}},
		"lost": {func(o []output) []output { return append(o[:5:5], o[7:]...) }, Check{Lost: 2}},
		"duplicate": {
			func(o []output) []output { return append(o, o[5], o[5], o[49]) },
			Check{Duplicates: 3},
		},
		"a repeat after a crash, in order": {
			func(o []output) []output { return append(o[:2000:2000], o[1500:]...) },
			Check{Duplicates: 500},
		},
		"another topic": {
			func(o []output) []output { o[5].topic = "run." + refused; return o },
			Check{Misrouted: 1},
		},
		"a valid dead letter where only faults belong": {
			func(o []output) []output { o[49].topic = "run." + invoicing; return o },
			Check{Misrouted: 1},
		},
		"another key": {
			func(o []output) []output { o[5].key = key(6); return o },
			Check{Misrouted: 1},
		},
		"no key": {func(o []output) []output { o[5].key = nil; return o }, Check{Misrouted: 1}},
		"nothing of ours": {
			func(o []output) []output { return append(o, output{"run." + archive, nil, []byte("{}")}) },
			Check{Misrouted: 1},
		},
		"a number that was never sent": {
			func(o []output) []output { return append(o, outputOf(n)) },
			Check{Misrouted: 1},
		},
		"mangled": {
			func(o []output) []output { o[5].value = o[5].value[:10]; return o },
			Check{Misrouted: 1, Lost: 1},
		},
		"reordered within a key": {
			func(o []output) []output { o[early], o[late] = o[late], o[early]; return o },
			Check{OrderBreaks: 1},
		},
		"reordered across keys, which is no fault": {
			func(o []output) []output { o[5], o[6] = o[6], o[5]; return o },
			Check{},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			outputs := make([]output, n)
			for seq := range outputs {
				outputs[seq] = outputOf(seq)
			}
			checker := newChecker("run.", n)
			for _, o := range c.fault(outputs) {
				checker.add(o.topic, o.key, o.value)
			}
			got := checker.result()
			delivered := 0
			for _, count := range got.Delivered {
				delivered += count
			}
			assert.Equal(t, n-c.want.Lost, delivered)
			got.Delivered = nil
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.want.Lost+c.want.Misrouted+c.want.OrderBreaks == 0, got.Passed())
		})
	}
}
