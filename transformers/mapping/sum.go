package mapping

import (
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/money"
)

// maxOperand is the length of a number that is summed: what the decimals of this program hold.
const maxOperand = money.MaxLength

// total is an exact sum with as many decimals as its longest operand has. Small amounts, which nearly all are, are
// added as whole numbers of their last decimal; what does not fit goes on as [money.Decimal].
type total struct {
	units int64 // times ten to the power of -scale
	scale int
	big   money.Decimal
	isBig bool
}

// maxScale bounds the decimals of the short way: 10^18 is the largest power of ten in an int64.
const maxScale = 18

// add adds a decimal number without exponent; ok is false when it is none, or too long.
func (t *total) add(text string) (ok bool) {
	if units, scale, short := parseUnits(text); short && !t.isBig && t.addUnits(units, scale) {
		return true
	}
	d, err := money.Parse(text)
	if err != nil {
		return false
	}
	if !t.isBig {
		now, err := money.Parse(t.String())
		if err != nil {
			return false
		}
		t.big, t.isBig = now, true
	}
	t.big = t.big.Add(d)
	return true
}

// addUnits adds without overflow, or leaves the total as it is.
func (t *total) addUnits(units int64, scale int) bool {
	sum, at := t.units, t.scale
	for ; at < scale; at++ {
		if sum > maxUnits/10 || sum < -maxUnits/10 {
			return false
		}
		sum *= 10
	}
	for ; scale < at; scale++ {
		if units > maxUnits/10 || units < -maxUnits/10 {
			return false
		}
		units *= 10
	}
	if sum += units; sum > maxUnits || sum < -maxUnits { // both are within maxUnits, so this cannot overflow
		return false
	}
	t.units, t.scale = sum, at
	return true
}

// maxUnits keeps the sum of two within an int64.
const maxUnits = 4_000_000_000_000_000_000

// parseUnits reads a number without exponent of at most 18 digits.
func parseUnits(text string) (units int64, scale int, ok bool) {
	digits, negative := strings.CutPrefix(text, "-")
	if digits == "" || len(digits) > maxScale || digits[0] == '.' || digits[len(digits)-1] == '.' {
		return 0, 0, false
	}
	point := -1
	for i := range len(digits) {
		switch c := digits[i]; {
		case '0' <= c && c <= '9':
			units = units*10 + int64(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, 0, false
		}
	}
	if point >= 0 {
		scale = len(digits) - point - 1
	}
	if negative {
		units = -units
	}
	return units, scale, true
}

// String gives the sum as a JSON number.
func (t *total) String() string {
	if t.isBig {
		return t.big.String()
	}
	var buffer [24]byte
	text := strconv.AppendInt(buffer[:0], max(t.units, -t.units), 10)
	out := make([]byte, 0, len(text)+maxScale)
	if t.units < 0 {
		out = append(out, '-')
	}
	for n := len(text); n <= t.scale; n++ {
		out = append(out, '0')
	}
	out = append(out, text...)
	if t.scale > 0 {
		out = append(out, 0)
		point := len(out) - 1 - t.scale
		copy(out[point+1:], out[point:])
		out[point] = '.'
	}
	return string(out)
}

// maxPower is the largest power of ten that is written out: beyond it the number is longer than any operand.
const maxPower = 2 * maxOperand

// plain writes a JSON number without its exponent: 1.5e3 is 1500, 25e-2 is 0.25. One that would be too long stays.
func plain(text string) string {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text
	}
	power, err := strconv.Atoi(text[at+1:])
	if err != nil || power > maxPower || power < -maxPower || at > maxOperand {
		return text
	}
	digits, negative := strings.CutPrefix(text[:at], "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	digits = whole + fraction
	point := len(whole) + power
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	whole, fraction = strings.TrimLeft(digits[:point], "0"), digits[point:]
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative {
		whole = "-" + whole
	}
	return whole
}

// sum adds what the tokens reach from v. A text counts as the decimal number that it writes, as in canonical documents;
// an item without the value adds nothing.
func (r *runner) sum(t *total, out document.Value, m *member, tokens []token, v document.Value) {
	for i := range tokens {
		if !tokens[i].wild {
			v = tokens[i].step(v)
			continue
		}
		if r.isList(out, m, v) {
			for item := range v.Children() {
				r.sum(t, out, m, tokens[i+1:], item)
			}
		}
		return
	}
	switch v.Type() {
	case document.Absent, document.Null:
	case document.Number:
		if !t.add(v.Text()) && !t.add(plain(v.Text())) {
			r.refuse(notNumber, out, m, v)
		}
	case document.String:
		if !t.add(v.Text()) {
			r.refuse(notNumber, out, m, v)
		}
	default:
		r.refuse(notNumber, out, m, v)
	}
}
