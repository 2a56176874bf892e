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
	"sync"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// source is a table that is read when a document first asks for it: start-up does not pay for what is never sent.
type source struct {
	roots []xmldoc.Name
	table func() (*table, error)
}

// sources are the tables in the order in which they are asked. D16B and D22B share their names and no document says which
// it follows, so an invoice is right when one of them takes it.
var sources = []source{
	shipped("ubl21", xmldoc.Name{Space: ublNS + "Invoice-2", Local: "Invoice"}, xmldoc.Name{Space: ublNS + "CreditNote-2", Local: "CreditNote"}),
	shipped("cii-d16b", xmldoc.Name{Space: ciiNS, Local: "CrossIndustryInvoice"}),
	shipped("cii-d22b", xmldoc.Name{Space: ciiNS, Local: "CrossIndustryInvoice"}),
}

const (
	ublNS = "urn:oasis:names:specification:ubl:schema:xsd:"
	ciiNS = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
)

//go:embed tables/*.txt
var tables embed.FS

// shipped is a table of the program.
func shipped(file string, roots ...xmldoc.Name) source {
	return source{roots, sync.OnceValues(func() (*table, error) {
		data, err := tables.ReadFile("tables/" + file + ".txt")
		if err != nil {
			return nil, err
		}
		t, err := readTable(string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return t, nil
	})}
}

// Knows reports whether there is a table for documents with that root element.
func Knows(root xmldoc.Name) bool {
	return slices.ContainsFunc(sources, func(s source) bool { return slices.Contains(s.roots, root) })
}

// Check judges the document below a root element. No violation means that it is valid by the official schema; otherwise
// the violations say why, one for each fault, sorted, at most 200, with XPath and position. All are fatal. A root that no
// table is for is a violation too.
func Check(root xmldoc.Element) []violation.Violation {
	name := root.Name()
	for i := range sources {
		if !slices.Contains(sources[i].roots, name) {
			continue
		}
		switch t, err := sources[i].table(); {
		case err != nil:
			return []violation.Violation{failure.New(place(root), err)}
		case t.accepts(root):
			return nil
		}
	}
	// The version that was meant is the one with the fewest faults, the older one where they are level.
	var fewest []violation.Violation
	for i := range sources {
		if !slices.Contains(sources[i].roots, name) {
			continue
		}
		if t, err := sources[i].table(); err == nil {
			if vs := t.explain(root); fewest == nil || len(vs) < len(fewest) {
				fewest = vs
			}
		}
	}
	if fewest == nil {
		return []violation.Violation{unknownRoot.New(place(root), violation.Excerpt(name.Local), violation.Excerpt(name.Space))}
	}
	return fewest
}
