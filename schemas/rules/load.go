package rules

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// Shapes gives the shape of the canonical documents of each kind.
type Shapes map[string]*expr.Shape

// The codes of the diagnostics of this package.
const (
	CodePack    = "rule_pack"    // a field of the pack that is not possible: its kinds, dates or name
	CodeRule    = "rule_rule"    // a field of a rule that is not possible, or not with another
	CodeID      = "rule_id"      // an id twice, or no id
	CodeTerm    = "rule_term"    // a business term that no kind of the pack has
	CodePointer = "rule_pointer" // a place that no document of the pack's kinds has
	CodeMessage = "rule_message" // a message with a brace or a placeholder that means nothing
)

// packFile is the YAML of a pack.
type packFile struct {
	Pack        yamldoc.String `yaml:"pack,required"`
	Version     yamldoc.String `yaml:"version,required"`
	Valid       validity       `yaml:"valid,required"`
	Description bilingual      `yaml:"description,required"`
	Kinds       texts          `yaml:"kinds,required"`
	Rules       []ruleFile     `yaml:"rules,required"`
}

type texts = yamldoc.List[yamldoc.String]

type validity struct {
	From yamldoc.String `yaml:"from,required"`
	To   yamldoc.String `yaml:"to"`
}

type bilingual struct {
	FR yamldoc.String `yaml:"fr,required"`
	EN yamldoc.String `yaml:"en,required"`
}

func (b bilingual) text() Text {
	return Text{strings.TrimSpace(b.FR.Value), strings.TrimSpace(b.EN.Value)}
}

// ruleFile is the YAML of a rule.
type ruleFile struct {
	Pos      diag.Position               `yaml:",pos"`
	ID       yamldoc.String              `yaml:"id,required"`
	Severity yamldoc.String              `yaml:"severity,required,oneof=fatal|warning"`
	Terms    texts                       `yaml:"terms"`
	Each     yamldoc.String              `yaml:"each"`
	As       yamldoc.String              `yaml:"as"`
	When     yamldoc.String              `yaml:"when"`
	Test     yamldoc.String              `yaml:"test,required"`
	At       yamldoc.String              `yaml:"at,required"`
	Show     yamldoc.Map[yamldoc.String] `yaml:"show"`
	FR       yamldoc.String              `yaml:"fr,required"`
	EN       yamldoc.String              `yaml:"en,required"`
	Remedy   bilingual                   `yaml:"remedy,required"`
}

// Load compiles a pack. file is the name to show in positions; shapes must have every kind that packs may be for. The
// pack is nil when the list has errors; the list has all of them.
func Load(file string, data []byte, shapes Shapes) (*Pack, diag.List) {
	var f packFile
	l := loader{list: yamldoc.Unmarshal(file, data, &f), envs: map[string]*expr.Env{}}
	l.shape = l.kinds(f.Kinds, shapes)
	l.days(f.Valid)
	if f.Pack.IsSet() && strings.Trim(f.Pack.Value, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		l.list.Errorf(f.Pack.Pos, CodePack, "nom de paquet %[1]q : attendu des minuscules, des chiffres et des tirets",
			"pack name %[1]q: expected lower-case letters, digits and hyphens", f.Pack.Value)
	}
	pack := &Pack{
		Name: f.Pack.Value, Version: f.Version.Value, From: f.Valid.From.Value, To: f.Valid.To.Value, Description: f.Description.text(),
	}
	for _, k := range f.Kinds.Items {
		pack.Kinds = append(pack.Kinds, k.Value)
	}
	l.ids(f.Rules)
	if l.shape != nil { // without kinds nothing can be checked against a document
		l.terms = l.shape.Terms()
		for i := range f.Rules {
			pack.Rules = append(pack.Rules, l.rule(&f.Rules[i]))
		}
	}
	if l.list.HasErrors() {
		return nil, l.list
	}
	return pack, l.list
}

type loader struct {
	list  diag.List
	shape *expr.Shape
	terms []string
	envs  map[string]*expr.Env // by the name and shape of the each variable
}

