package schemas

import (
	"strings"

	"golang.org/x/text/currency"
)

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

// isCPV is a code of the common procurement vocabulary (Regulation (EC) 213/2008): eight digits, and the check digit where
// it is written. Whether the list has the code is not checked.
func isCPV(s string) bool {
	if len(s) != 8 && len(s) != 10 || !areDigits(s[:8]) {
		return false
	}
	if len(s) == 8 {
		return true
	}
	sum := 0
	for i := range 8 {
		sum += int(s[i]-'0') * [3]int{3, 7, 1}[i%3]
	}
	return s[8] == '-' && s[9] == byte('0'+sum%10)
}

// nutsCountries are the countries of NUTS 2024 (Regulation (EU) 2023/674) and of Eurostat's statistical regions beside
// it, with Greece as EL and the United Kingdom of NUTS 2021.
const nutsCountries = " AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK AL BA CH IS LI ME MK NO RS TR UA UK XK "

// isNUTS is a territorial unit of level 0 to 3: a country and up to three characters. Whether the list has the code is
// not checked.
func isNUTS(s string) bool {
	if len(s) < 2 || len(s) > 5 || !strings.Contains(nutsCountries, " "+s[:2]+" ") {
		return false
	}
	for i := range len(s) {
		if !isUpper(s[i]) && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// recentCurrencies are the codes that ISO 4217 has added since the list of golang.org/x/text, up to 1 January 2026.
const recentCurrencies = " MRU SLE STN UYW VED VES XAD XCG ZWG "

// isCurrency is a currency code of ISO 4217 in force or withdrawn: an old invoice may be replayed.
func isCurrency(s string) bool {
	if len(s) != 3 || !isUpper(s[0]) || !isUpper(s[1]) || !isUpper(s[2]) {
		return false
	}
	if strings.Contains(recentCurrencies, " "+s+" ") {
		return true
	}
	_, err := currency.ParseISO(s)
	return err == nil
}

// countries are the 249 codes of ISO 3166-1 alpha-2 that are officially assigned on 1 January 2026.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ" +
	" CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR" +
	" GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP" +
	" KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ" +
	" NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW" +
	" SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ" +
	" UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

// isCountry is a country code of ISO 3166-1 alpha-2.
func isCountry(s string) bool {
	return len(s) == 2 && isUpper(s[0]) && isUpper(s[1]) && strings.Contains(countries, " "+s+" ")
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
