package app

import (
	"github.com/commande-publique/passerelle/internal/pipeline"
)

// Judge gives offline the verdict that the gateway would give on a document from a topic. Without a topic it is that
// of the first source, in the order of the configuration, with a route that takes the document; when there is none,
// that of the first source.
func (g *Gateway) Judge(topic string, value []byte) (string, pipeline.Verdict) {
	if topic != "" {
		return topic, g.Pipeline.Judge(pipeline.Message{Topic: topic, Value: value})
	}
	sources := g.Sources()
	first := g.Pipeline.Judge(pipeline.Message{Topic: sources[0], Value: value})
	if first.Route() != nil {
		return sources[0], first
	}
	for _, source := range sources[1:] {
		if v := g.Pipeline.Judge(pipeline.Message{Topic: source, Value: value}); v.Route() != nil {
			return source, v
		}
	}
	return sources[0], first
}
