package app

import (
	"log/slog"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/kafka"
)

// KafkaConfig says how to reach brokers with the TLS and SASL settings of this configuration. It reads the
// certificate files; what is wrong with them is a *kafka.SecurityError.
func (g *Gateway) KafkaConfig(brokers []string, logger *slog.Logger) (kafka.Config, error) {
	cfg := kafka.Config{Brokers: brokers, ClientID: g.Config.Kafka.ClientID.Value, Logger: logger}
	return cfg, cfg.Secure(security(g.Config))
}

func security(cfg *config.Config) kafka.Security {
	var s kafka.Security
	if t := cfg.Kafka.TLS; t.Enabled.Value {
		s.TLS = &kafka.TLSConfig{ServerName: t.ServerName.Value}
		for _, file := range []struct {
			to   *string
			from string
		}{{&s.TLS.CA, t.CA.Value}, {&s.TLS.Cert, t.Cert.Value}, {&s.TLS.Key, t.Key.Value}} {
			if file.from != "" {
				*file.to = cfg.Path(file.from)
			}
		}
	}
	if a := cfg.Kafka.SASL; a.Mechanism.Value != "" {
		s.SASL = &kafka.SASLConfig{
			Mechanism: a.Mechanism.Value, Username: a.Username.Value, Password: kafka.Secret(a.Password.Value),
			TokenURL: a.TokenURL.Value, ClientID: a.ClientID.Value, ClientSecret: kafka.Secret(a.ClientSecret.Value), Scope: a.Scope.Value,
		}
	}
	return s
}
