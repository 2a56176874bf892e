package syntax

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// The codes of the diagnostics of this package.
const (
	CodeForm = "syntax_form" // a rule without form or with two, or a field that does not go with its form
	CodeID   = "syntax_id"   // an id twice, or no id
	CodePath = "syntax_path" // a place, path or condition that is none
)

// theRoot is the name of the place that every file has: its roots.
const theRoot = "document"

// maxClasses bounds the ends of names that stand for names (ram:*Amount): a set of them is the bits of a number.
const maxClasses = 64

// tableFile is the YAML of a table.
type tableFile struct {
	Pack     yamldoc.String              `yaml:"pack,required"`
	Version  yamldoc.String              `yaml:"version,required"`
	Syntax   yamldoc.String              `yaml:"syntax,required,oneof=ubl|cii"`
	Prefixes yamldoc.Map[yamldoc.String] `yaml:"prefixes,required"`
	Roots    texts                       `yaml:"roots,required"`
	Places   yamldoc.Map[yamldoc.String] `yaml:"places"`
	Rules    []entry                     `yaml:"rules,required"`
}

type texts = yamldoc.List[yamldoc.String]

// entry is the YAML of a rule, or of several that differ in id and path.
type entry struct {
	Pos      diag.Position  `yaml:",pos"`
	ID       yamldoc.String `yaml:"id"`
	Severity yamldoc.String `yaml:"severity,required,oneof=fatal|warning"`
	Terms    texts          `yaml:"terms"`
	In       yamldoc.String `yaml:"in"`
	Except   yamldoc.String `yaml:"except"`

	Absent   paths          `yaml:"absent"`
	Present  paths          `yaml:"present"`
	Max      yamldoc.Int    `yaml:"max"`
	Count    yamldoc.Int    `yaml:"count"`
	Path     paths          `yaml:"path"`
	But      yamldoc.String `yaml:"but"`
	Same     paths          `yaml:"same"`
	Normal   yamldoc.Bool   `yaml:"normal"`
	Decimals yamldoc.Int    `yaml:"decimals"`
	Format   yamldoc.String `yaml:"format,oneof=CCYYMMDD"`
	Needs    yamldoc.String `yaml:"needs"`

	FR     yamldoc.String `yaml:"fr"`
	EN     yamldoc.String `yaml:"en"`
	Remedy bilingual      `yaml:"remedy"`
}

type bilingual struct {
	FR yamldoc.String `yaml:"fr,required"`
	EN yamldoc.String `yaml:"en,required"`
}

// paths is the YAML of a path, or of a mapping from the ids of several rules to their paths.
type paths struct {
	pos  diag.Position
	one  yamldoc.String
	many yamldoc.Map[yamldoc.String]
}

// UnmarshalYAMLNode implements [yamldoc.Unmarshaler].
func (p *paths) UnmarshalYAMLNode(n *yamldoc.Node) diag.List {
	p.pos = n.Pos
	if n.Kind == yamldoc.Mapping {
		return yamldoc.Decode(n, &p.many)
	}
	return yamldoc.Decode(n, &p.one)
}

func (p *paths) isSet() bool { return p.pos.IsSet() }

// Load compiles a file of rules but those whose id leftOut, if it is not nil, says are left out. The table is nil when the
// list has errors; the list has all of them.
func Load(file *yamldoc.Node, leftOut func(id string) bool) (*Table, diag.List) {
	var f tableFile
	l := loader{
		list: yamldoc.Decode(file, &f), prefixes: map[string]string{}, places: map[string][]path{}, ids: map[string]diag.Position{},
		leftOut: leftOut,
	}
	for prefix, uri := range f.Prefixes.All() {
		l.prefixes[prefix.Value] = uri.Value
	}
	l.out = &Table{Pack: f.Pack.Value, Version: f.Version.Value, Syntax: f.Syntax.Value}
	l.roots(f.Roots)
	for name, text := range f.Places.All() {
		if name.Value == theRoot || strings.Trim(name.Value, "abcdefghijklmnopqrstuvwxyz-") != "" {
			l.list.Errorf(name.Pos, CodePath, "nom de lieu %[1]q : attendu des minuscules et des tirets, et non « document », qui est la racine",
				"place name %[1]q: expected lower-case letters and hyphens, and not \"document\", which is the root", name.Value)
		}
		l.places[name.Value] = l.place(text)
	}
	l.compiler = newCompiler(l.out)
	for i := range f.Rules {
		l.entry(&f.Rules[i])
	}
	if len(l.out.classes) > maxClasses {
		l.list.Errorf(file.Pos, CodePath, "trop de fins de nom (*Nom) : au plus %[1]d", "too many ends of names (*Name): at most %[1]d", maxClasses)
	}
	if l.list.HasErrors() {
		return nil, l.list
	}
	l.compiler.finish()
	l.out.memory = l.memory
	return l.out, l.list
}

