package schemas

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// formats returns every format that draft-07, 2019-09 or 2020-12 names, and ours. They are functions of a text: a value
// of another type is the business of the keyword type. jsonschema/v5 asks the same functions, so that both verdicts
// are one; only those are its own that it gets right.
func formats() map[string]func(string) bool {
	return map[string]func(string) bool{
		"date-time": isDateTime, "date": isDate, "time": isTime, "duration": theirs("duration"),
		"email": isEmail, "idn-email": isIDNEmail, "hostname": isHostname, "idn-hostname": isIDNHostname,
		"ipv4": isIPv4, "ipv6": isIPv6,
		"uri": isURI, "uri-reference": isURIReference, "iri": isIRI, "iri-reference": isIRIReference, "uri-template": isURITemplate,
		"uuid": isUUID, "regex": theirs("regex"), "json-pointer": theirs("json-pointer"), "relative-json-pointer": isRelativePointer,

		"siret": isSIRET, "siren": isSIREN, "iban": isIBAN, "nuts": isNUTS, "cpv": isCPV, "iso4217": isCurrency, "iso3166": isCountry,
	}
}

// Format returns the check of a format, nil when there is none of that name.
func Format(name string) func(string) bool { return formats()[name] }

// FormatNames lists the formats, sorted.
func FormatNames() []string { return slices.Sorted(maps.Keys(formats())) }

// theirs is a format of jsonschema/v5.
func theirs(name string) func(string) bool {
	check := jsonschema.Formats[name]
	return func(text string) bool { return check(text) }
}

// boxed makes formats what jsonschema/v5 asks for; unless they are asserted, everything satisfies them.
func boxed(formats map[string]func(string) bool, asserted bool) map[string]func(any) bool {
	out := make(map[string]func(any) bool, len(formats))
	for name, check := range formats {
		out[name] = func(v any) bool {
			text, ok := v.(string)
			return !ok || !asserted || check(text)
		}
	}
	return out
}

// isDate is full-date of RFC 3339: a day of the calendar.
func isDate(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' || !areDigits(s[:4]) || !areDigits(s[5:7]) || !areDigits(s[8:]) {
		return false
	}
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:])
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	last := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		last = 29
	}
	return day <= last
}

// isTime is full-time of RFC 3339, with its zone. A leap second falls at 23:59:60 UTC.
func isTime(s string) bool {
	if len(s) < 9 || s[2] != ':' || s[5] != ':' || !areDigits(s[:2]) || !areDigits(s[3:5]) || !areDigits(s[6:8]) {
		return false
	}
	hour, minute, second := number(s[:2]), number(s[3:5]), number(s[6:8])
	if hour > 23 || minute > 59 || second > 60 {
		return false
	}
	zone := s[8:]
	if zone[0] == '.' {
		digits := 1
		for digits < len(zone) && '0' <= zone[digits] && zone[digits] <= '9' {
			digits++
		}
		if digits == 1 {
			return false
		}
		zone = zone[digits:]
	}
	minutes := hour*60 + minute
	switch {
	case zone == "Z" || zone == "z":
	case len(zone) == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' && areDigits(zone[1:3]) && areDigits(zone[4:]):
		hours, rest := number(zone[1:3]), number(zone[4:])
		if hours > 23 || rest > 59 {
			return false
		}
		if offset := hours*60 + rest; zone[0] == '+' {
			minutes -= offset
		} else {
			minutes += offset
		}
	default:
		return false
	}
	const day = 24 * 60
	return second < 60 || (minutes+day)%day == day-1
}

// isDateTime is date-time of RFC 3339.
func isDateTime(s string) bool {
	return len(s) > 11 && (s[10] == 'T' || s[10] == 't') && isDate(s[:10]) && isTime(s[11:])
}

// isUUID is the text form of RFC 4122 (9562).
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if !isHex(s[i]) {
			return false
		}
	}
	return true
}

// isIPv4 is the dotted quad of RFC 2673, without leading zeros.
func isIPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

// isIPv6 is the text form of RFC 4291, without a zone.
func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && a.Zone() == ""
}

// isEmail is a Mailbox of RFC 5321 section 4.1.2; isIDNEmail allows the characters of RFC 6531 as well.
func isEmail(s string) bool    { return isMailbox(s, false) }
func isIDNEmail(s string) bool { return isMailbox(s, true) }

func isMailbox(s string, international bool) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || len(s) > 254 || at > 64 { // RFC 5321 section 4.5.3.1
		return false
	}
	local, domain := s[:at], s[at+1:]
	if !isLocalPart(local, international) {
		return false
	}
	if address, ok := strings.CutPrefix(domain, "["); ok {
		address, ok = strings.CutSuffix(address, "]")
		if six, tagged := strings.CutPrefix(address, "IPv6:"); tagged {
			return ok && isIPv6(six)
		}
		return ok && isIPv4(address)
	}
	if international {
		return isIDNHostname(domain)
	}
	return isHostname(domain)
}

// isLocalPart is a dot-atom or a quoted string (RFC 5321).
func isLocalPart(s string, international bool) bool {
	allowed := func(c byte, atom bool) bool {
		switch {
		case c >= utf8.RuneSelf:
			return international
		case atom:
			return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
		default:
			return c >= ' ' && c < 0x7F
		}
	}
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		inside := s[1 : len(s)-1]
		for i := 0; i < len(inside); i++ {
			switch {
			case inside[i] == '"' || !allowed(inside[i], false):
				return false
			case inside[i] == '\\':
				if i++; i == len(inside) || !allowed(inside[i], false) {
					return false
				}
			}
		}
		return true
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			if !allowed(atom[i], true) {
				return false
			}
		}
	}
	return true
}

// isRelativePointer is draft-bhutton-relative-json-pointer-00: steps upwards, in 2020-12 with an index manipulation,
// then a JSON pointer or #.
func isRelativePointer(s string) bool {
	up := leadingDigits(s)
	if up == 0 || up > 1 && s[0] == '0' {
		return false
	}
	s = s[up:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		n := leadingDigits(s[1:])
		if n == 0 || s[1] == '0' {
			return false
		}
		s = s[1+n:]
	}
	return s == "" || s == "#" || jsonschema.Formats["json-pointer"](s)
}

func leadingDigits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

func areDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// number is the value of a few digits.
func number(digits string) int {
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
