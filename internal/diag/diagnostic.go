// Package diag holds what is said to an operator about a file they wrote: where, how bad, what was
// expected, what was found and what to do, in French and in English. Everything that reads
// configuration, routes or rules reports its faults with it, all at once.
//
// It must not know any file format, any language of expressions, nor who prints the diagnostics.
package diag

import (
	"fmt"
	"strconv"
)

// Position is a place in a file. Line and Column start at 1 and Column counts runes (Unicode code
// points), not bytes. A Line of 0 means the whole file; an empty File means that the place is unknown.
type Position struct {
	File   string
	Line   int
	Column int
}

// IsSet tells whether the position names a line of a file.
func (p Position) IsSet() bool { return p.Line > 0 }

// String gives "file:line:column", leaving out what is not known.
func (p Position) String() string {
	s := p.File
	if p.Line <= 0 {
		return s
	}
	if s != "" {
		s += ":"
	}
	s += strconv.Itoa(p.Line)
	if p.Column > 0 {
		s += ":" + strconv.Itoa(p.Column)
	}
	return s
}

// Before tells whether p comes before q: by file name, then line, then column.
func (p Position) Before(q Position) bool {
	if p.File != q.File {
		return p.File < q.File
	}
	if p.Line != q.Line {
		return p.Line < q.Line
	}
	return p.Column < q.Column
}

// Severity says whether a diagnostic refuses the file.
type Severity int

const (
	// Error refuses the file.
	Error Severity = iota
	// Warning is worth a look; the file is accepted.
	Warning
)

// String gives the English word.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Diagnostic is one remark about one place. FR and EN are the same message in French and English;
// HintFR and HintEN say what to do and may be empty. No text may hold a secret.
type Diagnostic struct {
	Position
	Severity Severity
	Code     string // stable, for documentation and tests: "yaml_unknown_field"
	FR, EN   string
	HintFR   string
	HintEN   string
}

// Errorf makes an error. Both formats get the same args; use indexed verbs ("%[2]s") where the
// word order differs.
func Errorf(pos Position, code, fr, en string, args ...any) Diagnostic {
	return Diagnostic{Position: pos, Severity: Error, Code: code, FR: fmt.Sprintf(fr, args...), EN: fmt.Sprintf(en, args...)}
}

// Warnf makes a warning, as Errorf makes an error.
func Warnf(pos Position, code, fr, en string, args ...any) Diagnostic {
	d := Errorf(pos, code, fr, en, args...)
	d.Severity = Warning
	return d
}

// WithHint returns the diagnostic with what to do about it, in both languages.
func (d Diagnostic) WithHint(fr, en string, args ...any) Diagnostic {
	d.HintFR, d.HintEN = fmt.Sprintf(fr, args...), fmt.Sprintf(en, args...)
	return d
}

// Message gives the message in a language: "fr" for French, English for anything else.
func (d Diagnostic) Message(lang string) string {
	if lang == French {
		return d.FR
	}
	return d.EN
}

// Hint gives what to do, in a language; it may be empty.
func (d Diagnostic) Hint(lang string) string {
	if lang == French {
		return d.HintFR
	}
	return d.HintEN
}

// The languages of operators' messages (ISO 639-1).
const (
	French  = "fr"
	English = "en"
)
