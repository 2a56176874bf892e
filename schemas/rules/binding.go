package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// bindingFile is the YAML of a binding.
type bindingFile struct {
	Binding  yamldoc.String              `yaml:"binding,required"`
	Roots    yamldoc.Map[yamldoc.String] `yaml:"roots,required"`
	Prefixes yamldoc.Map[yamldoc.String] `yaml:"prefixes,required"`
	Terms    yamldoc.Map[termFile]       `yaml:"terms,required"`
}

// termFile is a term of a binding: a path, several, or a mapping with more.
type termFile struct {
	Path  oneOrMany              `yaml:"path,required"`
	Type  yamldoc.String         `yaml:"type,oneof=text|decimal|date"`
	Terms *yamldoc.Map[termFile] `yaml:"terms"`
}

// UnmarshalYAMLNode implements [yamldoc.Unmarshaler].
func (f *termFile) UnmarshalYAMLNode(n *yamldoc.Node) diag.List {
	if n.Kind != yamldoc.Mapping {
		return f.Path.UnmarshalYAMLNode(n)
	}
	type plain termFile // without this method
	return yamldoc.Decode(n, (*plain)(f))
}

// oneOrMany is a text, or a list of texts.
type oneOrMany []yamldoc.String

// UnmarshalYAMLNode implements [yamldoc.Unmarshaler].
func (o *oneOrMany) UnmarshalYAMLNode(n *yamldoc.Node) diag.List {
	if n.Kind == yamldoc.Sequence {
		var all []yamldoc.String
		list := yamldoc.Decode(n, &all)
		*o = all
		return list
	}
	var one yamldoc.String
	list := yamldoc.Decode(n, &one)
	*o = oneOrMany{one}
	return list
}

// bindingLoader builds a binding from its file.
type bindingLoader struct {
	list       diag.List
	vocabulary *vocabulary
	prefixes   map[string]string
	b          *binding
	bare       map[string][]*route // the paths from the root of terms without conditions, by name
	compared   []comparedTerm
}

// builtSlot is a slot that is in the trie.
type builtSlot struct {
	slot   *slot
	inside *step
}

// comparedTerm is a term in a predicate, looked up once all terms are known.
type comparedTerm struct {
	predicate *predicate
	name      string
	pos       diag.Position
}

// loadBinding compiles a binding; nil when there are faults.
func loadBinding(f *bindingFile, v *vocabulary) (*binding, diag.List) {
	l := &bindingLoader{vocabulary: v, prefixes: map[string]string{}, bare: map[string][]*route{}}
	l.b = &binding{model: newModel(f.Binding.Value), roots: map[xmldoc.Name]string{}, start: &step{}, anywhere: &step{}}
	for prefix, uri := range f.Prefixes.All() {
		l.prefixes[prefix.Value] = uri.Value
	}
	for kind, root := range f.Roots.All() {
		if name, ok := l.name(root.Value, root.Pos); ok {
			l.b.roots[name] = kind.Value
		}
	}
	l.group(f.Terms, l.b.root(), l.b.start, []*route{{}})
	for _, c := range l.compared {
		if c.predicate.term = l.bare[c.name]; c.predicate.term == nil {
			l.list.Errorf(c.pos, CodeBinding, "%[1]q n'est pas un terme du document dont le chemin est sans condition",
				"%[1]q is no term of the document whose path is without conditions", c.name)
		}
	}
	if l.list.HasErrors() {
		return nil, l.list
	}
	return l.b, l.list
}

// group adds the terms of a group. from are the bare routes to it, nil when it has a condition.
func (l *bindingLoader) group(terms yamldoc.Map[termFile], up *slot, inside *step, from []*route) {
	for name, f := range terms.All() {
		s := l.slot(name, f, up)
		if s == nil {
			continue
		}
		built := builtSlot{slot: s}
		if f.Terms != nil && f.Terms.Len() > 0 {
			built.inside = &step{}
		}
		routes, bare := []*route(nil), true
		for _, path := range f.Path {
			if path.Value == "" {
				continue // reported as missing
			}
			more := l.path(path, inside, built, from)
			routes, bare = append(routes, more...), bare && more != nil
		}
		if !bare {
			routes = nil
		}
		l.bare[name.Value] = routes
		if built.inside != nil {
			l.group(*f.Terms, s, built.inside, routes)
		}
	}
}

