package document

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// AppendJSON appends the document as deterministic JSON: members sorted by name (by bytes), no blanks, numbers as the
// source wrote them. The same document always gives the same bytes.
func (d *Doc) AppendJSON(dst []byte) []byte {
	return d.Root().AppendJSON(slices.Grow(dst, d.textSize()))
}

// textSize returns the bytes of the document as JSON where no text needs an escape; two or three too many for a word or an
// empty list do not matter.
func (d *Doc) textSize() int {
	const signs = 6 // the quotes of a name and a text, colon and comma
	size := signs * len(d.nodes)
	for i := range d.nodes {
		size += len(d.nodes[i].name) + len(d.nodes[i].text)
	}
	return size
}

// AppendJSON appends the value as deterministic JSON; an absent value appends null.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.Type() {
	case Bool, Number:
		return append(dst, v.Text()...)
	case String:
		return appendString(dst, v.Text())
	case Array:
		dst = append(dst, '[')
		for c := v.First(); c.Exists(); c = c.Next() {
			if dst[len(dst)-1] != '[' {
				dst = append(dst, ',')
			}
			dst = c.AppendJSON(dst)
		}
		return append(dst, ']')
	case Object:
		return v.appendMembers(dst)
	default:
		return append(dst, "null"...)
	}
}

// fewMembers is the size up to which members are sorted without memory of their own; nearly every object is smaller.
const fewMembers = 24

func (v Value) appendMembers(dst []byte) []byte {
	var few [fewMembers]Value
	members := few[:0]
	for c := v.First(); c.Exists(); c = c.Next() {
		members = append(members, c)
	}
	slices.SortFunc(members, func(a, b Value) int { return strings.Compare(a.Name(), b.Name()) })
	dst = append(dst, '{')
	for i, c := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, c.Name())
		dst = c.AppendJSON(append(dst, ':'))
	}
	return append(dst, '}')
}

// appendString appends a JSON string (RFC 8259) with the shortest escapes; text that is not UTF-8 becomes U+FFFD,
// which strict parsers have refused long before.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		if b >= ' ' && b != '"' && b != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}
