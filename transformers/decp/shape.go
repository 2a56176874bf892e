package decp

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// shape is an object of the DECP model: its members, and whether others are carried too.
type shape struct {
	members map[string]member
	// closed keeps unknown members, which the schema then refuses as the official one does. An open object's unknown
	// members are not carried: the official schema accepts them without a meaning.
	closed bool
}

// member says how a member is carried. The zero member is copied as it is.
type member struct {
	decimal bool   // an amount or a rate: a JSON number that becomes a decimal string
	of      *shape // an object, or a list of objects
}

var amountType = violation.Spec{
	Code:     "decp_amount_not_number",
	FR:       "%[1]s : nombre JSON attendu (par exemple 12500.50) ; trouvé : %[2]s",
	EN:       "%[1]s: a JSON number expected (for example 12500.50), %[3]s found",
	RemedyFR: "Écrivez le montant ou le taux comme nombre JSON, sans guillemets, avec un point décimal.",
	RemedyEN: "Write the amount or rate as a JSON number, without quotes, with a decimal point.",
}

var reservedMember = violation.Spec{
	Code:     "decp_reserved_member",
	FR:       "%s n'est pas un membre de DECP 2.0 ; la forme canonique le calcule elle-même",
	EN:       "%s is not a member of DECP 2.0; the canonical form computes it itself",
	RemedyFR: "Retirez ce membre du contrat, puis renvoyez le fichier.",
	RemedyEN: "Remove this member from the contract and send the file again.",
}

// writer writes one canonical document.
type writer struct {
	origin  places
	faults  []violation.Violation
	ignored []string
	typed   bool // entries have _type (2.0.0), which kind replaces
}

// places holds the source value of each canonical value; a reference is an index plus one.
type places []document.Value

// Locate implements [document.Origin].
func (p *places) Locate(ref document.Ref) document.Source {
	if ref <= 0 || int(ref) > len(*p) {
		return document.Source{}
	}
	return (*p)[ref-1].Source()
}

func (w *writer) write(source document.Value, kind transformers.Kind, s *shape, party string) *document.Doc {
	doc := document.New(&w.origin, 64)
	root := doc.Root()
	doc.SetRoot(document.Object, "", w.ref(source))
	root.AddString("kind", string(kind), w.ref(source))
	for m := range source.Children() {
		switch {
		case m.Name() == "_type" && w.typed:
		case m.Name() == "kind" || m.Name() == "uid":
			w.faults = append(w.faults, reservedMember.New(at(m), m.Source().Path))
		default:
			w.member(root, m, s)
		}
	}
	// The uid of all consumers of DECP: the buyer's SIRET followed by the contract's identifier.
	root.AddString("uid", root.Get(party).Get("id").Text()+root.Get("id").Text(), w.ref(source))
	return doc
}

func (w *writer) ref(v document.Value) document.Ref {
	w.origin = append(w.origin, v)
	return document.Ref(len(w.origin))
}

func (w *writer) member(out document.Value, v document.Value, s *shape) {
	m, known := s.members[v.Name()]
	switch {
	case !known && !s.closed:
		w.ignored = append(w.ignored, v.Source().Path)
	case m.decimal && v.Type() == document.Number:
		out.Add(v.Name(), document.String, Decimal(v.Text()), w.ref(v))
	case m.decimal:
		found := typeNames[v.Type()]
		w.faults = append(w.faults, amountType.New(at(v), v.Source().Path, found[0], found[1]))
	default:
		w.value(out, v, m.of)
	}
}

// value writes a value of any type; s describes the objects in it, nil where everything is copied.
func (w *writer) value(out document.Value, v document.Value, s *shape) {
	text := v.Text()
	if v.Type() == document.Number {
		text = Decimal(text) // a count may be written 12.0: still an integer, and one form of it
	}
	copied := out.Add(v.Name(), v.Type(), text, w.ref(v))
	for child := range v.Children() {
		if v.Type() == document.Object && s != nil {
			w.member(copied, child, s)
		} else {
			w.value(copied, child, s)
		}
	}
}
