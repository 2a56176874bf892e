// Package jsondoc reads JSON from strangers (RFC 8259) into a [document.Doc]: strict, bounded, in one pass, with the
// place of every value known.
//
// What RFC 8259 leaves open is refused, because two readers would understand two documents: duplicate names, lone
// surrogates, numbers that no decimal holds. The package must not know any format, kind or schema.
package jsondoc

import (
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

const (
	// maxDepth bounds the nesting: the deepest known document (DECP, 7 levels) is far below, and readers after us recurse.
	maxDepth = 100
	// freeValues and bytesPerValue bound the number of values to freeValues plus one per bytesPerValue bytes: a value costs
	// 64 bytes of memory whatever it holds, so memory stays near 8 times the document. Real documents have 20 bytes a value.
	freeValues    = 10_000
	bytesPerValue = 12
	// maxName bounds a member name, as names end up in the pointers of messages; the longest of DECP has 37 bytes.
	maxName = 256
	// maxNumber bounds a number literal: an amount in francs CFP with every decimal fits in 40 characters.
	maxNumber = 40
	// maxExponent bounds the power of ten: validators compute it exactly, and 1e1000001 costs them seconds or a panic.
	maxExponent = 30
	// fewMembers is the size up to which comparing all pairs of names is quicker than hashing them.
	fewMembers = 32
	// byteOrderMark may be ignored at the start (RFC 8259 section 8.1), and is.
	byteOrderMark = "\ufeff"
)

// Parse reads one JSON document. Numbers keep the literal of the source. The violation says why the bytes are refused;
// the document is nil then.
func Parse(data []byte) (*document.Doc, *violation.Violation) {
	p := &parser{src: string(data), limit: freeValues + len(data)/bytesPerValue}
	p.doc = document.New(p, p.estimate())
	p.pos = len(byteOrderMark)
	if !strings.HasPrefix(p.src, byteOrderMark) {
		p.pos = 0
	}
	p.parse()
	if p.fault != nil {
		p.doc.Release()
		return nil, p.fault
	}
	p.scratch, p.members, p.texts = nil, nil, strings.Builder{}
	return p.doc, nil
}

// parser is the state of a parse, and afterwards the origin of its document: the reference of a value is its byte
// offset plus one, so it costs no memory.
type parser struct {
	src     string
	pos     int
	limit   int // most values
	doc     *document.Doc
	fault   *violation.Violation
	scratch []byte          // unescaped text of the current string
	texts   strings.Builder // see [parser.keep]
	members []uint64        // see [parser.distinctOfMany]
	marking sync.Once       // many goroutines may ask for places
	marks   []mark          // see [parser.position]
}

// estimate returns a number of values that the source cannot exceed by much: one for each comma and each opening.
func (p *parser) estimate() int {
	n := 1 + strings.Count(p.src, ",") + strings.Count(p.src, "[") + strings.Count(p.src, "{")
	return min(n, p.limit)
}

func (p *parser) parse() {
	if len(p.src) >= math.MaxInt32 { // offsets are 32 bits wide
		p.refuse(0, tooLong, len(p.src))
		return
	}
	if at := invalidUTF8(p.src); at >= 0 {
		p.refuse(at, badUTF8, p.src[at])
		return
	}
	p.blanks()
	if p.pos == len(p.src) {
		p.refuse(p.pos, empty)
		return
	}
	if !p.value(document.Value{}, "", 0) {
		return
	}
	p.blanks()
	if p.pos < len(p.src) {
		p.refuse(p.pos, trailing, p.found())
	}
}

// value reads one value below parent, which is absent for the root.
func (p *parser) value(parent document.Value, name string, depth int) bool {
	p.blanks()
	start := p.pos
	if start == len(p.src) {
		return p.refuse(start, truncated)
	}
	switch c := p.src[start]; {
	case c == '{' || c == '[':
		if depth == maxDepth {
			return p.refuse(start, tooDeep, maxDepth)
		}
		p.pos++
		if c == '{' {
			v, ok := p.add(parent, name, document.Object, "", start)
			return ok && p.object(v, depth+1)
		}
		v, ok := p.add(parent, name, document.Array, "", start)
		return ok && p.array(v, depth+1)
	case c == '"':
		text, ok := p.text()
		return ok && p.leaf(parent, name, document.String, text, start)
	case c == '-' || isDigit(c):
		return p.number() && p.leaf(parent, name, document.Number, p.src[start:p.pos], start)
	case isWord(c):
		return p.word(parent, name, start)
	default:
		return p.refuse(start, unexpected, "une valeur", p.found(), "a value")
	}
}

func (p *parser) object(v document.Value, depth int) bool {
	if p.skip('}') {
		return true
	}
	for {
		p.blanks()
		start := p.pos
		if start == len(p.src) {
			return p.refuse(start, truncated)
		}
		if p.src[start] != '"' {
			return p.refuse(start, unexpected, "un nom de membre entre guillemets", p.found(), "a member name in quotes")
		}
		name, ok := p.text()
		if !ok {
			return false
		}
		if len(name) > maxName {
			return p.refuse(start, longName, len(name), maxName)
		}
		if !p.expect(':', "« : »", "\":\"") || !p.value(v, name, depth) {
			return false
		}
		if p.skip('}') {
			return p.distinct(v)
		}
		if !p.expect(',', "« , » ou « } »", "\",\" or \"}\"") {
			return false
		}
	}
}

func (p *parser) array(v document.Value, depth int) bool {
	if p.skip(']') {
		return true
	}
	for {
		if !p.value(v, "", depth) {
			return false
		}
		if p.skip(']') {
			return true
		}
		if !p.expect(',', "« , » ou « ] »", "\",\" or \"]\"") {
			return false
		}
	}
}

// distinct refuses an object in which a name occurs twice.
func (p *parser) distinct(v document.Value) bool {
	if v.Len() > fewMembers {
		return p.distinctOfMany(v)
	}
	for m := v.First(); m.Exists(); m = m.Next() {
		for earlier := v.First(); earlier != m; earlier = earlier.Next() {
			if earlier.Name() == m.Name() {
				return p.duplicate(earlier, m)
			}
		}
	}
	return true
}

// distinctOfMany looks the names up in a hash table of the members: the upper half of an entry is that of its hash, so that
// names which only meet in the table are not compared, and the lower half the index of the member. Nobody knows the seed, so
// that nobody can choose names that meet.
func (p *parser) distinctOfMany(v document.Value) bool {
	size := 1 << bits.Len(uint(v.Len()+v.Len()/3)) // so that a quarter stays free
	p.members = slices.Grow(p.members[:0], size)[:size]
	clear(p.members)
	for m := v.First(); m.Exists(); m = m.Next() {
		hash := maphash.String(seed, m.Name())
		at := int(hash) & (size - 1)
		for ; p.members[at] != 0; at = (at + 1) & (size - 1) {
			if known := p.members[at]; (known^hash)>>32 == 0 {
				if earlier := p.doc.At(int(int32(known))); earlier.Name() == m.Name() {
					return p.duplicate(earlier, m)
				}
			}
		}
		p.members[at] = hash>>32<<32 | uint64(m.Index())
	}
	return true
}

var seed = maphash.MakeSeed()

func (p *parser) duplicate(first, second document.Value) bool {
	a, b := p.Locate(first.Ref()), p.Locate(second.Ref())
	v := duplicateKey.New(violation.At{Source: b.Path, Line: b.Line, Column: b.Column},
		violation.Excerpt(second.Name()), a.Line, a.Column, b.Line, b.Column)
	p.fault = &v
	return false
}

func (p *parser) leaf(parent document.Value, name string, t document.Type, text string, start int) bool {
	_, ok := p.add(parent, name, t, text, start)
	return ok
}

func (p *parser) add(parent document.Value, name string, t document.Type, text string, start int) (document.Value, bool) {
	ref := document.Ref(start + 1)
	if !parent.Exists() {
		p.doc.SetRoot(t, text, ref)
		return p.doc.Root(), true
	}
	if p.doc.Len() >= p.limit {
		return document.Value{}, p.refuse(start, tooMany, p.limit, len(p.src))
	}
	return parent.Add(name, t, text, ref), true
}

// word reads true, false or null.
func (p *parser) word(parent document.Value, name string, start int) bool {
	for p.pos < len(p.src) && (isWord(p.src[p.pos]) || isDigit(p.src[p.pos])) {
		p.pos++
	}
	switch word := p.src[start:p.pos]; word {
	case "true", "false":
		return p.leaf(parent, name, document.Bool, word, start)
	case "null":
		return p.leaf(parent, name, document.Null, "", start)
	default:
		if p.pos == len(p.src) && (strings.HasPrefix("true", word) || strings.HasPrefix("false", word) || strings.HasPrefix("null", word)) {
			return p.refuse(p.pos, truncated)
		}
		return p.refuse(start, badWord, violation.Excerpt(word))
	}
}

// blanks skips the white space of RFC 8259.
func (p *parser) blanks() {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// skip reads c after blanks when it is there.
func (p *parser) skip(c byte) bool {
	p.blanks()
	if p.pos < len(p.src) && p.src[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *parser) expect(c byte, fr, en string) bool {
	if p.skip(c) {
		return true
	}
	if p.pos == len(p.src) {
		return p.refuse(p.pos, truncated)
	}
	return p.refuse(p.pos, unexpected, fr, p.found(), en)
}

// found shows what stands at the current position.
func (p *parser) found() string {
	return violation.Excerpt(p.src[p.pos:min(len(p.src), p.pos+20)])
}

func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }
