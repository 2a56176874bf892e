package kafka

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestTracker compares the watermark with its definition, records finishing in any order.
func TestTracker(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := tracker{position: rapid.Int64Range(0, 100).Draw(t, "start")}
		type open struct{ number, offset int64 }
		var pending []open
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if len(pending) == 0 || rapid.Bool().Draw(t, "add") {
				tr.position += rapid.Int64Range(0, 3).Draw(t, "gap") // control records, compaction
				if rapid.Bool().Draw(t, "visible") {
					pending = append(pending, open{tr.add(tr.position), tr.position})
					tr.position++
				}
			} else {
				i := rapid.IntRange(0, len(pending)-1).Draw(t, "which")
				tr.done(pending[i].number)
				pending = append(pending[:i], pending[i+1:]...)
			}
			want := tr.position
			for _, p := range pending {
				want = min(want, p.offset)
			}
			require.Equal(t, want, tr.watermark())
		}
		if len(pending) == 0 {
			require.Zero(t, tr.span())
		}
	})
}
