package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
)

// closeTimeout is how long running handlers may finish when the router stops. What is not finished by then is not
// committed and comes again.
const closeTimeout = 10 * time.Second

// Router runs the flows: one consumer handler for each source topic, in a Watermill router.
type Router struct {
	router *message.Router
}

// NewRouter returns a router without flows.
func NewRouter(logger *slog.Logger) (*Router, error) {
	// Watermill says at info what only its developers need.
	quiet := map[slog.Level]slog.Level{slog.LevelInfo: slog.LevelDebug}
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: closeTimeout}, watermill.NewSlogLoggerWithLevelMapping(logger, quiet))
	if err != nil {
		return nil, err
	}
	// A panic outside of Judge, which recovers for each record, is a failure to publish: the batch comes again.
	router.AddMiddleware(recoverer)
	return &Router{router: router}, nil
}

// Add makes a flow handle what the subscriber reads from a source topic. It must be called before Run.
func (r *Router) Add(topic string, subscriber message.Subscriber, flow *Flow) {
	r.router.AddConsumerHandler(topic, topic, subscriber, flow.Handle)
}

// Run serves until the context ends or Close is called.
func (r *Router) Run(ctx context.Context) error { return r.router.Run(ctx) }

// Running is closed once all flows consume.
func (r *Router) Running() <-chan struct{} { return r.router.Running() }

// Close stops consuming and waits for the handlers that run.
func (r *Router) Close() error { return r.router.Close() }

func recoverer(h message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) (_ []*message.Message, err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic while publishing: %v\n%s", r, debug.Stack())
			}
		}()
		return h(msg)
	}
}
