package canonical

import (
	"slices"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// UnexpectedNamespace refuses an element whose name is known, in another namespace than its own: its local name, the
// excerpt of its namespace, and the namespace that it has to be in.
var UnexpectedNamespace = violation.Spec{
	Code:     "unexpected_namespace",
	FR:       "élément %s dans l'espace de noms %q ; attendu : %q",
	EN:       "element %s in namespace %q; expected: %q",
	RemedyFR: "Corrigez le préfixe ou la déclaration xmlns de l'élément, puis renvoyez le document.",
	RemedyEN: "Correct the prefix or the xmlns declaration of the element, then send the document again.",
}

// RepeatedElement refuses an element that may stand once: its local name and that of the element around it.
var RepeatedElement = violation.Spec{
	Code:     "repeated_element",
	FR:       "élément %s répété ; attendu : une seule occurrence dans %s",
	EN:       "element %s is repeated; expected: a single occurrence in %s",
	RemedyFR: "Ne gardez qu'une occurrence de l'élément, puis renvoyez le document.",
	RemedyEN: "Keep one occurrence of the element, then send the document again.",
}

// maxFaults bounds the violations of one document: a person corrects the first ones, and headers must hold them.
const maxFaults = 20

// Faults collects what a reader of an XML document cannot read; beyond the first twenty they are counted in the last. The
// zero value is empty.
type Faults struct {
	List []violation.Violation
	of   []xmldoc.Element
}

// Refuse adds the violation of an element. One that is read several times is refused once.
func (f *Faults) Refuse(spec violation.Spec, e xmldoc.Element, args ...any) {
	switch {
	case slices.Contains(f.of, e):
	case f.Full():
		last := &f.List[maxFaults-1]
		last.Count = max(last.Count, 1) + 1
	default:
		at := e.Doc().Locate(e.Ref())
		f.List = append(f.List, spec.New(violation.At{Source: at.Path, Line: at.Line, Column: at.Column}, args...))
		f.of = append(f.of, e)
	}
}

// Full reports whether no further violation is told by itself.
func (f *Faults) Full() bool { return len(f.List) == maxFaults }
