package schemas

import (
	"math/big"
	"testing"
)

// The literals are compared with math/big, which jsonschema/v5 counts with.
func TestDecimal(t *testing.T) {
	literals := []string{
		"0", "-0", "0.0", "0e9", "1", "-1", "1.0", "10", "1e1", "1E+1", "100e-1", "0.1", "-0.10", "0.30", "12.50", "1e30", "1e-30", "-1e30", "7", "0.07", "1e-7",
		"18446744073709551615", "1844674407370955161.5", "10000000000000000000000000000000", "9999999999999999999", "0.00000000000000000001", "123456789012345678e12",
	}
	for _, a := range literals {
		x, ok := parseDecimal(a)
		if !ok {
			t.Errorf("%s is not read", a)
			continue
		}
		ra, _ := new(big.Rat).SetString(a)
		if x.isInteger() != ra.IsInt() {
			t.Errorf("%s is an integer: %v", a, x.isInteger())
		}
		for _, b := range literals {
			y, _ := parseDecimal(b)
			rb, _ := new(big.Rat).SetString(b)
			if got, want := x.compare(y), ra.Cmp(rb); got != want {
				t.Errorf("%s compared with %s: %d, want %d", a, b, got, want)
			}
			if got, want := x == y, ra.Cmp(rb) == 0; got != want {
				t.Errorf("%s equals %s: %v", a, b, got)
			}
			if rb.Sign() > 0 {
				if got, want := x.isMultipleOf(y), new(big.Rat).Quo(ra, rb).IsInt(); got != want {
					t.Errorf("%s is a multiple of %s: %v", a, b, got)
				}
			}
		}
	}
	for _, text := range []string{"", "-", "a", ".5", "1.2.3", "1e", "1e+", "1e1000", "18446744073709551616", "99999999999999999999", "1 "} {
		if d, ok := parseDecimal(text); ok {
			t.Errorf("%q is read as %v", text, d)
		}
	}
}

func TestDecimalOf(t *testing.T) {
	for text, want := range map[string]bool{"12.50": true, "1e30": true, "-3": true, "0.12345678901234567890123": false} {
		r, _ := new(big.Rat).SetString(text)
		d, ok := decimalOf(r)
		same, _ := parseDecimal(text)
		if ok != want || d != same {
			t.Errorf("%s: %v %v", text, d, ok)
		}
	}
	if _, ok := decimalOf(big.NewRat(1, 3)); ok {
		t.Error("a third is no decimal")
	}
}
