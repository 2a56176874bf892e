package decp

import (
	"strconv"
	"strings"
)

// maxDecimal bounds an expanded decimal, so that an exponent cannot make a document grow: amounts have 40 digits at
// most in canonical documents, and this is far above.
const maxDecimal = 100

// canonicalDecimal brings a JSON number literal (RFC 8259) into the one lexical form of canonical documents, exactly and
// without floats: no exponent, no needless zeros, no negative zero. 1e3 gives 1000, 25.0 gives 25, -0.50 gives -0.5;
// equal numbers give equal strings, so that lists with equal entries stay recognisable. A literal whose expansion
// would be longer than 100 characters is returned unchanged; the schema refuses it.
func canonicalDecimal(literal string) string {
	mantissa, exponent := literal, 0
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		n, err := strconv.Atoi(literal[i+1:])
		if err != nil || n > maxDecimal || n < -maxDecimal {
			return literal
		}
		mantissa, exponent = literal[:i], n
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, point := whole+fraction, len(whole)+exponent
	if point < 0 {
		digits, point = strings.Repeat("0", -point)+digits, 0
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole, fraction = strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	if whole == "" {
		whole = "0"
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if negative && out != "0" {
		out = "-" + out
	}
	if len(out) > maxDecimal {
		return literal
	}
	return out
}
