package rules

import (
	"embed"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/yamldoc"
	"github.com/commande-publique/passerelle/schemas/rules/syntax"
)

//go:embed packs/*.yaml bindings/*.yaml lists/*.yaml maps/*.yaml
var shipped embed.FS

// Shapes gives the shape of the canonical documents of each kind.
type Shapes map[string]*expr.Shape

// The codes of the diagnostics of this package.
const (
	CodePack     = "rule_pack"     // a field of the pack that is not possible: its kinds, dates or name
	CodeRule     = "rule_rule"     // a field of a rule that is not possible, or not with another
	CodeID       = "rule_id"       // an id twice, or no id
	CodeTerm     = "rule_term"     // a term or place that no document of the pack's kinds has
	CodeSyntax   = "rule_syntax"   // not an expression
	CodeType     = "rule_type"     // an operator or function on values that it does not take
	CodeFunction = "rule_function" // a function that does not exist, or other arguments than it takes
	CodeMessage  = "rule_message"  // a message with a brace or a placeholder that means nothing
	CodeBinding  = "rule_binding"  // a path of a binding that is none
	CodeList     = "rule_list"     // a code list that does not exist, or a code in it that is wrong
)

// File is a file of rules: a pack or a part of one, rules that packs have in common, a binding, a code list or a map.
// Its first key says which.
type File struct {
	Name string
	Data []byte
}

// packFile is the YAML of a pack, or of a part: files with the same name and version make one pack.
type packFile struct {
	Pack        yamldoc.String              `yaml:"pack,required"`
	Version     yamldoc.String              `yaml:"version,required"`
	Valid       validity                    `yaml:"valid,required"`
	Description bilingual                   `yaml:"description,required"`
	Kinds       texts                       `yaml:"kinds,required"`
	Canonical   yamldoc.String              `yaml:"canonical,oneof=none"`
	Written     texts                       `yaml:"written"`
	Lists       yamldoc.Map[yamldoc.String] `yaml:"lists"`
	Common      yamldoc.Map[fieldsFile]     `yaml:"common"`
	Extends     *extendsFile                `yaml:"extends"`
	Rules       []entryFile                 `yaml:"rules,required"`
	name        string
	shipped     bool
}

// extendsFile is the YAML of what a pack takes from another: all its rules but those of Without, with what Changes says of
// some of them in a syntax.
type extendsFile struct {
	Pack    yamldoc.String            `yaml:"pack,required"`
	Version yamldoc.String            `yaml:"version,required"`
	Without texts                     `yaml:"without"`
	Changes yamldoc.Map[variantsFile] `yaml:"changes"`
}

