package app_test

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// proxy stands between the gateway and its broker, and can be a network that drops packets or a machine that is down.
type proxy struct {
	t    testing.TB
	addr string    // where the gateway connects, and what the broker advertises
	opts []kgo.Opt // of clients that do not go through the proxy

	mu    sync.Mutex
	to    string       // where the broker is
	ln    net.Listener // nil while the machine is down
	conns map[net.Conn]struct{}
	open  chan struct{} // closed while packets pass
	wg    sync.WaitGroup
}

func newProxy(t testing.TB) *proxy {
	p := &proxy{t: t, conns: map[net.Conn]struct{}{}, open: make(chan struct{})}
	close(p.open)
	ln := listenAlone(t)
	p.addr = ln.Addr().String()
	p.serve(ln)
	t.Cleanup(func() {
		p.pass()
		p.down()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) serve(ln net.Listener) {
	p.mu.Lock()
	p.ln = ln
	p.mu.Unlock()
	p.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.carry(conn) })
		}
	})
}

func (p *proxy) carry(conn net.Conn) {
	defer p.drop(conn)
	if !p.keep(conn) {
		return
	}
	peer, err := net.Dial("tcp", p.broker())
	if err != nil {
		return
	}
	defer p.drop(peer)
	if !p.keep(peer) {
		return
	}
	p.wg.Go(func() { p.copy(conn, peer) })
	p.copy(peer, conn)
}

// broker returns where the broker is.
func (p *proxy) broker() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.to
}

func (p *proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = struct{}{}
	return p.ln != nil
}

func (p *proxy) drop(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
}

// copy carries bytes one way while packets pass, and holds them back while they do not.
func (p *proxy) copy(to io.Writer, from net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		open := p.open
		p.mu.Unlock()
		<-open
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	if c, ok := to.(net.Conn); ok {
		_ = c.Close()
	}
}

// hole lets no packet pass: connections stay, nothing answers.
func (p *proxy) hole() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = make(chan struct{})
}

// pass ends a hole. What was held back arrives, late.
func (p *proxy) pass() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

// down refuses connections and ends those that there are.
func (p *proxy) down() {
	p.mu.Lock()
	if p.ln != nil {
		_ = p.ln.Close()
		p.ln = nil
	}
	p.mu.Unlock()
	p.cut()
}

// up takes connections again.
func (p *proxy) up() {
	ln, err := net.Listen("tcp", p.addr)
	require.NoError(p.t, err)
	p.serve(ln)
}

// advertised is the broker's listener under the address of the proxy.
type advertised struct {
	net.Listener
	addr net.Addr
}

func (a advertised) Addr() net.Addr { return a.addr }

// cluster starts a broker of another program behind the proxy.
func (p *proxy) cluster(opts ...kfake.Opt) *kfake.Cluster {
	addr, err := net.ResolveTCPAddr("tcp", p.addr)
	require.NoError(p.t, err)
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.ListenFn(func(network, _ string) (net.Listener, error) {
		ln, err := net.Listen(network, "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.to = ln.Addr().String()
		return advertised{ln, addr}, nil
	})}, opts...)...)
	require.NoError(p.t, err)
	p.t.Cleanup(c.Close)
	return c
}

// around is an ordinary client that does not go through the proxy.
func (p *proxy) around(opts ...kgo.Opt) (*kgo.Client, *kadm.Client) {
	client := newClient(p.t, p.addr, slices.Concat(p.opts, []kgo.Opt{kgo.Dialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, p.broker())
	})}, opts)...)
	return client, kadm.NewClient(client)
}
