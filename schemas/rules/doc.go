// Package rules holds business rules as data: packs of rules in YAML, compiled and type-checked when they are loaded,
// and judged on the terms of documents with exact decimals.
//
// # A pack
//
//	pack: en16931                  # its name, by which routes ask for it
//	version: "1.3.16"              # of the official text it follows
//	valid: {from: "2017-06-28"}    # first day, and "to": the last day if there is one
//	description: {fr: ..., en: ...}
//	kinds: [invoice, credit-note]  # the kinds of canonical documents that it judges
//	canonical: none                # optional: it judges documents as they were sent and refuses canonical ones
//	written: [ubl]                 # optional: syntaxes in which white space at the ends of texts counts, as in written(X)
//	lists: {currencies: iso4217}   # optional: short names for code lists
//	common: {shared: {version: '2.3'}}   # optional: rules of "common: shared", with their fields
//	extends:                       # optional: rules of another pack, see below
//	rules:
//	  - id: BR-CO-10               # official where there is one; stable for ever
//	    severity: fatal            # fatal refuses the document, warning is reported
//	    terms: [BT-106, BT-131]    # what the rule is about
//	    for: BG-22                 # optional: judged once for each instance of the group or node of the term; a list for several
//	    when: exists(BT-106)       # optional condition: where it is false the rule does not apply
//	    test: BT-106 = round(sum(BT-131), 2)
//	    at: BT-106                 # the place to show: its first node, or where it would stand
//	    fr: attendu {round(sum(BT-131), 2)}, trouvé {BT-106}
//	    en: expected {round(sum(BT-131), 2)}, found {BT-106}
//	    remedy: {fr: ..., en: ...} # what the sender does about it
//	    cii: {test: ...}           # optional: what differs in one syntax (ubl, cii, canonical): for, when, test, at, severity, fr, en,
//	                               # and id where the official artefact of the syntax calls the rule otherwise
//
// In a variant, "for: document" undoes the "for" of the rule, "when: true" its "when", and "test: none" says that the
// syntax has no such rule. {expression} in a message shows a value; {{ stands for a brace. Without "at", the place is the
// instance that the rule is judged for, else the first of its terms. Several files with the same name and version make
// one pack.
//
// Rules that differ in a few words are a family. Its fields are put in wherever {field} stands, before anything else is
// read; "as" names the key of each value, and "fields" are those that all values have:
//
//   - family:
//     as: rule
//     values:
//     BR-31: {group: BG-20, amount: BT-92}
//     BR-36: {group: BG-21, amount: BT-99}
//     rules:
//   - {id: "{rule}", for: "{group}", test: "exists({amount})", fr: "trouvé {{amount}}", ...}
//
// What several packs have in common stands in a file of its own, "common: NAME" and "rules:". A pack that names it has
// its rules as if they were written there, with {field} put in as the pack says.
//
// A pack that differs from another in some rules extends it: it has the other's rules and tables as if they were written
// there, but those that it leaves out, with other variants of some. Its own rules stand beside them.
//
//	extends:
//	  pack: en16931
//	  version: "1.3.16"
//	  without: [BR-CO-10, UBL-CR-018]        # these are left out
//	  changes:
//	    BR-38: {cii: {test: none}}           # as in a rule; a field that is not written stays as it is
//
// # Terms
//
// A document is read as a tree of groups (BG-25) and terms (BT-131), from XML through a binding, which says where the
// terms stand in a syntax, or from the canonical document, whose schema numbers them. Empty elements and repeated ones
// are kept: they are what the sender wrote. Of documents whose schema numbers nothing, JSON pointers are the terms:
// /lines/*/net.
//
//	BT-131        the nodes of the term in the closest group that holds both it and what is being judged: judged for
//	              BG-25, BT-146 is the price of that line and BT-5 the currency of the document
//	//BT-131      those of the whole document
//	.             the node that the rule is judged for, or that the innermost where, any or all looks at
//	this.BT-119   sought from what the rule is judged for, inside where, any, all and for
//	X@currencyID  an attribute of the elements of X; none where the source is not XML
//
// The schema says the type of a term: text, decimal or date. A technical term of a binding says its own.
//
// # Expressions
//
//	and or not (...)                 and, or stop at the first operand that decides
//	= != < <= > >=                   of texts some node of the left compares with some of the right; numbers and dates are
//	                                 compared one with one, and a side without value makes the comparison false
//	X in ('S', 'Z')  X in list(name) some node of X is a member; X not in: some node is none
//	+ - * /                          on decimals; an absent operand gives an absent result
//	if C then A else B               only the branch taken is judged
//	'text'  12.5  date '2026-09-01'  true  false
//
//	exists(X) absent(X) filled(X)    a node is there; none is; one has text that is not blank
//	count(X)                         how many
//	any(X, C) all(X, C)              C holds for some node, for every node of X
//	X where C                        the nodes of X for which C holds: in an argument or in brackets
//	sum(X) min(X) max(X)             of numbers; sum(expression for BG-25) of one for each instance
//	round(x, 2) abs(x) or0(x)        round as XPath does, the middle towards positive infinity; or0 is 0 for absent
//	binary(x)                        the binary double nearest to x: what an artefact that calculates in doubles has
//	decimals(X) decimal(X)           digits after the point as written; a text read as a number
//	text(X) first(X) distinct(X)     the texts of numbers or dates; the first; each text once
//	except(X, Y)                     the texts of X that Y does not have, each once
//	join(X)                          the texts of X one after the other, without anything between: '' of none
//	preceding(X)                     the nodes of X that begin before "." in the document
//	written(X)                       the texts of X as they were written, with white space at their ends: texts are judged without
//	length(X) upper(X) lower(X) normal(X) left(X, 2) before(X, '.') after(X, '.') concat(a, b)
//	starts(X, 'a') ends(X, 'a') contains(X, 'a') matches(X, 're2')
//	keyed(//X, K, V)                 the nodes of X in the whole document one of whose K, a term in X or what is made of one, has a
//	                                 text of V
//	lookup(V, 'map', 'column')       what a map gives to the texts of V, or a reference table: a flag is true or false
//	kind('espd-request')             the document is of that kind
//	is(X, 'siret')                   some text has a format that schemas know: siret, siren, iban, cpv, nuts, iso4217, date ...
//	position(X)                      the number of a node among those of its term in its group, from 1
//	months(D, 2)                     the date two months after D, or the last day of that month
//	ascending(X)                     no date of X is before one that stands before it
//
// # Verdicts
//
// A rule whose test is false gives a violation with its id as code. A rule that needs one value and finds several, or
// finds one that is no number or date, is not passed: it gives [CodeNotJudged] at that value, with the severity of the
// rule. That is left out where something else refuses the document at that value or above it: see [Suppress].
//
// A rule that a reference table has no answer for is neither kept nor broken. It gives a violation with its id, the severity
// not_verified and what is not known: no document is refused for it.
//
// # Code lists
//
//	list: countries              # the name for list(countries)
//	valid: {from: "2017-06-28"}  # first day of this edition; the day of the event chooses among editions
//	title: {fr: ..., en: ...}
//	source: ...                  # where the codes come from, and when
//	codes: |                     # white space between codes
//	  AD AE AF
//
// # Maps
//
//	map: criteria                # the name for lookup; valid, title and source as in a code list
//	columns: [type, groups]
//	rows: |                      # a key, and its values in each column, with commas between several
//	  a1b2; fraud; 1
//
// # Reference tables
//
// What changes from day to day is no data of a pack: the directory of public buyers ("directory": see [Directory] for its
// columns). The operator gives it, [Subject] brings the state that a document is judged by, and lookup reads it:
//
//	when: lookup(BT-46 where BT-46-1 = '0009', 'directory', 'service_required')    # a flag is a condition
//	test: . = lookup(//BT-46 where BT-46-1 = '0009', 'directory', 'services')      # texts compare as any do
//
// There is no answer where the table is missing or too old, does not have a key, or says nothing about it; "and" and "or" may
// do without one. Of several keys a flag is true where that of one is; of none it is false.
//
// # Bindings
//
//	binding: ubl
//	roots: {invoice: ubl:Invoice}       # the root element of each kind
//	prefixes: {ubl: urn:..., cbc: urn:...}
//	terms:
//	  BT-1: cbc:ID                      # a path from the element of the group
//	  BG-25:
//	    path: [cac:InvoiceLine, cac:CreditNoteLine]    # any of them
//	    terms: {BT-126: cbc:ID}         # what is in the group
//	  tax-amount: {path: ..., type: decimal}    # a technical term, in lower case, for what is no term of the standard
//
// Paths go down by elements; "." is the element of the group itself, a last "@name" an attribute, "//" at the start
// anywhere in the document. A step may have conditions: [cbc:ID = 'x'], [@a = 'x'], [@a = BT-5], [cbc:ID], not(...),
// and, or, upper(...), written(...) where white space at the ends of both texts counts, inside(cac:Item) for an element that
// stands somewhere in such a one.
//
// The package must not know transformers, routes or Kafka, nor where packs of an operator and schemas come from.
package rules
