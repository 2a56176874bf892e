package mapping

import (
	"slices"

	"github.com/commande-publique/passerelle/internal/document"
)

// present is the word that asks for a value to be there, whatever it is.
const present = "present"

// condition is one condition of recognition: what stands at a place.
type condition struct {
	path path
	// texts are the possible values, compared with the text of a string, a number or a boolean as the source wrote it;
	// none means that any value but null will do.
	texts []string
}

func (c *condition) holds(doc *document.Doc) bool {
	v := c.path.find(doc.Root())
	switch v.Type() {
	case document.Absent, document.Null:
		return false
	case document.Array, document.Object:
		return c.texts == nil
	}
	return c.texts == nil || slices.Contains(c.texts, v.Text())
}

// implies reports whether documents that meet c meet d.
func (c *condition) implies(d *condition) bool {
	if c.path.text != d.path.text {
		return false
	}
	if d.texts == nil {
		return true
	}
	return c.texts != nil && !slices.ContainsFunc(c.texts, func(t string) bool { return !slices.Contains(d.texts, t) })
}

// meets reports whether one value at the place meets both conditions.
func (c *condition) meets(d *condition) bool {
	return c.path.text == d.path.text &&
		(c.texts == nil || d.texts == nil || slices.ContainsFunc(c.texts, func(t string) bool { return slices.Contains(d.texts, t) }))
}

// shadows reports whether every document that k recognises is taken by an earlier kind.
func (k *Kind) shadows(later *Kind) bool {
	for i := range k.recognise {
		implied := func(c condition) bool { return c.implies(&k.recognise[i]) }
		if !slices.ContainsFunc(later.recognise, implied) {
			return false
		}
	}
	return true
}
