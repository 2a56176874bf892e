package rules

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// pathStep is a step of a path: an element, by the number of its name, and the condition on it.
type pathStep struct {
	name int32
	when *predicate
}

// self is the number of ".", the element of the group.
const self = 0

// pathReader reads the paths of bindings:
//
//	path:      ["//"] step {"/" step} ["/" "@" name] | ["//"] "@" name
//	step:      ("." | prefix ":" name) {"[" or "]"}
//	or:        and {"or" and}
//	and:       test {"and" test}
//	test:      "not" "(" or ")" | "inside" "(" prefix ":" name ")" | operand [("=" | "!=") (text | term)]
//	operand:   "upper" "(" place ")" | "written" "(" place ")" | place
//	place:     "@" name | prefix ":" name {"/" prefix ":" name} ["/" "@" name]
type pathReader struct {
	text     yamldoc.String
	loader   *bindingLoader
	pos      int
	anywhere bool
	failed   bool
}

func (p *pathReader) refuse(fr, en string, args ...any) {
	if p.failed {
		return
	}
	p.failed = true
	p.loader.list.Errorf(phrase{text: p.text.Value, from: p.text}.position(p.pos), CodeBinding, fr, en, args...)
}

// skip takes a sign or word that stands here, if it does.
func (p *pathReader) skip(sign string) bool {
	rest := strings.TrimLeft(p.text.Value[p.pos:], " ")
	if !strings.HasPrefix(rest, sign) {
		return false
	}
	after := rest[len(sign):]
	if isLetter(sign[0]) && after != "" && (isLetter(after[0]) || isDigit(after[0]) || after[0] == ':' || after[0] == '-') {
		return false // the beginning of a longer word
	}
	p.pos = len(p.text.Value) - len(after)
	return true
}

func (p *pathReader) expect(sign string) {
	if !p.skip(sign) {
		p.refuse("attendu « %[1]s » ici : %[2]q", "expected \"%[1]s\" here: %[2]q", sign, p.text.Value[p.pos:])
	}
}

// word takes the longest run of characters of a name.
func (p *pathReader) word() string {
	rest := p.text.Value[p.pos:]
	trimmed := strings.TrimLeft(rest, " ")
	n := 0
	for n < len(trimmed) && (isLetter(trimmed[n]) || isDigit(trimmed[n]) || strings.IndexByte(":-.", trimmed[n]) >= 0) {
		n++
	}
	p.pos += len(rest) - len(trimmed) + n
	return trimmed[:n]
}

// read reads the whole path; ok is false after a fault.
func (p *pathReader) read() (steps []pathStep, attr string, ok bool) {
	p.anywhere = p.skip("//")
	for !p.failed {
		if p.skip("@") {
			attr = p.attribute()
			break
		}
		steps = append(steps, p.step(len(steps) == 0 && !p.anywhere))
		if !p.skip("/") {
			break
		}
	}
	if !p.failed && strings.TrimSpace(p.text.Value[p.pos:]) != "" {
		p.refuse("attendu la fin du chemin ici : %[1]q", "expected the end of the path here: %[1]q", p.text.Value[p.pos:])
	}
	return steps, attr, !p.failed
}

func (p *pathReader) attribute() string {
	name := p.word()
	if name == "" || strings.Contains(name, ":") {
		p.refuse("attendu le nom d'un attribut sans préfixe", "expected the name of an attribute without prefix")
	}
	return name
}

func (p *pathReader) step(mayBeSelf bool) (s pathStep) {
	if mayBeSelf && p.skip(".") {
		s.name = self
	} else {
		s.name = p.element()
	}
	for p.skip("[") {
		from := p.pos
		when := p.or(0)
		p.expect("]")
		if p.failed {
			return s
		}
		when.said = strings.Join(strings.Fields(p.text.Value[from:p.pos-1]), " ")
		if s.when != nil {
			when = &predicate{op: "and", args: []*predicate{s.when, when}, said: s.when.said + "][" + when.said}
		}
		s.when = when
	}
	return s
}

// element reads the name of an element and returns its number.
func (p *pathReader) element() int32 {
	at := p.pos
	name := p.word()
	found, ok := p.loader.name(name, phrase{text: p.text.Value, from: p.text}.position(at))
	if !ok {
		p.failed = true
		return 0
	}
	return p.loader.b.names.Add(found)
}

func (p *pathReader) or(depth int) *predicate {
	left := p.and(depth)
	for !p.failed && p.skip("or") {
		left = &predicate{op: "or", args: []*predicate{left, p.and(depth)}}
	}
	return left
}

func (p *pathReader) and(depth int) *predicate {
	left := p.test(depth)
	for !p.failed && p.skip("and") {
		left = &predicate{op: "and", args: []*predicate{left, p.test(depth)}}
	}
	return left
}

func (p *pathReader) test(depth int) *predicate {
	if p.skip("not") {
		if depth > maxNesting {
			p.refuse("plus de %d parenthèses imbriquées", "more than %d nested brackets", maxNesting)
		}
		p.expect("(")
		inner := &predicate{op: "not"}
		if !p.failed {
			inner.args = []*predicate{p.or(depth + 1)}
		}
		p.expect(")")
		return inner
	}
	if p.skip("inside") {
		p.expect("(")
		inner := &predicate{op: "inside"}
		if !p.failed {
			inner.names = []int32{p.element()}
		}
		p.expect(")")
		return inner
	}
	t := &predicate{op: "exists"}
	t.upper = p.skip("upper")
	t.written = !t.upper && p.skip("written")
	inBrackets := t.upper || t.written
	if inBrackets {
		p.expect("(")
	}
	p.place(t)
	if inBrackets {
		p.expect(")")
	}
	switch {
	case p.failed:
	case p.skip("!="):
		t.op = "!="
		p.comparand(t)
	case p.skip("="):
		t.op = "="
		p.comparand(t)
	case inBrackets:
		p.refuse("attendu « = » ou « != » après upper(...) ou written(...)", "expected \"=\" or \"!=\" after upper(...) or written(...)")
	}
	return t
}

// place reads the path of what a predicate looks at.
func (p *pathReader) place(t *predicate) {
	for !p.failed {
		if p.skip("@") {
			t.attr = p.attribute()
			return
		}
		t.names = append(t.names, p.element())
		if !p.skip("/") {
			return
		}
	}
}

// comparand reads a text in quotes or the name of a term.
func (p *pathReader) comparand(t *predicate) {
	if p.skip("'") {
		text, rest, found := strings.Cut(p.text.Value[p.pos:], "'")
		if !found {
			p.refuse("texte sans apostrophe fermante", "a text without its closing quote")
			return
		}
		t.text = text
		p.pos = len(p.text.Value) - len(rest)
		return
	}
	at := p.pos
	name := p.word()
	if name == "" {
		p.refuse("attendu un texte entre apostrophes ou un terme", "expected a text in quotes or a term")
		return
	}
	p.loader.compared = append(p.loader.compared, comparedTerm{t, name, phrase{text: p.text.Value, from: p.text}.position(at)})
}
