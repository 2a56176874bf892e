// Package bench holds the configuration of the benchmark as files that a program can carry: what "passerelle bench" runs
// is what anyone can read, copy and serve.
package bench

import "embed"

// Files are the configuration passerelle.yaml and all that it names.
//
//go:embed passerelle.yaml gw-invoice.yaml invoice.schema.json routes/*.yaml
var Files embed.FS
