package structure

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// The tables are lines of words, one component of the schemas a line, after comments that begin with "#":
//
//	space cbc urn:...                      a prefix, for this table and for messages
//	root ubl:Invoice                       an element that a document may have as its root
//	element cbc:ID cbc:IDType              a global element and its type
//	simple q:T token minLength=1 ...       a simple type: base and facets (enumeration, minLength, maxLength)
//	type cbc:IDType udt:IdentifierType     a complex type that is as its base is, in all
//	type q:T BASE WORD... : MODEL          a complex type; "-" is the base of those that have none
//
// The words of a type: "abstract"; "mixed", text among its elements; "text=T", text of the simple type T and no
// elements; "@name=T", an attribute and its simple type, with "!" when it is required and "~value" when it has one value
// only ("%20" is a blank); "@=any/...", attributes of any name.
//
// A model is as in a DTD: names, "( a b )" in this order, "( a | b )" one of them, with "?", "*" or "+" behind. An element
// that is not global is followed by "=" and its type. "any/PROCESS/*" is an element of any namespace,
// "any/PROCESS/!p" of one that is not p's; PROCESS says whether it is judged: strict, lax (where it is known) or skip.

// table is what one set of schemas allows. It is read-only.
type table struct {
	prefixes map[string]string // of namespaces
	spaces   map[string]string // of prefixes
	roots    map[xmldoc.Name]*kind
	elements map[xmldoc.Name]*kind
	types    map[string]*kind
	any      *kind          // the type of what no schema declares
	names    xmldoc.Lexicon // of all elements, global or not

	numbers sync.Pool // of *[]int32: names of a document

	undefined map[*kind][]string // while it is read: the lines of types that no other has asked for yet
}

// kind is a type: of the text of an element or attribute, or of an element with its attributes and content.
type kind struct {
	id       string
	base     *kind
	text     *value // nil when its content is elements
	simple   bool   // no attributes: what an attribute can be of
	attrs    []attribute
	required int
	wild     *wildcard // attributes of any name
	mixed    bool
	abstract bool
	content  model
}

type attribute struct {
	name     string
	value    *value
	required bool
}

const xsdNS = "http://www.w3.org/2001/XMLSchema"

// readTable reads the text of a table.
func readTable(text string) (*table, error) {
	t := &table{
		prefixes: map[string]string{},
		spaces:   map[string]string{},
		roots:    map[xmldoc.Name]*kind{},
		elements: map[xmldoc.Name]*kind{},
		types:    make(map[string]*kind, strings.Count(text, "\ntype ")),
	}
	t.builtin()
	// Elements and types name types that come later: names first, then what they stand for.
	var lines [][]string
	undefined := map[*kind][]string{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0][0] == '#':
			continue
		case len(words) == 3 && words[0] == "space":
			t.spaces[words[1]], t.prefixes[words[2]] = words[2], words[1]
			continue
		case len(words) >= 3 && (words[0] == "simple" || words[0] == "type"):
			k := &kind{id: words[1]}
			t.types[words[1]] = k
			undefined[k] = words
		}
		lines = append(lines, words)
	}
	t.undefined = undefined
	for _, words := range lines {
		if err := t.line(words); err != nil {
			return nil, fmt.Errorf("%s: %w", strings.Join(words[:min(2, len(words))], " "), err)
		}
	}
	for name, k := range t.roots {
		if k == nil {
			return nil, fmt.Errorf("root %s: no such element", name.Local)
		}
	}
	t.undefined = nil
	return t, nil
}

// builtin adds the types of XML Schema itself.
func (t *table) builtin() {
	t.any = &kind{id: "anyType", mixed: true, wild: &wildcard{process: lax}}
	t.any.content = modelOf(repeat{&particle{wild: t.any.wild}, true, true})
	t.types["anyType"] = t.any
	for i := range builtins {
		b := builtins[i]
		t.types[b.name] = &kind{id: b.name, simple: true, base: t.types[b.base], text: &value{builtin: b, maximum: -1}}
		if b.base == "" {
			t.types[b.name].base = t.any
		}
	}
}

func (t *table) line(words []string) error {
	switch {
	case len(words) == 2 && words[0] == "root":
		name, err := t.name(words[1])
		t.roots[name] = nil
		return err
	case len(words) == 3 && words[0] == "element":
		name, err := t.name(words[1])
		if err != nil {
			return err
		}
		k, err := t.kind(words[2])
		t.elements[name] = k
		t.names.Add(name)
		if _, isRoot := t.roots[name]; isRoot {
			t.roots[name] = k
		}
		return err
	case len(words) >= 3 && (words[0] == "simple" || words[0] == "type"):
		_, err := t.defined(words[1])
		return err
	}
	return fmt.Errorf("not understood")
}

