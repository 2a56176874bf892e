package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// maxCost bounds one evaluation of an expression that iterates, in CEL cost units (about one per operation): a
// document of 16 MiB has at most 50,000 lines of 20 operations, and five million take half a second.
const maxCost = 5_000_000

// Values are the variables of one evaluation: document.Value, string, int64, bool, time.Time or []string, or a func() any
// that gives one of them when an expression first needs it. A variable that is not set has no value: an expression that
// needs it has no result.
type Values map[string]any

// Program is a compiled expression. Any number of goroutines may evaluate it.
type Program struct {
	program cel.Program
	ast     *ast.AST
	paths   *paths
	vars    map[string]Variable
}

// Eval evaluates a condition. An error is an *[Error].
func (p *Program) Eval(values Values) (bool, error) {
	out, err := p.eval(values)
	if err != nil {
		return false, err
	}
	b, ok := out.(types.Bool)
	if !ok {
		return false, &Error{Kind: Internal, Detail: fmt.Sprintf("result of type %s", out.Type())}
	}
	return bool(b), nil
}

// Text evaluates a printable expression.
func (p *Program) Text(values Values) (string, error) {
	out, err := p.eval(values)
	if err != nil {
		return "", err
	}
	switch v := out.(type) {
	case types.String:
		return string(v), nil
	case types.Int, amount:
		return string(v.ConvertToType(types.StringType).(types.String)), nil
	default:
		return "", &Error{Kind: NotJudged, Detail: fmt.Sprintf("result of type %s", out.Type())}
	}
}

func (p *Program) eval(values Values) (out ref.Val, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, &Error{Kind: Internal, Detail: fmt.Sprint(r)}
		}
	}()
	out, _, err = p.program.Eval(map[string]any(values))
	if err != nil {
		return nil, p.explain(err)
	}
	return out, nil
}

// Reads lists what the expression can read, sorted: "topic" for a fact, "doc/lines/*/netAmount" for a value of a
// document, where "*" stands for any item.
func (p *Program) Reads() []string {
	all := make([]string, 0, len(p.paths.reads))
	for _, r := range p.paths.reads {
		all = append(all, r.String())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Kind says why an expression has no result.
type Kind int

const (
	// NotJudged means that an operand is absent, malformed or of another type than the expression needs.
	NotJudged Kind = iota
	// CostExceeded means that the document made the expression iterate beyond its bound.
	CostExceeded
	// Internal is a fault of the program.
	Internal
)

// String returns the word for logs.
func (k Kind) String() string { return [...]string{"not judged", "cost exceeded", "internal"}[k] }

// Error is why an expression has no result.
type Error struct {
	Kind Kind
	// Read is the operand at fault as Reads writes it, "*" standing for any item; empty when it is not known.
	Read string
	// Absent tells that the operand is not there, rather than malformed.
	Absent bool
	// Detail is for logs, in English.
	Detail string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Read == "" {
		return e.Kind.String() + ": " + e.Detail
	}
	return e.Kind.String() + ": " + e.Read + ": " + e.Detail
}

// explain sorts the errors of the library.
func (p *Program) explain(err error) *Error {
	var cancelled interpreter.EvalCancelledError
	if errors.As(err, &cancelled) {
		return &Error{Kind: CostExceeded, Detail: fmt.Sprintf("more than %d cost units", maxCost)}
	}
	var failed *types.Err
	if !errors.As(err, &failed) {
		return &Error{Kind: Internal, Detail: err.Error()}
	}
	e := &Error{Kind: NotJudged, Detail: failed.Error()}
	if at, ok := p.operand(failed.NodeID()); ok {
		e.Read = at.String()
		e.Absent = isLookup(e.Detail)
	}
	return e
}

// operand finds the only path at or below a node.
func (p *Program) operand(id int64) (at path, ok bool) {
	if at, ok = p.paths.byNode[id]; ok {
		return at, at.variable != ""
	}
	count := 0
	ast.PostOrderVisit(p.ast.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.ID() != id || e.Kind() != ast.CallKind {
			return
		}
		for _, arg := range e.AsCall().Args() {
			if found, isPath := p.paths.byNode[arg.ID()]; isPath {
				at, count = found, count+1
			}
		}
	}))
	return at, count == 1
}

// isLookup recognises the library's words for a member, an item or a variable that is not there; they are no values.
func isLookup(detail string) bool {
	return strings.HasPrefix(detail, "no such key:") || strings.HasPrefix(detail, "index out of bounds:") || strings.HasPrefix(detail, "no such attribute")
}
