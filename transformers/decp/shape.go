package decp

import (
	"strconv"

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
	item    string // the one member of the wrapper objects that came with 2.0.1
	list    bool   // whether the wrappers are the items of a list
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

// writer writes the canonical documents of one file and collects what it cannot carry.
type writer struct {
	faults  faults
	ignored []string
	path    []byte // JSON pointer of the value at hand: asking each value for its own would count items again and again
	flat    bool   // the form of 2.0.0: see flat.go
}

func (w *writer) write(doc *document.Doc, e entry, kind transformers.Kind, s *shape, party string) {
	source := e.value
	w.path = append(w.path[:0], e.list...)
	defer w.up(w.down(strconv.Itoa(e.index)))
	doc.SetRoot(document.Object, "", source.Ref())
	root := doc.Root()
	root.AddString("kind", string(kind), source.Ref())
	for m := range source.Children() {
		switch {
		case m.Name() == "_type" && w.flat: // kind replaces it
		case m.Name() == "kind" || m.Name() == "uid":
			w.faults.named(reservedMember, m)
		default:
			w.member(root, m, s)
		}
	}
	// The uid of all consumers of DECP: the buyer's SIRET followed by the contract's identifier.
	root.AddString("uid", root.Get(party).Get("id").Text()+root.Get("id").Text(), source.Ref())
}

// down adds a token to the path and returns the length that up takes it back to.
func (w *writer) down(token string) int {
	before := len(w.path)
	w.path = append(append(w.path, '/'), document.EscapeToken(token)...)
	return before
}

func (w *writer) up(before int) { w.path = w.path[:before] }

func (w *writer) member(out document.Value, v document.Value, s *shape) {
	defer w.up(w.down(v.Name()))
	name := v.Name()
	m, known := s.members[name]
	if w.flat {
		if !known {
			name, m, known = s.wrapperOf(v)
		}
		if m.item != "" && !wrapped(v, m) {
			w.wrap(out, name, v, m)
			return
		}
	}
	switch {
	case !known && !s.closed:
		w.ignored = append(w.ignored, string(w.path))
	case m.decimal && v.Type() == document.Number:
		out.Add(name, document.String, canonicalDecimal(v.Text()), v.Ref())
	case m.decimal:
		found := typeNames(v.Type())
		w.faults.named(amountType, v, found[0], found[1])
	default:
		w.value(out, name, v, m.of)
	}
}

// value writes a value of any type; s describes the objects in it, nil where everything is copied.
func (w *writer) value(out document.Value, name string, v document.Value, s *shape) {
	text := v.Text()
	switch {
	case v.Type() == document.Number:
		text = canonicalDecimal(text) // a count may be written 12.0: still an integer, and one form of it
	case w.flat:
		text = plainApostrophe(text)
	}
	copied := out.Add(name, v.Type(), text, v.Ref())
	index := 0
	for child := range v.Children() {
		switch {
		case v.Type() == document.Array:
			w.item(copied, "", child, s, index)
			index++
		case s != nil:
			w.member(copied, child, s)
		default:
			w.value(copied, child.Name(), child, nil)
		}
	}
}

// item writes an item of a source list.
func (w *writer) item(out document.Value, name string, v document.Value, s *shape, index int) {
	defer w.up(w.down(strconv.Itoa(index)))
	w.value(out, name, v, s)
}
