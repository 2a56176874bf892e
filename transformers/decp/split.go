package decp

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
)

// entry is one contract or concession of a file.
type entry struct {
	value      document.Value
	concession bool
}

// splitting is what a file holds, in the order of its bytes.
type splitting struct {
	entries []entry
	typed   bool // the form of 2.0.0: one list, each entry names its type in _type
	faults  []violation.Violation
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
	FR:       "_type « %s » inconnu : Marché ou Contrat de concession attendu",
	EN:       "unknown _type %q: Marché or Contrat de concession expected",
	RemedyFR: "Corrigez _type, ou utilisez la structure des versions 2.0.1 et suivantes : {\"marches\":{\"marche\":[...],\"contrat-concession\":[...]}}.",
	RemedyEN: "Correct _type, or use the structure of versions 2.0.1 and later: {\"marches\":{\"marche\":[...],\"contrat-concession\":[...]}}.",
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
			s.typed = true
			s.list(member, func(item document.Value) { s.typedEntry(item) })
		default:
			s.faults = append(s.faults, expected(member, document.Object))
		}
	}
	if len(s.entries) == 0 && len(s.faults) == 0 {
		s.faults = append(s.faults, noContract.New(at(doc.Root())))
	}
	return s
}

func (s *splitting) lists(marches document.Value) {
	for list := range marches.Children() {
		switch list.Name() {
		case contractList, concessionList:
			concession := list.Name() == concessionList
			s.list(list, func(item document.Value) { s.entries = append(s.entries, entry{item, concession}) })
		default:
			s.ignore(list)
		}
	}
}

// list visits the items of a list that must hold objects.
func (s *splitting) list(list document.Value, visit func(document.Value)) {
	if list.Type() != document.Array {
		s.faults = append(s.faults, expected(list, document.Array))
		return
	}
	for item := range list.Children() {
		if item.Type() != document.Object {
			s.faults = append(s.faults, expected(item, document.Object))
			continue
		}
		visit(item)
	}
}

func (s *splitting) typedEntry(item document.Value) {
	switch kind := item.Get("_type"); kind.Text() {
	case "Marché":
		s.entries = append(s.entries, entry{value: item})
	case "Contrat de concession":
		s.entries = append(s.entries, entry{item, true})
	default:
		where := kind
		if !kind.Exists() {
			where = item
		}
		s.faults = append(s.faults, unknownKind.New(at(where), violation.Excerpt(kind.Text())))
	}
}

func (s *splitting) ignore(v document.Value) { s.ignored = append(s.ignored, v.Source().Path) }

// typeNames are the JSON types in both languages.
var typeNames = map[document.Type][2]string{
	document.Null: {"null", "null"}, document.Bool: {"booléen", "a boolean"}, document.Number: {"nombre", "a number"},
	document.String: {"texte", "a string"}, document.Array: {"liste", "an array"}, document.Object: {"objet", "an object"},
}

func expected(v document.Value, want document.Type) violation.Violation {
	w, f := typeNames[want], typeNames[v.Type()]
	return wrongType.New(at(v), v.Source().Path, w[0], f[0], w[1], f[1])
}
