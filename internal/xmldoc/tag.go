package xmldoc

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// startTag reads a start tag or an empty-element tag.
func (p *parser) startTag() bool {
	start := p.pos
	p.pos++
	name, ok := p.elementName()
	switch {
	case !ok:
		return false
	case len(p.open) == maxDepth:
		return p.refuse(start, tooDeep, maxDepth)
	case len(p.open) == 0 && p.doc.Len() > 0:
		return p.refuse(start, twoRoots, excerpt(p.doc.names[name].qname))
	case !p.count(start):
		return false
	}
	at := int32(len(p.doc.elements))
	first := len(p.doc.attrs)
	p.doc.elements = append(p.doc.elements, element{name: name, attrs: int32(first), offset: int32(start)})
	p.push(at)
	empty, ok := p.attributes(start)
	if !ok || !p.resolveElement(start, at) || !p.resolveAttributes(start, first) {
		return false
	}
	if empty {
		p.close()
	}
	return true
}

// push opens an element below the one that is open.
func (p *parser) push(at int32) {
	if k := len(p.open); k > 0 {
		f := &p.open[k-1]
		p.doc.elements[at].up = f.at
		if f.last != 0 {
			p.doc.elements[f.last].next = at
		}
		f.last = at
	}
	k := len(p.open)
	if k < cap(p.open) {
		p.open = p.open[:k+1]
	} else {
		p.open = append(p.open, frame{})
	}
	p.open[k] = frame{at: at, scope: len(p.scope), more: p.open[k].more[:0]}
}

// count takes one from the budget of elements and attributes.
func (p *parser) count(offset int) bool {
	p.nodes++
	return p.nodes <= p.limit || p.refuse(offset, tooMany, p.limit, len(p.text))
}

// attributes reads the attributes of a start tag and its end. Declarations of namespaces go to the scope; the others
// keep their name as written in local until resolve.
func (p *parser) attributes(start int) (empty, ok bool) {
	for n := 0; ; n++ {
		before := p.pos
		p.skipBlanks()
		if p.pos == len(p.text) {
			return false, p.refuse(p.pos, truncated, "« > »", "\">\"")
		}
		switch c := p.text[p.pos]; {
		case c == '>':
			p.pos++
			return false, true
		case c == '/':
			if p.pos+1 == len(p.text) {
				return false, p.refuse(p.pos+1, truncated, "« > »", "\">\"")
			}
			if p.text[p.pos+1] != '>' {
				return false, p.refuse(p.pos, malformed, "« /> »", excerpt(p.text[p.pos:]), "\"/>\"")
			}
			p.pos += 2
			return true, true
		case p.pos == before:
			return false, p.refuse(p.pos, malformed, "un blanc, « > » ou « /> »", excerpt(p.text[p.pos:]), "a blank, \">\" or \"/>\"")
		case n == maxAttributes:
			return false, p.refuse(start, tooManyAttributes, maxAttributes)
		}
		if !p.attribute() {
			return false, false
		}
	}
}

// attribute reads one attribute.
func (p *parser) attribute() bool {
	start := p.pos
	name, ok := p.name()
	if !ok || !p.count(start) {
		return false
	}
	p.skipBlanks()
	if p.pos < len(p.text) && p.text[p.pos] != '=' {
		return p.refuse(p.pos, malformed, "« = »", excerpt(p.text[p.pos:]), "\"=\"")
	}
	p.pos++
	p.skipBlanks()
	if p.pos >= len(p.text) {
		return p.refuse(len(p.text), truncated, "une valeur d'attribut", "an attribute value")
	}
	quote := p.text[p.pos]
	if quote != '"' && quote != '\'' {
		return p.refuse(p.pos, malformed, "une valeur entre guillemets", excerpt(p.text[p.pos:]), "a value in quotes")
	}
	p.pos++
	value, ok := p.value(quote)
	if !ok {
		return false
	}
	if name == "xmlns" || strings.HasPrefix(name, "xmlns:") {
		return p.declare(start, strings.TrimPrefix(name[len("xmlns"):], ":"), value)
	}
	p.doc.attrs = append(p.doc.attrs, attr{local: name, value: value})
	return true
}

