package rules

import (
	"math"
	"math/big"
	"strings"
)

// maxDigits bounds the text of a number, in bytes: EN 16931 needs 19 digits and the widest national profile 31, and the
// time of a multiplication grows with the digits.
const maxDigits = 100

// decimal is an exact decimal number: m, or big where m is too small a box for it, divided by 10^scale. It is passed by
// value, so that arithmetic in the common range (18 digits) allocates nothing. The zero value is 0.
type decimal struct {
	m     int64
	scale int32
	big   *big.Int
}

// pow10 are the powers of ten that an int64 holds.
var pow10 = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

func whole(i int) decimal { return decimal{m: int64(i)} }

// parseDecimal reads a number as xs:decimal writes it: a sign, digits, a point and digits, of which either side of the
// point may be empty but not both.
func parseDecimal(s string) (d decimal, ok bool) {
	if len(s) == 0 || len(s) > maxDigits {
		return d, false
	}
	rest, negative := s, false
	if s[0] == '-' || s[0] == '+' {
		rest, negative = s[1:], s[0] == '-'
	}
	digits, point, fits := 0, -1, true
	for i := range len(rest) {
		c := rest[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
			if d.m > (math.MaxInt64-9)/10 {
				fits = false
			}
			if fits {
				d.m = d.m*10 + int64(c-'0')
			}
		case c == '.' && point < 0:
			point = i
		default:
			return decimal{}, false
		}
	}
	if digits == 0 {
		return decimal{}, false
	}
	if point >= 0 {
		d.scale = int32(len(rest) - point - 1)
	}
	if !fits {
		d.m, d.big = 0, new(big.Int)
		d.big.SetString(strings.Replace(rest, ".", "", 1), 10)
	}
	if negative {
		return d.neg(), true
	}
	return d, true
}

// wide returns the mantissa in a box that holds any number.
func (d decimal) wide() *big.Int {
	if d.big != nil {
		return d.big
	}
	return big.NewInt(d.m)
}

// narrow puts a mantissa into the smallest box that holds it.
func narrow(m *big.Int, scale int32) decimal {
	if m.IsInt64() && m.Int64() != math.MinInt64 { // without that one, neg cannot overflow
		return decimal{m: m.Int64(), scale: scale}
	}
	return decimal{scale: scale, big: m}
}

func bigPow10(n int32) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// mul64 multiplies where the product fits.
func mul64(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	p := a * b
	return p, p/b == a && p != math.MinInt64 && a != math.MinInt64 && b != math.MinInt64
}

// align gives both mantissas the larger scale; ok is false where that takes more than 64 bits.
func align(a, b decimal) (x, y int64, scale int32, ok bool) {
	if a.big != nil || b.big != nil {
		return 0, 0, 0, false
	}
	x, y, scale = a.m, b.m, max(a.scale, b.scale)
	up, down := scale-a.scale, scale-b.scale
	if int(max(up, down)) >= len(pow10) {
		return 0, 0, 0, false
	}
	x, okX := mul64(x, pow10[up])
	y, okY := mul64(y, pow10[down])
	return x, y, scale, okX && okY
}

func alignWide(a, b decimal) (x, y *big.Int, scale int32) {
	x, y, scale = a.wide(), b.wide(), max(a.scale, b.scale)
	if a.scale < scale {
		x = new(big.Int).Mul(x, bigPow10(scale-a.scale))
	}
	if b.scale < scale {
		y = new(big.Int).Mul(y, bigPow10(scale-b.scale))
	}
	return x, y, scale
}

func (d decimal) add(e decimal) decimal {
	if x, y, scale, ok := align(d, e); ok {
		if sum := x + y; (sum > x) == (y > 0) && sum != math.MinInt64 {
			return decimal{m: sum, scale: scale}
		}
	}
	x, y, scale := alignWide(d, e)
	return narrow(new(big.Int).Add(x, y), scale)
}

func (d decimal) sub(e decimal) decimal { return d.add(e.neg()) }

func (d decimal) neg() decimal {
	if d.big != nil {
		return narrow(new(big.Int).Neg(d.big), d.scale)
	}
	return decimal{m: -d.m, scale: d.scale}
}

