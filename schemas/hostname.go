package schemas

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLabel and maxHostname are those of RFC 1034 section 3.1, without the final dot.
const (
	maxLabel    = 63
	maxHostname = 253
)

// isHostname is a host name of RFC 1123 section 2.1. Labels that stand for others (xn--, RFC 5891) must stand for valid
// ones.
func isHostname(s string) bool {
	if len(s) > maxHostname {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isASCIILabel(label) {
			return false
		}
	}
	return true
}

func isASCIILabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if !isAlphanumeric(label[i]) && label[i] != '-' {
			return false
		}
	}
	if len(label) < 4 || label[2:4] != "--" {
		return true
	}
	if !strings.EqualFold(label[:2], "xn") {
		return false // RFC 5891 section 4.2.3.1
	}
	decoded, ok := decodePunycode(label[4:])
	return ok && isInternationalLabel(decoded)
}

// isIDNHostname is a host name in which labels of RFC 5890 may be written in any script, with any of the dots of
// RFC 3490 between them.
func isIDNHostname(s string) bool {
	total := -1
	for label := range strings.SplitSeq(strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(s), ".") {
		if isASCII(label) {
			if !isASCIILabel(label) {
				return false
			}
			total += 1 + len(label)
			continue
		}
		runes := []rune(label)
		size := len("xn--") + punycodeLength(runes)
		if size > maxLabel || !isInternationalLabel(runes) {
			return false
		}
		total += 1 + size
	}
	return total <= maxHostname
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isInternationalLabel checks a U-label by the rules of RFC 5891 section 4.2 and RFC 5892, as far as the categories of
// characters decide: normalisation and the direction of text are not checked.
func isInternationalLabel(label []rune) bool {
	if len(label) == 0 || label[0] == '-' || label[len(label)-1] == '-' || unicode.IsMark(label[0]) {
		return false
	}
	if len(label) >= 4 && label[2] == '-' && label[3] == '-' {
		return false
	}
	arabic, extended, international := false, false, false
	for i, r := range label {
		if !isLabelRune(r) && !isInContext(label, i) {
			return false
		}
		arabic = arabic || r >= 0x660 && r <= 0x669
		extended = extended || r >= 0x6F0 && r <= 0x6F9
		international = international || r >= utf8.RuneSelf
	}
	return international && !(arabic && extended) // RFC 5892 appendices A.8 and A.9
}

// isLabelRune is PVALID of RFC 5892 section 3, by general category and its exceptions.
func isLabelRune(r rune) bool {
	switch {
	case strings.ContainsRune("\u00df\u03c2\u06fd\u06fe\u0f0b\u3007", r):
		return true
	case strings.ContainsRune("\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b", r):
		return false
	case r == '-':
		return true
	}
	return unicode.In(r, unicode.Ll, unicode.Lo, unicode.Lm, unicode.Mn, unicode.Mc, unicode.Nd)
}

// isInContext allows the characters of RFC 5892 appendix A where their neighbours do.
func isInContext(label []rune, i int) bool {
	before, after := rune(-1), rune(-1)
	if i > 0 {
		before = label[i-1]
	}
	if i+1 < len(label) {
		after = label[i+1]
	}
	switch label[i] {
	case 0xB7: // middle dot
		return before == 'l' && after == 'l'
	case 0x375: // Greek keraia
		return after >= 0 && unicode.Is(unicode.Greek, after)
	case 0x5F3, 0x5F4: // Hebrew geresh and gershayim
		return before >= 0 && unicode.Is(unicode.Hebrew, before)
	case 0x30FB: // katakana middle dot
		for _, r := range label {
			if r != 0x30FB && unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) {
				return true
			}
		}
		return false
	case 0x200C, 0x200D: // joiners, after a virama
		return before >= 0 && strings.ContainsRune("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u0e3a\u0f84\u1039", before)
	default:
		return false
	}
}

// The parameters of punycode (RFC 3492 section 5).
const (
	punyBase, punyMin, punyMax, punySkew, punyDamp = 36, 1, 26, 38, 700
	punyBias, punyFirst                            = 72, 128
)

// decodePunycode reads what follows xn-- (RFC 3492 section 6.2).
func decodePunycode(s string) ([]rune, bool) {
	basic, rest := "", s
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		basic, rest = s[:i], s[i+1:]
	}
	out := []rune(strings.ToLower(basic))
	n, i, bias := punyFirst, 0, punyBias
	for rest != "" {
		start, weight := i, 1
		for k := punyBase; ; k += punyBase {
			if rest == "" {
				return nil, false
			}
			digit := strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789", rest[0]|0x20)
			if '0' <= rest[0] && rest[0] <= '9' {
				digit = int(rest[0]-'0') + 26
			}
			rest = rest[1:]
			if digit < 0 || i+digit*weight > unicode.MaxRune*(maxLabel+1) {
				return nil, false
			}
			i += digit * weight
			threshold := min(max(k-bias, punyMin), punyMax)
			if digit < threshold {
				break
			}
			weight *= punyBase - threshold
		}
		size := len(out) + 1
		bias = punyAdapt(i-start, size, start == 0)
		n += i / size
		i %= size
		if n > unicode.MaxRune {
			return nil, false
		}
		out = append(out[:i], append([]rune{rune(n)}, out[i:]...)...)
		i++
	}
	return out, true
}

// punycodeLength is the length of what the encoder of RFC 3492 section 6.3 writes.
func punycodeLength(label []rune) int {
	handled := 0
	for _, r := range label {
		if r < utf8.RuneSelf {
			handled++
		}
	}
	length := handled
	if handled > 0 {
		length++
	}
	n, delta, bias, first := rune(punyFirst), 0, punyBias, true
	for handled < len(label) {
		next := rune(unicode.MaxRune + 1)
		for _, r := range label {
			if r >= n {
				next = min(next, r)
			}
		}
		delta += int(next-n) * (handled + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := punyBase; ; k += punyBase {
				length++
				threshold := min(max(k-bias, punyMin), punyMax)
				if q < threshold {
					break
				}
				q = (q - threshold) / (punyBase - threshold)
			}
			handled++
			bias = punyAdapt(delta, handled, first)
			delta, first = 0, false
		}
		delta++
		n++
	}
	return length
}

func punyAdapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (punyBase-punyMin)*punyMax/2 {
		delta /= punyBase - punyMin
		k += punyBase
	}
	return k + (punyBase-punyMin+1)*delta/(delta+punySkew)
}
