package schemas

import (
	"strings"
	"unicode/utf8"
)

// isURI is URI of RFC 3986, isURIReference its URI-reference; isIRI and isIRIReference are those of RFC 3987. They follow
// the grammar, which net/url does not: it takes spaces, backslashes and letters with accents for a URI.
func isURI(s string) bool          { return isReference(s, true, false) }
func isURIReference(s string) bool { return isReference(s, false, false) }
func isIRI(s string) bool          { return isReference(s, true, true) }
func isIRIReference(s string) bool { return isReference(s, false, true) }

const (
	subDelims = "!$&'()*+,;="
	pathChars = subDelims + ":@/"
)

func isReference(s string, absolute, international bool) bool {
	s, fragment, _ := strings.Cut(s, "#")
	s, query, _ := strings.Cut(s, "?")
	if !areURIChars(fragment, pathChars+"?", international) || !areURIChars(query, pathChars+"?", international) {
		return false
	}
	colon, slash := strings.IndexByte(s, ':'), strings.IndexByte(s, '/')
	hasScheme := colon >= 0 && (slash < 0 || colon < slash)
	if hasScheme {
		if !isScheme(s[:colon]) {
			return false // also a relative path whose first segment has a colon
		}
		s = s[colon+1:]
	} else if absolute {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		authority := rest
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			authority, s = rest[:i], rest[i:]
		} else {
			s = ""
		}
		if !isAuthority(authority, international) {
			return false
		}
	}
	return areURIChars(s, pathChars, international)
}

func isScheme(s string) bool {
	for i := range len(s) {
		letter := 'a' <= s[i] && s[i] <= 'z' || 'A' <= s[i] && s[i] <= 'Z'
		if !letter && (i == 0 || !isAlphanumeric(s[i]) && s[i] != '+' && s[i] != '-' && s[i] != '.') {
			return false
		}
	}
	return s != ""
}

func isAuthority(s string, international bool) bool {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		if !areURIChars(s[:at], subDelims+":", international) {
			return false
		}
		s = s[at+1:]
	}
	if rest, ok := strings.CutPrefix(s, "["); ok {
		address, port, ok := strings.Cut(rest, "]")
		return ok && (isIPv6(address) || isFutureIP(address)) && (port == "" || port[0] == ':' && areDigits(port[1:]))
	}
	host, port, _ := strings.Cut(s, ":")
	return areDigits(port) && areURIChars(host, subDelims, international)
}

// isFutureIP is IPvFuture of RFC 3986.
func isFutureIP(s string) bool {
	version, address, ok := strings.Cut(strings.TrimLeft(s, "vV"), ".")
	return ok && s != "" && (s[0] == 'v' || s[0] == 'V') && version != "" && strings.Trim(version, "0123456789abcdefABCDEF") == "" &&
		address != "" && areURIChars(address, subDelims+":", false)
}

// areURIChars reports whether a text has only unreserved characters, escapes %XX and the extra ones.
func areURIChars(s, extra string, international bool) bool {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isAlphanumeric(c) || strings.IndexByte("-._~", c) >= 0 || strings.IndexByte(extra, c) >= 0:
			i++
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 3
		case c >= utf8.RuneSelf && international:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !isInternational(r) {
				return false
			}
			i += size
		default:
			return false
		}
	}
	return true
}

// isInternational is ucschar or iprivate of RFC 3987.
func isInternational(r rune) bool {
	return r >= 0xA0 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFEF || r >= 0x10000 && r&0xFFFF < 0xFFFE
}

// isURITemplate is a template of RFC 6570: literals and expressions in braces.
func isURITemplate(s string) bool {
	for s != "" {
		open := strings.IndexAny(s, "{}")
		literal := s
		if open >= 0 {
			literal = s[:open]
		}
		if !isTemplateLiteral(literal) {
			return false
		}
		if open < 0 {
			return true
		}
		expression, rest, closed := strings.Cut(s[open+1:], "}")
		if s[open] == '}' || !closed || !isTemplateExpression(expression) {
			return false
		}
		s = rest
	}
	return true
}

func isTemplateLiteral(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
		case c <= ' ' || c == 0x7F || strings.IndexByte("\"'<>\\^`{|}", c) >= 0:
			return false
		}
	}
	return true
}

func isTemplateExpression(s string) bool {
	if s != "" && strings.IndexByte("+#./;?&=,!@|", s[0]) >= 0 {
		s = s[1:]
	}
	for variable := range strings.SplitSeq(s, ",") {
		variable = strings.TrimSuffix(variable, "*")
		name, prefix, limited := strings.Cut(variable, ":")
		if limited && (len(prefix) == 0 || len(prefix) > 4 || prefix[0] == '0' || !areDigits(prefix)) {
			return false
		}
		for part := range strings.SplitSeq(name, ".") {
			if part == "" || !areURIChars(part, "", false) || strings.ContainsAny(part, "-~") {
				return false
			}
		}
	}
	return true
}
