package rules

import (
	"slices"

	"github.com/commande-publique/passerelle/internal/diag"
)

const (
	// maxExpression bounds the text of an expression, in bytes: the longest official rule needs 700.
	maxExpression = 4096
	// maxNesting bounds brackets in brackets: recursion must end, and people read no further.
	maxNesting = 32
)

// node is an expression as it was written.
type syntaxNode struct {
	op   string // "name" "//" "this" "." "place" "number" "text" "date" "true" "false" "call" "@" "where" "sumfor" "if" "not" "neg" or a binary operator
	text string // of a name, literal or attribute
	args []*syntaxNode
	at   int // where it begins
}

// parser reads the grammar, from the loosest binding to the tightest:
//
//	or:         and {"or" and}
//	and:        not {"and" not}
//	not:        "not" not | comparison
//	comparison: sum [("=" | "!=" | "<" | "<=" | ">" | ">=") sum | ["not"] "in" set]
//	sum:        product {("+" | "-") product}
//	product:    sign {("*" | "/") sign}
//	sign:       "-" sign | attribute
//	attribute:  operand ["@" name]
//	operand:    number | text | "date" text | "true" | "false" | "(" argument ")" | "if" or "then" or "else" or
//	            | function "(" argument {"," argument} ")" | name | "//" name | "this" ["." name] | "." | pointer
//	argument:   or ["where" or | "for" name]
//	set:        "(" literal {"," literal} ")" | "list" "(" name ")"
type parser struct {
	lexer
	now   token
	depth int
	fault *fault // the first: what follows a fault of syntax is guesswork
}

// fault is something wrong in an expression, at a place in its text.
type fault struct {
	at     int
	code   string
	fr, en string
	args   []any
	hintFR string
	hintEN string
}

func (f fault) diagnostic(p phrase) diag.Diagnostic {
	d := diag.Errorf(p.position(f.at), f.code, f.fr, f.en, f.args...)
	d.HintFR, d.HintEN = f.hintFR, f.hintEN
	return d
}

// parse reads an expression; the fault says what is wrong with it.
func parse(text string) (*syntaxNode, *fault) {
	p := &parser{lexer: lexer{text: text}}
	if len(text) > maxExpression {
		p.refuse(0, "expression trop longue : %d octets, au plus %d", "expression too long: %d bytes, at most %d", len(text), maxExpression)
		return nil, p.fault
	}
	p.advance()
	n := p.or()
	if p.fault == nil && p.now.kind != tokenEnd {
		p.unexpected("un opérateur ou la fin", "an operator or the end")
	}
	if p.fault != nil {
		return nil, p.fault
	}
	return n, nil
}

func (p *parser) advance() {
	p.now = p.next()
	if p.now.kind == tokenFault && p.fault == nil {
		if p.now.text[0] == '\'' {
			p.refuse(p.now.at, "texte sans apostrophe fermante", "a text without its closing quote")
		} else {
			p.refuse(p.now.at, "caractère inattendu %[1]q", "unexpected character %[1]q", p.now.text)
		}
	}
}

func (p *parser) refuse(at int, fr, en string, args ...any) {
	if p.fault == nil {
		p.fault = &fault{at: at, code: CodeSyntax, fr: fr, en: en, args: args}
	}
}

func (p *parser) unexpected(fr, en string) {
	if p.now.kind == tokenEnd {
		p.refuse(p.now.at, "attendu "+fr+", trouvé la fin", "expected "+en+", found the end")
		return
	}
	p.refuse(p.now.at, "attendu "+fr+", trouvé %[1]q", "expected "+en+", found %[1]q", p.now.text)
}

func (p *parser) isSign(s string) bool { return p.now.kind == tokenSign && p.now.text == s }
func (p *parser) isName(s string) bool { return p.now.kind == tokenName && p.now.text == s }

// expect skips a sign that must stand here.
func (p *parser) expect(sign string) {
	if !p.isSign(sign) {
		p.unexpected("« "+sign+" »", "\""+sign+"\"")
		return
	}
	p.advance()
}

func (p *parser) or() *syntaxNode {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		p.refuse(p.now.at, "plus de %d parenthèses imbriquées", "more than %d nested brackets", maxNesting)
	}
	return p.chain(p.and, p.isName, "or")
}

func (p *parser) and() *syntaxNode { return p.chain(p.not, p.isName, "and") }

// chain reads operands with operators between them, which bind from the left.
func (p *parser) chain(operand func() *syntaxNode, is func(string) bool, operators ...string) *syntaxNode {
	left := operand()
	for p.fault == nil && slices.ContainsFunc(operators, is) {
		op := p.now
		p.advance()
		left = &syntaxNode{op: op.text, at: op.at, args: []*syntaxNode{left, operand()}}
	}
	return left
}

func (p *parser) not() *syntaxNode {
	if !p.isName("not") || p.fault != nil {
		return p.comparison()
	}
	at := p.now.at
	p.advance()
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		p.refuse(at, "plus de %d parenthèses imbriquées", "more than %d nested brackets", maxNesting)
	}
	return &syntaxNode{op: "not", at: at, args: []*syntaxNode{p.not()}}
}

func (p *parser) comparison() *syntaxNode {
	left := p.sum()
	if p.fault != nil {
		return left
	}
	op := p.now
	switch {
	case op.kind == tokenSign && slices.Contains([]string{"=", "!=", "<", "<=", ">", ">="}, op.text):
		p.advance()
		return &syntaxNode{op: op.text, at: op.at, args: []*syntaxNode{left, p.sum()}}
	case p.isName("in"):
		p.advance()
		return &syntaxNode{op: "in", at: op.at, args: append([]*syntaxNode{left}, p.set()...)}
	case p.isName("not"):
		p.advance()
		if !p.isName("in") {
			p.unexpected("« in »", "\"in\"")
			return left
		}
		p.advance()
		return &syntaxNode{op: "not in", at: op.at, args: append([]*syntaxNode{left}, p.set()...)}
	}
	return left
}

