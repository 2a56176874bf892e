package kafka

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
)

// TLSConfig says how the brokers are verified and which certificate this client shows. Files are PEM.
type TLSConfig struct {
	CA         string // file of the authorities that sign the brokers' certificates; empty: those of the system
	Cert, Key  string // files of the client's certificate chain and private key (mTLS); both or none
	ServerName string // the name in the brokers' certificates; empty: the host that is dialled
}

// certificates is what the files of a TLSConfig held when they were last good.
type certificates struct {
	cfg TLSConfig
	log *slog.Logger

	mu     sync.Mutex
	seen   []os.FileInfo // of the files, as they were when read; nil before
	roots  *x509.CertPool
	client []tls.Certificate
	told   string // the last fault that was logged: once, not at each connection
}

func loadCertificates(cfg TLSConfig, log *slog.Logger) (*certificates, error) {
	c := &certificates{cfg: cfg, log: cmp.Or(log, slog.New(slog.DiscardHandler))}
	infos, err := c.stat()
	if err == nil {
		err = c.read(infos)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// files lists the key and the path of each file that the configuration names.
func (c *certificates) files() [][2]string {
	var out [][2]string
	for _, f := range [][2]string{{"kafka.tls.ca", c.cfg.CA}, {"kafka.tls.cert", c.cfg.Cert}, {"kafka.tls.key", c.cfg.Key}} {
		if f[1] != "" {
			out = append(out, f)
		}
	}
	return out
}

func fileErr(key, path string, cause error) *SecurityError {
	return securityErr(CertificateFile, cause,
		fmt.Sprintf("%s : le fichier %s est inutilisable (%v) ; il faut un fichier PEM lisible par ce processus", key, path, cause),
		fmt.Sprintf("%s: the file %s cannot be used (%v); expected a PEM file that this process may read", key, path, cause))
}

func (c *certificates) stat() ([]os.FileInfo, error) {
	var infos []os.FileInfo
	for _, f := range c.files() {
		info, err := os.Stat(f[1])
		if err != nil {
			return nil, fileErr(f[0], f[1], cause(err))
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// cause is the error of a file operation without the path, which the message names already.
func cause(err error) error {
	if path, ok := err.(*os.PathError); ok { //nolint:errorlint // os returns it bare
		return path.Err
	}
	return err
}

// read takes the contents of the files over, all or none.
func (c *certificates) read(infos []os.FileInfo) error {
	var roots *x509.CertPool
	var client []tls.Certificate
	if c.cfg.CA != "" {
		pem, err := os.ReadFile(c.cfg.CA)
		if err != nil {
			return fileErr("kafka.tls.ca", c.cfg.CA, cause(err))
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return fileErr("kafka.tls.ca", c.cfg.CA, fmt.Errorf("no certificate in it"))
		}
	}
	if c.cfg.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.cfg.Cert, c.cfg.Key)
		if err != nil {
			return fileErr("kafka.tls.cert, kafka.tls.key", c.cfg.Cert, err)
		}
		client = []tls.Certificate{pair}
	}
	c.seen, c.roots, c.client = infos, roots, client
	return nil
}

// current returns what the files hold now. While they are replaced (a new certificate beside the old key) or broken,
// the last good ones stay in use, with a warning: a renewal gone wrong must not end a running gateway.
func (c *certificates) current() (*x509.CertPool, []tls.Certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	infos, err := c.stat()
	if err == nil && !c.same(infos) {
		if err = c.read(infos); err == nil {
			c.log.Info("the TLS certificates were read again, new connections use them")
		}
	}
	fault := ""
	if err != nil {
		fault = err.Error()
	}
	if fault != "" && fault != c.told {
		c.log.Warn("the TLS certificates have changed and cannot be used, the former ones stay in use", "error", err)
	}
	c.told = fault
	return c.roots, c.client
}

// same tells whether the files are those that were read. Kubernetes replaces a link, others rename or rewrite.
func (c *certificates) same(infos []os.FileInfo) bool {
	for i, info := range infos {
		old := c.seen[i]
		if !info.ModTime().Equal(old.ModTime()) || info.Size() != old.Size() || !os.SameFile(info, old) {
			return false
		}
	}
	return true
}

// dialer returns a dial function whose connections have passed the TLS handshake.
func (c *certificates) dialer(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		name := c.cfg.ServerName
		if name == "" {
			if name, _, err = net.SplitHostPort(address); err != nil {
				name = address
			}
		}
		roots, client := c.current()
		secure := tls.Client(conn, &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name, RootCAs: roots, Certificates: client})
		// Whoever dials may have set no deadline, and a peer may accept a connection and say nothing.
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close() // the handshake's failure is the one to tell
			if hungUp(err) {
				return nil, securityErr(NoTLS, err,
					"le broker ferme la connexion pendant la négociation TLS : "+address+" n'est sans doute pas un listener SSL ou SASL_SSL",
					"the broker closes the connection during the TLS handshake: "+address+" is probably not an SSL or SASL_SSL listener")
			}
			return nil, Explain(fmt.Errorf("TLS handshake with %s: %w", address, err))
		}
		return secure, nil
	}
}
