package expr

import (
	"fmt"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

const (
	// maxBytes bounds the text of an expression: the longest official rule, written as one, needs about 1,000.
	maxBytes = 4000
	// maxNodes bounds the syntax tree, so that the time to check and to evaluate once is bounded.
	maxNodes = 2000
	// maxDepth bounds nesting, because parser and evaluator recurse.
	maxDepth = 60
)

// Variable is one name that expressions may use.
type Variable struct {
	name  string
	typ   *cel.Type
	shape *Shape
}

// Document declares a variable that holds a document.Value. With a shape, the paths that expressions read must exist
// in it; nil allows any path.
func Document(name string, shape *Shape) Variable { return Variable{name, cel.DynType, shape} }

// Text declares a string variable.
func Text(name string) Variable { return Variable{name, cel.StringType, nil} }

// Int declares an int64 variable.
func Int(name string) Variable { return Variable{name, cel.IntType, nil} }

// Bool declares a bool variable.
func Bool(name string) Variable { return Variable{name, cel.BoolType, nil} }

// Time declares a time.Time variable.
func Time(name string) Variable { return Variable{name, cel.TimestampType, nil} }

// Texts declares a []string variable.
func Texts(name string) Variable { return Variable{name, cel.ListType(cel.StringType), nil} }

// Env is what expressions of one use may name. It is immutable.
type Env struct {
	cel  *cel.Env
	vars map[string]Variable
}

// NewEnv returns an environment with variables. An error is a fault of the program: a name twice, or no identifier.
func NewEnv(vars ...Variable) (*Env, error) {
	labelSharedError()
	e := &Env{vars: make(map[string]Variable, len(vars))}
	options := []cel.EnvOption{
		cel.CustomTypeAdapter(adapter{}),
		cel.OptionalTypes(),
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(maxBytes),
		cel.ParserRecursionLimit(maxDepth),
		cel.ExpressionNodeLimit(maxNodes),
	}
	options = append(options, moneyFunctions()...)
	options = append(options, cel.Macros(macros()...))
	for _, v := range vars {
		if _, twice := e.vars[v.name]; twice || !identifier(v.name) || slices.Contains(reserved(), v.name) {
			return nil, fmt.Errorf("expr: %q cannot be the name of a variable", v.name)
		}
		e.vars[v.name] = v
		options = append(options, cel.Variable(v.name, v.typ))
	}
	var err error
	e.cel, err = cel.NewEnv(options...)
	return e, err
}

func identifier(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// reserved lists the reserved words of the CEL specification and the names of types.
func reserved() []string {
	return []string{
		"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
		"namespace", "null", "optional", "package", "return", "true", "var", "void", "while",
		"bool", "bytes", "double", "duration", "dyn", "int", "list", "map", "money", "string", "timestamp", "type", "uint",
	}
}

// labelSharedError gives the library's shared "no such overload" error a node before anything is evaluated. The
// library would otherwise write into it on the first failing evaluation, and two at once would race.
var labelSharedError = sync.OnceFunc(func() { types.LabelErrNode(sharedErrorNode, types.NoSuchOverloadErr()) })

// sharedErrorNode is no node of any expression.
const sharedErrorNode = -1
