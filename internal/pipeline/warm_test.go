package pipeline

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What the documents on the routes can need is compiled: the packs that a route names or the profiles of its kinds, in force
// that day, and no other.
func TestWarm(t *testing.T) {
	p := newPipeline(t,
		"route: contracts\nfrom: [buyers]\naccept: [contract]\nvalidate: {rules: [decp, chorus-historic]}\nto: [{topic: archive}]\n",
		"route: dume\nfrom: [buyers]\naccept: [espd-request]\nvalidate: {rules: [profile]}\nto: [{topic: archive}]\n",
	)
	ended, end := context.WithCancel(t.Context())
	end()
	assert.Empty(t, p.Warm(ended, "2026-11-24"))
	assert.Empty(t, p.Warm(t.Context(), "1999-12-31"))
	assert.Equal(t, []string{"decp", "espd-2.1.1", "espd-3.3.0", "espd-4.1.0"}, p.Warm(t.Context(), "2026-11-24"))
}
