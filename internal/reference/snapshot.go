package reference

import "time"

// Snapshot is one state of a table. It is immutable.
type Snapshot struct {
	// Source says where it comes from: a file, a topic.
	Source string
	// Date is when its source was last brought up to date.
	Date time.Time

	rows rows
}

// Len returns the number of rows.
func (s *Snapshot) Len() int { return s.rows.size }

// Lack is why a table has no answer.
type Lack uint8

// The reasons.
const (
	Nothing Lack = iota // nothing is lacking: there is an answer
	Missing             // there is no such table
	Stale               // it is older than it may be
	NoRow               // it does not know the key
	NoValue             // it knows the key, and does not say this of it
)

// String names the reason, as programs read it.
func (l Lack) String() string {
	return [...]string{"", "missing", "stale", "no_row", "no_value"}[l]
}

// View is the state of all tables at one moment. The zero View has none.
type View struct{ tables []published }

// published is a table and what is known of it.
type published struct {
	spec     *Spec
	maxAge   time.Duration
	snapshot *Snapshot // nil: it has not come yet
	stale    bool
}

func (v View) find(spec *Spec) *published {
	for i := range v.tables {
		if v.tables[i].spec.Name == spec.Name {
			return &v.tables[i]
		}
	}
	return nil
}

// cell returns what a table says of a key.
func (v View) cell(spec *Spec, key string, column int) (string, Lack) {
	t := v.find(spec)
	switch {
	case t == nil || t.snapshot == nil:
		return "", Missing
	case t.stale:
		return "", Stale
	}
	cell, known := t.snapshot.rows.cell(key, column)
	switch {
	case !known:
		return "", NoRow
	case cell == "":
		return "", NoValue
	}
	return cell, Nothing
}

// Flag returns the flag that a table has for a key in a column, by its number.
func (v View) Flag(spec *Spec, key string, column int) (bool, Lack) {
	cell, lack := v.cell(spec, key, column)
	return cell == yes, lack
}

// Texts appends the texts that a table has for a key in a column, by its number.
func (v View) Texts(dst []string, spec *Spec, key string, column int) ([]string, Lack) {
	cell, lack := v.cell(spec, key, column)
	return texts(dst, cell), lack
}

// State is whether a table can be asked.
type State string

// The states of a table.
const (
	StateCurrent State = "current"
	StateStale   State = "stale"   // older than it may be: it answers nothing
	StateMissing State = "missing" // none was given, or none has come yet
)

// Status is what is known of a table as a whole.
type Status struct {
	Spec   *Spec
	State  State
	Source string        // empty where it is missing
	Date   time.Time     // of its last change at the source; zero where it is missing
	MaxAge time.Duration // older than this it is stale
	Rows   int
}

// Status returns what is known of a table.
func (v View) Status(spec *Spec) Status {
	t := v.find(spec)
	if t == nil || t.snapshot == nil {
		return Status{Spec: spec, State: StateMissing}
	}
	s := Status{Spec: spec, State: StateCurrent, Source: t.snapshot.Source, Date: t.snapshot.Date, MaxAge: t.maxAge, Rows: t.snapshot.Len()}
	if t.stale {
		s.State = StateStale
	}
	return s
}
