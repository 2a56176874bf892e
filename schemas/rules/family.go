package rules

import (
	"maps"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// phrase is a text of a pack that knows where each of its characters stands in the file.
type phrase struct {
	text string
	from yamldoc.String
	// filled are the places where a field of a family was put in, in order.
	filled []filling
}

// filling is text of a family's field inside a phrase: what it replaced was longer or shorter.
type filling struct {
	at, length int // in the phrase
	origin     int // where it was put, in the text of the file
	replaced   int // how much it replaced
}

func plainPhrase(s yamldoc.String) phrase { return phrase{text: s.Value, from: s} }

func (p phrase) isSet() bool { return p.from.IsSet() }

// position returns the place in the file of a byte of the phrase. What a field put in stands where its placeholder does.
func (p phrase) position(at int) diag.Position {
	for i := len(p.filled) - 1; i >= 0; i-- {
		f := p.filled[i]
		if at >= f.at+f.length {
			at += f.origin + f.replaced - (f.at + f.length)
			break
		}
		if at >= f.at {
			at = f.origin
			break
		}
	}
	before := p.from.Value[:min(at, len(p.from.Value))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return p.from.PositionAt(line, column)
}

// fields are the values that a family, or a pack, puts into rules: {name} is replaced by the text.
type fields map[string]string

// fieldsFile is the YAML of fields.
type fieldsFile = yamldoc.Map[yamldoc.String]

// with returns the fields and those of a file, which win.
func (f fields) with(more fieldsFile) fields {
	all := maps.Clone(f)
	if all == nil {
		all = fields{}
	}
	for name, text := range more.All() {
		all[name.Value] = f.fill(text).text
	}
	return all
}

// fill replaces the placeholders of the fields. What is put in is not looked at again.
func (f fields) fill(s yamldoc.String) phrase {
	p := plainPhrase(s)
	if len(f) == 0 || !strings.Contains(s.Value, "{") {
		return p
	}
	var b strings.Builder
	rest := s.Value
	for {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '}')
		if end < 0 {
			break
		}
		text, known := f[rest[open+1:open+end]]
		if !known {
			b.WriteString(rest[:open+1])
			rest = rest[open+1:]
			continue
		}
		b.WriteString(rest[:open])
		origin := len(s.Value) - len(rest) + open
		p.filled = append(p.filled, filling{at: b.Len(), length: len(text), origin: origin, replaced: end + 1})
		b.WriteString(text)
		rest = rest[open+end+1:]
	}
	b.WriteString(rest)
	p.text = b.String()
	return p
}

// entryFile is an item of the rules of a pack: a rule, or a family of rules that differ in a few words.
type entryFile struct {
	rule   *ruleFile
	family *familyFile
}

type familyFile struct {
	Family struct {
		As     yamldoc.String          `yaml:"as,required"`
		Fields fieldsFile              `yaml:"fields"`
		Values yamldoc.Map[fieldsFile] `yaml:"values,required"`
	} `yaml:"family,required"`
	Rules []ruleFile `yaml:"rules,required"`
}

// UnmarshalYAMLNode implements [yamldoc.Unmarshaler].
func (e *entryFile) UnmarshalYAMLNode(n *yamldoc.Node) diag.List {
	if n.Field("family") != nil {
		e.family = &familyFile{}
		return yamldoc.Decode(n, e.family)
	}
	e.rule = &ruleFile{}
	return yamldoc.Decode(n, e.rule)
}

// expand calls f for every rule of the entry with its fields, beside those given: once for a rule, once for each value
// and rule of a family.
func (e *entryFile) expand(given fields, f func(*ruleFile, fields)) {
	if e.rule != nil {
		f(e.rule, given)
		return
	}
	given = given.with(e.family.Family.Fields)
	for key, value := range e.family.Family.Values.All() {
		named := given.with(value)
		named[e.family.Family.As.Value] = key.Value
		for i := range e.family.Rules {
			f(&e.family.Rules[i], named)
		}
	}
}
