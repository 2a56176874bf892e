package app

import (
	"github.com/commande-publique/passerelle/internal/event"
	"github.com/commande-publique/passerelle/internal/pipeline"
)

// Judge gives offline the verdict that the gateway would give on a document from a topic. Without a topic it is that
// of the first source, in the order of the configuration, with a route that takes the document; when there is none,
// that of the first source. The headers are those of the message.
func (g *Gateway) Judge(topic string, value []byte, headers ...event.Header) (string, pipeline.Verdict) {
	judge := func(topic string) pipeline.Verdict {
		return g.Pipeline.Judge(pipeline.Message{Topic: topic, Value: value, Headers: headers})
	}
	if topic != "" {
		return topic, judge(topic)
	}
	sources := g.Sources()
	first := judge(sources[0])
	if first.Route() != nil {
		return sources[0], first
	}
	for _, source := range sources[1:] {
		if v := judge(source); v.Route() != nil {
			return source, v
		}
	}
	return sources[0], first
}
