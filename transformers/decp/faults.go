package decp

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// maxFaults bounds the violations of one file: a person corrects the first ones, and headers must hold them.
const maxFaults = 20

// faults collects the violations of one file; those beyond the bound are counted in the last.
type faults struct{ list []violation.Violation }

func (f *faults) add(spec violation.Spec, v document.Value, args ...any) {
	if !f.full() {
		f.list = append(f.list, spec.New(at(v), args...))
	}
}

// named is add for texts whose first argument is the place. Places are looked for only when they are told: a file may
// hold a million faults.
func (f *faults) named(spec violation.Spec, v document.Value, args ...any) {
	if !f.full() {
		f.list = append(f.list, spec.New(at(v), append([]any{v.Pointer()}, args...)...))
	}
}

// full reports whether the bound is reached, and then counts one more fault.
func (f *faults) full() bool {
	if len(f.list) < maxFaults {
		return false
	}
	last := &f.list[maxFaults-1]
	last.Count = max(last.Count, 1) + 1
	return true
}

// expect refuses a value that is not of the type that its place asks for.
func (f *faults) expect(v document.Value, want document.Type) {
	w, found := typeNames(want), typeNames(v.Type())
	f.named(wrongType, v, w[0], found[0], w[1], found[1])
}

func at(v document.Value) violation.At {
	source := v.Source()
	return violation.At{Source: source.Path, Line: source.Line, Column: source.Column}
}

// typeNames returns the name of a JSON type in French and English.
func typeNames(t document.Type) [2]string {
	switch t {
	case document.Bool:
		return [2]string{"booléen", "a boolean"}
	case document.Number:
		return [2]string{"nombre", "a number"}
	case document.String:
		return [2]string{"texte", "a string"}
	case document.Array:
		return [2]string{"liste", "an array"}
	case document.Object:
		return [2]string{"objet", "an object"}
	default:
		return [2]string{"null", "null"}
	}
}
