package expr

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/commande-publique/passerelle/internal/money"
)

// moneyType is the type of exact decimals.
var moneyType = types.NewObjectType("money",
	traits.AdderType, traits.SubtractorType, traits.MultiplierType, traits.NegatorType, traits.ComparerType)

// amount is a money.Decimal as a CEL value.
type amount struct{ d money.Decimal }

func parseMoney(text string) ref.Val {
	d, err := money.Parse(text)
	if err != nil {
		return types.WrapErr(err)
	}
	return amount{d}
}

// with applies f to another amount; an int counts as an amount.
func with(other ref.Val, f func(money.Decimal) ref.Val) ref.Val {
	switch o := other.(type) {
	case amount:
		return f(o.d)
	case types.Int:
		return f(money.FromInt(int64(o)))
	default:
		return types.MaybeNoSuchOverloadErr(other)
	}
}

// Add implements traits.Adder.
func (a amount) Add(other ref.Val) ref.Val {
	return with(other, func(d money.Decimal) ref.Val { return amount{a.d.Add(d)} })
}

// Subtract implements traits.Subtractor.
func (a amount) Subtract(other ref.Val) ref.Val {
	return with(other, func(d money.Decimal) ref.Val { return amount{a.d.Sub(d)} })
}

// Multiply implements traits.Multiplier.
func (a amount) Multiply(other ref.Val) ref.Val {
	return with(other, func(d money.Decimal) ref.Val { return amount{a.d.Mul(d)} })
}

// Negate implements traits.Negater.
func (a amount) Negate() ref.Val { return amount{a.d.Neg()} }

// Compare implements traits.Comparer.
func (a amount) Compare(other ref.Val) ref.Val {
	return with(other, func(d money.Decimal) ref.Val { return types.Int(a.d.Cmp(d)) })
}

// Equal implements ref.Val: 1.5 equals 1.50. Comparing with anything but an amount or an int has no result, so that
// an amount forgotten as a text is noticed.
func (a amount) Equal(other ref.Val) ref.Val {
	return with(other, func(d money.Decimal) ref.Val { return types.Bool(a.d.Cmp(d) == 0) })
}

// ConvertToNative implements ref.Val.
func (a amount) ConvertToNative(t reflect.Type) (any, error) { return native(a, t) }

// ConvertToType implements ref.Val.
func (a amount) ConvertToType(t ref.Type) ref.Val {
	if t == types.StringType {
		return types.String(a.d.String())
	}
	return convert(a, t)
}

// Type implements ref.Val.
func (a amount) Type() ref.Type { return moneyType }

// Value implements ref.Val.
func (a amount) Value() any { return a.d }

// moneyFunctions declares money(), sum(), round(), abs() and the operators on money.
func moneyFunctions() []cel.EnvOption {
	binary := []*cel.Type{moneyType, moneyType}
	options := []cel.EnvOption{
		cel.Function("money",
			cel.Overload("money_string", []*cel.Type{cel.StringType}, moneyType,
				cel.UnaryBinding(func(v ref.Val) ref.Val { return parseMoney(string(v.(types.String))) })),
			cel.Overload("money_int", []*cel.Type{cel.IntType}, moneyType,
				cel.UnaryBinding(func(v ref.Val) ref.Val { return amount{money.FromInt(int64(v.(types.Int)))} })),
			cel.Overload("money_money", []*cel.Type{moneyType}, moneyType,
				cel.UnaryBinding(func(v ref.Val) ref.Val { return v }))),
		cel.Function("sum", cel.Overload("sum_money", []*cel.Type{cel.ListType(moneyType)}, moneyType, cel.UnaryBinding(sum))),
		cel.Function("round", cel.Overload("round_money", []*cel.Type{moneyType, cel.IntType}, moneyType,
			cel.BinaryBinding(func(m, places ref.Val) ref.Val { return amount{m.(amount).d.Round(int(places.(types.Int)))} }))),
		cel.Function("abs", cel.Overload("abs_money", []*cel.Type{moneyType}, moneyType, cel.UnaryBinding(abs))),
		cel.Function("string", cel.Overload("string_money", []*cel.Type{moneyType}, cel.StringType,
			cel.UnaryBinding(func(m ref.Val) ref.Val { return types.String(m.(amount).d.String()) }))),
		cel.Function(operators.Negate, cel.Overload("negate_money", binary[:1], moneyType)),
	}
	for name, operator := range map[string]string{"add": operators.Add, "subtract": operators.Subtract, "multiply": operators.Multiply} {
		options = append(options, cel.Function(operator, cel.Overload(name+"_money", binary, moneyType)))
	}
	for name, operator := range map[string]string{
		"less": operators.Less, "less_equals": operators.LessEquals, "greater": operators.Greater, "greater_equals": operators.GreaterEquals,
	} {
		options = append(options, cel.Function(operator, cel.Overload(name+"_money", binary, cel.BoolType)))
	}
	return options
}

// sum adds a list of amounts; that of an empty list is 0.
func sum(v ref.Val) ref.Val {
	total := money.Decimal{}
	for it := v.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		item, ok := it.Next().(amount)
		if !ok {
			return types.WrapErr(fmt.Errorf("sum: %w", errNotMoney))
		}
		total = total.Add(item.d)
	}
	return amount{total}
}

func abs(v ref.Val) ref.Val {
	if d := v.(amount).d; d.Cmp(money.Decimal{}) < 0 {
		return amount{d.Neg()}
	}
	return v
}

var errNotMoney = fmt.Errorf("%w: a list of money holds something else", money.ErrMalformed)
