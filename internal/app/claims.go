package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/telemetry"
)

// conflictsTold is how long a number with two owners is told: until somebody has looked at it, on a working day.
const conflictsTold = 24 * time.Hour

// numbers keeps what a gateway that serves knows of the numbers in use up to date.
type numbers struct {
	source // the topics
	claims *pipeline.Claims
	topics []string // none: no route asks for unique numbers
}

func newNumbers(g *Gateway) *numbers {
	return &numbers{claims: pipeline.NewClaims(), topics: g.Routes.Claims()}
}

// look returns what is wrong with the numbers now.
func (n *numbers) look(now time.Time) []finding {
	var found []finding
	if fault := n.unreadable(); fault != nil {
		found = append(found, finding{Fault: *fault})
	}
	s := n.claims.Status(now.Add(-conflictsTold), now)
	if s.Full {
		found = append(found, finding{Fault: fullFault(n.topics, s.Numbers)})
	}
	for _, c := range s.Conflicts {
		found = append(found, finding{Fault: conflictFault(c)})
	}
	return found
}

// report is what health says of the numbers; nothing where no route asks for unique ones.
func (n *numbers) report(now time.Time) []telemetry.Table {
	if len(n.topics) == 0 {
		return nil
	}
	state := reference.StateCurrent
	if n.unreadable() != nil {
		state = reference.StateStale
	}
	return []telemetry.Table{{Name: "numbers", State: string(state), Source: strings.Join(n.topics, ", "), Rows: n.claims.Status(now, now).Numbers}}
}

// read keeps what is known what the topics say, from their start; ready is called whenever their end was reached.
func (n *numbers) read(ctx context.Context, cluster *kafka.Cluster, ready func()) {
	n.consume(ctx, cluster, n.topics, func() (func(), func(kafka.Record)) {
		n.claims.Begin()
		return func() {
			n.claims.Whole()
			n.set(nil)
			ready()
		}, n.claims.Read
	}, func(said string) telemetry.Fault { return numbersFault(n.topics, said) })
}

// The codes of the faults of the numbers in use.
const (
	faultNumbers         = "numbers_unreadable"
	faultNumbersFull     = "numbers_full"
	faultNumbersConflict = "number_used_twice"
)

func numbersFault(topics []string, said string) telemetry.Fault {
	return telemetry.Fault{
		Code: faultNumbers, Subject: strings.Join(topics, ", "),
		FR:       "les numéros déjà employés ne peuvent pas être lus : " + said,
		EN:       "the numbers in use cannot be read: " + said,
		RemedyFR: "Vérifiez ce sujet. Au démarrage, la passerelle l'attend ; ensuite elle ne connaît que ses propres numéros et ceux qu'elle avait lus.",
		RemedyEN: "Check this topic. When it starts the gateway waits for it; later it knows its own numbers only, and those that it had read.",
	}
}

func fullFault(topics []string, n int) telemetry.Fault {
	return telemetry.Fault{
		Code: faultNumbersFull, Subject: strings.Join(topics, ", "),
		FR:       fmt.Sprintf("la passerelle connaît %d numéros, son maximum : l'unicité des nouveaux n'est plus vérifiée", n),
		EN:       fmt.Sprintf("the gateway knows %d numbers, all that it can: of new ones nobody verifies whether they are unique", n),
		RemedyFR: "Nommez un sujet neuf sous validate.unique, par exemple un par an, et redémarrez. Les documents passent, comme leurs reçus le disent (not_verified).",
		RemedyEN: "Name a new topic under validate.unique, one a year for example, and restart. Documents pass, as their receipts say (not_verified).",
	}
}

func conflictFault(c pipeline.Conflict) telemetry.Fault {
	return telemetry.Fault{
		Code: faultNumbersConflict, Subject: c.Place,
		FR: fmt.Sprintf("deux passerelles ont transmis au même moment la facture %s (vendeur, année, numéro) : message « %s » du %s, puis « %s » du %s",
			c.Number, c.First.Message, c.First.Time().Format(time.DateOnly), c.Second.Message, c.Second.Time().Format(time.DateOnly)),
		EN: fmt.Sprintf("two gateways have passed on the invoice %s (seller, year, number) at the same moment: message %q of %s, then %q of %s",
			c.Number, c.First.Message, c.First.Time().Format(time.DateOnly), c.Second.Message, c.Second.Time().Format(time.DateOnly)),
		RemedyFR: "Retirez l'une des deux chez leurs destinataires, ou dites au vendeur de la renuméroter. Le numéro est désormais à la seconde ; ce défaut est dit un jour.",
		RemedyEN: "Remove one of the two where they were sent, or tell the seller to give it another number. The second has the number from now on; this fault is told for a day.",
	}
}
