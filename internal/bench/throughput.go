package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// How often the output is looked at: the error of every time that is measured.
	lookEvery = 20 * time.Millisecond
	// How often the committed offsets are, when the output does not show the end.
	commitEvery = 500 * time.Millisecond
	// How often a loop over messages tells how far it is.
	tellEvery = 1000
)

// Throughput writes messages to the input topic, starts the gateway, and measures how fast it works them off.
func (b *Bench) Throughput(ctx context.Context, messages int) (_ *Result, err error) {
	r, err := b.begin(ctx, "throughput")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.end()) }()
	result := r.newResult("throughput", messages)
	size, err := r.preload(ctx, messages)
	if err != nil {
		return nil, err
	}
	result.MessageBytes = int(size / int64(messages))
	if err := r.start(); err != nil {
		return nil, err
	}
	began := b.opts.Now()
	m := startMeter(r.gateway.cmd.Process.Pid, true, b.opts.Now)
	if err := r.drain(ctx, began, messages, result); err != nil {
		return nil, err
	}
	result.Gateway = m.stop(messages)
	if err := r.gateway.stop(); err != nil {
		return nil, err
	}
	result.Check, err = r.check(ctx, messages)
	return result, err
}

func (b *Bench) newResult(phase string, messages int) *Result {
	r := &Result{Phase: phase, Broker: b.opts.Broker, Messages: messages, Partitions: partitions}
	if r.Broker == "" {
		r.Broker = embeddedName
	}
	return r
}

// preload writes the messages and returns their bytes.
func (r *run) preload(ctx context.Context, messages int) (size int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for seq := range messages {
		value := message(seq)
		size += int64(len(value))
		r.client.Produce(ctx, &kgo.Record{Topic: r.prefix + input, Key: key(seq), Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				cancel(fmt.Errorf("writing messages: %w", err)) // the first one counts
			}
		})
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if seq%tellEvery == 0 {
			r.opts.Progress(Preparing, seq, messages)
		}
	}
	if err := r.client.Flush(ctx); err != nil {
		return 0, context.Cause(ctx)
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return size, nil
}

// drain watches the outputs until the gateway has committed all input, and fills in the times.
func (r *run) drain(ctx context.Context, began time.Time, messages int, result *Result) error {
	now := r.opts.Now
	var first, tenth, ninety, last mark
	progress, looked, committed := began, began, 0
	for {
		at := now()
		if n, ok := r.written(ctx); ok && n > last.n {
			last = mark{n, at}
			progress = at
			for m, least := range map[*mark]int{&first: 1, &tenth: messages / 10, &ninety: messages * 9 / 10} {
				if m.n == 0 && n >= least {
					*m = last
				}
			}
		}
		r.opts.Progress(Draining, last.n, messages)
		if last.n >= messages || at.Sub(looked) >= commitEvery {
			looked = at
			if n := r.committed(ctx); n > committed {
				committed, progress = n, at
			}
			if committed >= messages { // outputs come before commits: there is no more
				if n, ok := r.written(ctx); ok && n <= last.n {
					break
				}
			}
		}
		if at.Sub(progress) > stallTimeout {
			result.GaveUp = true
			break
		}
		if err := r.wait(ctx, lookEvery); err != nil {
			return err
		}
	}
	if last.n == 0 { // no output at all: no time to tell
		last.at = now()
		first.at, result.GaveUp = last.at, true
	}
	result.Seconds = round(last.at.Sub(began).Seconds(), 3)
	result.Throughput = &Throughput{
		FirstOutputMs: first.at.Sub(began).Milliseconds(),
		PerSecond:     perSecond(last.n-first.n, last.at.Sub(first.at)),
		PerSecond1090: perSecond(ninety.n-tenth.n, ninety.at.Sub(tenth.at)),
	}
	return nil
}

// mark is how many outputs there were, and when.
type mark struct {
	n  int
	at time.Time
}

// check reads all that is in the output topics, once the gateway has stopped.
func (r *run) check(ctx context.Context, messages int) (Check, error) {
	total, ok := r.written(ctx)
	if !ok {
		return Check{}, errors.New("the broker does not tell how much there is in the output topics")
	}
	rd, err := r.newReader(messages)
	if err != nil {
		return Check{}, err
	}
	defer rd.client.Close()
	r.opts.Progress(Checking, 0, messages)
	var target atomic.Int64
	target.Store(int64(total))
	if err := rd.readTo(ctx, &target); err != nil {
		return Check{}, err
	}
	return rd.checker.result(), nil
}
