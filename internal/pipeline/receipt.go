package pipeline

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
)

// ReceiptSchema is the dataschema of receipts, by which a consumer tells them from documents.
const ReceiptSchema = "urn:passerelle:schema:receipt:1"

// receipt is the answer to the sender; schemas/receipt.schema.json describes it.
type receipt struct {
	Status     string                `json:"status"`
	Event      receiptEvent          `json:"event"`
	Topic      string                `json:"topic"`
	Partition  int32                 `json:"partition"`
	Offset     int64                 `json:"offset"`
	Time       time.Time             `json:"time"`
	SHA256     string                `json:"sha256"`
	Format     string                `json:"format,omitempty"`
	Version    string                `json:"version,omitempty"`
	Kind       string                `json:"kind,omitempty"`
	Parts      []receiptPart         `json:"parts,omitempty"`
	Violations []violation.Violation `json:"violations"`
}

type receiptEvent struct {
	ID      string `json:"id"`
	Source  string `json:"source"`
	Type    string `json:"type,omitempty"`
	Subject string `json:"subject,omitempty"`
}

type receiptPart struct {
	Kind         string               `json:"kind"`
	Key          string               `json:"key"`
	Route        string               `json:"route,omitempty"`
	RouteVersion string               `json:"routeVersion,omitempty"`
	Profile      *receiptProfile      `json:"profile,omitempty"`
	Packs        []receiptPack        `json:"packs,omitempty"`
	Tables       []receiptTable       `json:"tables,omitempty"`
	Destinations []receiptDestination `json:"destinations,omitempty"`
}

// receiptProfile is the profile that decided the rule packs, and by what it was recognised.
type receiptProfile struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

type receiptPack struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// receiptTable is a reference table that the packs look into, in the state that the document was judged by.
type receiptTable struct {
	Name  string          `json:"name"`
	State reference.State `json:"state"`
	Date  *time.Time      `json:"date,omitempty"`
}

type receiptDestination struct {
	Topic     string `json:"topic"`
	Form      string `json:"form"`
	Taken     bool   `json:"taken"`
	Condition string `json:"condition,omitempty"`
}

// maxReceiptEntries bounds the violations and the parts of a receipt, so that it fits any topic; the dead letter and
// the original tell the rest.
const maxReceiptEntries = 200

// maxReceiptHeaders bounds the sender's own headers that a receipt carries: more of them would not fit any topic.
const maxReceiptHeaders = 64 << 10

// short returns the headers that fit a receipt, the first ones.
func short(headers []event.Header) []event.Header {
	room := maxReceiptHeaders
	for i, h := range headers {
		if room -= len(h.Key) + len(h.Value); room < 0 {
			return headers[:i]
		}
	}
	return headers
}

// answer returns the receipt of a message as a record for the receipts topic, under the message's own key.
func (f *Flow) answer(m Message, v Verdict) (kafka.Record, error) {
	r := receipt{
		Status:    "accepted",
		Event:     receiptEvent{v.Event.ID, v.Event.Source, v.Event.Type, v.Event.Subject},
		Topic:     m.Topic,
		Partition: m.Partition,
		Offset:    m.Offset,
		Time:      f.now().UTC(),
		SHA256:    hex.EncodeToString(v.SHA256[:]),
		Format:    string(v.Identity.Format), Version: v.Identity.Version, Kind: string(v.Identity.Kind),
		Violations: append([]violation.Violation{}, v.Violations[:min(len(v.Violations), maxReceiptEntries)]...),
	}
	if v.Outcome() == DeadLetter {
		r.Status = "rejected"
	}
	for _, part := range v.Parts[:min(len(v.Parts), maxReceiptEntries)] {
		p := receiptPart{Kind: string(part.Kind), Key: part.Key}
		if route := part.Selection.Route; route != nil {
			p.Route, p.RouteVersion = route.Name(), route.Version()
		}
		if part.Profile.Profile != nil {
			p.Profile = &receiptProfile{part.Profile.Name, part.Profile.Why()}
		}
		for _, pack := range part.Packs {
			p.Packs = append(p.Packs, receiptPack{pack.Name, pack.Version})
		}
		for _, t := range part.Tables {
			table := receiptTable{Name: t.Spec.Name, State: t.State}
			if date := t.Date.UTC(); !date.IsZero() {
				table.Date = &date
			}
			p.Tables = append(p.Tables, table)
		}
		for _, d := range part.Delivery.Destinations {
			condition := d.Condition
			if d.Taken {
				condition = ""
			}
			p.Destinations = append(p.Destinations, receiptDestination{d.Topic, string(d.Form), d.Taken, condition})
		}
		r.Parts = append(r.Parts, p)
	}
	value, err := json.Marshal(r)
	if err != nil {
		return kafka.Record{}, err
	}
	e := event.Event{
		ID: v.Event.ID + "#receipt", Source: "urn:passerelle", Type: typePrefix + "flux." + verdictWord(v) + ".v1",
		Subject: v.Event.ID, DataContentType: "application/json", DataSchema: ReceiptSchema, Time: r.Time,
	}
	return kafka.Record{Topic: f.receipts, Key: m.Key, Value: value, Headers: e.AppendHeaders(short(carried(m)))}, nil
}

func verdictWord(v Verdict) string {
	if v.Outcome() == DeadLetter {
		return "rejete"
	}
	return "accepte"
}
