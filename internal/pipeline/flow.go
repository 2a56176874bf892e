package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sort"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/violation"
)

// Publisher publishes records, all of them or an error that says which were not acknowledged by all in-sync replicas.
type Publisher interface {
	Produce(ctx context.Context, records []kafka.Record) error
}

// FlowConfig says how one source topic is served.
type FlowConfig struct {
	Receipts    string // topic of the receipts, empty for none
	DeadLetters string // topic of the dead letters
	// ExactlyOnce says that the subscriber hands out messages in transactions: a failure takes everything back that was
	// published for them, and they come again.
	ExactlyOnce bool
	// Claims know the numbers that are in use; all flows of a gateway share them.
	Claims *Claims
	Now    func() time.Time
	Logger *slog.Logger
}

// Flow handles the messages of one source topic: it judges each and publishes what the verdict says.
type Flow struct {
	pipeline    *Pipeline
	publisher   Publisher
	receipts    string
	deadLetters string
	claims      *Claims
	now         func() time.Time
	log         *slog.Logger
	oversized   *oversized // of exactly once, nil otherwise
}

// NewFlow returns the flow of one source topic.
func NewFlow(p *Pipeline, publisher Publisher, cfg FlowConfig) *Flow {
	f := &Flow{
		pipeline: p, publisher: publisher,
		receipts: cfg.Receipts, deadLetters: cfg.DeadLetters, claims: cfg.Claims, now: cfg.Now, log: cfg.Logger,
	}
	if cfg.ExactlyOnce {
		f.oversized = &oversized{}
	}
	return f
}

// maxJudgedBytes bounds the source bytes in work at once, over all flows: judging the most hostile document takes eight
// times its size, so this keeps it near 128 MiB. One larger document is judged alone.
const maxJudgedBytes = 16 << 20

// settle judges a message once there is room for it and adds everything that is to be published for it. Whatever was found
// out about it beyond its verdict refuses it.
func (f *Flow) settle(ctx context.Context, w *work, m Message, found ...violation.Violation) error {
	weight := min(int64(len(m.Value)), maxJudgedBytes)
	if err := f.pipeline.room.Acquire(ctx, weight); err != nil {
		return err
	}
	defer f.pipeline.room.Release(weight)
	v := f.pipeline.Judge(m)
	defer v.Release() // the outputs hold bytes of their own
	if why, ok := f.oversized.find(m); ok {
		found = append(found, why)
	}
	v.Violations = append(v.Violations, found...)
	f.claim(w, &v)
	f.free(w, &v)
	var err error
	w.outputs, err = f.outputs(w.outputs, m, v)
	return err
}

// Handle is the Watermill handler: it takes a batch of records of one lane and returns nil once every output of every
// record is acknowledged, which lets the offsets be committed. An error hands the same batch out again, in place, so
// the order of the lane holds. It only comes from publishing: a document that is refused is not a failure.
func (f *Flow) Handle(batch *message.Message) error {
	return f.handle(batch.Context(), kafka.Records(batch))
}

func (f *Flow) handle(ctx context.Context, records []kafka.Record) error {
	each := 1 // most have one output, and a receipt where there are any
	if f.receipts != "" {
		each = 2
	}
	w := work{records: records, outputs: make([]kafka.Record, 0, each*len(records)), ends: make([]int, 0, len(records))}
	for i := range records {
		if err := f.settle(ctx, &w, messageOf(&records[i])); err != nil {
			return err
		}
		w.ends = append(w.ends, len(w.outputs))
	}
	return f.publish(ctx, w)
}

// work is what becomes of the records of a batch.
type work struct {
	records []kafka.Record
	outputs []kafka.Record
	ends    []int // of the outputs of each record

	claims           []kafka.Record // of numbers, and of numbers that are given back
	taken, givenBack []wanted
}

// recordOf returns the index of the record that an output belongs to.
func (w *work) recordOf(output int) int {
	return sort.SearchInts(w.ends, output+1)
}

func messageOf(r *kafka.Record) Message {
	return Message{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time, Key: r.Key, Value: r.Value, Headers: r.Headers}
}

// outputs appends everything that a verdict publishes: deliveries or the dead letter, and the receipt. Those without
// key stay together by the partition that their message came from, so that they keep its order.
func (f *Flow) outputs(dst []kafka.Record, m Message, v Verdict) ([]kafka.Record, error) {
	first := len(dst)
	if v.Outcome() == Delivered {
		dst = f.deliver(dst, m, v)
	} else {
		dst = append(dst, f.refuse(m, v))
	}
	if f.receipts != "" {
		receipt, err := f.answer(m, v)
		if err != nil {
			return nil, err
		}
		dst = append(dst, receipt)
	}
	for i := first; i < len(dst); i++ {
		if dst[i].Key == nil {
			dst[i].OrderBy = m.Topic + "/" + strconv.Itoa(int(m.Partition))
		}
	}
	return dst, nil
}

var tooLarge = violation.Spec{
	Code:     "output_too_large",
	FR:       "le document produit pour le sujet « %s » fait %s octets : le sujet ne l'accepte pas",
	EN:       "the document made for topic %q is %s bytes long: the topic does not take it",
	RemedyFR: "Augmentez max.message.bytes du sujet, ou demandez form: original, puis rejouez le message.",
	RemedyEN: "Raise max.message.bytes of the topic, or ask for form: original, then replay the message.",
}

// publish produces the outputs of a batch, behind the claims of its numbers, so that after a crash each number has the owner
// that it had. A message with an output that its topic does not take becomes a dead letter, as sending it again would fail for
// ever. At least once, its other outputs may have been published by then, under ids that make a repeat recognisable. Exactly
// once, they have to be taken back first: the message comes again, and what was found out waits for it.
func (f *Flow) publish(ctx context.Context, w work) error {
	if err := f.publishClaims(ctx, w); err != nil {
		return err
	}
	err := f.publisher.Produce(ctx, w.outputs)
	if err == nil {
		f.published(w)
		return nil
	}
	var produce *kafka.ProduceError
	if !errors.As(err, &produce) {
		return err
	}
	var letters work
	refused := map[int]bool{}
	for _, failed := range produce.Failed {
		var large *kafka.RecordTooLargeError
		if !errors.As(failed.Err, &large) || w.outputs[failed.Index].Topic == f.deadLetters {
			return err
		}
		record := w.recordOf(failed.Index)
		if refused[record] {
			continue
		}
		refused[record] = true
		m := messageOf(&w.records[record])
		why := tooLarge.New(violation.At{}, large.Topic, strconv.Itoa(large.Size))
		if f.oversized != nil {
			f.oversized.note(m, why)
			continue
		}
		if err := f.settle(ctx, &letters, m, why); err != nil {
			return err
		}
	}
	if f.oversized != nil {
		return err
	}
	if err := f.publishClaims(ctx, letters); err != nil {
		return err
	}
	if err := f.publisher.Produce(ctx, letters.outputs); err != nil {
		return err
	}
	f.published(w)
	f.published(letters)
	return nil
}
