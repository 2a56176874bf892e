package pipeline

import (
	"context"
	"slices"
)

// Warm compiles the schemas and the rule packs in force on a day (an ISO 8601 date) that documents on the routes can need, so
// that the first document of a kind does not wait for it. It returns the names of the packs. It ends early when the context
// does; a pack or schema with a fault is left to the documents that need it, which are told and refused.
func (p *Pipeline) Warm(ctx context.Context, day string) (packs []string) {
	for _, route := range p.routes.Routes() {
		names := route.Rules()
		if route.ByProfile() {
			names = p.rules.ProfilePacks()
		}
		for _, kind := range route.Accepts() {
			compiles(ctx, func() bool { return p.schemas.Schema(kind) != nil })
		}
		for _, name := range names {
			if !slices.Contains(packs, name) && compiles(ctx, func() bool { return p.rules.Prepare(name, day, route.Accepts()) }) {
				packs = append(packs, name)
			}
		}
	}
	return packs
}

// compiles compiles something unless the context has ended, and reports that it did.
func compiles(ctx context.Context, compile func() bool) (done bool) {
	defer func() { _ = recover() }()
	return ctx.Err() == nil && compile()
}
