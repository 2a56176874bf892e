// Package transformers turns documents in the formats of the field into canonical documents.
//
// [Registry.Identify] looks at the content, never at a file name, and says which format, kind and version a document
// is; [Registry.Transform] gives the canonical documents it holds, one for most formats, one per contract for DECP.
// Each format lives in a package of its own below this one. The package must not know schemas, rules, routes or Kafka.
package transformers

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/pdfdoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
)

// Format says how a document is written.
type Format string

// The formats that are read today.
const (
	UBL     Format = "ubl"
	CII     Format = "cii"
	FacturX Format = "facturx"
	CDAR    Format = "cdar"
	Pivot   Format = "pivot"
	Chorus  Format = "chorus"
	ESPD    Format = "espd"
	DECP    Format = "decp"
	JSON    Format = "json"
)

// Summary is written only: what a request asks for, which responses are compared with.
const Summary Format = "summary"

// Formats lists the formats that are read.
func Formats() []string {
	return []string{string(UBL), string(CII), string(FacturX), string(CDAR), string(Pivot), string(Chorus), string(ESPD), string(DECP), string(JSON)}
}

// Kind says what a document is.
type Kind string

// The kinds that are read today. A canonical document carries its kind in its member "kind".
const (
	Invoice    Kind = "invoice"
	CreditNote Kind = "credit-note"
	// InvoiceStatus is what has become of one invoice.
	InvoiceStatus Kind = "invoice-status"
	ESPDRequest   Kind = "espd-request"
	ESPDResponse  Kind = "espd-response"
	Contract      Kind = "contract"
	Concession    Kind = "concession"
)

// Content is a parsed source: exactly one of XML and JSON is set.
type Content struct {
	XML  *xmldoc.Doc
	JSON *document.Doc
	// PDF is the file that XML was taken from, nil where it came alone.
	PDF *pdfdoc.Doc
	// Where starts the places of a document that lies inside another, empty for one that came alone.
	Where string
	// DataSchema is the attribute of the event, empty where it has none: a kind that an operator defined may tell its
	// versions by it.
	DataSchema string
}

// Identity is what recognition found. Version is empty where the source says nothing. Kind is that of the first part
// when the document holds several.
type Identity struct {
	Format  Format
	Version string
	Kind    Kind
}

// Part is one canonical document.
type Part struct {
	Kind Kind
	Doc  *document.Doc
	// XML is what the document was written in, nil where that was JSON: the content, or the document inside it.
	XML *xmldoc.Doc
	// Key is the order key: buyer SIRET and contract, consultation or engagement identifier.
	Key string
	// Subject names what the document is about for those who follow it: an invoice, whose statuses have the same subject;
	// else it is the key. [Registry.Transform] sets it.
	Subject string
	// DataSchema identifies the schema of the document where that is not the schema of its kind.
	DataSchema string
}

// Result is what a document holds.
type Result struct {
	Parts []Part
	// Key is the order key of the document as a whole: that of its only part, or of the buyer when it is split.
	Key string
	// Split reports that the format holds documents that are published one by one, each under its own key, however
	// many there are (EIP: splitter).
	Split bool
	// Ignored lists the places of the source, as XPath or JSON pointer, that hold content and have no place in the
	// canonical document, in document order.
	Ignored []string
}

// Writer is a Transformer that also writes: its format, or one that is written only, as [Summary].
type Writer interface {
	Transformer
	// Format is what it writes.
	Format() Format
	// Writes lists the kinds that can be written.
	Writes() []Kind
	// Write returns a canonical document of such a kind in the format, and the JSON pointers of the values that the
	// format has no place for, the first hundred. It judges nothing: a faulty document is written as it is.
	Write(*document.Doc) (data []byte, losses []string)
}

// Opener is a Transformer of documents that come in a PDF.
type Opener interface {
	Transformer
	// Open returns the file in the PDF that is the document, of at most limit bytes, and its name, or the violation that
	// says why there is none.
	Open(pdf *pdfdoc.Doc, limit int) (name string, data []byte, refused *violation.Violation)
}

// Transformer reads one format.
type Transformer interface {
	// Recognise says what the content is, or that it is not of this format (ok false). A content that is of this
	// format in a version that is not supported is recognised, with the violation that refuses it.
	Recognise(Content) (id Identity, refused *violation.Violation, ok bool)
	// Transform returns the canonical documents of a recognised content, or the violations that prevent it. It keeps
	// values as the source wrote them where they are wrong: schemas and rules say so later, with the place.
	Transform(Content, Identity) (Result, []violation.Violation)
}
