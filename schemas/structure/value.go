package structure

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// value is a simple type: how a text is written (XML Schema part 2).
type value struct {
	builtin  *builtin
	enum     []string // nil: any
	minimum  int      // characters
	maximum  int      // characters; -1: any number
	fixed    string
	hasFixed bool
}

// builtin is a simple type of XML Schema.
type builtin struct {
	name string
	base string // the built-in type it restricts, empty for none
	// takes reports whether a text, without white space around it, is written as the type wants; nil: any text is.
	takes func(string) bool
	// collapses says that white space within a text counts as one blank, so that it never matters around it.
	collapses bool
	fr, en    string // what is expected
}

// identifier is the type whose values are unique in a document.
var identifier = &builtin{
	name: "ID", base: "NCName", takes: isNCName, collapses: true,
	fr: "un identifiant unique dans le document, sans espace",
	en: "an identifier that is unique in the document, without blanks",
}

var builtins = []*builtin{
	{name: "string", fr: "un texte", en: "a text"},
	{name: "normalizedString", base: "string", fr: "un texte", en: "a text"},
	{name: "token", base: "normalizedString", collapses: true, fr: "un texte", en: "a text"},
	{name: "language", base: "token", takes: isLanguage, collapses: true, fr: "un code de langue (fr, fr-FR)", en: "a language code (fr, fr-FR)"},
	{name: "NCName", base: "token", takes: isNCName, collapses: true, fr: "un nom sans espace ni « : »", en: "a name without blank or \":\""},
	identifier,
	{name: "anyURI", takes: isURI, collapses: true, fr: "une adresse (URI)", en: "an address (URI)"},
	{name: "boolean", takes: isBoolean, collapses: true, fr: "true ou false", en: "true or false"},
	{name: "decimal", takes: isDecimal, collapses: true, fr: "un nombre décimal avec un point (1234.56)", en: "a decimal number with a point (1234.56)"},
	{name: "integer", base: "decimal", takes: isInteger, collapses: true, fr: "un nombre entier (12)", en: "a whole number (12)"},
	{name: "date", takes: isDate, collapses: true, fr: "une date qui existe, écrite AAAA-MM-JJ (2026-11-28)", en: "a date that exists, written YYYY-MM-DD (2026-11-28)"},
	{name: "time", takes: isTime, collapses: true, fr: "une heure écrite hh:mm:ss (14:30:00)", en: "a time written hh:mm:ss (14:30:00)"},
	{name: "dateTime", takes: isDateTime, collapses: true, fr: "une date et une heure (2026-11-28T14:30:00)", en: "a date and a time (2026-11-28T14:30:00)"},
	{name: "base64Binary", takes: isBase64 /* passes over blanks: an attachment is large */, fr: "un contenu codé en base64", en: "content coded as base64"},
}

// takes reports whether a text is a value of the type.
func (v *value) takes(text string) bool {
	if v.builtin.takes == nil && v.enum == nil && v.minimum == 0 && v.maximum < 0 && !v.hasFixed {
		return true
	}
	if v.builtin.collapses {
		text = collapse(text)
	}
	if v.builtin.takes != nil && !v.builtin.takes(text) {
		return false
	}
	if v.minimum > 0 || v.maximum >= 0 {
		if n := utf8.RuneCountInString(text); n < v.minimum || v.maximum >= 0 && n > v.maximum {
			return false
		}
	}
	if v.hasFixed && text != v.fixed {
		return false
	}
	return v.enum == nil || slices.Contains(v.enum, text)
}

// expected says what a value of the type is.
func (v *value) expected() (fr, en string) {
	switch fr, en = v.builtin.fr, v.builtin.en; {
	case v.hasFixed:
		return "« " + v.fixed + " »", "\"" + v.fixed + "\""
	case v.enum != nil:
		return list(v.enum), list(v.enum)
	case v.maximum >= 0:
		return fmt.Sprintf("%s de %d à %d caractères", fr, v.minimum, v.maximum), fmt.Sprintf("%s of %d to %d characters", en, v.minimum, v.maximum)
	case v.minimum > 0:
		return fmt.Sprintf("%s d'au moins %d caractères", fr, v.minimum), fmt.Sprintf("%s of at least %d characters", en, v.minimum)
	}
	return fr, en
}

// collapse removes white space around a text and makes one blank of that within it. Most texts have none.
func collapse(s string) string {
	for i := range len(s) {
		if s[i] <= ' ' {
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }), " ")
		}
	}
	return s
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// digits returns the number of digits that s starts with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func unsigned(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

func isInteger(s string) bool {
	s = unsigned(s)
	return s != "" && digits(s) == len(s)
}

func isDecimal(s string) bool {
	s = unsigned(s)
	whole := digits(s)
	if whole == len(s) {
		return whole > 0
	}
	if s[whole] != '.' {
		return false
	}
	rest := s[whole+1:]
	return digits(rest) == len(rest) && len(s) > 1
}

func isBoolean(s string) bool { return s == "true" || s == "false" || s == "1" || s == "0" }

func isDate(s string) bool {
	rest, ok := cutDate(s)
	return ok && isZone(rest)
}

func isTime(s string) bool {
	rest, ok := cutTime(s)
	return ok && isZone(rest)
}

