// Package decp turns files of essential data of public procurement (DECP 2.0, "données essentielles de la commande
// publique") into canonical contracts and concessions: one document for each, in the order of the file.
//
// A canonical contract has the members of the source under their own names, amounts and rates as decimal strings, and
// beside them kind and uid. What the official schema does not know within a contract is kept for our schema to refuse;
// what it lets pass below that is left to the original bytes and listed as ignored. The package must not know
// schemas, rules or routes.
package decp

import (
	"github.com/commande-publique/passerelle/internal/document"
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

var duplicateUID = violation.Spec{
	Code:     "decp_duplicate_uid",
	FR:       "%[1]s : l'uid %[2]s est déjà celui de %[3]s ; un contrat n'est qu'une fois dans un fichier",
	EN:       "%[1]s: the uid %[2]s is already that of %[3]s; a contract is in a file only once",
	RemedyFR: "Gardez le contrat le plus récent, avec toutes ses modifications, ou corrigez l'identifiant de l'un des deux.",
	RemedyEN: "Keep the most recent contract, with all its modifications, or correct the identifier of one of the two.",
}

// Transform implements [transformers.Transformer]. The key of a part is the buyer's SIRET, a slash and the contract's
// identifier; that of a file with several parts is the SIRET of the first.
func (t *Transformer) Transform(c transformers.Content, _ transformers.Identity) (transformers.Result, []violation.Violation) {
	s := split(c.JSON)
	w := writer{faults: s.faults, ignored: s.ignored, flat: s.flat}
	res := transformers.Result{Split: true, Parts: make([]transformers.Part, 0, len(s.entries))}
	first := map[string]document.Value{} // by uid
	for _, e := range s.entries {
		kind, shape, party := transformers.Contract, t.contract, "acheteur"
		if e.concession {
			kind, shape, party = transformers.Concession, t.concession, "autoriteConcedante"
		}
		if version := otherVersion(e.value, shape, s.flat); version != "" {
			w.faults.named(mixedVersions, e.value, version)
			continue
		}
		doc := c.JSON.Derive(c.JSON.Len() / len(s.entries))
		w.write(doc, e, kind, shape, party)
		buyer, id := doc.Root().Get(party).Get("id").Text(), doc.Root().Get("id").Text()
		if uid := buyer + id; buyer != "" && id != "" {
			if earlier, twice := first[uid]; twice {
				w.faults.named(duplicateUID, e.value, violation.Excerpt(uid), earlier.Pointer())
			} else {
				first[uid] = e.value
			}
		}
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
