package mapping

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestSumsAreExact compares sums of random numbers, in every form that JSON has, with those of rational numbers.
func TestSumsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	digits := func(n int) string {
		var b strings.Builder
		b.WriteByte(byte('1' + r.IntN(9)))
		for range n - 1 {
			b.WriteByte(byte('0' + r.IntN(10)))
		}
		return b.String()
	}
	for range 2000 {
		var sum total
		want, scale := new(big.Rat), 0
		var terms []string
		for range r.IntN(20) {
			text := digits(1 + r.IntN(20))
			decimals := 0
			if r.IntN(3) > 0 {
				fraction := digits(1 + r.IntN(12))
				decimals = len(fraction)
				text += "." + fraction
			}
			if r.IntN(4) == 0 {
				power := r.IntN(17) - 8
				if len(text)+max(power, -power) < maxOperand-2 {
					decimals -= power
					text += "e" + strconv.Itoa(power)
				}
			}
			if r.IntN(3) == 0 {
				text = "-" + text
			}
			scale = max(scale, decimals)
			value, _ := new(big.Rat).SetString(text)
			want.Add(want, value)
			terms = append(terms, text)
			if !sum.add(text) && !sum.add(plain(text)) {
				t.Fatalf("%s is not added", text)
			}
		}
		expected := want.FloatString(scale)
		if want.Sign() == 0 {
			expected = strings.TrimPrefix(expected, "-")
		}
		if got := sum.String(); got != expected {
			t.Fatalf("the sum of %v is %s, want %s", terms, got, expected)
		}
	}
}

func TestWhatIsNoNumberIsNotAdded(t *testing.T) {
	for _, text := range []string{
		"", "-", ".", "-.", "1.", ".5", "+1", "1,5", "1 000", "0x10", "1e", "e5", "1e+", "NaN", "--1", "1.2.3", "1e3", "1e400", strings.Repeat("9", 41), "1e40",
	} {
		sum := total{units: 7}
		if sum.add(text) || sum.String() != "7" {
			t.Errorf("%q was added: %s", text, sum.String())
		}
	}
}
