package transformers

import (
	"fmt"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// DefaultDocumentBytes is the size up to which documents are read when nothing else is said: 16 MiB, twelve times the
// largest official ESPD, and small enough for a dozen documents in work within 256 MiB of payload.
const DefaultDocumentBytes = 16 << 20

// Limits bounds what is read.
type Limits struct {
	// DocumentBytes is the largest document in bytes; 0 means [DefaultDocumentBytes].
	DocumentBytes int
}

// Registry holds the transformers in their order of recognition. It is read-only: any number of goroutines may use it.
type Registry struct {
	limits       Limits
	transformers []Transformer
	writers      map[Format]Writer
}

// NewRegistry returns a registry of the transformers, asked in this order, and of the canonical form itself, asked
// last: a document that is canonical JSON already passes as it is.
func NewRegistry(limits Limits, transformers ...Transformer) *Registry {
	if limits.DocumentBytes <= 0 {
		limits.DocumentBytes = DefaultDocumentBytes
	}
	r := &Registry{limits: limits, transformers: make([]Transformer, 0, len(transformers)+1), writers: map[Format]Writer{}}
	r.transformers = append(append(r.transformers, transformers...), canonicalJSON{})
	for _, t := range transformers {
		if w, ok := t.(Writer); ok {
			r.writers[w.Format()] = w
		}
	}
	return r
}

var internalError = violation.Spec{
	Code:     "internal_error",
	FR:       "défaut interne pendant la lecture du document : %s",
	EN:       "internal fault while reading the document: %s",
	RemedyFR: "Signalez ce défaut avec le document ; rien n'a été transmis. Rejouez-le une fois la passerelle corrigée.",
	RemedyEN: "Report this fault with the document; nothing was passed on. Replay it once the gateway is mended.",
}

// Transform returns the canonical documents of a content that [Registry.Identify] recognised, or the violations that
// prevent it. A transformer that panics, or that returns nothing at all, refuses the document (fail closed).
func (r *Registry) Transform(content Content, identity Identity) (result Result, violations []violation.Violation) {
	defer func() {
		if fault := recover(); fault != nil {
			result, violations = Result{}, []violation.Violation{internalFault(fault)}
		}
	}()
	for _, t := range r.transformers {
		if _, _, ok := t.Recognise(content); !ok {
			continue
		}
		result, violations = t.Transform(content, identity)
		for i := range result.Parts {
			part := &result.Parts[i]
			if part.XML == nil {
				part.XML = content.XML
			}
			part.Subject = subject(*part)
		}
		if len(result.Parts) == 0 && !violation.AnyFatal(violations) {
			violations = append(violations, internalFault("no part and no violation from "+string(identity.Format)))
		}
		return result, violations
	}
	return Result{}, []violation.Violation{internalFault("no transformer takes a document that was identified")}
}

// subject returns what names the document for those who follow it: see [Part].
func subject(part Part) string {
	switch part.Kind {
	case Invoice, CreditNote:
		return canonical.InvoiceSubject(part.Doc)
	case InvoiceStatus:
		return canonical.StatusSubject(part.Doc)
	default:
		return part.Key
	}
}

// Syntaxes returns the formats in which documents can be written, each with its kinds.
func (r *Registry) Syntaxes() map[string][]string {
	syntaxes := map[string][]string{}
	for format, w := range r.writers {
		for _, kind := range w.Writes() {
			syntaxes[string(format)] = append(syntaxes[string(format)], string(kind))
		}
	}
	return syntaxes
}

// Write returns a canonical document in a format of [Registry.Syntaxes]: see [Writer].
func (r *Registry) Write(format Format, doc *document.Doc) (data []byte, losses []string) {
	return r.writers[format].Write(doc)
}

func internalFault(fault any) violation.Violation {
	return internalError.New(violation.At{}, violation.Excerpt(fmt.Sprint(fault)))
}
