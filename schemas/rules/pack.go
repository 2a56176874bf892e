package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/schemas/rules/syntax"
)

// Pack is a compiled version of a rule pack. It is immutable; any number of goroutines may judge by it.
type Pack struct {
	// Name is what routes call it; Version is that of the official text.
	Name, Version string
	// From and To are the first and last day on which it is in force, as ISO 8601 dates; To may be empty.
	From, To string
	// Description says what the pack is for.
	Description Text
	// Kinds are the kinds of canonical documents that it judges.
	Kinds []string
	// Extends is what it takes from another pack, nil where it extends none.
	Extends *Extension
	// Rules are in the order of the files.
	Rules []*Rule
	// Tables are its rules about the elements of an XML syntax.
	Tables []*syntax.Table
	// References are the reference tables that its rules look into.
	References []*reference.Spec

	own        *Pack    // without what it takes from another; nil where it extends none
	shipped    bool     // in the binary
	sent       bool     // it judges documents as they were sent, no canonical ones
	written    []string // the syntaxes in which white space at the ends of texts counts
	vocabulary *vocabulary
	forms      map[*model][]form // the rules as each syntax has them
	compile    func()            // fills in the rules and tables of a shipped pack, once; nil where that is done
}

// Extension says which rules a pack takes from another: all but those left out. Of some it changes what differs in a syntax.
type Extension struct {
	// Pack and Version name the other pack.
	Pack, Version string
	// Without and Changes are ids of its rules, in the order of the file.
	Without, Changes []string
}

// Text is said in French and English.
type Text struct{ FR, EN string }

// Rule is a rule as it was written.
type Rule struct {
	ID       string
	Severity violation.Severity
	// Pack is the pack that the rule is taken from, empty where it is the pack's own.
	Pack string
	// Terms are the business terms (BT-115, BG-22) that the rule is about.
	Terms []string
	// Message is what is said where the rule is broken, with {expressions} for values; Remedy says what to do.
	Message, Remedy Text
	// Forms are how the rule is judged: the first for canonical documents, then what differs in a syntax; of a pack that
	// judges no canonical ones, one for each syntax.
	Forms []Form
}

// Form is how a rule is judged in a syntax.
type Form struct {
	// Syntax is "ubl", "cii" or [Canonical].
	Syntax string
	// Official is the id of the rule in the official artefact of the syntax, empty where it is that of the rule.
	Official string
	Severity violation.Severity
	// For, When, Test and At are as in the file; Test is empty where the syntax has no such rule.
	For            []string
	When, Test, At string
}

// Official returns the id of the rule in the official artefact of a syntax, which is nearly always its own.
func (r *Rule) Official(syntax string) string {
	for _, f := range r.Forms {
		if f.Syntax == syntax && f.Official != "" {
			return f.Official
		}
	}
	return r.ID
}

// form is a rule compiled for one syntax.
type form struct {
	rule     *Rule
	severity violation.Severity
	places   []judged
}

// judged is what a rule is judged for: the document, or every node of a slot.
type judged struct {
	slot  *slot
	way   *path  // from the document to the nodes
	when  condFn // nil: always
	test  condFn
	at    *path   // from the node to the place that is shown; nil: there is none
	term  string  // of the place that is shown, or the first that the rule is about
	terms []*slot // that the rule is about
	fr    message
	en    message
}

// Set holds packs by name and version, with the bindings and code lists that they need. Any number of goroutines may use it.
type Set struct {
	byName   map[string][]*Pack // versions in the order of their first days
	bindings []*binding
	profiles *Profiles
	maps     func(name string) *codeMap // nil when there is none
}

// Profile returns the channel or profile of a canonical document: see [Profiles.Recognise].
func (s *Set) Profile(doc *document.Doc) Recognition { return s.profiles.Recognise(doc) }

// Lookup returns what the edition of a day of a map gives to a key in a column, as lookup does in a rule; the newest edition
// without a day. It is empty where the map says nothing.
func (s *Set) Lookup(name, key, column, day string) string {
	m := s.maps(name)
	if m == nil {
		return ""
	}
	at := slices.Index(m.columns, column)
	if at < 0 {
		return ""
	}
	return strings.Join(m.values(key, at, day), ", ")
}

// ProfilePacks lists the names of the packs by which profiles have documents judged, each once.
func (s *Set) ProfilePacks() []string {
	var names []string
	for _, profile := range s.profiles.list {
		for _, name := range profile.Packs {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Names lists the names of the packs, sorted, to suggest the nearest.
func (s *Set) Names() []string {
	var names []string
	for name := range s.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Versions lists the versions of a pack in the order of their first days; none when there is no such pack.
func (s *Set) Versions(name string) []*Pack {
	versions := slices.Clone(s.byName[name])
	for _, p := range versions {
		p.ready()
	}
	return versions
}

// ready returns the pack when its rules are compiled. It panics where a pack of the program has a fault.
func (p *Pack) ready() *Pack {
	if p.compile != nil {
		p.compile()
	}
	return p
}

// add adds a pack to the versions of its name.
func (s *Set) add(p *Pack) {
	versions := append(s.byName[p.Name], p)
	slices.SortStableFunc(versions, func(p, q *Pack) int { return strings.Compare(p.From, q.From) })
	s.byName[p.Name] = versions
}

// At returns the version of a pack that is in force on a day, given as an ISO 8601 date: the one that began last. An
// empty day means the newest. It is nil when no version is in force.
func (s *Set) At(name, day string) *Pack {
	if p := s.inForce(name, day); p != nil {
		return p.ready()
	}
	return nil
}

// inForce is At for a pack that may not be compiled yet.
func (s *Set) inForce(name, day string) *Pack {
	for _, p := range slices.Backward(s.byName[name]) {
		if day == "" || p.From <= day && (p.To == "" || day <= p.To) {
			return p
		}
	}
	return nil
}

// consults notes that a rule looks into a reference table.
func (p *Pack) consults(spec *reference.Spec) {
	if !slices.Contains(p.References, spec) {
		p.References = append(p.References, spec)
	}
}

// Prepare compiles the version of a pack that is in force on a day, where it judges documents of one of the kinds, and reports
// whether there is one. Without it the first such document waits. It panics where a pack of the program has a fault.
func (s *Set) Prepare(name, day string, kinds []string) bool {
	p := s.inForce(name, day)
	if p == nil || !slices.ContainsFunc(kinds, func(kind string) bool { return slices.Contains(p.Kinds, kind) }) {
		return false
	}
	p.ready()
	return true
}

// All returns the rules of the pack, those of its tables after the others. A rule of a table has one form, that of its
// syntax, without an expression: its meaning says what the table demands.
func (p *Pack) All() []*Rule {
	all := slices.Clone(p.Rules)
	for _, t := range p.Tables {
		from := ""
		if t.Pack != p.Name {
			from = t.Pack
		}
		for i := range t.Rules {
			r := &t.Rules[i]
			all = append(all, &Rule{
				ID: r.ID, Pack: from, Severity: r.Severity, Terms: r.Terms, Message: Text(r.Meaning()), Remedy: Text(r.Remedy()),
				Forms: []Form{{Syntax: t.Syntax, Severity: r.Severity}},
			})
		}
	}
	return all
}

// isNumbered reports whether a name is a term of a standard: of EN 16931, the French extended profile, or the French
// lifecycle messages.
func isNumbered(name string) bool {
	for _, start := range [...]string{"BT-", "BG-", "EXT-FR-FE-", "MDT-", "MDG-"} {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	return false
}
