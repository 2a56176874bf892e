package violation

import "fmt"

// Spec is the definition of a code: its texts in both languages. FR and EN are fmt formats that take the same
// arguments; the remedies take none.
type Spec struct {
	Code     string
	Severity Severity // empty means Fatal
	FR, EN   string
	RemedyFR string
	RemedyEN string
}

// At is a place: in the canonical document, in the source, or both.
type At struct {
	Pointer      string
	Source       string
	Line, Column int
	Term         string
}

// New makes the violation of a spec at a place. The args fill FR and EN alike.
func (s Spec) New(at At, args ...any) Violation {
	severity := s.Severity
	if severity == "" {
		severity = Fatal
	}
	return Violation{
		Code: s.Code, Severity: severity,
		Pointer: at.Pointer, Source: at.Source, Line: at.Line, Column: at.Column, Term: at.Term,
		FR: fmt.Sprintf(s.FR, args...), EN: fmt.Sprintf(s.EN, args...),
		Remedy: s.RemedyFR, RemedyEN: s.RemedyEN,
	}
}
