// Package pipeline is the life of a message between two topics: identify, transform, validate, decide, and what to
// publish. Read [Pipeline.Judge] first: it is the whole story, in order.
//
//	receive -> identify -> transform -> validate -> decide -> publish -> commit
//
// Judge is pure: the same message gets the same verdict, offline and in the server. Only the handler touches Kafka.
// The package must not know configuration files nor who asks.
package pipeline

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/reference"
	"github.com/commande-publique/passerelle/internal/violation"
	"github.com/commande-publique/passerelle/internal/xmldoc"
	"github.com/commande-publique/passerelle/routes"
	"github.com/commande-publique/passerelle/schemas"
	"github.com/commande-publique/passerelle/schemas/rules"
	"github.com/commande-publique/passerelle/transformers"
)

// Pipeline holds everything that a verdict needs. It is read-only, but for the reference tables, of which each message is
// judged by one state, and may judge any number of messages at once.
type Pipeline struct {
	registry *transformers.Registry
	schemas  *schemas.Set
	rules    *rules.Set
	routes   *routes.Table
	tables   *reference.Tables
	room     *semaphore.Weighted // see maxJudgedBytes
}

// New returns a pipeline. The rule packs that the routes name must be in the set: routes are compiled against it. It knows
// no reference tables: see [Pipeline.With].
func New(registry *transformers.Registry, schemas *schemas.Set, rules *rules.Set, table *routes.Table) *Pipeline {
	return &Pipeline{registry: registry, schemas: schemas, rules: rules, routes: table, room: semaphore.NewWeighted(maxJudgedBytes)}
}

// With gives the pipeline, which judges nothing yet, the reference tables that rules look into.
func (p *Pipeline) With(tables *reference.Tables) *Pipeline {
	p.tables = tables
	return p
}

// Message is one message as it was received.
type Message struct {
	Topic     string
	Partition int32
	Offset    int64
	Time      time.Time
	Key       []byte
	Value     []byte
	Headers   []event.Header
}

// Outcome is how a message ends.
type Outcome string

// The outcomes of a judged message. A message that is not judged yet is still waiting; there is no fourth.
const (
	Delivered  Outcome = "delivered"
	DeadLetter Outcome = "dead_letter"
)

// Verdict is everything that was found out about a message, and what is to become of it.
type Verdict struct {
	Event    event.Event
	SHA256   [sha256.Size]byte // of the original bytes
	Identity transformers.Identity
	// Key is the order key of the document as a whole.
	Key string
	// Split reports that the canonical documents are published one by one, each under a key of its own.
	Split bool
	Parts []Part
	// Violations are those of all stages and parts, sorted. One fatal violation refuses the whole message.
	Violations []violation.Violation
	// Ignored lists the places of the source that have content and no place in the canonical document.
	Ignored []string

	source *document.Doc // that the parts were made from, nil where that is not JSON
}

// Release gives the memory of the documents back once nobody will read them any more: see [document.Doc.Release]. All
// else of the verdict stays. A verdict that nobody releases is left to the garbage collector.
func (v Verdict) Release() {
	if v.source != nil {
		v.source.Release()
	}
	for _, part := range v.Parts {
		if part.Doc != v.source { // canonical JSON is its own canonical document
			part.Doc.Release()
		}
	}
}

// Part is one canonical document and what was decided about it.
type Part struct {
	transformers.Part
	Selection routes.Selection
	Delivery  routes.Delivery
	// Profile is the channel or profile that decided the rule packs; its Profile is nil where the route names the packs.
	Profile rules.Recognition
	// Claim is the number that nobody else may have, where the route asks for that. Whether it is free, only a gateway that serves
	// can know; no verdict says so.
	Claim Claim
	// Frees is the number that is free again by the document, where its route says so; that a younger one has it, only a gateway
	// that serves can know.
	Frees Claim
	// Packs are the versions of rule packs that the document was judged by.
	Packs []*rules.Pack
	// Tables are the reference tables that the packs look into, in the state that the document was judged by.
	Tables []reference.Status
	// Written has the document in each syntax that a destination which wants it asks for.
	Written map[routes.Form]Written
}

