package syntax

import (
	"maps"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
)

// path is one alternative of a place or of the path of a rule.
type path struct {
	steps []step
	attr  string // the last step is this attribute of the element; empty: it is the element
}

// step leads from an element to its children, or to all elements below it.
type step struct {
	deep  bool       // written after "//"
	names []nameTest // none for "//@x": any element, that where the path starts included
	when  condition  // nil: always
}

// nameTest is what the name of an element must be: the name itself, or its end where suffix is set.
type nameTest struct {
	space    string
	anySpace bool
	local    string
	suffix   bool
}

// parser reads places, paths and conditions. It stops at the first fault of a text, which it keeps.
type parser struct {
	text     string
	pos      int
	prefixes map[string]string
	memory   int // how many memories the conditions of this and other texts need
	depth    int
	fault    *fault
}

// maxNesting bounds conditions inside conditions: those of the standard have three levels, and recursion must end.
const maxNesting = 20

// fault is what is wrong at a byte of a text.
type fault struct {
	at     int
	fr, en string
	near   string // the name that was probably meant
}

// places reads the places where a rule is judged, up to the end of the text.
func (p *parser) places(named map[string][]path) []path {
	out := p.place(named)
	for p.accept("|") {
		out = append(out, p.place(named)...)
	}
	p.end()
	return out
}

func (p *parser) place(named map[string][]path) []path {
	deep := p.accept("//")
	p.blanks()
	start := p.pos
	if deep || p.accept("/") {
		out := p.steps(deep)
		if out.attr != "" {
			p.fail(start, "un lieu est un élément", "a place is an element")
		}
		return []path{out}
	}
	name := p.name("/, // ou le nom d'un lieu", "/, // or the name of a place")
	base, known := named[name]
	if p.fault == nil && !known {
		p.fail(start, "lieu inconnu « "+name+" »", "unknown place \""+name+"\"")
		p.fault.near = diag.Nearest(name, slices.Sorted(maps.Keys(named)))
	}
	when := p.when()
	var rest []step
	if deep := p.accept("//"); deep || p.accept("/") {
		end := p.steps(deep)
		if rest = end.steps; end.attr != "" {
			p.fail(start, "un lieu est un élément", "a place is an element")
		}
	}
	var out []path
	for _, b := range base {
		steps := slices.Clone(b.steps)
		if last := &steps[len(steps)-1]; when != nil && last.when != nil {
			last.when = both{last.when, when}
		} else if when != nil {
			last.when = when
		}
		out = append(out, path{steps: append(steps, rest...)})
	}
	return out
}

// paths reads the paths of a rule up to the end of the text.
func (p *parser) paths() []path {
	out := []path{p.path()}
	for p.accept("|") {
		out = append(out, p.path())
	}
	p.end()
	return out
}

func (p *parser) end() {
	if p.blanks(); p.pos < len(p.text) {
		p.fail(p.pos, "attendu la fin du texte ou un opérateur", "expected the end of the text or an operator")
	}
}

// path reads one path from an element.
func (p *parser) path() path {
	if p.accept(".") {
		return path{}
	}
	return p.steps(p.accept("//"))
}

func (p *parser) steps(deep bool) path {
	var out path
	for p.fault == nil {
		if p.accept("@") {
			if deep {
				out.steps = append(out.steps, step{deep: true})
			}
			out.attr = p.name("un nom d'attribut", "an attribute name")
			return out
		}
		out.steps = append(out.steps, step{deep: deep, names: p.names(), when: p.when()})
		deep = p.accept("//")
		if !deep && !p.accept("/") {
			break
		}
	}
	return out
}

// names reads one name or several in parentheses.
func (p *parser) names() []nameTest {
	if !p.accept("(") {
		return []nameTest{p.nameTest()}
	}
	out := []nameTest{p.nameTest()}
	for p.accept("|") {
		out = append(out, p.nameTest())
	}
	p.expect(")")
	return out
}

func (p *parser) nameTest() nameTest {
	if p.accept("*") {
		return nameTest{anySpace: true, suffix: true, local: p.rest()}
	}
	p.blanks()
	start := p.pos
	prefix := p.name("un nom d'élément avec son préfixe", "an element name with its prefix")
	p.expect(":")
	space, known := p.prefixes[prefix]
	if p.fault == nil && !known {
		p.fail(start, "préfixe inconnu « "+prefix+" »", "unknown prefix \""+prefix+"\"")
		p.fault.near = diag.Nearest(prefix, slices.Sorted(maps.Keys(p.prefixes)))
	}
	if p.accept("*") {
		return nameTest{space: space, suffix: true, local: p.rest()}
	}
	return nameTest{space: space, local: p.name("un nom d'élément", "an element name")}
}

