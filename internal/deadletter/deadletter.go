// Package deadletter writes dead letters: a refused message with everything needed to understand, correct and replay
// it (EIP: dead letter channel).
//
// The value of a dead letter is the original bytes and its own headers are kept; the reason travels in headers beside
// them. The package must not know how a message was judged nor how records travel.
package deadletter

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/violation"
)

// The headers of a dead letter.
const (
	HeaderCode            = "passerelle-code"             // code of the first fatal violation
	HeaderViolations      = "passerelle-violations"       // JSON list of violations
	HeaderMoreViolations  = "passerelle-violations-more"  // number of violations left out of the list
	HeaderKind            = "passerelle-kind"             // what the document is, where it was recognised
	HeaderVersion         = "passerelle-version"          // of its format or kind, where it has one
	HeaderRoute           = "passerelle-route"            // route that had taken the message, where one had
	HeaderRouteVersion    = "passerelle-route-version"    // its version
	HeaderSourceTopic     = "passerelle-source-topic"     // where the message came from
	HeaderSourcePartition = "passerelle-source-partition" //
	HeaderSourceOffset    = "passerelle-source-offset"    //
	HeaderSourceTimestamp = "passerelle-source-timestamp" // RFC 3339, of the source record
	HeaderAttempt         = "passerelle-attempt"          // 1 for the first refusal, one more for each replay
	HeaderTime            = "passerelle-time"             // RFC 3339, when it was refused
)

// Prefix starts the name of every header that the gateway writes for itself.
const Prefix = "passerelle-"

// maxViolationBytes caps the list of violations in a header: brokers bound a record as a whole, and the original
// bytes have the first claim on that room.
const maxViolationBytes = 64 << 10

// Letter is what a dead letter says beside the original bytes.
type Letter struct {
	Violations      []violation.Violation // at least one fatal
	Kind            string
	Version         string
	Route           string
	RouteVersion    string
	SourceTopic     string
	SourcePartition int32
	SourceOffset    int64
	SourceTimestamp time.Time
	RefusedAt       time.Time
	OriginalHeaders []event.Header
}

// Headers returns the headers of the dead letter: the message's own first, as they came, then ours. Headers of an
// earlier refusal are replaced, and the attempt goes on from theirs.
func (l Letter) Headers() []event.Header {
	var out []event.Header
	attempt := 1
	for _, h := range l.OriginalHeaders {
		if !strings.HasPrefix(h.Key, Prefix) {
			out = append(out, h)
			continue
		}
		// Anyone may write this header; a count that cannot be one is not counted on.
		if n, err := strconv.ParseInt(string(h.Value), 10, 32); err == nil && n > 0 && h.Key == HeaderAttempt {
			attempt = int(n) + 1
		}
	}
	add := func(key, value string) {
		if value != "" {
			out = append(out, event.Header{Key: key, Value: []byte(value)})
		}
	}
	list, more := encode(l.Violations)
	add(HeaderCode, l.code())
	add(HeaderViolations, list)
	if more > 0 {
		add(HeaderMoreViolations, strconv.Itoa(more))
	}
	add(HeaderKind, l.Kind)
	add(HeaderVersion, l.Version)
	add(HeaderRoute, l.Route)
	add(HeaderRouteVersion, l.RouteVersion)
	add(HeaderSourceTopic, l.SourceTopic)
	add(HeaderSourcePartition, strconv.Itoa(int(l.SourcePartition)))
	add(HeaderSourceOffset, strconv.FormatInt(l.SourceOffset, 10))
	add(HeaderSourceTimestamp, l.SourceTimestamp.UTC().Format(time.RFC3339Nano))
	add(HeaderAttempt, strconv.Itoa(attempt))
	add(HeaderTime, l.RefusedAt.UTC().Format(time.RFC3339Nano))
	return out
}

func (l Letter) code() string {
	for _, v := range l.Violations {
		if v.IsFatal() {
			return v.Code
		}
	}
	return ""
}

// encode writes the violations as a JSON list of at most maxViolationBytes and says how many did not fit.
func encode(vs []violation.Violation) (list string, more int) {
	out := []byte{'['}
	for i, v := range vs {
		item, err := json.Marshal(v)
		// Violations hold strings and integers only, so Marshal cannot fail; were it to, the count still tells.
		if err != nil || len(out)+len(item)+2 > maxViolationBytes {
			return string(append(out, ']')), len(vs) - i
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return string(append(out, ']')), 0
}
