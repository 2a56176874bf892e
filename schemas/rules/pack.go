package rules

import (
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/violation"
)

// Pack is a compiled rule pack. It is immutable; any number of goroutines may judge by it.
type Pack struct {
	// Name is what routes call it; Version is that of the official text.
	Name, Version string
	// From and To are the first and last day on which it is in force, as ISO 8601 dates; To may be empty.
	From, To string
	// Description says what the pack is for.
	Description Text
	// Kinds are the kinds of canonical documents that it judges.
	Kinds []string
	// Rules are in the order of the file.
	Rules []Rule
}

// Text is said in French and English.
type Text struct{ FR, EN string }

// Rule is a compiled rule.
type Rule struct {
	ID       string
	Severity violation.Severity
	// Terms are the business terms (BT-115, BG-22) that the rule is about.
	Terms []string

	each   pointer // empty: judged once for the document
	as     string
	when   *expr.Program // nil: always
	test   *expr.Program
	at     place
	term   string // of the place
	show   []shown
	fr, en message
	remedy Text
}

// shown is a named expression whose value messages show.
type shown struct {
	name  string
	value *expr.Program
}
