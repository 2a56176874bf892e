package xmldoc

import (
	"math"
	"strconv"
	"strings"

	"github.com/commande-publique/passerelle/internal/violation"
)

const (
	// maxDepth bounds the nesting: the deepest known document, an ESPD response, has 11 levels; readers after us recurse.
	maxDepth = 100
	// freeNodes and bytesPerNode bound elements and attributes together to freeNodes plus one per bytesPerNode bytes: one
	// costs up to 72 bytes of memory, where every element has a name of its own, so memory stays below 8 times the document.
	// Real documents have over 40 bytes a node.
	freeNodes    = 10_000
	bytesPerNode = 20
	// maxAttributes bounds the attributes of one element, whose names are compared in pairs; EN 16931 and ESPD use 8.
	maxAttributes = 64
	// maxAttributeLength bounds an attribute value: they hold codes, units and URIs, never content.
	maxAttributeLength = 16 << 10
	// maxName bounds a name with its prefix: names end up in the paths of messages; UBL's longest has 60 bytes.
	maxName = 256
	// maxPrefixes bounds the namespace declarations in scope, which are searched one after the other; CII has 6.
	maxPrefixes = 64

	blanks       = " \t\r\n"
	xmlNamespace = "http://www.w3.org/XML/1998/namespace"
	nsNamespace  = "http://www.w3.org/2000/xmlns/"
)

// Parse reads one XML 1.0 document with namespaces. The violation says why the bytes are refused; the document is nil
// then.
//
// The encodings UTF-8, US-ASCII, ISO-8859-1, ISO-8859-15 and windows-1252 are read when they are declared and true.
func Parse(data []byte) (*Doc, *violation.Violation) { return ParseWithin("", data) }

// ParseWithin reads a document that lies inside another one. Every path and place that is told of it starts with where,
// the name of an attachment for example; lines and columns are those of the document itself.
func ParseWithin(where string, data []byte) (*Doc, *violation.Violation) {
	p := &parser{where: where}
	if len(data) >= math.MaxInt32/3 { // offsets in the decoded text are 32 bits wide
		p.refuse(0, tooLong, len(data))
		return nil, p.fault
	}
	src, offset, refused, args := decode(data)
	p.text, p.src = src.text, src
	if refused != nil {
		p.refuse(offset, *refused, args...)
		return nil, p.fault
	}
	if at := forbidden(p.text); at >= 0 {
		p.refuse(at, badCharacter, p.rune(at))
		return nil, p.fault
	}
	p.start(len(data))
	if !p.document() {
		return nil, p.fault
	}
	return &p.doc, nil
}

// parser is the state of a parse.
type parser struct {
	where string
	text  string
	src   source
	pos   int
	limit int // most elements and attributes together
	nodes int
	doc   Doc
	open  []frame
	scope []binding
	epoch int32      // grows with each change of scope
	heads [128]int32 // by hash: the newest name
	fault *violation.Violation
}

// frame is an open element.
type frame struct {
	at    int32  // its element
	last  int32  // its last child so far
	scope int    // namespace declarations in scope around it
	text  string // its character data so far, when it is one piece of the source
	more  []byte // its character data so far, when it is not; kept for the next element at this depth
}

// binding is a namespace declaration in scope.
type binding struct {
	prefix string
	space  int32
}

func (p *parser) start(size int) {
	p.limit = freeNodes + size/bytesPerNode
	// No document has more, so the slices never grow; '=' in texts and '<' in comments only make them larger.
	elements := min(p.limit, startTags(p.text))
	attributes := min(p.limit, strings.Count(p.text, "="))
	p.doc = Doc{
		where:    p.where,
		src:      p.src,
		elements: make([]element, 1, elements+2),
		attrs:    make([]attr, 0, attributes),
		names:    make([]name, 1, min(elements+2, 128)),
		spaces:   append(make([]string, 0, 16), "", xmlNamespace),
	}
	p.open = make([]frame, 0, 16)
	p.scope, p.epoch = append(make([]binding, 0, 16), binding{"xml", 1}), 1
}

// startTags counts what may be the start of an element.
func startTags(text string) (n int) {
	for at := strings.IndexByte(text, '<'); at >= 0; at = strings.IndexByte(text, '<') {
		if text = text[at+1:]; text == "" || text[0] != '/' {
			n++
		}
	}
	return n
}

// document reads the whole document (XML 1.0 section 2.1).
func (p *parser) document() bool {
	if !p.declaration() {
		return false
	}
	for p.pos < len(p.text) {
		if ok := p.markup(); !ok {
			return false
		}
	}
	if len(p.open) > 0 {
		return p.refuse(p.pos, truncated, "« </"+p.top()+"> »", "\"</"+p.top()+">\"")
	}
	if p.doc.Len() == 0 {
		return p.refuse(p.pos, truncated, "un élément racine", "a root element")
	}
	return true
}

// markup reads the next piece: character data, a tag, a comment, a CDATA section or an instruction.
func (p *parser) markup() bool {
	if p.text[p.pos] != '<' {
		return p.characters()
	}
	if p.pos+1 == len(p.text) {
		return p.refuse(p.pos+1, truncated, "la suite de la balise", "the rest of the tag")
	}
	switch p.text[p.pos+1] {
	case '/':
		return p.endTag()
	case '?':
		return p.instruction()
	case '!':
		return p.declarationOrData()
	default:
		return p.startTag()
	}
}

