package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"
)

// Result is the outcome of one phase. Its JSON form is what "passerelle bench --json" prints.
type Result struct {
	Phase        string  `json:"phase"`  // "throughput" or "latency"
	Broker       string  `json:"broker"` // "embedded" or host:port
	Messages     int     `json:"messages"`
	MessageBytes int     `json:"message_bytes"` // on average
	Partitions   int     `json:"partitions"`    // of each topic
	Seconds      float64 `json:"seconds"`       // throughput: from the start of the gateway to the last output; latency: of sending
	GaveUp       bool    `json:"gave_up"`       // neither outputs nor commits for a minute: what is missing counts as lost

	Throughput *Throughput `json:"throughput,omitempty"`
	Latency    *Latency    `json:"latency,omitempty"`
	Gateway    *Usage      `json:"gateway"` // null where the system does not tell
	Check      Check       `json:"check"`
}

// Passed tells whether the phase came to its end and nothing was lost, misrouted or put out of order.
func (r *Result) Passed() bool { return !r.GaveUp && r.Check.Passed() }

// Throughput is how fast a backlog was worked off.
type Throughput struct {
	FirstOutputMs int64 `json:"first_output_ms"`           // after the start of the process
	PerSecond     int   `json:"messages_per_second"`       // after the first output
	PerSecond1090 int   `json:"messages_per_second_10_90"` // between a tenth and nine tenths
}

// Latency is the time from just before a message is handed to the producer until its output has been consumed, in
// milliseconds.
type Latency struct {
	Rate        int     `json:"rate"`         // messages a second, as asked for
	RateReached float64 `json:"rate_reached"` // as sent
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Max         float64 `json:"max_ms"`
}

// Usage is what the gateway process used, without broker and generator.
type Usage struct {
	CPUMicros   float64 `json:"cpu_us_per_message"`
	PeakMiB     float64 `json:"peak_memory_mib"`
	OthersCores float64 `json:"others_cores"` // processors that neither the gateway nor this process kept busy: the noise
}

func round(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

// perSecond is n in a time, 0 when the time is too short to tell.
func perSecond(n int, d time.Duration) int {
	if d < time.Millisecond {
		return 0
	}
	return int(float64(n) / d.Seconds())
}

// percentiles sorts the samples and fills in the measured values.
func (l *Latency) percentiles(samples []time.Duration) {
	if len(samples) == 0 {
		return
	}
	slices.Sort(samples)
	at := func(p float64) float64 {
		i := int(math.Ceil(p*float64(len(samples)))) - 1 // nearest rank
		return round(samples[max(0, i)].Seconds()*1000, 2)
	}
	l.P50, l.P99, l.Max = at(.5), at(.99), at(1)
}

// WriteText prints the result for people.
func (r *Result) WriteText(w io.Writer, french bool) error {
	say := func(fr, en string) string {
		if french {
			return fr
		}
		return en
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(fr, en, format string, args ...any) {
		_, _ = fmt.Fprintf(table, "  %s\t"+format+"\n", append([]any{say(fr, en)}, args...)...) // Flush tells
	}
	title := say("Débit", "Throughput")
	if r.Latency != nil {
		title = say("Latence", "Latency")
	}
	_, _ = fmt.Fprintf(table, "%s%s %d messages, %d %s, %d %s, broker %s\n", title, say(" :", ":"), r.Messages, r.MessageBytes, say("octets", "bytes"),
		r.Partitions, "partitions", r.brokerName(say))
	if t := r.Throughput; t != nil {
		row("première sortie", "first output", "%d ms", t.FirstOutputMs)
		row("débit", "throughput", "%d msg/s", t.PerSecond)
		row("débit de 10 à 90 %", "throughput, 10 to 90 %", "%d msg/s", t.PerSecond1090)
	}
	if l := r.Latency; l != nil {
		row("cadence demandée / tenue", "rate asked for / kept", "%d / %.0f msg/s", l.Rate, l.RateReached)
		row("latence p50 / p99 / max", "latency p50 / p99 / max", "%.2f / %.2f / %.2f ms", l.P50, l.P99, l.Max)
	}
	if u := r.Gateway; u != nil {
		row("processeur de la passerelle", "processor, gateway", "%.1f µs/message", u.CPUMicros)
		row("mémoire maximale de la passerelle", "peak memory, gateway", "%.0f %s", u.PeakMiB, say("Mio", "MiB"))
		row("processeurs pris par d'autres", "processors taken by others", "%.2f", u.OthersCores)
	} else {
		row("processeur, mémoire", "processor, memory", "%s", say("inconnus sur ce système", "unknown on this system"))
	}
	row("perdus", "lost", "%d", r.Check.Lost)
	row("doublons", "duplicates", "%d", r.Check.Duplicates)
	row("mal routés", "misrouted", "%d", r.Check.Misrouted)
	row("ruptures d'ordre", "order breaks", "%d", r.Check.OrderBreaks)
	if r.GaveUp {
		row("abandon", "gave up", "%s %v", say("plus aucune sortie pendant", "no more output for"), stallTimeout)
	}
	return table.Flush()
}

func (r *Result) brokerName(say func(fr, en string) string) string {
	if r.Broker == embeddedName {
		return say("embarqué", "embedded")
	}
	return r.Broker
}
