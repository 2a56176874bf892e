package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// WarmUp is how many seconds of sending precede those that are measured: caches fill, connections open.
const WarmUp = 2

// Latency sends messages at a rate (messages a second) for some seconds and measures how long each takes until its
// output has been consumed.
func (b *Bench) Latency(ctx context.Context, rate, seconds int) (_ *Result, err error) {
	r, err := b.begin(ctx, "latency")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.end()) }()
	// The first message only shows that the gateway is there.
	p := &pace{run: r, rate: rate, warm: 1 + rate*WarmUp, total: 1 + rate*(WarmUp+seconds), began: b.opts.Now()}
	p.sent, p.took = make([]atomic.Int64, p.total), make([]time.Duration, 0, rate*seconds)
	if p.reader, err = r.newReader(p.total); err != nil {
		return nil, err
	}
	defer p.reader.client.Close()
	p.reader.arrived = p.arrived
	if err := r.start(); err != nil {
		return nil, err
	}
	result := r.newResult("latency", p.total)
	if err := p.measure(ctx, result); err != nil {
		return nil, err
	}
	result.Check = p.reader.checker.result()
	result.Latency.percentiles(p.took)
	return result, nil
}

// pace sends messages 0 to total-1; those from warm on are measured.
type pace struct {
	*run
	rate, warm, total int
	began             time.Time
	reader            *reader
	sent              []atomic.Int64  // when, in nanoseconds after began
	took              []time.Duration // of measured messages, by the reader; to be read once it has ended
	bytes             int64
	failed            atomic.Pointer[error] // of the producer
}

func (p *pace) arrived(seq int, at time.Time) {
	if seq >= p.warm {
		p.took = append(p.took, at.Sub(p.began)-time.Duration(p.sent[seq].Load()))
	}
}

// measure runs producer and reader side by side, then stops the gateway and lets the reader see the rest.
func (p *pace) measure(ctx context.Context, result *Result) error {
	reading, stopReading := context.WithCancel(ctx)
	var target atomic.Int64
	target.Store(unknownTarget)
	ended := make(chan error, 1)
	go func() { ended <- p.reader.readTo(reading, &target) }()
	finished := false
	defer func() {
		stopReading()
		if !finished {
			<-ended //nolint:errcheck // the first failure is the one to tell
		}
	}()

	p.send(ctx, 0)
	stalled, err := p.await(ctx, 1)
	if err != nil {
		return err
	}
	if stalled {
		return &Problem{
			FR: fmt.Sprintf("la passerelle n'a rien livré en %v ; ses derniers mots :\n%s", stallTimeout, p.gateway.output.String()),
			EN: fmt.Sprintf("the gateway delivered nothing within %v; its last words:\n%s", stallTimeout, p.gateway.output.String()),
		}
	}
	m := startMeter(p.gateway.cmd.Process.Pid, false, p.opts.Now)
	elapsed, err := p.sendAll(ctx)
	if err != nil {
		return err
	}
	result.Gateway = m.stop(p.total - 1)
	result.Seconds = round(elapsed.Seconds(), 3)
	result.MessageBytes = int(p.bytes / int64(p.total))
	result.Latency = &Latency{Rate: p.rate, RateReached: round(float64(p.total-1)/elapsed.Seconds(), 1)}
	if result.GaveUp, err = p.await(ctx, p.total); err != nil {
		return err
	}
	if err := p.gateway.stop(); err != nil {
		return err
	}
	n, ok := p.written(ctx)
	if !ok {
		return errors.New("the broker does not tell how much there is in the output topics")
	}
	target.Store(int64(n))
	finished = true
	return <-ended
}

// send hands one message to the producer, without waiting for it.
func (p *pace) send(ctx context.Context, seq int) {
	value := message(seq)
	p.bytes += int64(len(value))
	p.sent[seq].Store(int64(p.opts.Now().Sub(p.began)))
	p.client.Produce(ctx, &kgo.Record{Topic: p.prefix + input, Key: key(seq), Value: value}, func(_ *kgo.Record, err error) {
		if err != nil {
			err = fmt.Errorf("sending messages: %w", err)
			p.failed.CompareAndSwap(nil, &err)
		}
	})
}

// sendAll keeps the rate from message 1 on and returns how long that took. What a slow moment delays is sent at once
// after it.
func (p *pace) sendAll(ctx context.Context) (time.Duration, error) {
	began := p.opts.Now()
	for seq := 1; seq < p.total; {
		due := min(p.total, 1+int(p.opts.Now().Sub(began).Seconds()*float64(p.rate)))
		for ; seq < due; seq++ {
			p.send(ctx, seq)
		}
		if err := p.trouble(ctx); err != nil {
			return 0, err
		}
		p.opts.Progress(Pacing, seq, p.total)
		time.Sleep(time.Millisecond) // no timer is finer
	}
	if err := p.client.Flush(ctx); err != nil {
		return 0, err
	}
	return p.opts.Now().Sub(began), p.trouble(ctx)
}

// await waits until so many different messages have come out, or the gateway is done with so many and there is nothing
// left to read, or nothing has come for stallTimeout, which it tells.
func (p *pace) await(ctx context.Context, messages int) (stalled bool, err error) {
	last, since, looked := int64(0), p.opts.Now(), p.opts.Now()
	for p.reader.found.Load() < int64(messages) {
		now := p.opts.Now()
		if n := p.reader.found.Load(); n > last {
			last, since = n, now
		}
		if now.Sub(since) > stallTimeout {
			return true, nil
		}
		if now.Sub(looked) >= commitEvery {
			looked = now
			if p.committed(ctx) >= messages { // outputs come before commits
				if n, ok := p.written(ctx); ok && int64(n) <= p.reader.records.Load() {
					return false, nil
				}
			}
		}
		if err := p.wait(ctx, lookEvery); err != nil {
			return false, err
		}
		if err := p.trouble(ctx); err != nil {
			return false, err
		}
	}
	return false, nil
}

// trouble says why it makes no sense to go on.
func (p *pace) trouble(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if failed := p.failed.Load(); failed != nil {
		return *failed
	}
	return p.gateway.failure()
}
