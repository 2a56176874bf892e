// Package money does exact arithmetic on amounts, quantities, prices and rates.
//
// A [Decimal] is read from the one form that canonical documents have and never passes through a float. The package is
// the only owner of the decimal library; it must not know currencies, documents or rules.
package money

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// MaxLength bounds the text of a decimal, in bytes: EN 16931 needs 19 digits and the widest national profile 31, and
// the time of a multiplication grows with the digits.
const MaxLength = 40

// ErrMalformed is what every error of [Parse] wraps.
var ErrMalformed = errors.New("not a decimal")

// Decimal is an exact decimal number. The zero value is 0. It is immutable and may be shared.
type Decimal struct {
	d decimal.Decimal
}

// Parse reads -?\d+(\.\d+)?, at most [MaxLength] bytes long. Blanks, a plus sign, a comma, an exponent, ".5" and "5."
// are refused.
func Parse(text string) (Decimal, error) {
	if !isDecimal(text) {
		return Decimal{}, fmt.Errorf("%w: expected digits with at most one point, such as -12.50, found %q", ErrMalformed, excerpt(text))
	}
	if len(text) > MaxLength {
		return Decimal{}, fmt.Errorf("%w: expected at most %d characters, found %d", ErrMalformed, MaxLength, len(text))
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return Decimal{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return Decimal{d}, nil
}

// FromInt returns a whole number.
func FromInt(i int64) Decimal { return Decimal{decimal.NewFromInt(i)} }

func isDecimal(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	digits, points := 0, 0
	for i := range len(s) {
		switch {
		case s[i] >= '0' && s[i] <= '9':
			digits++
		case s[i] == '.' && points == 0 && digits > 0 && i+1 < len(s):
			points++
		default:
			return false
		}
	}
	return digits > 0
}

func excerpt(s string) string {
	if len(s) <= MaxLength {
		return s
	}
	return s[:MaxLength] + "…"
}

// Add returns d + e.
func (d Decimal) Add(e Decimal) Decimal { return Decimal{d.d.Add(e.d)} }

// Sub returns d - e.
func (d Decimal) Sub(e Decimal) Decimal { return Decimal{d.d.Sub(e.d)} }

// Mul returns d × e, with as many decimals as both have together.
func (d Decimal) Mul(e Decimal) Decimal { return Decimal{d.d.Mul(e.d)} }

// Neg returns -d.
func (d Decimal) Neg() Decimal { return Decimal{d.d.Neg()} }

// Round rounds to a number of decimals, 0 or more, half away from zero, as EN 16931-1 does: 2.345 gives 2.35 and
// -2.345 gives -2.35.
func (d Decimal) Round(places int) Decimal {
	return Decimal{d.d.Round(int32(max(0, min(places, MaxLength))))}
}

// Cmp returns -1, 0 or 1 as d is less than, equal to or greater than e. 1.5 and 1.50 are equal.
func (d Decimal) Cmp(e Decimal) int { return d.d.Cmp(e.d) }

// IsZero reports whether d is 0.
func (d Decimal) IsZero() bool { return d.d.IsZero() }

// String returns the number in the form that [Parse] reads, with the decimals that it was read or computed with:
// 12.50 stays 12.50. Minus zero is 0.
func (d Decimal) String() string { return d.d.StringFixed(max(0, -d.d.Exponent())) }
