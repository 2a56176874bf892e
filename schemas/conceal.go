package schemas

import (
	"regexp"

	"github.com/commande-publique/passerelle/internal/document"
)

// concealment is what of a value a message must not tell; the greater one hides more.
type concealment uint8

const (
	accounts   concealment = iota // account numbers inside it
	account                       // it is an account number: its country and end may be told
	everything                    // the whole value
)

// concealmentOf reads from a schema what its values are: writeOnly marks secrets, x-personal-data what is about a person
// (a name, an address, an answer about convictions), the format iban account numbers.
func concealmentOf(schema document.Value) concealment {
	switch {
	case schema.Get("writeOnly").Text() == "true", schema.Get("x-personal-data").Text() == "true":
		return everything
	case schema.Get("format").Text() == "iban":
		return account
	default:
		return accounts
	}
}

// accountNumber finds what looks like an IBAN, right or wrong: in one piece, or in groups of four.
var accountNumber = regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b`)

// maxHidden bounds what is searched of a text: its beginning is all that a message tells, some sixty characters of up to
// four bytes, and an account number that begins there ends there.
const maxHidden = 512

// hide returns the beginning of a text without what must not be told. Messages go to logs, receipts and dead letters, which more
// people read than the document.
func (c concealment) hide(text string) string {
	text = text[:min(len(text), maxHidden)]
	switch c {
	case everything:
		return "•••"
	case account:
		return mask(text)
	default:
		return accountNumber.ReplaceAllStringFunc(text, mask)
	}
}

// mask leaves the country and the last four characters of an account number, by which its owner knows it, and the blanks.
func mask(number string) string {
	const country, end = 2, 4
	runes := []rune(number)
	long := len(runes) >= 3*end // else what is left would be most of it
	for i, kept := len(runes)-1, 0; i >= 0; i-- {
		switch r := runes[i]; {
		case r == ' ':
		case long && kept < end:
			kept++
		case long && i < country && 'A' <= r && r <= 'Z':
		default:
			runes[i] = '•'
		}
	}
	return string(runes)
}
