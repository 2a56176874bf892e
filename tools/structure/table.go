package main

import (
	"fmt"
	"slices"
	"strings"
)

// builtins are the simple types of XML Schema that the validator knows.
var builtins = []string{
	"ID", "NCName", "anyURI", "base64Binary", "boolean", "date", "dateTime", "decimal", "integer", "language",
	"normalizedString", "string", "time", "token",
}

// writer turns the components of a set into the lines of its table.
type writer struct {
	set     set
	schemas *schemaSet
	lines   []string
	types   map[name]*typeDef
}

// typeDef is what a derived type takes over from its base.
type typeDef struct {
	simple bool
	text   string // simple content: the simple type
	mixed  bool
	attrs  []attrUse
	model  string
	lines  []string
}

type attrUse struct{ name, word string }

// table writes the body of a table: elements, then types in the order of the schemas.
func table(s set, schemas *schemaSet) ([]string, error) {
	w := &writer{set: s, schemas: schemas, types: map[name]*typeDef{}}
	for _, p := range s.prefixes {
		w.lines = append(w.lines, "space "+p.prefix+" "+p.space)
	}
	for _, r := range s.roots {
		if schemas.elements[r] == nil {
			return nil, fmt.Errorf("%s: no element %s", s.file, r.local)
		}
		id, err := w.name(r)
		if err != nil {
			return nil, err
		}
		w.lines = append(w.lines, "root "+id)
	}
	var types []string
	for _, n := range schemas.order {
		if w.isCodeList(n.id().space) {
			continue
		}
		switch n.kind {
		case "element":
			id, err := w.name(n.id())
			if err != nil {
				return nil, err
			}
			t, extra, err := w.elementType(n, id)
			if err != nil {
				return nil, err
			}
			w.lines = append(w.lines, "element "+id+" "+t)
			types = append(types, extra...)
		case "complexType", "simpleType":
			lines, err := w.global(n)
			if err != nil {
				return nil, err
			}
			types = append(types, lines...)
		}
	}
	return append(w.lines, types...), nil
}

func (w *writer) isCodeList(space string) bool {
	return slices.ContainsFunc(w.set.codeLists, func(prefix string) bool { return strings.HasPrefix(space, prefix) })
}

// name writes an expanded name with the prefix of the table.
func (w *writer) name(n name) (string, error) {
	if n.space == xsdNamespace {
		return n.local, nil
	}
	for _, p := range w.set.prefixes {
		if p.space == n.space {
			return p.prefix + ":" + n.local, nil
		}
	}
	return "", fmt.Errorf("%s: no prefix for namespace %q of %s", w.set.file, n.space, n.local)
}

// typeName writes the name of a type that is referred to. That of a code list is the type its codes are written in.
func (w *writer) typeName(n *node, attr string) (string, name, error) {
	id, err := n.qname(attr)
	if err != nil {
		return "", id, err
	}
	for w.isCodeList(id.space) {
		def := w.schemas.types[id]
		if def == nil || def.kind != "simpleType" || len(def.children) != 1 || def.children[0].kind != "restriction" {
			return "", id, n.fail("%s is no list of codes", id.local)
		}
		if id, err = def.children[0].qname("base"); err != nil {
			return "", id, err
		}
	}
	switch {
	case id.space == xsdNamespace && id.local != "anyType" && !slices.Contains(builtins, id.local):
		return "", id, n.fail("type %s is not supported", id.local)
	case id.space != xsdNamespace && w.schemas.types[id] == nil:
		return "", id, n.fail("type %s is not declared", id.local)
	}
	text, err := w.name(id)
	return text, id, err
}

// elementType returns the name of the type of an element, and the lines of that type when it has no name of its own:
// it gets that of its place.
func (w *writer) elementType(n *node, place string) (string, []string, error) {
	if err := n.only("name", "type", "minOccurs", "maxOccurs", "form", "nillable"); err != nil {
		return "", nil, err
	}
	if n.attrs["nillable"] == "true" {
		return "", nil, n.fail("nillable elements are not supported")
	}
	switch {
	case n.attrs["type"] != "" && len(n.children) == 0:
		t, _, err := w.typeName(n, "type")
		return t, nil, err
	case n.attrs["type"] == "" && len(n.children) == 0:
		return "anyType", nil, nil
	case n.attrs["type"] == "" && len(n.children) == 1:
		t := place + "#"
		def, err := w.define(n.children[0], t)
		if err != nil {
			return "", nil, err
		}
		return t, def.lines, nil
	}
	return "", nil, n.fail("identity constraints are not supported")
}

func (w *writer) global(n *node) ([]string, error) {
	def, err := w.globalDef(n)
	if err != nil {
		return nil, err
	}
	return def.lines, nil
}

