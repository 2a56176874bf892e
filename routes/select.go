package routes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/violation"
)

// Reason says why a route is or is not the one of a message.
type Reason string

// The reasons.
const (
	Taken           Reason = "taken"            // the message belongs to this route
	OtherTopic      Reason = "other_topic"      // from does not name the topic
	OtherKind       Reason = "other_kind"       // accept does not name the kind
	ConditionFalse  Reason = "condition_false"  // when is false
	ConditionFailed Reason = "condition_failed" // when has no result, which refuses the message
	AfterTaken      Reason = "after_taken"      // an earlier route took the message
	AfterFailed     Reason = "after_failed"     // the condition of an earlier route failed, which refuses the message
)

// Selection is the route of a message and why.
type Selection struct {
	// Route is nil when no route takes the message or a condition has no result; Violations say which.
	Route      *Route
	Considered []Considered
	Violations []violation.Violation
}

// Considered is one route of the table and why it is or is not the one.
type Considered struct {
	Route  string
	Reason Reason
	// Condition is the when of the route as it was written; set when it was evaluated.
	Condition string
}

// Select returns the route that a message belongs to: the first that takes it. Considered holds every route, in the
// order of the table.
func (t *Table) Select(m Message) Selection {
	s := Selection{Considered: make([]Considered, 0, len(t.routes))}
	var values expr.Values
	for _, r := range t.routes {
		c := Considered{Route: r.name}
		switch {
		case !slices.Contains(r.from, m.Topic):
			c.Reason = OtherTopic
		case !slices.Contains(r.accept, m.Kind):
			c.Reason = OtherKind
		case s.Route != nil:
			c.Reason = AfterTaken
		case s.Violations != nil:
			c.Reason = AfterFailed
		case r.when == nil:
			c.Reason, s.Route = Taken, r
		default:
			if values == nil {
				values = m.values()
			}
			c.Condition = r.when.text
			switch ok, err := r.when.holds(values); {
			case err != nil:
				c.Reason = ConditionFailed
				s.Violations = append(s.Violations, failed(conditionFailed, r.name, r.when, m, err))
			case ok:
				c.Reason, s.Route = Taken, r
			default:
				c.Reason = ConditionFalse
			}
		}
		s.Considered = append(s.Considered, c)
	}
	if s.Route == nil && s.Violations == nil {
		fr, en := whyNot(s.Considered)
		s.Violations = append(s.Violations, noRoute.New(violation.At{}, m.Kind, m.Topic, fr, en))
	}
	return s
}

var noRoute = violation.Spec{
	Code:     "no_route",
	FR:       "aucune route ne prend ce document (type %[1]s, sujet %[2]s) : %[3]s",
	EN:       "no route takes this document (kind %[1]s, topic %[2]s): %[4]s",
	RemedyFR: "Envoyez le document au sujet prévu pour lui, ou écrivez une route qui l'accepte ; « passerelle explain FICHIER » montre chaque route.",
	RemedyEN: "Send the document to the topic meant for it, or write a route that accepts it; \"passerelle explain FILE\" shows every route.",
}

// maxReasons keeps the message of no_route to a few lines of a terminal; explain shows all routes.
const maxReasons = 5

// whyNot tells of the routes that read the topic why they did not take the message.
func whyNot(considered []Considered) (fr, en string) {
	var french, english []string
	for _, c := range considered {
		switch c.Reason {
		case OtherKind:
			french = append(french, c.Route+" n'accepte pas ce type")
			english = append(english, c.Route+" does not accept this kind")
		case ConditionFalse:
			condition := violation.Excerpt(c.Condition)
			french = append(french, fmt.Sprintf("%s : condition fausse « %s »", c.Route, condition))
			english = append(english, fmt.Sprintf("%s: condition false %q", c.Route, condition))
		}
	}
	if len(french) == 0 {
		return "aucune route ne lit ce sujet", "no route reads this topic"
	}
	if more := len(french) - maxReasons; more > 0 {
		french = append(french[:maxReasons], fmt.Sprintf("et %d de plus", more))
		english = append(english[:maxReasons], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(french, " ; "), strings.Join(english, "; ")
}
