package decp

import "github.com/commande-publique/passerelle/internal/document"

// Version 2.0.0 wrote lists of codes and of objects without the wrapper objects of 2.0.1, and a single contractor,
// modification or subcontracting act as an object instead of a list. The canonical form has the wrappers, so that
// contracts of all versions read alike; the canonical schema then asks of them what 2.0.4 asks.

// wrapperOf returns the member that wraps a list of codes which 2.0.0 wrote bare: technique is now in techniques. An
// object that has both keeps the bare one as it is, unknown.
func (s *shape) wrapperOf(bare document.Value) (name string, m member, known bool) {
	for name, m := range s.members {
		if m.item == bare.Name() && !m.list && !bare.Parent().Get(name).Exists() {
			return name, m, true
		}
	}
	return bare.Name(), member{}, false
}

// wrapped reports whether a value already has the form of 2.0.1.
func wrapped(v document.Value, m member) bool {
	if !m.list {
		return v.Type() == document.Object
	}
	if v.Type() != document.Array {
		return false
	}
	for item := range v.Children() {
		if item.Get(m.item).Type() != document.Object {
			return false
		}
	}
	return true
}

// wrap writes a value of 2.0.0 in the form of 2.0.1.
func (w *writer) wrap(out document.Value, name string, v document.Value, m member) {
	of := m.of.members[m.item].of
	if !m.list {
		w.value(out.Add(name, document.Object, "", v.Ref()), m.item, v, of)
		return
	}
	list := out.Add(name, document.Array, "", v.Ref())
	if v.Type() != document.Array {
		w.value(list.Item(v.Ref()), m.item, v, of)
		return
	}
	index := 0
	for item := range v.Children() {
		w.item(list.Item(item.Ref()), m.item, item, of, index)
		index++
	}
}

// plainApostrophe gives the two codes that 2.0.0 wrote with a typographic apostrophe (U+2019) the spelling that they
// have had since.
func plainApostrophe(text string) string {
	switch text {
	case "Système d’acquisition dynamique":
		return "Système d'acquisition dynamique"
	case "Techniques de l’information et de la communication":
		return "Techniques de l'information et de la communication"
	}
	return text
}
