package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// header returns a pack from what its parts say before their rules.
func (l *loader) header(parts []*packFile) *Pack {
	head := parts[0]
	pack := &Pack{
		Name: head.Pack.Value, Version: head.Version.Value, From: head.Valid.From.Value, To: head.Valid.To.Value,
		Description: head.Description.text(), shipped: head.shipped, sent: head.Canonical.IsSet(), written: values(head.Written), forms: map[*model][]form{},
	}
	if head.Pack.IsSet() && strings.Trim(head.Pack.Value, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		l.list.Errorf(head.Pack.Pos, CodePack, "nom de paquet %[1]q : attendu des minuscules, des chiffres, des points et des tirets",
			"pack name %[1]q: expected lower-case letters, digits, dots and hyphens", head.Pack.Value)
	}
	pack.Kinds = values(head.Kinds)
	for _, p := range parts {
		checkDays(&l.list, p.Valid)
		if p.Valid.From.Value != pack.From || p.Valid.To.Value != pack.To || !slices.Equal(values(p.Kinds), pack.Kinds) || !slices.Equal(values(p.Written), pack.written) {
			l.list.Errorf(p.Pack.Pos, CodePack, "les fichiers de %[1]s %[2]s ne s'accordent pas sur « valid », « kinds » ou « written » : voyez %[3]s",
				"the files of %[1]s %[2]s do not agree on \"valid\", \"kinds\" or \"written\": see %[3]s", pack.Name, pack.Version, head.name)
		}
	}
	return pack
}

// rules compiles the rules of a pack; false when its kinds are not known.
func (l *loader) rules(pack *Pack, parts []*packFile) bool {
	known := l.vocabulary(parts[0].Kinds)
	if known == nil {
		return false
	}
	pack.vocabulary = newVocabulary(known.shape) // its own, as it grows with the places that the rules mention
	l.learn(pack.vocabulary, pack.Kinds)
	for _, syntax := range parts[0].Written.Items {
		if !slices.ContainsFunc(pack.vocabulary.bindings, func(b *binding) bool { return b.syntax == syntax.Value }) {
			l.list.Errorf(syntax.Pos, CodePack, "aucun document de ces types n'est écrit en %[1]q", "no document of these kinds is written in %[1]q", syntax.Value)
		}
	}
	first := map[string]diag.Position{}
	for _, part := range parts {
		l.part(&ruleLoader{loader: l, pack: pack, first: first}, part)
	}
	return true
}

// part compiles the rules of one file of a pack, and those that it takes from elsewhere.
func (l *loader) part(rl *ruleLoader, part *packFile) {
	rl.short = part.Lists
	for _, long := range part.Lists.All() {
		if l.codeListNamed(long.Value) == nil {
			d := diag.Errorf(long.Pos, CodeList, "liste de codes inconnue %[1]q", "unknown code list %[1]q", long.Value)
			l.add(withSuggestion(d, long.Value, l.listNames))
		}
	}
	rl.entries(part.Rules, nil)
	for name, with := range part.Common.All() {
		l.need(keyOf("common", name.Value))
		if common := l.commons[name.Value]; common != nil {
			rl.entries(common.Rules, fields{}.with(with))
			continue
		}
		d := diag.Errorf(name.Pos, CodePack, "règles communes inconnues %[1]q", "unknown common rules %[1]q", name.Value)
		l.add(withSuggestion(d, name.Value, knownNames(l, "common", l.commons)))
	}
	if part.Extends != nil {
		l.extend(rl, part.Extends)
	}
}

func (b bilingual) text() Text {
	return Text{strings.TrimSpace(b.FR.Value), strings.TrimSpace(b.EN.Value)}
}

func values(list texts) (values []string) {
	for _, item := range list.Items {
		values = append(values, item.Value)
	}
	return values
}

// ruleLoader compiles the rules of one file.
type ruleLoader struct {
	*loader
	pack  *Pack
	first map[string]diag.Position    // where each id of the pack stands
	short yamldoc.Map[yamldoc.String] // the short names of code lists
	with  fields                      // of the family
	taken *taken                      // from the pack that is extended; nil for the pack's own rules
}

// entries compiles the rules and families of a file, with the fields given.
func (l *ruleLoader) entries(entries []entryFile, given fields) {
	for i := range entries {
		entries[i].expand(given, func(f *ruleFile, with fields) {
			l.with = with
			if !l.taken.leavesOut(with.fill(f.ID).text) && l.id(f) {
				l.rule(f)
			}
		})
	}
}

// id checks the id of a rule and reports whether there is one that is new.
func (l *ruleLoader) id(f *ruleFile) bool {
	id := l.with.fill(f.ID).text
	if id == "" {
		return false // reported as missing
	}
	l.checkID(f.ID)
	if at, twice := l.first[id]; twice {
		l.add(diag.Errorf(f.ID.Pos, CodeID, "la règle %[1]s est écrite deux fois, d'abord à %[2]s", "rule %[1]s is written twice, first at %[2]s", id, at.String()))
		return false
	}
	l.first[id] = f.ID.Pos
	return true
}

