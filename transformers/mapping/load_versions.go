package mapping

import (
	"regexp"
	"slices"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// maxVersions bounds the versions of a kind, as a document of the kind is asked of every one; a format that lives long has
// a dozen.
const maxVersions = 50

// versionName is what can be a header and a part of a line of check.
var versionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// versionsAlone reports what stands beside versions and belongs into each of them.
func (l *loader) versionsAlone(file *kindFile) {
	for _, beside := range []struct {
		field string
		pos   diag.Position
	}{{"source", file.Source.Pos}, {"mapping", file.Mapping.Pos}, {"key", file.Key.Pos}} {
		if beside.pos.IsSet() {
			l.list.Add(diag.Errorf(beside.pos, CodeVersion, "%[1]s à côté de versions : chaque version a le sien", "%[1]s beside versions: each version has its own", beside.field).
				WithHint("déplacez-le dans les versions", "move it into the versions"))
		}
	}
	switch n := file.Versions.Len(); {
	case n == 0:
		l.list.Add(diag.Errorf(file.Versions.Pos, CodeVersion, "versions est vide : attendu au moins une version", "versions is empty: expected at least one version").
			WithHint("ajoutez « - version: \"1\" » avec sa source, ou retirez versions", `add "- version: \"1\"" with its source, or remove versions`))
	case n > maxVersions:
		l.list.Errorf(file.Versions.Items[maxVersions].Pos, CodeLimit, "trop de versions : au plus %[1]d, trouvé %[2]d", "too many versions: at most %[1]d, found %[2]d", maxVersions, n)
	}
}

// distinct checks that each version has a name of its own and a way to tell it, and reports the pairs of which a document
// is known to be both.
func (l *loader) distinct(files []versionOfFile, versions []version) {
	for i := range files {
		if !l.versionName(files[i].Version, versions[:i]) {
			continue
		}
		if files[i].DataSchema.Len() == 0 && files[i].Recognise.Len() == 0 {
			l.list.Add(diag.Errorf(files[i].Pos, CodeVersion, "rien ne désigne la version %[1]q", "nothing tells the version %[1]q", cut(versions[i].name)).
				WithHint("ajoutez recognise, par exemple « recognise: {/version: [1]} », ou dataschema, l'attribut de l'événement qui l'annonce",
					`add recognise, for example "recognise: {/version: [1]}", or dataschema, the attribute of the event that announces it`))
			continue
		}
		for _, d := range files[i].DataSchema.Items {
			if d.IsSet() && d.Value == "" {
				l.list.Add(diag.Errorf(d.Pos, CodeVersion, "dataschema vide : aucun événement n'annonce cela", "empty dataschema: no event announces that").
					WithHint("écrivez l'URI que les événements portent, par exemple urn:example:order:2", "write the URI that events carry, for example urn:example:order:2"))
			}
		}
		for j := range i {
			if versions[i].overlaps(&versions[j]) {
				l.list.Add(diag.Errorf(files[i].Pos, CodeVersion, "un document peut être à la fois des versions %[1]q et %[2]q (%[3]s)",
					"a document can be of the versions %[1]q and %[2]q at once (%[3]s)", cut(versions[j].name), cut(versions[i].name), files[j].Pos).
					WithHint("donnez-leur des valeurs différentes au même chemin de recognise, ou des dataschema différents seuls",
						"give them different values at the same pointer of recognise, or different dataschema alone"))
				break
			}
		}
	}
}

// versionName reports whether a version has a name of its own; a fault is told.
func (l *loader) versionName(name yamldoc.String, before []version) bool {
	switch {
	case name.Value == "": // reported as missing
	case !versionName.MatchString(name.Value) || len(name.Value) > maxName:
		l.list.Add(diag.Errorf(name.Pos, CodeVersion, "version %[1]q : attendu des lettres sans accent, des chiffres, « . », « _ » et « - », %[2]d au plus",
			`version %[1]q: expected letters without accents, digits, ".", "_" and "-", at most %[2]d`, cut(name.Value), maxName).
			WithHint("par exemple : 2.1, ou 2026-04", "for example: 2.1, or 2026-04"))
	case slices.ContainsFunc(before, func(v version) bool { return v.name == name.Value }):
		l.list.Errorf(name.Pos, CodeVersion, "une autre version s'appelle déjà %[1]q", "another version is called %[1]q already", name.Value)
	default:
		return true
	}
	return false
}
