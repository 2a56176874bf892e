package mapping

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// constant is a value that the file itself holds.
type constant struct {
	typ   document.Type
	text  string
	items []constant
}

// constantOf reads a constant: text, or a number, true, false and null without quotes, or a list of such.
func constantOf(n *yamldoc.Node) (*constant, *diag.Diagnostic) {
	switch {
	case n.Kind == yamldoc.Mapping:
		d := n.WrongType("un texte, un nombre, true, false, null ou une liste", "text, a number, true, false, null or a list")
		d.Code = CodeConstant
		d = d.WithHint("pour un objet, mettez ses membres sous « to: »", `for an object, put its members under "to:"`)
		return nil, &d
	case n.Kind == yamldoc.Sequence:
		c := &constant{typ: document.Array}
		for _, item := range n.Items {
			i, fault := constantOf(item)
			if fault != nil {
				return nil, fault
			}
			c.items = append(c.items, *i)
		}
		return c, nil
	case n.IsNull():
		return &constant{typ: document.Null}, nil
	case n.IsQuoted() || n.Text() == "":
		return &constant{typ: document.String, text: n.Text()}, nil
	case n.Text() == "true" || n.Text() == "false":
		return &constant{typ: document.Bool, text: n.Text()}, nil
	}
	return scalarOf(n)
}

// scalarOf reads a text without quotes, which may be a number. What looks like a number and is none is refused: it could
// be an identifier that lost its quotes.
func scalarOf(n *yamldoc.Node) (*constant, *diag.Diagnostic) {
	text := n.Text()
	numeric := text[0] == '-' || '0' <= text[0] && text[0] <= '9'
	if !numeric {
		return &constant{typ: document.String, text: text}, nil
	}
	if doc, _ := jsondoc.Parse([]byte(text)); doc != nil {
		return &constant{typ: document.Number, text: text}, nil
	}
	if strings.Trim(text[1:], "0123456789., _") != "" { // a date, a version
		return &constant{typ: document.String, text: text}, nil
	}
	d := diag.Errorf(n.Pos, CodeConstant, "%[1]q n'est ni un nombre JSON ni un texte entre guillemets", "%[1]q is neither a JSON number nor a text in quotes", cut(text)).
		WithHint("mettez-le entre guillemets si c'est un texte", "put it in quotes if it is a text")
	return nil, &d
}

// types returns the type of the constant as a set.
func (c *constant) types() types { return typeSet(c.typ) }
