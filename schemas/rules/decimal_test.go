package rules

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func dec(t testing.TB, text string) decimal {
	t.Helper()
	d, ok := parseDecimal(text)
	if !ok {
		t.Fatalf("%q is no decimal", text)
	}
	return d
}

func rat(d decimal) *big.Rat { return new(big.Rat).SetFrac(d.wide(), bigPow10(d.scale)) }

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "+1.50": "1.50", ".5": "0.5", "5.": "5", "007": "7", "-0.001": "-0.001", "9223372036854775807": "9223372036854775807",
		"9223372036854775808": "9223372036854775808", "-9223372036854775808": "-9223372036854775808", "12345678901234567890.123": "12345678901234567890.123",
		"00000000000000000000001": "1",
	} {
		if got := dec(t, text).String(); got != want {
			t.Errorf("%q reads %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "+", "-", ".", "-.", "1e3", "1,5", " 1", "1 ", "1.2.3", "0x1", "--1", "١", strings.Repeat("1", maxDigits+1)} {
		if d, ok := parseDecimal(text); ok {
			t.Errorf("%q reads %s", text, d)
		}
	}
}

// Arithmetic is exact, at the edge of 64 bits and beyond.
func TestDecimalArithmetic(t *testing.T) {
	number := rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,5}(\.[0-9]{1,4})?`), rapid.StringMatching(`-?[0-9]{15,25}(\.[0-9]{1,20})?`),
		rapid.SampledFrom([]string{"0", "0.5", "-0.5", "9223372036854775807", "-9223372036854775807", "9223372036854775808", "-9223372036854775808", "0.000000000000000001"}))
	rapid.Check(t, func(t *rapid.T) {
		a, _ := parseDecimal(number.Draw(t, "a"))
		b, _ := parseDecimal(number.Draw(t, "b"))
		places := rapid.Int32Range(0, 4).Draw(t, "places")
		for name, got := range map[string][2]*big.Rat{
			"+":   {rat(a.add(b)), new(big.Rat).Add(rat(a), rat(b))},
			"-":   {rat(a.sub(b)), new(big.Rat).Sub(rat(a), rat(b))},
			"*":   {rat(a.mul(b)), new(big.Rat).Mul(rat(a), rat(b))},
			"abs": {rat(a.abs()), new(big.Rat).Abs(rat(a))},
		} {
			if got[0].Cmp(got[1]) != 0 {
				t.Fatalf("%s %s %s = %s, want %s", a, name, b, got[0], got[1])
			}
		}
		if a.cmp(b) != rat(a).Cmp(rat(b)) {
			t.Fatalf("%s against %s: %d", a, b, a.cmp(b))
		}
		double, err := strconv.ParseFloat(a.String(), 64)
		if err != nil || rat(a.binary()).Cmp(new(big.Rat).SetFloat64(double)) != 0 {
			t.Fatalf("binary(%s) = %s, want %v", a, a.binary(), double)
		}
		// round is floor(a*10^p + 1/2) / 10^p
		scaled := new(big.Rat).Add(new(big.Rat).Mul(rat(a), new(big.Rat).SetInt(bigPow10(places))), big.NewRat(1, 2))
		floor := new(big.Int).Div(scaled.Num(), scaled.Denom()) // Euclidean, and the denominator is positive
		if want := new(big.Rat).SetFrac(floor, bigPow10(places)); rat(a.round(places)).Cmp(want) != 0 {
			t.Fatalf("round(%s, %d) = %s, want %s", a, places, a.round(places), want)
		}
		if b.sign() == 0 {
			return
		}
		q := new(big.Rat).Quo(rat(a), rat(b))
		off := new(big.Rat).Abs(new(big.Rat).Sub(rat(a.quo(b)), q))
		if half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), bigPow10(quotientScale))); off.Cmp(half) > 0 {
			t.Fatalf("%s / %s = %s, off by %s", a, b, a.quo(b), off)
		}
	})
}

func TestDates(t *testing.T) {
	for _, same := range [][2]string{{"2026-02-28", "20260228"}, {"2026-02-28Z", "2026-02-28+00:00"}, {"2026-02-28", "2026-02-28Z"}} {
		a, okA := parseDate(same[0])
		b, okB := parseDate(same[1])
		if !okA || !okB || a != b {
			t.Errorf("%v: %d %v, %d %v", same, a, okA, b, okB)
		}
	}
	for _, row := range [][2]string{{"2026-02-28", "2026-03-01"}, {"2026-02-28+02:00", "2026-02-28"}, {"2024-02-29", "20240301"}, {"2026-02-28", "2026-02-28-14:00"}, {"0001-01-01", "1970-01-01"}} {
		a, okA := parseDate(row[0])
		b, okB := parseDate(row[1])
		if !okA || !okB || a >= b {
			t.Errorf("%v: %d %v, %d %v", row, a, okA, b, okB)
		}
	}
	for _, text := range []string{"", "2026-02-30", "2026-13-01", "2026-2-1", "26-02-01", "2026/02/01", "20260230", "2026022", "202602288", "2026-02-28 ", "2026-02-28+15:00", "2026-02-28+1:00", "2026-02-28+01:60", "2026-00-10", "2026-01-00"} {
		if _, ok := parseDate(text); ok {
			t.Errorf("%q is a date", text)
		}
	}
}
