package yamldoc

import (
	yaml "go.yaml.in/yaml/v4"

	"github.com/commande-publique/passerelle/internal/diag"
)

// converter turns the library's nodes into ours and refuses what the subset leaves out.
type converter struct {
	source  *source
	list    *diag.List
	count   int
	stopped bool // a bound was passed: nothing more is converted
}

func (c *converter) node(y *yaml.Node, parent *Node, depth int) *Node {
	n := &Node{Pos: diag.Position{File: c.source.file, Line: y.Line, Column: y.Column}, source: c.source, parent: parent}
	if c.count++; c.count > MaxNodes {
		c.stop(n.Pos, "plus de %d clés et valeurs", "more than %d keys and values", MaxNodes)
	} else if depth > MaxDepth {
		c.stop(n.Pos, "plus de %d niveaux d'imbrication", "more than %d levels of nesting", MaxDepth)
	}
	if c.stopped {
		return n
	}
	c.refuseExtras(y, n.Pos)
	switch y.Kind {
	case yaml.MappingNode:
		n.Kind = Mapping
		c.fields(y, n, depth)
	case yaml.SequenceNode:
		n.Kind = Sequence
		for i, item := range y.Content {
			child := c.node(item, n, depth+1)
			child.index = i
			n.Items = append(n.Items, child)
		}
	default: // a scalar; an alias was refused and stands as a null
		n.text = y.Value
		n.style = styleOf(y.Style)
		if y.Kind == yaml.AliasNode {
			n.text, n.style, n.broken = "", plain, true
		}
		n.moved = y.Anchor != "" || c.tagged(y)
		if n.style == literal || n.style == folded {
			n.header = y.Line
			n.Pos = n.contentStart()
		}
	}
	return n
}

func (c *converter) fields(y *yaml.Node, n *Node, depth int) {
	first := make(map[string]diag.Position, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content) && !c.stopped; i += 2 {
		key := c.node(y.Content[i], n, depth+1)
		value := c.node(y.Content[i+1], n, depth+1)
		value.key = key.text
		switch {
		case y.Content[i].Kind == yaml.AliasNode:
			continue
		case y.Content[i].Tag == "!!merge":
			c.list.Add(diag.Errorf(key.Pos, CodeAlias, "la clé de fusion \"<<\" n'est pas admise", "the merge key \"<<\" is not allowed").
				WithHint("écrivez les champs à leur place", "write the fields where they belong"))
			continue
		case key.Kind != Scalar || key.IsNull():
			foundFR, foundEN := key.found()
			c.list.Add(diag.Errorf(key.Pos, CodeKey, "attendu un nom comme clé, trouvé %[1]s", "expected a name as key, found %[2]s", foundFR, foundEN).
				WithHint("mettez la clé entre guillemets si c'est un texte", "put the key in quotes if it is text"))
			continue
		}
		if at, twice := first[key.text]; twice {
			c.list.Add(diag.Errorf(key.Pos, CodeDuplicateKey, "la clé %[1]s est écrite deux fois, d'abord à la ligne %[2]d",
				"the key %[1]s is written twice, first on line %[2]d", show(key.text), at.Line).
				WithHint("gardez l'une des deux", "keep one of the two"))
			continue
		}
		first[key.text] = key.Pos
		n.Fields = append(n.Fields, Field{Key: key, Value: value})
	}
}

// refuseExtras reports anchors, aliases and explicit tags.
func (c *converter) refuseExtras(y *yaml.Node, pos diag.Position) {
	switch {
	case y.Kind == yaml.AliasNode:
		c.list.Add(diag.Errorf(pos, CodeAlias, "l'alias %[1]s n'est pas admis", "the alias %[1]s is not allowed", show("*"+y.Value)).
			WithHint("répétez la valeur", "repeat the value"))
	case y.Anchor != "":
		c.list.Add(diag.Errorf(pos, CodeAlias, "l'ancre %[1]s n'est pas admise", "the anchor %[1]s is not allowed", show("&"+y.Anchor)).
			WithHint("supprimez-la et répétez la valeur où elle sert", "remove it and repeat the value where it is used"))
	}
	if c.tagged(y) {
		c.list.Add(diag.Errorf(pos, CodeTag, "l'étiquette de type %[1]s n'est pas admise", "the type tag %[1]s is not allowed", show(y.Tag)).
			WithHint("supprimez-la ; pour du texte, utilisez des guillemets", "remove it; for text, use quotes"))
	}
}

// tagged tells whether a tag stands before the value; the library does not note the tag "!".
func (c *converter) tagged(y *yaml.Node) bool {
	line := c.source.line(y.Line)
	return y.Style&yaml.TaggedStyle != 0 || y.Column >= 1 && y.Column <= len(line) && line[y.Column-1] == '!'
}

func (c *converter) stop(pos diag.Position, fr, en string, limit int) {
	if c.stopped {
		return
	}
	c.stopped = true
	c.list.Add(diag.Errorf(pos, CodeLimit, fr, en, limit).
		WithHint("simplifiez le fichier ou répartissez-le", "simplify the file or split it"))
}

func styleOf(s yaml.Style) style {
	switch {
	case s&yaml.LiteralStyle != 0:
		return literal
	case s&yaml.FoldedStyle != 0:
		return folded
	case s&yaml.SingleQuotedStyle != 0:
		return singleQuoted
	case s&yaml.DoubleQuotedStyle != 0:
		return doubleQuoted
	}
	return plain
}
