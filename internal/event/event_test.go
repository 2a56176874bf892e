package event_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/event"
)

func headers(pairs ...string) []event.Header {
	var hs []event.Header
	for i := 0; i < len(pairs); i += 2 {
		hs = append(hs, event.Header{Key: pairs[i], Value: []byte(pairs[i+1])})
	}
	return hs
}

func TestFromHeaders(t *testing.T) {
	complete := headers("ce_specversion", "1.0", "ce_id", "1", "ce_source", "urn:siret:1", "ce_type", "facture.deposee.v1")
	tests := []struct {
		name    string
		headers []event.Header
		want    event.Event
		codes   []string
	}{
		{"a record without attributes is no fault", headers("traceparent", "00-1"), event.Event{}, nil},
		{"a content type alone is no event", headers("Content-Type", "text/xml"), event.Event{DataContentType: "text/xml"}, nil},
		{"the four mandatory attributes", complete, event.Event{ID: "1", Source: "urn:siret:1", Type: "facture.deposee.v1"}, nil},
		{
			"all attributes, an extension, names in any case",
			append(headers("CE_Subject", "s", "ce_dataschema", "urn:x", "ce_time", "2026-11-24T10:00:00+01:00", "ce_lot", "2"), complete...),
			event.Event{
				ID: "1", Source: "urn:siret:1", Type: "facture.deposee.v1", Subject: "s", DataSchema: "urn:x",
				Time: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), Extensions: []event.Attribute{{Name: "lot", Value: "2"}},
			}, nil,
		},
		{"some attributes without the mandatory ones", headers("ce_id", "1"), event.Event{ID: "1"}, []string{"event_incomplete", "event_incomplete", "event_incomplete"}},
		{"another version", append(headers("ce_specversion", "0.3"), complete[1:]...), event.Event{ID: "1", Source: "urn:siret:1", Type: "facture.deposee.v1"}, []string{"event_version"}},
		{"a time that is none", append(headers("ce_time", "yesterday"), complete...), event.Event{ID: "1", Source: "urn:siret:1", Type: "facture.deposee.v1"}, []string{"event_time"}},
		{"structured mode", headers("content-type", "application/cloudevents+json"), event.Event{DataContentType: "application/cloudevents+json"}, []string{"event_structured"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, violations := event.FromHeaders(tt.headers)
			got.Time = got.Time.UTC()
			if tt.want.Time.IsZero() {
				got.Time = time.Time{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			var codes []string
			for _, v := range violations {
				codes = append(codes, v.Code)
			}
			if diff := cmp.Diff(tt.codes, codes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeadersRoundTrip(t *testing.T) {
	want := event.Event{
		ID: "a", Source: "urn:siret:1", Type: "t", Subject: "s", DataContentType: "application/xml", DataSchema: "urn:x",
		Time: time.Date(2026, 11, 24, 9, 0, 0, 5, time.UTC), Extensions: []event.Attribute{{Name: "lot", Value: "2"}},
	}
	got, violations := event.FromHeaders(want.AppendHeaders(nil))
	if diff := cmp.Diff(want, got); diff != "" || violations != nil {
		t.Error(diff, violations)
	}
}

func TestCompleteIsDeterministic(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	got := event.Event{}.Complete("suppliers", 3, 42, at)
	want := event.Event{ID: "suppliers-3-42", Source: "urn:passerelle:topic:suppliers", Time: at}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if kept := want.Complete("other", 0, 0, at.Add(1)); cmp.Diff(want, kept) != "" {
		t.Error("attributes that are there were replaced")
	}
}

func TestWithoutAttributes(t *testing.T) {
	got := event.WithoutAttributes(headers("ce_id", "1", "traceparent", "00", "Content-Type", "x", "own", "2"))
	if diff := cmp.Diff(headers("traceparent", "00", "own", "2"), got); diff != "" {
		t.Error(diff)
	}
}