// commonFile is the YAML of rules that several packs have.
type commonFile struct {
	Common yamldoc.String `yaml:"common,required"`
	Rules  []entryFile    `yaml:"rules,required"`
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

// ruleFile is the YAML of a rule.
type ruleFile struct {
	ID        yamldoc.String `yaml:"id,required"`
	Severity  yamldoc.String `yaml:"severity,required,oneof=fatal|warning"`
	Terms     texts          `yaml:"terms"`
	For       oneOrMany      `yaml:"for"`
	When      yamldoc.String `yaml:"when"`
	Test      yamldoc.String `yaml:"test,required"`
	At        yamldoc.String `yaml:"at"`
	FR        yamldoc.String `yaml:"fr,required"`
	EN        yamldoc.String `yaml:"en,required"`
	Remedy    bilingual      `yaml:"remedy,required"`
	Canonical *variantFile   `yaml:"canonical"`
	UBL       *variantFile   `yaml:"ubl"`
	CII       *variantFile   `yaml:"cii"`
}

// variantFile is what of a rule differs in one syntax.
type variantFile struct {
	ID       yamldoc.String `yaml:"id"`
	Severity yamldoc.String `yaml:"severity,oneof=fatal|warning"`
	For      oneOrMany      `yaml:"for"`
	When     yamldoc.String `yaml:"when"`
	Test     yamldoc.String `yaml:"test"`
	At       yamldoc.String `yaml:"at"`
	FR       yamldoc.String `yaml:"fr"`
	EN       yamldoc.String `yaml:"en"`
}

// variant returns what differs in a syntax, nil when nothing does.
func (f *ruleFile) variant(syntax string) *variantFile {
	return variantsFile{f.Canonical, f.UBL, f.CII}.in(syntax)
}

// variantsFile is what of a rule differs in each syntax.
type variantsFile struct {
	Canonical *variantFile `yaml:"canonical"`
	UBL       *variantFile `yaml:"ubl"`
	CII       *variantFile `yaml:"cii"`
}

// in returns what differs in a syntax, nil when nothing does.
func (f variantsFile) in(syntax string) *variantFile {
	switch syntax {
	case Canonical:
		return f.Canonical
	case "ubl":
		return f.UBL
	case "cii":
		return f.CII
	}
	return nil
}

// Load makes a set of the packs in the binary and the files of an operator. A pack of theirs with the name and version of a
// shipped one replaces it; with another version it stands beside it, and the day of the event chooses. The same goes for
// the editions of code lists, by their first day. The set is nil when the list has errors; the list has all of them.
//
// What the operator wrote is compiled at once, with every shipped pack that it changes. A pack of the program is read and
// compiled when it is first asked for, so that starting costs the same however many there are; that they compile is tested.
func Load(files []File, shapes Shapes) (*Set, diag.List) {
	l := newLoader(shapes)
	own, err := shippedFiles()
	if err != nil {
		l.list.Errorf(diag.Position{}, CodePack, "erreur du programme : %[1]v", "fault of the program: %[1]v", err)
	}
	for _, f := range own {
		l.shelve(f)
	}
	l.read(files, false)
	return l.load()
}

// read parses files and takes them, in their order.
func (l *loader) read(files []File, shipped bool) {
	nodes := make([]*yamldoc.Node, len(files))
	lists := make([]diag.List, len(files))
	var parsing sync.WaitGroup
	for i, f := range files { // side by side, because reading YAML is half of what a pack costs
		parsing.Go(func() { nodes[i], lists[i] = yamldoc.Parse(f.Name, f.Data) })
	}
	parsing.Wait()
	for i, f := range files {
		l.list.Append(lists[i])
		l.node(f.Name, nodes[i], shipped)
		nodes[i] = nil // what has been decoded is not needed any more
	}
}

// shippedFiles returns the files in the binary.
func shippedFiles() (files []File, err error) {
	err = fs.WalkDir(shipped, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := shipped.ReadFile(name)
		files = append(files, File{name, data})
		return err
	})
	return files, err
}

// loader gathers files and compiles them when all are known.
type loader struct {
	list         diag.List
	shapes       Shapes
	shelf        []shelved
	bindings     []*bindingFile // that are not compiled yet
	tables       []placedTable
	packs        []*packFile
	changed      bool // an operator wrote what shipped packs are made with, and not beside it
	commons      map[string]*commonFile
	lists        map[string]*codeList
	listNames    []string // sorted, once all are known
	maps         map[string]*codeMap
	mapNames     []string                   // sorted, once all are known
	written      map[string][]*yamldoc.Node // by pack: what an operator wrote of it, for packs that extend it
	parsed       map[string]parsed
	vocabularies map[string]*vocabulary // by the kinds of a pack or binding
	said         map[diag.Diagnostic]bool
	set          *Set
	compiling    sync.Mutex // of packs from the shelf
}

func newLoader(shapes Shapes) *loader {
	return &loader{
		shapes: shapes, commons: map[string]*commonFile{}, lists: map[string]*codeList{}, maps: map[string]*codeMap{},
		written: map[string][]*yamldoc.Node{}, vocabularies: map[string]*vocabulary{}, parsed: map[string]parsed{},
	}
}

