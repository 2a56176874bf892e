package schemas

// isSIREN is the number of a legal unit: nine digits that satisfy Luhn's check (INSEE, base SIRENE).
func isSIREN(s string) bool { return len(s) == 9 && areDigits(s) && luhn(s) }

// isSIRET is the number of an establishment: its SIREN and five digits, the whole satisfying Luhn's check. Those of La
// Poste, more than the check leaves numbers for, have a sum of digits that is a multiple of five instead; its head
// office (00048) satisfies Luhn's check (INSEE).
func isSIRET(s string) bool {
	if len(s) != 14 || !areDigits(s) || !luhn(s[:9]) {
		return false
	}
	if luhn(s) {
		return true
	}
	sum := 0
	for i := range len(s) {
		sum += int(s[i] - '0')
	}
	return s[:9] == "356000000" && sum%5 == 0
}

// luhn is the check of ISO/IEC 7812-1 annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// isIBAN is an account number of ISO 13616 in electronic form: country, two check digits (97 divides it and leaves 1), at
// most 34 characters. The length of each country is not checked.
func isIBAN(s string) bool {
	if len(s) < 15 || len(s) > 34 || !isUpper(s[0]) || !isUpper(s[1]) || !areDigits(s[2:4]) {
		return false
	}
	rest := 0
	for i := range len(s) {
		switch c := s[(i+4)%len(s)]; {
		case '0' <= c && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case isUpper(c):
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
