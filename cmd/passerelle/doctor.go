package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/commande-publique/passerelle/internal/app"
	"github.com/commande-publique/passerelle/internal/doctor"
	"github.com/commande-publique/passerelle/internal/kafka"
	"github.com/commande-publique/passerelle/internal/reference"
)

func (c *cli) doctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: c.say("Examiner le cluster Kafka avant de servir", "Examine the Kafka cluster before serving"),
		Long: c.say(
			"Examine le cluster de la configuration sans rien y changer : accès, versions, authentification, sujets, droits.\nChaque problème vient avec la commande qui le répare. Code 1 s'il y a un problème, 2 si aucun broker ne répond.",
			"Examines the cluster of the configuration without changing anything: access, versions, authentication, topics,\npermissions. Each problem comes with the command that mends it. Exit code 1 when there is a problem, 2 when no broker\nanswers."),
		Args: c.nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			gateway, err := c.load()
			if err != nil {
				return err
			}
			report, err := c.examine(cmd.Context(), gateway)
			if err != nil {
				return err
			}
			for _, t := range gateway.References {
				if t.File != "" {
					report.Checks = append(report.Checks, tableCheck(gateway.Tables.View().Status(t.Spec)))
				}
			}
			if err := c.tell(report, asJSON); err != nil {
				return err
			}
			switch {
			case report.Unreachable:
				return errors.New(c.say("cluster injoignable", "the cluster cannot be reached"))
			case report.Problems() > 0:
				return errRefused
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("un objet JSON par constat", "one JSON object a finding"))
	return cmd
}

func (c *cli) examine(ctx context.Context, g *app.Gateway) (*doctor.Report, error) {
	if g.Config.Kafka.Brokers.Len() == 0 {
		return doctor.Embedded(ctx, g.Config.Embedded.Listen.Value), nil
	}
	cfg, err := g.KafkaConfig(g.Brokers(), nil)
	var distrust *kafka.SecurityError
	if errors.As(err, &distrust) { // a certificate file
		return &doctor.Report{Checks: []doctor.Check{{Check: "tls", Subject: c.configFile, Status: doctor.Problem, FR: distrust.FR, EN: distrust.EN}}}, nil
	}
	if err != nil {
		return nil, err
	}
	cluster, err := kafka.NewCluster(cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = cluster.Close() }() // never fails
	return doctor.Cluster(ctx, cluster, g.DoctorPlan()), nil
}

// tableCheck says how old the file of a table is. One that cannot be read is a fault of the configuration.
func tableCheck(s reference.Status) doctor.Check {
	day := s.Date.UTC().Format(time.DateOnly)
	if s.State == reference.StateStale {
		return doctor.Check{
			Check: s.Spec.Name, Subject: s.Source, Status: doctor.Problem,
			FR: fmt.Sprintf("%s est du %s, il y a plus de %s : plus aucune règle ne s'y vérifie", s.Spec.FR, day, s.MaxAge),
			EN: fmt.Sprintf("%s is of %s, more than %s ago: no rule is verified there any more", s.Spec.EN, day, s.MaxAge),
		}
	}
	return doctor.Check{
		Check: s.Spec.Name, Subject: s.Source, Status: doctor.OK,
		FR: fmt.Sprintf("%s est du %s, lignes : %d", s.Spec.FR, day, s.Rows), EN: fmt.Sprintf("%s is of %s, rows: %d", s.Spec.EN, day, s.Rows),
	}
}

// tell prints a report, the remedy of a finding under it.
func (c *cli) tell(report *doctor.Report, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(c.out)
		encoder.SetEscapeHTML(false) // remedies hold && and quotes
		for _, check := range report.Checks {
			if err := encoder.Encode(check); err != nil {
				return err
			}
		}
		return nil
	}
	status := map[doctor.Status]string{
		doctor.OK: "ok", doctor.Warning: c.say("attention", "warning"), doctor.Problem: c.say("PROBLÈME", "PROBLEM"),
	}
	for _, check := range report.Checks {
		if _, err := fmt.Fprintf(c.out, "%-9s  %s %s%s%s\n", status[check.Status], check.Check, check.Subject, c.say(" : ", ": "), c.say(check.FR, check.EN)); err != nil {
			return err
		}
		if check.Remedy != "" {
			if _, err := fmt.Fprintf(c.out, "           %s\n", check.Remedy); err != nil {
				return err
			}
		}
	}
	c.printf("%d constats, %d problèmes, %d avertissements\n", "%d findings, %d problems, %d warnings\n", len(report.Checks), report.Problems(), report.Warnings())
	return nil
}
