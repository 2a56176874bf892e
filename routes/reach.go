package routes

import (
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/diag"
	"github.com/commande-publique/passerelle/internal/expr"
)

// point is one combination of the finite facts.
type point struct{ topic, kind, format, version string }

// answer is what a route says of all messages at a point.
type answer int

const (
	never   answer = iota // it takes none
	depends               // it takes some, or refuses them, as other facts or the document say
	always                // it takes all
)

// at evaluates the when of a route with nothing but the finite facts. Other facts have no value, so a result that needs
// one is an error, and a result that is none holds whatever they are.
func (r *Route) at(p point) answer {
	facts := expr.Values{factTopic: p.topic, factKind: p.kind}
	if p.format != "" {
		facts[factFormat] = p.format
	}
	if p.version != "" {
		facts[factVersion] = p.version
	}
	switch ok, err := r.when.holds(facts); {
	case err != nil:
		return depends
	case ok:
		return always
	default:
		return never
	}
}

// AcceptsVersion reports whether the route may take documents of a kind in a format and at a version: it accepts the kind,
// and its when is not false for them whatever else they say.
func (r *Route) AcceptsVersion(kind, format, version string) bool {
	return slices.Contains(r.accept, kind) && slices.ContainsFunc(r.from, func(topic string) bool {
		return r.at(point{topic, kind, format, version}) != never
	})
}

// pair is a topic and a kind.
type pair struct{ topic, kind string }

// shadow is a pair that earlier routes take whole.
type shadow struct {
	pair
	by []*Route
}

// reach finds the routes that no message can reach, the kinds that earlier routes take whole, and the overlaps that
// depend on documents.
func (l *loader) reach() {
	formats := l.opts.Formats
	if len(formats) == 0 {
		formats = []string{""} // unknown
	}
	taken := map[point]*Route{} // by the first route that always takes it
	for i, e := range l.entries {
		if !e.usable {
			continue
		}
		e.says = map[point]answer{}
		live := 0
		var before []*Route // what stands before the route
		for _, topic := range e.route.from {
			for _, kind := range e.route.accept {
				open := false        // whether a message of the pair may reach the route and be taken
				var shadows []*Route // what takes the rest of the pair
				for _, format := range formats {
					p := point{topic: topic, kind: kind, format: format}
					says := e.route.at(p)
					first := taken[p]
					switch {
					case says == never:
						continue
					case first != nil:
						shadows = appendNew(shadows, first)
						continue
					case says == always:
						taken[p] = e.route
					}
					e.says[p], open = says, true
					live++
				}
				before = appendNew(before, shadows...)
				if !open && len(shadows) > 0 {
					e.shadowed = append(e.shadowed, shadow{pair{topic, kind}, shadows})
				}
			}
		}
		switch {
		case live == 0 && e.shipped && len(before) > 0:
			e.leftOut = true
			l.note(e.route.name, "route livrée mise de côté : tout ce qu'elle accepte est pris avant elle par "+names(before),
				"shipped route left out: everything it accepts is taken before it by "+names(before))
		case live == 0:
			l.unreachable(e, before)
		default:
			l.shadowed(e)
			l.overlaps(l.entries[:i], e)
		}
	}
}

func (l *loader) unreachable(e *entry, shadows []*Route) {
	if len(shadows) == 0 {
		l.list.Add(diag.Errorf(e.file.When.Pos, CodeUnreachable, "la route %[1]s ne prend jamais rien : sa condition est fausse pour tout sujet, type et format qu'elle accepte",
			"the route %[1]s never takes anything: its condition is false for every topic, kind and format that it accepts", e.route.name).
			WithHint("corrigez la condition, from ou accept", "correct the condition, from or accept"))
		return
	}
	l.list.Add(diag.Errorf(e.file.Route.Pos, CodeUnreachable, "aucun message n'atteint la route %[1]s : tout ce qu'elle accepte est pris avant elle par %[2]s",
		"no message reaches the route %[1]s: everything it accepts is taken before it by %[2]s", e.route.name, names(shadows)).
		WithHint("placez-la avant, ou mettez une condition (when) à la route précédente", "put it earlier, or give the earlier route a condition (when)"))
}

func (l *loader) shadowed(e *entry) {
	for _, s := range e.shadowed {
		if e.shipped {
			l.note(e.route.name, "route livrée qui ne reçoit plus "+s.kind+" depuis "+s.topic+" : pris avant elle par "+names(s.by),
				"shipped route that no longer gets "+s.kind+" from "+s.topic+": taken before it by "+names(s.by))
			continue
		}
		l.list.Add(diag.Warnf(e.file.Route.Pos, CodeShadowed, "la route %[1]s ne reçoit jamais %[2]s depuis %[3]s : pris avant elle par %[4]s",
			"the route %[1]s never gets %[2]s from %[3]s: taken before it by %[4]s", e.route.name, s.kind, s.topic, names(s.by)).
			WithHint("retirez ce qu'elle ne reçoit pas, ou placez-la avant", "remove what it does not get, or put it earlier"))
	}
}

func names(routes []*Route) string {
	list := make([]string, 0, len(routes))
	for _, r := range routes {
		list = append(list, r.name)
	}
	return strings.Join(list, ", ")
}

// overlaps notes the earlier routes that take some of what the route may take: which of them a message belongs to is
// decided by the document.
func (l *loader) overlaps(earlier []*entry, e *entry) {
	var others []*Route
	for _, o := range earlier {
		for p := range e.says {
			if o.says[p] == depends {
				others = append(others, o.route)
				break
			}
		}
	}
	if len(others) == 0 {
		return
	}
	l.note(e.route.name, "non prouvé : le document décide s'il va à cette route ou avant elle à "+names(others),
		"not proven: the document decides whether it goes to this route or before it to "+names(others))
}

// unread warns of source topics that no route reads: all their messages become dead letters. It says nothing while a
// route has errors, as it may be meant to read the topic.
func (l *loader) unread() {
	if l.list.HasErrors() {
		return
	}
	for _, topic := range l.opts.Topics {
		if slices.ContainsFunc(l.entries, func(e *entry) bool { return slices.Contains(e.route.from, topic) }) {
			continue
		}
		l.list.Add(diag.Warnf(diag.Position{}, CodeUnread, "aucune route ne lit le sujet source %[1]q : tous ses messages seront des lettres mortes",
			"no route reads the source topic %[1]q: all its messages will be dead letters", topic).
			WithHint("écrivez une route avec from: [%[1]s], ou retirez la source", "write a route with from: [%[1]s], or remove the source", topic))
	}
}
