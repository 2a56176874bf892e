package decp

import (
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/transformers"
)

var unsupportedVersion = violation.Spec{
	Code:     "unsupported_version",
	FR:       "DECP de version 1.x (arrêtés de 2017 à 2019) : seules les versions 2.0.x sont lues",
	EN:       "DECP of version 1.x (orders of 2017 to 2019): only versions 2.0.x are read",
	RemedyFR: "Exportez le fichier au format DECP 2.0 (arrêtés du 22 décembre 2022), puis renvoyez-le.",
	RemedyEN: "Export the file in the DECP 2.0 format (orders of 22 December 2022) and send it again.",
}

var mixedVersions = violation.Spec{
	Code:     "decp_mixed_versions",
	FR:       "%[1]s : contrat écrit comme en DECP %[2]s, parmi d'autres d'une version plus récente ; un fichier ne mêle pas les versions",
	EN:       "%[1]s: contract written as in DECP %[2]s, among others of a later version; a file does not mix versions",
	RemedyFR: "Exportez tous les contrats du fichier dans une même version, de préférence 2.0.4.",
	RemedyEN: "Export all contracts of the file in one version, preferably 2.0.4.",
}

var wrongRoot = violation.Spec{
	Code:     "decp_wrong_root",
	FR:       `racine attendue : {"marches": {"marche": [...], "contrat-concession": [...]}} ; trouvé des contrats %[1]s`,
	EN:       `expected root: {"marches": {"marche": [...], "contrat-concession": [...]}}; found contracts %[2]s`,
	RemedyFR: "Placez les listes de contrats dans le membre « marches » de la racine, comme le prescrit le format DECP 2.0.",
	RemedyEN: `Put the lists of contracts into the member "marches" of the root, as the DECP 2.0 format prescribes.`,
}

// Recognise implements [transformers.Transformer]. A DECP file is an object with a member "marches". Nothing in it
// names its version: one list for both kinds is 2.0.0 or 1.x, told apart by the members of its entries; the versions
// from 2.0.1 on have one structure and cannot be told apart, so their version stays empty.
func (t *Transformer) Recognise(c transformers.Content) (transformers.Identity, *violation.Violation, bool) {
	if c.JSON == nil {
		return transformers.Identity{}, nil, false
	}
	marches := c.JSON.Root().Get("marches")
	if !marches.Exists() {
		return withoutRoot(c.JSON.Root())
	}
	id := transformers.Identity{Format: transformers.DECP, Kind: transformers.Contract}
	first, found := firstEntry(c.JSON)
	if found && first.concession {
		id.Kind = transformers.Concession
	}
	switch {
	case found && isVersion1(first.value):
		id.Version = "1"
		refused := unsupportedVersion.New(at(first.value))
		return id, &refused, true
	case marches.Type() == document.Array:
		id.Version = "2.0.0"
	}
	return id, nil, true
}

// withoutRoot recognises contracts in lists that lack the root around them, as a part of a file that was cut out.
func withoutRoot(root document.Value) (transformers.Identity, *violation.Violation, bool) {
	for _, list := range []struct {
		of     document.Value
		fr, en string
	}{
		{root, "dans une liste", "in a list"},
		{root.Get(contractList), "dans « marche » à la racine", `in "marche" at the root`},
		{root.Get(concessionList), "dans « contrat-concession » à la racine", `in "contrat-concession" at the root`},
	} {
		first := list.of.At(0)
		kind, holders := transformers.Contract, "titulaires"
		party := first.Get("acheteur")
		if !party.Exists() {
			kind, party, holders = transformers.Concession, first.Get("autoriteConcedante"), "concessionnaires"
		}
		if party.Get("id").Exists() && first.Get(holders).Exists() {
			refused := wrongRoot.New(at(list.of), list.fr, list.en)
			return transformers.Identity{Format: transformers.DECP, Kind: kind}, &refused, true
		}
	}
	return transformers.Identity{}, nil, false
}

// otherVersion returns the version that an entry is written in where that is older than its file: 1.x anywhere, 2.0.0 in
// the lists of the versions from 2.0.1 on. Else it is empty.
func otherVersion(entry document.Value, s *shape, flat bool) string {
	if isVersion1(entry) {
		return "1.x"
	}
	if flat {
		return ""
	}
	for member := range entry.Children() {
		if _, known := s.members[member.Name()]; known {
			continue
		}
		if _, _, bare := s.wrapperOf(member); bare {
			return "2.0.0"
		}
	}
	return ""
}

// firstEntry finds the first object in the lists of a file, whatever is wrong around it.
func firstEntry(doc *document.Doc) (entry, bool) {
	marches := doc.Root().Get("marches")
	if marches.Type() == document.Array {
		first := marches.At(0)
		concession, _ := kindOf(first)
		return entry{value: first, concession: concession}, first.Type() == document.Object
	}
	for list := range marches.Children() {
		if first := list.At(0); first.Type() == document.Object && (list.Name() == contractList || list.Name() == concessionList) {
			return entry{value: first, concession: list.Name() == concessionList}, true
		}
	}
	return entry{}, false
}

// isVersion1 reports whether an entry is of DECP 1.x: it bears a mark of that version and nothing that came with 2.0.
func isVersion1(v document.Value) bool {
	for _, name := range []string{
		"considerationsSociales", "considerationsEnvironnementales", "ccag", "offresRecues",
		"techniques", "technique", "modalitesExecution", "modaliteExecution", "typesPrix", "typePrix",
	} {
		if v.Get(name).Exists() {
			return false
		}
	}
	for _, name := range []string{"_type", "uid", "uuid", "source"} {
		if v.Get(name).Exists() {
			return true
		}
	}
	if v.Get("acheteur").Get("nom").Exists() || v.Get("autoriteConcedante").Get("nom").Exists() {
		return true
	}
	holders := v.Get("titulaires")
	if !holders.Exists() {
		holders = v.Get("concessionnaires")
	}
	return holders.At(0).Get("denominationSociale").Exists()
}