// Written is a document in another syntax.
type Written struct {
	Data []byte
	// NotCarried are the JSON pointers of the values that the syntax has no place for: see [transformers.Writer].
	NotCarried []string
}

// Outcome returns how the message ends.
func (v Verdict) Outcome() Outcome {
	if violation.AnyFatal(v.Violations) {
		return DeadLetter
	}
	return Delivered
}

// Route returns the route that took the first part, nil when none did.
func (v Verdict) Route() *routes.Route {
	if len(v.Parts) == 0 {
		return nil
	}
	return v.Parts[0].Selection.Route
}

var internalError = violation.Spec{
	Code:     "internal_error",
	FR:       "défaut de la passerelle pendant l'examen du document : %v",
	EN:       "fault of the gateway while it examined the document: %v",
	RemedyFR: "Signalez ce défaut avec le document ; rien n'a été transmis. Rejouez-le après correction de la passerelle.",
	RemedyEN: "Report this fault with the document; nothing was passed on. Replay it once the gateway is mended.",
}

// maxViolations is where the examination of a file that is refused anyway ends: nobody corrects more at one go.
const maxViolations = 200

var notJudged = violation.Spec{
	Code:     "parts_not_judged",
	Severity: violation.Warning,
	FR:       "le fichier est refusé et ses %d documents suivants n'ont pas été examinés",
	EN:       "the file is refused and its %d documents that follow were not examined",
	RemedyFR: "Corrigez d'abord les fautes signalées, puis renvoyez le fichier.",
	RemedyEN: "Correct the faults that are told first, then send the file again.",
}

// NotExamined says that a file is refused and how many of its documents were therefore not looked at.
func NotExamined(left int) violation.Violation { return notJudged.New(violation.At{}, left) }

// Judge gives the verdict on a message: all stages, no side effect. It never fails: what goes wrong inside is a fatal
// violation of the verdict (fail closed).
func (p *Pipeline) Judge(m Message) (v Verdict) {
	defer func() {
		if r := recover(); r != nil {
			v.Violations = append(v.Violations, internalError.New(violation.At{}, fmt.Sprint(r)))
		}
		violation.Sort(v.Violations)
	}()
	v.SHA256 = sha256.Sum256(m.Value)

	e, faults := event.FromHeaders(m.Headers)
	v.Event = e.Complete(m.Topic, m.Partition, m.Offset, m.Time)
	v.Violations = append(v.Violations, faults...)

	content, identity, faults := p.registry.Identify(m.Value, transformers.Hints{ContentType: e.DataContentType, EventType: e.Type, DataSchema: e.DataSchema})
	v.Identity, v.source = identity, content.JSON
	v.Violations = append(v.Violations, faults...)
	if violation.AnyFatal(faults) {
		return v
	}

	result, faults := p.registry.Transform(content, identity)
	v.Key, v.Split, v.Ignored = result.Key, result.Split, result.Ignored
	v.Violations = append(v.Violations, faults...)
	if len(result.Parts) == 0 { // what was sent has a structure all the same
		v.Violations = append(v.Violations, checkStructure(content.XML, identity.Version, v.Violations...)...)
	}
	known := p.tables.View()
	var told telling
	for i, part := range result.Parts {
		told.of(part.XML)
		judged, faults := p.judgePart(m, v, part, known, told)
		told.by(judged.Packs)
		v.Parts = append(v.Parts, judged)
		v.Violations = append(v.Violations, faults...)
		if len(v.Violations) >= maxViolations && violation.AnyFatal(v.Violations) {
			if left := len(result.Parts) - i - 1; left > 0 {
				v.Violations = append(v.Violations, NotExamined(left))
			}
			break
		}
	}
	return v
}

// telling is what was said already of the XML of a message that holds several documents: its structure, and what the packs that
// look at it found, are told once, with the first document.
type telling struct {
	xml       *xmldoc.Doc
	structure bool
	packs     []string
}

// of begins anew with another XML.
func (t *telling) of(xml *xmldoc.Doc) {
	if t.xml != xml {
		*t = telling{xml: xml}
	}
}

