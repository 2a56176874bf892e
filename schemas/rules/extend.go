package rules

import (
	"maps"
	"slices"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
	"github.com/commande-publique/passerelle/schemas/rules/syntax"
)

// taken is what a pack takes from the one that it extends.
type taken struct {
	from    string
	without map[string]bool
	changes map[string]variantsFile
	seen    map[string]bool // the ids of the other pack
}

// leavesOut reports whether the rule of the extended pack with an id is left out. Nothing is left out of a pack's own rules.
func (t *taken) leavesOut(id string) bool {
	if t == nil {
		return false
	}
	t.seen[id] = true
	return t.without[id]
}

// change returns what the pack changes in a rule of the other in a syntax, nil when it is nothing.
func (t *taken) change(id, syntax string) *variantFile {
	if t == nil {
		return nil
	}
	return t.changes[id].in(syntax)
}

// extend compiles the rules and tables of another pack as if they were written in this one, but those that are left out.
func (l *loader) extend(rl *ruleLoader, f *extendsFile) {
	name := f.Pack.Value + " " + f.Version.Value
	parts, tables := l.source(keyOf("pack", name), rl.pack.shipped)
	switch {
	case len(parts) == 0:
		d := diag.Errorf(f.Pack.Pos, CodePack, "paquet inconnu %[1]q", "unknown pack %[1]q", name)
		l.add(withSuggestion(d, name, knownNames[any](l, "pack", nil)))
		return
	case slices.ContainsFunc(parts, func(p *packFile) bool { return p.Extends != nil }):
		l.add(diag.Errorf(f.Pack.Pos, CodePack, "%[1]s étend lui-même un paquet : étendez celui-là", "%[1]s extends a pack itself: extend that one", f.Pack.Value))
		return
	}
	t := &taken{from: f.Pack.Value, without: map[string]bool{}, changes: map[string]variantsFile{}, seen: map[string]bool{}}
	rl.pack.Extends = &Extension{Pack: f.Pack.Value, Version: f.Version.Value, Without: values(f.Without)}
	for _, id := range f.Without.Items {
		t.without[id.Value] = true
	}
	for id, change := range f.Changes.All() {
		t.changes[id.Value] = change
		rl.pack.Extends.Changes = append(rl.pack.Extends.Changes, id.Value)
	}
	for _, part := range parts {
		l.part(&ruleLoader{loader: l, pack: rl.pack, first: rl.first, taken: t}, part)
	}
	check := func(id yamldoc.String) {
		if !t.seen[id.Value] {
			d := diag.Errorf(id.Pos, CodeID, "%[1]s n'est pas une règle de %[2]s", "%[1]s is no rule of %[2]s", id.Value, f.Pack.Value)
			l.add(withSuggestion(d, id.Value, slices.Sorted(maps.Keys(t.seen))))
		}
	}
	for id := range f.Changes.All() { // before the tables, whose rules have no variants
		check(id)
	}
	for _, node := range tables {
		if table, list := syntax.Load(node, t.leavesOut); table != nil {
			rl.pack.Tables = append(rl.pack.Tables, table)
		} else {
			l.list.Append(list)
		}
	}
	for _, id := range f.Without.Items {
		check(id)
	}
}

// separate sets own, once the pack has all its rules and tables.
func (p *Pack) separate() {
	if p.Extends == nil {
		return
	}
	own := *p
	own.forms = map[*model][]form{}
	for m, forms := range p.forms {
		own.forms[m] = slices.DeleteFunc(slices.Clone(forms), func(f form) bool { return f.rule.Pack != "" })
	}
	own.Tables = slices.DeleteFunc(slices.Clone(p.Tables), func(t *syntax.Table) bool { return t.Pack != p.Name })
	p.own = &own
}

// write remembers what an operator wrote of a pack, for the packs of theirs that extend it.
func (l *loader) write(key string, node *yamldoc.Node, shipped bool) {
	if !shipped {
		l.written[key] = append(l.written[key], node)
	}
}

// source reads the files of a pack again, for one that extends it: its parts, and its tables that are not compiled yet. A
// pack of the program extends the program's, whatever an operator put in its place.
func (l *loader) source(key string, shipped bool) (parts []*packFile, tables []*yamldoc.Node) {
	var nodes []*yamldoc.Node
	if !shipped {
		nodes = l.written[key]
	}
	replaced := slices.ContainsFunc(nodes, func(n *yamldoc.Node) bool { return n.Field("syntax") == nil })
	for _, s := range l.shelf {
		if s.key == key && !replaced {
			node, list := yamldoc.Parse(s.Name, s.Data)
			l.list.Append(list)
			nodes = append(nodes, node)
		}
	}
	for _, node := range nodes {
		if node.Field("syntax") != nil {
			tables = append(tables, node)
			continue
		}
		p := &packFile{name: node.Pos.File, shipped: !replaced}
		l.list.Append(yamldoc.Decode(node, p))
		parts = append(parts, p)
	}
	return parts, tables
}
