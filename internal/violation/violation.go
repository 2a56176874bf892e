// Package violation holds the reasons for refusing a document, in words a person can act on.
//
// A violation names what was expected, what was found and what to do, in French and English, with the place in the
// canonical document and in the source. The package must not know which stage found it: every stage defines its own
// codes with [Spec] beside the code that raises them.
package violation

import (
	"cmp"
	"slices"
)

// Severity says whether a violation refuses the document.
type Severity string

const (
	// Fatal refuses the document.
	Fatal Severity = "fatal"
	// Warning is reported with the verdict and refuses nothing.
	Warning Severity = "warning"
	// NotVerified says that nobody knows whether the document keeps the rule that is the code, because what it is compared
	// with is not there: neither kept nor broken, it refuses nothing.
	NotVerified Severity = "not_verified"
)

// Violation is one reason for refusing a document, or for warning about it: one entry per code and place.
type Violation struct {
	// Code is stable for ever: an official rule id such as BR-CO-15, or ours in snake case such as xml_doctype.
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Pointer is the place in the canonical document, a JSON pointer (RFC 6901); empty when there is none.
	Pointer string `json:"pointer,omitempty"`
	// Source is the place in the source: an XPath, a JSON pointer, or "line:column" where neither exists yet.
	Source string `json:"source,omitempty"`
	// Line and Column locate Source in the original bytes, 1-based; 0 when unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Term is the business term of EN 16931 (BT-31, BG-25) where there is one.
	Term string `json:"term,omitempty"`
	// FR and EN say what was expected and what was found.
	FR string `json:"fr"`
	EN string `json:"en"`
	// Remedy (French) and RemedyEN (English) say what to do.
	Remedy   string `json:"remedy"`
	RemedyEN string `json:"remedy_en,omitempty"`
	// Count is the number of places folded into this entry; 0 means 1.
	Count int `json:"count,omitempty"`
}

// IsFatal reports whether the violation refuses the document.
func (v Violation) IsFatal() bool { return v.Severity != Warning && v.Severity != NotVerified }

// AnyFatal reports whether one of vs refuses the document.
func AnyFatal(vs []Violation) bool { return slices.ContainsFunc(vs, Violation.IsFatal) }

// Sort orders vs for people: fatal first, then by line, column, pointer and code. The order is total, so the same
// document always gets the same list.
func Sort(vs []Violation) {
	slices.SortStableFunc(vs, func(a, b Violation) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Pointer, b.Pointer),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.EN, b.EN),
		)
	})
}

func rank(v Violation) int {
	if v.IsFatal() {
		return 0
	}
	return 1
}