// checkID says what is wrong with an id, its own or that in a syntax.
func (l *ruleLoader) checkID(written yamldoc.String) {
	if id := l.with.fill(written).text; strings.IndexFunc(id, notID) >= 0 {
		l.add(diag.Errorf(written.Pos, CodeID, "identifiant de règle %[1]q : attendu des lettres, des chiffres et . - _", "rule id %[1]q: expected letters, digits and . - _", id))
	}
}

func notID(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune(".-_", r)
}

// rule compiles a rule for every syntax of its kinds.
func (l *ruleLoader) rule(f *ruleFile) {
	r := &Rule{ID: l.with.fill(f.ID).text, Severity: violation.Severity(f.Severity.Value)}
	r.Message = Text{clean(l.with.fill(f.FR).text), clean(l.with.fill(f.EN).text)}
	r.Remedy = Text{clean(l.with.fill(f.Remedy.FR).text), clean(l.with.fill(f.Remedy.EN).text)}
	if l.taken != nil {
		r.Pack = l.taken.from
	}
	v := l.pack.vocabulary
	for _, t := range f.Terms.Items {
		term := l.with.fill(t)
		_, numbered := v.numbered[term.text]
		if !numbered && v.technical[term.text] == "" && v.place(term.text) == nil {
			d := diag.Errorf(term.position(0), CodeTerm, "terme inconnu %[1]q pour ces types de document", "unknown term %[1]q for these kinds of document", term.text)
			l.add(withSuggestion(d, term.text, v.names))
		}
		if !slices.Contains(r.Terms, term.text) { // a family may put one term in twice
			r.Terms = append(r.Terms, term.text)
		}
	}
	l.pack.Rules = append(l.pack.Rules, r)
	if !l.pack.sent {
		l.form(r, f, v.canonical.model)
	}
	for _, b := range v.bindings {
		l.form(r, f, b.model)
	}
}

