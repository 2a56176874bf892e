package routes

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// unique reads the topic of a route's claims. Every kind that the route accepts must have a number.
func (l *loader) unique(r *Route, topic yamldoc.String) {
	if !topic.IsSet() {
		return
	}
	l.output(topic, "le sujet des numéros", "the topic of the numbers")
	for _, kind := range r.accept {
		if !slices.Contains(l.opts.Numbered, kind) {
			l.list.Add(diag.Errorf(topic.Pos, CodeUnique, "un document de type %[1]s n'a pas de numéro qui doive être unique", "a document of kind %[1]s has no number that must be unique", kind).
				WithHint("possible pour : %[1]s ; donnez aux autres une route à part", "possible for: %[1]s; give the others a route of their own", strings.Join(l.opts.Numbered, ", ")))
		}
	}
	r.unique = topic.Value
}

// claims reports topics of claims that documents are sent to as well, by any route.
func (l *loader) claims() {
	for _, e := range l.entries {
		for i := range e.file.To {
			to := e.file.To[i].Topic
			if slices.ContainsFunc(l.entries, func(o *entry) bool { return o.route.unique != "" && o.route.unique == to.Value }) {
				l.list.Add(diag.Errorf(to.Pos, CodeUnique, "la destination %[1]q est aussi un sujet de numéros (validate.unique)", "the destination %[1]q is a topic of numbers too (validate.unique)", to.Value).
					WithHint("un sujet compacté ne garde que le dernier message d'une clé : choisissez-en un autre", "a compacted topic keeps the last message of a key only: choose another"))
			}
		}
	}
}
