package decp

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// entry is one contract or concession of a file.
type entry struct {
	value      document.Value
	concession bool
	list       string // JSON pointer of its list
	index      int    // its place there
}

// splitting is what a file holds, in the order of its bytes.
type splitting struct {
	entries []entry
	flat    bool // the form of 2.0.0: one list for both kinds
	faults  faults
	ignored []string
}

var wrongType = violation.Spec{
	Code:     "decp_wrong_type",
	FR:       "%[1]s : type attendu : %[2]s ; trouvé : %[3]s",
	EN:       "%[1]s: %[4]s expected, %[5]s found",
	RemedyFR: "Donnez à ce membre le type que prescrit le schéma DECP 2.0, puis renvoyez le fichier.",
	RemedyEN: "Give this member the type that the DECP 2.0 schema prescribes and send the file again.",
}

var noContract = violation.Spec{
	Code:     "decp_no_contract",
	FR:       "fichier DECP sans aucun contrat : ni « marche » ni « contrat-concession » n'en contient",
	EN:       `DECP file without any contract: neither "marche" nor "contrat-concession" holds one`,
	RemedyFR: "Envoyez un fichier qui contient au moins un marché ou un contrat de concession.",
	RemedyEN: "Send a file that holds at least one contract or concession.",
}

var unknownKind = violation.Spec{
	Code:     "decp_unknown_type",
	FR:       "ni marché ni contrat de concession : _type « %s », sans acheteur ni autoriteConcedante reconnus",
	EN:       "neither contract nor concession: _type %q, no acheteur and no autoriteConcedante that decide",
	RemedyFR: `Utilisez la structure des versions 2.0.1 et suivantes : {"marches":{"marche":[...],"contrat-concession":[...]}}.`,
	RemedyEN: `Use the structure of versions 2.0.1 and later: {"marches":{"marche":[...],"contrat-concession":[...]}}.`,
}

// split finds the contracts of a file: in the two lists of an object since 2.0.1, in one list in 2.0.0.
func split(doc *document.Doc) splitting {
	var s splitting
	for member := range doc.Root().Children() {
		if member.Name() != "marches" {
			s.ignore(member)
			continue
		}
		switch member.Type() {
		case document.Object:
			s.lists(member)
		case document.Array:
			s.flat = true
			s.list(member, s.entry)
		default:
			s.faults.expect(member, document.Object)
		}
	}
	if len(s.entries) == 0 && len(s.faults.list) == 0 {
		s.faults.add(noContract, doc.Root())
	}
	return s
}

func (s *splitting) lists(marches document.Value) {
	for list := range marches.Children() {
		switch list.Name() {
		case contractList, concessionList:
			concession := list.Name() == concessionList
			s.list(list, func(e entry) {
				e.concession = concession
				s.entries = append(s.entries, e)
			})
		default:
			s.ignore(list)
		}
	}
}

// list visits the items of a list that must hold objects.
func (s *splitting) list(list document.Value, visit func(entry)) {
	if list.Type() != document.Array {
		s.faults.expect(list, document.Array)
		return
	}
	pointer, index := list.Pointer(), 0
	for item := range list.Children() {
		if item.Type() == document.Object {
			visit(entry{value: item, list: pointer, index: index})
		} else {
			s.faults.expect(item, document.Object)
		}
		index++
	}
}

// entry adds an entry of the one list of 2.0.0. Its kind is what _type says where a producer kept that member of 1.x,
// else that of the party that concludes the contract.
func (s *splitting) entry(e entry) {
	var known bool
	if e.concession, known = kindOf(e.value); known {
		s.entries = append(s.entries, e)
		return
	}
	where := e.value.Get("_type")
	if !where.Exists() {
		where = e.value
	}
	s.faults.add(unknownKind, where, violation.Excerpt(where.Text()))
}

func kindOf(item document.Value) (concession, known bool) {
	switch item.Get("_type").Text() {
	case "Marché":
		return false, true
	case "Contrat de concession":
		return true, true
	}
	concession = item.Get("autoriteConcedante").Exists()
	return concession, !item.Get("_type").Exists() && (concession || item.Get("acheteur").Exists())
}

func (s *splitting) ignore(v document.Value) { s.ignored = append(s.ignored, v.Pointer()) }
