package facturx

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/pdfdoc"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/transformers"
)

// judgement compares what a PDF says about its invoice with the invoice.
type judgement struct {
	content transformers.Content
	invoice pdfdoc.Attachment
	profile profile
	found   []violation.Violation
}

func (j *judgement) report(spec violation.Spec, at violation.At, args ...any) {
	j.found = append(j.found, spec.New(at, args...))
}

func (j *judgement) judge() {
	name := violation.At{Source: j.content.Where + j.invoice.Name}
	// Programs that open the invoice by its name, which is fixed, do not find this one. It is found here, and there is no
	// other, so it is a warning.
	if !slices.Contains(names, j.invoice.Name) {
		j.report(nameCase, name, j.invoice.Name, strings.ToLower(j.invoice.Name))
	}
	if j.profile.name == "" {
		j.unknownProfile()
	}
	if j.profile.data {
		j.report(partial, name, j.profile.name)
	}
	// The relationship says how the pages and the XML go together; it changes nothing about what the XML says.
	allowed := []string{"Alternative", "Source", "Data"}
	if j.profile.data {
		allowed = []string{"Data"}
	}
	if !slices.Contains(allowed, j.invoice.Relationship) {
		j.report(relationship, name, violation.Excerpt(j.invoice.Relationship), j.profile.name, strings.Join(allowed, ", "))
	}
	j.metadata()
}

// unknownProfile warns only: rules judge BT-24, and an invoice of another specification is a CII invoice all the same.
func (j *judgement) unknownProfile() {
	e := guideline(j.content.XML)
	shown := e
	if !shown.Exists() {
		shown = j.content.XML.Root()
	}
	place := j.content.XML.Locate(shown.Ref())
	at := violation.At{Source: place.Path, Line: place.Line, Column: place.Column, Term: "BT-24"}
	j.report(profileUnknown, at, violation.Excerpt(e.Text()))
}

// The namespaces of the metadata of Factur-X and ZUGFeRD 2.1 on, of ZUGFeRD 2.0 and of ZUGFeRD 1.
var metadataNamespaces = []string{
	"urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
	"urn:zugferd:pdfa:CrossIndustryDocument:invoice:2p0#",
	"urn:ferd:pdfa:CrossIndustryDocument:invoice:1p0#",
}

// versions are those that the metadata of each generation states. XRechnung states its own.
var versions = []string{"1.0", "1p0", "2p0"}

// metadata judges the XMP (ISO 16684-1) of the document. What it states is stated twice, there and in the XML or the PDF:
// where the two cannot both be true, nobody can know which invoice or which rules the sender meant.
func (j *judgement) metadata() {
	at := violation.At{Source: j.content.Where + "XMP"}
	stated, fault := j.stated()
	if fault != "" {
		j.report(metadata, at, fault, fault)
		return
	}
	if len(stated) == 0 {
		j.report(metadata, at, "aucune description Factur-X (fx:)", "no Factur-X description (fx:)")
		return
	}
	for _, missing := range []string{"ConformanceLevel", "DocumentFileName", "DocumentType", "Version"} {
		if !slices.ContainsFunc(stated, func(s statement) bool { return s.name == missing }) {
			j.report(metadata, at, missing+" absent", missing+" is missing")
		}
	}
	for _, s := range stated {
		at := violation.At{Source: j.content.Where + "XMP/" + s.name}
		found := violation.Excerpt(s.value)
		switch s.name {
		case "ConformanceLevel":
			if j.profile.name != "" && !j.profile.called(s.value) {
				at.Term = "BT-24"
				j.report(profileMismatch, at, found, j.profile.name)
			}
		case "DocumentType":
			if !strings.EqualFold(s.value, "INVOICE") {
				j.report(documentType, at, found)
			}
		case "DocumentFileName":
			j.fileName(at, s.value)
		case "Version":
			if !slices.Contains(versions, s.value) && j.profile.name != xrechnung.name {
				j.report(metadata, at, "Version « "+found+" » au lieu de 1.0", `Version "`+found+`" instead of 1.0`)
			}
		}
	}
}

// fileName judges the name that the metadata give the invoice. Another file of that name in the PDF would be a second
// invoice; a name that nothing has is a slip.
func (j *judgement) fileName(at violation.At, name string) {
	if strings.EqualFold(name, j.invoice.Name) {
		return
	}
	found := violation.Excerpt(name)
	if slices.ContainsFunc(j.content.PDF.Attachments, func(a pdfdoc.Attachment) bool { return a.Name == name }) {
		j.report(otherFile, at, found, j.invoice.Name)
		return
	}
	j.report(metadata, at, "DocumentFileName « "+found+" » au lieu de "+j.invoice.Name, `DocumentFileName "`+found+`" instead of `+j.invoice.Name)
}

// statement is a property of the metadata.
type statement struct{ name, value string }

// stated returns what the metadata say about the invoice, as elements or attributes (RDF allows both), or why they
// cannot be read: the same words in both languages.
func (j *judgement) stated() (stated []statement, fault string) {
	data, unreadable := j.content.PDF.Metadata()
	if unreadable != nil {
		return nil, unreadable.Code + " " + unreadable.Source
	}
	if data == nil {
		return nil, ""
	}
	xmp, unreadable := xmldoc.Parse(data)
	if unreadable != nil {
		return nil, unreadable.Code + " " + unreadable.Source
	}
	add := func(name xmldoc.Name, value string) {
		s := statement{name.Local, strings.TrimSpace(value)}
		if slices.Contains(metadataNamespaces, name.Space) && len(stated) < maxStatements && !slices.Contains(stated, s) {
			stated = append(stated, s)
		}
	}
	for i := range xmp.Len() {
		e := xmp.Element(document.Ref(i + 1))
		add(e.Name(), e.Text())
		for name, value := range e.Attributes() {
			add(name, value)
		}
	}
	return stated, ""
}

// maxStatements bounds what is compared: there are four properties, and each has one value.
const maxStatements = 20
