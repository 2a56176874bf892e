package document

import (
	"strconv"
	"strings"
)

// Pointer returns the JSON pointer (RFC 6901) of the value; the root's is empty.
func (v Value) Pointer() string {
	if v.doc == nil || v.at == 0 {
		return ""
	}
	return string(v.appendPointer(nil))
}

func (v Value) appendPointer(dst []byte) []byte {
	if v.at == 0 {
		return dst
	}
	parent := v.Parent()
	dst = append(parent.appendPointer(dst), '/')
	if parent.Type() == Array {
		return strconv.AppendInt(dst, int64(v.rank()), 10)
	}
	return append(dst, EscapeToken(v.Name())...)
}

// EscapeToken escapes one reference token of a JSON pointer: ~ as ~0 and / as ~1.
func EscapeToken(token string) string {
	if !strings.ContainsAny(token, "~/") {
		return token
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}

// nextToken cuts the first reference token, unescaped, from a pointer without its leading slash.
func nextToken(pointer string) (token, rest string) {
	token = pointer
	if i := strings.IndexByte(pointer, '/'); i >= 0 {
		token, rest = pointer[:i], pointer[i:]
	}
	if strings.IndexByte(token, '~') >= 0 {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return token, rest
}

// Index returns the i for which [Doc.At] returns the value, -1 when it is absent.
func (v Value) Index() int {
	if v.doc == nil {
		return -1
	}
	return int(v.at)
}
