package diag

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func at(file string, line, column int) Position {
	return Position{File: file, Line: line, Column: column}
}

func TestPositionString(t *testing.T) {
	for want, p := range map[string]Position{
		"":        {},
		"f":       {File: "f"},
		"f:3":     {File: "f", Line: 3},
		"f:3:7":   {File: "f", Line: 3, Column: 7},
		"3:7":     {Line: 3, Column: 7},
		"f.yaml":  {File: "f.yaml", Column: 4},
		"é:10:12": {File: "é", Line: 10, Column: 12},
	} {
		require.Equal(t, want, p.String())
	}
}

func TestListIsSortedAndCounts(t *testing.T) {
	var list List
	require.NoError(t, list.Err())
	list.Warnf(at("b", 1, 1), "w", "attention %s", "careful %s", "x")
	require.NoError(t, list.Err(), "a warning refuses nothing")
	require.False(t, list.HasErrors())
	list.Errorf(at("b", 1, 1), "e", "deux", "two")
	list.Errorf(at("a", 10, 2), "e", "un", "one")
	list.Errorf(at("a", 9, 30), "e", "zéro", "zero")
	list.Errorf(at("a", 9, 4), "e", "encore", "again")
	var got []string
	for _, d := range list.All() {
		got = append(got, d.EN)
	}
	require.Equal(t, []string{"again", "zero", "one", "two", "careful x"}, got)

	err := fmt.Errorf("configuration: %w", list.Err())
	var all *Errors
	require.True(t, errors.As(err, &all))
	require.Equal(t, 5, all.List.Len())
	require.Equal(t, "a:9:4: again\na:9:30: zero\na:10:2: one\nb:1:1: two", all.Error(), "the warning is no error")
}

func TestListIsBounded(t *testing.T) {
	var list, other List
	for i := range 150 {
		other.Warnf(at("f", i+1, 1), "w", "a", "w")
	}
	list.Append(other)
	for i := range 130 {
		list.Errorf(at("f", i+1, 1), "e", "e", "e")
	}
	require.Equal(t, 280, list.Len())
	require.Equal(t, 80, list.More())
	require.Len(t, list.All(), 200)
	require.Contains(t, list.Err().Error(), "\nand 30 more")
	var out strings.Builder
	require.NoError(t, Print(&out, list, nil, English))
	require.True(t, strings.HasSuffix(out.String(), "\nand 80 more\n"))
	out.Reset()
	require.NoError(t, Print(&out, list, nil, French))
	require.True(t, strings.HasSuffix(out.String(), "\net 80 de plus\n"))
}

func TestPrint(t *testing.T) {
	source := "a: 1\n\tb: x\n文字é e\u0301: y\r\n" + strings.Repeat("0123456789", 40) + "\nesc \x1b[31m red\n\n"
	cases := []struct {
		name string
		d    Diagnostic
		want string
	}{
		{"plain", Errorf(at("f", 1, 4), "code", "x", "bad"), "f:1:4: error: bad [code]\n    a: 1\n       ^\n"},
		{"tab", Errorf(at("f", 2, 5), "", "x", "bad"), "f:2:5: error: bad\n    \tb: x\n    \t   ^\n"},
		{"wide and combining", Errorf(at("f", 3, 8), "", "x", "bad"), "f:3:8: error: bad\n    文字é e\u0301: y\n            ^\n"},
		{"past the end", Errorf(at("f", 1, 99), "", "x", "bad"), "f:1:99: error: bad\n    a: 1\n        ^\n"},
		{"no column", Errorf(at("f", 1, 0), "", "x", "bad"), "f:1: error: bad\n    a: 1\n    ^\n"},
		{"long line", Errorf(at("f", 4, 201), "", "x", "bad"),
			"f:4:201: error: bad\n    …" + strings.Repeat("0123456789", 16) + "…\n    " + strings.Repeat(" ", 81) + "^\n"},
		{"escape sequence", Errorf(at("f", 5, 5), "", "x", "bad"), "f:5:5: error: bad\n    esc \uFFFD[31m red\n        ^\n"},
		{"blank line", Errorf(at("f", 6, 1), "", "x", "bad"), "f:6:1: error: bad\n"},
		{"no such line", Errorf(at("f", 99, 1), "", "x", "bad"), "f:99:1: error: bad\n"},
		{"whole file", Errorf(at("f", 0, 0), "", "x", "bad").WithHint("faire", "do %d", 1), "f: error: bad\n    hint: do 1\n"},
		{"nowhere", Warnf(Position{}, "", "x", "odd"), "warning: odd\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var list List
			list.Add(c.d)
			var out strings.Builder
			require.NoError(t, Print(&out, list, func(string) []byte { return []byte("\ufeff" + source) }, English))
			require.Equal(t, c.want, out.String())
		})
	}
}

func TestPrintFrench(t *testing.T) {
	var list List
	list.Add(Errorf(at("f", 1, 1), "c", "mauvais", "bad").WithHint("corriger", "correct"), Warnf(at("f", 2, 1), "c", "curieux", "odd"))
	var out strings.Builder
	require.NoError(t, Print(&out, list, func(string) []byte { return nil }, French))
	require.Equal(t, "f:1:1: erreur : mauvais [c]\n    aide : corriger\nf:2:1: avertissement : curieux [c]\n", out.String())
}

func TestNearest(t *testing.T) {
	known := []string{"topic", "when", "form", "from", "dead_letter", "invoicing", "to"}
	for word, want := range map[string]string{
		"topci":                     "topic", // two neighbours swapped count one
		"tpic":                      "topic",
		"Topic":                     "topic",
		"whne":                      "when",
		"fomr":                      "form",
		"frm":                       "form", // as near as from, and first in the alphabet
		"dead-letter":               "dead_letter",
		"deadleter":                 "dead_letter",
		"invocing":                  "invoicing",
		"tw":                        "",
		"zzzz":                      "",
		"":                          "",
		"completely else":           "",
		strings.Repeat("topic", 20): "",
	} {
		require.Equal(t, want, Nearest(word, known), word)
	}
	require.Empty(t, Nearest("topic", nil))
	require.Equal(t, "abce", Nearest("abcd", []string{"abcf", "abce"}), "the order of the candidates does not matter")
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"ab", "ba", 1}, {"ca", "abc", 3}, {"kitten", "sitting", 3}, {"été", "ete", 2}} {
		require.Equal(t, c.want, distance([]rune(c.a), []rune(c.b)), c)
		require.Equal(t, c.want, distance([]rune(c.b), []rune(c.a)), c)
	}
}
