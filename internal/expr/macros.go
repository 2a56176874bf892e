package expr

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"
)

// macros gives our own: has() that is safe on a whole path, items() and money() with a default.
func macros() []cel.Macro {
	return []cel.Macro{
		parser.NewGlobalMacro(operators.Has, 1, expandHas),
		parser.NewGlobalMacro("items", 1, expandItems),
		parser.NewGlobalMacro("money", 2, expandMoney),
	}
}

const (
	notAPath       = "expected a path such as doc.seller.name"
	expectHasPath  = "has(): " + notAPath
	expectItems    = "items(): " + notAPath
	expectMoneyOr  = "money() with a default: " + notAPath
	orValue        = "orValue"
	optionalSelect = operators.OptSelect
)

// expandHas turns has(a.b.c) into has(a.b) && has(a.b.c), so that an absent b makes it false rather than an error.
func expandHas(eh parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	arg := args[0]
	if arg.Kind() != ast.SelectKind {
		return nil, eh.NewError(arg.ID(), expectHasPath)
	}
	s := arg.AsSelect()
	test := eh.NewPresenceTest(s.Operand(), s.FieldName())
	for e := s.Operand(); e.Kind() == ast.SelectKind; e = e.AsSelect().Operand() {
		s := e.AsSelect()
		test = eh.NewCall(operators.LogicalAnd, eh.NewPresenceTest(eh.Copy(s.Operand()), s.FieldName()), test)
	}
	return test, nil
}

// expandItems turns items(a.b) into a.?b.orValue([]).
func expandItems(eh parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	if args[0].Kind() != ast.SelectKind {
		return nil, eh.NewError(args[0].ID(), expectItems)
	}
	return eh.NewMemberCall(orValue, optional(eh, args[0]), eh.NewList()), nil
}

// expandMoney turns money(a.b, "0") into money(a.?b.orValue("0")).
func expandMoney(eh parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	if args[0].Kind() != ast.SelectKind {
		return nil, eh.NewError(args[0].ID(), expectMoneyOr)
	}
	return eh.NewCall("money", eh.NewMemberCall(orValue, optional(eh, args[0]), args[1])), nil
}

// optional makes every member of a path optional.
func optional(eh parser.ExprHelper, e ast.Expr) ast.Expr {
	if e.Kind() != ast.SelectKind {
		return e
	}
	s := e.AsSelect()
	return eh.NewCall(optionalSelect, optional(eh, s.Operand()), eh.NewLiteral(types.String(s.FieldName())))
}