func isDateTime(s string) bool {
	rest, ok := cutDate(s)
	if !ok || rest == "" || rest[0] != 'T' {
		return false
	}
	return isTime(rest[1:])
}

// cutDate cuts year, month and day off; the year has four digits or more and is not 0.
func cutDate(s string) (rest string, ok bool) {
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	n := digits(s)
	if n < 4 || n > 4 && s[0] == '0' || len(s) < n+6 || s[n] != '-' || s[n+3] != '-' {
		return "", false
	}
	year := 0
	for _, c := range s[:n] {
		year = (year*10 + int(c-'0')) % 400_000 // only leap years and 0 matter; 400 divides this
	}
	month, ok := two(s[n+1:])
	day, fine := two(s[n+4:])
	if !ok || !fine || n == 4 && year == 0 || month < 1 || month > 12 || day < 1 || day > days(year, month) {
		return "", false
	}
	return s[n+6:], true
}

func days(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// cutTime cuts hours, minutes and seconds off; 24:00:00 is the end of the day.
func cutTime(s string) (rest string, ok bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return "", false
	}
	hour, okHour := two(s)
	minute, okMinute := two(s[3:])
	second, okSecond := two(s[6:])
	rest = s[8:]
	zero := minute == 0 && second == 0
	if rest != "" && rest[0] == '.' {
		n := digits(rest[1:])
		if n == 0 {
			return "", false
		}
		zero = zero && strings.Trim(rest[1:1+n], "0") == ""
		rest = rest[1+n:]
	}
	return rest, okHour && okMinute && okSecond && minute < 60 && second < 60 && (hour < 24 || hour == 24 && zero)
}

// isZone reports whether s is a time zone or nothing.
func isZone(s string) bool {
	if s == "" || s == "Z" {
		return true
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return false
	}
	hour, ok := two(s[1:])
	minute, fine := two(s[4:])
	return ok && fine && (hour < 14 && minute < 60 || hour == 14 && minute == 0)
}

// two reads the number of two digits at the start of s.
func two(s string) (int, bool) {
	if len(s) < 2 || !isDigit(s[0]) || !isDigit(s[1]) {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

// isLanguage reports whether s is written like a language tag (RFC 3066).
func isLanguage(s string) bool {
	for first := true; ; first = false {
		part, rest, more := strings.Cut(s, "-")
		if part == "" || len(part) > 8 {
			return false
		}
		for i := range len(part) {
			c := part[i] | 0x20
			if !('a' <= c && c <= 'z' || !first && isDigit(part[i])) {
				return false
			}
		}
		if !more {
			return true
		}
		s = rest
	}
}

func isNCName(s string) bool {
	for i, r := range s {
		start := r == '_' || unicode.IsLetter(r)
		if !start && (i == 0 || r != '-' && r != '.' && r != 0xb7 && !unicode.IsDigit(r) && !unicode.IsMark(r)) {
			return false
		}
	}
	return s != ""
}

// isBase64 reads groups of four characters, blanks among them; the bits that padding leaves unused are zero.
func isBase64(s string) bool {
	var n, padding int
	var last byte
	for i := range len(s) {
		c := s[i]
		code := base64Codes[c]
		if code != notBase64 && padding == 0 { // nearly all of an attachment
			last = code
			n++
			continue
		}
		switch c {
		case ' ', '\n', '\r', '\t':
		case '=':
			if padding++; padding > 2 {
				return false
			}
			n++
		default:
			return false
		}
	}
	switch {
	case n%4 != 0:
		return false
	case padding == 1:
		return last&0x3 == 0
	case padding == 2:
		return last&0xf == 0
	}
	return true
}

const notBase64 = 0xff

var base64Codes = func() (codes [256]byte) {
	for i := range codes {
		codes[i] = notBase64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		codes[c] = byte(i)
	}
	return codes
}()

// isURI reports whether s can be read as a URI or a reference to one once what may not stand in it is escaped: XML Schema
// says no more than that of anyURI, and validators refuse no more than this.
func isURI(s string) bool {
	for i := range len(s) {
		if s[i] == '%' && (len(s) < i+3 || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return false
		}
	}
	body, fragment, _ := strings.Cut(s, "#")
	if strings.Contains(fragment, "#") {
		return false
	}
	hierarchy, _, _ := strings.Cut(body, "?")
	path := hierarchy
	if colon := strings.IndexByte(hierarchy, ':'); colon >= 0 && !strings.Contains(hierarchy[:colon], "/") {
		if colon == 0 || !isScheme(hierarchy[:colon]) || colon == len(s)-1 || s[colon+1] == '#' {
			return false
		}
		path = hierarchy[colon+1:]
		if !strings.HasPrefix(path, "/") {
			return true // opaque
		}
	}
	if authority, ok := strings.CutPrefix(path, "//"); ok {
		if slash := strings.IndexByte(authority, '/'); slash >= 0 {
			path = authority[slash:]
		} else {
			path = ""
		}
	}
	return !strings.ContainsAny(path, "[]")
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if !('a' <= c && c <= 'z' || i > 0 && (isDigit(s[i]) || s[i] == '+' || s[i] == '-' || s[i] == '.')) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
