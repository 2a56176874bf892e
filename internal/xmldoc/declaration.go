package xmldoc

import "strings"

// declaredEncoding returns the encoding that the XML declaration names, empty when there is none. It reads bytes whose
// encoding is not known yet; the declaration is ASCII in all that are read.
func declaredEncoding(text string) string {
	if !isDeclaration(text) {
		return ""
	}
	end := strings.Index(text, "?>")
	if end < 0 {
		return ""
	}
	attributes, _ := pseudoAttributes(text[len("<?xml"):end])
	return attributes["encoding"]
}

func isDeclaration(text string) bool {
	return strings.HasPrefix(text, "<?xml") && len(text) > 5 && isBlank(text[5])
}

// declaration reads the XML declaration (XML 1.0 section 2.8), where there is one.
func (p *parser) declaration() bool {
	if !isDeclaration(p.text) {
		return true
	}
	end := strings.Index(p.text, "?>")
	if end < 0 {
		return p.refuse(len(p.text), truncated, "« ?> »", "\"?>\"")
	}
	attributes, ok := pseudoAttributes(p.text[len("<?xml"):end])
	if standalone := attributes["standalone"]; !ok || standalone != "" && standalone != "yes" && standalone != "no" {
		return p.refuse(0, badDeclaration, excerpt(p.text[:end+2]))
	}
	if version := attributes["version"]; version != "1.0" {
		return p.refuse(0, badVersion, excerpt(version))
	}
	p.pos = end + 2
	return true
}

// pseudoAttributes reads version, encoding and standalone, in that order; ok is false when anything else is there.
func pseudoAttributes(s string) (values map[string]string, ok bool) {
	values = make(map[string]string, 3)
	for _, name := range []string{"version", "encoding", "standalone"} {
		rest := strings.TrimLeft(s, blanks)
		if rest == s || !strings.HasPrefix(rest, name) {
			continue
		}
		rest = strings.TrimLeft(rest[len(name):], blanks)
		if rest == "" || rest[0] != '=' {
			return values, false
		}
		rest = strings.TrimLeft(rest[1:], blanks)
		if rest == "" || rest[0] != '"' && rest[0] != '\'' {
			return values, false
		}
		value, after, found := strings.Cut(rest[1:], rest[:1])
		if !found || value == "" {
			return values, false
		}
		values[name], s = value, after
	}
	return values, strings.Trim(s, blanks) == ""
}
