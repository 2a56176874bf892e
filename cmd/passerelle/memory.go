package main

import (
	"os"
	"runtime/debug"
)

// memoryLimit is the memory beyond which the collector works harder, as GOMEMLIMIT does: documents of the largest size
// leave much behind at once, and a small machine should not pay twice for them.
const memoryLimit = 256 << 20

// limitMemory sets the limit unless the operator has set one.
func limitMemory() {
	if _, ok := os.LookupEnv("GOMEMLIMIT"); !ok {
		debug.SetMemoryLimit(memoryLimit)
	}
}
