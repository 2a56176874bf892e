package espd

import (
	"slices"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// form says how an element becomes a canonical member.
type form uint8

const (
	text       form = iota // its text
	lines                  // the texts of all elements of that name around, joined by line feeds
	decimal                // its number, a string in the form of canonical documents
	date                   // its day, without zone
	indicator              // true or false
	amount                 // {value, currency}
	quantity               // {value, unit}
	numeric                // {value, format}
	code                   // {code, list}
	identifier             // {id, scheme, agency}
	attachment             // {content, mimeCode, fileName}
	object                 // an object with the members of a shape
	inline                 // nothing of its own: its children become members of the object around
)

// field says which member an element becomes.
type field struct {
	form form
	name string
	in   string // the object member that gathers it, empty for none
	list bool   // the member is a list with one item for each element
	rest string // the list that takes the second and later elements, empty where one is allowed
	of   *shape // for object and inline
}

// shape maps the local names of child elements to members. Forms object and inline are cac elements, others cbc.
type shape struct{ fields map[string]field }

// reader writes one canonical document and collects what it cannot read.
type reader struct {
	*canonical.Writer
	canonical.Faults
}

var foreignNamespace = violation.Spec{
	Code:     "foreign_namespace",
	FR:       "élément %s dans l'espace de noms « %s », étranger à UBL 2",
	EN:       "element %s in namespace %q, which is not of UBL 2",
	RemedyFR: "Écrivez l'élément dans les espaces de noms CommonBasicComponents-2 ou CommonAggregateComponents-2, ou retirez-le.",
	RemedyEN: "Write the element in the namespaces CommonBasicComponents-2 or CommonAggregateComponents-2, or remove it.",
}

// read writes the children of e that the shape knows as members of out.
func (r *reader) read(out document.Value, e xmldoc.Element, s *shape) {
	var joined []string // the names whose elements lines has read already
	for child := range e.Children() {
		name := child.Name()
		f, known := s.fields[name.Local]
		switch {
		case known && name.Space == f.space() && slices.Contains(joined, name.Local):
			r.Read(child)
		case known && name.Space == f.space():
			if f.form == lines {
				joined = append(joined, name.Local)
			}
			r.member(out, child, f)
		case name.Space != basic && name.Space != aggregate && name.Space != extension:
			r.Refuse(foreignNamespace, child, name.Local, violation.ExcerptEnd(name.Space))
		}
	}
}

func (f field) space() string {
	if f.form == object || f.form == inline {
		return aggregate
	}
	return basic
}

func (r *reader) member(out document.Value, e xmldoc.Element, f field) {
	if f.form == inline {
		r.read(out, e, f.of)
		return
	}
	if f.in != "" {
		out = out.Object(f.in, e.Ref())
	}
	name := f.name
	switch {
	case f.list:
		out, name = out.Array(f.name, e.Ref()), ""
	case !out.Get(f.name).Exists():
	case f.rest != "":
		out, name = out.Array(f.rest, e.Ref()), ""
	default:
		r.Refuse(canonical.RepeatedElement, e, e.Name().Local, e.Parent().Name().Local)
		return
	}
	switch f.form {
	case text:
		r.String(out, name, e.Text(), e)
	case lines:
		r.Lines(out, name, e)
	case decimal:
		r.Decimal(out, name, e)
	case date:
		r.String(out, name, day(e.Text()), e)
	case indicator:
		r.Bool(out, name, e)
	default:
		r.object(out.Add(name, document.Object, "", e.Ref()), e, f)
	}
}

// object writes the forms that are objects.
func (r *reader) object(out document.Value, e xmldoc.Element, f field) {
	switch f.form {
	case object:
		r.read(out, e, f.of)
	case amount:
		r.Decimal(out, "value", e)
		r.Attr(out, "currency", e, "currencyID")
	case quantity:
		r.Decimal(out, "value", e)
		r.Attr(out, "unit", e, "unitCode")
	case numeric:
		r.Decimal(out, "value", e)
		r.Attr(out, "format", e, "format")
	case code:
		r.Text(out, "code", e)
		r.Attr(out, "list", e, "listID")
	case identifier:
		r.Text(out, "id", e)
		r.Attr(out, "scheme", e, "schemeID")
		r.Attr(out, "agency", e, "schemeAgencyID")
	case attachment:
		r.Text(out, "content", e)
		r.Attr(out, "mimeCode", e, "mimeCode")
		r.Attr(out, "fileName", e, "filename")
	}
}

// day cuts the zone from an xs:date (XML Schema part 2, 3.2.9): Z, +hh:mm or -hh:mm after the ten characters of the
// day. Anything else is returned unchanged.
func day(s string) string {
	if len(s) == len("2006-01-02Z") && s[10] == 'Z' ||
		len(s) == len("2006-01-02+01:00") && (s[10] == '+' || s[10] == '-') && s[13] == ':' {
		return s[:10]
	}
	return s
}
