package deadletter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/commande-publique/passerelle/internal/deadletter"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/violation"
)

func letter() deadletter.Letter {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	return deadletter.Letter{
		Violations: []violation.Violation{
			{Code: "late", Severity: violation.Warning, FR: "f", EN: "e", Remedy: "r"},
			{Code: "BR-02", Severity: violation.Fatal, FR: "f", EN: "e", Remedy: "r"},
		},
		Kind: "invoice", Version: "2.1", Route: "supplier-invoices", RouteVersion: "1", SourceTopic: "suppliers", SourcePartition: 2, SourceOffset: 7,
		SourceTimestamp: at, RefusedAt: at.Add(time.Second),
		OriginalHeaders: []event.Header{{Key: "ce_id", Value: []byte("1")}, {Key: "ce_id", Value: []byte("2")}},
	}
}

func values(hs []event.Header) map[string]string {
	m := map[string]string{}
	for _, h := range hs {
		m[h.Key] += string(h.Value)
	}
	return m
}

func TestHeaders(t *testing.T) {
	got := values(letter().Headers())
	want := map[string]string{
		"ce_id":                       "12",
		deadletter.HeaderCode:         "BR-02",
		deadletter.HeaderViolations:   `[{"code":"late","severity":"warning","fr":"f","en":"e","remedy":"r"},{"code":"BR-02","severity":"fatal","fr":"f","en":"e","remedy":"r"}]`,
		deadletter.HeaderKind:         "invoice",
		deadletter.HeaderVersion:      "2.1",
		deadletter.HeaderRoute:        "supplier-invoices",
		deadletter.HeaderRouteVersion: "1",
		deadletter.HeaderSourceTopic:  "suppliers",
		"passerelle-source-partition": "2",
		"passerelle-source-offset":    "7",
		"passerelle-source-timestamp": "2026-11-24T10:00:00Z",
		deadletter.HeaderAttempt:      "1",
		deadletter.HeaderTime:         "2026-11-24T10:00:01Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASecondRefusalReplacesTheFirstAndCountsOn(t *testing.T) {
	first := letter()
	second := letter()
	second.Violations = second.Violations[1:]
	second.OriginalHeaders = first.Headers()
	got := second.Headers()
	if n := values(got)[deadletter.HeaderAttempt]; n != "2" {
		t.Errorf("attempt = %s", n)
	}
	if len(got) != len(first.Headers()) {
		t.Errorf("headers pile up: %v", got)
	}
}

func TestAnAttemptThatIsNoCountStartsAnew(t *testing.T) {
	for _, forged := range []string{"-5", "0", "9223372036854775807", "many"} {
		l := letter()
		l.OriginalHeaders = []event.Header{{Key: deadletter.HeaderAttempt, Value: []byte(forged)}}
		if n := values(l.Headers())[deadletter.HeaderAttempt]; n != "1" {
			t.Errorf("attempt after %q = %s", forged, n)
		}
	}
}

func TestViolationsAreCapped(t *testing.T) {
	l := letter()
	for range 1000 {
		l.Violations = append(l.Violations, violation.Violation{Code: "x", Severity: violation.Fatal, FR: strings.Repeat("f", 200)})
	}
	got := values(l.Headers())
	var listed []violation.Violation
	if err := json.Unmarshal([]byte(got[deadletter.HeaderViolations]), &listed); err != nil {
		t.Fatal(err)
	}
	var more int
	if err := json.Unmarshal([]byte(got[deadletter.HeaderMoreViolations]), &more); err != nil {
		t.Fatal(err)
	}
	if size := len(got[deadletter.HeaderViolations]); size > 64<<10 || len(listed)+more != 1002 {
		t.Errorf("%d bytes, %d listed and %d more", size, len(listed), more)
	}
}
