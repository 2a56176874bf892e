package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

const (
	margin = "    "
	// maxExcerptRunes keeps an excerpt within a terminal line or two; longer source lines are cut
	// around the column.
	maxExcerptRunes = 160
)

// Print writes the diagnostics, sorted: "file:line:column: error: message [code]", the source line
// with a caret under the column, then the hint. sources gives the bytes of a file, or nil when there
// are none (then there is no excerpt); it may be nil itself. lang is French or English.
func Print(w io.Writer, list List, sources func(file string) []byte, lang string) error {
	var out strings.Builder
	for _, d := range list.All() {
		if at := d.Position.String(); at != "" {
			out.WriteString(at + ": ")
		}
		out.WriteString(severityWord(d.Severity, lang) + d.Message(lang))
		if d.Code != "" {
			out.WriteString(" [" + d.Code + "]")
		}
		out.WriteByte('\n')
		if sources != nil && d.Line > 0 {
			if line := sourceLine(sources(d.File), d.Line); strings.TrimSpace(line) != "" {
				out.WriteString(excerpt(line, d.Column))
			}
		}
		if hint := d.Hint(lang); hint != "" {
			out.WriteString(margin + hintWord(lang) + hint + "\n")
		}
	}
	if n := list.More(); n > 0 {
		out.WriteString(fmt.Sprintf(moreWords(lang), n))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func severityWord(s Severity, lang string) string {
	switch {
	case lang == French && s == Warning:
		return "avertissement : "
	case lang == French:
		return "erreur : "
	}
	return s.String() + ": "
}

func hintWord(lang string) string {
	if lang == French {
		return "aide : "
	}
	return "hint: "
}

func moreWords(lang string) string {
	if lang == French {
		return "et %d de plus\n"
	}
	return "and %d more\n"
}

// sourceLine gives line n (from 1) without its end of line and without a byte-order mark; "" when
// there is no such line.
func sourceLine(source []byte, n int) string {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	for ; n > 1; n-- {
		i := bytes.IndexByte(source, '\n')
		if i < 0 {
			return ""
		}
		source = source[i+1:]
	}
	if i := bytes.IndexByte(source, '\n'); i >= 0 {
		source = source[:i]
	}
	return strings.ToValidUTF8(string(bytes.TrimSuffix(source, []byte("\r"))), "\uFFFD")
}

// excerpt gives the line and a caret under the column, which may be one past the end.
func excerpt(line string, column int) string {
	runes := []rune(line)
	column = max(1, min(column, len(runes)+1))
	cutLeft, cutRight := false, false
	if len(runes) > maxExcerptRunes {
		from := max(0, min(column-1-maxExcerptRunes/2, len(runes)-maxExcerptRunes))
		cutLeft, cutRight = from > 0, from+maxExcerptRunes < len(runes)
		runes, column = runes[from:from+maxExcerptRunes], column-from
	}
	var text, under strings.Builder
	if cutLeft {
		text.WriteRune('…')
		under.WriteByte(' ')
	}
	for i, r := range runes {
		if unicode.IsControl(r) && r != '\t' {
			r = unicode.ReplacementChar // a control character must not reach a terminal
		}
		text.WriteRune(r)
		if i < column-1 {
			under.WriteString(blank(r))
		}
	}
	if cutRight {
		text.WriteRune('…')
	}
	return margin + strings.TrimRightFunc(text.String(), unicode.IsSpace) + "\n" + margin + under.String() + "^\n"
}

// blank gives white space as wide as the rune on a terminal; a tab stays a tab, so that both lines
// reach the same tab stop.
func blank(r rune) string {
	switch {
	case r == '\t':
		return "\t"
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return ""
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return "  "
	}
	return " "
}
