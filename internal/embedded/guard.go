package embedded

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// A gateway and its tools use a few dozen; every one costs three goroutines and its largest request.
	maxConns = 512
	// From connecting to the last byte of the first request: a Kafka client speaks at once.
	handshakeTimeout = 10 * time.Second
	// Between requests, as Kafka's connections.max.idle.ms; clients reconnect by themselves.
	idleTimeout = 10 * time.Minute
	// From the first bytes of a request to its last, and for taking a response: loopback moves the largest in well under a second.
	frameTimeout = 30 * time.Second
	// Accepting again after an error such as too many open files; kfake itself would stop listening for good.
	acceptPause = 50 * time.Millisecond
	// Refusals may come thousands a second from a port scanner or a client that retries.
	logInterval = time.Second
)

// guard is the listener that kfake accepts from. kfake trusts its clients: one frame with an unknown key, a false size or a
// hostile body ends the process it runs in. The guard reads every frame of every connection before kfake does and ends the
// connection at the first that is not right.
type guard struct {
	net.Listener
	log *slog.Logger

	mu         sync.Mutex
	conns      map[*guardConn]struct{}
	closed     bool
	lastLog    time.Time
	suppressed int           // refusals not logged since lastLog
	done       chan struct{} // closed with the guard
}

func newGuard(ln net.Listener, log *slog.Logger) *guard {
	return &guard{Listener: ln, log: log, conns: make(map[*guardConn]struct{}), done: make(chan struct{})}
}

// Accept waits for a connection that may be served. It fails only when the guard is closed.
func (g *guard) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			g.warn("cannot accept a connection", "error", err)
			select {
			case <-time.After(acceptPause):
			case <-g.done:
				return nil, net.ErrClosed
			}
			continue
		}
		c := &guardConn{Conn: conn, guard: g}
		if err := g.add(c); err != nil {
			g.warn("connection refused", "remote", conn.RemoteAddr().String(), "reason", err)
			reset(conn)
			continue
		}
		return c, nil
	}
}

func (g *guard) add(c *guardConn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return net.ErrClosed
	}
	if len(g.conns) >= maxConns {
		return fmt.Errorf("expected at most %d connections; close some, or use a real Kafka", maxConns)
	}
	g.conns[c] = struct{}{}
	return nil
}

func (g *guard) remove(c *guardConn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

// Close stops listening. kfake calls it too, before it writes its state down.
func (g *guard) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	close(g.done)
	return g.Listener.Close()
}

// drain ends every connection. Call it after kfake has closed: its goroutines end by themselves, but one that waits to read or
// write only does when its connection is closed.
func (g *guard) drain() {
	g.mu.Lock()
	conns := make([]*guardConn, 0, len(g.conns))
	for c := range g.conns {
		conns = append(conns, c)
	}
	g.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // it is going away; kfake closes it too
	}
}

// warn logs a refusal, at most one a logInterval, and says how many it kept silent about.
func (g *guard) warn(msg string, args ...any) {
	g.mu.Lock()
	now := time.Now()
	if now.Sub(g.lastLog) < logInterval {
		g.suppressed++
		g.mu.Unlock()
		return
	}
	if g.suppressed > 0 {
		args = append(args, "not_logged", g.suppressed)
	}
	g.lastLog, g.suppressed = now, 0
	g.mu.Unlock()
	g.log.Warn("embedded broker: "+msg, args...)
}

// guardConn is a connection whose frames are checked as kfake reads them. kfake reads a frame in two steps, the four bytes of the
// size and then exactly that many into a buffer of its own; the guard fills that buffer and checks it in place, without a copy. A
// reader with other habits gets an error, never an unchecked byte. Only one goroutine reads at a time.
type guardConn struct {
	net.Conn
	guard *guard

	served bool            // a whole frame has been read
	head   [frameHead]byte // size, key and version of the frame under way
	body   int             // bytes of the frame after its size, or 0 between frames

	last []byte // what is left of the farewell that kfake reads after the client has gone

	mu   sync.Mutex
	owed []owed // requests without a response, oldest first
	gone bool   // the client has, and a farewell follows
}

// Read gives kfake the size of the next frame, or its body, once it is checked.
func (c *guardConn) Read(p []byte) (int, error) {
	if len(c.last) > 0 {
		return c.readLast(p)
	}
	if c.body == 0 {
		return c.readHead(p)
	}
	return c.readBody(p)
}

func (c *guardConn) readHead(p []byte) (int, error) {
	timeout := idleTimeout
	if !c.served {
		timeout = handshakeTimeout
	}
	if err := c.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(c.Conn, c.head[:]); err != nil {
		if c.last = c.partWith(); c.last != nil {
			return c.readLast(p)
		}
		return 0, c.ended(err)
	}
	size, err := checkHead(c.head)
	if err != nil {
		return 0, c.refuse(err)
	}
	if len(p) != 4 {
		return 0, c.refuse(fmt.Errorf("internal: a reader that asks for %d bytes of a size", len(p)))
	}
	c.body = size
	return copy(p, c.head[:4]), nil
}

func (c *guardConn) readBody(p []byte) (int, error) {
	if len(p) != c.body {
		return 0, c.refuse(fmt.Errorf("internal: a reader that asks for %d bytes of %d", len(p), c.body))
	}
	if c.served { // the first frame still runs on the time of the handshake
		if err := c.SetReadDeadline(time.Now().Add(frameTimeout)); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.head[4:])
	if _, err := io.ReadFull(c.Conn, p[n:]); err != nil {
		return 0, c.ended(err)
	}
	if err := checkFrame(p); err != nil {
		return 0, c.refuse(err)
	}
	c.body, c.served = 0, true
	c.owe(p)
	return len(p), nil
}

func (c *guardConn) readLast(p []byte) (int, error) {
	n := copy(p, c.last)
	c.last = c.last[n:]
	return n, nil
}

// Write sends a response, which kfake writes in one piece, to a client that takes it in time.
func (c *guardConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(frameTimeout)); err != nil {
		return 0, err
	}
	frame := p
	if o, ok := c.settle(); ok && o.key == kmsg.Produce {
		var unwritten bool
		if frame, unwritten = refuseUnwritten(p, o.version); unwritten {
			c.guard.warn("a batch could not be written to the disk, its producer has to send it again", "remote", c.RemoteAddr().String())
		}
	}
	if _, err := c.Conn.Write(frame); err != nil && !c.hasGone() {
		return 0, err
	}
	return len(p), nil
}

// Close ends the connection; further calls report that it is closed.
func (c *guardConn) Close() error {
	err := c.Conn.Close()
	c.guard.remove(c)
	return err
}

// ended says what stopped a connection: nothing to tell when the client closed it, a warning when it kept us waiting.
func (c *guardConn) ended(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && !(c.served && c.body == 0) {
		return c.refuse(errors.New("expected a whole request in time, found none"))
	}
	return err
}

// refuse logs why a connection is not served further and resets it.
func (c *guardConn) refuse(reason error) error {
	c.guard.warn("connection ended", "remote", c.RemoteAddr().String(), "reason", reason)
	reset(c.Conn)
	return reason
}

// reset closes a connection so that the client sees an error at once rather than the end of a response.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // best effort: the close below ends it either way
	}
	_ = conn.Close() // it is given up
}
