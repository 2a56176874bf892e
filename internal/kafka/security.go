package kafka

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
)

// Security says how the connections to a cluster are protected and who this client is. The zero value is plain TCP
// without authentication.
type Security struct {
	TLS  *TLSConfig  // nil: no TLS
	SASL *SASLConfig // nil: no authentication
}

// Secret is a text that is never printed: every way of formatting it gives "***".
type Secret string

// String implements fmt.Stringer.
func (Secret) String() string { return "***" }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return `"***"` }

// MarshalText implements encoding.TextMarshaler, for JSON and logs.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Secure makes every connection of the configuration, those of the transport and those of consumer groups, follow s.
// It reads the certificate files once, so that a missing or damaged one shows here; later they are read again
// whenever they have changed. It contacts nobody. An error is a *SecurityError.
//
// TLS is done in Config.Dial rather than by kafka-go: so each new connection takes the certificates of its moment,
// verifies the name or IP address that was dialled, and a fault of the handshake is reported as what it is.
func (cfg *Config) Secure(s Security) error {
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	var certs *certificates
	if s.TLS != nil {
		var err error
		if certs, err = loadCertificates(*s.TLS, cfg.Logger); err != nil {
			return err
		}
		dial = certs.dialer(dial)
	}
	if s.SASL != nil {
		mechanism, err := newMechanism(*s.SASL, certs, cfg.Logger)
		if err != nil {
			return err
		}
		cfg.SASL = mechanism
	}
	cfg.Dial = watchBeginning(dial)
	return nil
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// watchBeginning makes the first exchanges of a connection say what goes wrong in them: see beginning.
func watchBeginning(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &beginning{Conn: conn}, nil
	}
}

// Stages of a beginning.
const (
	stageGreeting       int32 = iota // API versions, SASL handshake
	stageAuthenticating              // the last request written is a SaslAuthenticate
	stageOpen                        // authentication is over; nothing is watched any more
)

// API keys that may come before a connection is authenticated.
const (
	keySaslHandshake    int16 = 17
	keyAPIVersions      int16 = 18
	keySaslAuthenticate int16 = 36
)

// maxFirstResponse bounds the first response of a connection, a list of API versions of some hundred bytes. What is no
// Kafka broker begins with letters, which are a size of 500 MB and more: kafka-go would believe it, and the lengths
// behind it, and take gigabytes.
const maxFirstResponse = 1 << 20

// beginning watches the beginning of a connection. A peer that speaks something else is refused by its first bytes.
// A broker that hangs up in the middle of the authentication has refused it: most answer a wrong password with an
// error code, but some, and what stands in front of brokers, do not, and an operator would read "unexpected EOF".
type beginning struct {
	net.Conn
	stage   atomic.Int32
	pending int // bytes of the current request that are still to be written; used by the writer only

	head [4]byte // the first bytes of the peer; used by the reader only
	read int
}

// Write implements net.Conn.
func (c *beginning) Write(b []byte) (int, error) {
	if c.stage.Load() != stageOpen {
		c.follow(b)
	}
	return c.Conn.Write(b)
}

func (c *beginning) follow(b []byte) {
	for len(b) > 0 {
		if c.pending > 0 { // a long token may come in several pieces
			n := min(c.pending, len(b))
			c.pending -= n
			b = b[n:]
			continue
		}
		if len(b) < 6 { // no client writes less than the size and the key at once; do not guess
			c.stage.Store(stageOpen)
			return
		}
		switch int16(binary.BigEndian.Uint16(b[4:6])) {
		case keyAPIVersions, keySaslHandshake:
			c.stage.Store(stageGreeting)
		case keySaslAuthenticate:
			c.stage.Store(stageAuthenticating)
		default:
			c.stage.Store(stageOpen)
			return
		}
		c.pending = int(binary.BigEndian.Uint32(b)) + 4
	}
}

// Read implements net.Conn.
func (c *beginning) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.read < len(c.head) {
		c.read += copy(c.head[c.read:], b[:n])
		if c.read == len(c.head) && binary.BigEndian.Uint32(c.head[:]) > maxFirstResponse {
			return 0, notKafka(c.head)
		}
	}
	if err != nil && n == 0 && c.stage.Load() == stageAuthenticating && hungUp(err) {
		return 0, refusedBy(io.ErrUnexpectedEOF)
	}
	return n, err
}
