package yamldoc

import (
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
)

// Kind is the shape of a Node.
type Kind int

// The shapes of a Node.
const (
	Scalar Kind = iota
	Mapping
	Sequence
)

// style is how a scalar is written.
type style int

const (
	plain style = iota
	singleQuoted
	doubleQuoted
	literal
	folded
)

// Node is one value of a YAML document. It is read-only for other packages; Expand alone changes
// nodes, before they are decoded.
type Node struct {
	Kind Kind
	// Pos is where the value starts: the opening quote of a quoted scalar, the first line of content
	// of a block scalar, the first key or item of a block collection.
	Pos diag.Position
	// Fields are the entries of a Mapping, in the order of the file; keys are unique.
	Fields []Field
	// Items are the items of a Sequence.
	Items []*Node
	// Reference tells that the text of a Scalar comes from a ${...} reference, so that it may be a
	// secret and must never be printed.
	Reference bool

	text   string
	style  style
	moved  bool // the text does not lie in the file at Pos: Expand changed it, or a tag stands before it
	broken bool // its fault was reported: nothing more is said about it
	source *source
	header int // for block scalars: the line of "|" or ">"
	parent *Node
	key    string // name in the parent, when that is a Mapping
	index  int    // place in the parent, when that is a Sequence
}

// Field is one entry of a Mapping. Key is a Scalar.
type Field struct {
	Key   *Node
	Value *Node
}

// Text gives the text of a Scalar, without quotes and with escapes resolved; it is "" for other kinds.
// A number keeps the digits that were written.
func (n *Node) Text() string { return n.text }

// IsNull tells whether the node is an unquoted null: nothing at all, "~" or "null".
func (n *Node) IsNull() bool {
	return n.Kind == Scalar && n.style == plain && !n.Reference && isNullWord(n.text)
}

func isNullWord(s string) bool {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// IsQuoted tells whether a Scalar is written in quotes or as a block, so that it can only mean text.
func (n *Node) IsQuoted() bool { return n.Kind == Scalar && n.style != plain }

// Field gives the value of a key of a Mapping, or nil.
func (n *Node) Field(key string) *Node {
	for _, f := range n.Fields {
		if f.Key.text == key {
			return f.Value
		}
	}
	return nil
}

// Path names the node from the top of the document, as "kafka.brokers[0]"; the top itself is "".
func (n *Node) Path() string {
	var steps []string
	for at := n; at.parent != nil; at = at.parent {
		if at.parent.Kind == Sequence {
			steps = append(steps, "["+strconv.Itoa(at.index)+"]")
		} else {
			steps = append(steps, "."+shownKey(at.key))
		}
	}
	var path strings.Builder
	for i := len(steps) - 1; i >= 0; i-- {
		path.WriteString(steps[i])
	}
	return strings.TrimPrefix(path.String(), ".")
}

// in gives the start of a message about the node, in both languages: its path and a colon.
func (n *Node) in() (fr, en string) {
	if path := n.Path(); path != "" {
		return path + " : ", path + ": "
	}
	return "", ""
}

// WrongType makes the diagnostic for a node of another type than expected; the two words say what was
// expected ("une liste", "a list"). Hooks use it, so that all such messages read alike.
func (n *Node) WrongType(expectedFR, expectedEN string) diag.Diagnostic {
	inFR, inEN := n.in()
	foundFR, foundEN := n.found()
	return diag.Errorf(n.Pos, CodeType, "%[1]sattendu %[2]s, trouvé %[3]s", "%[4]sexpected %[5]s, found %[6]s",
		inFR, expectedFR, foundFR, inEN, expectedEN, foundEN)
}

// WrongValue makes the diagnostic for a value of the right type that is not allowed.
func (n *Node) WrongValue(expectedFR, expectedEN string) diag.Diagnostic {
	d := n.WrongType(expectedFR, expectedEN)
	d.Code = CodeValue
	return d
}

// found says in words what the node is, without ever showing the value of a reference.
func (n *Node) found() (fr, en string) {
	switch {
	case n.Kind == Mapping && len(n.Fields) == 0:
		return "un objet vide", "an empty mapping"
	case n.Kind == Mapping:
		key := show(n.Fields[0].Key.text)
		return "un objet (premier champ " + key + ")", "a mapping (first field " + key + ")"
	case n.Kind == Sequence:
		count := strconv.Itoa(len(n.Items))
		return "une liste (longueur " + count + ")", "a list (length " + count + ")"
	case n.Reference:
		return "la valeur d'une référence ${...} (non montrée)", "the value of a ${...} reference (not shown)"
	case n.IsNull():
		return "aucune valeur", "no value"
	case n.style != plain:
		return "le texte " + show(n.text), "the text " + show(n.text)
	}
	return show(n.text), show(n.text)
}

// maxShownRunes keeps quoted values within a line of a terminal.
const maxShownRunes = 60

// show quotes a text for a message: cut when long, control characters escaped.
func show(s string) string {
	if runes := []rune(s[:min(len(s), 4*(maxShownRunes+1))]); len(runes) > maxShownRunes {
		s = string(runes[:maxShownRunes]) + "…"
	}
	return strconv.Quote(s)
}

func shownKey(s string) string {
	for _, r := range s {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return show(s)
		}
	}
	if s == "" || len(s) > maxShownRunes {
		return show(s)
	}
	return s
}
