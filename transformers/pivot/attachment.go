package pivot

import (
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
)

// What Chorus Pro accepts with an invoice: files of 10 MB, 120 MB in all, names of 50 characters.
const (
	maxAttachment  = 10 << 20
	maxAttachments = 120 << 20
	maxName        = 50
)

// attachment is a file (PJ) that comes with an invoice.
type attachment struct {
	element xmldoc.Element
	content xmldoc.Element
	// format is what the file is when it is the invoice itself, empty for any other.
	format   transformers.Format
	readable bool // in base64, and not too large
}

// categories are the attachments that are the invoice itself (AIFE, the pivot since September 2026).
var categories = map[string]transformers.Format{
	"facture_ubl_afnor":      transformers.UBL,
	"facture_cii_afnor":      transformers.CII,
	"facture_factur-x_afnor": transformers.FacturX,
}

// attachments checks the files that come with an invoice.
func (r *reading) attachments(unit xmldoc.Element) []attachment {
	var list []attachment
	total := 0
	for e := range each(unit, "PJ") {
		a := attachment{element: e, content: r.one(e, "Contenu", "BT-125")}
		a.format = categories[strings.ToLower(r.one(e, "CategoriePJ", "").Text())]
		size, ok := decodedSize(a.content.Text())
		a.readable = ok && size <= maxAttachment
		switch {
		case !ok:
			r.report(notBase64, a.content, "BT-125")
		case size > maxAttachment:
			r.report(attachmentSize, a.content, "BT-125", size, maxAttachment)
		case total <= maxAttachments && total+size > maxAttachments:
			r.report(attachmentsSize, a.content, "BT-125", maxAttachments)
		}
		total += size
		// A long name harms no reader of the invoice.
		if name := r.one(e, "NomPJ", "BT-122"); utf8.RuneCountInString(name.Text()) > maxName {
			r.report(attachmentName, name, "BT-122", violation.Excerpt(name.Text()), maxName)
		}
		list = append(list, a)
	}
	return list
}

// base64Of returns a reader of what a text in base64 (XML Schema part 2, 3.2.16) holds. Blanks may be anywhere in it.
func base64Of(text string) io.Reader {
	if strings.ContainsAny(text, " \t") { // line ends, which are usual, the decoder skips itself
		text = strings.NewReplacer(" ", "", "\t", "").Replace(text)
	}
	return base64.NewDecoder(base64.StdEncoding.Strict(), strings.NewReader(text))
}

// decodedSize returns how many bytes a text in base64 holds; ok is false when it is none.
func decodedSize(text string) (size int, ok bool) {
	n, err := io.Copy(io.Discard, base64Of(text))
	return int(n), err == nil
}
