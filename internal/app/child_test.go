package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/commande-publique/passerelle/internal/app"
)

// childConfig is the environment variable that makes the test binary a gateway with that configuration.
const childConfig = "PASSERELLE_TEST_CHILD_CONFIG"

// serveAsChild runs the whole gateway, broker and all, until it is killed or its input ends. It says when it serves,
// and at its end how large its heap was at most.
func serveAsChild(file string) int {
	gateway, list := app.Load(file)
	if gateway == nil {
		fmt.Fprintln(os.Stderr, list.Len(), "faults in the configuration")
		return 2
	}
	largest := watchHeap()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	running, err := app.Start(context.Background(), gateway, app.Options{Logger: logger, Now: time.Now})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	fmt.Println("serving")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := running.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	fmt.Println(largest())
	return 0
}

// watchHeap samples the heap until the returned function is called, which gives the largest sizes in bytes: of all
// objects, garbage included, and of those that the collector found alive.
func watchHeap() (largest func() (heap, live uint64)) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	var heap, live uint64
	go func() {
		defer close(stopped)
		for {
			samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
			metrics.Read(samples)
			heap, live = max(heap, samples[0].Value.Uint64()), max(live, samples[1].Value.Uint64())
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() (uint64, uint64) {
		close(stop)
		<-stopped
		return heap, live
	}
}

// child is a gateway as a process of its own.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	ready  chan struct{} // closed when it serves
	exited chan struct{}
	stderr bytes.Buffer // to be read once exited
	// The largest heap in bytes, with garbage and without; to be read once exited.
	heap, live uint64
}

func startChild(t *testing.T, configuration string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0]), ready: make(chan struct{}), exited: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), childConfig+"="+configuration)
	c.cmd.Stderr = &c.stderr
	var err error
	c.stdin, err = c.cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := c.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	go func() {
		defer close(c.exited)
		lines := bufio.NewScanner(stdout)
		if lines.Scan() {
			close(c.ready)
		}
		if lines.Scan() {
			_, _ = fmt.Sscan(lines.Text(), &c.heap, &c.live) // zero tells
		}
		_ = c.cmd.Wait() // killed, mostly
	}()
	t.Cleanup(c.kill)
	return c
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill() // SIGKILL
	<-c.exited
}

func (c *child) waitReady(t *testing.T) {
	t.Helper()
	select {
	case <-c.ready:
	case <-c.exited:
		require.FailNow(t, "the gateway ended by itself", c.stderr.String())
	case <-time.After(patience):
		c.kill()
		require.FailNow(t, "the gateway does not start", c.stderr.String())
	}
}

// stop lets the gateway end in its own way, which must be a good one.
func (c *child) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, c.stdin.Close())
	select {
	case <-c.exited:
		require.True(t, c.cmd.ProcessState.Success(), c.stderr.String())
	case <-time.After(patience):
		require.FailNow(t, "the gateway does not stop")
	}
}