type loader struct {
	list     diag.List
	prefixes map[string]string
	places   map[string][]path
	ids      map[string]diag.Position
	leftOut  func(id string) bool
	memory   int
	compiler *compiler
	out      *Table
}

func (l *loader) roots(roots texts) {
	for _, text := range roots.Items {
		l.parse(text, func(p *parser) {
			name := p.nameTest()
			if p.end(); name.suffix {
				p.fail(0, "attendu un nom entier", "expected a whole name")
			}
			l.out.roots = append(l.out.roots, xmldoc.Name{Space: name.space, Local: name.local})
			l.places[theRoot] = append(l.places[theRoot], path{steps: []step{{names: []nameTest{name}}}})
		})
	}
}

func (l *loader) place(text yamldoc.String) (out []path) {
	l.parse(text, func(p *parser) {
		if out = p.places(l.places); p.fault != nil {
			out = nil
		}
	})
	return out
}

// entry compiles one entry of the file.
func (l *loader) entry(f *entry) {
	r, to := l.form(f)
	r.Severity, r.said = violation.Severity(f.Severity.Value), Text{f.FR.Value, f.EN.Value}
	r.remedy = Text{f.Remedy.FR.Value, f.Remedy.EN.Value}
	if f.FR.IsSet() != f.EN.IsSet() {
		l.list.Errorf(f.Pos, CodeForm, "fr et en vont ensemble", "fr and en go together")
	}
	for _, t := range f.Terms.Items {
		r.Terms = append(r.Terms, t.Value)
	}
	in, except := l.places[theRoot], []path(nil)
	if f.In.IsSet() {
		in = l.place(f.In)
		r.in = l.lastNames(in)
	}
	if f.Except.IsSet() {
		except = l.place(f.Except)
	}
	r.place = l.compiler.place(f.In.Value+"\x00"+f.Except.Value, in, except)
	if f.But.IsSet() {
		r.but = l.compiler.bar(l.place(f.But))
	}
	ofRoot := !slices.ContainsFunc(in, func(p path) bool { return len(p.steps) != 1 || p.steps[0].deep })
	switch {
	case f.ID.IsSet() == (to.many.Len() > 0):
		l.list.Errorf(f.Pos, CodeID, "attendu id, ou plusieurs règles écrites « identifiant : chemin »", "expected id, or several rules written \"id: path\"")
	case f.ID.IsSet():
		l.rule(r, f.ID, to.one, ofRoot)
	default:
		for id, path := range to.many.All() {
			l.rule(r, id, path, ofRoot)
		}
	}
}

// form reads what a rule asks for, which is one thing, and the path that it counts.
func (l *loader) form(f *entry) (Rule, paths) {
	r := Rule{max: unbounded}
	var to paths
	forms := 0
	take := func(set bool, path paths, do func()) {
		if set {
			forms++
			to = path
			do()
		}
	}
	take(f.Absent.isSet(), f.Absent, func() { r.max = 0 })
	take(f.Present.isSet(), f.Present, func() { r.min = 1 })
	take(f.Max.Pos.IsSet(), f.Path, func() { r.max = l.bound(f.Max) })
	take(f.Count.Pos.IsSet(), f.Path, func() { r.min, r.max = l.bound(f.Count), l.bound(f.Count) })
	take(f.Same.isSet(), f.Same, func() {
		if r.same = sameText; f.Normal.Value {
			r.same = sameWords
		}
	})
	take(f.Decimals.Pos.IsSet(), paths{}, func() { r.decimals, r.value = int(l.bound(f.Decimals)), hasDecimals(int(f.Decimals.Value)) })
	take(f.Format.IsSet(), paths{}, func() { r.format, r.value = f.Format.Value, isDay })
	counts := f.Max.Pos.IsSet() || f.Count.Pos.IsSet()
	switch {
	case forms > 1, forms == 0 && !f.Needs.IsSet():
		l.list.Errorf(f.Pos, CodeForm, "attendu une forme : absent, present, max ou count avec path, same, decimals, format ou needs",
			"expected one form: absent, present, max or count with path, same, decimals, format or needs")
	case f.Path.isSet() != counts:
		l.list.Errorf(f.Pos, CodeForm, "path va avec max ou count", "path goes with max or count")
	case f.Normal.Pos.IsSet() && !f.Same.isSet():
		l.list.Errorf(f.Normal.Pos, CodeForm, "normal va avec same", "normal goes with same")
	case f.But.IsSet() && !counts && !f.Absent.isSet():
		l.list.Errorf(f.But.Pos, CodeForm, "but va avec absent, max ou count", "but goes with absent, max or count")
	case f.Needs.IsSet() && forms > 0 && !counts:
		l.list.Errorf(f.Needs.Pos, CodeForm, "needs va seul, ou avec max ou count", "needs stands alone, or with max or count")
	case f.Needs.IsSet() && !(f.FR.IsSet() && f.EN.IsSet()):
		l.list.Errorf(f.Needs.Pos, CodeForm, "une règle avec needs dit elle-même ce qu'elle exige, en fr et en", "a rule with needs says itself what it asks for, in fr and en")
	}
	if f.Needs.IsSet() {
		l.parse(f.Needs, func(p *parser) {
			r.needs = p.condition()
			p.end()
		})
	}
	return r, to
}