// globalDef defines a type once.
func (w *writer) globalDef(n *node) (*typeDef, error) {
	if def := w.types[n.id()]; def != nil {
		return def, nil
	}
	id, err := w.name(n.id())
	if err != nil {
		return nil, err
	}
	def, err := w.define(n, id)
	w.types[n.id()] = def
	return def, err
}

// define writes a type definition under a name.
func (w *writer) define(n *node, id string) (*typeDef, error) {
	switch n.kind {
	case "simpleType":
		return w.simple(n, id)
	case "complexType":
		return w.complex(n, id)
	}
	return nil, n.fail("is no type")
}

// simple writes a simple type: a restriction of another one.
func (w *writer) simple(n *node, id string) (*typeDef, error) {
	if len(n.children) != 1 || n.children[0].kind != "restriction" {
		return nil, n.fail("only restrictions are supported")
	}
	base, _, err := w.typeName(n.children[0], "base")
	if err != nil {
		return nil, err
	}
	line := "simple " + id + " " + base
	for _, f := range n.children[0].children {
		value := f.attrs["value"]
		if strings.ContainsAny(value, " \t\r\n") || value == "" {
			return nil, f.fail("value %q is not supported", value)
		}
		switch f.kind {
		case "enumeration", "minLength", "maxLength":
			line += " " + f.kind + "=" + value
		default:
			return nil, f.fail("not supported")
		}
	}
	return &typeDef{simple: true, lines: []string{line}}, nil
}

// complex writes a complex type.
func (w *writer) complex(n *node, id string) (*typeDef, error) {
	if err := n.only("name", "mixed", "abstract"); err != nil {
		return nil, err
	}
	def := &typeDef{mixed: n.attrs["mixed"] == "true"}
	base, particles := "-", n.children
	if len(particles) == 1 && (particles[0].kind == "simpleContent" || particles[0].kind == "complexContent") {
		content := particles[0]
		if len(content.children) != 1 || len(content.attrs) > 0 {
			return nil, content.fail("not supported")
		}
		derivation := content.children[0]
		inherited, err := w.inherit(derivation, def)
		if err != nil {
			return nil, err
		}
		base, particles = inherited, derivation.children
		if derivation.kind == "extension" && content.kind == "complexContent" && def.model != "" && hasParticle(particles) {
			return nil, derivation.fail("content is added to content: not supported")
		}
	}
	same := def.words()
	extra, err := w.content(particles, def, id)
	if err != nil {
		return nil, err
	}
	line := "type " + id + " " + base
	if n.attrs["abstract"] == "true" {
		line += " abstract"
	}
	if words := def.words(); base == "-" || words != same || def.text == base {
		line += words
	}
	def.lines = append([]string{line}, extra...)
	return def, nil
}

func hasParticle(nodes []*node) bool {
	return slices.ContainsFunc(nodes, func(n *node) bool {
		return n.kind == "sequence" || n.kind == "choice" || n.kind == "all" || n.kind == "group"
	})
}

// inherit takes over what a derivation has from its base.
func (w *writer) inherit(n *node, def *typeDef) (string, error) {
	base, id, err := w.typeName(n, "base")
	if err != nil {
		return "", err
	}
	if id.space == xsdNamespace {
		if id.local == "anyType" {
			return "", n.fail("base %s is not supported", base)
		}
		def.text = base
		return base, nil
	}
	from, err := w.globalDef(w.schemas.types[id])
	if err != nil {
		return "", err
	}
	if from.simple {
		def.text = base
		return base, nil
	}
	def.text, def.attrs = from.text, slices.Clone(from.attrs)
	if n.kind == "extension" {
		def.model, def.mixed = from.model, from.mixed
	}
	return base, nil
}

// words writes the definition as the table has it after name and base.
func (d *typeDef) words() string {
	var b strings.Builder
	if d.mixed {
		b.WriteString(" mixed")
	}
	if d.text != "" {
		b.WriteString(" text=" + d.text)
	}
	for _, a := range d.attrs {
		b.WriteString(" @" + a.name + "=" + a.word)
	}
	if d.model != "" {
		b.WriteString(" : " + d.model)
	}
	return b.String()
}

// content reads the attributes and the content model of a type.
func (w *writer) content(nodes []*node, def *typeDef, id string) ([]string, error) {
	var extra []string
	for _, n := range nodes {
		switch n.kind {
		case "sequence", "choice":
			model, lines, err := w.particle(n, id)
			if err != nil {
				return nil, err
			}
			def.model = model
			extra = append(extra, lines...)
		case "attribute":
			if err := w.attribute(n, def); err != nil {
				return nil, err
			}
		case "anyAttribute":
			word, err := w.wildcard(n)
			if err != nil {
				return nil, err
			}
			def.attrs = append(def.attrs, attrUse{"", word})
		default:
			return nil, n.fail("not supported")
		}
	}
	return extra, nil
}

