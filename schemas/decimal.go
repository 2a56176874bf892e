package schemas

import (
	"math/big"
	"math/bits"
)

// decimal is a number as JSON writes it, digits × 10^exponent, exact. It is in lowest terms: digits is no multiple of
// ten, and zero has no sign and no exponent; so equal numbers are equal structs.
type decimal struct {
	digits   uint64
	exponent int
	negative bool
}

// parseDecimal reads a JSON number literal. It reports false for what is no literal, and for literals that need more
// than 19 digits, which are the authority's business.
func parseDecimal(text string) (d decimal, ok bool) {
	i := 0
	if i < len(text) && text[i] == '-' {
		d.negative = true
		i++
	}
	zeros, fraction, seen := 0, false, false
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '0':
			zeros++
		case '1' <= c && c <= '9':
			for ; zeros >= 0; zeros-- {
				high, low := bits.Mul64(d.digits, 10)
				if high != 0 {
					return decimal{}, false
				}
				d.digits = low
			}
			zeros = 0
			sum, carry := bits.Add64(d.digits, uint64(c-'0'), 0)
			if carry != 0 {
				return decimal{}, false
			}
			d.digits = sum
		case c == '.' && !fraction && seen:
			fraction = true
			continue
		case (c == 'e' || c == 'E') && seen:
			shift, ok := parseExponent(text[i+1:])
			if !ok {
				return decimal{}, false
			}
			d.exponent += shift
			return d.lowest(zeros), true
		default:
			return decimal{}, false
		}
		seen = true
		if fraction {
			d.exponent--
		}
	}
	return d.lowest(zeros), seen
}

// lowest drops the trailing zeros that were counted but not taken.
func (d decimal) lowest(zeros int) decimal {
	if d.digits == 0 {
		return decimal{}
	}
	d.exponent += zeros
	return d
}

// parseExponent reads what follows e: parsers admit two digits.
func parseExponent(text string) (int, bool) {
	sign := 1
	if text != "" && (text[0] == '+' || text[0] == '-') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' || n > 99 {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return sign * n, text != ""
}

// decimalOf converts the bound of a schema; false, when no decimal of ours holds it.
func decimalOf(r *big.Rat) (decimal, bool) {
	places, exact := r.FloatPrec()
	if !exact {
		return decimal{}, false
	}
	return parseDecimal(r.FloatString(places))
}

func (d decimal) isInteger() bool { return d.exponent >= 0 }

// compare returns -1, 0 or 1 as d is less than, equal to or greater than e.
func (d decimal) compare(e decimal) int {
	if d.negative != e.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	n := d.compareSize(e)
	if d.negative {
		return -n
	}
	return n
}

func (d decimal) compareSize(e decimal) int {
	if d.digits == 0 || e.digits == 0 {
		return order(0, d.digits, 0, e.digits)
	}
	lowest := min(d.exponent, e.exponent)
	dh, dl := scaled(d.digits, d.exponent-lowest)
	eh, el := scaled(e.digits, e.exponent-lowest)
	return order(dh, dl, eh, el)
}

// scaled returns digits × 10^places in 128 bits, or more than any unscaled number when it does not fit: at least one
// of two numbers that are compared is unscaled.
func scaled(digits uint64, places int) (high, low uint64) {
	if places > 19 {
		return 1 << 63, 0
	}
	power := uint64(1)
	for range places {
		power *= 10
	}
	return bits.Mul64(digits, power)
}

func order(ah, al, bh, bl uint64) int {
	switch {
	case ah < bh || ah == bh && al < bl:
		return -1
	case ah > bh || al > bl:
		return 1
	default:
		return 0
	}
}

// isMultipleOf reports whether d is a whole number of times e, which is greater than zero.
func (d decimal) isMultipleOf(e decimal) bool {
	if d.digits == 0 {
		return true
	}
	if d.exponent < e.exponent {
		return false // in lowest terms, d has a digit where multiples of e have none
	}
	rest := d.digits % e.digits
	for range d.exponent - e.exponent {
		high, low := bits.Mul64(rest, 10)
		rest = bits.Rem64(high, low, e.digits)
	}
	return rest == 0
}
