package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

const testPassword = "s3cret-p4ss"

// secured returns a Cluster on the broker with that security.
func secured(t testing.TB, fake *kfake.Cluster, s Security) *Cluster {
	t.Helper()
	return connect(t, fake, func(cfg *Config) { require.NoError(t, cfg.Secure(s)) })
}

// tlsBroker starts a broker that shows a certificate for 127.0.0.1.
func tlsBroker(t testing.TB, a *authority, client tls.ClientAuthType, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	return newBroker(t, append([]kfake.Opt{kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{a.pair(t, "127.0.0.1")}, ClientAuth: client, ClientCAs: a.pool(),
	})}, opts...)...)
}

// Messages travel through every mechanism, with and without TLS: over the transport and over a consumer group, whose
// connections kafka-go dials in another way.
func TestMechanisms(t *testing.T) {
	for _, mechanism := range []string{MechanismPlain, MechanismSCRAM256, MechanismSCRAM512} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", mechanism, secure), func(t *testing.T) {
				sec := Security{SASL: &SASLConfig{Mechanism: mechanism, Username: "alice", Password: testPassword}}
				opts := []kfake.Opt{kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(mechanism), "alice", testPassword)}
				var fake *kfake.Cluster
				if secure {
					a := newAuthority(t)
					sec.TLS = &TLSConfig{CA: writeFile(t, t.TempDir(), "ca.pem", a.pem)}
					fake = tlsBroker(t, a, tls.NoClientCert, opts...)
				} else {
					fake = newBroker(t, opts...)
				}
				c := secured(t, fake, sec)
				createTopic(t, c, "in", 2)
				p := newPublisher(t, c, PublisherConfig{})
				require.NoError(t, p.Produce(t.Context(), []Record{{Topic: "in", Key: []byte("k"), Value: []byte("v")}}))
				s, err := c.NewSubscriber(SubscriberConfig{Group: "g"})
				require.NoError(t, err)
				t.Cleanup(func() { _ = s.Close() })
				messages, err := s.Subscribe(t.Context(), "in")
				require.NoError(t, err)
				select {
				case m := <-messages:
					require.Equal(t, "v", string(m.Payload))
					m.Ack()
				case <-time.After(20 * time.Second):
					t.Fatal("no message")
				}
			})
		}
	}
}

