// Package espd turns European Single Procurement Documents (ESPD-EDM 2.1, 3.x and 4.x, the French DUME) into canonical
// DUMEs: a QualificationApplicationRequest (the buyer's) or a QualificationApplicationResponse (the supplier's) of
// UBL 2.2 and 2.3 becomes one JSON document with header, buyer, operator, lots, criteria and answers.
//
// Texts are carried as the source wrote them; dates lose their zone (a day of the document has none), decimals get the
// lexical form of canonical documents, and the attributes that only name a code list are carried where the list is
// not fixed by the ESPD. The package must not know schemas, rules or routes: it judges nothing but what it cannot read.
package espd

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// Transformer reads requests and responses. Use [New].
type Transformer struct {
	document *shape
}

// New returns the transformer.
func New() *Transformer { return &Transformer{document: documentShape()} }

// Transform implements [transformers.Transformer]: an ESPD holds one canonical document.
func (t *Transformer) Transform(c transformers.Content, id transformers.Identity) (transformers.Result, []violation.Violation) {
	r := reader{Writer: canonical.NewWriter(c.XML)}
	root := r.Root()
	root.AddString("kind", string(id.Kind), c.XML.Root().Ref())
	root.AddString("version", id.Version, c.XML.Root().Ref())
	r.read(root, c.XML.Root(), t.document)
	if len(r.Faults.List) > 0 {
		return transformers.Result{}, r.Faults.List
	}
	doc := r.Doc()
	key := canonical.DUMEKey(doc)
	return transformers.Result{
		Parts:   []transformers.Part{{Kind: id.Kind, Doc: doc, Key: key}},
		Key:     key,
		Ignored: r.Ignored(),
	}, nil
}
