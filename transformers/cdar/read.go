package cdar

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// reader reads one message and collects what it cannot read: what every invoice shares is read for each of them, and told
// once.
type reader struct {
	*canonical.Writer
	canonical.Faults
}

// read writes the children of e that the shape has as members of out.
func (r *reader) read(out document.Value, e xmldoc.Element, s shape) {
	for child := range e.Children() {
		name := child.Name()
		switch f := s.find(name.Local); {
		case f == nil:
		case name.Space != ram:
			r.Refuse(canonical.UnexpectedNamespace, child, name.Local, violation.ExcerptEnd(name.Space), ram)
		default:
			r.member(out, child, f)
		}
	}
}

// member writes what a field makes of an element.
func (r *reader) member(out document.Value, e xmldoc.Element, f *field) {
	if f.in != "" {
		out = out.Object(f.in, e.Ref())
	}
	if f.form == inline {
		r.read(out, e, f.of)
		return
	}
	name := f.name
	switch {
	case f.list:
		out, name = out.Array(name, e.Ref()), ""
	case !out.Get(name).Exists():
	case f.form == lines: // the first has taken it
		r.Read(e)
		return
	default:
		r.Refuse(canonical.RepeatedElement, e, e.Name().Local, e.Parent().Name().Local)
		return
	}
	switch f.form {
	case text:
		r.Text(out, name, e)
	case lines:
		r.Lines(out, name, e)
	case decimal:
		r.Decimal(out, name, e)
	case moment, day:
		r.moment(out, name, e, f.form)
	case indicator:
		r.Bool(out, name, r.held(e, udt, "Indicator", "IndicatorString"))
	case object:
		r.read(out.Add(name, document.Object, "", e.Ref()), e, f.of)
	default:
		if e.Text() != "" { // else it says nothing, whatever its attributes
			r.complex(out.Add(name, document.Object, "", e.Ref()), e, f.form)
		}
	}
}

// complex writes the forms that are objects of an element's text and attributes.
func (r *reader) complex(out document.Value, e xmldoc.Element, as form) {
	switch as {
	case amount:
		r.Decimal(out, "value", e)
		r.Attr(out, "currency", e, "currencyID")
	case identifier:
		r.Text(out, "id", e)
		r.Attr(out, "scheme", e, "schemeID")
	case file:
		r.Text(out, "content", e)
		r.Attr(out, "mimeCode", e, "mimeCode")
		r.Attr(out, "filename", e, "filename")
	}
}

// held returns what an element of a composite type holds: its first child of one of the names.
func (r *reader) held(e xmldoc.Element, space string, names ...string) (found xmldoc.Element) {
	for child := range e.Children() {
		switch name := child.Name(); {
		case !slices.Contains(names, name.Local):
		case name.Space != space:
			r.Refuse(canonical.UnexpectedNamespace, child, name.Local, violation.ExcerptEnd(name.Space), space)
		case !found.Exists():
			found = child
		}
	}
	return found
}

func (r *reader) moment(out document.Value, name string, e xmldoc.Element, as form) {
	space := udt
	if as == day {
		space = qdt
	}
	in := r.held(e, space, "DateTimeString", "DateTime")
	r.String(out, name, iso(in.Text(), in.Attr("format")), in)
}

// layouts are the formats of dates (UNTDID 2379) that have a form in ISO 8601, by their number of digits: where the digits
// go, and the format's code.
var layouts = map[int]struct{ iso, format string }{
	len("20261124"):       {"0000-00-00", "102"},
	len("202611241530"):   {"0000-00-00T00:00", "203"},
	len("20261124153000"): {"0000-00-00T00:00:00", "204"},
}

// iso brings a date of a format of UNTDID 2379 into ISO 8601, one without format by its digits. Anything else stays as
// written, for the schema to refuse.
func iso(text, format string) string {
	layout, known := layouts[len(text)]
	if !known || strings.Trim(text, "0123456789") != "" || format != "" && format != layout.format {
		return text
	}
	out, next := []byte(layout.iso), 0
	for i, c := range out {
		if c == '0' {
			out[i] = text[next]
			next++
		}
	}
	return string(out)
}

// compact is the way back of [iso]: the digits of a date and their format, which is empty where it is in no such form.
func compact(text string) (digits, format string) {
	digits = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	if layout, known := layouts[len(digits)]; known && iso(digits, layout.format) == text {
		return digits, layout.format
	}
	return text, ""
}
