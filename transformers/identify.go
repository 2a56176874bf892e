package transformers

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/jsondoc"
	"github.com/commande-publique/passerelle/internal/pdfdoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// Hints is what the sender says about a document in the attributes of its event. What contradicts the content is a
// violation; recognition uses none of it but DataSchema, see [Content]. Empty says nothing.
type Hints struct {
	ContentType string // CloudEvents datacontenttype, a media type (RFC 2046)
	EventType   string // CloudEvents type
	DataSchema  string // CloudEvents dataschema
}

// Identify parses a document once and says which format, kind and version it is, by its content; the event's dataschema
// may choose among the versions of a kind that an operator defined. The content and identity are usable when no violation
// is fatal.
func (r *Registry) Identify(data []byte, hints Hints) (content Content, identity Identity, violations []violation.Violation) {
	return r.identify("", data, r.limits.DocumentBytes, hints) // the XML in a PDF may be as large as one that comes alone
}

// IdentifyWithin is [Registry.Identify] for a document that lies inside another one: every place starts with where. The XML
// in a PDF has at most inflated bytes.
func (r *Registry) IdentifyWithin(where string, data []byte, inflated int) (Content, Identity, []violation.Violation) {
	content, identity, violations := r.identify(where, data, max(inflated, 0), Hints{})
	for i := range violations {
		if v := &violations[i]; !strings.HasPrefix(v.Source, where) {
			v.Source = where + v.Source
		}
	}
	return content, identity, violations
}

func (r *Registry) identify(where string, data []byte, inflated int, hints Hints) (content Content, identity Identity, violations []violation.Violation) {
	defer func() {
		if fault := recover(); fault != nil {
			content, identity, violations = Content{}, Identity{}, append(violations, internalFault(fault))
		}
	}()
	if len(data) > r.limits.DocumentBytes {
		return content, identity, []violation.Violation{*refuse(tooLarge, len(data), r.limits.DocumentBytes)}
	}
	shape, refused := sniff(data)
	if refused != nil {
		return content, identity, []violation.Violation{*refused}
	}
	if v := contradictsContentType(hints.ContentType, shape); v != nil {
		violations = append(violations, *v)
	}
	content.DataSchema, content.Where = hints.DataSchema, where
	var fault *violation.Violation
	switch shape {
	case jsonShape:
		content.JSON, fault = jsondoc.Parse(data)
	case pdfShape:
		content.PDF, content.XML, fault = r.open(data, where, inflated)
	default:
		content.XML, fault = xmldoc.ParseWithin(where, data)
	}
	if fault == nil {
		identity, fault = r.recognise(content)
	}
	if fault != nil {
		violations = append(violations, *fault)
	}
	if v := contradictsEventType(hints.EventType, identity.Kind); v != nil {
		violations = append(violations, *v)
	}
	return content, identity, violations
}

// open takes the XML out of a PDF.
func (r *Registry) open(data []byte, where string, limit int) (*pdfdoc.Doc, *xmldoc.Doc, *violation.Violation) {
	data = data[bytes.Index(data, []byte(pdfMark)):] // offsets in a PDF count from here
	for _, t := range r.transformers {
		opener, ok := t.(Opener)
		if !ok {
			continue
		}
		pdf, refused := pdfdoc.Parse(data)
		if refused != nil {
			return nil, nil, refused
		}
		name, inside, refused := opener.Open(pdf, limit)
		if refused != nil {
			return nil, nil, refused
		}
		where += name + "#"
		shape, refused := sniff(inside)
		if refused == nil && shape != xmlShape {
			refused = refuse(unknownBytes, firstBytes(inside))
		}
		if refused != nil {
			refused.Source = where
			return nil, nil, refused
		}
		xml, refused := xmldoc.ParseWithin(where, inside)
		return pdf, xml, refused
	}
	return nil, nil, refuse(unknownBytes, firstBytes(data))
}

// recognise asks the transformers in order.
func (r *Registry) recognise(content Content) (Identity, *violation.Violation) {
	for _, t := range r.transformers {
		if identity, refused, ok := t.Recognise(content); ok {
			return identity, refused
		}
	}
	if content.JSON != nil {
		return Identity{}, unknownJSONDocument(content)
	}
	return Identity{}, unknownXMLDocument(content.XML)
}

func unknownJSONDocument(content Content) *violation.Violation {
	root := content.JSON.Root()
	fr, en := "un texte, un nombre ou un mot", "a text, a number or a word"
	switch root.Type() {
	case document.Array:
		fr, en = "une liste", "a list"
	case document.Object:
		fr, en = "un objet", "an object"
	}
	if kind := root.Get("kind"); kind.Text() != "" {
		said := violation.Excerpt(kind.Text())
		fr, en = fr+", kind « "+said+" »", en+`, kind "`+said+`"`
	}
	place := root.Source()
	v := unknownJSON.New(violation.At{Source: place.Path, Line: place.Line, Column: place.Column}, fr, en)
	return &v
}

