// Package decp turns files of essential data of public procurement (DECP 2.0, "données essentielles de la commande
// publique") into canonical contracts and concessions: one document for each, in the order of the file.
//
// A canonical contract has the members of the source under their own names, amounts and rates as decimal strings, and
// beside them kind and uid. What the official schema does not know within a contract is kept for our schema to refuse;
// what it lets pass below that is left to the original bytes and listed as ignored. The package must not know
// schemas, rules or routes.
package decp

import (
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

// Transformer reads DECP files. Use [New].
type Transformer struct {
	contract, concession *shape
}

// New returns the transformer.
func New() *Transformer {
	return &Transformer{contract: contractShape(), concession: concessionShape()}
}

// The names of the two lists of a file, and of the parties whose SIRET begins the uid.
const (
	contractList   = "marche"
	concessionList = "contrat-concession"
)

// Transform implements [transformers.Transformer]. The key of a part is the buyer's SIRET, a slash and the contract's
// identifier; that of a file with several parts is the SIRET of the first.
func (t *Transformer) Transform(c transformers.Content, _ transformers.Identity) (transformers.Result, []violation.Violation) {
	s := split(c.JSON)
	w := writer{faults: s.faults, ignored: s.ignored, flat: s.flat}
	res := transformers.Result{Split: true, Parts: make([]transformers.Part, 0, len(s.entries))}
	for _, e := range s.entries {
		kind, shape, party := transformers.Contract, t.contract, "acheteur"
		if e.concession {
			kind, shape, party = transformers.Concession, t.concession, "autoriteConcedante"
		}
		doc := c.JSON.Derive(c.JSON.Len() / len(s.entries))
		w.write(doc, e, kind, shape, party)
		buyer, id := doc.Root().Get(party).Get("id").Text(), doc.Root().Get("id").Text()
		if res.Key == "" {
			res.Key = buyer
		}
		res.Parts = append(res.Parts, transformers.Part{Kind: kind, Doc: doc, Key: buyer + "/" + id})
	}
	if len(w.faults.list) > 0 {
		return transformers.Result{}, w.faults.list
	}
	if len(res.Parts) == 1 {
		res.Key = res.Parts[0].Key
	}
	res.Ignored = w.ignored
	return res, nil
}
