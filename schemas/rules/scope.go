package rules

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// theDocument is the variable that holds the whole document.
const theDocument = "doc"

// scope is what the expressions and places of one rule may name.
type scope struct {
	each   pointer
	as     string
	env    *expr.Env // nil when each or as is wrong
	broken bool      // each or as is wrong, and that was said: nothing relative can be checked
}

// full returns the pointer of a place from the document's root, "*" standing for the items that each visits.
func (s scope) full(p place) string {
	if p.relative {
		return s.each.String() + p.pointer.String()
	}
	return p.pointer.String()
}

func (l *loader) scope(f *ruleFile) scope {
	switch {
	case !f.Each.IsSet() && !f.As.IsSet():
		return scope{env: l.env("", "")}
	case !f.As.IsSet():
		l.list.Add(diag.Errorf(f.Each.Pos, CodeRule, "\"each\" sans \"as\"", "\"each\" without \"as\"").
			WithHint("donnez un nom à chaque valeur : as: line", "name each value: as: line"))
		return scope{broken: true}
	case !f.Each.IsSet():
		l.list.Add(diag.Errorf(f.As.Pos, CodeRule, "\"as\" sans \"each\"", "\"as\" without \"each\"").
			WithHint("dites quelles valeurs : each: /lines/*", "say which values: each: /lines/*"))
		return scope{broken: true}
	}
	if expr.Reserved(f.As.Value) || f.As.Value == theDocument {
		l.list.Errorf(f.As.Pos, CodeRule, "%[1]q ne peut pas être un nom de variable", "%[1]q cannot be the name of a variable", f.As.Value)
		return scope{broken: true}
	}
	if !strings.HasPrefix(f.Each.Value, "/") || !l.known(f.Each.Value, f.Each.Pos) {
		if !strings.HasPrefix(f.Each.Value, "/") {
			l.badPointer(f.Each.Pos, f.Each.Value)
		}
		return scope{broken: true}
	}
	return scope{each: split(f.Each.Value), as: f.As.Value, env: l.env(f.As.Value, f.Each.Value)}
}

// env returns the environment with the document and, if it has a name, the each value.
func (l *loader) env(as, each string) *expr.Env {
	key := as + " " + each
	if env := l.envs[key]; env != nil {
		return env
	}
	vars := []expr.Variable{expr.Document(theDocument, l.shape)}
	if as != "" {
		vars = append(vars, expr.Document(as, l.shape.Below(each)))
	}
	env, err := expr.NewEnv(vars...)
	if err != nil {
		l.list.Errorf(diag.Position{}, CodeRule, "erreur du programme : %[1]v", "fault of the program: %[1]v", err)
		return nil
	}
	l.envs[key] = env
	return env
}

// place reads a place: /from/the/document, ./from/the/value or "." for the value itself.
func (l *loader) place(s scope, text string, pos diag.Position) place {
	var p place
	switch {
	case text == "." || strings.HasPrefix(text, "./"):
		p = place{relative: true, pointer: split(text[1:])}
	case strings.HasPrefix(text, "/"):
		p = place{pointer: split(text)}
	default:
		l.badPointer(pos, text)
		return p
	}
	switch {
	case p.relative && s.broken:
	case p.relative && s.as == "":
		l.list.Errorf(pos, CodePointer, "%[1]q part de la valeur de \"each\", que cette règle n'a pas", "%[1]q starts from the value of \"each\", which this rule does not have", text)
	case slices.Contains(p.pointer, "*"):
		l.list.Errorf(pos, CodePointer, "%[1]q doit désigner un seul endroit, sans *", "%[1]q must name one place, without *", text)
	default:
		l.known(s.full(p), pos)
	}
	return p
}

func (l *loader) badPointer(pos diag.Position, text string) {
	l.list.Add(diag.Errorf(pos, CodePointer, "attendu un pointeur, trouvé %[1]q", "expected a pointer, found %[1]q", text).
		WithHint("/totals/lines part du document, ./id de la valeur de \"each\"", "/totals/lines starts from the document, ./id from the value of \"each\""))
}

func (l *loader) known(pointer string, pos diag.Position) bool {
	if l.shape.Known(pointer) {
		return true
	}
	start, unknown, names := l.shape.Nearest(pointer)
	d := diag.Errorf(pos, CodePointer, "aucun document n'a %[2]q sous %[1]q", "no document has %[2]q below %[1]q", "/"+strings.TrimPrefix(start, "/"), unknown)
	l.list.Add(hint(d, unknown, names))
	return false
}

// message compiles a message and checks its placeholders.
func (l *loader) message(s scope, f *ruleFile, text yamldoc.String) message {
	literals, holes, ok := parseMessage(text.Value)
	if !ok {
		l.list.Add(diag.Errorf(text.Pos, CodeMessage, "accolade sans sa paire", "a brace without its partner").
			WithHint("doublez-la pour l'écrire : {{", "double it to write it: {{"))
		return nil
	}
	var m message
	for i, literal := range literals {
		if i == 0 {
			literal = strings.TrimLeft(literal, " \n")
		}
		if i == len(literals)-1 {
			literal = strings.TrimRight(literal, " \n")
		}
		m = append(m, part{literal: literal})
		if i == len(holes) {
			break
		}
		hole := holes[i]
		at := text.PositionAt(hole.line, hole.column)
		switch {
		case strings.HasPrefix(hole.text, "/") || strings.HasPrefix(hole.text, "."):
			p := l.place(s, hole.text, at)
			m = append(m, part{place: &p})
		default:
			if _, known := f.Show.Get(hole.text); !known {
				d := diag.Errorf(at, CodeMessage, "rien à montrer pour {%[1]s}", "nothing to show for {%[1]s}", hole.text)
				if near := diag.Nearest(hole.text, f.Show.Keys()); near != "" {
					d = hint(d, hole.text, f.Show.Keys())
				} else {
					d = d.WithHint("un pointeur commence par / ou ./, un nom doit figurer sous \"show\"", "a pointer starts with / or ./, a name must be under \"show\"")
				}
				l.list.Add(d)
			}
			m = append(m, part{name: hole.text})
		}
	}
	return m
}
