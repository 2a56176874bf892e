package cii

import (
	"iter"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// mapping is the work on one document.
type mapping struct {
	w        *canonical.Writer
	source   *xmldoc.Doc
	currency string // BT-5, empty when the source has none
	extended bool   // the invoice follows the French extended profile
	found    []finding
}

// finding is a violation whose JSON pointer is known only when the canonical document is finished, because empty
// items are removed from its arrays.
type finding struct {
	violation violation.Violation
	place     document.Value
}

// maxFindings bounds the violations of one document: enough to correct it, and locating one costs time in proportion
// to its siblings, so that a hostile document cannot buy more of it.
const maxFindings = 100

func (m *mapping) report(spec violation.Spec, e xmldoc.Element, place document.Value, term string, args ...any) {
	if len(m.found) >= maxFindings {
		for i := range m.found {
			if v := &m.found[i].violation; v.Code == spec.Code {
				v.Count = max(v.Count, 1) + 1
				return
			}
		}
	}
	source := m.source.Locate(e.Ref())
	at := violation.At{Source: source.Path, Line: source.Line, Column: source.Column, Term: term}
	m.found = append(m.found, finding{spec.New(at, args...), place})
}

// verdict returns what was found, in the order of the source. The canonical document must be finished.
func (m *mapping) verdict() []violation.Violation {
	violations := make([]violation.Violation, 0, len(m.found))
	for _, f := range m.found {
		f.violation.Pointer = f.place.Pointer()
		violations = append(violations, f.violation)
	}
	violation.Sort(violations)
	return violations
}

// each yields the children with that name. A child that has the name but not the namespace is a violation.
// The mapping asks for every name of an element once, so nothing is reported twice.
func (m *mapping) each(parent xmldoc.Element, space, local string) iter.Seq[xmldoc.Element] {
	return func(yield func(xmldoc.Element) bool) {
		for child := range parent.Children() {
			name := child.Name()
			switch {
			case name.Local != local:
			case name.Space != space:
				m.report(canonical.UnexpectedNamespace, child, document.Value{}, "", local, violation.ExcerptEnd(name.Space), space)
			case !yield(child):
				return
			}
		}
	}
}

// one returns the only child with that name, absent when there is none. Every further one is a violation: EN 16931
// allows one, and to choose between them would be to guess.
func (m *mapping) one(parent xmldoc.Element, space, local, term string) xmldoc.Element {
	var only xmldoc.Element
	for child := range m.each(parent, space, local) {
		if only.Exists() {
			m.report(canonical.RepeatedElement, child, document.Value{}, term, local, parent.Name().Local)
			continue
		}
		only = child
	}
	return only
}

// text writes the text of a child, once at most.
func (m *mapping) text(out document.Value, name string, parent xmldoc.Element, local, term string) {
	defer m.locate(len(m.found), out, name)
	m.w.Text(out, name, m.one(parent, ram, local, term))
}

// identifier writes a child as an object of id and scheme. An empty element identifies nothing, whatever its scheme.
func (m *mapping) identifier(out document.Value, name string, parent xmldoc.Element, local, term string) {
	defer m.locate(len(m.found), out, name)
	if e := m.one(parent, ram, local, term); e.Text() != "" {
		m.w.Identifier(out, name, e, "schemeID")
	}
}

// decimal writes a child as a quantity or rate.
func (m *mapping) decimal(out document.Value, name string, parent xmldoc.Element, local, term string) {
	defer m.locate(len(m.found), out, name)
	m.w.Decimal(out, name, m.one(parent, ram, local, term))
}

// amount writes a child as an amount in the currency of the invoice.
func (m *mapping) amount(out document.Value, name string, parent xmldoc.Element, local, term string) {
	defer m.locate(len(m.found), out, name)
	e := m.one(parent, ram, local, term)
	m.w.Decimal(out, name, e)
	if found := e.Attr("currencyID"); found != "" && m.currency != "" && found != m.currency {
		m.report(currencyMismatch, e, document.Value{}, term, violation.Excerpt(found), violation.Excerpt(m.currency))
	}
}

// date writes the date in a child: child/udt:DateTimeString.
func (m *mapping) date(out document.Value, name string, parent xmldoc.Element, local, term string) {
	defer m.locate(len(m.found), out, name)
	e := m.one(m.one(parent, ram, local, term), udt, "DateTimeString", term)
	m.w.String(out, name, date(e), e)
}

// locate gives the findings since from their place in the canonical document, which is written after they are found.
func (m *mapping) locate(from int, out document.Value, name string) {
	for i := from; i < len(m.found); i++ {
		m.found[i].place = out.Get(name)
	}
}

// agreed writes a text that the syntax lets several elements repeat and EN 16931 has once for all of them: the same
// value again is fine, another one is a violation.
func (m *mapping) agreed(out document.Value, name, text string, e xmldoc.Element, term string) {
	first := out.Get(name)
	switch {
	case !first.Exists():
		m.w.String(out, name, text, e)
	case text == first.Text():
		m.w.Read(e)
	case text != "":
		m.report(conflictingValues, e, first, term, e.Name().Local)
	}
}

// date brings a date of format 102 (CCYYMMDD, UNTDID 2379) into ISO 8601. The historic Chorus Pro channel leaves the
// format out, so 8 digits without one are a date too. Anything else stays as written, for the schema to refuse.
func date(e xmldoc.Element) string {
	text, format := e.Text(), e.Attr("format")
	if len(text) != len("20261124") || strings.Trim(text, "0123456789") != "" || format != "" && format != "102" {
		return text
	}
	return text[:4] + "-" + text[4:6] + "-" + text[6:]
}

// vat reports whether a trade tax is value added tax, the only one that EN 16931 knows. An absent type means VAT, as
// the historic Chorus Pro channel leaves it out; the type is implied by the place in the canonical document.
func (m *mapping) vat(tax xmldoc.Element) bool {
	code := m.one(tax, ram, "TypeCode", "")
	if code.Text() != "" && !strings.EqualFold(code.Text(), "VAT") {
		return false
	}
	if code.Exists() {
		m.w.Read(code)
	}
	return true
}
