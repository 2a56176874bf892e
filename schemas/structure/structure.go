// Package structure judges what an XML Schema judges: which elements and attributes a document may have, where, how
// often, and how their values are written. It says nothing of business: a document with a sound structure may break
// every rule.
//
// The judgement is that of the official schemas, taken from tables that a program derives from them (tools/structure;
// see table.go for how they are written). [Check] is the whole of it: one walk says whether the document is valid,
// without allocating; a document that is not is walked again to say why.
//
// The package must not know canonical documents, rules or transformers.
package structure

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// source is a table and the documents that it is asked about.
type source struct {
	table *shippedTable
	roots []xmldoc.Name
	// specification is what the documents say that they follow (cbc:CustomizationID); anything where it is empty.
	specification string
	// versions are how the versions of the documents that it judges begin; it judges any where there are none.
	versions []string
	// personal says that its documents tell of persons: messages then show no value of theirs.
	personal bool
}

// sources are the tables in the order in which they are asked. D16B and D22B share their names and no document says which
// it follows, so an invoice is right when one of them takes it. An ESPD says its version: the versions 2 are written in
// UBL 2.2, those since in UBL 2.3, which has the same root elements. An invoice of the French extended profile may use
// what UBL 2.3 added to 2.1.
var sources = []source{
	{table: shipped("ubl21"), roots: invoices},
	{table: shipped("cii-d16b"), roots: []xmldoc.Name{crossIndustryInvoice}},
	{table: shipped("cii-d22b"), roots: []xmldoc.Name{crossIndustryInvoice}},
	{table: shipped("cdar-d22b"), roots: []xmldoc.Name{unece("CrossDomainAcknowledgementAndResponse")}},
	{table: shipped("ubl22"), roots: qualifications, versions: []string{"2."}, personal: true},
	{table: ubl23, roots: qualifications, versions: []string{"3.", "4."}, personal: true},
	{table: ubl23, roots: invoices, specification: "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"},
}

var (
	ubl23 = shipped("ubl23")

	invoices             = []xmldoc.Name{ubl("Invoice"), ubl("CreditNote")}
	crossIndustryInvoice = unece("CrossIndustryInvoice")
	qualifications       = []xmldoc.Name{ubl("QualificationApplicationRequest"), ubl("QualificationApplicationResponse")}
)

// ubl returns the name of a root element of UBL 2.
func ubl(local string) xmldoc.Name {
	return xmldoc.Name{Space: "urn:oasis:names:specification:ubl:schema:xsd:" + local + "-2", Local: local}
}

// unece returns the name of a root element of UN/CEFACT.
func unece(local string) xmldoc.Name {
	return xmldoc.Name{Space: "urn:un:unece:uncefact:data:standard:" + local + ":100", Local: local}
}

//go:embed tables/*.txt
var tables embed.FS

// shippedTable is a table of the program. It is read when a document first asks for it: start-up does not pay for what is
// never sent.
type shippedTable struct {
	name string
	read func() (*table, error)
}

func shipped(name string) *shippedTable {
	return &shippedTable{name, sync.OnceValues(func() (*table, error) {
		data, err := tables.ReadFile("tables/" + name + ".txt")
		if err != nil {
			return nil, err
		}
		t, err := readTable(string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return t, nil
	})}
}

// judges reports whether the source is for a document with that root element and version.
func (s *source) judges(root xmldoc.Element, version string) bool {
	return slices.Contains(s.roots, root.Name()) &&
		(s.specification == "" || strings.TrimSpace(root.Child(ublBasic, "CustomizationID").Text()) == s.specification) &&
		(len(s.versions) == 0 || slices.ContainsFunc(s.versions, func(start string) bool { return strings.HasPrefix(version, start) }))
}

// ublBasic is the namespace of the elements of UBL without content of their own.
const ublBasic = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"

// Knows reports whether there is a table for documents with that root element.
func Knows(root xmldoc.Name) bool {
	return slices.ContainsFunc(sources, func(s source) bool { return slices.Contains(s.roots, root) })
}

// Check judges the document below a root element, which says of itself that it is of a version (an ESPD: 4.1.0). No
// violation means that it is valid by the official schema; otherwise the violations say why, one for each fault, sorted,
// with XPath and position, all fatal. Where there are more than 200 it returns the first 199 that it meets and a warning that
// the check stopped there. A root, or a version of its documents, that no table is for is a violation too.
func Check(root xmldoc.Element, version string) []violation.Violation {
	name := root.Name()
	for i := range sources {
		if !sources[i].judges(root, version) {
			continue
		}
		switch t, err := sources[i].table.read(); {
		case err != nil:
			return []violation.Violation{failure.New(place(root), err)}
		case t.accepts(root):
			return nil
		}
	}
	// The version that was meant is the one with the fewest faults, the older one where they are level.
	var fewest []violation.Violation
	for i := range sources {
		if !sources[i].judges(root, version) {
			continue
		}
		if t, err := sources[i].table.read(); err == nil {
			if vs := t.explain(root, sources[i].personal); fewest == nil || len(vs) < len(fewest) {
				fewest = vs
			}
		}
	}
	if fewest == nil {
		return []violation.Violation{unknownRoot.New(place(root), violation.Excerpt(name.Local), violation.Excerpt(name.Space))}
	}
	return fewest
}
