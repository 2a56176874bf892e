package schemas

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/document"
)

// judge tells what is known of a document without asking the authority.
func (a *acceptor) judge(doc *document.Doc) verdict {
	w := walk{left: maxSteps(doc)}
	return w.judge(a.root, doc.Root(), false)
}

// walk is the state of judging one document: how many schemas may still be met. Recursive ones may double with every
// level, and patterns read long texts; the document is refused then.
type walk struct{ left int }

// judge judges a value, or the name of a member as a text. It stops at the first keyword that is not satisfied.
func (w *walk) judge(n *node, v document.Value, name bool) verdict {
	if n.refused {
		return invalid
	}
	w.left--
	t, text := v.Type(), v.Text()
	if name {
		t, text = document.String, v.Name()
	}
	if w.left < 0 || n.foreign&(1<<t) != 0 {
		return unsure
	}
	if !n.ofType(t, text) {
		return invalid
	}
	for _, values := range n.values {
		if got := values.holds(t, text, v); got != valid {
			return got
		}
	}
	switch t {
	case document.String:
		if n.text != nil {
			if n.text.pattern != nil {
				w.left -= len(text) / bytesPerStep
			}
			if !n.text.accept(text) {
				return invalid
			}
		}
	case document.Number:
		if n.number != nil {
			if got := n.number.judge(text); got != valid {
				return got
			}
		}
	case document.Object:
		if n.members != nil {
			if got := w.members(n.members, v); got != valid {
				return got
			}
		}
	case document.Array:
		if n.items != nil {
			if got := w.items(n.items, v); got != valid {
				return got
			}
		}
	}
	for _, sub := range n.all {
		if got := w.judge(sub, v, name); got != valid {
			return got
		}
	}
	if n.any == nil && n.one == nil && n.not == nil && n.choice == nil {
		return valid
	}
	return w.branches(n, v, name)
}

// ofType reports whether a value is of the accepted types.
func (n *node) ofType(t document.Type, text string) bool {
	return n.types == 0 || n.types&(1<<t) != 0 || t == document.Number && n.types&integers != 0 && isWhole(text)
}

func isWhole(number string) bool {
	if d, ok := parseDecimal(number); ok {
		return d.isInteger()
	}
	return exact(number).IsInt()
}

// branches judges the keywords that need more than the first answer.
func (w *walk) branches(n *node, v document.Value, name bool) verdict {
	if n.any != nil {
		if got := w.atLeastOne(n.any, v, name); got != valid {
			return got
		}
	}
	if n.one != nil {
		if got := w.exactlyOne(n.one, v, name); got != valid {
			return got
		}
	}
	if n.not != nil {
		switch w.judge(n.not, v, name) {
		case valid:
			return invalid
		case unsure:
			return unsure
		}
	}
	if n.choice == nil {
		return valid
	}
	then := n.choice.then
	switch w.judge(n.choice.condition, v, name) {
	case unsure:
		return unsure
	case invalid:
		then = n.choice.otherwise
	}
	if then == nil {
		return valid
	}
	return w.judge(then, v, name)
}

func (w *walk) atLeastOne(branches []*node, v document.Value, name bool) verdict {
	best := invalid
	for _, sub := range branches {
		switch w.judge(sub, v, name) {
		case valid:
			return valid
		case unsure:
			best = unsure
		}
	}
	return best
}

func (w *walk) exactlyOne(branches []*node, v document.Value, name bool) verdict {
	matches, doubts := 0, 0
	for _, sub := range branches {
		switch w.judge(sub, v, name) {
		case valid:
			matches++
		case unsure:
			doubts++
		}
	}
	switch {
	case matches > 1 || matches+doubts == 0:
		return invalid
	case doubts > 0:
		return unsure
	default:
		return valid
	}
}

func (r *textRules) accept(text string) bool {
	if r.shortest > 0 && (len(text) < r.shortest || len(text) < utf8.UTFMax*r.shortest && utf8.RuneCountInString(text) < r.shortest) {
		return false
	}
	if r.longest >= 0 && len(text) > r.longest && utf8.RuneCountInString(text) > r.longest {
		return false
	}
	return (r.pattern == nil || r.pattern.matches(text)) && (r.format == nil || r.format(text))
}

func (r *numberRules) judge(text string) verdict {
	d, ok := parseDecimal(text)
	switch {
	case !ok:
		return unsure
	case r.minimum != nil && d.compare(*r.minimum) < 0,
		r.above != nil && d.compare(*r.above) <= 0,
		r.maximum != nil && d.compare(*r.maximum) > 0,
		r.below != nil && d.compare(*r.below) >= 0,
		r.multiple != nil && !d.isMultipleOf(*r.multiple):
		return invalid
	default:
		return valid
	}
}

