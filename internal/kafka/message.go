package kafka

import (
	"context"
	"maps"
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/commande-publique/passerelle/internal/event"
)

const (
	// KeyMetadata is the metadata entry that holds the record's key, in both directions; without it the key is null.
	// It is not a header.
	KeyMetadata = "kafka_key"
	// uuidHeader carries Message.UUID. The name is the one that other Watermill publishers on Kafka use.
	uuidHeader = "_watermill_message_uuid"
)

type recordsKey struct{}

// Records returns the records that a message handed out by a Subscriber carries: one or more of one lane, in order.
// They are read-only. It returns nil for any other message.
func Records(msg *message.Message) []Record {
	recs, _ := msg.Context().Value(recordsKey{}).([]Record)
	return recs
}

// newMessage builds a message for the records. In per-record mode it is a plain Watermill message: payload = value,
// UUID = the header of that name, metadata = every other header by name (the last one wins where names repeat) and
// the key. In batch mode only Records is filled. The message's context ends with end, or with parent.
func newMessage(parent context.Context, recs []Record, plain bool) (msg *message.Message, end func()) {
	msg = message.NewMessage("", nil)
	if plain {
		rec := &recs[0]
		msg.Payload = rec.Value
		for _, h := range rec.Headers {
			if h.Key == uuidHeader {
				msg.UUID = string(h.Value)
				continue
			}
			msg.Metadata[h.Key] = string(h.Value)
		}
		if rec.Key != nil {
			msg.Metadata[KeyMetadata] = string(rec.Key)
		}
	}
	ctx, end := context.WithCancel(context.WithValue(parent, recordsKey{}, recs))
	msg.SetContext(ctx)
	return msg, end
}

// recordOf is the reverse of newMessage for a message of one record. Headers are in the order of their names.
func recordOf(topic string, msg *message.Message) Record {
	rec := Record{Topic: topic, Value: msg.Payload}
	if rec.Value == nil {
		rec.Value = []byte{} // Watermill has no null payload
	}
	if msg.UUID != "" {
		rec.Headers = append(rec.Headers, event.Header{Key: uuidHeader, Value: []byte(msg.UUID)})
	}
	for _, k := range slices.Sorted(maps.Keys(msg.Metadata)) {
		if k == KeyMetadata {
			rec.Key = []byte(msg.Metadata[k])
			continue
		}
		rec.Headers = append(rec.Headers, event.Header{Key: k, Value: []byte(msg.Metadata[k])})
	}
	return rec
}