// name reads a name with its prefix.
func (t *table) name(word string) (xmldoc.Name, error) {
	prefix, local, ok := strings.Cut(word, ":")
	space, known := t.spaces[prefix]
	if !ok || !known {
		return xmldoc.Name{}, fmt.Errorf("no namespace for %q", word)
	}
	return xmldoc.Name{Space: space, Local: local}, nil
}

func (t *table) kind(id string) (*kind, error) {
	k := t.types[id]
	if k == nil {
		return nil, fmt.Errorf("no type %q", id)
	}
	return k, nil
}

// defined returns a type that has been defined: another one is about to take something over from it.
func (t *table) defined(id string) (*kind, error) {
	k, err := t.kind(id)
	words := t.undefined[k]
	if err != nil || words == nil {
		return k, err
	}
	delete(t.undefined, k)
	if words[0] == "simple" {
		return k, t.simple(k, words[2], words[3:])
	}
	return k, t.complex(k, words[2], words[3:])
}

func (t *table) simple(k *kind, base string, facets []string) error {
	from, err := t.defined(base)
	if err != nil {
		return err
	}
	if from.text == nil {
		return fmt.Errorf("%s has no text", base)
	}
	v := *from.text
	for _, f := range facets {
		name, text, _ := strings.Cut(f, "=")
		switch name {
		case "enumeration":
			v.enum = append(v.enum, text)
		case "minLength":
			v.minimum, err = strconv.Atoi(text)
		case "maxLength":
			v.maximum, err = strconv.Atoi(text)
		default:
			return fmt.Errorf("no facet %q", name)
		}
		if err != nil {
			return err
		}
	}
	k.base, k.simple, k.text = from, true, &v
	return nil
}

func (t *table) complex(k *kind, base string, words []string) error {
	k.base = t.any
	if base != "-" {
		from, err := t.defined(base)
		if err != nil {
			return err
		}
		if len(words) == 0 {
			id := k.id
			*k = *from
			k.id, k.simple = id, false
		}
		k.base = from
	}
	for i, w := range words {
		name, id, _ := strings.Cut(w, "=")
		switch {
		case w == ":":
			p := modelReader{table: t, words: words[i+1:]}
			m, err := p.read()
			k.content = m
			return err
		case w == "mixed":
			k.mixed = true
		case w == "abstract":
			k.abstract = true
		case name == "text":
			from, err := t.defined(id)
			if err != nil {
				return err
			}
			if k.text = from.text; k.text == nil {
				return fmt.Errorf("%s has no text", id)
			}
		case name == "@":
			wild, err := t.wildcard(id)
			k.wild = wild
			if err != nil {
				return err
			}
		case w[0] == '@':
			if err := t.attribute(k, name[1:], id); err != nil {
				return err
			}
		default:
			return fmt.Errorf("not understood: %q", w)
		}
	}
	return nil
}

func (t *table) attribute(k *kind, name, word string) error {
	word, fixed, hasFixed := strings.Cut(word, "~")
	id, required := strings.CutSuffix(word, "!")
	from, err := t.defined(id)
	if err != nil {
		return err
	}
	if from.text == nil {
		return fmt.Errorf("%s has no text", id)
	}
	a := attribute{name: name, value: from.text, required: required}
	if hasFixed {
		v := *from.text
		v.hasFixed, v.fixed = true, strings.ReplaceAll(fixed, "%20", " ")
		a.value = &v
	}
	if required {
		k.required++
	}
	k.attrs = append(k.attrs, a)
	return nil
}

// process says how an element that a wildcard takes is judged.
type process byte

const (
	strict process = iota // it must be declared
	lax                   // by its declaration where there is one
	skip                  // not at all
)

// wildcard takes names of any namespace, or of any but one.
type wildcard struct {
	process process
	not     string // a namespace that is not taken; nor is "no namespace" then
}

func (w *wildcard) takes(space string) bool { return w.not == "" || space != w.not && space != "" }

// wildcard reads "any/lax/*" or "any/lax/!p".
func (t *table) wildcard(word string) (*wildcard, error) {
	w := &wildcard{}
	parts := strings.Split(word, "/")
	if len(parts) != 3 || parts[0] != "any" {
		return nil, fmt.Errorf("not understood: %q", word)
	}
	switch parts[1] {
	case "strict":
	case "lax":
		w.process = lax
	case "skip":
		w.process = skip
	default:
		return nil, fmt.Errorf("not understood: %q", word)
	}
	if parts[2] == "*" {
		return w, nil
	}
	prefix, ok := strings.CutPrefix(parts[2], "!")
	if w.not = t.spaces[prefix]; !ok || w.not == "" {
		return nil, fmt.Errorf("not understood: %q", word)
	}
	return w, nil
}
