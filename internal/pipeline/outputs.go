package pipeline

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/deadletter"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/routes"
	"github.com/commande-publique/passerelle/transformers"
)

// HeaderSHA256 is the header of an output with the digest of the original bytes, hexadecimal. The route has the same
// headers as in a dead letter.
const HeaderSHA256 = "passerelle-sha256"

// typePrefix starts the CloudEvents type of documents that came without one.
const typePrefix = "fr.commandepublique."

// eventTypes names the business event that a document of a kind tells of.
var eventTypes = map[transformers.Kind]string{
	transformers.Invoice:       "facture.deposee.v1",
	transformers.CreditNote:    "facture.deposee.v1",
	transformers.InvoiceStatus: "facture.statut.v1",
	transformers.ESPDRequest:   "dume.acheteur.publie.v1",
	transformers.ESPDResponse:  "dume.oe.depose.v1",
	transformers.Contract:      "marche.notifie.v1",
	transformers.Concession:    "concession.notifiee.v1",
}

// EventType returns the CloudEvents type of an event that tells of a document of a kind; a kind that an operator defined names
// its own.
func EventType(kind transformers.Kind) string {
	if word, ok := eventTypes[kind]; ok {
		return typePrefix + word
	}
	return typePrefix + string(kind)
}

// HeaderNotCarried is the header of an output in another syntax that says what that has no place for: a JSON list of the
// pointers of values of the canonical document, the first hundred.
const HeaderNotCarried = "passerelle-not-carried"

// deliver appends the outputs of an accepted message: for each document its canonical form, or that in another syntax, to
// each destination that wants it, and the original bytes once to each topic that wants those.
func (f *Flow) deliver(dst []kafka.Record, m Message, v Verdict) []kafka.Record {
	originals := map[string]bool{}
	for i, part := range v.Parts {
		var canonical []byte
		for _, d := range part.Delivery.Destinations {
			switch {
			case !d.Taken:
			case d.Form == routes.Original:
				if !originals[d.Topic] {
					originals[d.Topic] = true
					dst = append(dst, kafka.Record{
						Topic: d.Topic, Key: originalKey(m, v, part, d), Value: m.Value,
						Headers: f.headers(m, v, part, originalEvent(v)),
					})
				}
			case d.Form != routes.Canonical:
				dst = append(dst, f.written(m, v, part, i, d))
			default:
				if canonical == nil {
					canonical = part.Doc.AppendJSON(nil)
				}
				dst = append(dst, kafka.Record{
					Topic: d.Topic, Key: canonicalKey(m, v, part, d), Value: canonical,
					Headers: f.headers(m, v, part, f.canonicalEvent(v, part, i)),
				})
			}
		}
	}
	return dst
}

// written returns the output of a document in another syntax.
func (f *Flow) written(m Message, v Verdict, part Part, index int, d routes.Destination) kafka.Record {
	written := part.Written[d.Form]
	e := f.canonicalEvent(v, part, index)
	e.DataContentType, e.DataSchema = "application/xml", ""
	if d.Form == routes.Form(transformers.Summary) {
		e.DataContentType = "application/json"
	}
	headers := f.headers(m, v, part, e)
	if len(written.NotCarried) > 0 {
		list, _ := json.Marshal(written.NotCarried) // texts always have a form
		headers = append(headers, event.Header{Key: HeaderNotCarried, Value: list})
	}
	return kafka.Record{Topic: d.Topic, Key: canonicalKey(m, v, part, d), Value: written.Data, Headers: headers}
}

// originalKey is the incoming key; a split file without one has the key of the whole file, and the key of a route or of a
// destination counts where there is one document only.
func originalKey(m Message, v Verdict, part Part, d routes.Destination) []byte {
	set := cmp.Or(d.Key, part.Delivery.Key)
	switch {
	case !v.Split && set != "":
		return []byte(set)
	case v.Split && m.Key == nil:
		return []byte(v.Key)
	default:
		return m.Key
	}
}

// canonicalKey is the key that the destination or else the route sets, else that of the document where a file was split, else
// the incoming one: outputs stay in the order of their inputs.
func canonicalKey(m Message, v Verdict, part Part, d routes.Destination) []byte {
	set := cmp.Or(d.Key, part.Delivery.Key)
	switch {
	case set != "":
		return []byte(set)
	case v.Split:
		return []byte(part.Key)
	default:
		return m.Key
	}
}

func originalEvent(v Verdict) event.Event {
	e := v.Event
	if e.DataContentType == "" {
		e.DataContentType = "application/xml"
		switch v.Identity.Format {
		case transformers.DECP, transformers.Chorus, transformers.JSON:
			e.DataContentType = "application/json"
		case transformers.FacturX:
			e.DataContentType = "application/pdf"
		}
	}
	if e.Type == "" {
		e.Type = EventType(v.Identity.Kind)
	}
	if e.Subject == "" && len(v.Parts) == 1 { // of several documents each has its own
		e.Subject = v.Parts[0].Subject
	}
	return e
}

// canonicalEvent derives the event of a canonical document. Its id is that of the message, with #n for the n-th
// document of a split file, so that a repeat after a crash is recognisable.
func (f *Flow) canonicalEvent(v Verdict, part Part, index int) event.Event {
	e := v.Event
	e.DataContentType = "application/json"
	if e.DataSchema = part.DataSchema; e.DataSchema == "" {
		e.DataSchema = f.pipeline.schemas.Schema(string(part.Kind)).ID()
	}
	if e.Type == "" || v.Split {
		e.Type = EventType(part.Kind)
	}
	if v.Split {
		e.ID += "#" + strconv.Itoa(index+1)
	}
	e.Subject = subject(v, part.Part)
	return e
}

// subject returns the subject of the event of a document: what the sender says it is, where the document is the only one; else
// what the document says.
func subject(v Verdict, part transformers.Part) string {
	if !v.Split && v.Event.Subject != "" {
		return v.Event.Subject
	}
	return part.Subject
}

func (f *Flow) headers(m Message, v Verdict, part Part, e event.Event) []event.Header {
	hs := e.AppendHeaders(carried(m))
	route := part.Selection.Route
	return append(hs,
		event.Header{Key: deadletter.HeaderRoute, Value: []byte(route.Name())},
		event.Header{Key: deadletter.HeaderRouteVersion, Value: []byte(route.Version())},
		event.Header{Key: HeaderSHA256, Value: hex.AppendEncode(nil, v.SHA256[:])},
	)
}

// carried returns the headers of a message that its outputs carry on: the producer's own, without the CloudEvents
// attributes, which are written anew, and without those of an earlier refusal, when a dead letter is replayed.
func carried(m Message) []event.Header {
	return slices.DeleteFunc(event.WithoutAttributes(m.Headers), func(h event.Header) bool {
		return strings.HasPrefix(h.Key, deadletter.Prefix)
	})
}

// refuse returns the dead letter of a refused message: the original bytes, the message's own headers, and the reason.
func (f *Flow) refuse(m Message, v Verdict) kafka.Record {
	letter := deadletter.Letter{
		Violations: v.Violations,
		Kind:       string(v.Identity.Kind), Version: v.Identity.Version,
		SourceTopic: m.Topic, SourcePartition: m.Partition, SourceOffset: m.Offset, SourceTimestamp: m.Time,
		RefusedAt:       f.now(),
		OriginalHeaders: m.Headers,
	}
	if route := v.Route(); route != nil {
		letter.Route, letter.RouteVersion = route.Name(), route.Version()
	}
	return kafka.Record{Topic: f.deadLetters, Key: m.Key, Value: m.Value, Headers: letter.Headers()}
}
