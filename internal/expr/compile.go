package expr

import (
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"github.com/commande-publique/passerelle/internal/diag"
)

// Result is the type that an expression must have.
type Result int

const (
	// Condition is a bool.
	Condition Result = iota
	// Printable is a text, an int or money: a value for a message.
	Printable
)

// The codes of the diagnostics of this package.
const (
	CodeSyntax   = "expr_syntax"   // not an expression
	CodeName     = "expr_name"     // a variable, function or member that does not exist
	CodeType     = "expr_type"     // an operator or function on values it does not take, or the wrong kind of result
	CodeFloat    = "expr_float"    // a number with decimals, which would be a float
	CodeText     = "expr_text"     // an amount compared or added as a text
	CodePattern  = "expr_pattern"  // a pattern that is no constant or no RE2 pattern
	CodeCost     = "expr_cost"     // too expensive, whatever the document
	CodeInternal = "expr_internal" // a fault of the program
)

const (
	// maxStatic bounds the estimated cost of an expression whose cost does not depend on the document: about 10 ms.
	maxStatic = 100_000
	// assumedSize is what the estimate takes for a text or a list of unknown length: the longest text in use in an invoice.
	assumedSize = 1024
	// maxPattern bounds a compiled pattern, as repeats multiply: a(b{1000}){1000} fits into 20 bytes of source.
	maxPattern = 1000
)

// Place turns a line and a column inside an expression, both from 1, into a place in the file: the method PositionAt of
// yamldoc.String.
type Place func(line, column int) diag.Position

// Compile compiles an expression with a given type of result. The program is nil when the list has errors.
func (e *Env) Compile(want Result, text string, at Place) (*Program, diag.List) {
	c := &compilation{env: e, at: at}
	program := c.compile(want, text)
	if c.list.HasErrors() {
		return nil, c.list
	}
	return program, c.list
}

type compilation struct {
	env  *Env
	at   Place
	list diag.List
	ast  *ast.AST
	read *paths
}

func (c *compilation) compile(want Result, text string) *Program {
	checked, issues := c.env.cel.Compile(text)
	if issues.Err() != nil {
		for _, fault := range issues.Errors() {
			c.list.Add(c.explain(fault))
		}
		return nil
	}
	c.ast = checked.NativeRep()
	c.read = pathsOf(c.ast.Expr(), c.env.vars)
	c.checkResult(want, checked.OutputType())
	c.checkPaths()
	ast.PreOrderVisit(c.ast.Expr(), ast.NewExprVisitor(c.checkNode))
	if c.list.HasErrors() {
		return nil
	}
	return c.program(checked)
}

func (c *compilation) program(checked *cel.Ast) *Program {
	p := &Program{ast: c.ast, paths: c.read, vars: c.env.vars}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	estimate, err := c.env.cel.EstimateCost(checked, estimator{})
	switch {
	case err != nil:
		c.list.Add(internal(c.at(1, 1), err))
		return nil
	case c.read.folds:
		options = append(options, cel.CostLimit(maxCost))
	case estimate.Max > maxStatic:
		c.list.Add(diag.Errorf(c.at(1, 1), CodeCost,
			"expression trop coûteuse : au plus %[1]d unités, estimé %[2]d", "expression too expensive: at most %[1]d units, estimated %[2]d", maxStatic, estimate.Max).
			WithHint("simplifiez-la ou coupez-la en deux", "simplify it or cut it in two"))
		return nil
	}
	p.program, err = c.env.cel.Program(checked, options...)
	if err != nil {
		c.list.Add(internal(c.at(1, 1), err))
		return nil
	}
	return p
}

func internal(pos diag.Position, err error) diag.Diagnostic {
	return diag.Errorf(pos, CodeInternal, "l'expression n'a pas pu être préparée (%[1]v)", "the expression could not be prepared (%[1]v)", err)
}

// estimator says how long texts and lists of unknown length are assumed to be.
type estimator struct{}

// EstimateSize implements cost.Estimator.
func (estimator) EstimateSize(cost.AstNode) *cost.SizeEstimate {
	return &cost.SizeEstimate{Min: 0, Max: assumedSize}
}

// EstimateCallCost implements cost.Estimator: our functions cost what the library assumes.
func (estimator) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

func (c *compilation) position(id int64) diag.Position {
	loc := c.ast.SourceInfo().GetStartLocation(id)
	return c.at(max(1, loc.Line()), max(0, loc.Column())+1)
}

func (c *compilation) checkResult(want Result, got *cel.Type) {
	if got.IsExactType(cel.BoolType) && want == Condition {
		return
	}
	if want == Printable {
		for _, t := range []*cel.Type{cel.StringType, cel.IntType, moneyType, cel.DynType} {
			if got.IsExactType(t) {
				return
			}
		}
		c.list.Add(diag.Errorf(c.at(1, 1), CodeType, "attendu un texte, un entier ou un montant, trouvé %[1]s",
			"expected a text, an integer or money, found %[2]s", typeName(got.String(), diag.French), typeName(got.String(), diag.English)))
		return
	}
	d := diag.Errorf(c.at(1, 1), CodeType, "attendu une condition (vrai ou faux), trouvé %[1]s", "expected a condition (true or false), found %[2]s",
		typeName(got.String(), diag.French), typeName(got.String(), diag.English))
	if got.IsExactType(cel.DynType) {
		d = d.WithHint("comparez la valeur : == true, != \"\", ou testez has(...)", "compare the value: == true, != \"\", or test has(...)")
	}
	c.list.Add(d)
}

