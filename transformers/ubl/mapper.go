package ubl

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// mapper maps one document. Its methods name the place in the source by a path of prefixed names below an element
// ("cac:OrderReference/cbc:ID"), evaluated as XPath does, over all groups on the way.
type mapper struct {
	*canonical.Writer
	currency, vatCurrency string // BT-5, BT-6
	invoice               string // BT-1
	extended              bool   // the invoice follows the French extended profile
	violations            []violation.Violation
	counts                map[string]int // violations by code, with those folded
}

// each visits the elements at a path until visit returns false, which each then returns.
func each(e xmldoc.Element, path string, visit func(xmldoc.Element) bool) bool {
	step, rest, deeper := strings.Cut(path, "/")
	space, local := expand(step)
	for child := range e.All(space, local) {
		if deeper {
			if !each(child, rest, visit) {
				return false
			}
		} else if !visit(child) {
			return false
		}
	}
	return true
}

// expand resolves the prefixes of the paths in this package.
func expand(step string) (space, local string) {
	if local, ok := strings.CutPrefix(step, "cac:"); ok {
		return aggregateNS, local
	}
	return basicNS, strings.TrimPrefix(step, "cbc:")
}

// one returns the element at a path that EN 16931 allows once, absent when there is none. A second one is reported;
// name is the member of out that the element becomes.
func (m *mapper) one(out document.Value, name string, e xmldoc.Element, path, term string) xmldoc.Element {
	var first xmldoc.Element
	each(e, path, func(found xmldoc.Element) bool { return m.single(&first, found, out, name, term) })
	return first
}

// group returns the element at a path that EN 16931 allows once, and the member of out that it becomes.
func (m *mapper) group(out document.Value, name string, e xmldoc.Element, path, term string) (document.Value, xmldoc.Element) {
	found := m.one(out, name, e, path, term)
	return out.Object(name, found.Ref()), found
}

// single sets first to found when it is the first of its term; otherwise it reports found and returns false.
func (m *mapper) single(first *xmldoc.Element, found xmldoc.Element, out document.Value, name, term string) bool {
	if !first.Exists() {
		*first = found
		return true
	}
	m.report(repeatedElement, found, member(out, name), term, qualified(found), term)
	return false
}

// agreed returns the first element at a path that UBL repeats and EN 16931 has once, when all of them say the same;
// those are marked as read. The first that differs is reported.
func (m *mapper) agreed(out document.Value, name string, e xmldoc.Element, path, term string) xmldoc.Element {
	var first xmldoc.Element
	each(e, path, func(found xmldoc.Element) bool {
		switch {
		case !first.Exists():
			first = found
		case found.Text() != first.Text():
			m.report(contradiction, found, member(out, name), term,
				qualified(found), term, violation.Excerpt(first.Text()), violation.Excerpt(found.Text()))
			return false
		}
		m.Read(found)
		return true
	})
	return first
}

// text writes the text at a path.
func (m *mapper) text(out document.Value, name string, e xmldoc.Element, path, term string) {
	m.Text(out, name, m.one(out, name, e, path, term))
}

// identifier writes the identifier at a path with its schemeID.
func (m *mapper) identifier(out document.Value, name string, e xmldoc.Element, path, term string) {
	m.Identifier(out, name, m.one(out, name, e, path, term), "schemeID")
}

// number writes a rate or quantity and returns its element.
func (m *mapper) number(out document.Value, name string, e xmldoc.Element, path, term string) xmldoc.Element {
	found := m.one(out, name, e, path, term)
	m.Decimal(out, name, found)
	return found
}

// amount writes an amount, which must be in the invoice currency.
func (m *mapper) amount(out document.Value, name string, e xmldoc.Element, path, term string) {
	found := m.one(out, name, e, path, term)
	m.Decimal(out, name, found)
	m.checkCurrency(out, name, found, term)
}

// checkCurrency reports an amount that is not in the invoice currency. While that is unknown there is nothing to
// compare: the missing currency is a fault of its own.
func (m *mapper) checkCurrency(out document.Value, name string, amount xmldoc.Element, term string) {
	if !amount.Exists() || m.currency == "" || amount.Attr("currencyID") == m.currency {
		return
	}
	m.report(currencyMismatch, amount, member(out, name), term,
		qualified(amount), violation.Excerpt(amount.Attr("currencyID")), violation.Excerpt(m.currency))
}

// date writes a date as YYYY-MM-DD.
func (m *mapper) date(out document.Value, name string, e xmldoc.Element, path, term string) {
	found := m.one(out, name, e, path, term)
	m.String(out, name, withoutZone(found.Text()), found)
}

// withoutZone removes the time zone that xs:date allows after a date (XML Schema part 2, 3.2.9): the date is the one
// that the sender wrote, not that of another place. Anything else is returned unchanged.
func withoutZone(date string) string {
	const day = len("2006-01-02")
	if len(date) <= day {
		return date
	}
	zone := date[day:]
	offset := len(zone) == len("+01:00") && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' &&
		strings.Trim(zone[1:3]+zone[4:], "0123456789") == ""
	if zone == "Z" || offset {
		return date[:day]
	}
	return date
}

// isVAT reports whether a tax scheme element says VAT, the only tax that EN 16931 describes.
func isVAT(scheme xmldoc.Element) bool { return strings.EqualFold(scheme.Text(), "VAT") }

// vatCategory returns the element at a path that holds a tax category, absent when its scheme is not VAT: the category
// of another tax is no term of EN 16931.
func (m *mapper) vatCategory(out document.Value, name string, e xmldoc.Element, path, term string) xmldoc.Element {
	category := m.one(out, name, e, path, term)
	scheme := category.Child(aggregateNS, "TaxScheme").Child(basicNS, "ID")
	if !isVAT(scheme) {
		return xmldoc.Element{}
	}
	m.Read(scheme)
	return category
}

// member returns how to write the JSON pointer of a member that may not exist, when it is needed.
func member(out document.Value, name string) func() string {
	return func() string { return out.Pointer() + "/" + document.EscapeToken(name) }
}

// qualified is the name of an element with the usual prefix.
func qualified(e xmldoc.Element) string {
	name := e.Name()
	switch name.Space {
	case basicNS:
		return "cbc:" + name.Local
	case aggregateNS:
		return "cac:" + name.Local
	default:
		return violation.Excerpt(name.Local)
	}
}