// by adds the packs that judged a document.
func (t *telling) by(packs []*rules.Pack) {
	t.structure = true
	for _, pack := range packs {
		if !slices.Contains(t.packs, pack.Name) {
			t.packs = append(t.packs, pack.Name)
		}
	}
}

// judgePart validates one canonical document and decides where it goes. The route is chosen before the rules are
// checked because it names them; a document that its schema refuses is judged by the rules all the same, so that its
// sender learns everything at once.
//
// Rules are judged on the XML as it was sent, where it is in a syntax that they know: the official verdict depends on
// what the canonical document does not keep, such as an element twice.
func (p *Pipeline) judgePart(m Message, v Verdict, part transformers.Part, known reference.View, told telling) (Part, []violation.Violation) {
	judged := Part{Part: part}
	facts := routes.Message{
		Topic:   m.Topic,
		Kind:    string(part.Kind),
		Format:  string(v.Identity.Format),
		Version: v.Identity.Version,
		Event:   v.Event,
		Size:    len(m.Value),
		Doc:     part.Doc,
	}
	shape := p.shape(part, v.Identity.Version, told, v.Violations)
	facts.Event.Subject = subject(v, part)
	judged.Selection = p.routes.Select(facts)
	route := judged.Selection.Route
	if route == nil {
		if violation.AnyFatal(shape) {
			return judged, shape // conditions on a document without shape prove nothing
		}
		return judged, append(shape, judged.Selection.Violations...)
	}
	if topic := route.Unique(); topic != "" {
		judged.Claim = Claim{topic, cut(part.Subject, maxNumber)}
	}
	about := rules.Subject{Doc: part.Doc, References: known, Told: told.packs}
	if !v.Event.Time.IsZero() { // else the newest version of each pack
		about.Day = v.Event.Time.UTC().Format(time.DateOnly)
	}
	if part.XML != nil {
		about.XML = part.XML.Root()
	}
	violations := merge(shape, p.check(&judged, about), judged.Packs)
	if !violation.AnyFatal(violations) {
		judged.Delivery = route.Deliver(facts)
		violations = append(violations, judged.Delivery.Violations...)
		judged.Written = p.write(judged)
		if free := judged.Delivery.Frees; free.Taken {
			judged.Frees = Claim{free.Topic, cut(part.Subject, maxNumber)}
		}
	}
	return judged, violations
}

// check judges a document by the packs that its route names, or that its profile decides.
func (p *Pipeline) check(part *Part, subject rules.Subject) []violation.Violation {
	names := part.Selection.Route.Rules()
	var contradiction []violation.Violation
	if part.Selection.Route.ByProfile() {
		part.Profile = p.rules.Profile(part.Doc)
		names = part.Profile.Packs
		contradiction = part.Profile.Contradicts(part.Doc)
	}
	for _, name := range names {
		if pack := p.rules.At(name, subject.Day); pack != nil {
			part.Packs = append(part.Packs, pack)
		}
	}
	part.Tables = consulted(part.Packs, subject.References)
	return append(contradiction, p.rules.Check(names, subject)...)
}

// consulted returns the state of the reference tables that packs look into, each once.
func consulted(packs []*rules.Pack, known reference.View) []reference.Status {
	var states []reference.Status
	for _, pack := range packs {
		for _, spec := range pack.References {
			if !slices.ContainsFunc(states, func(s reference.Status) bool { return s.Spec == spec }) {
				states = append(states, known.Status(spec))
			}
		}
	}
	return states
}

// write writes a document in the syntaxes that its destinations ask for. It is part of the judgement, so that a fault
// of a writer refuses the document and does not stop those behind it.
func (p *Pipeline) write(part Part) map[routes.Form]Written {
	var written map[routes.Form]Written
	for _, d := range part.Delivery.Destinations {
		if _, done := written[d.Form]; done || !d.Taken || d.Form == routes.Canonical || d.Form == routes.Original {
			continue
		}
		if written == nil {
			written = map[routes.Form]Written{}
		}
		data, losses := p.registry.Write(transformers.Format(d.Form), part.Doc)
		written[d.Form] = Written{data, losses}
	}
	return written
}
