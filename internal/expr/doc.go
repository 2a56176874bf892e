// Package expr compiles and evaluates the expressions that operators write in routes and rules: CEL (Common Expression
// Language) over documents and typed facts, with exact money.
//
// # What a writer needs to know
//
//	has(doc.buyer.address.country)             false when any member on the way is absent
//	doc.seller.name                            a text; when absent the expression cannot be judged
//	doc.?buyer.?name.orValue("")               a text, or the given one when absent
//	items(doc.allowances)                      the list, or an empty list when absent
//	items(doc.lines).all(l, has(l.item.name))  also exists, exists_one, filter, map; size(list); "x" in list
//	money(doc.totals.payable) >= money("0")    exact decimals: + - * unary minus, == != < <= > >=
//	money(doc.totals.paid, "0")                with the value that stands for an absent amount
//	sum(items(doc.lines).map(l, money(l.netAmount))), round(amount, 2), abs(amount)
//	startsWith, endsWith, contains, matches("pattern"), size, dates as texts: "2026-02-01" < doc.dueDate
//
// An expression that reads an absent member or a malformed amount has no result: [Program.Eval] returns an error, and
// callers refuse. Nothing absent ever becomes an empty text or a zero unless the writer says so. As in CEL, "a || b" is
// true when one side is true even if the other has no result, and "a && b" is false when one side is false.
//
// JSON numbers of a document are integers or money, never floats: compare them as money(doc.n) == money("3"), which
// takes both. Floats are refused when an expression is compiled, as is comparing or adding amounts as texts where the shape of the document says that they are amounts.
//
// # Cost
//
// An expression that does not iterate is bounded by its own length, checked when compiled. One that iterates runs with
// a cost limit.
//
// The package is the only owner of the CEL library. It must not know what documents, routes or rules mean.
package expr