// declare adds a namespace declaration to the scope (Namespaces in XML 1.0, sections 3 and 5).
func (p *parser) declare(start int, prefix, uri string) bool {
	scope := p.open[len(p.open)-1].scope
	for _, b := range p.scope[scope:] {
		if b.prefix == prefix {
			return p.refuse(start, duplicateAttribute, "xmlns:"+excerpt(prefix))
		}
	}
	switch {
	case prefix != "" && uri == "", prefix == "xmlns", (prefix == "xml") != (uri == xmlNamespace), uri == nsNamespace:
		return p.refuse(start, badNamespace, excerpt(prefix), excerpt(uri))
	case len(p.scope) == maxPrefixes:
		return p.refuse(start, tooManyNamespaces, maxPrefixes)
	}
	space := int32(0)
	if uri != "" {
		if !p.count(start) { // counts twice: the list of namespaces grows beside that of attributes
			return false
		}
		if at := slices.Index(p.doc.spaces[:min(len(p.doc.spaces), maxTries)], uri); at > 0 {
			space = int32(at)
		} else {
			space = int32(len(p.doc.spaces))
			p.doc.spaces = append(p.doc.spaces, uri)
		}
	}
	p.scope = append(p.scope, binding{prefix, space})
	p.epoch++
	return true
}

// resolveAttributes finds the namespaces of the attributes from first on and refuses one that is there twice.
func (p *parser) resolveAttributes(start, first int) bool {
	attrs := p.doc.attrs[first:]
	for i := range attrs {
		a := &attrs[i]
		qname := a.local
		space, local, ok := p.space(start, qname, false)
		if !ok {
			return false
		}
		a.local, a.space = qname[local:], space
		for _, b := range attrs[:i] {
			if b.local == a.local && p.doc.spaces[b.space] == p.doc.spaces[a.space] {
				return p.refuse(start, duplicateAttribute, excerpt(qname))
			}
		}
	}
	return true
}

// space returns the namespace of a qualified name and where its local part starts. Attributes without prefix have none.
func (p *parser) space(start int, qname string, isElement bool) (space, local int32, ok bool) {
	prefix := ""
	if colon := strings.IndexByte(qname, ':'); colon >= 0 {
		prefix, local = qname[:colon], int32(colon+1)
		rest := qname[local:]
		if r, _ := utf8.DecodeRuneInString(rest); prefix == "" || rest == "" || strings.IndexByte(rest, ':') >= 0 || !isNameStart(r) {
			return 0, 0, p.refuse(start, badName, excerpt(qname))
		}
	} else if !isElement {
		return 0, 0, true
	}
	for i := len(p.scope) - 1; i >= 0; i-- {
		if p.scope[i].prefix == prefix {
			return p.scope[i].space, local, true
		}
	}
	if prefix == "" {
		return 0, 0, true
	}
	return 0, 0, p.refuse(start, unknownPrefix, excerpt(prefix), excerpt(qname))
}

// name reads a name, prefix included.
func (p *parser) name() (string, bool) {
	start := p.pos
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		if c < utf8.RuneSelf {
			if !isNameByte[c] {
				break
			}
			p.pos++
			continue
		}
		r, size := utf8.DecodeRuneInString(p.text[p.pos:])
		if !isNameCharacter(r) {
			break
		}
		p.pos += size
	}
	name := p.text[start:p.pos]
	switch r, _ := utf8.DecodeRuneInString(name); {
	case name == "" && p.pos == len(p.text):
		return "", p.refuse(p.pos, truncated, "un nom", "a name")
	case name == "" || r != ':' && !isNameStart(r):
		return "", p.refuse(start, malformed, "un nom", excerpt(p.text[start:]), "a name")
	case len(name) > maxName:
		return "", p.refuse(start, longName, len(name), maxName)
	}
	return name, true
}

// isNameByte tells which ASCII characters can stand in a name, prefix included.
var isNameByte = func() (is [256]bool) {
	for c := range byte(utf8.RuneSelf) {
		is[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == ':' || c == '_' || c == '-' || c == '.'
	}
	return is
}()

// isNameStart reports whether a name without prefix can start with r (XML 1.0 fifth edition, section 2.3).
func isNameStart(r rune) bool {
	switch {
	case r < 0xc0:
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
	case r < 0x300:
		return r != 0xd7 && r != 0xf7
	default:
		return 0x370 <= r && r <= 0x1fff && r != 0x37e || 0x200c <= r && r <= 0x200d || 0x2070 <= r && r <= 0x218f ||
			0x2c00 <= r && r <= 0x2fef || 0x3001 <= r && r <= 0xd7ff || 0xf900 <= r && r <= 0xfdcf ||
			0xfdf0 <= r && r <= 0xfffd || 0x10000 <= r && r <= 0xeffff
	}
}

// isNameCharacter reports whether r, which is not ASCII, can stand in a name.
func isNameCharacter(r rune) bool {
	return isNameStart(r) || r == 0xb7 || 0x300 <= r && r <= 0x36f || 0x203f <= r && r <= 0x2040
}
