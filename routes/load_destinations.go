package routes

import (
	"maps"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/yamldoc"
)

// destinations reads the recipient list of a route.
func (l *loader) destinations(r *Route, f *routeFile, env *expr.Env) {
	if n := len(f.To); n > maxDestinations {
		l.list.Errorf(f.To[maxDestinations].Pos, CodeLimit, "trop de destinations : au plus %[1]d, trouvé %[2]d", "too many destinations: at most %[1]d, found %[2]d", maxDestinations, n)
		return
	}
	for i := range f.To {
		to := &f.To[i]
		d := destination{topic: to.Topic.Value, form: Canonical, required: to.Required.Value}
		if to.Form.IsSet() {
			d.form = l.form(r, to.Form)
		}
		l.target(to.Topic)
		d.when = l.compile(env, expr.Condition, to.When)
		d.key = l.compile(env, expr.Printable, to.Key)
		if d.required && !to.When.IsSet() {
			l.list.Add(diag.Errorf(to.Required.Pos, CodeDestination, "required: true n'a de sens qu'avec une condition", "required: true only makes sense with a condition").
				WithHint("sans when, la destination reçoit toujours le document : retirez required", "without when the destination always gets the document: remove required"))
		}
		if d.topic != "" && slices.ContainsFunc(r.destinations, func(o destination) bool { return o.topic == d.topic && o.form == d.form }) {
			l.list.Add(diag.Errorf(to.Topic.Pos, CodeDestination, "le sujet %[1]q est deux fois destination sous la forme %[2]s", "the topic %[1]q is a destination twice in %[2]s form", d.topic, d.form).
				WithHint("gardez une destination ; réunissez leurs conditions avec ||", "keep one destination; join their conditions with ||"))
		}
		r.destinations = append(r.destinations, d)
	}
}

// form checks the form of a destination, which every kind that the route accepts must be able to have.
func (l *loader) form(r *Route, form yamldoc.String) Form {
	name := form.Value
	if name == string(Canonical) || name == string(Original) {
		return Form(name)
	}
	kinds, known := l.opts.Syntaxes[name]
	if !known {
		forms := append([]string{string(Canonical), string(Original)}, slices.Sorted(maps.Keys(l.opts.Syntaxes))...)
		l.list.Add(suggest(diag.Errorf(form.Pos, CodeForm, "forme inconnue %[1]q", "unknown form %[1]q", excerpt(name)), name, forms))
	}
	for _, kind := range r.accept {
		if known && !slices.Contains(kinds, kind) {
			l.list.Add(diag.Errorf(form.Pos, CodeForm, "un document de type %[1]s ne s'écrit pas en %[2]s", "a document of kind %[1]s cannot be written as %[2]s", kind, name).
				WithHint("possible pour : %[1]s ; donnez aux autres une route à part, ou form: original", "possible for: %[1]s; give the others a route of their own, or form: original", strings.Join(kinds, ", ")))
		}
	}
	return Form(name)
}

// target checks the topic of a destination.
func (l *loader) target(topic yamldoc.String) {
	if topic.Value != "" { // else reported as missing
		l.output(topic, "la destination", "the destination")
	}
}

// output checks a topic that the gateway writes for a route.
func (l *loader) output(topic yamldoc.String, fr, en string) {
	name := topic.Value
	switch {
	case !topicName.MatchString(name) || name == "." || name == "..":
		l.list.Add(diag.Errorf(topic.Pos, CodeTopic, "%[1]q n'est pas un nom de sujet Kafka", "%[1]q is no name of a Kafka topic", excerpt(name)).
			WithHint("au plus 249 lettres, chiffres, « . », « _ » et « - »", "at most 249 letters, digits, \".\", \"_\" and \"-\""))
	case slices.Contains(l.opts.Topics, name):
		l.list.Add(diag.Errorf(topic.Pos, CodeLoop, "boucle : %[2]s %[1]q est aussi un sujet source", "loop: %[3]s %[1]q is a source topic too", name, fr, en).
			WithHint("un message y tournerait sans fin : choisissez un autre sujet", "a message would go round for ever: choose another topic"))
	case slices.Contains(l.opts.Reserved, name):
		l.list.Add(diag.Errorf(topic.Pos, CodeLoop, "le sujet %[1]q est celui des reçus ou des lettres mortes, que la passerelle écrit elle-même",
			"the topic %[1]q is that of receipts or dead letters, which the gateway writes itself", name).
			WithHint("choisissez un autre sujet", "choose another topic"))
	}
}