// attribute adds an attribute, replaces the one of the base, or removes it.
func (w *writer) attribute(n *node, def *typeDef) error {
	// A default is a value for an attribute that is absent: no document is valid or not by it.
	if err := n.only("name", "type", "use", "fixed", "default"); err != nil {
		return err
	}
	if n.qualified("attributeFormDefault") || len(n.children) > 0 {
		return n.fail("only attributes without namespace and with a named type are supported")
	}
	t, id, err := w.typeName(n, "type")
	if err != nil {
		return err
	}
	if id.space != xsdNamespace && w.schemas.types[id].kind != "simpleType" {
		return n.fail("%s is no simple type", t)
	}
	if n.attrs["use"] == "required" {
		t += "!"
	}
	if fixed := n.attrs["fixed"]; fixed != "" {
		if strings.ContainsAny(fixed, "%\t\r\n") {
			return n.fail("fixed value %q is not supported", fixed)
		}
		t += "~" + strings.ReplaceAll(fixed, " ", "%20") // a word of the table has no blanks
	}
	use := attrUse{n.attrs["name"], t}
	at := slices.IndexFunc(def.attrs, func(a attrUse) bool { return a.name == use.name })
	switch {
	case n.attrs["use"] == "prohibited" && at >= 0:
		def.attrs = slices.Delete(def.attrs, at, at+1)
	case n.attrs["use"] == "prohibited":
	case at >= 0:
		def.attrs[at] = use
	default:
		def.attrs = append(def.attrs, use)
	}
	return nil
}

// particle writes an element, a wildcard or a group of a content model, with the lines of types without name in it.
func (w *writer) particle(n *node, owner string) (string, []string, error) {
	occurs, err := n.occurs()
	if err != nil {
		return "", nil, err
	}
	switch n.kind {
	case "element":
		text, lines, err := w.element(n, owner)
		return text + occurs, lines, err
	case "any":
		word, err := w.wildcard(n)
		return word + occurs, nil, err
	case "sequence", "choice":
		if len(n.children) == 0 {
			return "", nil, n.fail("an empty group is not supported")
		}
		var words, lines []string
		for _, c := range n.children {
			word, extra, err := w.particle(c, owner)
			if err != nil {
				return "", nil, err
			}
			words, lines = append(words, word), append(lines, extra...)
		}
		if len(words) == 1 && occurs == "" {
			return words[0], lines, nil
		}
		separator := " "
		if n.kind == "choice" {
			separator = " | "
		}
		return "( " + strings.Join(words, separator) + " )" + occurs, lines, nil
	}
	return "", nil, n.fail("not supported")
}

func (n *node) occurs() (string, error) {
	low, high := n.attrs["minOccurs"], n.attrs["maxOccurs"]
	switch {
	case (low == "" || low == "1") && (high == "" || high == "1"):
		return "", nil
	case low == "0" && (high == "" || high == "1"):
		return "?", nil
	case low == "0" && high == "unbounded":
		return "*", nil
	case (low == "" || low == "1") && high == "unbounded":
		return "+", nil
	}
	return "", n.fail("occurs %s to %s times: not supported", low, high)
}

// element writes an element of a content model: its name, and its type where it is no global element.
func (w *writer) element(n *node, owner string) (string, []string, error) {
	if n.attrs["ref"] != "" {
		if err := n.only("ref", "minOccurs", "maxOccurs"); err != nil {
			return "", nil, err
		}
		id, err := n.qname("ref")
		if err != nil {
			return "", nil, err
		}
		if w.schemas.elements[id] == nil {
			return "", nil, n.fail("element %s is not declared", id.local)
		}
		text, err := w.name(id)
		return text, nil, err
	}
	id := n.id()
	if !n.qualified("elementFormDefault") {
		id.space = ""
	}
	text, err := w.name(id)
	if err != nil {
		return "", nil, err
	}
	t, lines, err := w.elementType(n, owner+"/"+id.local)
	return text + "=" + t, lines, err
}

// wildcard writes any or anyAttribute: any/PROCESS/NAMESPACES, where * is any namespace and !p any but that of p and none.
func (w *writer) wildcard(n *node) (string, error) {
	if err := n.only("namespace", "processContents", "minOccurs", "maxOccurs"); err != nil {
		return "", err
	}
	process := n.attrs["processContents"]
	if process == "" {
		process = "strict"
	}
	spaces := n.attrs["namespace"]
	switch spaces {
	case "", "##any":
		return "any/" + process + "/*", nil
	case "##other":
		own, err := w.name(name{n.file.target, ""})
		return "any/" + process + "/!" + strings.TrimSuffix(own, ":"), err
	}
	return "", n.fail("namespace %q is not supported", spaces)
}