func (w *walk) members(r *memberRules, v document.Value) verdict {
	if r.fewest >= 0 && v.Len() < r.fewest || r.most >= 0 && v.Len() > r.most {
		return invalid
	}
	var present uint64
	for c := v.First(); c.Exists(); c = c.Next() {
		known := false
		if rule := r.names.find(c.Name()); rule != nil {
			present |= rule.required
			if rule.property != nil {
				known = true
				if got := w.judge(rule.property, c, false); got != valid {
					return got
				}
			}
		}
		for i := range r.patterns {
			if p := &r.patterns[i]; p.pattern.matches(c.Name()) {
				known = true
				if got := w.judge(p.node, c, false); got != valid {
					return got
				}
			}
		}
		if !known && r.additional != nil {
			if got := w.judge(r.additional, c, false); got != valid {
				return got
			}
		}
		if r.namesBy != nil {
			if got := w.judge(r.namesBy, c, true); got != valid {
				return got
			}
		}
	}
	if present != r.required {
		return invalid
	}
	for i := range r.dependent {
		if got := w.dependency(&r.dependent[i], v); got != valid {
			return got
		}
	}
	return valid
}

func (w *walk) dependency(d *dependency, v document.Value) verdict {
	if !v.Get(d.name).Exists() {
		return valid
	}
	for _, name := range d.required {
		if !v.Get(name).Exists() {
			return invalid
		}
	}
	if d.node == nil {
		return valid
	}
	return w.judge(d.node, v, false)
}

func (w *walk) items(r *itemRules, v document.Value) verdict {
	if r.fewest >= 0 && v.Len() < r.fewest || r.most >= 0 && v.Len() > r.most {
		return invalid
	}
	i, matches, doubts := 0, 0, 0
	for c := v.First(); c.Exists(); c = c.Next() {
		rule := r.rest
		if i < len(r.prefix) {
			rule = r.prefix[i]
		}
		i++
		if rule != nil {
			if got := w.judge(rule, c, false); got != valid {
				return got
			}
		}
		if r.contains != nil {
			switch w.judge(r.contains, c, false) {
			case valid:
				matches++
			case unsure:
				doubts++
			}
		}
	}
	switch {
	case r.least >= 0 && matches+doubts < r.least, r.atMost >= 0 && matches > r.atMost:
		return invalid
	case r.least >= 0 && matches < r.least, r.atMost >= 0 && matches+doubts > r.atMost:
		return unsure
	case r.unique:
		_, _, differ := equalItems(v)
		return differ
	default:
		return valid
	}
}

func is(condition bool) verdict {
	if condition {
		return valid
	}
	return invalid
}

// holds judges whether a value is one of the enumeration. Its type and text are given, as it may be a name.
func (e *enumeration) holds(t document.Type, text string, v document.Value) verdict {
	switch t {
	case document.String:
		if e.set != nil {
			_, ok := e.set[text]
			return is(ok)
		}
		return is(slices.Contains(e.texts, text))
	case document.Null:
		return is(e.null)
	case document.Bool:
		return is(text == "true" && e.yes || text == "false" && e.no)
	case document.Number:
		d, ok := parseDecimal(text)
		switch {
		case ok && slices.Contains(e.numbers, d):
			return valid
		case !ok || e.foreign:
			return unsure
		default:
			return invalid
		}
	default:
		best := invalid
		for _, structure := range e.structures {
			switch equal(v, structure) {
			case valid:
				return valid
			case unsure:
				best = unsure
			}
		}
		return best
	}
}

// equal judges whether a value is that of a schema.
func equal(v document.Value, want any) verdict {
	switch want := want.(type) {
	case nil:
		return is(v.Type() == document.Null)
	case bool:
		return is(v.Type() == document.Bool && (v.Text() == "true") == want)
	case string:
		return is(v.Type() == document.String && v.Text() == want)
	case json.Number:
		if v.Type() != document.Number {
			return invalid
		}
		return is(sameNumber(v.Text(), want.String()))
	case []any:
		if v.Type() != document.Array || v.Len() != len(want) {
			return invalid
		}
		c := v.First()
		for _, item := range want {
			if got := equal(c, item); got != valid {
				return got
			}
			c = c.Next()
		}
		return valid
	case map[string]any:
		if v.Type() != document.Object || v.Len() != len(want) {
			return invalid
		}
		for c := v.First(); c.Exists(); c = c.Next() {
			item, ok := want[c.Name()]
			if !ok {
				return invalid
			}
			if got := equal(c, item); got != valid {
				return got
			}
		}
		return valid
	default:
		return unsure
	}
}
