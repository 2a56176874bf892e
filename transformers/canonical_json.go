package transformers

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers/canonical"
)

// canonicalJSON takes documents that are in the canonical form already: a JSON object whose member kind is one of the
// kinds that are read. It changes nothing; the schema of the kind judges the rest.
type canonicalJSON struct{}

// Recognise implements [Transformer]. A canonical document does not say the version of its form.
func (canonicalJSON) Recognise(c Content) (Identity, *violation.Violation, bool) {
	if c.JSON == nil {
		return Identity{}, nil, false
	}
	kind := c.JSON.Root().Get("kind")
	if kind.Type() != document.String || canonicalKey(Kind(kind.Text())) == nil {
		return Identity{}, nil, false
	}
	return Identity{Format: JSON, Kind: Kind(kind.Text())}, nil, true
}

// Transform implements [Transformer].
func (canonicalJSON) Transform(c Content, id Identity) (Result, []violation.Violation) {
	key := canonicalKey(id.Kind)(c.JSON)
	return Result{Parts: []Part{{Kind: id.Kind, Doc: c.JSON, Key: key}}, Key: key}, nil
}

// canonicalKey returns the function that gives the order key of a canonical document of a kind, nil for an unknown
// kind. A canonical document so gets the key that its source would have got.
func canonicalKey(kind Kind) func(*document.Doc) string {
	switch kind {
	case Invoice, CreditNote:
		return canonical.InvoiceKey
	case InvoiceStatus:
		return canonical.StatusSubject
	case ESPDRequest, ESPDResponse:
		return canonical.DUMEKey
	case Contract:
		return contractKey("acheteur")
	case Concession:
		return contractKey("autoriteConcedante")
	default:
		return nil
	}
}

// contractKey is the identifier of the buying party, a slash and that of the contract.
func contractKey(party string) func(*document.Doc) string {
	return func(doc *document.Doc) string {
		return doc.Root().Get(party).Get("id").Text() + "/" + doc.Root().Get("id").Text()
	}
}
