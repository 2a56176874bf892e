package mapping

import "strings"

// folding is what is done to a text, whatever its language (Unicode, no locale).
type folding uint8

const (
	upper folding = 1 << iota
	lower
	trim // white space at both ends
)

func (f folding) apply(text string) string {
	if f&trim != 0 {
		text = strings.TrimSpace(text)
	}
	if f&upper != 0 {
		text = strings.ToUpper(text)
	}
	if f&lower != 0 {
		text = strings.ToLower(text)
	}
	return text
}
