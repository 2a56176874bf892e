// Command passerelle is the event gateway of French public procurement. Each verb has a file of its own.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the first signal ends in order, a second one at once
	limitMemory()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