// Whatever is wrong between client and broker is named, in both languages, and no secret is in it.
func TestFaultsOfSecurityAreNamed(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	dir := t.TempDir()
	ca, otherCA := writeFile(t, dir, "ca.pem", a.pem), writeFile(t, dir, "other.pem", other.pem)
	cert, key := other.issue(t, "intruder")
	cert, key = []byte(writeFile(t, dir, "cert.pem", cert)), []byte(writeFile(t, dir, "key.pem", key))
	user := func(mechanism, password string) *SASLConfig {
		return &SASLConfig{Mechanism: mechanism, Username: "alice", Password: Secret(password)}
	}
	sasl := []kfake.Opt{kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", testPassword), kfake.Superuser("SCRAM-SHA-256", "alice", testPassword)}
	server := func(c tls.Certificate) []kfake.Opt {
		return []kfake.Opt{kfake.TLS(&tls.Config{Certificates: []tls.Certificate{c}})}
	}
	tests := []struct {
		name   string
		broker []kfake.Opt
		sec    Security
		code   SecurityCode
		want   string
	}{
		{"a wrong password, PLAIN", sasl, Security{SASL: user("plain", "wrong-"+testPassword)}, AuthenticationRefused, "check kafka.sasl"},
		{"a wrong password, SCRAM", sasl, Security{SASL: user("scram-sha-256", "wrong-"+testPassword)}, AuthenticationRefused, "check kafka.sasl"},
		{"an unknown user", sasl, Security{SASL: &SASLConfig{Mechanism: "scram-sha-256", Username: "bob", Password: testPassword}}, AuthenticationRefused, "check kafka.sasl"},
		{"no authentication where it is asked for", sasl, Security{}, ConnectionClosed, "kafka.sasl"},
		{"TLS where none is configured", server(a.pair(t, "127.0.0.1")), Security{}, ConnectionClosed, "kafka.tls"},
		{"an unknown authority", server(a.pair(t, "127.0.0.1")), Security{TLS: &TLSConfig{CA: otherCA}}, CertificateRefused, "kafka.tls.ca"},
		{"a certificate for another host", server(a.pair(t, "kafka.example")), Security{TLS: &TLSConfig{CA: ca}}, CertificateRefused, "server_name"},
		{"a certificate for another address", server(a.pair(t, "127.0.0.2")), Security{TLS: &TLSConfig{CA: ca}}, CertificateRefused, "server_name"},
		{
			"an expired certificate", server(a.pair(t, "127.0.0.1", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })),
			Security{TLS: &TLSConfig{CA: ca}}, CertificateRefused, "expired",
		},
		{
			"no client certificate", []kfake.Opt{kfake.TLS(&tls.Config{Certificates: []tls.Certificate{a.pair(t, "127.0.0.1")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool()})},
			Security{TLS: &TLSConfig{CA: ca}}, CertificateRefused, "kafka.tls.cert",
		},
		{
			"a client certificate of another authority", []kfake.Opt{kfake.TLS(&tls.Config{Certificates: []tls.Certificate{a.pair(t, "127.0.0.1")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool()})},
			Security{TLS: &TLSConfig{CA: ca, Cert: string(cert), Key: string(key)}}, CertificateRefused, "kafka.tls.cert",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := secured(t, newBroker(t, tt.broker...), tt.sec)
			err := Explain(c.Ping(withTimeout(t, 20*time.Second)))
			var sec *SecurityError
			require.ErrorAs(t, err, &sec)
			require.Equal(t, tt.code, sec.Code, "%v", err)
			require.Contains(t, sec.EN, tt.want)
			require.NotEqual(t, sec.FR, sec.EN)
			require.NotContains(t, sec.FR+err.Error(), testPassword)
		})
	}
}

// A mechanism that the broker does not have, a listener without authentication, one without TLS: by what Kafka
// answers, on connections of the test's own.
func TestListenersOfAnotherKind(t *testing.T) {
	sec := Security{SASL: &SASLConfig{Mechanism: MechanismSCRAM512, Username: "alice", Password: testPassword}}
	t.Run("another mechanism", func(t *testing.T) {
		fake := newSASLPeer(t, func(string) int16 { return 33 }, nil)
		var got *SecurityError
		require.ErrorAs(t, Explain(fake.connect(t, sec).Ping(withTimeout(t, 10*time.Second))), &got)
		require.Equal(t, MechanismRefused, got.Code)
		require.Contains(t, got.EN, "sasl.enabled.mechanisms")
	})
	t.Run("no authentication", func(t *testing.T) {
		fake := newSASLPeer(t, func(string) int16 { return 34 }, nil)
		var got *SecurityError
		require.ErrorAs(t, Explain(fake.connect(t, sec).Ping(withTimeout(t, 10*time.Second))), &got)
		require.Equal(t, MechanismRefused, got.Code)
		require.Contains(t, got.EN, "does not ask for authentication")
	})
	t.Run("Kafka's word for a wrong password", func(t *testing.T) {
		fake := newSASLPeer(t, func(string) int16 { return 0 }, func([]byte) (int16, []byte) { return 58, nil })
		var got *SecurityError
		require.ErrorAs(t, Explain(fake.connect(t, sec).Ping(withTimeout(t, 10*time.Second))), &got)
		require.Equal(t, AuthenticationRefused, got.Code)
	})
	t.Run("no TLS", func(t *testing.T) {
		hang, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { _ = hang.Close() }()
		go func() { // a Kafka broker takes a client hello for a size that is too large
			for {
				conn, err := hang.Accept()
				if err != nil {
					return
				}
				_ = conn.Close()
			}
		}()
		cfg := Config{Brokers: []string{hang.Addr().String()}}
		require.NoError(t, cfg.Secure(Security{TLS: &TLSConfig{}}))
		c, err := NewCluster(cfg)
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		var got *SecurityError
		require.ErrorAs(t, Explain(c.Ping(withTimeout(t, 10*time.Second))), &got)
		require.Equal(t, NoTLS, got.Code)
	})
}

// A web or mail server in the place of a broker is refused by its first bytes: read as Kafka they announce gigabytes.
func TestNoBroker(t *testing.T) {
	for greeting, code := range map[string]SecurityCode{
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n": NotKafka, "220 mail.example ESMTP\r\n": NotKafka,
		"SSH-2.0-OpenSSH_9.9\r\n": NotKafka, "\x15\x03\x03\x00\x02\x02\x50": TLSExpected, // Kafka's TLS listener answers with an alert
	} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 1024))
				for i := range greeting { // in pieces
					_, _ = conn.Write([]byte(greeting[i : i+1]))
				}
				_ = conn.Close()
			}
		}()
		cfg := Config{Brokers: []string{ln.Addr().String()}}
		require.NoError(t, cfg.Secure(Security{}))
		c, err := NewCluster(cfg)
		require.NoError(t, err)
		var got *SecurityError
		require.ErrorAs(t, Explain(c.Ping(withTimeout(t, 10*time.Second))), &got)
		require.Equal(t, code, got.Code)
		require.NoError(t, c.Close())
		require.NoError(t, ln.Close())
	}
}