// checkPaths refuses paths that no document can have.
func (c *compilation) checkPaths() {
	said := map[path]bool{}
	for _, r := range c.read.reads {
		shape := c.env.vars[r.variable].shape
		if shape == nil || shape.Known(r.pointer) {
			continue
		}
		start, unknown, names := shape.Nearest(r.pointer)
		if at := (path{r.variable, start + "/" + unknown}); said[at] {
			continue
		} else {
			said[at] = true
		}
		where := r.variable + strings.ReplaceAll(start, "/", ".")
		d := diag.Errorf(c.position(r.id), CodeName, "%[1]s n'a pas de membre %[2]q", "%[1]s has no member %[2]q", where, unknown)
		c.list.Add(suggest(d, unknown, names))
	}
}

// suggest adds the nearest name, or the list of names when it is short.
func suggest(d diag.Diagnostic, word string, names []string) diag.Diagnostic {
	const few = 12 // a line of a terminal
	if near := diag.Nearest(word, names); near != "" {
		return d.WithHint("vouliez-vous dire %[1]q ?", "did you mean %[1]q?", near)
	}
	if len(names) > 0 && len(names) <= few {
		return d.WithHint("possible : %[1]s", "possible: %[1]s", strings.Join(names, ", "))
	}
	return d
}

// checkNode refuses floats, patterns that are computed, and amounts used as texts.
func (c *compilation) checkNode(e ast.Expr) {
	switch e.Kind() {
	case ast.LiteralKind:
		if _, float := e.AsLiteral().(types.Double); float {
			c.refuseFloat(e)
		}
	case ast.CallKind:
		call := e.AsCall()
		switch call.FunctionName() {
		case overloads.TypeConvertDouble:
			c.refuseFloat(e)
		case overloads.Matches:
			args := call.Args()
			c.checkPattern(args[len(args)-1])
		case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
			operators.Add, operators.Subtract, operators.Multiply, operators.Divide:
			c.checkOperands(call)
		}
	}
}

func (c *compilation) refuseFloat(e ast.Expr) {
	c.list.Add(diag.Errorf(c.position(e.ID()), CodeFloat, "les nombres à virgule flottante ne sont pas admis", "floating-point numbers are not allowed").
		WithHint("écrivez le nombre comme un montant exact : money(\"12.50\")", "write the number as exact money: money(\"12.50\")"))
}

func (c *compilation) checkPattern(pattern ast.Expr) {
	text, constant := literalText(pattern)
	if !constant {
		c.list.Add(diag.Errorf(c.position(pattern.ID()), CodePattern, "le motif de matches() doit être un texte écrit en toutes lettres",
			"the pattern of matches() must be a literal text"))
		return
	}
	if len(text) > maxPattern {
		c.list.Add(diag.Errorf(c.position(pattern.ID()), CodePattern, "motif trop long : au plus %[1]d octets", "pattern too long: at most %[1]d bytes", maxPattern))
		return
	}
	if _, err := regexp.Compile(text); err != nil {
		c.list.Add(diag.Errorf(c.position(pattern.ID()), CodePattern, "motif incorrect (%[1]v)", "incorrect pattern (%[1]v)", err).
			WithHint("la syntaxe est celle de RE2 ; dans une expression, doublez les \\ ou écrivez r\"...\"", "the syntax is that of RE2; in an expression, double each \\ or write r\"...\""))
	}
}

// checkOperands refuses what has a result but never the one meant: an amount of a document taken as a text, and a value
// of a document compared with money.
func (c *compilation) checkOperands(call ast.CallExpr) {
	args := call.Args()
	if slices.ContainsFunc(args, func(e ast.Expr) bool { return e.Kind() == ast.LiteralKind && e.AsLiteral() == types.NullValue }) {
		return
	}
	hasMoney := slices.ContainsFunc(args, func(e ast.Expr) bool { return c.ast.GetType(e.ID()).IsExactType(moneyType) })
	for _, arg := range args {
		at, isPath := c.read.byNode[arg.ID()]
		if !isPath || at.variable == "" {
			continue
		}
		shape := c.env.vars[at.variable].shape
		isAmount := shape != nil && shape.IsDecimal(at.pointer)
		if isAmount || hasMoney && c.ast.GetType(arg.ID()).IsExactType(cel.DynType) {
			name := at.variable + strings.ReplaceAll(at.pointer, "/", ".")
			c.list.Add(diag.Errorf(c.position(arg.ID()), CodeText, "%[1]s serait pris comme un texte, pas comme un montant", "%[1]s would be taken as a text, not as an amount", name).
				WithHint("écrivez money(%[1]s), des deux côtés", "write money(%[1]s), on both sides", name))
		}
	}
}
