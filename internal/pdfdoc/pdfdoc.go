// Package pdfdoc reads from a PDF what a hybrid invoice needs: the files that it carries and its metadata.
//
// It goes from the end of the file to the document catalogue and from there to the embedded files, and reads nothing
// else: no page, no font, no picture. Every step is bounded, and nothing is inflated but what was asked for. A file
// whose cross-reference table does not hold is refused, not mended: invoices in PDF are PDF/A-3 (ISO 19005-3), which
// demands one, and two readers that mend a file differently would read two invoices.
//
// References are to ISO 32000-1. The package must not know any format: what a file in the PDF means is the business of
// the transformers.
package pdfdoc

import (
	"bytes"

	"github.com/commande-publique/passerelle/internal/violation"
)

const (
	// maxAttachments bounds the files in a PDF; invoices carry a handful.
	maxAttachments = 1000
	// maxTreeDepth bounds the name tree of embedded files: a thousand files need three levels.
	maxTreeDepth = 16
	// maxMetadata bounds the XMP packet, with its padding; those of invoices have 5 to 20 KiB.
	maxMetadata = 1 << 20
)

// Doc is a PDF whose catalogue was read. It keeps the bytes of the file.
type Doc struct {
	// Attachments are the files that the PDF carries, in the order of their names.
	Attachments []Attachment

	file     *file
	metadata object
}

// Attachment is a file that a PDF carries (section 7.11.4).
type Attachment struct {
	Name         string // as its file specification has it
	MediaType    string // empty when the PDF does not say
	Relationship string // AFRelationship (ISO 32000-2 section 7.11.3), empty when the PDF does not say
	Size         int    // as the PDF says, -1 when it does not
	stream       int    // number of the object that holds it
}

// Parse reads the structure of a PDF as far as the files that it carries. The violation says why the bytes are refused;
// the document is nil then.
func Parse(data []byte) (*Doc, *violation.Violation) {
	f := &file{data: data}
	doc := &Doc{file: f}
	if !f.open() || !doc.read() {
		return nil, f.fault
	}
	return doc, nil
}

// read reads the document catalogue (section 7.7.2).
func (d *Doc) read() bool {
	catalogue, ok := d.file.resolve(d.file.root)
	if !ok {
		return false
	}
	if catalogue.kind != dictKind {
		return d.file.refuse(d.file.root.at, malformed, "un catalogue de document (Root)", "a document catalogue (Root)")
	}
	d.metadata = catalogue.get("Metadata")
	names, ok := d.file.resolve(catalogue.get("Names"))
	if !ok {
		return false
	}
	if !d.tree(names.get("EmbeddedFiles"), 0) {
		return false
	}
	associated, ok := d.file.resolve(catalogue.get("AF"))
	if !ok {
		return false
	}
	for _, specification := range associated.items {
		if !d.attach(specification) {
			return false
		}
	}
	return true
}

// tree reads a name tree of file specifications (section 7.9.6).
func (d *Doc) tree(node object, depth int) bool {
	if depth > maxTreeDepth {
		return d.file.refuse(node.at, tooLarge, "niveaux dans l'arbre des fichiers joints", "levels in the tree of embedded files", maxTreeDepth)
	}
	node, ok := d.file.resolve(node)
	if !ok {
		return false
	}
	names, ok := d.file.resolve(node.get("Names"))
	if !ok {
		return false
	}
	for i := 1; i < len(names.items); i += 2 {
		if !d.attach(names.items[i]) {
			return false
		}
	}
	kids, ok := d.file.resolve(node.get("Kids"))
	if !ok {
		return false
	}
	for _, kid := range kids.items {
		if !d.tree(kid, depth+1) {
			return false
		}
	}
	return true
}

// attach adds the file of a file specification (section 7.11.3), once: PDF/A-3 names it in the tree and as associated
// file of the document.
func (d *Doc) attach(specification object) bool {
	specification, ok := d.file.resolve(specification)
	if !ok {
		return false
	}
	embedded, ok := d.file.resolve(specification.get("EF"))
	if !ok {
		return false
	}
	stream := embedded.get("UF")
	if stream.kind != refKind {
		stream = embedded.get("F")
	}
	if stream.kind != refKind {
		return true // a file elsewhere: nothing is carried
	}
	for _, known := range d.Attachments {
		if known.stream == stream.number {
			return true
		}
	}
	if len(d.Attachments) == maxAttachments {
		return d.file.refuse(specification.at, tooLarge, "fichiers joints", "embedded files", maxAttachments)
	}
	a := Attachment{Size: -1, stream: stream.number}
	for _, key := range []string{"F", "UF"} { // UF wins, as it is Unicode
		name, ok := d.file.resolve(specification.get(key))
		if !ok {
			return false
		}
		if name.kind == textKind {
			a.Name = decodeText(name.text)
		}
	}
	relationship, ok := d.file.resolve(specification.get("AFRelationship"))
	if !ok {
		return false
	}
	a.Relationship = relationship.name()
	if !d.describe(&a, stream) {
		return false
	}
	d.Attachments = append(d.Attachments, a)
	return true
}

// describe reads what the stream of an embedded file says about it (section 7.11.4).
func (d *Doc) describe(a *Attachment, stream object) bool {
	stream, ok := d.file.resolve(stream)
	if !ok {
		return false
	}
	if stream.kind != dictKind || !stream.stream {
		return d.file.refuse(stream.at, malformed, "le contenu d'un fichier joint (stream)", "the content of an embedded file (stream)")
	}
	a.MediaType = stream.get("Subtype").name()
	params, ok := d.file.resolve(stream.get("Params"))
	if !ok {
		return false
	}
	if size := params.get("Size"); size.kind == numberKind {
		a.Size = size.number
	}
	return true
}

// Content returns the bytes of an attachment, at most limit.
func (d *Doc) Content(a Attachment, limit int) ([]byte, *violation.Violation) {
	d.file.fault = nil
	data, ok := d.file.content(object{kind: refKind, number: a.stream}, max(a.Size, 0), limit)
	if !ok {
		return nil, d.file.fault
	}
	return data, nil
}

// Metadata returns the XMP packet of the document (section 14.3.2), nil when it has none.
func (d *Doc) Metadata() ([]byte, *violation.Violation) {
	d.file.fault = nil
	if d.metadata.kind != refKind {
		return nil, nil
	}
	data, ok := d.file.content(d.metadata, 0, maxMetadata)
	if !ok {
		return nil, d.file.fault
	}
	return bytes.TrimSpace(data), nil
}
