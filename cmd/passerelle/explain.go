package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/pipeline"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/routes"
)

func (c *cli) explain() *cobra.Command {
	var from, dataschema string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain FILE...",
		Short: c.say("Dire, sans broker, ce que la passerelle ferait d'un document et pourquoi", "Tell, without a broker, what the gateway would do with a document and why"),
		Long: c.say(
			"Sans --from, le document est jugé comme s'il venait du premier sujet source, dans l'ordre de la configuration,\ndont une route le prend. Code 1 si un document est refusé.",
			"Without --from the document is judged as if it came from the first source topic, in the order of the\nconfiguration, with a route that takes it. Exit code 1 when a document is refused."),
		Args: c.some("un fichier au moins", "at least one file"),
		RunE: func(_ *cobra.Command, files []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			if err := c.knownSource(gateway, from); err != nil {
				return err
			}
			var result error
			for _, file := range files {
				if l := c.large(gateway, file); l != nil {
					delivered, err := c.explainLarge(gateway, l, from, announcing(dataschema), asJSON)
					if err != nil {
						return err
					}
					if !delivered {
						result = errRefused
					}
					continue
				}
				value, err := c.readDocument(file)
				if err != nil {
					return err
				}
				topic, verdict := gateway.Judge(from, value, announcing(dataschema)...)
				if verdict.Outcome() == pipeline.DeadLetter {
					result = errRefused
				}
				if asJSON {
					err = json.NewEncoder(c.out).Encode(explanationOf(file, verdict))
				} else {
					c.explainText(gateway, file, topic, value, verdict)
				}
				if err != nil {
					return err
				}
			}
			return result
		},
	}
	cmd.Flags().StringVar(&from, "from", "", c.say("sujet source d'où viendrait le document", "source topic that the document would come from"))
	cmd.Flags().StringVar(&dataschema, "dataschema", "", c.saysDataschema())
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("un objet JSON par fichier", "one JSON object a file"))
	return cmd
}

// saysDataschema is the help of --dataschema.
func (c *cli) saysDataschema() string {
	return c.say("attribut dataschema de l'événement, qui désigne une version", "attribute dataschema of the event, which tells a version")
}

// announcing returns the headers of an event that says nothing but a dataschema, none when that is empty.
func announcing(dataschema string) []event.Header {
	if dataschema == "" {
		return nil
	}
	return event.Event{ID: "explain", Source: "urn:passerelle:explain", Type: "explain", DataSchema: dataschema}.AppendHeaders(nil)
}

// explanation is the answer of explain --json.
type explanation struct {
	File         string            `json:"file"`
	Format       *string           `json:"format"`
	Version      *string           `json:"version"`
	Kind         *string           `json:"kind"`
	Outcome      pipeline.Outcome  `json:"outcome"`
	Route        *string           `json:"route"`
	Destinations []destination     `json:"destinations"`
	Claims       []explainedNumber `json:"claims,omitempty"`
	Frees        []explainedNumber `json:"frees,omitempty"`
	Profile      *string           `json:"profile"`
	Packs        []explainedPack   `json:"packs"`
	Tables       []explainedTable  `json:"tables,omitempty"`
	Parts        []explanationPart `json:"parts,omitempty"`
	Violations   []shownViolation  `json:"violations"`
}

type explanationPart struct {
	Kind         string            `json:"kind"`
	Key          string            `json:"key"`
	Route        *string           `json:"route"`
	Destinations []destination     `json:"destinations"`
	Claims       []explainedNumber `json:"claims,omitempty"`
	Frees        []explainedNumber `json:"frees,omitempty"`
}

// explainedNumber is the number of an invoice in a topic of numbers: one that a document which is delivered claims, if it is free,
// or that it frees, if nothing younger has it. Only a gateway that serves knows that.
type explainedNumber struct {
	Topic  string `json:"topic"`
	Number string `json:"number"`
}

