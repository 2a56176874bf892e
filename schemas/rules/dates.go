package rules

import "time"

// parseDate reads a date as xs:date writes it, YYYY-MM-DD with a time zone or none, or as UN/CEFACT's format 102 does,
// CCYYMMDD. It returns the minute at which the day begins in UTC; a date without zone is taken for one in UTC, so that
// dates without zone compare by the calendar.
func parseDate(text string) (int64, bool) {
	if len(text) == 8 {
		year, okY := number(text[:4])
		month, okM := number(text[4:6])
		d, okD := number(text[6:])
		return calendar(year, month, d, okY && okM && okD)
	}
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return 0, false
	}
	year, okY := number(text[:4])
	month, okM := number(text[5:7])
	d, okD := number(text[8:10])
	begin, ok := calendar(year, month, d, okY && okM && okD)
	offset, okZ := zone(text[10:])
	return begin - offset, ok && okZ
}

// calendar returns the minute at which a day begins, if there is such a day.
func calendar(year, month, d int, ok bool) (int64, bool) {
	if !ok || month < 1 || month > 12 || d < 1 || d > 31 {
		return 0, false
	}
	t := time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC)
	return t.Unix() / 60, t.Day() == d
}

// zone reads a time zone, in minutes east of UTC.
func zone(text string) (minutes int64, ok bool) {
	switch {
	case text == "" || text == "Z":
		return 0, true
	case len(text) != 6 || text[3] != ':' || text[0] != '+' && text[0] != '-':
		return 0, false
	}
	hours, okH := number(text[1:3])
	rest, okM := number(text[4:])
	minutes = int64(hours*60 + rest)
	if text[0] == '-' {
		minutes = -minutes
	}
	return minutes, okH && okM && rest < 60 && hours*60+rest <= 14*60 // XML Schema part 2, 3.2.7.3
}

func number(digits string) (n int, ok bool) {
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		n = n*10 + int(digits[i]-'0')
	}
	return n, true
}