func clean(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\n", " ")) }

// written is what a rule says for one syntax.
type written struct {
	places         []phrase // of "for"
	when, test, at phrase
	fr, en         phrase
	severity       violation.Severity
	official       string
}

// in returns what a rule says for a syntax, its variant taken into account.
func (l *ruleLoader) in(f *ruleFile, syntax string) written {
	w := written{
		when: l.with.fill(f.When), test: l.with.fill(f.Test), at: l.with.fill(f.At),
		fr: l.with.fill(f.FR), en: l.with.fill(f.EN), severity: violation.Severity(f.Severity.Value),
	}
	places := f.For
	for _, v := range l.variants(f, syntax) {
		if v.Severity.IsSet() {
			w.severity = violation.Severity(v.Severity.Value)
		}
		if v.For != nil {
			places = v.For
		}
		if v.ID.IsSet() {
			l.checkID(v.ID)
			w.official = l.with.fill(v.ID).text
		}
		for from, to := range map[*yamldoc.String]*phrase{&v.When: &w.when, &v.Test: &w.test, &v.At: &w.at, &v.FR: &w.fr, &v.EN: &w.en} {
			if from.IsSet() {
				*to = l.with.fill(*from)
			}
		}
	}
	for _, p := range places {
		w.places = append(w.places, l.with.fill(p))
	}
	return w
}

// variants returns what differs in a syntax: what the rule says, and what a pack that extends its pack says.
func (l *ruleLoader) variants(f *ruleFile, syntax string) (variants []*variantFile) {
	for _, v := range []*variantFile{f.variant(syntax), l.taken.change(l.with.fill(f.ID).text, syntax)} {
		if v != nil {
			variants = append(variants, v)
		}
	}
	return variants
}

// noTest is the test of a variant for a syntax that has no such rule.
const noTest = "none"

// form compiles a rule for one syntax.
func (l *ruleLoader) form(r *Rule, f *ruleFile, m *model) {
	w := l.in(f, m.syntax)
	if m.syntax == Canonical || l.pack.sent || l.variants(f, m.syntax) != nil {
		said := Form{Syntax: m.syntax, Official: w.official, Severity: w.severity, When: w.when.text, At: w.at.text}
		if w.test.text != noTest {
			said.Test = w.test.text
		}
		for _, p := range w.places {
			said.For = append(said.For, p.text)
		}
		r.Forms = append(r.Forms, said)
	}
	if w.test.text == noTest || !w.test.isSet() {
		return
	}
	compiled := form{rule: r, severity: w.severity}
	if len(w.places) == 0 {
		compiled.places = append(compiled.places, l.judged(r, f, w, m, m.root()))
	}
	for _, p := range w.places {
		if p.text == document0 {
			compiled.places = append(compiled.places, l.judged(r, f, w, m, m.root()))
			continue
		}
		c := l.compiler(m)
		if s := l.expression(c, p, func(n *syntaxNode) value { return c.compile(n, m.root()) }); s.kind == someNodes && s.slot != nil {
			compiled.places = append(compiled.places, l.judged(r, f, w, m, s.slot))
		} else if s.kind != faulty && s.kind != someNodes {
			l.add(diag.Errorf(p.position(0), CodeRule, "attendu un terme ou un groupe", "expected a term or a group"))
		}
	}
	if !l.list.HasErrors() {
		l.pack.forms[m] = append(l.pack.forms[m], compiled)
	}
}

func (l *ruleLoader) compiler(m *model) *compiler {
	return &compiler{
		vocabulary: l.pack.vocabulary, model: m, kinds: l.pack.Kinds, this: m.root(),
		lists: l.codeList, listNames: l.listNames, maps: l.codeMap, mapNames: l.mapNames, consults: l.pack.consults,
	}
}

// codeList finds a list by the short name that the pack gives it, or its own.
func (l *ruleLoader) codeList(name string) *codeList {
	if long, ok := l.short.Get(name); ok {
		name = long.Value
	}
	return l.codeListNamed(name)
}

// expression parses and compiles a text and reports its faults.
func (l *ruleLoader) expression(c *compiler, p phrase, compile func(*syntaxNode) value) value {
	n, wrong := l.parse(p.text)
	if wrong != nil {
		l.add(wrong.diagnostic(p))
		return value{}
	}
	v := compile(n)
	for _, f := range c.faults {
		l.add(f.diagnostic(p))
	}
	c.faults = nil
	return v
}

// judged compiles what a rule says of each node of a slot.
func (l *ruleLoader) judged(r *Rule, f *ruleFile, w written, m *model, at *slot) judged {
	j := judged{slot: at, way: pathTo(m.root(), at)}
	c := l.compiler(m)
	c.this = at
	j.test = l.condition(c, w.test, at)
	if w.when.isSet() && w.when.text != "true" {
		j.when = l.condition(c, w.when, at)
	}
	j.at = l.at(c, w, r, at)
	for _, name := range r.Terms {
		if s := m.byName[name]; s != nil {
			j.terms = append(j.terms, s)
		}
	}
	c.lenient = true
	j.fr, j.en = l.message(c, w.fr, at), l.message(c, w.en, at)
	if j.at != nil && isNumbered(j.at.to.name) {
		j.term = j.at.to.name
	} else if len(r.Terms) > 0 && !strings.HasPrefix(r.Terms[0], "/") { // a pointer is no term: the place says it
		j.term = r.Terms[0]
	}
	return j
}

func (l *ruleLoader) condition(c *compiler, p phrase, at *slot) condFn {
	var cond condFn
	l.expression(c, p, func(n *syntaxNode) value {
		cond = c.condition(n, at)
		return value{}
	})
	return cond
}

// at returns the way to the place that is shown: what "at" says, else the instance that the rule is judged for, else the
// first of the terms.
func (l *ruleLoader) at(c *compiler, w written, r *Rule, at *slot) *path {
	if w.at.isSet() {
		v := l.expression(c, w.at, func(n *syntaxNode) value { return c.compile(n, at) })
		switch {
		case v.kind == someNodes && v.path != nil:
			return v.path
		case v.kind != faulty && v.kind != someNodes, v.kind == someNodes && v.slot != nil:
			l.add(diag.Errorf(w.at.position(0), CodeRule, "attendu un terme ou un groupe", "expected a term or a group"))
		}
		return &path{to: at} // the syntax does not have the term: the instance is as near as can be
	}
	if at.up == nil && len(r.Terms) > 0 {
		if s := c.model.byName[r.Terms[0]]; s != nil {
			return pathTo(at, s)
		}
	}
	return &path{to: at}
}

// message compiles a message and checks its placeholders.
func (l *ruleLoader) message(c *compiler, p phrase, at *slot) message {
	literals, holes, where, ok := parseMessage(p.text)
	if !ok {
		l.add(diag.Errorf(p.position(where), CodeMessage, "accolade sans sa paire", "a brace without its partner").
			WithHint("doublez-la pour l'écrire : {{", "double it to write it: {{"))
		return nil
	}
	var m message
	for i, literal := range literals {
		if i == 0 {
			literal = strings.TrimLeft(literal, " ")
		}
		if i == len(holes) {
			return append(m, part{literal: strings.TrimRight(literal, " ")})
		}
		n, wrong := l.parse(holes[i].text)
		if wrong != nil {
			shifted := *wrong
			shifted.at += holes[i].at
			l.add(shifted.diagnostic(p))
			continue
		}
		m = append(m, part{literal: literal, value: c.shown(n, at)})
		for _, f := range c.faults {
			f.at += holes[i].at
			l.add(f.diagnostic(p))
		}
		c.faults = nil
	}
	return m
}