// node takes one file; what it is follows from its keys. It may be nil, when there was nothing to read.
func (l *loader) node(name string, node *yamldoc.Node, shipped bool) {
	if node == nil {
		return
	}
	switch {
	case node.Field("binding") != nil:
		b := &bindingFile{}
		l.list.Append(yamldoc.Decode(node, b))
		if !shipped {
			l.changed = true
			l.need(keyOf("binding", b.Binding.Value))
		}
		l.bindings = append(l.bindings, b)
	case node.Field("syntax") != nil:
		table, list := syntax.Load(node, nil)
		l.list.Append(list)
		if table != nil {
			l.tables = append(l.tables, placedTable{table, shipped})
			l.write(keyOf("pack", table.Pack+" "+table.Version), node, shipped)
		}
	case node.Field("list") != nil:
		list := &listFile{}
		if faults := yamldoc.Decode(node, list); faults.HasErrors() {
			l.list.Append(faults)
			return
		}
		if !shipped {
			l.need(keyOf("list", list.List.Value))
		}
		l.list.Append(loadList(list, l.lists))
	case node.Field("map") != nil:
		m := &mapFile{}
		if faults := yamldoc.Decode(node, m); faults.HasErrors() {
			l.list.Append(faults)
			return
		}
		if !shipped {
			l.need(keyOf("map", m.Map.Value))
		}
		l.list.Append(loadMap(m, l.maps))
	case node.Field("pack") == nil && node.Field("common") != nil:
		c := &commonFile{}
		l.list.Append(yamldoc.Decode(node, c))
		if !shipped {
			l.changed = true
			l.need(keyOf("common", c.Common.Value))
		}
		l.commons[c.Common.Value] = c
	default:
		p := &packFile{name: name, shipped: shipped}
		l.list.Append(yamldoc.Decode(node, p))
		l.packs = append(l.packs, p)
		l.write(p.key(), node, shipped)
	}
}

func (l *loader) load() (*Set, diag.List) {
	l.said = map[diag.Diagnostic]bool{}
	l.listNames, l.mapNames = knownNames(l, "list", l.lists), knownNames(l, "map", l.maps)
	l.set = &Set{byName: map[string][]*Pack{}, maps: l.mapOf}
	l.takeChanged()
	l.compileBindings()
	for _, parts := range l.parts() {
		if pack := l.header(parts); l.rules(pack, parts) {
			l.set.add(pack)
		}
	}
	for _, t := range l.tables {
		l.table(t)
	}
	for _, versions := range l.set.byName {
		for _, p := range versions {
			p.separate()
		}
	}
	l.packs, l.tables = nil, nil
	l.offer()
	var err error
	if l.set.profiles, err = ShippedProfiles(); err != nil {
		l.list.Errorf(diag.Position{}, CodePack, "erreur du programme : %[1]v", "fault of the program: %[1]v", err)
	}
	if l.list.HasErrors() {
		return nil, l.list
	}
	return l.set, l.list
}

// placedTable is a table of rules about a syntax, which is a part of a pack.
type placedTable struct {
	*syntax.Table
	shipped bool
}

// table adds a table to the pack that it is a part of. That of an operator who replaces a shipped pack takes no table of
// the program.
func (l *loader) table(t placedTable) {
	for _, p := range l.set.byName[t.Pack] {
		if p.Version == t.Version {
			if p.shipped || !t.shipped {
				p.Tables = append(p.Tables, t.Table)
			}
			return
		}
	}
	if !l.list.HasErrors() { // else the pack was refused
		l.list.Errorf(diag.Position{}, CodePack, "règles de syntaxe du paquet %[1]s %[2]s, qui n'existe pas", "syntax rules of the pack %[1]s %[2]s, which does not exist", t.Pack, t.Version)
	}
}

// compileBindings compiles the bindings that were read.
func (l *loader) compileBindings() {
	for _, f := range l.bindings {
		l.binding(f)
	}
	l.bindings = nil
}

// parts groups the files of packs by name and version, in the order of the files. Files of an operator replace those of
// the program.
func (l *loader) parts() [][]*packFile {
	var order []string
	parts := map[string][]*packFile{}
	for _, p := range l.packs {
		key := p.key()
		switch {
		case parts[key] == nil:
			order = append(order, key)
		case parts[key][0].shipped && !p.shipped:
			parts[key] = nil
		}
		parts[key] = append(parts[key], p)
	}
	var all [][]*packFile
	for _, key := range order {
		all = append(all, parts[key])
	}
	return all
}