func TestUnusableCertificateFiles(t *testing.T) {
	a, dir := newAuthority(t), t.TempDir()
	cert, key := a.issue(t, "client")
	_, otherKey := a.issue(t, "client")
	good := func(name string, data []byte) string { return writeFile(t, dir, name, data) }
	tests := map[string]struct {
		tls  TLSConfig
		want string
	}{
		"no file":                {TLSConfig{CA: "/nowhere/ca.pem"}, "/nowhere/ca.pem cannot be used (no such file"},
		"not PEM":                {TLSConfig{CA: good("text", []byte("hello"))}, "no certificate in it"},
		"the key of another":     {TLSConfig{Cert: good("cert", cert), Key: good("other", otherKey)}, "does not match"},
		"key and cert exchanged": {TLSConfig{Cert: good("key", key), Key: good("cert", cert)}, "kafka.tls.cert"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := new(Config).Secure(Security{TLS: &tt.tls})
			var sec *SecurityError
			require.ErrorAs(t, err, &sec)
			require.Equal(t, CertificateFile, sec.Code)
			require.Contains(t, sec.EN, tt.want)
		})
	}
}

// Certificates that are renewed are used by the next connection, without a restart; a renewal gone wrong leaves the
// former ones in use.
func TestCertificatesAreReadAgain(t *testing.T) {
	a, next, dir := newAuthority(t), newAuthority(t), t.TempDir()
	seen := make(chan string, 64)
	listen := func(server tls.Certificate, clients *x509.CertPool) string {
		ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients})
		require.NoError(t, err)
		t.Cleanup(func() { _ = ln.Close() })
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				secure, ok := conn.(*tls.Conn)
				if !ok || secure.Handshake() != nil {
					seen <- "refused"
				} else {
					seen <- secure.ConnectionState().PeerCertificates[0].Subject.CommonName
				}
				_ = conn.Close()
			}
		}()
		return ln.Addr().String()
	}
	old, renewed := listen(a.pair(t, "127.0.0.1"), a.pool()), listen(next.pair(t, "127.0.0.1"), next.pool())
	put := func(by *authority, name string) TLSConfig {
		cert, key := by.issue(t, name)
		return TLSConfig{CA: writeFile(t, dir, "ca", by.pem), Cert: writeFile(t, dir, "cert", cert), Key: writeFile(t, dir, "key", key)}
	}
	var logged strings.Builder
	cfg := Config{Logger: slog.New(slog.NewTextHandler(&logged, nil))}
	require.NoError(t, cfg.Secure(Security{TLS: ptr(put(a, "first"))}))
	dial := func(address string) error {
		conn, err := cfg.Dial(t.Context(), "tcp", address)
		if err == nil {
			_, _ = conn.Read(make([]byte, 1)) // with TLS 1.3 the server judges after the client is done
			_ = conn.Close()
		}
		return err
	}
	require.NoError(t, dial(old))
	require.Equal(t, "first", <-seen)

	put(a, "the second one")
	require.NoError(t, dial(old))
	require.Equal(t, "the second one", <-seen)

	writeFile(t, dir, "cert", []byte("being written"))
	for range 3 {
		require.NoError(t, dial(old))
		require.Equal(t, "the second one", <-seen)
	}
	require.Equal(t, 1, strings.Count(logged.String(), "the former ones stay in use"), logged.String())

	require.Error(t, dial(renewed), "the new broker certificate is not trusted yet")
	require.Equal(t, "refused", <-seen)
	put(next, "the third, of a new authority")
	require.NoError(t, dial(renewed))
	require.Equal(t, "the third, of a new authority", <-seen)
}

func ptr[T any](v T) *T { return &v }

func TestMutualTLS(t *testing.T) {
	a, dir := newAuthority(t), t.TempDir()
	cert, key := a.issue(t, "passerelle")
	c := secured(t, tlsBroker(t, a, tls.RequireAndVerifyClientCert), Security{TLS: &TLSConfig{
		CA: writeFile(t, dir, "ca", a.pem), Cert: writeFile(t, dir, "cert", cert), Key: writeFile(t, dir, "key", key),
	}})
	require.NoError(t, c.Ping(withTimeout(t, 20*time.Second)))
}

func TestServerName(t *testing.T) {
	a := newAuthority(t)
	fake := newBroker(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{a.pair(t, "kafka.example")}}))
	c := secured(t, fake, Security{TLS: &TLSConfig{CA: writeFile(t, t.TempDir(), "ca", a.pem), ServerName: "kafka.example"}})
	require.NoError(t, c.Ping(withTimeout(t, 20*time.Second)))
}

func TestSecretsAreNotPrinted(t *testing.T) {
	cfg := SASLConfig{Username: "alice", Password: testPassword, ClientSecret: testPassword}
	asJSON, err := json.Marshal(cfg)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "sasl", cfg)
	for _, text := range []string{fmt.Sprint(cfg), fmt.Sprintf("%v %+v %#v %s %q", cfg, cfg, cfg, cfg.Password, cfg.Password), string(asJSON), log.String()} {
		require.NotContains(t, text, testPassword)
	}
}

func TestUnknownMechanism(t *testing.T) {
	require.ErrorContains(t, new(Config).Secure(Security{SASL: &SASLConfig{Mechanism: "gssapi"}}), "gssapi")
}

func TestExplainLeavesOtherErrors(t *testing.T) {
	require.NoError(t, Explain(nil))
	require.Equal(t, context.DeadlineExceeded, Explain(context.DeadlineExceeded))
}
