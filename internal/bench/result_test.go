package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPercentiles(t *testing.T) {
	var samples []time.Duration
	for i := 200; i > 0; i-- {
		samples = append(samples, time.Duration(i)*time.Millisecond)
	}
	l := Latency{}
	l.percentiles(samples)
	assert.Equal(t, Latency{P50: 100, P99: 198, Max: 200}, l)
	l = Latency{}
	l.percentiles([]time.Duration{3 * time.Millisecond})
	assert.Equal(t, Latency{P50: 3, P99: 3, Max: 3}, l)
	l = Latency{}
	l.percentiles(nil)
	assert.Zero(t, l)
}

func TestWriteText(t *testing.T) {
	r := Result{
		Phase: "latency", Broker: "kafka:9092", Messages: 5001, MessageBytes: 1505, Partitions: 6,
		Latency: &Latency{Rate: 1000, RateReached: 999.6, P50: .4, P99: 1.9, Max: 12},
		Gateway: &Usage{CPUMicros: 61.25, PeakMiB: 62.4, OthersCores: .1},
		Check:   Check{Lost: 1, Duplicates: 2, Misrouted: 3, OrderBreaks: 4},
	}
	var fr, en strings.Builder
	require.NoError(t, r.WriteText(&fr, true))
	require.NoError(t, r.WriteText(&en, false))
	assert.Equal(t, `Latence : 5001 messages, 1505 octets, 6 partitions, broker kafka:9092
  cadence demandée / tenue           1000 / 1000 msg/s
  latence p50 / p99 / max            0.40 / 1.90 / 12.00 ms
  processeur de la passerelle        61.2 µs/message
  mémoire maximale de la passerelle  62 Mio
  processeurs pris par d'autres      0.10
  perdus                             1
  doublons                           2
  mal routés                         3
  ruptures d'ordre                   4
`, fr.String())
	assert.Equal(t, `Latency: 5001 messages, 1505 bytes, 6 partitions, broker kafka:9092
  rate asked for / kept       1000 / 1000 msg/s
  latency p50 / p99 / max     0.40 / 1.90 / 12.00 ms
  processor, gateway          61.2 µs/message
  peak memory, gateway        62 MiB
  processors taken by others  0.10
  lost                        1
  duplicates                  2
  misrouted                   3
  order breaks                4
`, en.String())

	r = Result{Broker: embeddedName, Throughput: &Throughput{FirstOutputMs: 250, PerSecond: 20000, PerSecond1090: 21000}, GaveUp: true}
	assert.False(t, r.Passed())
	fr.Reset()
	require.NoError(t, r.WriteText(&fr, true))
	assert.Contains(t, fr.String(), "Débit : 0 messages, 0 octets, 0 partitions, broker embarqué\n")
	assert.Contains(t, fr.String(), "débit de 10 à 90 %   21000 msg/s\n")
	assert.Contains(t, fr.String(), "processeur, mémoire  inconnus sur ce système\n")
	assert.Contains(t, fr.String(), "abandon              plus aucune sortie pendant 1m0s\n")
}
