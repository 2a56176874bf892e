package schemas

import "golang.org/x/text/currency"

// formats are the formats that our schemas use beside those of JSON Schema. A value that is no string is the
// business of the keyword type.
var formats = map[string]func(any) bool{
	// iso4217 is a currency code in force or withdrawn: an old invoice may be replayed.
	"iso4217": func(v any) bool {
		text, ok := v.(string)
		if !ok {
			return true
		}
		_, err := currency.ParseISO(text)
		return err == nil && len(text) == 3
	},
}