// declarationOrData reads what starts with "<!".
func (p *parser) declarationOrData() bool {
	rest := p.text[p.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		return p.comment()
	case strings.HasPrefix(rest, "<![CDATA["):
		return p.cdata()
	case len(rest) >= 9 && strings.EqualFold(rest[:9], "<!DOCTYPE"):
		return p.refuse(p.pos, doctype)
	case strings.HasPrefix("<!--", rest), strings.HasPrefix("<![CDATA[", rest), strings.HasPrefix("<!DOCTYPE", rest):
		return p.refuse(len(p.text), truncated, "la suite du balisage", "the rest of the markup")
	default:
		return p.refuse(p.pos, malformed, "une balise, un commentaire ou une section CDATA", excerpt(rest), "a tag, a comment or a CDATA section")
	}
}

func (p *parser) comment() bool {
	body := p.text[p.pos+4:]
	end := strings.Index(body, "--")
	switch {
	case end < 0 || end+2 == len(body):
		return p.refuse(len(p.text), truncated, "« --> »", "\"-->\"")
	case body[end+2] != '>':
		return p.refuse(p.pos+4+end, malformed, "« --> » à la fin du commentaire", excerpt(body[end:]), "\"-->\" at the end of the comment")
	}
	p.pos += 4 + end + 3
	return true
}

// instruction skips a processing instruction. Those whose name starts with xml are W3C's own: the declaration, which
// was read, and style sheets, which stand before the root.
func (p *parser) instruction() bool {
	start := p.pos
	p.pos += 2
	name, ok := p.name()
	if !ok {
		return false
	}
	end := strings.Index(p.text[p.pos:], "?>")
	if end < 0 {
		return p.refuse(len(p.text), truncated, "« ?> »", "\"?>\"")
	}
	if end > 0 && !isBlank(p.text[p.pos]) {
		return p.refuse(p.pos, malformed, "un blanc ou « ?> »", excerpt(p.text[p.pos:]), "a blank or \"?>\"")
	}
	reserved := len(name) >= 3 && strings.EqualFold(name[:3], "xml")
	if reserved && (p.doc.Len() > 0 || len(name) == 3) {
		return p.refuse(start, misplaced, excerpt(name))
	}
	p.pos += end + 2
	return true
}

// endTag reads an end tag and closes its element.
func (p *parser) endTag() bool {
	start := p.pos
	p.pos += 2
	if len(p.open) > 0 { // the usual end tag, without reading the name again
		qname := p.top()
		if rest := p.text[p.pos:]; len(rest) > len(qname) && rest[len(qname)] == '>' && rest[:len(qname)] == qname {
			p.pos += len(qname) + 1
			p.close()
			return true
		}
	}
	name, ok := p.name()
	if !ok {
		return false
	}
	p.skipBlanks()
	switch {
	case p.pos == len(p.text):
		return p.refuse(p.pos, truncated, "« > »", "\">\"")
	case p.text[p.pos] != '>':
		return p.refuse(p.pos, malformed, "« > »", excerpt(p.text[p.pos:]), "\">\"")
	case len(p.open) == 0:
		return p.refuse(start, trailing, "</"+excerpt(name)+">")
	case name != p.top():
		line, column := p.src.position(int(p.doc.elements[p.open[len(p.open)-1].at].offset))
		return p.refuse(start, mismatch, excerpt(p.top()), line, column, excerpt(name))
	}
	p.pos++
	p.close()
	return true
}

// close ends the innermost element.
func (p *parser) close() {
	f := &p.open[len(p.open)-1]
	text := f.text
	if len(f.more) > 0 {
		text = string(f.more)
	}
	e := &p.doc.elements[f.at]
	from := len(text) - len(trimLeft(text))
	to := from + len(trim(text))
	e.text = text[from:to]
	if from < to && to-from < len(text) && f.last == 0 {
		e.before, e.after = uint16(min(from, math.MaxUint16)), uint16(min(len(text)-to, math.MaxUint16))
		e.text = text[from-int(e.before) : to+int(e.after)]
		p.doc.blanks = true
	}
	if len(p.scope) > f.scope {
		p.scope = p.scope[:f.scope]
		p.epoch++
	}
	p.open = p.open[:len(p.open)-1]
}

// top returns the name of the innermost element, as written.
func (p *parser) top() string {
	return p.doc.names[p.doc.elements[p.open[len(p.open)-1].at].name].qname
}

func (p *parser) skipBlanks() {
	for p.pos < len(p.text) && isBlank(p.text[p.pos]) {
		p.pos++
	}
}

// refuse records the violation at an offset of the text; it returns false so that the caller can return it.
func (p *parser) refuse(offset int, spec violation.Spec, args ...any) bool {
	line, column := p.src.position(offset)
	v := spec.New(violation.At{Source: p.where + strconv.Itoa(line) + ":" + strconv.Itoa(column), Line: line, Column: column}, args...)
	p.fault = &v
	return false
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// excerpt shortens what was found for a message.
func excerpt(s string) string { return violation.Excerpt(s[:min(len(s), 40)]) }