func (l *loader) binding(f *bindingFile) {
	var kinds texts
	for kind := range f.Roots.All() {
		kinds.Items = append(kinds.Items, kind)
	}
	v := l.vocabulary(kinds)
	if v == nil {
		return
	}
	b, list := loadBinding(f, v)
	l.list.Append(list)
	if b != nil {
		l.set.bindings = slices.DeleteFunc(l.set.bindings, func(old *binding) bool { return old.syntax == b.syntax })
		l.set.bindings = append(l.set.bindings, b)
	}
}

// vocabulary returns what terms of some kinds there are, without those of bindings; nil when none of the kinds is known.
func (l *loader) vocabulary(kinds texts) *vocabulary {
	known := slices.Sorted(maps.Keys(l.shapes))
	var names []string
	var shapes []*expr.Shape
	for _, k := range kinds.Items {
		if shape := l.shapes[k.Value]; shape != nil {
			names, shapes = append(names, k.Value), append(shapes, shape)
			continue
		}
		d := diag.Errorf(k.Pos, CodePack, "type de document inconnu %[1]q", "unknown kind of document %[1]q", k.Value)
		l.add(withSuggestion(d, k.Value, known))
	}
	if len(shapes) == 0 {
		return nil
	}
	slices.Sort(names)
	key := strings.Join(names, " ")
	if l.vocabularies[key] == nil {
		l.vocabularies[key] = newVocabulary(expr.Union(shapes...))
	}
	return l.vocabularies[key]
}

// learn adds the bindings of the kinds of a pack to its vocabulary.
func (l *loader) learn(v *vocabulary, kinds []string) {
	l.needBindings(kinds)
	l.compileBindings()
	for _, b := range l.set.bindings {
		if !slices.ContainsFunc(slices.Collect(maps.Values(b.roots)), func(kind string) bool { return slices.Contains(kinds, kind) }) {
			continue
		}
		v.bindings = append(v.bindings, b)
		for _, s := range b.slots[1:] {
			if _, numbered := v.numbered[s.name]; numbered {
				continue
			}
			if v.technical[s.name] != "" {
				v.technical[s.name] += ", "
			} else {
				v.names = append(v.names, s.name)
			}
			v.technical[s.name] += b.syntax
		}
	}
	slices.Sort(v.names)
}

// parse reads an expression, once for all syntaxes.
func (l *loader) parse(text string) (*syntaxNode, *fault) {
	p, known := l.parsed[text]
	if !known {
		p.node, p.fault = parse(text)
		l.parsed[text] = p
	}
	return p.node, p.fault
}

// parsed is a parsed expression, or what is wrong with it.
type parsed struct {
	node  *syntaxNode
	fault *fault
}

// add adds a diagnostic once: a rule is compiled for several syntaxes, and most of its faults are the same in all.
func (l *loader) add(d diag.Diagnostic) {
	if l.said == nil || !l.said[d] {
		l.list.Add(d)
	}
	if l.said != nil {
		l.said[d] = true
	}
}

// suggest says which of the names was probably meant, or all of them when they are few.
func suggest(word string, names []string) (fr, en string) {
	const few = 25 // two or three lines of a terminal; a line of an invoice has 21 members
	if near := diag.Nearest(word, names); near != "" {
		return "vouliez-vous dire \"" + near + "\" ?", "did you mean \"" + near + "\"?"
	}
	if len(names) > 0 && len(names) <= few {
		all := strings.Join(names, ", ")
		return "possible : " + all, "possible: " + all
	}
	return "", ""
}

func withSuggestion(d diag.Diagnostic, word string, names []string) diag.Diagnostic {
	d.HintFR, d.HintEN = suggest(word, names)
	return d
}

func checkDays(list *diag.List, v validity) {
	for _, day := range []yamldoc.String{v.From, v.To} {
		if _, err := time.Parse(time.DateOnly, day.Value); day.IsSet() && err != nil {
			list.Errorf(day.Pos, CodePack, "attendu une date AAAA-MM-JJ, trouvé %[1]q", "expected a date YYYY-MM-DD, found %[1]q", day.Value)
			return
		}
	}
	if v.To.IsSet() && v.To.Value < v.From.Value {
		list.Errorf(v.To.Pos, CodePack, "la fin de validité précède le début", "the end of validity is before its start")
	}
}
