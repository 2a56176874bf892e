package pdfdoc

import (
	"strings"
	"unicode/utf16"

	"github.com/commande-publique/passerelle/internal/violation"
)

// kind is the type of an object (section 7.3).
type kind uint8

const (
	nullKind kind = iota
	booleanKind
	numberKind
	textKind
	nameKind
	arrayKind
	dictKind
	refKind
	wordKind // no object: a word of the file's structure, such as endobj
)

// object is one object. Absent and null are the same, as in PDF, so that lookups chain without checks.
type object struct {
	kind   kind
	stream bool   // a dictionary that a stream follows
	number int    // an integer, a real without its fraction, or the number of a referenced object
	text   string // of a text, name or keyword
	items  []object
	keys   []string // of a dictionary, beside items
	at     int      // where it starts in the file, or in the object stream
	data   int      // where the stream of a dictionary starts
}

// get returns the value of a key of a dictionary.
func (o object) get(key string) object {
	for i, k := range o.keys {
		if k == key {
			return o.items[i]
		}
	}
	return object{}
}

// name returns the text of a name, empty when it is none.
func (o object) name() string {
	if o.kind != nameKind {
		return ""
	}
	return o.text
}

// words returns the names in an object, for messages.
func (o object) words() string {
	if o.kind != arrayKind {
		return violation.Excerpt(o.name())
	}
	var names []string
	for _, item := range o.items[:min(len(o.items), 8)] {
		names = append(names, item.name())
	}
	return violation.Excerpt(strings.Join(names, " "))
}

// decodeText brings a text string (section 7.9.2.2) into UTF-8. PDFDocEncoding is read as ISO-8859-1, which it is where
// file names have characters.
func decodeText(s string) string {
	switch {
	case strings.HasPrefix(s, "\xfe\xff"):
		units := make([]uint16, 0, len(s)/2)
		for i := 2; i+1 < len(s); i += 2 {
			units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
		}
		return string(utf16.Decode(units))
	case strings.HasPrefix(s, "\xef\xbb\xbf"):
		return strings.ToValidUTF8(s[3:], "\ufffd")
	default:
		var b strings.Builder
		for i := range len(s) {
			b.WriteRune(rune(s[i]))
		}
		return b.String()
	}
}
