package reference

import (
	"maps"
	"slices"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/jsondoc"
)

// Feed makes a table of records that come one by one, as those of a compacted topic: the key of a record is that of a row, its
// value the row as JSON, or null where the row is no more. It is for one goroutine.
type Feed struct {
	spec    *Spec
	source  string
	rows    draft
	date    time.Time
	refused map[string]diag.Diagnostic // the last record of these keys cannot be read
}

// NewFeed returns an empty table that comes from a source.
func NewFeed(spec *Spec, source string) *Feed {
	return &Feed{spec: spec, source: source, refused: map[string]diag.Diagnostic{}}
}

// maxRefused bounds the records that are remembered as unreadable: nobody mends more at one go.
const maxRefused = 1000

// Take takes a record that stands at a place of the source, as messages name it, with its time; a null value is nil. A record
// that cannot be read leaves nothing known of its key: what was known is out of date.
func (f *Feed) Take(place string, key, value []byte, at time.Time) {
	if at.After(f.date) {
		f.date = at
	}
	id := string(key)
	position := diag.Position{File: place}
	delete(f.refused, id)
	if value == nil {
		f.rows.set(id, "", false)
		return
	}
	if !f.spec.KeyPattern.MatchString(id) {
		f.refuse(id, f.spec.noKey(position, id))
		return
	}
	row, fault := f.row(id, value, position)
	if fault == nil {
		if fr, en := f.rows.full(MaxRows, id, row); fr != "" {
			d := diag.Errorf(position, CodeSize, "%[1]s", "%[2]s", fr, en)
			fault = &d
		}
	}
	if fault != nil {
		f.refuse(id, *fault)
		f.rows.set(id, "", false)
		return
	}
	f.rows.set(id, row, true)
}

func (f *Feed) row(id string, value []byte, at diag.Position) (string, *diag.Diagnostic) {
	doc, fault := jsondoc.Parse(value)
	if fault != nil {
		d := diag.Errorf(at, CodeFile, "%[1]s", "%[2]s", fault.FR, fault.EN)
		return "", &d
	}
	defer doc.Release()
	_, row, d := f.spec.row(doc.Root(), id, at)
	return row, d
}

func (f *Feed) refuse(id string, d diag.Diagnostic) {
	if len(f.refused) < maxRefused {
		f.refused[id] = d
	}
}

// Refused returns the number of keys whose last record cannot be read, at most a thousand, and why one of them cannot; the
// same one as long as it is there.
func (f *Feed) Refused() (int, diag.Diagnostic) {
	if len(f.refused) == 0 {
		return 0, diag.Diagnostic{}
	}
	first := slices.Min(slices.Collect(maps.Keys(f.refused)))
	return len(f.refused), f.refused[first]
}

// Snapshot returns the table as it is now, nil before the first record. Its date is that of its newest record.
func (f *Feed) Snapshot() *Snapshot {
	if f.date.IsZero() {
		return nil
	}
	return &Snapshot{Source: f.source, Date: f.date, rows: f.rows.share()}
}
