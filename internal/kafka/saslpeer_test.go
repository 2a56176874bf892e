package kafka

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// saslPeer is the first minute of a broker: it answers ApiVersions, SaslHandshake and SaslAuthenticate, then Metadata
// with no broker but itself. kfake knows no OAUTHBEARER and hangs up instead of answering an error code.
type saslPeer struct {
	ln           net.Listener
	handshake    func(mechanism string) int16
	authenticate func(client []byte) (code int16, challenge []byte)
}

func newSASLPeer(t *testing.T, handshake func(string) int16, authenticate func([]byte) (int16, []byte)) *saslPeer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &saslPeer{ln, handshake, authenticate}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func (p *saslPeer) connect(t *testing.T, s Security) *Cluster {
	t.Helper()
	cfg := Config{Brokers: []string{p.ln.Addr().String()}, Logger: testLog()}
	require.NoError(t, cfg.Secure(s))
	c, err := NewCluster(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (p *saslPeer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		var size [4]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(size[:]))
		if _, err := io.ReadFull(conn, frame); err != nil {
			return
		}
		r := &reader{b: frame}
		key, version, correlation := r.int16(), r.int16(), r.int32()
		r.string() // client
		w := &writer{b: make([]byte, 4)}
		w.int32(correlation)
		switch key {
		case keyAPIVersions:
			w.int16(0)
			served := [][3]int16{{3, 0, 8}, {17, 0, 1}, {18, 0, 2}, {36, 0, 1}}
			w.array(len(served))
			for _, api := range served {
				w.int16(api[0])
				w.int16(api[1])
				w.int16(api[2])
			}
			if version > 0 {
				w.int32(0)
			}
		case keySaslHandshake:
			w.int16(p.handshake(r.string()))
			w.array(0)
		case keySaslAuthenticate:
			code, challenge := p.authenticate(r.bytes())
			w.int16(code)
			w.string("")
			w.bytes(challenge)
			if version > 0 {
				w.int64(0)
			}
		case 3: // metadata
			w.int32(0) // throttle time
			host, port, _ := net.SplitHostPort(p.ln.Addr().String())
			number, _ := net.LookupPort("tcp", port)
			w.array(1)
			w.int32(0)
			w.string(host)
			w.int32(int32(number))
			w.nullString()
			w.nullString() // cluster
			w.int32(0)     // controller
			w.array(0)
			w.int32(0)
		default:
			return
		}
		binary.BigEndian.PutUint32(w.b, uint32(len(w.b)-4))
		if _, err := conn.Write(w.b); err != nil {
			return
		}
	}
}
