// Package pdftest writes small PDF files for tests and examples: hybrid invoices, good and bad. It shares no code with
// package pdfdoc, which reads them.
package pdftest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"strings"
)

// Writer collects the objects of a PDF, numbered from 1.
type Writer struct {
	objects []string
}

// Add adds an object as it is written in the file and returns its number.
func (w *Writer) Add(object string) int {
	w.objects = append(w.objects, object)
	return len(w.objects)
}

// Stream adds a stream of the bytes as they are, with the entries in its dictionary, and returns its number.
func (w *Writer) Stream(entries string, data []byte) int {
	return w.Add(fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", entries, len(data), data))
}

// Flate adds a stream that is deflated.
func (w *Writer) Flate(entries string, data []byte) int {
	return w.Stream(entries+" /Filter /FlateDecode", Deflate(data))
}

// Deflate returns data in the form of FlateDecode.
func Deflate(data []byte) []byte {
	var out bytes.Buffer
	z, _ := zlib.NewWriterLevel(&out, zlib.BestCompression) // the level exists
	_, _ = z.Write(data)                                    // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// Bomb returns a PDF whose attachment of that name inflates to so many mebibytes of zeros, two at least.
func Bomb(name string, mebibytes int) []byte {
	var w Writer
	content := w.Stream("/Filter /FlateDecode", Zeros(mebibytes))
	return w.Table(w.Add(fmt.Sprintf("<</AF [<</F (%s) /EF <</F %d 0 R>>>>]>>", name, content)), "")
}

// Zeros returns mebibytes of zeros, two at least, in the form of FlateDecode. Behind the first they look the same and end at
// a byte, so that one is deflated and repeated.
func Zeros(mebibytes int) []byte {
	var out bytes.Buffer
	z, _ := zlib.NewWriterLevel(&out, zlib.BestCompression) // the level exists
	deflate := func() []byte {
		start := out.Len()
		_, _ = z.Write(make([]byte, 1<<20)) // a buffer takes everything
		_ = z.Flush()
		return bytes.Clone(out.Bytes()[start:])
	}
	deflate()
	out.Write(bytes.Repeat(deflate(), mebibytes-2))
	const modulus = 65521 // of Adler-32, whose halves are 1 and the length for zeros
	return binary.BigEndian.AppendUint32(append(out.Bytes(), 3, 0), uint32(mebibytes<<20%modulus)<<16|1)
}

// Table returns the file with a cross-reference table; trailer has further entries of the trailer.
func (w *Writer) Table(root int, trailer string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	offsets := w.write(&b, w.objects)
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d /Root %d 0 R %s>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, root, trailer, at)
	return b.Bytes()
}

func (w *Writer) write(b *bytes.Buffer, objects []string) (offsets []int) {
	for i, object := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	return offsets
}

// Compressed returns the file as PDF 1.5 writers make it: a cross-reference stream with a predictor, and the objects that
// are no streams in an object stream.
func (w *Writer) Compressed(root int) []byte {
	objects := append([]string(nil), w.objects...)
	container, table := len(objects)+1, len(objects)+2
	var header, bodies strings.Builder
	place := map[int]int{} // index in the object stream
	for i, object := range objects {
		if strings.Contains(object, "endstream") {
			continue
		}
		place[i] = len(place)
		fmt.Fprintf(&header, "%d %d ", i+1, bodies.Len())
		bodies.WriteString(object + "\n")
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	rows := [][3]int{{0, 0, 65535}}
	for i, object := range objects {
		if index, ok := place[i]; ok {
			rows = append(rows, [3]int{2, container, index})
			continue
		}
		rows = append(rows, [3]int{1, b.Len(), 0})
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	rows = append(rows, [3]int{1, b.Len(), 0})
	data := Deflate([]byte(header.String() + bodies.String()))
	fmt.Fprintf(&b, "%d 0 obj\n<</Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream\nendobj\n",
		container, len(place), header.Len(), len(data), data)
	at := b.Len()
	rows = append(rows, [3]int{1, at, 0})
	data = Deflate(predicted(rows))
	fmt.Fprintf(&b, "%d 0 obj\n<</Type /XRef /Size %d /Root %d 0 R /W [1 4 2] /Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 7>> /Length %d>>\n"+
		"stream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", table, table+1, root, len(data), data, at)
	return b.Bytes()
}

// predicted writes the rows of a cross-reference stream as differences from the row above (PNG filter Up).
func predicted(rows [][3]int) []byte {
	var out []byte
	above := make([]byte, 7)
	for _, r := range rows {
		row := []byte{byte(r[0])}
		row = binary.BigEndian.AppendUint32(row, uint32(r[1]))
		row = binary.BigEndian.AppendUint16(row, uint16(r[2]))
		out = append(out, 2)
		for i, c := range row {
			out = append(out, c-above[i])
		}
		above = row
	}
	return out
}

// File is an attachment.
type File struct {
	Name         string
	MediaType    string // as a name of PDF writes it, text#2Fxml for example
	Relationship string
	Data         []byte
}

// Hybrid collects a PDF of one page that says a text and carries the files; metadata is its XMP packet, none when empty.
// It returns the number of the catalogue.
func (w *Writer) Hybrid(page, metadata string, files ...File) int {
	var names, associated strings.Builder
	for _, f := range files {
		entries := fmt.Sprintf("/Type /EmbeddedFile /Params <</Size %d>>", len(f.Data))
		if f.MediaType != "" {
			entries += " /Subtype /" + f.MediaType
		}
		stream := w.Flate(entries, f.Data)
		relationship := ""
		if f.Relationship != "" {
			relationship = "/AFRelationship /" + f.Relationship
		}
		specification := w.Add(fmt.Sprintf("<</Type /Filespec /F (%s) /UF (%s) /EF <</F %d 0 R /UF %d 0 R>> %s>>", f.Name, f.Name, stream, stream, relationship))
		fmt.Fprintf(&names, "(%s) %d 0 R ", f.Name, specification)
		fmt.Fprintf(&associated, "%d 0 R ", specification)
	}
	xmp := ""
	if metadata != "" {
		xmp = fmt.Sprintf("/Metadata %d 0 R", w.Stream("/Type /Metadata /Subtype /XML", []byte(metadata)))
	}
	font := w.Add("<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>")
	content := w.Stream("", []byte("BT /F1 12 Tf 14 TL 60 780 Td "+lines(page)+"ET"))
	pages := len(w.objects) + 2
	leaf := w.Add(fmt.Sprintf("<</Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources <</Font <</F1 %d 0 R>>>> /Contents %d 0 R>>", pages, font, content))
	w.Add(fmt.Sprintf("<</Type /Pages /Kids [%d 0 R] /Count 1>>", leaf))
	return w.Add(fmt.Sprintf("<</Type /Catalog /Pages %d 0 R /Names <</EmbeddedFiles <</Names [%s]>>>> /AF [%s] %s>>", pages, names.String(), associated.String(), xmp))
}

// lines writes a text of ASCII as operators of a page, a line each.
func lines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		fmt.Fprintf(&b, "(%s) Tj T* ", strings.NewReplacer("\\", `\\`, "(", `\(`, ")", `\)`, "\n", "").Replace(line))
	}
	return b.String()
}

// Metadata returns an XMP packet with the Factur-X description of an invoice.
func Metadata(level, fileName string) string {
	return "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">` +
		"<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>" + fileName + "</fx:DocumentFileName>" +
		"<fx:Version>1.0</fx:Version><fx:ConformanceLevel>" + level + "</fx:ConformanceLevel>" +
		"</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
}
