package routes

import (
	"time"

	"github.com/commande-publique/passerelle/internal/document"
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/expr"
)

// Message is what conditions may read of a message.
type Message struct {
	Topic   string // the source topic
	Kind    string
	Format  string
	Version string // of the format; empty where the source says nothing
	Event   event.Event
	Size    int // of the original, in bytes
	Doc     *document.Doc
}

// The names that conditions use.
const (
	factTopic   = "topic"
	factKind    = "kind"
	factFormat  = "format"
	factVersion = "version"
	factSize    = "size"
	factEvent   = "event"
	factDoc     = "doc"
)

// extensions is the member of event that holds the extension attributes, apart from the attributes of the standard so
// that a misspelt one is found when the route is loaded.
const extensions = "extensions"

// newEnv returns the names of conditions over documents of a shape; nil allows any path.
func newEnv(shape *expr.Shape) (*expr.Env, error) {
	return expr.NewEnv(
		expr.Text(factTopic), expr.Text(factKind), expr.Text(factFormat), expr.Text(factVersion), expr.Int(factSize),
		expr.Document(factEvent, eventShape()), expr.Document(factDoc, shape),
	)
}

// values returns the facts of a message. An attribute that the event does not have is absent, so a condition must test
// it with has.
func (m Message) values() expr.Values {
	values := expr.Values{
		factTopic: m.Topic, factKind: m.Kind, factFormat: m.Format, factVersion: m.Version, factSize: int64(m.Size),
		factEvent: func() any { return eventDocument(m.Event) }, // few conditions read it
	}
	if m.Doc != nil {
		values[factDoc] = m.Doc.Root()
	}
	return values
}

// attributes lists the CloudEvents attributes with their value; time is RFC 3339 in UTC, so that texts compare in order.
func attributes(e event.Event) []event.Attribute {
	at := ""
	if !e.Time.IsZero() {
		at = e.Time.UTC().Format(time.RFC3339Nano)
	}
	return []event.Attribute{
		{Name: "id", Value: e.ID}, {Name: "source", Value: e.Source}, {Name: "type", Value: e.Type}, {Name: "subject", Value: e.Subject},
		{Name: "time", Value: at}, {Name: "datacontenttype", Value: e.DataContentType}, {Name: "dataschema", Value: e.DataSchema},
	}
}

func eventDocument(e event.Event) document.Value {
	root := document.New(nil, 0).Root()
	for _, a := range attributes(e) {
		root.AddString(a.Name, a.Value, 0)
	}
	if len(e.Extensions) > 0 {
		members := root.Object(extensions, 0)
		for _, x := range e.Extensions {
			if !members.Get(x.Name).Exists() {
				members.AddString(x.Name, x.Value, 0)
			}
		}
	}
	return root
}

// eventShape is the shape of an event document: the attributes of the standard, and any extension.
func eventShape() *expr.Shape {
	schema := document.New(nil, 0)
	properties := schema.Root().Object("properties", 0)
	for _, a := range attributes(event.Event{}) {
		properties.Object(a.Name, 0).AddString("type", "string", 0)
	}
	properties.Object(extensions, 0).AddString("type", "object", 0)
	return expr.ShapeOfSchema(schema)
}