// explainedPack is a version of a rule pack.
type explainedPack struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// explainedTable is a reference table that the packs look into, in the state that the document was judged by.
type explainedTable struct {
	Name  string          `json:"name"`
	State reference.State `json:"state"`
	// Source and Date are where the table comes from and when that was last brought up to date; null where it is missing.
	Source *string    `json:"source"`
	Date   *time.Time `json:"date"`
}

func explainedTables(states []reference.Status) []explainedTable {
	var out []explainedTable
	for _, s := range states {
		t := explainedTable{Name: s.Spec.Name, State: s.State, Source: optional(s.Source)}
		if date := s.Date.UTC(); !date.IsZero() {
			t.Date = &date
		}
		out = append(out, t)
	}
	return out
}

type destination struct {
	Topic string `json:"topic"`
	Form  string `json:"form"`
	// NotCarried are the JSON pointers of the values that the form has no place for.
	NotCarried []string `json:"not_carried,omitempty"`
}

// shownViolation is a violation with all its members: a program that reads them finds each, empty or not.
type shownViolation struct {
	violation.Violation
	Pointer string `json:"pointer"`
	Source  string `json:"source"`
	Term    string `json:"term"`
}

func explanationOf(file string, v pipeline.Verdict) explanation {
	e := explanation{
		File:    file,
		Format:  optional(string(v.Identity.Format)),
		Version: optional(v.Identity.Version),
		Kind:    optional(string(v.Identity.Kind)),
		Outcome: v.Outcome(),
	}
	if route := v.Route(); route != nil {
		e.Route = optional(route.Name())
	}
	e.Destinations, e.Packs = []destination{}, []explainedPack{}
	for _, part := range v.Parts {
		p := explanationPart{Kind: string(part.Kind), Key: part.Key, Destinations: []destination{}}
		if part.Selection.Route != nil {
			p.Route = optional(part.Selection.Route.Name())
		}
		if v.Outcome() == pipeline.Delivered {
			p.Destinations, p.Claims, p.Frees = taken(part), numbers(part.Claim), numbers(part.Frees)
		}
		if part.Profile.Profile != nil {
			e.Profile = optional(part.Profile.Name)
		}
		for _, pack := range part.Packs {
			if p := (explainedPack{pack.Name, pack.Version}); !slices.Contains(e.Packs, p) {
				e.Packs = append(e.Packs, p)
			}
		}
		if e.Tables == nil { // all parts are judged by one state
			e.Tables = explainedTables(part.Tables)
		}
		for _, d := range p.Destinations {
			if !slices.ContainsFunc(e.Destinations, func(o destination) bool { return o.Topic == d.Topic && o.Form == d.Form }) {
				e.Destinations = append(e.Destinations, d)
			}
		}
		e.Claims, e.Frees = append(e.Claims, p.Claims...), append(e.Frees, p.Frees...)
		if v.Split {
			e.Parts = append(e.Parts, p)
		}
	}
	e.Violations = shown(v.Violations)
	return e
}

func shown(vs []violation.Violation) []shownViolation {
	out := []shownViolation{}
	for _, v := range vs {
		out = append(out, shownViolation{v, v.Pointer, v.Source, v.Term})
	}
	return out
}

func taken(part pipeline.Part) []destination {
	list := []destination{}
	for _, dest := range part.Delivery.Destinations {
		if dest.Taken {
			list = append(list, destination{dest.Topic, string(dest.Form), part.Written[dest.Form].NotCarried})
		}
	}
	return list
}