func unknownXMLDocument(doc *xmldoc.Doc) *violation.Violation {
	root := doc.Root()
	name := root.Name()
	place := doc.Locate(root.Ref())
	at := violation.At{Source: place.Path, Line: place.Line, Column: place.Column}
	var v violation.Violation
	switch {
	case name.Local == "Envelope" && (name.Space == "http://schemas.xmlsoap.org/soap/envelope/" || name.Space == "http://www.w3.org/2003/05/soap-envelope"):
		v = soapEnvelope.New(at)
	case strings.EqualFold(name.Local, "html"):
		v = htmlDocument.New(at)
	case rootSpaces[name.Local] != "" && name.Space != rootSpaces[name.Local]:
		v = unknownSpace.New(at, name.Local, violation.ExcerptEnd(name.Space), rootSpaces[name.Local])
	default:
		v = unknownXML.New(at, violation.Excerpt(name.Local), violation.ExcerptEnd(name.Space))
	}
	return &v
}

// shape is what the first bytes look like.
type shape string

const (
	xmlShape  shape = "XML"
	jsonShape shape = "JSON"
	pdfShape  shape = "PDF"
)

const (
	byteOrderMark = "\ufeff"
	pdfMark       = "%PDF-"
)

// sniff looks at the first bytes: XML, JSON and PDF go to their parsers, anything else is refused here.
func sniff(data []byte) (shape, *violation.Violation) {
	text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte(byteOrderMark)), " \t\r\n")
	switch {
	case len(text) == 0:
		return "", refuse(emptyDocument, len(data))
	case bytes.HasPrefix(text, []byte(pdfMark)):
		return pdfShape, nil
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")), bytes.HasPrefix(data, []byte("PK\x07\x08")):
		return "", refuse(unsupportedArchive, "zip")
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return "", refuse(unsupportedArchive, "gzip")
	case text[0] == '<' && isHTML(text):
		return "", refuse(htmlDocument)
	case text[0] == '<', isUTF16(data):
		return xmlShape, nil
	case text[0] == '{' || text[0] == '[' || text[0] == '"' || isJSONScalar(text):
		return jsonShape, nil
	}
	return "", refuse(unknownBytes, firstBytes(text))
}

// isUTF16 reports whether the bytes start like XML or a mark in UTF-16; the XML parser then says so.
func isUTF16(data []byte) bool {
	return len(data) >= 2 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff || data[0] == 0 && data[1] == '<')
}

// isJSONScalar reports whether the whole text is a JSON number, well-formed or not, or a word of JSON. Other texts that
// start like one are texts.
func isJSONScalar(text []byte) bool {
	switch word := string(bytes.TrimRight(text[:min(len(text), 4096)], " \t\r\n")); word {
	case "true", "false", "null":
		return true
	default:
		return (word[0] == '-' || '0' <= word[0] && word[0] <= '9') && strings.Trim(word, "0123456789+-.eE") == ""
	}
}

// isHTML reports whether a text is HTML, which is seldom well-formed XML: behind a declaration and comments it starts
// with its DOCTYPE or its root element, in any case.
func isHTML(text []byte) bool {
	const far = 4096 // no declaration and no comment before HTML is longer
	head := text[:min(len(text), far)]
	for {
		head = bytes.TrimLeft(head, " \t\r\n")
		end := ""
		switch {
		case bytes.HasPrefix(head, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(head, []byte("<!--")):
			end = "-->"
		default:
			return startsWithWord(head, "<!doctype html") || startsWithWord(head, "<html")
		}
		_, after, found := bytes.Cut(head, []byte(end))
		if !found {
			return false
		}
		head = after
	}
}

// startsWithWord reports whether a text starts with a word, in any case, that ends there.
func startsWithWord(text []byte, word string) bool {
	if len(text) < len(word) || !bytes.EqualFold(text[:len(word)], []byte(word)) {
		return false
	}
	rest := text[len(word):]
	return len(rest) == 0 || strings.IndexByte(" \t\r\n>/[", rest[0]) >= 0
}

// firstBytes shows the start of an unknown content: as text when it is one, else in hexadecimal.
func firstBytes(data []byte) string {
	head := data[:min(len(data), 40)]
	for range utf8.UTFMax - 1 { // a character that was cut
		if len(head) < len(data) && !utf8.Valid(head) {
			head = head[:len(head)-1]
		}
	}
	isControl := func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }
	if utf8.Valid(head) && bytes.IndexFunc(head, isControl) < 0 {
		return `"` + violation.Excerpt(string(head)) + `"`
	}
	return hexadecimal(head[:min(len(head), 8)])
}

func hexadecimal(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 3*len(b))
	for i, c := range b {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

func refuse(spec violation.Spec, args ...any) *violation.Violation {
	v := spec.New(violation.At{}, args...)
	return &v
}
