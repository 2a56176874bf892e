package money

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, text := range []string{"0", "-1", "12.50", "007", "0.005", "-0.10", strings.Repeat("9", 40)} {
		d, err := Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		} else if got := d.String(); strings.TrimLeft(got, "0") != strings.TrimLeft(text, "0") && got != text {
			t.Errorf("Parse(%q).String() = %q", text, got)
		}
	}
	for _, text := range []string{
		"", "-", ".", "5.", ".5", "+1", "--1", "1.2.3", "12,50", " 1", "1 ", "1e3", "NaN", "Infinity", "0x10", "１", "1_000",
		strings.Repeat("9", 41), "1." + strings.Repeat("0", 39),
	} {
		if d, err := Parse(text); !errors.Is(err, ErrMalformed) {
			t.Errorf("Parse(%q) = %v, %v; want ErrMalformed", text, d, err)
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{"-0": "0", "-0.00": "0.00", "10": "10", "10.00": "10.00"} {
		if got := parse(t, text).String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if got := (Decimal{}).String(); got != "0" {
		t.Errorf("zero value: %s", got)
	}
	if got := FromInt(1200).String(); got != "1200" {
		t.Errorf("FromInt: %s", got)
	}
}

func TestRoundHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		text   string
		places int
		want   string
	}{
		{"2.345", 2, "2.35"}, {"-2.345", 2, "-2.35"}, {"2.344999", 2, "2.34"}, {"2.5", 0, "3"}, {"-2.5", 0, "-3"},
		{"1.005", 2, "1.01"}, {"7", 2, "7"}, {"-0.004", 2, "0"}, {"2.345", -3, "2"},
	} {
		if got := parse(t, c.text).Round(c.places); got.Cmp(parse(t, c.want)) != 0 {
			t.Errorf("Round(%s, %d) = %s, want %s", c.text, c.places, got, c.want)
		}
	}
}

// The judge of the arithmetic is math/big.
func TestArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.StringMatching(`-?[0-9]{1,18}(\.[0-9]{1,12})?`)
		x, y := number.Draw(rt, "x"), number.Draw(rt, "y")
		dx, dy := parse(rt, x), parse(rt, y)
		rx, _ := new(big.Rat).SetString(x)
		ry, _ := new(big.Rat).SetString(y)
		for _, c := range []struct {
			name string
			got  Decimal
			want *big.Rat
		}{
			{"add", dx.Add(dy), new(big.Rat).Add(rx, ry)},
			{"sub", dx.Sub(dy), new(big.Rat).Sub(rx, ry)},
			{"mul", dx.Mul(dy), new(big.Rat).Mul(rx, ry)},
			{"neg", dx.Neg(), new(big.Rat).Neg(rx)},
		} {
			if got, _ := new(big.Rat).SetString(c.got.String()); got.Cmp(c.want) != 0 {
				rt.Errorf("%s(%s, %s) = %s", c.name, x, y, c.got)
			}
		}
		if got, want := dx.Cmp(dy), rx.Cmp(ry); got != want {
			rt.Errorf("Cmp(%s, %s) = %d", x, y, got)
		}
		if dx.IsZero() != (rx.Sign() == 0) {
			rt.Errorf("IsZero(%s)", x)
		}
	})
}

func parse(t interface {
	Helper()
	Fatal(...any)
}, text string) Decimal {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
