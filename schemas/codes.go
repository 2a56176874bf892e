package schemas

import (
	"embed"
	"strings"
	"sync"
)

// codeFiles are lists of codes as their keepers publish them. Each file begins with lines of # that say which list it is,
// of which day, and where it comes from.
//
//go:embed codes/*.txt
var codeFiles embed.FS

// codeList returns the check of a list: whether it has a code. The file is read once, when a code is first asked for, as
// most schemas name no list.
func codeList(name string) func(string) bool {
	read := sync.OnceValue(func() map[string]struct{} {
		codes := map[string]struct{}{}
		data, err := codeFiles.ReadFile("codes/" + name + ".txt")
		if err != nil { // a fault of the build; a list without codes refuses all
			return codes
		}
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			for code := range strings.FieldsSeq(line) {
				codes[code] = struct{}{}
			}
		}
		return codes
	})
	return func(code string) bool {
		_, ok := read()[code]
		return ok
	}
}

var (
	// isNUTS is a territorial unit of level 0 to 3 (Eurostat).
	isNUTS = codeList("nuts")
	// isCurrency is a currency code of ISO 4217 in force or withdrawn.
	isCurrency = codeList("iso4217")
	// isCountry is a country code of ISO 3166-1 alpha-2.
	isCountry = codeList("iso3166")
	// isListedCPV is a code of the common procurement vocabulary without its check digit.
	isListedCPV = codeList("cpv")
)

// isCPV is a code of the common procurement vocabulary (Regulation (EC) 213/2008), with its check digit or without.
func isCPV(s string) bool {
	code, digit, checked := strings.Cut(s, "-")
	if !isListedCPV(code) {
		return false
	}
	if !checked {
		return true
	}
	sum := 0
	for i := range len(code) {
		sum += int(code[i]-'0') * [3]int{3, 7, 1}[i%3]
	}
	return len(digit) == 1 && digit[0] == byte('0'+sum%10)
}
