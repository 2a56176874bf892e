package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/expr"
)

// Canonical is the name of the syntax of canonical documents, beside those that bindings name.
const Canonical = "canonical"

// vocabulary is what rules about some kinds of documents may name. It grows while packs are loaded and is read-only
// afterwards.
type vocabulary struct {
	shape *expr.Shape
	// canonical has every term that the schemas number, and those places without number that a rule mentions.
	canonical *canonicalModel
	// numbered are the types of the terms that the schemas number, such as BT-131.
	numbered map[string]termType
	// technical are the names that only bindings know, with the syntaxes that have them.
	technical map[string]string
	// names are all of them, to suggest the nearest.
	names []string
	// bindings are those of the kinds.
	bindings []*binding
}

// canonicalModel is the model of canonical documents, with the way from a document to its facts.
type canonicalModel struct {
	*model
	members [][]member // of each slot
	places  map[string]*slot
}

// member is a member of an object that is a slot of its own.
type member struct {
	name string
	slot *slot
	// text names the member of an object that holds its text: an identifier with its scheme is a term, and its "id" too.
	text string
}

func newVocabulary(shape *expr.Shape) *vocabulary {
	v := &vocabulary{shape: shape, numbered: map[string]termType{}, technical: map[string]string{}}
	v.canonical = &canonicalModel{model: newModel(Canonical), members: make([][]member, 1), places: map[string]*slot{"": nil}}
	v.canonical.places[""] = v.canonical.root()
	for _, pointer := range shape.TermPointers() {
		v.place(pointer)
	}
	for _, s := range v.canonical.slots[1:] {
		if !strings.HasPrefix(s.name, "/") {
			v.numbered[s.name] = s.typ
			v.names = append(v.names, s.name)
		}
	}
	slices.Sort(v.names)
	return v
}

// place returns the slot of a pointer, nil when no document has anything there. A list stands for its items.
func (v *vocabulary) place(pointer string) *slot {
	if !v.shape.Known(pointer) {
		return nil
	}
	if v.shape.HasItems(pointer) {
		pointer += "/*"
	}
	if s := v.canonical.places[pointer]; s != nil {
		return s
	}
	cut := strings.LastIndexByte(pointer, '/')
	holder, name := pointer[:cut], pointer[cut+1:]
	if name == "*" {
		cut = strings.LastIndexByte(holder, '/')
		holder, name = holder[:cut], holder[cut+1:]
		if name == "*" { // a list in a list: items have no name
			holder, name = holder+"/*", ""
		}
	}
	up := v.place(holder)
	if up == nil {
		return nil
	}
	term := v.shape.Term(pointer)
	if term != "" && term == up.name { // the text of an object that is the term itself
		v.canonical.places[pointer] = up
		up.typ = v.typeAt(pointer)
		for i := range v.canonical.members[up.up.id] {
			if m := &v.canonical.members[up.up.id][i]; m.slot == up {
				m.text = unescape(name)
			}
		}
		return up
	}
	if term == "" || v.canonical.byName[term] != nil {
		term = pointer
	}
	s := v.canonical.add(up, term, v.typeAt(pointer))
	s.pointer = pointer
	v.canonical.places[pointer] = s
	v.canonical.members = append(v.canonical.members, nil)
	v.canonical.members[up.id] = append(v.canonical.members[up.id], member{name: unescape(name), slot: s})
	return s
}

func (v *vocabulary) typeAt(pointer string) termType {
	switch {
	case v.shape.IsDecimal(pointer):
		return decimalTerm
	case v.shape.IsDate(pointer):
		return dateTerm
	case len(v.shape.Members(pointer)) > 0:
		return groupTerm
	}
	return textTerm
}

func unescape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

// read takes the facts from a canonical document; their places are the indexes of its values.
func (m *canonicalModel) read(f *facts, doc *document.Doc) {
	f.reset(m.model, 0)
	m.object(f, doc.Root(), m.root(), 0)
}

func (m *canonicalModel) object(f *facts, v document.Value, s *slot, at int32) {
	members := m.members[s.id]
	if len(members) == 0 {
		return
	}
	for child := v.First(); child.Exists(); child = child.Next() {
		name := child.Name()
		for i := range members {
			if members[i].name != name {
				continue
			}
			if child.Type() == document.Array {
				for item := child.First(); item.Exists(); item = item.Next() {
					m.value(f, item, &members[i], at)
				}
			} else {
				m.value(f, child, &members[i], at)
			}
			break
		}
	}
}

func (m *canonicalModel) value(f *facts, v document.Value, as *member, up int32) {
	text := v.Text()
	if as.text != "" {
		text = v.Get(as.text).Text()
	}
	at := f.add(as.slot, up, text, int32(v.Index()))
	m.object(f, v, as.slot, at)
}
