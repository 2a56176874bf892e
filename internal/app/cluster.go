package app

import (
	"log/slog"
	"slices"

	"github.com/commande-publique/passerelle/config"
	"github.com/commande-publique/passerelle/internal/doctor"
	"github.com/commande-publique/passerelle/internal/embedded"
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

// DoctorPlan says what this gateway does with its cluster.
func (g *Gateway) DoctorPlan() doctor.Plan {
	cfg := g.Config
	plan := doctor.Plan{
		Brokers: g.Brokers(), Secured: cfg.Kafka.TLS.Enabled.Value || cfg.Kafka.SASL.Mechanism.Value != "",
		Mechanism: cfg.Kafka.SASL.Mechanism.Value, Username: cfg.Kafka.SASL.Username.Value,
		Partitions: int(cfg.Topics.Partitions.Value), Replication: int(cfg.Topics.Replication.Value),
		DocumentBytes: int(cfg.Limits.Document.Value), Embedded: embedded.ClusterID,
	}
	switch {
	case plan.Username != "":
		plan.Principal = "User:" + plan.Username
	case !plan.Secured:
		plan.Principal = "User:ANONYMOUS"
	}
	sources, outputs := g.Sources(), g.Outputs()
	for _, t := range g.topics() {
		plan.Topics = append(plan.Topics, doctor.Topic{
			Name: t.name, Source: slices.Contains(sources, t.name), DeadLetter: t.name == cfg.DeadLetters.Value,
			Write: slices.Contains(outputs, t.name), Table: t.table, MaxMessageBytes: t.maxMessageBytes,
		})
	}
	for _, s := range cfg.Sources.Items {
		plan.Groups = append(plan.Groups, s.Group.Value)
	}
	return plan
}