// when reads the condition in brackets after a name, nil when there is none.
func (p *parser) when() condition {
	if !p.accept("[") {
		return nil
	}
	c := p.condition()
	p.expect("]")
	return c
}

// condition, conjunction and simple read a condition: "or" binds less than "and".
func (p *parser) condition() condition {
	if p.depth++; p.depth > maxNesting {
		p.fail(p.pos, "conditions trop imbriquées", "conditions nested too deep")
	}
	c := p.conjunction()
	for p.word("or") {
		c = either{c, p.conjunction()}
	}
	p.depth--
	return c
}

func (p *parser) conjunction() condition {
	c := p.simple()
	for p.word("and") {
		c = both{c, p.simple()}
	}
	return c
}

func (p *parser) simple() condition {
	switch {
	case p.fault != nil:
		return nil
	case p.accept("not("):
		c := p.condition()
		p.expect(")")
		return not{c}
	case p.accept("("):
		c := p.condition()
		p.expect(")")
		return c
	case p.accept("differs("):
		c := &differs{from: p.operand(), memory: p.memory}
		p.memory++
		p.expect(",")
		c.than = p.operand()
		p.expect(")")
		return c
	case p.accept("upper("):
		t := &textTest{fold: true, of: p.operand()}
		if p.expect(")"); !p.comparison(t) {
			p.fail(p.pos, "attendu =, != ou in après upper(...)", "expected =, != or in after upper(...)")
		}
		return t
	default:
		t := &textTest{of: p.operand()}
		p.comparison(t)
		return t
	}
}

// comparison reads what the texts of nodes are compared with; false means that there is none.
func (p *parser) comparison(t *textTest) bool {
	switch {
	case p.accept("!="):
		t.other, t.values = true, []string{p.literal()}
	case p.accept("="):
		t.values = []string{p.literal()}
	case p.word("in"):
		p.expect("(")
		t.values = []string{p.literal()}
		for p.accept(",") {
			t.values = append(t.values, p.literal())
		}
		p.expect(")")
	default:
		return false
	}
	return true
}

// operand reads the path of a condition.
func (p *parser) operand() operand {
	if p.accept("written(") {
		o := p.operand()
		o.written = true
		p.expect(")")
		return o
	}
	var o operand
	for p.accept("../") {
		o.up++
	}
	p.blanks()
	start := p.pos
	to := p.path()
	o.attr = to.attr
	for _, s := range to.steps {
		if s.deep || len(s.names) != 1 || s.names[0].suffix {
			p.fail(start, "une condition suit des éléments enfants nommés un par un", "a condition follows child elements named one by one")
			return o
		}
		o.steps = append(o.steps, operandStep{s.names[0].space, s.names[0].local, s.when})
	}
	return o
}

func (p *parser) literal() string {
	p.expect("'")
	before, _, closed := strings.Cut(p.text[p.pos:], "'")
	if !closed {
		p.fail(len(p.text), "attendu une apostrophe fermante", "expected a closing apostrophe")
		return ""
	}
	p.pos += len(before) + 1
	return before
}

// fail keeps the first fault.
func (p *parser) fail(at int, fr, en string) {
	if p.fault == nil {
		p.fault = &fault{at: at, fr: fr, en: en}
	}
}

func (p *parser) blanks() {
	for p.pos < len(p.text) && (p.text[p.pos] == ' ' || p.text[p.pos] == '\n') {
		p.pos++
	}
}

// accept reads a sign if it is next; blanks before it do not count. After a fault nothing is read.
func (p *parser) accept(sign string) bool {
	if p.fault != nil {
		return false
	}
	p.blanks()
	if !strings.HasPrefix(p.text[p.pos:], sign) {
		return false
	}
	p.pos += len(sign)
	return true
}

func (p *parser) expect(sign string) {
	if !p.accept(sign) {
		p.fail(p.pos, "attendu « "+sign+" »", "expected \""+sign+"\"")
	}
}

// word reads a word if it is next and whole.
func (p *parser) word(word string) bool {
	at := p.pos
	if p.accept(word) && (p.pos == len(p.text) || !isName(p.text[p.pos])) {
		return true
	}
	p.pos = at
	return false
}

// name reads a name without prefix.
func (p *parser) name(fr, en string) string {
	out := p.rest()
	if out == "" {
		p.fail(p.pos, "attendu "+fr, "expected "+en)
	}
	return out
}

// rest reads what is left of a name, which may be nothing.
func (p *parser) rest() string {
	start := p.pos
	for p.fault == nil && p.pos < len(p.text) && isName(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func isName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}