func (d decimal) abs() decimal {
	if d.sign() < 0 {
		return d.neg()
	}
	return d
}

func (d decimal) sign() int {
	switch {
	case d.big != nil:
		return d.big.Sign()
	case d.m < 0:
		return -1
	case d.m > 0:
		return 1
	}
	return 0
}

func (d decimal) mul(e decimal) decimal {
	if d.big == nil && e.big == nil {
		if m, ok := mul64(d.m, e.m); ok {
			return decimal{m: m, scale: d.scale + e.scale}
		}
	}
	return narrow(new(big.Int).Mul(d.wide(), e.wide()), d.scale+e.scale)
}

// quotientScale is the number of decimals of a division that does not end sooner, as the reference processor of the
// official artefacts has it.
const quotientScale = 18

// quo divides; e must not be 0. A quotient that does not end is cut to the nearest of quotientScale decimals, the middle
// going towards 0.
func (d decimal) quo(e decimal) decimal {
	if e.big == nil && d.big == nil {
		for n, p := range pow10 { // dividing by 100 moves the point
			if e.m == p && e.scale == 0 {
				return decimal{m: d.m, scale: d.scale + int32(n)}
			}
		}
	}
	scale := max(quotientScale, d.scale, e.scale)
	// d.m/10^ds / (e.m/10^es) = d.m*10^(es-ds)/e.m
	x := new(big.Int).Mul(d.wide(), bigPow10(scale+e.scale))
	y := new(big.Int).Mul(e.wide(), bigPow10(d.scale))
	q, r := new(big.Int).QuoRem(x, y, new(big.Int))
	if r.Lsh(r.Abs(r), 1).CmpAbs(y) > 0 {
		q.Add(q, big.NewInt(int64(x.Sign()*y.Sign())))
	}
	return narrow(q, scale)
}

// round gives the nearest number with so many decimals; the middle goes towards positive infinity, as in XPath: 2.345
// gives 2.35 and -2.345 gives -2.34.
func (d decimal) round(places int32) decimal {
	drop := d.scale - places
	if drop <= 0 {
		return d
	}
	if d.big == nil && int(drop) < len(pow10) {
		p := pow10[drop]
		q, r := d.m/p, d.m%p
		if r < 0 { // floor
			q, r = q-1, r+p
		}
		if r >= p-r {
			q++
		}
		return decimal{m: q, scale: places}
	}
	p := bigPow10(drop)
	q, r := new(big.Int).DivMod(d.wide(), p, new(big.Int)) // floor, as p is positive
	if r.Lsh(r, 1).Cmp(p) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	return narrow(q, places)
}

// binary gives the exact value of the binary double that is nearest: 0.1 gives a little more than 0.1.
func (d decimal) binary() decimal {
	double, _ := new(big.Rat).SetFrac(d.wide(), bigPow10(d.scale)).Float64()
	exact, _ := new(big.Float).SetFloat64(double).Rat(nil) // maxDigits digits are far from infinite
	// A denominator is a power of two: so many fives above it make it one of ten.
	twos := int32(exact.Denom().BitLen() - 1)
	fives := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(twos)), nil)
	return narrow(fives.Mul(fives, exact.Num()), twos)
}

func (d decimal) cmp(e decimal) int {
	if x, y, _, ok := align(d, e); ok {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	x, y, _ := alignWide(d, e)
	return x.Cmp(y)
}

// String returns the number with the decimals that it was read or computed with, at least those of its value and none
// that a division made up: 12.50 stays 12.50, and 1/8 is 0.125.
func (d decimal) String() string {
	digits := d.wide().String()
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if d.scale == 0 {
		return sign + digits
	}
	if short := int(d.scale) + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	point := len(digits) - int(d.scale)
	fraction := digits[point:]
	if d.scale >= quotientScale { // of a division, or absurd
		fraction = strings.TrimRight(fraction, "0")
	}
	if fraction == "" {
		return sign + digits[:point]
	}
	return sign + digits[:point] + "." + fraction
}