func (l *loader) kinds(kinds texts, shapes Shapes) *expr.Shape {
	known := slices.Sorted(maps.Keys(shapes))
	var all []*expr.Shape
	for _, k := range kinds.Items {
		if shape := shapes[k.Value]; shape != nil {
			all = append(all, shape)
			continue
		}
		d := diag.Errorf(k.Pos, CodePack, "type de document inconnu %[1]q", "unknown kind of document %[1]q", k.Value)
		l.list.Add(hint(d, k.Value, known))
	}
	if len(all) == 0 {
		return nil
	}
	return expr.Union(all...)
}

// hint adds the nearest of the names, or all of them when they are few.
func hint(d diag.Diagnostic, word string, names []string) diag.Diagnostic {
	const few = 15 // two lines of a terminal
	if near := diag.Nearest(word, names); near != "" {
		return d.WithHint("vouliez-vous dire %[1]q ?", "did you mean %[1]q?", near)
	}
	if len(names) > 0 && len(names) <= few {
		return d.WithHint("possible : %[1]s", "possible: %[1]s", strings.Join(names, ", "))
	}
	return d
}

func (l *loader) days(v validity) {
	for _, day := range []yamldoc.String{v.From, v.To} {
		if _, err := time.Parse(time.DateOnly, day.Value); day.IsSet() && err != nil {
			l.list.Errorf(day.Pos, CodePack, "attendu une date AAAA-MM-JJ, trouvé %[1]q", "expected a date YYYY-MM-DD, found %[1]q", day.Value)
			return
		}
	}
	if v.To.IsSet() && v.To.Value < v.From.Value {
		l.list.Errorf(v.To.Pos, CodePack, "la fin de validité précède le début", "the end of validity is before its start")
	}
}

func (l *loader) ids(rules []ruleFile) {
	first := map[string]diag.Position{}
	for _, r := range rules {
		id := r.ID.Value
		if id == "" {
			continue // reported as missing
		}
		if strings.IndexFunc(id, notID) >= 0 {
			l.list.Errorf(r.ID.Pos, CodeID, "identifiant de règle %[1]q : attendu des lettres, des chiffres et . - _", "rule id %[1]q: expected letters, digits and . - _", id)
		}
		if at, twice := first[id]; twice {
			l.list.Errorf(r.ID.Pos, CodeID, "la règle %[1]s est écrite deux fois, d'abord à la ligne %[2]d", "rule %[1]s is written twice, first on line %[2]d", id, at.Line)
			continue
		}
		first[id] = r.ID.Pos
	}
}

func notID(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune(".-_", r)
}

func (l *loader) rule(f *ruleFile) Rule {
	r := Rule{ID: f.ID.Value, Severity: violation.Severity(f.Severity.Value), remedy: f.Remedy.text()}
	for _, t := range f.Terms.Items {
		if _, known := slices.BinarySearch(l.terms, t.Value); !known {
			d := diag.Errorf(t.Pos, CodeTerm, "terme inconnu %[1]q pour ces types de document", "unknown term %[1]q for these kinds of document", t.Value)
			l.list.Add(hint(d, t.Value, l.terms))
		}
		r.Terms = append(r.Terms, t.Value)
	}
	s := l.scope(f)
	r.each, r.as = s.each, s.as
	if env := s.env; env != nil {
		if f.When.IsSet() {
			r.when = l.compile(env, expr.Condition, f.When)
		}
		if f.Test.IsSet() {
			r.test = l.compile(env, expr.Condition, f.Test)
		}
		for name, value := range f.Show.All() {
			r.show = append(r.show, shown{name.Value, l.compile(env, expr.Printable, value)})
		}
	}
	if f.At.IsSet() {
		r.at = l.place(s, f.At.Value, f.At.Pos)
		r.term = l.shape.Term(s.full(r.at))
	}
	if r.term == "" && len(r.Terms) > 0 {
		r.term = r.Terms[0]
	}
	r.fr, r.en = l.message(s, f, f.FR), l.message(s, f, f.EN)
	return r
}

func (l *loader) compile(env *expr.Env, want expr.Result, text yamldoc.String) *expr.Program {
	p, list := env.CompileFor(want, text.Value, text.PositionAt)
	l.list.Append(list)
	return p
}
