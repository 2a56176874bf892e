package schemas

import (
	"regexp"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
)

// concealment is what of a value a message must not tell.
type concealment uint8

const (
	accounts   concealment = iota // account numbers inside it
	account                       // it is an account number: its country and end may be told
	everything                    // the whole value
)

// concealmentOf reads from a schema what its values are: writeOnly marks secrets, the format iban account numbers.
func concealmentOf(schema document.Value) concealment {
	switch {
	case schema.Get("writeOnly").Text() == "true":
		return everything
	case schema.Get("format").Text() == "iban":
		return account
	default:
		return accounts
	}
}

// accountNumber finds what looks like an IBAN, right or wrong: in one piece, or in groups of four.
var accountNumber = regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b`)

// hide returns the text without what must not be told. Messages go to logs, receipts and dead letters, which more
// people read than the document.
func (c concealment) hide(text string) string {
	switch c {
	case everything:
		return "•••"
	case account:
		return mask(text)
	default:
		return accountNumber.ReplaceAllStringFunc(text, mask)
	}
}

// mask leaves the country and the last four characters of an account number, by which its owner knows it.
func mask(number string) string {
	runes := []rune(number)
	const country, end = 2, 4
	if len(runes) < 3*end { // what is left would be most of it
		return strings.Repeat("•", len(runes))
	}
	shown := 0
	if isUpper(number[0]) && isUpper(number[1]) {
		shown = country
	}
	return string(runes[:shown]) + strings.Repeat("•", len(runes)-shown-end) + string(runes[len(runes)-end:])
}
