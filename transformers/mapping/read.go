package mapping

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// readPointer reads a pointer of a file and checks it against the source schema, as far as that tells. What is wrong is
// reported at the place inside the text.
func readPointer(list *diag.List, text yamldoc.String, in scope) (path, place) {
	p, wrong := parsePath(text.Value)
	if wrong != nil {
		d := diag.Errorf(text.PositionAt(1, wrong.at+1), CodePointer, "%[1]s ; trouvé %[3]q", "%[2]s; found %[3]q", wrong.fr, wrong.en, cut(text.Value))
		if wrong.at == 0 {
			d = d.WithHint("pour un texte fixe, écrivez {value: %[1]s}", "for a fixed text, write {value: %[1]s}", cut(text.Value))
		}
		list.Add(d)
		return p, anywhere
	}
	at := in.top
	if p.relative {
		at = in.hand
	}
	for i, t := range p.tokens {
		next, known := at.step(t)
		if !known {
			d := diag.Errorf(text.PositionAt(1, t.at+1), CodeUnknown, "le schéma source ne connaît pas %[1]q à cet endroit",
				"the source schema does not know %[1]q at this place", cut(t.name))
			list.Add(hint(d, p, i, at, in))
			return p, anywhere
		}
		at = next
	}
	return p, at
}

// hint says what may be meant by a pointer whose i-th token is not known at a place.
func hint(d diag.Diagnostic, p path, i int, at place, in scope) diag.Diagnostic {
	names := at.names()
	if diag.Nearest(p.tokens[i].name, names) == "" {
		if other := inOtherScope(p, in); other != "" {
			return d.WithHint("vouliez-vous dire %[1]s ?", "did you mean %[1]s?", other)
		}
	}
	switch possible := at.types(); {
	case p.tokens[i].wild:
		return d.WithHint("« * » désigne les éléments d'une liste ; ici : %[1]s", `"*" names the items of a list; here: %[1]s`, possible.names())
	case possible == typeSet(document.Array):
		return d.WithHint("c'est une liste : « * » en désigne chaque élément : %[1]s", `this is a list: "*" names each of its items: %[1]s`, p.withStar(i))
	}
	if possible := at.types(); len(names) == 0 && !possible.has(document.Object) {
		return d.WithHint("rien n'est plus bas ; ici : %[1]s", "nothing is below; here: %[1]s", possible.names())
	}
	return suggest(d, p.tokens[i].name, names)
}

// inOtherScope returns the pointer with the other start, "/" or "./", when that is known; empty when it is not.
func inOtherScope(p path, in scope) string {
	if !in.repeated {
		return ""
	}
	other, at := "."+p.text, in.hand
	if p.relative {
		other, at = strings.TrimPrefix(p.text, "."), in.top
	}
	for _, t := range p.tokens {
		next, known := at.step(t)
		if !known {
			return ""
		}
		at = next
	}
	return other
}

// withStar returns the pointer with a "*" before its i-th token.
func (p *path) withStar(i int) string {
	runes := []rune(p.text)
	at := p.tokens[i].at
	return string(runes[:at]) + "*/" + string(runes[at:])
}

// maxListed keeps a list of names within two lines of a terminal.
const maxListed = 15

// suggest adds the nearest of the names, or all of them when they are few.
func suggest(d diag.Diagnostic, word string, names []string) diag.Diagnostic {
	if near := diag.Nearest(word, names); near != "" {
		return d.WithHint("vouliez-vous dire %[1]q ?", "did you mean %[1]q?", near)
	}
	if names = slices.Compact(names); len(names) > 0 && len(names) <= maxListed {
		return d.WithHint("possible : %[1]s", "possible: %[1]s", strings.Join(names, ", "))
	}
	return d
}
