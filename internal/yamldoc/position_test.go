package yamldoc

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/diag"
)

// TestPositionAt looks for the letter X of the value and expects the X of the file.
func TestPositionAt(t *testing.T) {
	cases := map[string]string{
		"plain":                       "when: a == X\n",
		"plain, wide before":          "é文: é文 X\n",
		"plain in a flow":             "when: [a, b X c, d]\n",
		"plain with comment":          "when: a X # c\n",
		"plain on two lines":          "when: a\n  b\n\n  c X d\nelse: 1\n",
		"plain, blanks at line end":   "when: a   \n   b X\n",
		"single quotes":               "when: 'a X'\n",
		"single quotes, doubled":      "when: 'it''s '' X'\n",
		"single quotes, three lines":  "when: 'a  \n\n   b''\n   X'\n",
		"double quotes":               "when: \"a X\"\n",
		"double quotes, escapes":      `when: "\" \\ \u00e9 \x41 \U0001F600 \t X"` + "\n",
		"double quotes, line escape":  `when: "a\n\n  b X"` + "\n",
		"double quotes, two lines":    "when: \"a \\\n    b\n    X\"\n",
		"literal":                     "when: |\n  X\n",
		"literal, second line":        "when: |\n  a\n    b é X\n  c\n",
		"literal, blank lines first":  "when: |\n\n\n  a\n\n  X\n",
		"literal, stripped":           "a:\n  - when: |-\n      a &&\n      X\n\n\nb: 1\n",
		"literal, kept":               "when: |+\n  a\n  X\n\n",
		"literal, header comment":     "when: | # why\n  a\n  X\n",
		"literal, indentation given":  "when: |2\n    a\n   X\n",
		"literal, tabs":               "when: |\n  \ta\tX\n",
		"literal, CRLF":               "when: |\r\n  a\r\n  b X\r\n",
		"literal, comment-like lines": "when: |\n  # a\n  X\n",
		"literal in a list":           "- |\n a\n X\n",
		"folded":                      "when: >\n  a\n  b X\n",
		"folded, paragraphs":          "when: >-\n  a\n  b\n\n  c\n  d X e\n",
		"folded, more indented":       "when: >\n  a\n    b\n    X\n  c\n",
		"folded, blank lines first":   "when: >\n\n  a\n  X\n",
		"byte-order mark":             "\ufeffwhen: a X\n",
	}
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			n, list := Parse("f", []byte(data))
			require.NoError(t, list.Err())
			scalar := findX(n)
			require.NotNil(t, scalar)
			var s String
			require.NoError(t, Decode(scalar, &s).Err())
			line, column := placeOfX(s.Value)
			wantLine, wantColumn := placeOfX(strings.TrimPrefix(data, "\ufeff"))
			require.Equal(t, diag.Position{File: "f", Line: wantLine, Column: wantColumn}, s.PositionAt(line, column))
		})
	}
}

func placeOfX(text string) (line, column int) {
	before, _, _ := strings.Cut(text, "X")
	return strings.Count(before, "\n") + 1, len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
}

func findX(n *Node) *Node {
	if strings.Contains(n.Text(), "X") {
		return n
	}
	children := n.Items
	for _, f := range n.Fields {
		children = append(children, f.Value)
	}
	for _, child := range children {
		if found := findX(child); found != nil {
			return found
		}
	}
	return nil
}

func TestPositionAtBeyond(t *testing.T) {
	var got struct {
		Literal String `yaml:"literal"`
		Plain   String `yaml:"plain"`
		Quoted  String `yaml:"quoted"`
		Empty   String `yaml:"empty"`
		Block   String `yaml:"block"`
	}
	data := "literal: |\n  ab\n  cd\nplain: ab\nquoted: 'ab'\nempty: ''\nblock: |\n"
	require.NoError(t, Unmarshal("f", []byte(data), &got).Err())
	at := func(line, column int) diag.Position { return diag.Position{File: "f", Line: line, Column: column} }
	require.Equal(t, at(2, 5), got.Literal.PositionAt(1, 99), "just after the line")
	require.Equal(t, at(2, 3), got.Literal.PositionAt(0, 0))
	require.Equal(t, at(4, 10), got.Plain.PositionAt(9, 99), "just after the value")
	require.Equal(t, at(5, 9), got.Quoted.Pos, "the quote")
	require.Equal(t, at(5, 10), got.Quoted.PositionAt(1, 1), "the first letter")
	require.Equal(t, at(5, 12), got.Quoted.PositionAt(1, 3))
	require.Equal(t, at(6, 8), got.Empty.PositionAt(1, 1))
	require.Equal(t, at(7, 8), got.Block.PositionAt(1, 1))
	require.Equal(t, diag.Position{}, String{Value: "default"}.PositionAt(1, 3))
}
