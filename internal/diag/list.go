package diag

import (
	"slices"
	"strconv"
	"strings"
)

// maxKept bounds the errors, and separately the warnings, that a List keeps: nobody reads more in
// one go, and a hostile file must not turn into as many messages as it has bytes.
const maxKept = 100

// List collects diagnostics. The zero List is empty and ready. It keeps a bounded number and counts
// the rest; warnings never push errors out.
type List struct {
	errors, warnings         []Diagnostic
	moreErrors, moreWarnings int
}

// Add appends diagnostics.
func (l *List) Add(ds ...Diagnostic) {
	for _, d := range ds {
		kept, more := &l.errors, &l.moreErrors
		if d.Severity == Warning {
			kept, more = &l.warnings, &l.moreWarnings
		}
		if len(*kept) >= maxKept {
			*more++
			continue
		}
		*kept = append(*kept, d)
	}
}

// Errorf adds an error; see the function Errorf.
func (l *List) Errorf(pos Position, code, fr, en string, args ...any) {
	l.Add(Errorf(pos, code, fr, en, args...))
}

// Warnf adds a warning; see the function Warnf.
func (l *List) Warnf(pos Position, code, fr, en string, args ...any) {
	l.Add(Warnf(pos, code, fr, en, args...))
}

// Append adds everything of another list, also what that one only counted.
func (l *List) Append(other List) {
	l.Add(other.errors...)
	l.Add(other.warnings...)
	l.moreErrors += other.moreErrors
	l.moreWarnings += other.moreWarnings
}

// All gives the kept diagnostics sorted by file, line and column; at one place they keep the order
// in which they came, errors first.
func (l List) All() []Diagnostic {
	all := slices.Concat(l.errors, l.warnings)
	slices.SortStableFunc(all, func(a, b Diagnostic) int {
		switch {
		case a.Before(b.Position):
			return -1
		case b.Before(a.Position):
			return 1
		}
		return 0
	})
	return all
}

// Len counts all diagnostics, kept or not.
func (l List) Len() int { return len(l.errors) + len(l.warnings) + l.More() }

// More counts the diagnostics that were beyond the bound and are not in All.
func (l List) More() int { return l.moreErrors + l.moreWarnings }

// Full tells whether further errors would only be counted, so that nobody needs to word them with care.
func (l List) Full() bool { return len(l.errors) >= maxKept }

// HasErrors tells whether anything refuses the file.
func (l List) HasErrors() bool { return len(l.errors) > 0 }

// Err gives nil when there is no error, else an *Errors that holds the whole list.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return &Errors{List: l}
}

// Errors is a List as a Go error. Whoever talks to an operator takes the List out with errors.As
// and prints it in their language.
type Errors struct{ List List }

// Error gives one line per error, in English, without source excerpts.
func (e *Errors) Error() string {
	var b strings.Builder
	for _, d := range e.List.All() {
		if d.Severity != Error {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if at := d.Position.String(); at != "" {
			b.WriteString(at + ": ")
		}
		b.WriteString(d.EN)
	}
	if n := e.List.moreErrors; n > 0 {
		b.WriteString("\nand " + strconv.Itoa(n) + " more")
	}
	return b.String()
}
