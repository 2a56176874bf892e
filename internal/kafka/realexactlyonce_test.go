package kafka

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// newRealEOS is the job of exactlyonce_test.go on the cluster that realkafka_test.go describes.
func newRealEOS(t *testing.T) (*eos, string) {
	k := newRealKafka(t)
	return &eos{
		topic: k.name,
		connect: func(change ...func(*Config)) *Cluster {
			cfg := Config{Brokers: k.brokers, Logger: testLog()}
			for _, f := range change {
				f(&cfg)
			}
			c, err := NewCluster(cfg)
			require.NoError(t, err)
			t.Cleanup(func() { _ = c.Close() })
			return c
		},
		read: func(topic string) (out []*kgo.Record) {
			k.readAll(t, topic, func(r *kgo.Record) { out = append(out, r) })
			return out
		},
	}, k.name("g")
}

// TestRealExactlyOnce: members die, join and leave under load.
func TestRealExactlyOnce(t *testing.T) {
	e, group := newRealEOS(t)
	e.topics(t, 6)
	cfg := exactlyOnce(group)
	cfg.CommitInterval = 100 * time.Millisecond
	const keys, perKey = 100, 400
	fed := make(chan struct{})
	go func() { defer close(fed); e.feed(t, keys, 0, perKey) }()
	members := []*eosMember{e.member(t, cfg, nil), e.member(t, cfg, nil)}
	for step := range 9 {
		time.Sleep(400 * time.Millisecond)
		switch step % 3 {
		case 0:
			members[0].wire.die()
			defer members[0].stop(t)
			members = append(members[1:], e.member(t, cfg, nil))
		case 1:
			members = append(members, e.member(t, cfg, nil))
		default:
			members[0].stop(t)
			members = members[1:]
		}
	}
	<-fed
	start := time.Now()
	e.caughtUp(t, group)
	t.Logf("caught up %v after the last record", time.Since(start).Round(time.Millisecond))
	for _, m := range members {
		m.stop(t)
	}
	e.check(t, keys, perKey)
}

// TestRealExactlyOnceThroughput compares with at least once, on the same records.
func TestRealExactlyOnceThroughput(t *testing.T) {
	e, group := newRealEOS(t)
	e.topics(t, 6)
	const keys, perKey = 1000, 100
	e.feed(t, keys, 0, perKey)
	var took [2]time.Duration
	for round := range 3 {
		for i, once := range []bool{false, true} {
			cfg := exactlyOnce(group + "-" + string(rune('a'+2*round+i)))
			cfg.CommitInterval, cfg.BatchSize, cfg.Lanes, cfg.ExactlyOnce = 100*time.Millisecond, 64, 16, once
			m := e.member(t, cfg, nil)
			start := time.Now()
			e.caughtUp(t, cfg.Group)
			took[i] += time.Since(start)
			m.stop(t)
		}
	}
	total := float64(3 * keys * perKey)
	t.Logf("at least once %.0f/s, exactly once %.0f/s: %.2f", total/took[0].Seconds(), total/took[1].Seconds(), took[0].Seconds()/took[1].Seconds())
}
