package rules

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// message is a text with the values of the document in it.
type message []part

// part is a literal, a place of the document or the name of a shown expression.
type part struct {
	literal string
	name    string
	place   *place
}

// placeholder is what stands between braces and where it begins in the text, by line and rune from 1.
type placeholder struct {
	text         string
	line, column int
}

// parseMessage cuts a text at its placeholders; ok is false when a brace has no partner.
func parseMessage(text string) (literals []string, holes []placeholder, ok bool) {
	var literal strings.Builder
	runes := []rune(text)
	line, start := 1, 0
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '\n':
			line, start = line+1, i+1
			literal.WriteByte(' ')
		case i+1 < len(runes) && (runes[i] == '{' || runes[i] == '}') && runes[i+1] == runes[i]:
			literal.WriteRune(runes[i])
			i++
		case runes[i] == '}':
			return nil, nil, false
		case runes[i] == '{':
			end := i + 1
			for end < len(runes) && !strings.ContainsRune("{}\n", runes[end]) {
				end++
			}
			if end == len(runes) || runes[end] != '}' {
				return nil, nil, false
			}
			literals = append(literals, literal.String())
			literal.Reset()
			holes = append(holes, placeholder{strings.TrimSpace(string(runes[i+1 : end])), line, i - start + 2})
			i = end
		default:
			literal.WriteRune(runes[i])
		}
	}
	return append(literals, literal.String()), holes, true
}

// fill returns the text with the values in place. absent is the word for a value that is not there.
func (m message) fill(root, element document.Value, shown map[string]string, absent string) string {
	var b strings.Builder
	for _, p := range m {
		switch {
		case p.place != nil:
			b.WriteString(found(p.place.find(root, element), absent))
		case p.name != "":
			b.WriteString(shown[p.name])
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String()
}

func found(v document.Value, absent string) string {
	if !v.Exists() {
		return absent
	}
	return violation.Excerpt(v.Text())
}