// bound reads a number of elements or digits.
func (l *loader) bound(n yamldoc.Int) int32 {
	const most = 1000 // more than any rule counts
	if n.Value < 1 || n.Value > most {
		l.list.Errorf(n.Pos, CodeForm, "attendu un nombre de 1 à %[1]d, trouvé %[2]d", "expected a number from 1 to %[1]d, found %[2]d", most, n.Value)
		return 1
	}
	return int32(n.Value)
}

// rule adds one rule; ofRoot says that it is judged for the root.
func (l *loader) rule(r Rule, id, text yamldoc.String, ofRoot bool) {
	if at, twice := l.ids[id.Value]; twice {
		l.list.Errorf(id.Pos, CodeID, "la règle %[1]s est écrite deux fois, d'abord à la ligne %[2]d", "rule %[1]s is written twice, first on line %[2]d", id.Value, at.Line)
	}
	if strings.IndexFunc(id.Value, isNoID) >= 0 {
		l.list.Errorf(id.Pos, CodeID, "identifiant de règle %[1]q : attendu des lettres, des chiffres et . - _", "rule id %[1]q: expected letters, digits and . - _", id.Value)
	}
	l.ids[id.Value] = id.Pos
	if l.leftOut != nil && l.leftOut(id.Value) {
		return
	}
	r.ID, r.path = id.Value, asWritten.ReplaceAllString(text.Value, "$1")
	var to []path
	switch {
	case r.value != nil:
		to = []path{{}}
	case text.IsSet():
		l.parse(text, func(p *parser) {
			to = p.paths()
			for _, path := range to {
				switch {
				case len(path.steps) == 0 && path.attr == "":
					p.fail(0, "attendu un élément plus bas, ou un attribut", "expected an element further down, or an attribute")
				case len(path.steps) > 0 && path.steps[0].deep && !ofRoot:
					p.fail(0, "seul le chemin d'une règle jugée pour la racine commence par //", "only the path of a rule that is judged for the root begins with //")
				}
			}
		})
	}
	l.out.Rules = append(l.out.Rules, r)
	l.compiler.add(int32(len(l.out.Rules)-1), to)
}

// asWritten is what a reader of a path can do without.
var asWritten = regexp.MustCompile(`written\(([^()]*)\)`)

func isNoID(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune(".-_", r)
}

// parse reads a text of paths and reports what is wrong in it.
func (l *loader) parse(text yamldoc.String, read func(*parser)) {
	if !text.IsSet() {
		return // reported where it is required
	}
	p := parser{text: text.Value, prefixes: l.prefixes, memory: l.memory}
	read(&p)
	l.memory = p.memory
	if p.fault == nil {
		return
	}
	before := text.Value[:p.fault.at]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	d := diag.Errorf(text.PositionAt(line, column), CodePath, "%[1]s", "%[2]s", p.fault.fr, p.fault.en)
	if p.fault.near != "" {
		d = d.WithHint("vouliez-vous dire %[1]q ?", "did you mean %[1]q?", p.fault.near)
	}
	l.list.Add(d)
}

// lastNames shows the elements that a rule is judged for: the last names of their paths.
func (l *loader) lastNames(in []path) string {
	var out []string
	for _, p := range in {
		for _, name := range p.steps[len(p.steps)-1].names {
			shown := name.local
			if name.suffix {
				shown = "*" + shown
			}
			for _, prefix := range slices.Sorted(maps.Keys(l.prefixes)) {
				if !name.anySpace && l.prefixes[prefix] == name.space {
					shown = prefix + ":" + shown
					break
				}
			}
			if !slices.Contains(out, shown) {
				out = append(out, shown)
			}
		}
	}
	return strings.Join(out, ", ")
}
