package schemas

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// concealment is what of a value a message must not tell; the greater one hides more.
type concealment uint8

const (
	accounts   concealment = iota // account numbers inside it, which no excerpt tells
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

// hide returns what an excerpt may be made of. Messages go to logs, receipts and dead letters, which more people read than the
// document.
func (c concealment) hide(text string) string {
	switch c {
	case everything:
		return "•••"
	case account:
		return violation.MaskAccount(violation.Beginning(text))
	default:
		return text
	}
}
