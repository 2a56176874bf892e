// Package espd turns European Single Procurement Documents (ESPD-EDM 2.1, 3.x and 4.x, the French DUME) into canonical
// DUMEs: a QualificationApplicationRequest (the buyer's) or a QualificationApplicationResponse (the supplier's) of
// UBL 2.2 and 2.3 becomes one JSON document with header, buyer, operator, lots, criteria and answers.
//
// Texts are carried as the source wrote them; dates lose their zone (a day of the document has none), decimals get the
// lexical form of canonical documents, and the attributes that only name a code list are carried where the list is
// not fixed by the ESPD. The package must not know schemas, rules or routes: it judges nothing but what it cannot read.
package espd

import (
	"strings"

	"github.com/commande-publique/passerelle/internal/document"
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
	if len(r.faults) > 0 {
		return transformers.Result{}, r.faults
	}
	doc := r.Doc()
	key := orderKey(doc)
	return transformers.Result{
		Parts:   []transformers.Part{{Kind: id.Kind, Doc: doc, Key: key}},
		Key:     key,
		Ignored: r.Ignored(),
	}, nil
}

// orderKey returns the order key of a canonical DUME: the buyer, a slash, and the contract folder (ContractFolderID), which
// a request shares with its responses. The buyer is its SIRET where one is among its identifiers, else its first
// identifier, else its name.
func orderKey(doc *document.Doc) string {
	buyer := doc.Root().Get("buyer")
	name := buyer.Get("identifiers").At(0).Get("id").Text()
	if name == "" {
		name = buyer.Get("name").Text()
	}
	for identifier := range buyer.Get("identifiers").Children() {
		if id := identifier.Get("id").Text(); isSIRET(id) {
			name = id
			break
		}
	}
	return name + "/" + doc.Root().Get("contractFolderId").Text()
}

// isSIRET reports whether an identifier has the form of a French establishment number. The schemes that requests name
// for it vary, so the form decides.
func isSIRET(id string) bool { return len(id) == 14 && strings.Trim(id, "0123456789") == "" }
