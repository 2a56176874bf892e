package kafka

import (
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"log/slog"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
)

// The SASL mechanisms, as a configuration names them.
const (
	MechanismPlain       = "plain"         // RFC 4616: name and password, in the clear without TLS
	MechanismSCRAM256    = "scram-sha-256" // RFC 7677
	MechanismSCRAM512    = "scram-sha-512" // the same with SHA-512
	MechanismOAuthBearer = "oauthbearer"   // RFC 7628, the token from an OAuth 2.0 client credentials grant
)

// SASLConfig says who this client is.
type SASLConfig struct {
	Mechanism string // one of the Mechanism constants

	// For plain and scram.
	Username string
	Password Secret

	// For oauthbearer (RFC 6749, section 4.4).
	TokenURL     string // https
	ClientID     string
	ClientSecret Secret
	Scope        string // may be empty
}

func newMechanism(cfg SASLConfig, certs *certificates, log *slog.Logger) (sasl.Mechanism, error) {
	switch cfg.Mechanism {
	case MechanismPlain:
		return plain.Mechanism{Username: cfg.Username, Password: string(cfg.Password)}, nil
	case MechanismSCRAM256:
		return &scram{name: "SCRAM-SHA-256", hash: sha256.New, username: cfg.Username, password: cfg.Password}, nil
	case MechanismSCRAM512:
		return &scram{name: "SCRAM-SHA-512", hash: sha512.New, username: cfg.Username, password: cfg.Password}, nil
	case MechanismOAuthBearer:
		return newOAuth(cfg, certs, cmp.Or(log, slog.New(slog.DiscardHandler)))
	}
	return nil, securityErr(MechanismRefused, nil,
		fmt.Sprintf("mécanisme SASL inconnu %q : plain, scram-sha-256, scram-sha-512 ou oauthbearer attendu", cfg.Mechanism),
		fmt.Sprintf("unknown SASL mechanism %q: expected plain, scram-sha-256, scram-sha-512 or oauthbearer", cfg.Mechanism))
}
