// Package syntax judges the rules of EN 16931 that are about an XML syntax itself: which elements and attributes there
// are, how often, and how values are written. They have no business term, so they are judged on the XML, all of them in
// one walk. The rules are data, in files that belong to a rule pack.
//
// # A file
//
//	pack: en16931                # the pack and its version, which other files may share
//	version: "1.3.16"
//	syntax: ubl
//	prefixes: {cac: "urn:...", cbc: "urn:..."}
//	roots: [ubl:Invoice, cn:CreditNote]   # documents with another root are not judged
//	places:                      # names for places of several rules; "document" is the root
//	  line: //(cac:InvoiceLine|cac:CreditNoteLine)
//	rules:
//	  - {id: UBL-SR-34, severity: fatal, terms: [BT-127], in: line, max: 1, path: cbc:Note}
//	  - severity: warning        # several rules that differ in id and path
//	    absent:
//	      UBL-CR-001: cbc:UBLVersionID
//	      UBL-CR-003: cbc:ProfileExecutionID
//
// A rule is judged once for each element of its place (in, or else the root) but those of its exception (except). It has
// one of these forms; the nodes that a path leads to are counted:
//
//	absent: PATH            none
//	present: PATH           at least one
//	max: N   path: PATH     at most N
//	count: N path: PATH     exactly N
//	same: PATH              all have the same text as it was written; normal: true counts white space inside as one space and
//	                        none at the ends
//	decimals: N             the element of the place has at most N digits after the point
//	format: CCYYMMDD        the element of the place is such a date
//	needs: CONDITION        the condition holds; it may stand beside max and count
//
// but: PLACE leaves out of the count what belongs to these elements. What a rule says follows from its form; fr, en and
// remedy say it in other words, which a rule with needs must have. terms are the business terms that it is about.
//
// # Places, paths and conditions
//
// A place is "/a:b/a:c" from the root, "//a:c" anywhere or "line/a:c" from a named place; a path leads from the element of
// the place down, or for the root begins with "//". Both may have alternatives, "|" between them. A step is a name
// (cac:Item), several ((cac:InvoiceLine|cac:CreditNoteLine)) or the end of one (ram:*Amount, *Amount in any namespace), after
// "//" at any depth, with conditions in brackets; the last one may be an attribute (@schemeID). "." is the element itself.
//
// A condition is a path from the element (something is there), PATH = 'text' (some node has that text), PATH != 'text'
// (some node has another), PATH in ('a', 'b'), with upper(PATH) for letters of any case, differs(PATH, PATH) (some node
// of the first has another text than some node of the second), and, or, not(...), (...). Its paths have child steps only,
// "../" before them for the element around. Texts are compared without white space at both ends; written(PATH) compares them
// with it.
//
// The package must not know the language of business rules, canonical documents or where files come from.
package syntax