// slot makes the slot of a term; nil when its name is not possible.
func (l *bindingLoader) slot(name yamldoc.String, f termFile, up *slot) *slot {
	if l.b.byName[name.Value] != nil {
		l.list.Errorf(name.Pos, CodeBinding, "le terme %[1]s est écrit deux fois", "term %[1]s is written twice", name.Value)
		return nil
	}
	typ, numbered := l.vocabulary.numbered[name.Value]
	if numbered {
		if f.Type.IsSet() {
			l.list.Errorf(f.Type.Pos, CodeBinding, "le type de %[1]s est celui du schéma : %[2]s", "the type of %[1]s is that of the schema: %[2]s", name.Value, typ)
		}
		s := l.b.add(up, name.Value, typ)
		s.pointer = l.vocabulary.canonical.byName[name.Value].pointer
		return s
	}
	if strings.ToLower(name.Value) != name.Value || nameLength(name.Value+" ") != len(name.Value) || isWord(name.Value) || functions()[name.Value].compile != nil {
		d := diag.Errorf(name.Pos, CodeTerm, "%[1]q n'est ni un terme du schéma ni un nom en minuscules", "%[1]q is neither a term of the schema nor a name in lower case", name.Value)
		l.list.Add(withSuggestion(d, name.Value, l.vocabulary.names))
		return nil
	}
	if f.Terms != nil && !f.Type.IsSet() {
		typ = groupTerm
	}
	if f.Type.IsSet() {
		typ = termTypes[f.Type.Value]
	}
	return l.b.add(up, name.Value, typ)
}

// path adds a path to the trie and returns the routes that it adds to those of its group.
func (l *bindingLoader) path(path yamldoc.String, inside *step, built builtSlot, from []*route) []*route {
	p := &pathReader{text: path, loader: l}
	steps, attr, ok := p.read()
	if !ok {
		return nil
	}
	at := inside
	bare := from != nil
	var names []int32
	if p.anywhere {
		if built.slot.up != l.b.root() {
			l.list.Errorf(path.Pos, CodeBinding, "« // » ne va qu'au premier niveau : il ne part d'aucun groupe", "\"//\" goes at the top level only: it starts from no group")
			return nil
		}
		if len(steps) == 0 {
			l.b.anyAttributes = append(l.b.anyAttributes, attributeTerm{attr, built.slot})
			return nil
		}
		at, bare = l.b.anywhere, false
	}
	for _, s := range steps {
		at = at.child(s)
		if s.when != nil {
			bare = false
		}
		if s.name != self {
			names = append(names, s.name)
		}
	}
	if attr != "" {
		at.attributes = append(at.attributes, attributeTerm{attr, built.slot})
		if built.inside != nil {
			l.list.Errorf(path.Pos, CodeBinding, "un attribut ne contient aucun terme", "an attribute holds no terms")
		}
	} else {
		at.terms = append(at.terms, termHere(built))
	}
	if !bare {
		return nil
	}
	var routes []*route
	for _, r := range from {
		routes = append(routes, &route{names: append(slices.Clone(r.names), names...), attr: attr})
	}
	return routes
}

// child returns the step that a path step leads to, adding it when it is new.
func (s *step) child(p pathStep) *step {
	if p.name == self && p.when == nil {
		return s
	}
	edges := &s.self
	if p.name != self {
		for len(s.next) <= int(p.name) {
			s.next = append(s.next, nil)
		}
		edges = &s.next[p.name]
	}
	for _, e := range *edges {
		if e.when.same(p.when) {
			return e.to
		}
	}
	to := &step{}
	*edges = append(*edges, edge{p.when, to})
	return to
}

func (p *predicate) same(q *predicate) bool {
	if p == nil || q == nil {
		return p == q
	}
	return p.said == q.said
}

func (l *bindingLoader) name(name string, pos diag.Position) (xmldoc.Name, bool) {
	prefix, local, found := strings.Cut(name, ":")
	space, known := l.prefixes[prefix]
	switch {
	case !found || local == "" || !isElementName(local):
		l.list.Errorf(pos, CodeBinding, "attendu un élément avec son préfixe, cbc:ID, trouvé %[1]q", "expected an element with its prefix, cbc:ID, found %[1]q", name)
		return xmldoc.Name{}, false
	case !known:
		l.list.Errorf(pos, CodeBinding, "préfixe inconnu %[1]q", "unknown prefix %[1]q", prefix)
		return xmldoc.Name{}, false
	}
	return xmldoc.Name{Space: space, Local: local}, true
}

func isElementName(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.')
	}) < 0
}
