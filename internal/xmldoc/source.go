package xmldoc

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/commande-publique/passerelle/internal/violation"
)

// byteOrderMark is allowed before a document in UTF-8.
const byteOrderMark = "\ufeff"

// source is the text of a document in UTF-8, and knows where its characters stood in the original bytes.
type source struct {
	text string
	// skipped is the length of the byte-order mark, which is not part of text.
	skipped int
	// single says that every character was one byte in the original.
	single bool
}

// position returns the line and column (1-based, in original bytes; a byte-order mark counts for nothing) of an offset
// in the text.
func (s source) position(offset int) (line, column int) {
	before := s.text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + s.bytes(before[start:])
}

// original returns the offset in the original bytes of an offset in the text.
func (s source) original(offset int) int { return s.skipped + s.bytes(s.text[:offset]) }

func (s source) bytes(text string) int {
	if s.single {
		return utf8.RuneCountInString(text)
	}
	return len(text)
}

// charset is an encoding that is read. A nil table means that the bytes are UTF-8, or its subset ASCII.
type charset struct {
	table *charmap.Charmap
	ascii bool
}

// charsetOf returns the encoding for a name in a declaration (IANA names and usual aliases, in any case).
func charsetOf(name string) (charset, bool) {
	switch strings.ToLower(name) {
	case "", "utf-8", "utf8":
		return charset{}, true
	case "us-ascii", "ascii":
		return charset{ascii: true}, true
	case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1":
		return charset{table: charmap.ISO8859_1}, true
	case "iso-8859-15", "iso8859-15", "iso_8859-15", "latin9", "latin-9":
		return charset{table: charmap.ISO8859_15}, true
	case "windows-1252", "cp1252", "cp-1252":
		return charset{table: charmap.Windows1252}, true
	default:
		return charset{}, false
	}
}

// decode brings the bytes into UTF-8 as their declaration says, and refuses what is not true to it. Where it refuses,
// offset is a place in the returned source.
func decode(data []byte) (src source, offset int, refused *violation.Spec, args []any) {
	src.text = string(data)
	if strings.HasPrefix(src.text, byteOrderMark) {
		src.text, src.skipped = src.text[len(byteOrderMark):], len(byteOrderMark)
	}
	if name := utf16Name(data); name != "" {
		src.single = true // the place is the first byte anyway
		return src, 0, &utf16Refused, []any{name}
	}
	name := declaredEncoding(src.text)
	set, known := charsetOf(name)
	switch {
	case strings.HasPrefix(strings.ToLower(name), "utf-16") || strings.HasPrefix(strings.ToLower(name), "ucs-2"):
		return src, 0, &utf16Untrue, []any{violation.Excerpt(name)}
	case !known:
		return src, 0, &unknownEncoding, []any{violation.Excerpt(name)}
	case src.skipped > 0 && (set.table != nil || set.ascii):
		return src, 0, &markContradicts, []any{violation.Excerpt(name)}
	case set.table != nil:
		return decodeSingle(src, set.table, name)
	}
	if at := invalid(src.text, set.ascii); at >= 0 {
		if set.ascii {
			return src, at, &untrueEncoding, []any{src.text[at], violation.Excerpt(name)}
		}
		return src, at, &badUTF8, []any{src.text[at]}
	}
	return src, 0, nil, nil
}

// decodeSingle decodes an encoding of one byte a character.
func decodeSingle(src source, table *charmap.Charmap, name string) (source, int, *violation.Spec, []any) {
	src.single = true
	size := 0
	for i := range len(src.text) {
		size += utf8.RuneLen(table.DecodeByte(src.text[i]))
	}
	if size == len(src.text) {
		return src, 0, nil, nil
	}
	var out strings.Builder
	out.Grow(size)
	for i := range len(src.text) {
		c := src.text[i]
		r := table.DecodeByte(c)
		// Bytes 80 to 9F are controls in ISO-8859: such a document is windows-1252 under a wrong name, and its euro signs
		// would be lost.
		if r == utf8.RuneError || r >= 0x80 && r <= 0x9f {
			src.text = out.String()
			return src, out.Len(), &untrueEncoding, []any{c, violation.Excerpt(name)}
		}
		out.WriteRune(r)
	}
	src.text = out.String()
	return src, 0, nil, nil
}

// utf16Name returns the name of the encoding when the first bytes are those of UTF-16 or UTF-32, with or without mark.
func utf16Name(data []byte) string {
	if len(data) < 2 {
		return ""
	}
	switch {
	case data[0] == 0xfe && data[1] == 0xff, data[0] == 0 && data[1] == '<':
		return "UTF-16BE"
	case data[0] == 0xff && data[1] == 0xfe, data[0] == '<' && data[1] == 0:
		return "UTF-16LE"
	case data[0] == 0 && data[1] == 0:
		return "UTF-32"
	}
	return ""
}

// invalid returns the offset of the first byte that is not UTF-8, or not ASCII, and -1 when there is none.
func invalid(text string, ascii bool) int {
	if !ascii && utf8.ValidString(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 || ascii && r >= utf8.RuneSelf {
			return i
		}
		i += size
	}
	return -1
}

// forbidden returns the offset of the first character that XML 1.0 section 2.2 does not allow in a valid UTF-8 text, and
// -1 when there is none.
func forbidden(text string) int {
	for i := 0; i < len(text); {
		if i+8 <= len(text) {
			n := ordinary(text[i : i+8])
			if i += n; n == 8 {
				continue
			}
		}
		switch c := text[i]; {
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return i
		case c == 0xef && (text[i:i+3] == "\ufffe" || text[i:i+3] == "\uffff"):
			return i
		}
		i++
	}
	return -1
}

// ordinary returns how many of eight bytes come before the first that is a control or 0xef, with which the other forbidden
// characters begin. It looks at all of them at once: every document is read so, byte by byte it takes a twentieth of the
// verdict.
func ordinary(s string) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	x := w ^ 0xef*each
	// A borrow goes upwards from a byte that is marked, so the lowest mark is a true one.
	return bits.TrailingZeros64(((w-' '*each)&^w|(x-each)&^x)&high) / 8
}
