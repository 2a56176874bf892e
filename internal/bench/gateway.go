package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// A gateway that has been told to stop finishes its batch within seconds; beyond this it hangs.
	stopTimeout = 20 * time.Second
	// The last lines of a log say why a process ended; a gateway in trouble may write for hours.
	tailBytes = 8 << 10
)

// gateway is the process under test.
type gateway struct {
	cmd    *exec.Cmd
	output tail
	exited chan struct{}
	err    error // of the process; to be read once exited
}

// startGateway runs a command with more environment variables. The process ends with this one, whatever happens.
func startGateway(command, env []string) (*gateway, error) {
	g := &gateway{cmd: exec.Command(command[0], command[1:]...), exited: make(chan struct{})}
	g.cmd.Env = append(os.Environ(), env...)
	g.cmd.Stdout, g.cmd.Stderr = &g.output, &g.output
	g.cmd.WaitDelay = time.Second // its children, if it had any, must not hold us up
	endWithParent(g.cmd)
	started := make(chan error)
	go func() {
		// What ends with its parent ends with the thread that started it: this one stays until then.
		runtime.LockOSThread()
		err := g.cmd.Start()
		started <- err
		if err == nil {
			g.err = g.cmd.Wait()
			close(g.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting the gateway: %w", err)
	}
	return g, nil
}

// failure says why the gateway ended by itself; nil while it runs.
func (g *gateway) failure() error {
	select {
	case <-g.exited:
	default:
		return nil
	}
	why := "exit code 0"
	if g.err != nil {
		why = g.err.Error()
	}
	text := g.output.String()
	return &Problem{
		FR:  fmt.Sprintf("la passerelle s'est arrêtée pendant la mesure (%s) ; ses derniers mots :\n%s", why, text),
		EN:  fmt.Sprintf("the gateway ended during the run (%s); its last words:\n%s", why, text),
		Err: g.err,
	}
}

// stop ends the process: by request, then by force. Stopping again does nothing.
func (g *gateway) stop() error {
	select {
	case <-g.exited:
		return nil
	default:
	}
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		_ = g.cmd.Process.Kill() // a system without signals
	}
	select {
	case <-g.exited:
		return nil
	case <-time.After(stopTimeout):
		_ = g.cmd.Process.Kill() // an error means that it has ended
		<-g.exited
		return &Problem{
			FR: fmt.Sprintf("la passerelle ne s'est pas arrêtée en %v ; elle a été tuée", stopTimeout),
			EN: fmt.Sprintf("the gateway did not stop within %v; it was killed", stopTimeout),
		}
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer and never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = bytes.Clone(t.text[over:])
	}
	return len(p), nil
}

// String returns what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
