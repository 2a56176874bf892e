package expr

import (
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/commande-publique/passerelle/internal/document"
)

// path is what an expression reads: a variable and a pointer below it, "*" standing for any item or name.
type path struct {
	variable string
	pointer  string
}

// String gives "doc/totals/payable", or "topic" for a whole variable.
func (p path) String() string { return p.variable + p.pointer }

func (p path) below(token string) path {
	return path{p.variable, p.pointer + "/" + token}
}

// read is one place in an expression where a path is read.
type read struct {
	path
	id int64 // of the node, for its position
}

// paths finds what an expression reads. The variables of comprehensions stand for the items of the list they iterate.
type paths struct {
	vars   map[string]Variable
	scope  map[string]path
	reads  []read
	byNode map[int64]path
	folds  bool // a comprehension iterates
}

func pathsOf(root ast.Expr, vars map[string]Variable) *paths {
	p := &paths{vars: vars, scope: map[string]path{}, byNode: map[int64]path{}}
	p.visit(root)
	return p
}

// resolve gives the path that an expression is, if it is one.
func (p *paths) resolve(e ast.Expr) (path, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		name := strings.TrimPrefix(e.AsIdent(), ".")
		if bound, ok := p.scope[name]; ok {
			return bound, bound.variable != ""
		}
		_, ok := p.vars[name]
		return path{variable: name}, ok
	case ast.SelectKind:
		operand, ok := p.resolve(e.AsSelect().Operand())
		return operand.below(document.EscapeToken(e.AsSelect().FieldName())), ok
	case ast.CallKind:
		return p.resolveCall(e.AsCall())
	case ast.ComprehensionKind:
		if c := e.AsComprehension(); isFilter(c) {
			return p.resolve(c.IterRange())
		}
	}
	return path{}, false
}

func (p *paths) resolveCall(c ast.CallExpr) (path, bool) {
	switch c.FunctionName() {
	case operators.OptSelect, operators.Index, operators.OptIndex:
		operand, ok := p.resolve(c.Args()[0])
		token := "*"
		if name, isName := literalText(c.Args()[1]); isName {
			token = document.EscapeToken(name)
		}
		return operand.below(token), ok
	case orValue:
		return p.resolve(c.Target())
	}
	return path{}, false
}

func literalText(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

// isFilter recognises what the macro filter() makes: items are added to the result unchanged, or not at all.
func isFilter(c ast.ComprehensionExpr) bool {
	step := c.LoopStep()
	if step.Kind() != ast.CallKind || step.AsCall().FunctionName() != operators.Conditional {
		return false
	}
	add := step.AsCall().Args()[1]
	if add.Kind() != ast.CallKind || add.AsCall().FunctionName() != operators.Add {
		return false
	}
	added := add.AsCall().Args()[1]
	if added.Kind() != ast.ListKind || added.AsList().Size() != 1 {
		return false
	}
	item := added.AsList().Elements()[0]
	return item.Kind() == ast.IdentKind && item.AsIdent() == c.IterVar()
}

// visit records the paths in e and what is computed inside them.
func (p *paths) visit(e ast.Expr) {
	if at, ok := p.resolve(e); ok && e.Kind() != ast.ComprehensionKind {
		p.byNode[e.ID()] = at
		p.reads = append(p.reads, read{at, e.ID()})
		p.visitInside(e)
		return
	}
	switch e.Kind() {
	case ast.SelectKind:
		p.visit(e.AsSelect().Operand())
	case ast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			p.visit(c.Target())
		}
		for _, arg := range c.Args() {
			p.visit(arg)
		}
	case ast.ListKind:
		for _, item := range e.AsList().Elements() {
			p.visit(item)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			p.visit(entry.AsMapEntry().Key())
			p.visit(entry.AsMapEntry().Value())
		}
	case ast.ComprehensionKind:
		p.visitFold(e.AsComprehension())
	}
}

// visitInside visits the indexes and defaults of a path, and notes the nodes of its shorter starts.
func (p *paths) visitInside(e ast.Expr) {
	switch e.Kind() {
	case ast.SelectKind:
		p.visitStart(e.AsSelect().Operand())
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() == orValue {
			p.visitStart(c.Target())
			p.visit(c.Args()[0])
			return
		}
		p.visitStart(c.Args()[0])
		p.visit(c.Args()[1])
	}
}

func (p *paths) visitStart(e ast.Expr) {
	if at, ok := p.resolve(e); ok && e.Kind() != ast.ComprehensionKind {
		p.byNode[e.ID()] = at
		p.visitInside(e)
		return
	}
	p.visit(e)
}

func (p *paths) visitFold(c ast.ComprehensionExpr) {
	p.folds = true
	p.visit(c.IterRange())
	item := path{}
	if over, ok := p.resolve(c.IterRange()); ok {
		item = over.below("*")
	}
	hidden := map[string]path{c.IterVar(): item, c.AccuVar(): {}}
	if c.HasIterVar2() {
		hidden[c.IterVar()], hidden[c.IterVar2()] = path{}, item
	}
	p.visit(c.AccuInit())
	before := p.scope
	p.scope = make(map[string]path, len(before)+len(hidden))
	for name, at := range before {
		p.scope[name] = at
	}
	for name, at := range hidden {
		p.scope[name] = at
	}
	p.visit(c.LoopCondition())
	p.visit(c.LoopStep())
	p.visit(c.Result())
	p.scope = before
}
