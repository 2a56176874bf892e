package syntax

import (
	"sync"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// Table is a compiled file of rules. It is immutable but for a pool of work space; any number of goroutines may judge by
// it.
type Table struct {
	// Pack and Version are those of the pack that the rules belong to.
	Pack, Version string
	// Syntax is ubl or cii.
	Syntax string
	// Rules are in the order of the file.
	Rules []Rule

	roots   []xmldoc.Name
	names   xmldoc.Lexicon // that some path has
	classes []nameTest
	attrs   map[string]int32
	nodes   []node
	actions []action
	places  []place
	bars    int // how many exceptions there are, and one
	memory  int // how many memories its conditions need
	runs    sync.Pool
}

// Rule is one rule.
type Rule struct {
	ID       string
	Severity violation.Severity
	// Terms are the business terms that the rule is about, where there are any.
	Terms []string

	min, max int32                  // how many nodes its path leads to
	same     func(a, b string) bool // what the texts of these nodes are to each other
	value    func(text string) bool // what the text of the element is
	needs    condition

	place  int32
	but    int32  // the exception from the nodes of its path, 0 when there is none
	slot   int32  // its counter at its place
	direct bool   // it looks at the element of its place alone: it needs no counter
	attr   string // the attribute that such an element must have

	decimals int
	format   string
	path, in string // as messages show them
	said     Text
	remedy   Text
}

// unbounded is the max of rules that ask for no maximum.
const unbounded = -1

// Text is said in French and English.
type Text struct{ FR, EN string }
