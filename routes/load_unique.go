package routes

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
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

// frees reads when the documents of a route free the numbers of the invoices that they are about. Every kind that it accepts must
// be about one.
func (l *loader) frees(r *Route, f *freesFile, env *expr.Env) {
	if f == nil {
		return
	}
	for _, kind := range r.accept {
		if !slices.Contains(l.opts.Statuses, kind) {
			l.list.Add(diag.Errorf(f.Topic.Pos, CodeUnique, "un document de type %[1]s ne libère aucun numéro", "a document of kind %[1]s frees no number", kind).
				WithHint("possible pour : %[1]s ; donnez aux autres une route à part", "possible for: %[1]s; give the others a route of their own", strings.Join(l.opts.Statuses, ", ")))
		}
	}
	r.frees = freeing{f.Topic.Value, l.compile(env, expr.Condition, f.When)}
}

// claims reports topics of claims that documents are sent to as well, and others in which numbers are freed, by any route.
func (l *loader) claims() {
	var topics []string
	for _, e := range l.entries {
		if e.route.unique != "" {
			topics = appendNew(topics, e.route.unique)
		}
	}
	for _, e := range l.entries {
		if free := e.route.frees.topic; free != "" && !slices.Contains(topics, free) {
			l.list.Add(suggest(diag.Errorf(e.file.Frees.Topic.Pos, CodeUnique, "aucune route n'a %[1]q pour sujet de numéros (validate.unique)", "no route has %[1]q as its topic of numbers (validate.unique)", excerpt(free)), free, topics))
		}
		for i := range e.file.To {
			to := e.file.To[i].Topic
			if slices.Contains(topics, to.Value) {
				l.list.Add(diag.Errorf(to.Pos, CodeUnique, "la destination %[1]q est aussi un sujet de numéros (validate.unique)", "the destination %[1]q is a topic of numbers too (validate.unique)", to.Value).
					WithHint("un sujet compacté ne garde que le dernier message d'une clé : choisissez-en un autre", "a compacted topic keeps the last message of a key only: choose another"))
			}
		}
	}
}