// numbers is a number, where there is one.
func numbers(of pipeline.Claim) []explainedNumber {
	if of.Topic == "" {
		return nil
	}
	return []explainedNumber{{of.Topic, of.Number}}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// knownSource refuses a topic that is no source.
func (c *cli) knownSource(g *app.Gateway, topic string) error {
	if topic == "" {
		return nil
	}
	if slices.Contains(g.Sources(), topic) {
		return nil
	}
	return fmt.Errorf(c.say("« %s » n'est pas un sujet source ; attendu : %s", "%q is no source topic; expected one of %s"),
		topic, strings.Join(g.Sources(), ", "))
}

// explainText tells the story of a verdict, stage by stage.
func (c *cli) explainText(g *app.Gateway, file, topic string, value []byte, v pipeline.Verdict) {
	c.printf("%s\n", "%s\n", file)
	c.printf("  reçu        depuis %s, SHA-256 %x\n", "  received    from %s, SHA-256 %x\n", topic, v.SHA256)
	id := v.Identity
	if id.Format == "" {
		c.printf("  reconnu     non\n", "  recognised  no\n")
	} else {
		c.printf("  reconnu     %s\n", "  recognised  %s\n", strings.TrimSpace(fmt.Sprintf("%s %s %s", id.Kind, id.Format, id.Version)))
	}
	if n := len(v.Ignored); n > 0 {
		c.printf("  transformé\n", "  transformed\n")
		c.places(v.Ignored, "donnée(s) de la source sans place dans la forme canonique :", "piece(s) of source data without a place in the canonical form:")
	}
	for i, part := range v.Parts {
		if v.Split {
			c.printf("  document %d  %s, clé %s\n", "  document %d  %s, key %s\n", i+1, part.Kind, printable(part.Key))
		} else {
			c.printf("  clé         %s\n", "  key         %s\n", printable(part.Key))
		}
		if part.Subject != part.Key {
			c.printf("  sujet       %s\n", "  subject     %s\n", printable(part.Subject))
		}
		c.status(g.Rules, part, v.Event.Time)
		for _, r := range part.Selection.Considered {
			c.printf("  route       %s\n", "  route       %s\n", c.consideration(r))
		}
		c.judgedBy(part)
		c.deposit(g.Rules, id, part)
		if claim := part.Claim; claim.Topic != "" {
			c.printf("  numéro      %s, unique dans %s : serve le vérifie\n", "  number      %s, unique in %s: serve verifies it\n", printable(claim.Number), claim.Topic)
		}
		if free := part.Delivery.Frees; free.Topic != "" {
			c.printf("  libère      %s dans %s, si rien de plus récent ne l'a : %s\n", "  frees       %s in %s, unless something younger has it: %s\n", printable(part.Subject), free.Topic, c.destinationReason(free))
		}
		for _, d := range part.Delivery.Destinations {
			c.printf("  destination %s (%s) : %s\n", "  destination %s (%s): %s\n", d.Topic, d.Form, c.destinationReason(d))
			if d.Taken {
				c.places(part.Written[d.Form].NotCarried, "donnée(s) sans place dans cette forme :", "piece(s) of data without a place in this form:")
			}
		}
	}
	c.violations(v.Violations)
	c.answer(g, value, v)
	if v.Outcome() == pipeline.Delivered {
		c.printf("  → transmis\n", "  → delivered\n")
	} else {
		c.printf("  → refusé : lettre morte\n", "  → refused: dead letter\n")
	}
}

// judgedBy says which rule packs a document was judged by, and what decided that.
func (c *cli) judgedBy(part pipeline.Part) {
	var packs []string
	for _, pack := range part.Packs {
		packs = append(packs, pack.Name+" "+pack.Version)
	}
	list := strings.Join(packs, ", ")
	if list == "" {
		list = c.say("aucune", "none")
	}
	if p := part.Profile; p.Profile != nil {
		c.printf("  profil      %s : %s (%s)\n", "  profile     %s: %s (%s)\n", p.Name, c.say(p.Says.FR, p.Says.EN), printable(p.Why()))
	}
	if part.Selection.Route != nil {
		c.printf("  règles      %s\n", "  rules       %s\n", list)
	}
	for _, s := range part.Tables {
		c.printf("  table       %s\n", "  table       %s\n", c.tableState(s))
	}
}

// tableState says what is known of a reference table as a whole.
func (c *cli) tableState(s reference.Status) string {
	what := c.say(s.Spec.FR, s.Spec.EN)
	if s.State == reference.StateMissing {
		return fmt.Sprintf(c.say("%s : la passerelle ne l'a pas", "%s: the gateway does not have it"), what)
	}
	text := fmt.Sprintf(c.say("%s du %s (%s, lignes : %d)", "%s of %s (%s, rows: %d)"), what, s.Date.UTC().Format(time.DateOnly), s.Source, s.Rows)
	if s.State == reference.StateStale {
		text += fmt.Sprintf(c.say(" : plus de %s, rien ne s'y vérifie", ": more than %s, nothing is verified there"), s.MaxAge)
	}
	return text
}

// maxShownPlaces keeps a page of text a page; --json is for programs.
const maxShownPlaces = 10

// places lists places of a document under a line that says how many they are.
func (c *cli) places(places []string, fr, en string) {
	n := len(places)
	if n == 0 {
		return
	}
	c.printf("              %d "+fr+"\n", "              %d "+en+"\n", n)
	for _, place := range places[:min(n, maxShownPlaces)] {
		c.printf("                %s\n", "                %s\n", place)
	}
	if n > maxShownPlaces {
		c.printf("                … et %d de plus\n", "                … and %d more\n", n-maxShownPlaces)
	}
}

func (c *cli) violations(vs []violation.Violation) {
	for i, v := range vs {
		codes, place := v.Code, placeOf(v)
		if v.Severity == violation.NotVerified { // for one reason, most often: it is told once
			same := func(o violation.Violation) bool { return o.Severity == v.Severity && o.EN == v.EN }
			if slices.ContainsFunc(vs[:i], same) {
				continue
			}
			for _, o := range vs[i+1:] {
				if same(o) {
					codes, place = codes+", "+o.Code, ""
				}
			}
		}
		c.printf("  %s %s : %s\n", "  %s %s: %s\n", c.severity(v.Severity), codes, c.say(v.FR, v.EN))
		if place != "" {
			c.printf("              où : %s\n", "              where: %s\n", place)
		}
		c.printf("              remède : %s\n", "              remedy: %s\n", c.say(v.Remedy, v.RemedyEN))
	}
}

// placeOf writes where a violation is, as far as it is known.
func placeOf(v violation.Violation) string {
	var places []string
	if v.Term != "" {
		places = append(places, v.Term)
	}
	if v.Pointer != "" {
		places = append(places, v.Pointer)
	}
	position := ""
	if v.Line > 0 {
		position = fmt.Sprintf("%d:%d", v.Line, v.Column)
	}
	for _, place := range []string{v.Source, position} {
		if place != "" && !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	return strings.Join(places, ", ")
}

func (c *cli) consideration(r routes.Considered) string {
	switch r.Reason {
	case routes.Taken:
		return fmt.Sprintf(c.say("%s : prend le document", "%s: takes the document"), r.Route)
	case routes.OtherTopic:
		return fmt.Sprintf(c.say("%s : ne lit pas ce sujet", "%s: does not read this topic"), r.Route)
	case routes.OtherKind:
		return fmt.Sprintf(c.say("%s : n'accepte pas ce type de document", "%s: does not accept this kind of document"), r.Route)
	case routes.ConditionFalse:
		return fmt.Sprintf(c.say("%s : condition fausse : %s", "%s: condition false: %s"), r.Route, r.Condition)
	case routes.ConditionFailed:
		return fmt.Sprintf(c.say("%s : condition impossible à évaluer : %s", "%s: condition cannot be evaluated: %s"), r.Route, r.Condition)
	case routes.AfterFailed:
		return fmt.Sprintf(c.say("%s : pas essayée, une condition précédente est impossible à évaluer", "%s: not tried, an earlier condition cannot be evaluated"), r.Route)
	default:
		return fmt.Sprintf(c.say("%s : une route précédente a pris le document", "%s: an earlier route took the document"), r.Route)
	}
}

func (c *cli) destinationReason(d routes.Destination) string {
	switch {
	case d.Taken && d.Condition != "":
		return fmt.Sprintf(c.say("oui, condition vraie : %s", "yes, condition true: %s"), d.Condition)
	case d.Taken:
		return c.say("oui", "yes")
	case d.Failed:
		return fmt.Sprintf(c.say("non, condition impossible à évaluer : %s", "no, condition cannot be evaluated: %s"), d.Condition)
	default:
		return fmt.Sprintf(c.say("non, condition fausse : %s", "no, condition false: %s"), d.Condition)
	}
}
