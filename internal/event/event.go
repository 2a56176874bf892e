// Package event reads and writes the attributes that travel beside a document: CloudEvents 1.0 in the binary mode of
// its Kafka protocol binding (headers ce_*, value = the document's bytes).
//
// The package must not know Kafka's protocol nor any document.
package event

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/violation"
)

// Prefix starts the header name of every CloudEvents attribute except the content type.
const Prefix = "ce_"

// ContentType is the header that carries the attribute datacontenttype.
const ContentType = "content-type"

// Event holds the CloudEvents attributes of a message. Empty means absent.
type Event struct {
	ID              string
	Source          string
	Type            string
	Subject         string
	DataContentType string
	DataSchema      string
	Time            time.Time
	// Extensions are the other ce_ attributes, by name without prefix, in the order of the headers.
	Extensions []Attribute
}

// Attribute is an extension attribute.
type Attribute struct{ Name, Value string }

var (
	incomplete = violation.Spec{
		Code:     "event_incomplete",
		FR:       "attribut CloudEvents obligatoire absent : l'en-tête ce_%s manque alors que d'autres en-têtes ce_ sont là",
		EN:       "mandatory CloudEvents attribute missing: there is no header ce_%s although other ce_ headers are there",
		RemedyFR: "Ajoutez l'en-tête, ou n'envoyez aucun en-tête ce_ : la passerelle en attribue alors.",
		RemedyEN: "Add the header, or send no ce_ header at all: the gateway then assigns them.",
	}
	badVersion = violation.Spec{
		Code:     "event_version",
		FR:       "version de CloudEvents « %s » inconnue : ce_specversion doit valoir 1.0",
		EN:       "unknown CloudEvents version %q: ce_specversion must be 1.0",
		RemedyFR: "Envoyez l'événement en CloudEvents 1.0.",
		RemedyEN: "Send the event as CloudEvents 1.0.",
	}
	badTime = violation.Spec{
		Code:     "event_time",
		FR:       "ce_time « %s » n'est pas une date et heure RFC 3339",
		EN:       "ce_time %q is not an RFC 3339 date and time",
		RemedyFR: "Écrivez par exemple 2026-11-24T10:00:00Z, ou retirez l'en-tête.",
		RemedyEN: "Write for example 2026-11-24T10:00:00Z, or leave the header out.",
	}
	structured = violation.Spec{
		Code:     "event_structured",
		FR:       "événement en mode structuré (%s) : seul le mode binaire de CloudEvents est lu",
		EN:       "event in structured mode (%s): only the binary mode of CloudEvents is read",
		RemedyFR: "Placez les attributs dans les en-têtes ce_ et le document seul dans la valeur.",
		RemedyEN: "Put the attributes into ce_ headers and the document alone into the value.",
	}
)

// FromHeaders reads the attributes. A message without any ce_ header is no event and no fault: its Event is empty but
// for the content type. The violations name attributes that are missing or wrong.
func FromHeaders(headers []Header) (Event, []violation.Violation) {
	var e Event
	var vs []violation.Violation
	version, isEvent := "", false
	for _, h := range headers {
		name, value := strings.ToLower(h.Key), string(h.Value)
		if name == ContentType {
			e.DataContentType = value
			continue
		}
		attribute, ok := strings.CutPrefix(name, Prefix)
		if !ok {
			continue
		}
		isEvent = true
		at := violation.At{Source: h.Key}
		switch attribute {
		case "specversion":
			version = value
			if value != "1.0" {
				vs = append(vs, badVersion.New(at, violation.Excerpt(value)))
			}
		case "id":
			e.ID = value
		case "source":
			e.Source = value
		case "type":
			e.Type = value
		case "subject":
			e.Subject = value
		case "dataschema":
			e.DataSchema = value
		case "datacontenttype":
			e.DataContentType = value
		case "time":
			t, err := time.Parse(time.RFC3339Nano, value)
			if err != nil {
				vs = append(vs, badTime.New(at, violation.Excerpt(value)))
			}
			e.Time = t
		default:
			e.Extensions = append(e.Extensions, Attribute{attribute, value})
		}
	}
	if strings.HasPrefix(strings.ToLower(e.DataContentType), "application/cloudevents") {
		vs = append(vs, structured.New(violation.At{Source: ContentType}, violation.Excerpt(e.DataContentType)))
	}
	if isEvent {
		for _, required := range []Attribute{{"specversion", version}, {"id", e.ID}, {"source", e.Source}, {"type", e.Type}} {
			if required.Value == "" {
				vs = append(vs, incomplete.New(violation.At{Source: Prefix + required.Name}, required.Name))
			}
		}
	}
	return e, vs
}

// Complete returns e with the attributes that a record without ce_ headers lacks, from its place in Kafka: the same
// record always gets the same id.
func (e Event) Complete(topic string, partition int32, offset int64, at time.Time) Event {
	if e.ID == "" {
		e.ID = fmt.Sprintf("%s-%d-%d", topic, partition, offset)
	}
	if e.Source == "" {
		e.Source = "urn:passerelle:topic:" + topic
	}
	if e.Time.IsZero() {
		e.Time = at
	}
	return e
}

// AppendHeaders appends the attributes as headers of the Kafka protocol binding.
func (e Event) AppendHeaders(dst []Header) []Header {
	const attributes, more = 8, 4 // of the standard; room for what the caller adds
	dst = slices.Grow(dst, attributes+len(e.Extensions)+more)
	dst = append(dst, Header{Prefix + "specversion", []byte("1.0")})
	for _, a := range []Attribute{
		{Prefix + "id", e.ID}, {Prefix + "source", e.Source}, {Prefix + "type", e.Type}, {Prefix + "subject", e.Subject},
		{Prefix + "dataschema", e.DataSchema}, {ContentType, e.DataContentType},
	} {
		if a.Value != "" {
			dst = append(dst, Header{a.Name, []byte(a.Value)})
		}
	}
	if !e.Time.IsZero() {
		dst = append(dst, Header{Prefix + "time", []byte(e.Time.UTC().Format(time.RFC3339Nano))})
	}
	for _, x := range e.Extensions {
		dst = append(dst, Header{Prefix + x.Name, []byte(x.Value)})
	}
	return dst
}

// WithoutAttributes returns the headers that are not CloudEvents attributes nor the content type, in order: what a
// producer sent for itself, such as traceparent, which outputs carry on.
func WithoutAttributes(headers []Header) []Header {
	return slices.DeleteFunc(slices.Clone(headers), func(h Header) bool {
		name := strings.ToLower(h.Key)
		return name == ContentType || strings.HasPrefix(name, Prefix)
	})
}
