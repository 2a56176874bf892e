package violation

import (
	"regexp"
	"unicode/utf8"
)

// maxExcerpt keeps a found value readable on one line of a terminal and out of the way of a 64 KiB header budget.
const maxExcerpt = 60

// maxSearched bounds what is searched of a text: its beginning is all that an excerpt tells, some sixty characters of up to
// four bytes, and an account number that begins there ends there.
const maxSearched = 512

// accountNumber finds what looks like an IBAN, right or wrong: in one piece, or in groups of four.
var accountNumber = regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b`)

// shortestAccount is the length of the shortest text that accountNumber finds.
const shortestAccount = 14

// Excerpt shortens a found value for a message: at most 60 runes, control characters replaced, never more, and of account
// numbers only what MaskAccount leaves.
func Excerpt(s string) string {
	if len(s) >= shortestAccount {
		s = accountNumber.ReplaceAllStringFunc(Beginning(s), MaskAccount)
	}
	out := make([]rune, 0, maxExcerpt+1)
	for _, r := range s {
		if len(out) == maxExcerpt {
			return string(append(out, '…'))
		}
		if r < ' ' || r == utf8.RuneError {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}

// ExcerptEnd shortens a found value as [Excerpt] does, but keeps its end: what tells one namespace from another stands there.
func ExcerptEnd(s string) string {
	s = s[max(0, len(s)-maxSearched):]
	end := []rune(accountNumber.ReplaceAllStringFunc(s, MaskAccount))
	if len(end) <= maxExcerpt {
		return Excerpt(string(end))
	}
	return "…" + Excerpt(string(end[len(end)-maxExcerpt:]))
}

// Beginning returns of a text what an excerpt may tell, and somewhat more.
func Beginning(s string) string { return s[:min(len(s), maxSearched)] }

// MaskAccount returns an account number with its country, its last four characters, by which its owner knows it, and its
// blanks; everything else is hidden, and all of a short one. Messages go to logs, receipts and dead letters, which more people
// read than the document.
func MaskAccount(number string) string {
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