// set reads what may stand after "in": literals, or the name of a list.
func (p *parser) set() (members []*syntaxNode) {
	if p.isName("list") {
		at := p.now.at
		p.advance()
		p.expect("(")
		name := p.now
		if name.kind != tokenName {
			p.unexpected("le nom d'une liste de codes", "the name of a code list")
			return nil
		}
		p.advance()
		p.expect(")")
		return []*syntaxNode{{op: "list", text: name.text, at: at}}
	}
	if !p.isSign("(") {
		p.unexpected("une liste, ('S', 'Z') ou list(nom)", "a list, ('S', 'Z') or list(name)")
		return nil
	}
	p.advance()
	for p.fault == nil {
		members = append(members, p.sign())
		if !p.isSign(",") {
			break
		}
		p.advance()
	}
	p.expect(")")
	return members
}

func (p *parser) sum() *syntaxNode     { return p.chain(p.product, p.isSign, "+", "-") }
func (p *parser) product() *syntaxNode { return p.chain(p.sign, p.isSign, "*", "/") }

func (p *parser) sign() *syntaxNode {
	if !p.isSign("-") {
		return p.attribute()
	}
	at := p.now.at
	p.advance()
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		p.refuse(at, "plus de %d signes à la suite", "more than %d signs in a row", maxNesting)
		return nil
	}
	return &syntaxNode{op: "neg", at: at, args: []*syntaxNode{p.sign()}}
}

func (p *parser) attribute() *syntaxNode {
	operand := p.operand()
	if p.fault != nil || !p.isSign("@") {
		return operand
	}
	at := p.now.at
	p.advance()
	name := p.now
	if name.kind != tokenName {
		p.unexpected("le nom d'un attribut", "the name of an attribute")
		return operand
	}
	p.advance()
	return &syntaxNode{op: "@", text: name.text, at: at, args: []*syntaxNode{operand}}
}

func (p *parser) operand() *syntaxNode {
	t := p.now
	if p.fault != nil {
		return nil
	}
	switch t.kind {
	case tokenNumber:
		p.advance()
		return &syntaxNode{op: "number", text: t.text, at: t.at}
	case tokenText:
		p.advance()
		return &syntaxNode{op: "text", text: t.text, at: t.at}
	case tokenPlace:
		p.advance()
		return &syntaxNode{op: "place", text: t.text, at: t.at}
	case tokenName:
		return p.named(t)
	case tokenSign:
		switch t.text {
		case "(":
			p.advance()
			inner := p.argument()
			p.expect(")")
			return inner
		case ".":
			p.advance()
			return &syntaxNode{op: ".", at: t.at}
		case "//":
			p.advance()
			name := p.now
			if name.kind != tokenName {
				p.unexpected("un terme", "a term")
				return nil
			}
			p.advance()
			return &syntaxNode{op: "//", text: name.text, at: t.at}
		}
	}
	p.unexpected("une valeur", "a value")
	return nil
}

// named reads an operand that begins with a name.
func (p *parser) named(t token) *syntaxNode {
	switch t.text {
	case "true", "false":
		p.advance()
		return &syntaxNode{op: t.text, at: t.at}
	case "this":
		p.advance()
		if !p.isSign(".") {
			return &syntaxNode{op: "this", at: t.at}
		}
		p.advance()
		name := p.now
		if name.kind != tokenName {
			p.unexpected("un terme", "a term")
			return nil
		}
		p.advance()
		return &syntaxNode{op: "this", text: name.text, at: t.at}
	case "if":
		p.advance()
		n := &syntaxNode{op: "if", at: t.at, args: []*syntaxNode{p.or()}}
		for _, word := range []string{"then", "else"} {
			if !p.isName(word) {
				p.unexpected("« "+word+" »", "\""+word+"\"")
				return nil
			}
			p.advance()
			n.args = append(n.args, p.or())
		}
		return n
	case "date":
		p.advance()
		text := p.now
		if text.kind != tokenText {
			p.unexpected("une date, date '2026-09-01'", "a date, date '2026-09-01'")
			return nil
		}
		p.advance()
		return &syntaxNode{op: "date", text: text.text, at: t.at}
	}
	if isWord(t.text) {
		p.unexpected("une valeur", "a value")
		return nil
	}
	p.advance()
	if !p.isSign("(") {
		return &syntaxNode{op: "name", text: t.text, at: t.at}
	}
	p.advance()
	n := &syntaxNode{op: "call", text: t.text, at: t.at}
	for p.fault == nil {
		n.args = append(n.args, p.argument())
		if !p.isSign(",") {
			break
		}
		p.advance()
	}
	p.expect(")")
	return n
}

// argument reads what may stand in brackets: an expression, its nodes where something holds, or an expression for each
// instance of a group.
func (p *parser) argument() *syntaxNode {
	n := p.or()
	switch {
	case p.fault != nil:
	case p.isName("where"):
		at := p.now.at
		p.advance()
		return &syntaxNode{op: "where", at: at, args: []*syntaxNode{n, p.or()}}
	case p.isName("for"):
		at := p.now.at
		p.advance()
		group := p.operand()
		return &syntaxNode{op: "for", at: at, args: []*syntaxNode{n, group}}
	}
	return n
}
