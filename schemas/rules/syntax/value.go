package syntax

import (
	"strings"
	"unicode/utf8"
)

// hasDecimals returns a test of the number of digits after the point, as they are written.
func hasDecimals(most int) func(string) bool {
	return func(text string) bool {
		_, after, _ := strings.Cut(text, ".")
		return utf8.RuneCountInString(after) <= most
	}
}

// isDay tells whether a text is a day written CCYYMMDD, the format 102 of UNTDID 2379. Like the official artefact it
// gives every month 31 days; the types of the values are the business of the structure.
func isDay(text string) bool {
	if len(text) != 8 || strings.Trim(text, "0123456789") != "" {
		return false
	}
	month, day := text[4:6], text[6:]
	return "01" <= month && month <= "12" && "01" <= day && day <= "31"
}

func sameText(a, b string) bool { return a == b }

// sameWords tells whether two texts are the same when white space inside them counts as one space each.
func sameWords(a, b string) bool {
	if a == b {
		return true
	}
	x, y := strings.Fields(a), strings.Fields(b)
	return strings.Join(x, " ") == strings.Join(y, " ")
}
