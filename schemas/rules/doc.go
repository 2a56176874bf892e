// Package rules holds business rules as data: packs of rules in YAML, compiled and type-checked when they are loaded,
// and judged on canonical documents with exact decimals.
//
// # A pack
//
//	pack: en16931                  # its name, by which routes ask for it
//	version: "1.3.16"              # of the official text it follows
//	valid: {from: "2017-06-28"}    # first day, and "to": the last day if there is one
//	description: {fr: ..., en: ...}
//	kinds: [invoice, credit-note]  # the kinds of canonical documents that it judges
//	rules:
//	  - id: BR-27                  # official where there is one; stable for ever
//	    severity: fatal            # fatal refuses the document, warning is reported
//	    terms: [BT-146]            # the business terms that the rule is about; must exist in the schema of the kinds
//	    each: /lines/*             # optional: the rule is judged for every value there ("*" is any item)
//	    as: line                   # the name of that value in the expressions; goes with each
//	    when: has(line.price)      # optional condition: where it is false the rule does not apply
//	    test: has(line.price.net) && money(line.price.net) >= money("0")
//	    at: ./price/net            # the place to show: from the document (/totals/lines) or from the each value (./id, .)
//	    show: {total: ...}         # optional: expressions whose values the messages show, a text, an integer or money
//	    fr: Le prix est {./price/net}, il ne peut pas être négatif
//	    en: ...
//	    remedy: {fr: ..., en: ...} # what the sender does about it
//
// Expressions are those of package expr; the whole document is doc. {/pointer} and {./pointer} in a message show what
// the document has there, {name} shows an expression of show; {{ stands for a brace.
//
// # Verdicts
//
// A rule whose test is false gives a violation with its id as code. A rule whose when or test has no result, because
// an operand is absent or malformed, is not passed: it gives [CodeNotJudged] at that operand, with the severity of the
// rule. That is left out where something else refuses the document at that operand or above it: see [Suppress].
//
// The package must not know transformers, routes or Kafka, nor where packs and schemas come from.
package rules
