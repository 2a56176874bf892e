package routes

import (
	"fmt"
	"strings"

	"github.com/commande-publique/passerelle/internal/expr"
	"github.com/commande-publique/passerelle/internal/violation"
)

// Delivery is what becomes of a document that a route has taken. With a fatal violation nothing is published.
type Delivery struct {
	// Key is the record key that the route sets; empty when it sets none.
	Key string
	// Destinations holds every destination of the route, in the order of the file.
	Destinations []Destination
	// Frees is the topic in which the number of the document's invoice is free again, where the route frees any, as a destination
	// without a form.
	Frees      Destination
	Violations []violation.Violation
}

// Destination is one destination of a route and whether it gets the document.
type Destination struct {
	Topic string
	Form  Form
	// Key is the record key of this destination alone, where it has one and gets the document.
	Key string
	// Taken reports that the condition holds, or that there is none.
	Taken bool
	// Failed reports that the condition has no result; the violations say why.
	Failed bool
	// Required reports that a false condition refuses the document.
	Required bool
	// Condition is the condition as it was written; empty when there is none.
	Condition string
}

var (
	noDestination = violation.Spec{
		Code:     "no_destination",
		FR:       "route %[1]s : aucune destination ne veut ce document : %[2]s",
		EN:       "route %[1]s: no destination wants this document: %[3]s",
		RemedyFR: "Corrigez le document, ou ajoutez à la route une destination sans condition, par exemple vers archive.",
		RemedyEN: "Correct the document, or add a destination without a condition to the route, for example to archive.",
	}
	requiredDestination = violation.Spec{
		Code:     "required_destination",
		FR:       "route %[1]s : la destination obligatoire %[2]s ne veut pas ce document : condition fausse « %[3]s »",
		EN:       "route %[1]s: the required destination %[2]s does not want this document: condition false %[3]q",
		RemedyFR: "Corrigez le document pour qu'il remplisse la condition, ou retirez « required: true » de la route.",
		RemedyEN: "Correct the document so that it meets the condition, or remove \"required: true\" from the route.",
	}
)

// Deliver decides who gets a document: every destination whose condition holds.
func (r *Route) Deliver(m Message) Delivery {
	values := m.values()
	d := Delivery{Destinations: make([]Destination, 0, len(r.destinations))}
	taken := 0
	for _, to := range r.destinations {
		ok, err := to.when.holds(values)
		taker := Destination{
			Topic: to.topic, Form: to.form, Taken: ok && err == nil, Failed: err != nil, Required: to.required, Condition: to.when.String(),
		}
		if taker.Taken {
			taker.Key = d.key(r, to.key, m, values)
		}
		d.Destinations = append(d.Destinations, taker)
		switch {
		case err != nil:
			d.Violations = append(d.Violations, failed(conditionFailed, r.name, to.when, m, err))
		case ok:
			taken++
		case to.required:
			d.Violations = append(d.Violations, requiredDestination.New(to.when.place(m), r.name, to.topic, violation.Excerpt(to.when.text)))
		}
	}
	if taken == 0 && d.Violations == nil {
		fr, en := whyNobody(d.Destinations)
		d.Violations = append(d.Violations, noDestination.New(violation.At{}, r.name, fr, en))
	}
	d.Key = d.key(r, r.key, m, values)
	if free := r.frees; free.topic != "" {
		ok, err := free.when.holds(values)
		d.Frees = Destination{Topic: free.topic, Taken: ok && err == nil, Failed: err != nil, Condition: free.when.String()}
		if err != nil {
			d.Violations = append(d.Violations, failed(conditionFailed, r.name, free.when, m, err))
		}
	}
	return d
}

// maxKey bounds a computed key: order keys have some dozens of bytes, and every output carries one.
const maxKey = 1024

// key computes a key of a route, empty where there is none. An empty result is a fault: the message would silently keep its
// incoming key.
func (d *Delivery) key(r *Route, by *condition, m Message, values expr.Values) string {
	if by == nil {
		return ""
	}
	key, err := by.program.Text(values)
	var fault violation.Violation
	switch {
	case err != nil:
		fault = failed(keyFailed, r.name, by, m, err)
	case key == "":
		fault = keyFailed.New(by.place(m), r.name, violation.Excerpt(by.text), "elle est vide", "it is empty")
	case len(key) > maxKey:
		fault = keyFailed.New(by.place(m), r.name, violation.Excerpt(by.text),
			fmt.Sprintf("elle dépasse %d octets", maxKey), fmt.Sprintf("it is longer than %d bytes", maxKey))
	default:
		return key
	}
	d.Violations = append(d.Violations, fault)
	return ""
}

// place returns the place that the expression reads, where it reads one only.
func (c *condition) place(m Message) violation.At {
	var only string
	for _, read := range c.program.Reads() {
		if strings.HasPrefix(read, factDoc+"/") {
			if only != "" {
				return violation.At{}
			}
			only = read
		}
	}
	return placeOf(m.Doc, only)
}

// whyNobody tells of each destination which condition is false; there are at most maxDestinations.
func whyNobody(destinations []Destination) (fr, en string) {
	var french, english []string
	for i, d := range destinations {
		if i == maxReasons {
			more := len(destinations) - maxReasons
			french = append(french, fmt.Sprintf("et %d de plus", more))
			english = append(english, fmt.Sprintf("and %d more", more))
			break
		}
		condition := violation.Excerpt(d.Condition)
		french = append(french, fmt.Sprintf("%s : condition fausse « %s »", d.Topic, condition))
		english = append(english, fmt.Sprintf("%s: condition false %q", d.Topic, condition))
	}
	return strings.Join(french, " ; "), strings.Join(english, "; ")
}
